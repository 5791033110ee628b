// The agent against a control over real HTTP: joining, beating, adopting, refusing, going on alone.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { NODE_SIGNATURE_HEADER, PEER_SNAPSHOT_PATH } from '#contract/peer-api.ts';
import type { SignedSnapshot, WorldSnapshot } from '#contract/snapshot.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { createSkewedClock } from '#platform/fault/skewed-clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { closeServer, listen } from '#platform/http/server.ts';
import { generateSigningKey, signingKeyPem, signNodeRequest } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { type Agent, createAgent } from '#region/agent/create-agent.ts';
import { openNodeKey } from '#region/agent/node-key.ts';
import { createNodeServer } from '#region/shared/node-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FakeControl, startFakeControl } from './fake-control.ts';
import { makeNode, makeWorld, signWorld } from './world.ts';

const BEAT_MS = 20;
const cleanups: (() => Promise<void> | void)[] = [];
const directories: string[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-agent-'));
  directories.push(directory);
  return directory;
}

interface Started extends Agent {
  readonly directory: string;
  readonly gauges: () => Record<string, number>;
  readonly counters: () => Record<string, number>;
  readonly store: ObjectStore;
  readonly publicKey: () => string;
}

interface StartOptions {
  readonly directory?: string;
  readonly regionId?: string;
  readonly token?: string;
  readonly clock?: Clock;
  readonly store?: ObjectStore;
  readonly edgeUrl?: string;
  readonly probeTimeoutMs?: number;
}

async function startAgent(controlUrl: string, options: StartOptions = {}): Promise<Started> {
  const directory = options.directory ?? (await makeDirectory());
  const regionId = options.regionId ?? 'dublin';
  const nodeId = `${regionId}-1-a`;
  const joinTokenFile = join(directory, 'join-token');
  await writeFile(joinTokenFile, `${options.token ?? 'token-1'}\n`);
  const clock = options.clock ?? systemClock;
  const key = await openNodeKey(directory, silentLog);
  const transport = createTransport({
    sign: (parts) => ({
      [NODE_SIGNATURE_HEADER]: signNodeRequest(nodeId, key.current(), parts, clock.nowMs()),
    }),
  });
  const metrics = createMetrics();
  const store = options.store ?? createMemoryStore();
  let nodePort = 0;
  const agent = createAgent(
    {
      region: { id: regionId },
      site: { id: `${regionId}-1` },
      nodeId,
      dataDirectory: directory,
      clock,
      log: silentLog,
      metrics,
      transport,
      store,
      key,
    },
    {
      controlUrl,
      joinTokenFile,
      roles: ['origin', 'edge'],
      version: '0.1.0',
      bootId: 'boot-1',
      addresses: () => ({
        nodeUrl: `http://127.0.0.1:${nodePort}`,
        ingestUrl: 'http://127.0.0.1:9',
        edgeUrl: options.edgeUrl ?? 'http://127.0.0.1:9',
      }),
      beatMs: BEAT_MS,
      probeIntervalMs: BEAT_MS,
      probeTimeoutMs: options.probeTimeoutMs ?? 500,
    },
  );
  const server = createNodeServer({
    clock,
    log: silentLog,
    metrics,
    world: agent.world,
    roles: [agent.role],
  });
  nodePort = await server.listen('127.0.0.1', 0);
  await agent.role.start();
  cleanups.push(async () => {
    await agent.role.stop();
    await server.stop();
    transport.close();
  });
  return {
    ...agent,
    directory,
    store,
    gauges: () => metrics.gauges(),
    counters: () => metrics.counters(),
    publicKey: () => key.current().publicKey,
  };
}

async function startControl(world: WorldSnapshot = makeWorld()): Promise<FakeControl> {
  const control = await startFakeControl((root) => signWorld(root, world));
  cleanups.push(() => control.stop());
  return control;
}

async function adopted(agent: Agent, sequence: number): Promise<WorldSnapshot> {
  return waitFor(`snapshot ${sequence} to be adopted`, () => {
    const current = agent.world.current();
    return current?.sequence === sequence ? current : undefined;
  });
}

/** The first beat after now for which `check` holds. */
async function beatWhere(
  control: FakeControl,
  what: string,
  check: (beat: FakeControl['beats'][number]) => boolean,
): Promise<FakeControl['beats'][number]> {
  const seen = control.beats.length;
  return waitFor(what, () => control.beats.slice(seen).find(check));
}

