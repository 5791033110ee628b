// The sandbox: limits hold, a kill is prompt and complete, and nothing outlives the process that started it. Each
// with the tools of this machine and with the fallbacks for machines that lack them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import type { ChildLimits } from '#platform/ffmpeg/limits.ts';
import { type Ending, spawnSandboxed } from '#platform/ffmpeg/sandbox.ts';
import { waitFor } from '../support/wait-for.ts';
import { engines, processesIn, readAll, smallRequest, temporaryDirectory } from './support/engines.ts';
import { makeMedia, tone } from './support/make-media.ts';
import { engineWith, SANDBOXES, type Sandbox, toolsOf } from './support/sandboxes.ts';

const directory = await temporaryDirectory();
after(directory.remove);

const HANGING = fileURLToPath(new URL('support/encode-and-hang.ts', import.meta.url));
const ROOMY: ChildLimits = { memoryBytes: 2 ** 31, cpuSeconds: 60, wallMs: 60_000, silenceMs: null };

const long = await makeMedia(directory.path, 'long.mp4', {
  format: 'mp4',
  video: 'testsrc2=size=320x180:rate=25:duration=60,format=yuv420p',
  audio: [{ graph: tone(60) }],
});

async function workDirectory(name: string): Promise<string> {
  const path = join(directory.path, name);
  await mkdir(path);
  return path;
}

async function runScript(
  sandbox: Sandbox,
  script: string,
  limits: Partial<ChildLimits>,
  progress?: () => number,
): Promise<Ending & { stdout: string }> {
  const child = spawnSandboxed({
    tools: await toolsOf(sandbox),
    command: '/bin/sh',
    args: ['-c', script],
    environment: {},
    workDirectory: directory.path,
    outputCount: 0,
    niceness: 7,
    limits: { ...ROOMY, ...limits },
    ...(progress === undefined ? {} : { progress }),
  });
  const [ending, stdout] = await Promise.all([child.ended, readAll(child.stdout)]);
  return { ...ending, stdout: stdout.toString() };
}

for (const sandbox of SANDBOXES) {
  test(`a ${sandbox} sandbox sets limits, nice level, environment and working directory`, async () => {
    const script =
      'ulimit -c; ulimit -n; ulimit -t; ulimit -d; ulimit -f; pwd; nice; env | sort; echo sorry >&2; exit 3';
    process.env.MERIDIAN_TEST_SECRET = 'visible';
    const { exitCode, stdout, stderrTail, endedBy } = await runScript(sandbox, script, {});
    delete process.env.MERIDIAN_TEST_SECRET;
    const [core, files, seconds, kilobytes, blocks, cwd, nice, ...environment] = stdout.trim().split('\n');
    assert.deepEqual([core, files, seconds, kilobytes, blocks], ['0', '128', '60', String(2 ** 21), '2048']);
    assert.deepEqual([cwd, nice], [directory.path, String(getPriority() + 7)]);
    assert.deepEqual(
      environment
        .map((line) => line.split('=')[0])
        .filter((name) => !['OLDPWD', 'PWD', '_', 'SHLVL'].includes(name ?? '')),
      ['HOME', 'LC_ALL', 'TZ'],
    );
    assert.deepEqual([exitCode, stderrTail, endedBy], [3, 'sorry', null]);
  });

  test(`a ${sandbox} sandbox ends a child that computes too long`, async () => {
    const { signal } = await runScript(sandbox, 'while :; do :; done', { cpuSeconds: 1 });
    assert.equal(signal, 'SIGXCPU');
  });

  test(`a ${sandbox} sandbox ends a child that takes too long on the clock`, async () => {
    const { signal, endedBy } = await runScript(sandbox, 'sleep 600', { wallMs: 300 });
    assert.deepEqual([signal, endedBy], ['SIGKILL', 'overtime']);
  });

  test(`a ${sandbox} sandbox ends a child without a sign of life`, async () => {
    const { signal, endedBy } = await runScript(sandbox, 'sleep 600', { silenceMs: 300 }, () => 1);
    assert.deepEqual([signal, endedBy], ['SIGKILL', 'silence']);
  });

  test(`a ${sandbox} sandbox keeps a child from taking all memory`, async () => {
    const script = `exec ${process.execPath} -e 'const kept = []; for (let i = 0; i < 64; i++) kept.push(Buffer.alloc(64 * 2 ** 20, 1)); console.log("took it all")'`;
    const { stdout, exitCode } = await runScript(sandbox, script, {});
    assert.equal(stdout, '');
    assert.notEqual(exitCode, 0);
  });
}

