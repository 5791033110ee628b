// Channels for tests: real encoders and stores, an ingest that serves a recorded contribution, and readers of feeds.

import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { defined } from '#base/assert.ts';
import { liveNodeRoutes } from '#contract/api/live.ts';
import {
  type BroadcastRecord,
  type BroadcastTimeline,
  type ChannelDocument,
  channelDocumentSchema,
  type FeedHeader,
  feedHeaderSchema,
  type LiveReport,
} from '#contract/live.ts';
import { CHANNEL_PREFIX } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { audioFrameTimeUs } from '#media/contribution/audio-grid.ts';
import { type ContributionRecord, writeRecord } from '#media/contribution/record.ts';
import { FeedReader, type FeedRecord } from '#media/feed/feed-record.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { sendProblem } from '#platform/http/server.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createChannels } from '../../src/region/channel/create-channels.ts';
import type { Broadcasts } from '../../src/region/shared/broadcasts.ts';
import type { Role } from '../../src/region/shared/node-context.ts';
import { runTool, temporaryDirectory, testContext, testEngine } from '../encoder/support.ts';
import { waitFor } from '../support/wait-for.ts';

export const PROJECT = 'default';
export const BROADCAST = 'brd_01jd0000000000000000000000';
export const RECORDING = 'ast_01jd0000000000000000000000';
const ANCHOR_MS = 1_760_000_000_000;

type TestScope = { after(done: () => Promise<void> | void): void };

export interface ClipOptions {
  readonly seconds: number;
  readonly frameRate?: 24 | 25 | 30 | 48 | 50 | 60;
  readonly audio?: 'stereo' | 'mono' | 'none';
  readonly segmentDurationMs?: number;
  readonly partsPerSegment?: number;
  /** Where the first frame lies after the anchor. */
  readonly offsetMs?: number;
  readonly size?: string;
  readonly renditions?: NonNullable<BroadcastTimeline['video']>['renditions'];
  /** A black picture and silence, in place of test pictures and a tone. */
  readonly isBlank?: boolean;
}

const RENDITIONS = [
  { id: 'v360', width: 640, height: 360, bitrateBps: 500_000 },
  { id: 'v180', width: 320, height: 180, bitrateBps: 150_000 },
];

/** A contribution as an ingest would have recorded it. */
export interface Clip {
  readonly timeline: BroadcastTimeline;
  /** Numbered from 1. */
  readonly records: readonly ContributionRecord[];
}

/** Makes test pictures and a tone, and turns them into contribution records. */
export function makeClip(directory: string, options: ClipOptions): Clip {
  const { seconds, frameRate = 30, audio = 'stereo', size = '640x360', offsetMs = 300 } = options;
  const { isBlank = false } = options;
  const path = `${directory}/clip-${frameRate}-${audio}-${size}-${seconds}-${isBlank}.flv`;
  const source = `${isBlank ? 'color=black:' : 'testsrc2='}size=${size}:rate=${frameRate}:duration=${seconds}`;
  const tone = `sine=frequency=440:sample_rate=48000:duration=${seconds}`;
  const sound = isBlank ? `${tone},volume=0` : tone;
  runTool('ffmpeg', [
    ...['-y', '-f', 'lavfi', '-i', source, ...(audio === 'none' ? [] : ['-f', 'lavfi', '-i', sound])],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', String(frameRate), '-b:v', '800k'],
    ...(audio === 'none' ? [] : ['-c:a', 'aac', '-ac', audio === 'mono' ? '1' : '2', '-b:a', '96k']),
    ...['-f', 'flv', path],
  ]);
  return toClip(readTags(path), { ...options, frameRate, audio, offsetMs });
}