describe('joining', () => {
  test('a node joins with its token, keeps a key of mode 0600, adopts the snapshot and beats', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url);
    const heard: number[] = [];
    agent.world.onChange(({ sequence }) => heard.push(sequence));
    await adopted(agent, 1);
    const beat = await beatWhere(
      control,
      'a beat that reports the snapshot',
      (each) => each.adopted !== null,
    );
    assert.deepEqual(beat.adopted, { term: 1, sequence: 1 });
    assert.equal(beat.isReady, true);
    assert.equal(beat.refusal, null);
    assert.equal(beat.bootId, 'boot-1');
    assert.equal(control.joins.length, 1);
    assert.equal(control.joins[0]?.joinToken, 'token-1');
    assert.equal(control.joins[0]?.publicKey, agent.publicKey());
    assert.equal((await stat(join(agent.directory, 'node-key.pem'))).mode & 0o777, 0o600);
    assert.equal(agent.role.notReadyReason(), null);
    assert.deepEqual(heard, [1]);
    const gauges = agent.gauges();
    assert.equal(gauges.snapshot_sequence, 1);
    assert.ok((gauges.disk_free_bytes ?? 0) > 0);
    assert.ok(Math.abs(gauges.clock_offset_seconds ?? Number.NaN) < 0.25);
  });

  test('beats count up and carry cumulative counters', async () => {
    const control = await startControl();
    await startAgent(control.url);
    await waitFor('five beats', () => control.beats.length >= 5);
    assert.deepEqual(
      control.beats.slice(0, 5).map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5],
    );
    assert.equal(control.beats[4]?.counters.agent_beats_total, 4);
  });

  test('a used token keeps the node out, says so, and a new one lets it in', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url, { token: 'used-up' });
    await waitFor('the refusal to be told', () => agent.role.notReadyReason()?.includes('join token'));
    assert.equal(agent.world.current(), undefined);
    assert.equal(control.beats.length, 0);
    await writeFile(join(agent.directory, 'join-token'), 'token-1');
    await adopted(agent, 1);
    assert.equal(agent.role.notReadyReason(), null);
  });

  test('a node whose address changed announces it with the same key and no token', async () => {
    const control = await startControl();
    const first = await startAgent(control.url);
    await adopted(first, 1);
    await first.role.stop();
    const second = await startAgent(control.url, {
      directory: first.directory,
      edgeUrl: 'http://127.0.0.1:10',
    });
    await waitFor('the second announcement', () => control.joins.length >= 2);
    assert.equal(control.joins[1]?.edgeUrl, 'http://127.0.0.1:10');
    assert.equal(control.joins[1]?.publicKey, control.joins[0]?.publicKey);
    assert.equal(control.tokens.size, 0);
    assert.equal(second.role.notReadyReason(), null);
  });

  test('a node that control no longer knows joins again by itself', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url);
    await adopted(agent, 1);
    await waitFor('a beat', () => control.beats.length > 0);
    control.keys.clear();
    control.tokens.add('token-1');
    await waitFor('the second join', () => control.joins.length === 2);
    await beatWhere(control, 'a beat after the second join', () => true);
  });

  test('a key file that is replaced while the node runs is used at once', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url);
    await adopted(agent, 1);
    const before = agent.publicKey();
    const next = generateSigningKey();
    control.tokens.add('token-1');
    const path = join(agent.directory, 'node-key.pem');
    await writeFile(`${path}.new`, signingKeyPem(next), { mode: 0o600 });
    await rename(`${path}.new`, path);
    await waitFor('the new key to be announced', () => control.keys.get('dublin-1-a') === next.publicKey);
    assert.notEqual(before, next.publicKey);
    assert.equal(agent.publicKey(), next.publicKey);
    await beatWhere(control, 'a beat signed with the new key', () => true);
  });

  test('a broken key file changes nothing', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url);
    await adopted(agent, 1);
    const before = agent.publicKey();
    await writeFile(join(agent.directory, 'node-key.pem'), 'not a key');
    const seen = control.beats.length;
    await waitFor('three more beats', () => control.beats.length >= seen + 3);
    assert.equal(agent.publicKey(), before);
  });
});

