import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { BroadcastRecord, BroadcastTimeline } from '#contract/live.ts';
import { readAudioFormat } from '#media/contribution/audio-config.ts';
import { type ContributionRecord, createRecordReader } from '#media/contribution/record.ts';
import type { Clock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { type Attachment, createHub, type Hub, type HubDependencies } from './hub.ts';

const START_MS = 1_800_000_000_000;
const AVC_720 = Uint8Array.from(
  Buffer.from(
    '0164001fffe1001b6764001facd9405005bb016a02020280000003008000001e478c18cb01000568ebecb22cfdf8f800',
    'hex',
  ),
);
const AAC_48 = Uint8Array.of(0x11, 0x90);

const BROADCAST: BroadcastRecord = {
  formatVersion: 1,
  projectId: 'default',
  broadcastId: `brd_${'1'.repeat(26)}`,
  revision: 1,
  name: 'Test',
  visibility: 'public',
  state: 'ready',
  createdAtMs: START_MS,
  settings: {
    segmentDurationMs: 2_000,
    partsPerSegment: 6,
    holdBackMs: 1_000,
    dvrWindowMs: 60_000,
    graceMs: 5_000,
    onSecondPublisher: 'refuse',
    isRecorded: false,
    rungs: [{ height: 360, bitrateBps: 800_000 }],
  },
  schedule: { generation: 1, channels: [], ingestNodeIds: [], reasons: [] },
  recording: null,
};

/** A clock that stands until it is turned; whoever sleeps wakes when its time has come. */
function createTestClock(): Clock & { advance(milliseconds: number): Promise<void> } {
  let nowMs = START_MS;
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { atMs: nowMs + milliseconds, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
    async advance(milliseconds) {
      nowMs += milliseconds;
      for (const sleeper of sleepers) if (sleeper.atMs <= nowMs) sleeper.wake();
      await settle();
    },
  };
}

/** Lets everything that is due happen. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
}

interface Bench {
  readonly hub: Hub;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly minted: BroadcastTimeline[];
  known: BroadcastTimeline | undefined;
  isElsewhere: boolean;
}

function setUp(changes: Partial<BroadcastRecord['settings']> = {}): Bench {
  const clock = createTestClock();
  const bench = { clock, minted: [] as BroadcastTimeline[], isElsewhere: false } as unknown as Bench;
  const dependencies: HubDependencies = {
    clock,
    log: silentLog,
    nodeId: 'dublin-1-a',
    term: () => 3,
    findTimeline: async () => bench.known,
    publishTimeline: async (timeline) => {
      bench.minted.push(timeline);
      return bench.known ?? timeline;
    },
    isOnAirElsewhere: async () => bench.isElsewhere,
    onState: () => undefined,
  };
  const broadcast = { ...BROADCAST, settings: { ...BROADCAST.settings, ...changes } };
  return Object.assign(bench, { hub: createHub(broadcast, dependencies) });
}

interface TestPublisher {
  readonly attachment: Attachment;
  readonly closedBecause: string[];
  /** Sends this many frames, each at its time. */
  send(frames: number): Promise<void>;
}

async function attach({ hub, clock }: Bench): Promise<TestPublisher | string> {
  const closedBecause: string[] = [];
  const attached = hub.attach({
    protocol: 'rtmp',
    close: (reason) => void closedBecause.push(reason),
    problem: () => null,
  });
  if (!attached.isAttached) return attached.reason;
  const { attachment } = attached;
  attachment.announceFrameRate(30);
  attachment.take({ kind: 'video_config', codec: 'avc1', config: AVC_720 });
  attachment.take({ kind: 'audio_config', config: AAC_48, format: readAudioFormat(AAC_48) });
  let sent = 0;
  async function send(frames: number): Promise<void> {
    for (let frame = 0; frame < frames; frame += 1) {
      const timestampMs = Math.floor((sent * 1_000) / 30);
      const data = new Uint8Array(1_000);
      const isKeyFrame = sent % 30 === 0;
      attachment.take({ kind: 'video', timestampMs, isKeyFrame, compositionOffsetMs: 0, data });
      attachment.take({ kind: 'audio', timestampMs: Math.round((sent * 1_024) / 48), data });
      sent += 1;
      await clock.advance(33);
    }
  }
  return { attachment, closedBecause, send };
}