for (const engine of await engines()) {
  test(`${engine.name} ends at once when it is killed, whether its outputs are read or not`, async () => {
    for (const isRead of [true, false]) {
      const path = await workDirectory(`kill-${engine.name}-${isRead}`);
      const probe = await engine.probe(long, { workDirectory: path, signal: new AbortController().signal });
      const encode = engine.encode(smallRequest(long, path, probe));
      const output = defined(encode.outputs.get('small'), 'an output');
      await once(output, 'readable');
      if (isRead) for (const stream of encode.outputs.values()) stream.resume();
      assert.equal(processesIn(path).length, 1);
      const killedAt = performance.now();
      encode.kill();
      encode.kill();
      await assert.rejects(encode.done, { name: 'AbortError' });
      assert.ok(performance.now() - killedAt < 2_000, `it took ${performance.now() - killedAt} ms`);
      assert.deepEqual(processesIn(path), []);
    }
  });

  test(`${engine.name} ends a probe and a poster when their signal aborts`, async () => {
    const path = await workDirectory(`abort-${engine.name}`);
    const request = { inputPath: long, workDirectory: path, atMs: 59_000, width: 160, height: 90 };
    for (const start of [
      (signal: AbortSignal) => engine.probe(long, { workDirectory: path, signal }),
      (signal: AbortSignal) => engine.poster({ ...request, signal }),
    ]) {
      const controller = new AbortController();
      const result = start(controller.signal);
      const rejected = assert.rejects(result, { name: 'AbortError' });
      await waitFor('the child', () => processesIn(path).length > 0);
      controller.abort();
      await rejected;
      assert.deepEqual(processesIn(path), []);
    }
    await assert.rejects(engine.probe(long, { workDirectory: path, signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
  });

  for (const sandbox of SANDBOXES)
    test(`${engine.name} in a ${sandbox} sandbox leaves nothing behind when its parent gets SIGKILL`, async () => {
      const path = await workDirectory(`orphan-${engine.name}-${sandbox}`);
      const parent = spawn(process.execPath, [HANGING, engine.name, sandbox, long, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(parent.stdout, 'data');
      const [child] = await waitFor('the child', async () => {
        const found = processesIn(path);
        return found.length > 0 && found;
      });
      // A stopped child cannot notice anything by itself: only what ends it from outside is tested.
      process.kill(defined(child, 'a child'), 'SIGSTOP');
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await waitFor('the child to end', () => processesIn(path).length === 0, 1_500);
    });

  for (const sandbox of SANDBOXES)
    test(`${engine.name} in a ${sandbox} sandbox completes an encode and leaves no process behind`, async () => {
      const path = await workDirectory(`complete-${engine.name}-${sandbox}`);
      const own = await engineWith(engine.name, sandbox);
      const short = await makeMedia(path, 'short.mp4', {
        format: 'mp4',
        video: 'testsrc2=size=160x90:rate=25:duration=1,format=yuv420p',
      });
      const probe = await own.probe(short, { workDirectory: path, signal: new AbortController().signal });
      const encode = own.encode(smallRequest(short, path, probe));
      await Promise.all([...encode.outputs.values()].map(readAll));
      await encode.done;
      assert.deepEqual(processesIn(path), []);
    });
}