describe('refusals', () => {
  const half = makeWorld({ sequence: 11 });
  const massRemoval = {
    ...half,
    pathways: half.pathways.slice(0, 2),
    steering: { ...half.steering, groups: [] },
  };
  const unmeant: [string, (control: FakeControl) => SignedSnapshot, RegExp][] = [
    [
      'a forged one',
      () => signWorld(generateSigningKey(), makeWorld({ sequence: 11 })),
      /^forged: the signature is not that of the root key/,
    ],
    [
      'one changed after signing',
      ({ root }) => {
        const signed = signWorld(root, makeWorld({ sequence: 11 }));
        return { ...signed, payload: signed.payload.replace('0.05', '0.06') };
      },
      /^forged:/,
    ],
    [
      'a stale one',
      ({ root }) => signWorld(root, makeWorld({ sequence: 9 })),
      /^not_newer: \(1, 9\) is not newer than \(1, 10\)/,
    ],
    [
      'an oversized one',
      ({ root }) => signWorld(root, makeWorld({ sequence: 11, controlPublicKey: 'x'.repeat(1 << 20) })),
      /^too_large: \d+ bytes are more than 1048576/,
    ],
    [
      'one that takes away a third of the pathways',
      ({ root }) => signWorld(root, massRemoval),
      /^mass_removal: 1 of 3 pathways/,
    ],
    [
      'a contradictory one',
      ({ root }) =>
        signWorld(root, makeWorld({ sequence: 11, nodes: [makeNode('dublin', { siteId: 'nowhere' })] })),
      /^contradiction: node dublin-1-a lies at unknown site nowhere/,
    ],
    [
      'one of another shape',
      ({ root }) => signWorld(root, '{"formatVersion":2}'),
      /^malformed: formatVersion/,
    ],
  ];
  for (const [what, offer, reason] of unmeant) {
    test(`${what} is refused and reported, and the next good one is adopted`, async () => {
      const control = await startControl(makeWorld({ sequence: 10 }));
      const agent = await startAgent(control.url);
      await adopted(agent, 10);
      control.snapshot = offer(control);
      const beat = await beatWhere(control, 'the refusal to be reported', (each) => each.refusal !== null);
      assert.match(beat.refusal ?? '', reason);
      assert.deepEqual(beat.adopted, { term: 1, sequence: 10 });
      assert.equal(agent.world.current()?.sequence, 10);
      control.snapshot = signWorld(control.root, makeWorld({ sequence: 12 }));
      await adopted(agent, 12);
      await beatWhere(control, 'the refusal to be forgotten', (each) => each.refusal === null);
    });
  }

  test('a removal that is meant is adopted', async () => {
    const control = await startControl(makeWorld({ sequence: 10 }));
    const agent = await startAgent(control.url);
    await adopted(agent, 10);
    control.snapshot = signWorld(control.root, { ...massRemoval, removalIsMeant: true });
    const world = await adopted(agent, 11);
    assert.equal(world.pathways.length, 2);
  });

  test('a higher term wins over any sequence, and its predecessor is refused from then on', async () => {
    const control = await startControl(makeWorld({ sequence: 500 }));
    const agent = await startAgent(control.url);
    await adopted(agent, 500);
    control.snapshot = signWorld(control.root, makeWorld({ term: 2, sequence: 3 }));
    await adopted(agent, 3);
    control.snapshot = signWorld(control.root, makeWorld({ term: 1, sequence: 501 }));
    const beat = await beatWhere(control, 'the old term to be refused', (each) => each.refusal !== null);
    assert.match(beat.refusal ?? '', /^not_newer: \(1, 501\) is not newer than \(2, 3\)/);
  });

  test('the root key is pinned at the first join', async () => {
    const control = await startControl();
    const first = await startAgent(control.url);
    await adopted(first, 1);
    await first.role.stop();
    const other = generateSigningKey();
    control.rootPublicKey = other.publicKey;
    control.snapshot = signWorld(other, makeWorld({ sequence: 2 }));
    const second = await startAgent(control.url, { directory: first.directory });
    const beat = await beatWhere(control, 'a refusal', (each) => each.refusal !== null);
    assert.match(beat.refusal ?? '', /^forged:/);
    assert.equal(second.world.current()?.sequence, 1);
  });
});