async function attachGood(bench: Bench): Promise<TestPublisher> {
  const publisher = await attach(bench);
  if (typeof publisher === 'string') throw new Error(publisher);
  return publisher;
}

interface TestReader {
  readonly records: ContributionRecord[];
  readonly response: Writable;
  isOver(): boolean;
}

/** Reads as a channel does; with `isStuck` it takes nothing. */
function read(hub: Hub, query: { session?: string; after?: number } = {}, isStuck = false): TestReader {
  const reader = createRecordReader();
  const records: ContributionRecord[] = [];
  let isOver = false;
  const response = new Writable({
    highWaterMark: 16_384,
    write(chunk: Buffer, _encoding, done) {
      records.push(...reader.push(chunk));
      if (!isStuck) done();
    },
  });
  response.on('close', () => {
    isOver = true;
  });
  Object.assign(response, { writeHead: () => response });
  const answered = hub.read({
    response: response as unknown as ServerResponse,
    session: query.session,
    after: query.after,
    fromUs: undefined,
  });
  answered.catch(() => undefined);
  return { records, response, isOver: () => isOver };
}

const ofKind = (reader: TestReader, kind: ContributionRecord['kind']): ContributionRecord[] =>
  reader.records.filter((record) => record.kind === kind);

function sessionOf(reader: TestReader): string {
  return JSON.parse(new TextDecoder().decode(reader.records[0]?.payload)).session;
}

test('the first publisher has a timeline minted, and everything from its first packet on is there', async () => {
  const bench = setUp();
  const publisher = await attachGood(bench);
  assert.equal(bench.hub.state(), 'waiting');
  await publisher.send(20);
  assert.equal(bench.hub.state(), 'on_air');
  assert.equal(bench.minted.length, 1);
  assert.equal(bench.minted[0]?.anchorMs, START_MS);
  const reader = read(bench.hub);
  await settle();
  assert.deepEqual(
    [ofKind(reader, 'timeline'), ofKind(reader, 'video'), ofKind(reader, 'audio')].map(
      ({ length }) => length,
    ),
    [1, 20, 20],
  );
  const figures = bench.hub.report().figures;
  assert.deepEqual([figures.width, figures.height, figures.framesDropped], [1_280, 720, 0]);
});

test('a timeline that is known is taken, and none is minted', async () => {
  const bench = setUp();
  const first = await attachGood(bench);
  await first.send(5);
  const other = setUp();
  other.known = bench.minted[0];
  await other.clock.advance(60_000);
  await (await attachGood(other)).send(5);
  assert.equal(other.minted.length, 0);
  const reader = read(other.hub);
  await settle();
  assert.equal(ofKind(reader, 'video')[0]?.dtsUs, 60_000_000);
});

test('a publisher that comes back within the grace time goes on; one that does not ends the broadcast', async () => {
  const bench = setUp();
  const first = await attachGood(bench);
  await first.send(10);
  const reader = read(bench.hub);
  first.attachment.detach('the connection ended');
  assert.equal(bench.hub.state(), 'interrupted');
  await bench.clock.advance(4_000);
  const second = await attachGood(bench);
  await second.send(10);
  assert.equal(bench.hub.state(), 'on_air');
  await bench.clock.advance(10_000);
  assert.equal(bench.hub.state(), 'on_air', 'the first grace time ends nothing');
  const times = ofKind(reader, 'video').map(({ dtsUs }) => dtsUs);
  assert.equal(times.length, 20);
  assert.deepEqual(
    times,
    [...times].sort((left, right) => left - right),
  );
  second.attachment.detach('the connection ended');
  await bench.clock.advance(5_000);
  assert.equal(bench.hub.state(), 'ended');
  assert.equal(ofKind(reader, 'end').length, 1);
  assert.equal(reader.isOver(), true);
  assert.equal(await attach(bench), 'the broadcast has ended');
});

test('the grace time ends nothing while another ingest has the broadcast on air', async () => {
  const bench = setUp();
  const publisher = await attachGood(bench);
  await publisher.send(3);
  const reader = read(bench.hub);
  bench.isElsewhere = true;
  publisher.attachment.detach('the connection ended');
  await bench.clock.advance(5_000);
  assert.equal(bench.hub.state(), 'waiting');
  assert.equal(ofKind(reader, 'end').length, 0);
  assert.equal(reader.isOver(), true);
  assert.equal(bench.hub.isIdle(), true);
});