interface Tag {
  readonly type: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

function readTags(path: string): Tag[] {
  const bytes = readFileSync(path);
  const tags: Tag[] = [];
  for (let at = 13; at + 11 < bytes.length; ) {
    const length = bytes.readUIntBE(at + 1, 3);
    const timestampMs = bytes.readUIntBE(at + 4, 3) + (bytes[at + 7] ?? 0) * 2 ** 24;
    tags.push({ type: bytes[at] ?? 0, timestampMs, body: bytes.subarray(at + 11, at + 11 + length) });
    at += 15 + length;
  }
  return tags;
}

function toClip(
  tags: readonly Tag[],
  options: ClipOptions & { frameRate: 24 | 25 | 30 | 48 | 50 | 60; audio: string; offsetMs: number },
): Clip {
  const { frameRate, audio, offsetMs, segmentDurationMs = 1_000, partsPerSegment = 3 } = options;
  const grid = { sampleRate: 48_000, phaseSamples: 137 };
  const records: ContributionRecord[] = [];
  let config = Buffer.alloc(0);
  let audioIndex = Math.ceil((offsetMs * 48 - 137) / 1_024);
  const add = (record: Omit<ContributionRecord, 'sequence'>): void => {
    records.push({ ...record, sequence: records.length + 1 });
  };
  for (const { type, timestampMs, body } of tags) {
    const isConfig = body[1] === 0;
    const dtsUs = (timestampMs + offsetMs) * 1_000;
    if (type === 9 && isConfig) {
      const payload = Buffer.concat([Buffer.from('avc1'), body.subarray(5)]);
      add({ kind: 'video_config', isKeyFrame: false, dtsUs, ptsOffsetUs: 0, payload });
    } else if (type === 9 && body[1] === 1) {
      const ptsOffsetUs = body.readIntBE(2, 3) * 1_000;
      const isKeyFrame = (body[0] ?? 0) >> 4 === 1;
      add({ kind: 'video', isKeyFrame, dtsUs, ptsOffsetUs, payload: body.subarray(5) });
    } else if (type === 8 && isConfig) config = Buffer.from(body.subarray(2));
    else if (type === 8) {
      const payload = body.subarray(2);
      add({
        kind: 'audio',
        isKeyFrame: false,
        dtsUs: audioFrameTimeUs(grid, audioIndex),
        ptsOffsetUs: 0,
        payload,
      });
      audioIndex += 1;
    }
  }
  const timeline: BroadcastTimeline = {
    formatVersion: 1,
    projectId: PROJECT,
    broadcastId: BROADCAST,
    term: 1,
    mintedAtMs: ANCHOR_MS,
    mintedBy: 'dublin-1-a',
    anchorMs: ANCHOR_MS,
    segmentDurationMs,
    partsPerSegment,
    video: {
      codec: 'avc1',
      frameRate,
      renditions: [...(options.renditions ?? RENDITIONS)],
    },
    audio:
      audio === 'none'
        ? null
        : {
            ...grid,
            channels: audio === 'mono' ? 1 : 2,
            codecs: 'mp4a.40.2',
            bitrateBps: 96_000,
            config: config.toString('base64'),
          },
  };
  return { timeline, records };
}

/** An ingest that plays a clip as a publisher would send it, and keeps all of it for whoever was away. */
export class FakeIngest {
  readonly id: string;
  readonly session: string;
  readonly #clip: Clip;
  readonly #server: Server;
  readonly #sent: ContributionRecord[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #links = new Set<() => void>();
  /** Links that were opened, with what they asked for. */
  readonly asked: URLSearchParams[] = [];
  isHidden = false;
  #port = 0;