describe('going on alone', () => {
  test('a restarted node serves from disk while control is away', async () => {
    const control = await startControl(makeWorld({ sequence: 7 }));
    const first = await startAgent(control.url);
    await adopted(first, 7);
    await waitFor('the snapshot to be on disk', () =>
      snapshotFiles(first).then((names) => names.length === 1),
    );
    await first.role.stop();
    await control.stop();
    const second = await startAgent(control.url, { directory: first.directory });
    // `start` has returned, so this must hold at once.
    assert.equal(second.world.current()?.sequence, 7);
    assert.equal(second.role.notReadyReason(), null);
    await control.start();
    control.snapshot = signWorld(control.root, makeWorld({ sequence: 8 }));
    await adopted(second, 8);
  });

  test('the last five snapshots are kept, and a damaged newest one is passed over', async () => {
    const control = await startControl();
    const first = await startAgent(control.url);
    for (let sequence = 1; sequence <= 7; sequence += 1) {
      control.snapshot = signWorld(control.root, makeWorld({ sequence }));
      await adopted(first, sequence);
    }
    const newest = '000000000001-000000000007.json';
    await waitFor('the newest to be on disk', () =>
      snapshotFiles(first).then((names) => names.includes(newest)),
    );
    await first.role.stop();
    await control.stop();
    const names = await snapshotFiles(first);
    assert.equal(names.length, 5);
    assert.equal(names[0], '000000000001-000000000003.json');

    const damaged = join(first.directory, 'snapshots', newest);
    const text = await readFile(damaged, 'utf8');
    await writeFile(damaged, text.slice(0, text.length / 2));
    const second = await startAgent(control.url, { directory: first.directory });
    assert.equal(second.world.current()?.sequence, 6);

    const forged = join(first.directory, 'snapshots', '000000000001-000000000006.json');
    const changed = await readFile(forged, 'utf8');
    await writeFile(forged, changed.replace('0.05', '0.06'));
    await second.role.stop();
    const third = await startAgent(control.url, { directory: first.directory });
    assert.equal(third.world.current()?.sequence, 5);
  });

  test('a node adopts what a peer has newer while control is away', async () => {
    const control = await startControl();
    control.tokens.add('token-2');
    const dublin = await startAgent(control.url);
    const singapore = await startAgent(control.url, { regionId: 'singapore', token: 'token-2' });
    await waitFor('both to have joined', () => control.joins.length === 2);
    const urlOf = (nodeId: string): string =>
      defined(
        control.joins.find((join) => join.nodeId === nodeId),
        nodeId,
      ).nodeUrl;
    const world = makeWorld({
      sequence: 2,
      nodes: [
        makeNode('dublin', { publicKey: dublin.publicKey(), nodeUrl: urlOf('dublin-1-a') }),
        makeNode('singapore', { publicKey: singapore.publicKey(), nodeUrl: urlOf('singapore-1-a') }),
      ],
    });
    control.snapshot = signWorld(control.root, world);
    await adopted(dublin, 2);
    await adopted(singapore, 2);
    await singapore.role.stop();
    control.snapshot = signWorld(control.root, { ...world, sequence: 3 });
    await adopted(dublin, 3);
    await control.stop();
    const again = await startAgent(control.url, { regionId: 'singapore', directory: singapore.directory });
    await adopted(again, 3);
  });

  test("a node adopts the copy in its region's store, which one node of the region writes", async () => {
    const store = createMemoryStore();
    const control = await startControl();
    const first = await startAgent(control.url, { store });
    await adopted(first, 1);
    control.snapshot = signWorld(control.root, makeWorld({ sequence: 2 }));
    await adopted(first, 2);
    const stored = await waitFor('the copy to be written', async () => {
      const bytes = await store.get('_meridian/snapshot.json');
      return bytes?.includes('\\"sequence\\":2') === true ? bytes : undefined;
    });
    assert.deepEqual(JSON.parse(stored.toString('utf8')), control.snapshot);
    await first.role.stop();
    await control.stop();
    await rm(join(first.directory, 'snapshots'), { recursive: true });
    const second = await startAgent(control.url, { directory: first.directory, store });
    await adopted(second, 2);
  });

  test("a forged copy in the region's store is refused", async () => {
    const store = createMemoryStore();
    const control = await startControl();
    const agent = await startAgent(control.url, { store });
    await adopted(agent, 1);
    // Its own copy comes first, else it would take the place of the forged one.
    await waitFor('the copy to be written', () => store.get('_meridian/snapshot.json'));
    const forged = signWorld(generateSigningKey(), makeWorld({ sequence: 99 }));
    await store.put('_meridian/snapshot.json', Buffer.from(JSON.stringify(forged)));
    await control.stop();
    await waitFor('the copy to be refused', () => (agent.counters().agent_snapshot_refusals_total ?? 0) > 0);
    assert.equal(agent.world.current()?.sequence, 1);
    await control.start();
    const beat = await beatWhere(control, 'the refusal to be reported', () => true);
    assert.match(beat.refusal ?? '', /^forged:/);
  });
});