test('a second publisher is refused while the first one sends, and takes over by setting or when it is silent', async () => {
  const refusing = setUp();
  const first = await attachGood(refusing);
  await first.send(3);
  assert.match(String(await attach(refusing)), /another publisher/);
  await refusing.clock.advance(3_500);
  assert.notEqual(typeof (await attach(refusing)), 'string');
  assert.deepEqual(first.closedBecause, ['another publisher took over']);
  const replacing = setUp({ onSecondPublisher: 'replace' });
  const old = await attachGood(replacing);
  await old.send(3);
  await (await attachGood(replacing)).send(3);
  assert.equal(old.closedBecause.length, 1);
  old.attachment.detach('the connection ended');
  assert.equal(replacing.hub.state(), 'on_air', 'the end of the old one is no news');
});

test('a reader that breaks off gets every number once, and one that asks for what never was begins at a key frame', async () => {
  const bench = setUp();
  const publisher = await attachGood(bench);
  await publisher.send(40);
  const before = read(bench.hub);
  await settle();
  before.response.destroy();
  const seen = before.records.filter(({ sequence }) => sequence > 0).map(({ sequence }) => sequence);
  await publisher.send(20);
  const again = read(bench.hub, { session: sessionOf(before), after: seen.at(-1) ?? 0 });
  await settle();
  const all = [...seen, ...again.records.map(({ sequence }) => sequence).filter((sequence) => sequence > 0)];
  assert.deepEqual(
    all,
    all.map((_, index) => (all[0] ?? 0) + index),
  );
  assert.ok(all.length >= 58, `${all.length} records`);
  const lost = read(bench.hub, { session: sessionOf(before), after: 1_000_000 });
  await settle();
  assert.equal(lost.records.find(({ sequence }) => sequence > 0)?.isKeyFrame, true);
});

test('a reader that takes nothing is cut off once the buffer has left it behind', async () => {
  const bench = setUp();
  const publisher = await attachGood(bench);
  await publisher.send(2);
  const stuck = read(bench.hub, {}, true);
  let largest = 0;
  for (let second = 0; second < 20 && !stuck.isOver(); second += 1) {
    await publisher.send(30);
    largest = Math.max(largest, stuck.response.writableLength);
  }
  assert.equal(stuck.isOver(), true);
  assert.ok(largest < 20_000, `${largest} bytes waited for the reader`);
  assert.equal(bench.hub.state(), 'on_air');
});

test('silence, a file sent too fast and the end by control close a publisher, each with its reason', async () => {
  const silent = setUp();
  const quiet = await attachGood(silent);
  await quiet.send(3);
  await silent.clock.advance(16_000);
  silent.hub.tick();
  assert.match(quiet.closedBecause[0] ?? '', /sent nothing/);
  const fast = setUp();
  const file = await attachGood(fast);
  await file.send(1);
  for (let frame = 1; frame < 400; frame += 1)
    file.attachment.take({
      kind: 'video',
      timestampMs: frame * 33,
      isKeyFrame: false,
      compositionOffsetMs: 0,
      data: new Uint8Array(1),
    });
  assert.match(file.closedBecause[0] ?? '', /faster than time/);
  const ended = setUp();
  const live = await attachGood(ended);
  await live.send(3);
  ended.hub.update({ ...BROADCAST, state: 'ended' });
  assert.match(live.closedBecause[0] ?? '', /was ended/);
  assert.equal(ended.hub.state(), 'ended');
});

test('when the timeline of another ingest holds after all, readers and publisher begin again on it', async () => {
  const bench = setUp();
  const publisher = await attachGood(bench);
  await publisher.send(5);
  const reader = read(bench.hub);
  await settle();
  const better = { ...(bench.minted[0] as BroadcastTimeline), term: 1, mintedBy: 'singapore-1-a' };
  bench.known = better;
  bench.hub.replaceTimeline(better);
  await settle();
  assert.equal(reader.isOver(), true);
  assert.equal(publisher.closedBecause.length, 1);
  await (await attachGood(bench)).send(5);
  const again = read(bench.hub);
  await settle();
  const head = JSON.parse(new TextDecoder().decode(again.records[0]?.payload));
  assert.equal(head.timeline.mintedBy, 'singapore-1-a');
  assert.notEqual(head.session, sessionOf(reader));
});