  constructor(id: string, clip: Clip, session = `session-${id}`) {
    this.id = id;
    this.session = session;
    this.#clip = clip;
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://ingest');
      this.asked.push(url.searchParams);
      this.#serve(url.searchParams, response).catch(() => response.destroy());
    });
  }

  async listen(test: TestScope): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    test.after(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sends records of the clip at the speed of a publisher, times `speed`; from one index to before another. */
  async play(options: { from?: number; to?: number; speed?: number } = {}): Promise<void> {
    const { from = 0, to = this.#clip.records.length, speed = 1 } = options;
    const records = this.#clip.records.slice(from, to);
    const startUs = records.find(({ kind }) => kind === 'video' || kind === 'audio')?.dtsUs ?? 0;
    const startedAtMs = performance.now();
    for (const record of records) {
      const dueMs = startedAtMs + (record.dtsUs - startUs) / 1_000 / speed;
      const waitMs = dueMs - performance.now();
      if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      this.send(record);
    }
  }

  send(record: Omit<ContributionRecord, 'sequence'>): void {
    this.#sent.push({ ...record, sequence: this.#sent.length + 1 });
    this.onSent?.(record);
    for (const wake of this.#wakers) wake();
  }

  onSent: ((record: Omit<ContributionRecord, 'sequence'>) => void) | undefined;

  say(kind: 'interruption' | 'end', text: string): void {
    const dtsUs = this.#sent.at(-1)?.dtsUs ?? 0;
    this.send({ kind, isKeyFrame: false, dtsUs, ptsOffsetUs: 0, payload: Buffer.from(text) });
  }

  /** Breaks all links in mid-stream. */
  cutLinks(): void {
    for (const cut of this.#links) cut();
  }

  /** From where on an asker is sent records. */
  #start(query: URLSearchParams): number {
    if (query.get('session') === this.session) return Number(query.get('after'));
    const fromUs = query.get('fromUs');
    const isStart = ({ kind, isKeyFrame, dtsUs }: ContributionRecord): boolean =>
      kind === 'video' && isKeyFrame && (fromUs === null || dtsUs <= Number(fromUs));
    return Math.max(0, this.#sent.findLastIndex(isStart));
  }

  async #serve(query: URLSearchParams, response: ServerResponse): Promise<void> {
    let isCut = false;
    while (this.#sent.length === 0 || this.isHidden) {
      await new Promise<void>((resolve) => this.#wakers.add(resolve));
      if (response.destroyed) return;
    }
    const cut = (): void => {
      isCut = true;
      response.destroy();
    };
    this.#links.add(cut);
    const wakeAll = (): void => {
      for (const wake of this.#wakers) wake();
    };
    response.once('close', wakeAll);
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    let next = this.#start(query);
    const head = JSON.stringify({ session: this.session, timeline: this.#clip.timeline });
    const unnumbered = { sequence: 0, isKeyFrame: false, dtsUs: 0, ptsOffsetUs: 0 };
    response.write(writeRecord({ ...unnumbered, kind: 'timeline', payload: Buffer.from(head) }));
    const config = this.#sent.slice(0, next).findLast(({ kind }) => kind === 'video_config');
    if (config !== undefined) response.write(writeRecord({ ...config, sequence: 0 }));
    const beat = setInterval(
      () => response.write(writeRecord({ ...unnumbered, kind: 'heartbeat', payload: new Uint8Array(0) })),
      500,
    );
    try {
      while (!isCut && !response.destroyed) {
        for (; next < this.#sent.length; next += 1) {
          const record = defined(this.#sent[next], 'a record');
          response.write(writeRecord(record));
          if (record.kind === 'end') {
            response.end();
            return;
          }
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wakers.add(resolve);
        await promise;
        this.#wakers.delete(resolve);
      }
    } finally {
      clearInterval(beat);
      this.#links.delete(cut);
    }
  }
}

/** What control is told of a recording. */
export type Recorded = z.infer<
  (typeof liveNodeRoutes)['POST /node/v1/broadcasts/{broadcastId}/recording']['body']
>;

/** Control as far as a channel knows it; the first time it is away. */
async function listenAsControl(test: TestScope, recordings: Recorded[]): Promise<string> {
  const { body } = liveNodeRoutes['POST /node/v1/broadcasts/{broadcastId}/recording'];
  let isAway = true;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const isRight = request.url === `/node/v1/broadcasts/${BROADCAST}/recording`;
    if (isRight && !isAway) recordings.push(body.parse(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(isRight && !isAway ? 200 : 503).end('{}');
    isAway = false;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node with channels, and what it reported. */
export interface ChannelNode {
  readonly role: Role;
  readonly store: ObjectStore;
  readonly url: string;
  readonly reports: LiveReport[];
  /** What control was told of finished recordings. */
  readonly recordings: Recorded[];
  report(): LiveReport | undefined;
  /** Changes what the node knows of the broadcast. */
  setBroadcasts(broadcasts: readonly BroadcastRecord[]): void;
}

/** A broadcast with channels 1 … n at the given nodes. */
export function broadcastOf(timeline: BroadcastTimeline, nodeIds: readonly string[]): BroadcastRecord {
  return {
    formatVersion: 1,
    projectId: PROJECT,
    broadcastId: BROADCAST,
    revision: 1,
    name: 'a broadcast',
    visibility: 'public',
    state: 'ready',
    createdAtMs: ANCHOR_MS,
    settings: {
      segmentDurationMs: timeline.segmentDurationMs,
      partsPerSegment: timeline.partsPerSegment,
      holdBackMs: 1_000,
      dvrWindowMs: 60_000,
      graceMs: 60_000,
      onSecondPublisher: 'refuse',
      isRecorded: true,
      rungs: [{ height: 360, bitrateBps: 500_000 }],
    },
    schedule: {
      generation: 1,
      channels: nodeIds.map((nodeId, index) => ({
        channel: index + 1,
        regionId: nodeId.split('-')[0] ?? '',
        nodeId,
      })),
      ingestNodeIds: [],
      reasons: [],
    },
    recording: { assetId: RECORDING, version: 1 },
  };
}

/** Starts a node with the channel role; it stops with the test. */
export async function startChannelNode(
  test: TestScope,
  regionId: 'dublin' | 'singapore' | 'virginia',
  broadcast: BroadcastRecord,
  ingests: readonly FakeIngest[],
  engine?: Engine,
): Promise<ChannelNode> {
  const store = createMemoryStore();
  const nodes = ingests.map(({ id, url }) => ({ id, nodeUrl: url, roles: ['ingest'], regionId: 'dublin' }));
  // Channels look at nothing else of the snapshot.
  const recordings: Recorded[] = [];
  const controlUrl = await listenAsControl(test, recordings);
  const snapshot = { nodes, regions: [], controlUrl } as unknown as WorldSnapshot;
  const context = testContext(temporaryDirectory(test), store, regionId, snapshot);
  let known: readonly BroadcastRecord[] = [broadcast];
  const listeners = new Set<() => void>();
  const broadcasts: Broadcasts = {
    current: () => known,
    find: (_project, id) => known.find(({ broadcastId }) => broadcastId === id),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const reports: LiveReport[] = [];
  const role = createChannels(context, {
    engine: engine ?? (await testEngine()),
    broadcasts,
    reports: { put: (report) => reports.push(report), drop: () => {} },
  });
  const handler = defined(role.routes?.[CHANNEL_PREFIX], 'a handler');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://node');
    const rest = url.pathname.slice(CHANNEL_PREFIX.length);
    handler({ request, response, url, rest, peerId: 'an-edge' }).catch((error: unknown) =>
      sendProblem(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await role.start();
  test.after(async () => {
    server.closeAllConnections();
    server.close();
    await role.stop();
    context.transport.close();
  });
  return {
    role,
    store,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${CHANNEL_PREFIX}${PROJECT}/${BROADCAST}`,
    reports,
    recordings,
    report: () => reports.at(-1),
    setBroadcasts(next) {
      known = next;
      for (const listener of listeners) listener();
    },
  };
}

/** Bytes of an address, or undefined when it is not there. */
export async function fetchBytes(url: string): Promise<Buffer | undefined> {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  return response.status === 200 ? body : undefined;
}

/** What a channel says of itself, once it has something to say. */
export async function documentOf(node: ChannelNode): Promise<ChannelDocument> {
  const bytes = await waitFor('a channel', () => fetchBytes(`${node.url}/channel.json`));
  return channelDocumentSchema.parse(JSON.parse(bytes.toString()));
}

/** A feed that is read until it ends. */
export interface ReadFeed {
  readonly records: FeedRecord<FeedHeader>[];
  readonly arrivedAtMs: number[];
  readonly ended: Promise<void>;
}

/** Follows a feed. */
export async function readFeed(url: string): Promise<ReadFeed> {
  const response = await fetch(url);
  if (response.status !== 200 || response.body === null)
    throw new Error(`${url} answered ${response.status}`);
  const { body } = response;
  const records: FeedRecord<FeedHeader>[] = [];
  const arrivedAtMs: number[] = [];
  async function read(): Promise<void> {
    const reader = new FeedReader((header) => feedHeaderSchema.parse(header));
    for await (const chunk of body)
      for (const record of reader.push(chunk)) {
        records.push(record);
        arrivedAtMs.push(performance.now());
      }
  }
  const ended = read();
  ended.catch(() => {});
  return { records, arrivedAtMs, ended };
}