describe('the clock', () => {
  test('an offset is measured, reported, and fails readiness past the limit', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url, {
      clock: createSkewedClock(systemClock, [{ kind: 'clock_skew', offsetMs: 800 }]),
    });
    const beat = await beatWhere(control, 'the offset to be reported', (each) => each.clockOffsetMs > 600);
    assert.ok(Math.abs(beat.clockOffsetMs - 800) < 200, `measured ${beat.clockOffsetMs} ms`);
    assert.match(agent.role.notReadyReason() ?? '', /^the clock is \d+ ms off/);
    const reported = await beatWhere(control, 'readiness to be reported', (each) => !each.isReady);
    assert.match(reported.notReadyReason ?? '', /^the clock is/);
  });

  test('a clock that is set right is ready again', async () => {
    const control = await startControl();
    const clock = createSkewedClock(systemClock, [{ kind: 'clock_skew', offsetMs: -2_000 }]);
    const agent = await startAgent(control.url, { clock });
    await waitFor('readiness to fail', () => agent.role.notReadyReason()?.startsWith('the clock is -'));
    clock.setFaults([]);
    await waitFor('readiness to return', () => agent.role.notReadyReason() === null);
  });

  test('a clock so wrong that signatures are refused is still measured', async () => {
    const control = await startControl();
    const agent = await startAgent(control.url, {
      clock: createSkewedClock(systemClock, [{ kind: 'clock_skew', offsetMs: 120_000 }]),
    });
    await waitFor('the offset to be told', () => agent.role.notReadyReason()?.startsWith('the clock is 1'));
    assert.equal(control.beats.length, 0);
  });
});

describe('probes', () => {
  async function startEdge(listener: RequestListener): Promise<{ url: string; stop(): Promise<void> }> {
    const server = createServer(listener);
    const port = await listen(server, '127.0.0.1', 0, 'a fake edge');
    const stop = (): Promise<void> => closeServer(server, 0);
    cleanups.push(stop);
    return { url: `http://127.0.0.1:${port}`, stop };
  }

  test('tell which sites answer, how fast, and which died or fell silent', async () => {
    const asked: string[] = [];
    const edge = await startEdge((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(204).end();
    });
    const silent = await startEdge(() => {});
    const world = makeWorld();
    const control = await startControl({
      ...world,
      pathways: world.pathways.map((pathway) => ({
        ...pathway,
        baseUrl: pathway.regionId === 'singapore' ? edge.url : silent.url,
      })),
    });
    const agent = await startAgent(control.url, { probeTimeoutMs: 250 });
    const alive = await waitFor('the living site to be probed', () => {
      const probe = agent.probes.results().get('singapore-1');
      return probe?.failures === 0 ? probe : undefined;
    });
    assert.ok(alive.roundTripMs !== null && alive.roundTripMs < 250);
    assert.equal(asked[0], '/probe');
    const dead = await waitFor('the silent site to fail twice', () => {
      const probe = agent.probes.results().get('los-angeles-1');
      return probe !== undefined && probe.failures >= 2 ? probe : undefined;
    });
    assert.equal(dead.roundTripMs, null);
    assert.equal(agent.probes.results().has('dublin-1'), false, 'the own site is not probed');
    const beat = await beatWhere(control, 'probes in the report', ({ probes }) =>
      probes.some(({ siteId, isReachable }) => siteId === 'los-angeles-1' && !isReachable),
    );
    assert.equal(beat.probes.find(({ siteId }) => siteId === 'singapore-1')?.isReachable, true);
    await edge.stop();
    await waitFor('the dead site to fail twice', () => {
      const probe = agent.probes.results().get('singapore-1');
      return probe !== undefined && probe.failures >= 2;
    });
  });
});

test('the snapshot is served to peers alone', async () => {
  const control = await startControl();
  const agent = await startAgent(control.url);
  await adopted(agent, 1);
  const nodeUrl = defined(control.joins[0], 'the join').nodeUrl;
  const response = await fetch(`${nodeUrl}${PEER_SNAPSHOT_PATH}`);
  assert.equal(response.status, 401);
});

async function snapshotFiles(agent: Started): Promise<string[]> {
  return (await readdir(join(agent.directory, 'snapshots'))).sort();
}
