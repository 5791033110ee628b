// An encoder node for tests: a real engine and a real disk store, and in place of control and of other regions
// fakes that remember what they were told.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import type { EncoderFacts, JobFailure, JobProgress, LeasedJob } from '#contract/jobs.ts';
import type { MediaDocument } from '#contract/media.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createFfmpegEngine } from '#platform/ffmpeg/ffmpeg-engine.ts';
import { findExecutable, findSandboxTools } from '#platform/ffmpeg/sandbox.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createEncoder } from '../../src/region/encoder/create-encoder.ts';
import type { JobResult, JobsClient, LeasedWork } from '../../src/region/encoder/jobs-client.ts';
import type { PeerMedia } from '../../src/region/encoder/peer-media.ts';
import { sourceKey } from '../../src/region/shared/keys.ts';
import { createMediaReader, endSegment } from '../../src/region/shared/media-store.ts';
import type { NodeContext, Role } from '../../src/region/shared/node-context.ts';

export const ASSET = 'ast_01jd0000000000000000000000';
const JOB = 'job_01jd0000000000000000000000';

/** The footage beside the repository. */
export const mediaDirectory =
  process.env.MERIDIAN_TEST_MEDIA ?? fileURLToPath(new URL('../../../shared/media/', import.meta.url));

/** Runs ffmpeg or ffprobe to its end; a failure fails the test. */
export function runTool(tool: 'ffmpeg' | 'ffprobe', args: readonly string[]): string {
  const result = spawnSync(tool, ['-v', 'error', ...args], { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** A temporary directory that goes with the test. */
export function temporaryDirectory(test: { after(done: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-encoder-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A clip of test pictures and a tone. */
export function makeClip(
  path: string,
  seconds: number,
  size = '640x360',
  rate = '30',
  extra: string[] = [],
): void {
  runTool('ffmpeg', [
    ...['-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '75', '-c:a', 'aac', ...extra, path],
  ]);
}

let engine: Promise<Engine> | undefined;

/** The engine of the ffmpeg on PATH. */
export function testEngine(): Promise<Engine> {
  engine ??= findSandboxTools(process.env.PATH ?? '').then((tools) =>
    createFfmpegEngine({
      ffmpegPath: defined(findExecutable('ffmpeg', process.env.PATH ?? ''), 'ffmpeg'),
      ffprobePath: defined(findExecutable('ffprobe', process.env.PATH ?? ''), 'ffprobe'),
      version: 'test',
      videoCodecs: ['h264', 'av1', 'hevc'],
      takesSrt: true,
      tools,
      environment: {},
    }),
  );
  return engine;
}

/** Control as far as an encoder knows it: hands out jobs, one lease each, and records what comes back. */
export class FakeControl implements JobsClient {
  readonly progress: JobProgress[] = [];
  readonly results: JobResult[] = [];
  readonly failures: JobFailure[] = [];
  readonly waiting: LeasedJob[] = [];
  /** Leases with a smaller fence are lost. */
  fence = 1;
  isCancelled = false;
  isAway = false;
  claimedAtMs = 0;
  playableAtMs = 0;
  #wake: () => void = () => {};

  offer(job: LeasedJob): void {
    this.waiting.push(job);
    this.#wake();
  }

  async claim(
    _slots: number,
    _waitMs: number,
    _encoder: EncoderFacts,
    signal: AbortSignal,
  ): Promise<LeasedWork> {
    while (this.waiting.length === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.claimedAtMs = performance.now();
    return { jobs: this.waiting.splice(0, 1), chunks: [] };
  }

  #check(job: LeasedJob): void {
    if (this.isAway) throw new MeridianError('unavailable', { what: 'The control plane' });
    if (job.fence < this.fence) throw new MeridianError('lease_lost', { job: job.id });
  }

  async heartbeat(job: LeasedJob, progress: JobProgress): Promise<{ isCancelled: boolean }> {
    this.#check(job);
    if (progress.isPlayable && this.playableAtMs === 0) this.playableAtMs = performance.now();
    this.progress.push(progress);
    return { isCancelled: this.isCancelled };
  }

  async complete(job: LeasedJob, result: JobResult): Promise<void> {
    this.#check(job);
    this.results.push(result);
  }

  async fail(job: LeasedJob, failure: JobFailure): Promise<void> {
    this.#check(job);
    this.failures.push(failure);
  }
}

/** Other regions that take everything into memory, or nothing. */
export class FakePeers implements PeerMedia {
  readonly pushed: MediaDocument[] = [];
  readonly copied: MediaDocument[] = [];
  copies: readonly string[] = ['singapore'];
  sourceFile: string | undefined;

  async fetch(_key: string, file: string): Promise<void> {
    if (this.sourceFile === undefined) throw new MeridianError('unavailable', { what: 'The source' });
    writeFileSync(file, readFileSync(this.sourceFile));
  }

  async push(document: MediaDocument): Promise<void> {
    this.pushed.push(document);
  }

  async remove(): Promise<void> {}

  async replicate(document: MediaDocument): Promise<readonly string[]> {
    this.copied.push(document);
    return this.copies;
  }
}

export interface TestNode {
  readonly store: ObjectStore;
  readonly control: FakeControl;
  readonly peers: FakePeers;
  readonly role: Role;
  readonly dataDirectory: string;
}

export interface TestNodeOptions {
  readonly store?: ObjectStore;
  readonly engine?: Engine;
  readonly control?: FakeControl;
  readonly peers?: PeerMedia;
  readonly snapshot?: WorldSnapshot;
  readonly regionId?: string;
}

/** The context of a node in one of the default regions. */
export function testContext(
  dataDirectory: string,
  store: ObjectStore,
  regionId = 'dublin',
  snapshot?: WorldSnapshot,
): NodeContext {
  const config = configSchema.parse({});
  const region = defined(
    config.regions.find(({ id }) => id === regionId),
    regionId,
  );
  return {
    config,
    region,
    site: defined(region.sites[0], 'a site'),
    nodeId: `${regionId}-1-a`,
    dataDirectory,
    clock: systemClock,
    log: silentLog,
    metrics: createMetrics(),
    transport: createTransport(),
    store,
    world: { current: () => snapshot, onChange: () => () => {} },
    probes: { results: () => new Map() },
  };
}

/** Starts an encoder; it stops with the test. */
export async function startNode(
  test: { after(done: () => Promise<void> | void): void },
  directory: string,
  options: TestNodeOptions = {},
): Promise<TestNode> {
  const store = options.store ?? (await createDiskStore(join(directory, 'objects')));
  const control = options.control ?? new FakeControl();
  const peers = new FakePeers();
  const dataDirectory = join(directory, 'node');
  const context = testContext(dataDirectory, store, options.regionId, options.snapshot);
  const role = createEncoder(context, {
    engine: options.engine ?? (await testEngine()),
    jobs: control,
    peers: options.peers ?? peers,
  });
  await role.start();
  test.after(async () => {
    await role.stop();
    context.transport.close();
  });
  return { store, control, peers, role, dataDirectory };
}

/** Puts a file into the store as an uploaded source and returns the job that processes it. */
export async function jobFor(
  store: ObjectStore | undefined,
  file: string,
  attempt = 1,
  fence = attempt,
): Promise<LeasedJob> {
  const bytes = readFileSync(file);
  if (store !== undefined) await store.put(sourceKey('default', ASSET, 1), bytes);
  return {
    id: JOB,
    kind: 'process',
    fence,
    attempt,
    leaseUntilMs: Date.now() + 15_000,
    record: {
      formatVersion: 1,
      projectId: 'default',
      assetId: ASSET,
      version: 1,
      revision: 0,
      name: 'a video',
      visibility: 'public',
      isDeleted: false,
      createdAtMs: Date.now(),
      source: {
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        fileName: 'a.mp4',
        contentType: 'video/mp4',
        regionIds: ['singapore'],
      },
    },
  };
}

/** Joins init and all segments of a rendition, as a player would, and asks ffprobe about the result. */
export async function inspectRendition(
  store: ObjectStore,
  document: MediaDocument,
  renditionId: string,
  directory: string,
): Promise<{
  frameCount: number;
  width: number;
  height: number;
  channels: number;
  sampleRate: number;
  gapMsMax: number;
}> {
  const reader = createMediaReader({ store, clock: systemClock });
  const rendition = defined(
    document.renditions.find(({ id }) => id === renditionId),
    renditionId,
  );
  const parts = [defined(await reader.readInit(document, renditionId), 'an init')];
  for (let segment = rendition.firstSegment; segment < endSegment(rendition); segment += 1)
    parts.push(defined(await reader.readSegment(document, renditionId, segment), `segment ${segment}`));
  const path = join(directory, `${renditionId}.mp4`);
  writeFileSync(path, Buffer.concat(parts));
  // Decoded frames: what is broken or missing is not counted.
  const answer = JSON.parse(
    runTool('ffprobe', [
      ...['-count_frames', '-show_entries', 'stream=nb_read_frames,width,height,channels,sample_rate'],
      ...['-show_entries', 'frame=pts_time', '-of', 'json', path],
    ]),
  ) as {
    streams: {
      nb_read_frames: string;
      width?: number;
      height?: number;
      channels?: number;
      sample_rate?: string;
    }[];
    frames: { pts_time: string }[];
  };
  const stream = defined(answer.streams[0], 'a stream');
  const times = answer.frames.map(({ pts_time }) => Number(pts_time) * 1_000);
  let gapMsMax = 0;
  for (const [index, time] of times.entries())
    if (index > 0) gapMsMax = Math.max(gapMsMax, time - (times[index - 1] ?? time));
  return {
    frameCount: Number(stream.nb_read_frames),
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    channels: stream.channels ?? 0,
    sampleRate: Number(stream.sample_rate ?? 0),
    gapMsMax,
  };
}

/** A real file from the footage; without the footage the test fails. */
export function footage(name: string): string {
  const path = join(mediaDirectory, name);
  if (!existsSync(path)) throw new Error(`the test needs ${path}; set MERIDIAN_TEST_MEDIA`);
  return path;
}
