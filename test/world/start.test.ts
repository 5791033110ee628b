// Starting and stopping as a user does.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { yardstickMs } from '../support/machine-pace.ts';
import { waitFor } from '../support/wait-for.ts';
import { createWorldFiles, processesOf, runMeridian, startWorld } from '../support/world.ts';

interface StartLimit {
  readonly ms: number;
  /** Where the machine is too slow for that: in yardsticks of the machine, each a second of a quick one. */
  readonly yardsticks: number;
}

/** Builds the console and makes a database; a quick machine takes six seconds. */
const FIRST_START: StartLimit = { ms: 15_000, yardsticks: 12 };
/** A quick machine takes a little over two seconds. */
const LATER_START: StartLimit = { ms: 6_000, yardsticks: 4 };

/** Fails for a start that is late, unless the machine is that much slower as well. */
async function startsWithin(limit: StartLimit, startMs: number): Promise<void> {
  if (startMs < limit.ms) return;
  const yardstick = await yardstickMs();
  assert.ok(
    startMs < limit.yardsticks * yardstick,
    `the start took ${startMs} ms; the limit is ${limit.ms} ms or ${limit.yardsticks} yardsticks of ${yardstick} ms`,
  );
}

test('a world starts, says where to look, serves, and Ctrl-C leaves nothing behind', async () => {
  const world = await startWorld();
  try {
    await startsWithin(FIRST_START, world.startMs);
    assert.match(world.output(), new RegExp(world.controlUrl));
    assert.match(world.output(), /admin-token/);
    for (const name of ['Singapore', 'Dublin', 'Los Angeles']) assert.match(world.output(), new RegExp(name));
    for (const region of world.regions) {
      assert.equal((await fetch(`${region.edgeUrl}/probe`)).status, 204);
      assert.equal((await fetch(`${region.nodeUrl}/readyz`)).status, 200);
      assert.match(await (await fetch(`${region.nodeUrl}/metrics`)).text(), /edge_/);
    }
    assert.equal((await fetch(`${world.controlUrl}/readyz`)).status, 200);
    assert.match(await (await fetch(world.controlUrl)).text(), /<div id="root"/);
    const second = await startAgain(world.configPath);
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, /in use by another Meridian/);
    assert.equal(second.stderr.trim().split('\n').length, 1);
    const stopMs = await world.stop();
    assert.ok(stopMs < 5_000, `stopping took ${stopMs} ms`);
    assert.equal(world.process.exitCode, 0);
    await waitFor('all processes to end', () => processesOf(world.directory).length === 0, 1_000);
    const again = await startWorld(
      {},
      {
        directory: world.directory,
        configPath: world.configPath,
        dataDirectory: world.dataDirectory,
        ports: portsOf(world.controlUrl, world.regions),
      },
    );
    await again.stop();
    await startsWithin(LATER_START, again.startMs);
  } finally {
    await world.remove();
  }
});

function portsOf(
  controlUrl: string,
  regions: readonly { edgeUrl: string; ingestUrl: string; nodeUrl: string }[],
): number[] {
  const port = (url: string): number => Number(new URL(url).port);
  return [
    port(controlUrl),
    0,
    ...regions.flatMap(({ edgeUrl, ingestUrl, nodeUrl }) => [edgeUrl, ingestUrl, nodeUrl].map(port)),
  ];
}

function startAgain(configPath: string): Promise<{ code: number; stderr: string }> {
  return runMeridian(['up', '--config', configPath]);
}

test('when the parent is killed everything ends', async () => {
  const world = await startWorld({ args: ['--no-wan'] });
  try {
    assert.ok(processesOf(world.directory).length > 4);
    world.process.kill('SIGKILL');
    await waitFor('all processes to end', () => processesOf(world.directory).length === 0, 10_000);
  } finally {
    await world.remove();
  }
});

test('a busy port, a useless data directory and a wrong configuration are one sentence each', async () => {
  const files = await createWorldFiles();
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(files.ports[3], '127.0.0.1', () => resolve()));
  try {
    const busy = await runMeridian(['up', '--config', files.configPath]);
    assert.notEqual(busy.code, 0);
    assert.match(busy.stderr, new RegExp(`port ${files.ports[3]} .*taken`));
    await waitFor('all processes to end', () => processesOf(files.directory).length === 0, 5_000);
  } finally {
    await new Promise((resolve) => blocker.close(resolve));
  }
  writeFileSync(join(files.directory, 'file'), '');
  const cases: [string, RegExp][] = [
    ['dataDirectory: file\n', /file/],
    ['dataDirectroy: x\n', /dataDirectroy.*dataDirectory/s],
    ['regions: []\n', /regions/],
    ['log: loud\n', /log/],
  ];
  for (const [text, expected] of cases) {
    const path = join(files.directory, 'bad.yaml');
    writeFileSync(path, text);
    const result = await runMeridian(['up', '--config', path]);
    assert.notEqual(result.code, 0, text);
    assert.match(result.stderr, expected);
    assert.doesNotMatch(result.stderr, /at .*\.ts:\d+/, 'no stack trace');
  }
});
