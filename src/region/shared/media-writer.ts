// Writing one attempt of a processing job into a region's object store, by its only writer, the encoder with the lease.
// Each finished segment is an object of its own at first; every ten seconds of them become a pack. The order holds at
// every moment: bytes before the document that names them, the pack in the document before its segments go.
// The document is rewritten once per round of segments rather than once per segment, and not faster than it is long.

import { assert, defined } from '#base/assert.ts';
import type { MediaDocument, Rendition } from '#contract/media.ts';
import { appendDuration } from '#media/rendition.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import {
  type AttemptPlace,
  initKey,
  mediaKey,
  openSegmentKey,
  packKey,
  posterKey,
  previewKey,
  storyboardKey,
} from './keys.ts';
import { PACK_TAIL_BYTES, readPackIndex, sealSegment, writePack } from './pack.ts';

/** What is known of a rendition before its first byte. */
export interface WriterRendition {
  readonly id: string;
  readonly kind: 'video' | 'audio';
  readonly bitrateBps: number;
  readonly maxBitrateBps: number;
  readonly frameRate?: number | undefined;
  readonly language?: string | undefined;
  readonly name?: string | undefined;
  readonly isDefault?: boolean | undefined;
}

/** What the init segment says. */
export interface WriterInit {
  readonly codecs: string;
  readonly timescale: number;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly channels?: number | undefined;
  readonly sampleRate?: number | undefined;
}

export interface WriterSegment {
  readonly number: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly frameCount: number;
  readonly data: Uint8Array;
}

export interface MediaWriterOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly place: AttemptPlace;
  readonly regionId: string;
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  readonly durationMs: number;
  /** How long packs are, where that does not follow from the duration. */
  readonly packMs?: number;
  readonly renditions: readonly WriterRendition[];
  /** How the renditions came about, for the document. */
  readonly encoding?: MediaDocument['encoding'];
  /** Once aborted, nothing more is written: the lease belongs to someone else. */
  readonly signal: AbortSignal;
}

/** What packaging writes to: the media of an attempt, or a chunk of it. */
export interface SegmentSink {
  putInit(renditionId: string, data: Uint8Array, init: WriterInit): Promise<void>;
  /** Resolves when the segment may be forgotten, so that a slow store slows its producer. */
  addSegment(renditionId: string, segment: WriterSegment): Promise<void>;
  endRendition(renditionId: string): void;
}

/** A pack that was made elsewhere. */
export interface FinishedPack {
  readonly firstSegment: number;
  readonly firstTimeTicks: number;
  readonly durationRuns: readonly (readonly [number, number])[];
  readonly frameCount: number;
}

/** A pack is worth its index and its request from ten seconds on. */
const PACK_MS_MIN = 10_000;
/** Long videos get longer packs, so that the document that lists them stays small … */
const PACKS_PER_RENDITION = 400;
/** … up to what may wait in memory: a minute at 8 Mbit/s is 60 MB. */
const PACK_MS_MAX = 60_000;
/** A growing document is not written more often: readers keep it as long anyway. */
const DOCUMENT_MS_MIN = 200;
/** Nor faster than this many bytes per millisecond (1 MB/s), since long videos have long documents. */
const DOCUMENT_BYTES_PER_MS = 1_000;
/** A last segment much shorter than the others says nothing about the peak rate. */
const PEAK_SEGMENT_SHARE_MIN = 0.5;

/** From which length on the segments of a video become a pack. */
export function packMsOf(durationMs: number, wishedMs = durationMs / PACKS_PER_RENDITION): number {
  return Math.min(PACK_MS_MAX, Math.max(PACK_MS_MIN, wishedMs));
}

interface RenditionState {
  readonly plan: WriterRendition;
  init: WriterInit | undefined;
  initSha256: string | undefined;
  firstSegment: number;
  firstTimeTicks: number;
  readonly durationRuns: [number, number][];
  segmentCount: number;
  durationTicks: number;
  frameCount: number;
  bytes: number;
  peakBps: number;
  isEnded: boolean;
  readonly packs: Rendition['packs'];
  open: { segment: number; data: Buffer }[];
  openMs: number;
}

/** Writes the media of one attempt. Methods of different renditions may run side by side. */
export class MediaWriter implements SegmentSink {
  /** Resolves with the first document, when every rendition has a segment. Stays open when that never happens. */
  readonly playable: Promise<MediaDocument>;
  readonly #resolvePlayable: (document: MediaDocument) => void;
  readonly #options: MediaWriterOptions;
  readonly #states: ReadonlyMap<string, RenditionState>;
  readonly #packMs: number;
  #revision = 0;
  #posterSha256: string | undefined;
  #previewSha256: string | undefined;
  #storyboard: MediaDocument['storyboard'];
  #holders: readonly string[];
  #document: MediaDocument | undefined;
  #writing: Promise<void> | undefined;
  #isDirty = false;
  #failure: unknown;
  #writtenRound = 0;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;
  /** Open objects whose pack is closed; they go once a document names the pack. */
  #obsolete: string[] = [];

  constructor(options: MediaWriterOptions) {
    this.#options = options;
    this.#holders = [options.regionId];
    this.#packMs = packMsOf(options.durationMs, options.packMs);
    this.#states = new Map(options.renditions.map((plan) => [plan.id, emptyState(plan)]));
    const { promise, resolve } = Promise.withResolvers<MediaDocument>();
    this.playable = promise;
    this.#resolvePlayable = resolve;
  }

  /** The newest document that was written. */
  get document(): MediaDocument | undefined {
    return this.#document;
  }

  /** Frames (of audio: AAC frames) published so far. */
  frameCount(renditionId: string): number {
    return this.#state(renditionId).frameCount;
  }

  /** Milliseconds published so far. */
  publishedMs(renditionId: string): number {
    const { durationTicks, init } = this.#state(renditionId);
    return init === undefined ? 0 : (durationTicks * 1_000) / init.timescale;
  }

  async putInit(renditionId: string, data: Uint8Array, init: WriterInit): Promise<void> {
    this.#check();
    const state = this.#state(renditionId);
    assert(state.init === undefined, 'one init per rendition');
    const key = initKey(this.#options.place, renditionId);
    state.initSha256 = (await this.#options.store.put(key, Buffer.from(data))).sha256;
    state.init = init;
  }

  /** Stores a segment; resolves when it may be forgotten, so that a slow store slows its producer. */
  async addSegment(renditionId: string, segment: WriterSegment): Promise<void> {
    this.#check();
    const { store, place, segmentDurationMs } = this.#options;
    const state = this.#state(renditionId);
    const { timescale } = defined(state.init, 'an init before the first segment');
    assert(
      state.segmentCount === 0 || segment.number === state.firstSegment + state.segmentCount,
      'segments follow each other',
    );
    const data = Buffer.from(segment.data.buffer, segment.data.byteOffset, segment.data.byteLength);
    const sealed = sealSegment(segment.number, data);
    await store.put(openSegmentKey(place, renditionId, segment.number), sealed, { isDurable: false });
    if (state.segmentCount === 0) {
      state.firstSegment = segment.number;
      state.firstTimeTicks = segment.startTicks;
    }
    const durationMs = count(state, segment.durationTicks, data.length, timescale, segmentDurationMs);
    state.frameCount += segment.frameCount;
    state.open.push({ segment: segment.number, data });
    state.openMs += durationMs;
    if (state.openMs >= this.#packMs) await this.#closePack(state);
    this.#publishRound();
  }

  /** SHA-256 of the init of a rendition; undefined before it is there. */
  initSha256(renditionId: string): string | undefined {
    return this.#state(renditionId).initSha256;
  }

  /** Stores a pack that was made elsewhere, as the next one; its bytes must be whole. */
  async addPack(renditionId: string, pack: FinishedPack, data: Buffer): Promise<void> {
    this.#check();
    const { store, place, segmentDurationMs } = this.#options;
    const state = this.#state(renditionId);
    const { timescale } = defined(state.init, 'an init before the first pack');
    assert(state.open.length === 0, 'packs follow whole packs');
    assert(
      state.segmentCount === 0 || pack.firstSegment === state.firstSegment + state.segmentCount,
      'packs follow each other',
    );
    const entries = defined(readPackIndex(data.subarray(-PACK_TAIL_BYTES)), 'the index of a whole pack');
    const durations = pack.durationRuns.flatMap(([ticks, count]) => Array<number>(count).fill(ticks));
    assert(durations.length === entries.length, 'every segment of a pack has a duration');
    const { bytes, sha256 } = await store.put(packKey(place, renditionId, pack.firstSegment), data);
    if (state.segmentCount === 0) {
      state.firstSegment = pack.firstSegment;
      state.firstTimeTicks = pack.firstTimeTicks;
    }
    for (const [index, durationTicks] of durations.entries())
      count(state, durationTicks, entries[index]?.bytes ?? 0, timescale, segmentDurationMs);
    state.frameCount += pack.frameCount;
    state.packs.push({ firstSegment: pack.firstSegment, segmentCount: entries.length, bytes, sha256 });
    this.#publishRound();
  }

  /** Closes the open packs of some renditions, wherever they stand. */
  async closePacks(renditionIds: readonly string[]): Promise<void> {
    this.#check();
    await Promise.all(renditionIds.map((renditionId) => this.#closePack(this.#state(renditionId))));
  }

  /** The packs of a rendition so far. */
  packs(renditionId: string): Rendition['packs'] {
    return [...this.#state(renditionId).packs];
  }

  /** Says that a rendition has no more segments. One that never had any is left out of the document. */
  endRendition(renditionId: string): void {
    this.#state(renditionId).isEnded = true;
    this.#publishRound();
  }

  async putPoster(jpeg: Buffer): Promise<void> {
    this.#check();
    this.#posterSha256 = (await this.#options.store.put(posterKey(this.#options.place), jpeg)).sha256;
    if (this.#document !== undefined) this.#requestDocument();
  }

  /** Stores the sheets of a storyboard; the next document names it. */
  async putStoryboard(
    board: Omit<NonNullable<MediaDocument['storyboard']>, 'bytes' | 'sha256s'>,
    sheets: readonly Buffer[],
  ) {
    const { store, place } = this.#options;
    const sha256s: string[] = [];
    for (const [index, sheet] of sheets.entries()) {
      this.#check();
      sha256s.push((await store.put(storyboardKey(place, index), sheet)).sha256);
    }
    this.#storyboard = { ...board, sha256s, bytes: sheets.reduce((sum, { length }) => sum + length, 0) };
  }

  /** Stores the preview; the next document names it. */
  async putPreview(film: Buffer): Promise<void> {
    this.#check();
    this.#previewSha256 = (await this.#options.store.put(previewKey(this.#options.place), film)).sha256;
  }

  /** Closes the last packs and writes the complete document. */
  async finish(): Promise<MediaDocument> {
    this.#check();
    await Promise.all([...this.#states.values()].map((state) => this.#closePack(state)));
    await this.settle();
    return this.#writeDocument('complete');
  }

  /** Rewrites the complete document with the regions that keep the attempt. */
  async setHolders(holders: readonly string[]): Promise<MediaDocument> {
    this.#check();
    this.#holders = holders;
    return this.#writeDocument('complete');
  }

  /** Waits until the document that is being written, if any, is stored. */
  async settle(): Promise<void> {
    await this.#writing;
    this.#check();
  }

  #check(): void {
    this.#options.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #state(renditionId: string): RenditionState {
    return defined(this.#states.get(renditionId), `rendition ${renditionId}`);
  }

  async #closePack(state: RenditionState): Promise<void> {
    const first = state.open[0];
    if (first === undefined) return;
    const segments = state.open;
    const pack = writePack(segments);
    const { store, place } = this.#options;
    const { bytes, sha256 } = await store.put(packKey(place, state.plan.id, first.segment), pack);
    state.open = [];
    state.openMs = 0;
    state.packs.push({ firstSegment: first.segment, segmentCount: segments.length, bytes, sha256 });
    this.#obsolete.push(...segments.map(({ segment }) => openSegmentKey(place, state.plan.id, segment)));
  }

  /** Writes the document when every rendition has got one segment further. */
  #publishRound(): void {
    const states = [...this.#states.values()];
    if (states.some(({ segmentCount, isEnded }) => segmentCount === 0 && !isEnded)) return;
    const published = states.filter(({ segmentCount }) => segmentCount > 0);
    const growing = published.filter(({ isEnded }) => !isEnded);
    if (growing.length === 0) {
      // A clip of one segment each is playable now; anything longer waits for the complete document.
      if (published.length > 0 && this.#document === undefined) this.#requestDocument();
      return;
    }
    const round = Math.min(...growing.map(({ segmentCount }) => segmentCount));
    if (round <= this.#writtenRound) return;
    const intervalMs = Math.max(DOCUMENT_MS_MIN, this.#writtenBytes / DOCUMENT_BYTES_PER_MS);
    if (this.#options.clock.monotonicMs() - this.#writtenAtMs < intervalMs) return;
    this.#writtenRound = round;
    this.#requestDocument();
  }

  /** One write at a time; what comes in meanwhile goes out with the next. A failure surfaces at the next call. */
  #requestDocument(): void {
    this.#isDirty = true;
    this.#writing ??= this.#writeWhileDirty()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async #writeWhileDirty(): Promise<void> {
    while (this.#isDirty && !this.#options.signal.aborted) {
      this.#isDirty = false;
      await this.#writeDocument('growing');
    }
  }

  async #writeDocument(state: MediaDocument['state']): Promise<MediaDocument> {
    this.#check();
    const { store, place, clock } = this.#options;
    this.#revision += 1;
    const document = this.#build(state);
    const bytes = Buffer.from(JSON.stringify(document));
    const obsolete = this.#obsolete;
    this.#obsolete = [];
    // Before the end a power cut ends the attempt too, so only the complete document must outlive it.
    await store.put(mediaKey(place), bytes, { isDurable: state === 'complete' });
    this.#writtenAtMs = clock.monotonicMs();
    this.#writtenBytes = bytes.length;
    this.#document = document;
    this.#resolvePlayable(document);
    for (const key of obsolete) {
      this.#check();
      // A segment that stays behind is never read again; it must not fail the job.
      await store.delete(key).catch(() => undefined);
    }
    return document;
  }

  #build(state: MediaDocument['state']): MediaDocument {
    const { place, timelineStartMs, segmentDurationMs } = this.#options;
    const published = [...this.#states.values()].filter(({ segmentCount }) => segmentCount > 0);
    const endMs = Math.max(
      0,
      ...published.map(({ firstTimeTicks, durationTicks, init }) => {
        const { timescale } = defined(init, 'an init');
        return ((firstTimeTicks + durationTicks) * 1_000) / timescale - timelineStartMs;
      }),
    );
    return {
      formatVersion: 1,
      projectId: place.projectId,
      assetId: place.assetId,
      version: place.version,
      attempt: place.attempt,
      revision: this.#revision,
      state,
      timelineStartMs,
      segmentDurationMs,
      durationMs: state === 'complete' ? Math.round(endMs) : this.#options.durationMs,
      holders: [...this.#holders],
      hasPoster: this.#posterSha256 !== undefined,
      ...(this.#posterSha256 === undefined ? {} : { posterSha256: this.#posterSha256 }),
      ...(this.#storyboard === undefined ? {} : { storyboard: this.#storyboard }),
      ...(this.#previewSha256 === undefined ? {} : { hasPreview: true, previewSha256: this.#previewSha256 }),
      renditions: published.map((rendition) => describe(rendition, state)),
      ...(this.#options.encoding === undefined ? {} : { encoding: this.#options.encoding }),
    };
  }
}

/** Counts a segment; returns how long it is. */
function count(
  state: RenditionState,
  durationTicks: number,
  bytes: number,
  timescale: number,
  segmentDurationMs: number,
): number {
  const durationMs = (durationTicks * 1_000) / timescale;
  appendDuration(state.durationRuns, durationTicks);
  state.segmentCount += 1;
  state.durationTicks += durationTicks;
  state.bytes += bytes;
  if (durationMs >= segmentDurationMs * PEAK_SEGMENT_SHARE_MIN)
    state.peakBps = Math.max(state.peakBps, (bytes * 8_000) / durationMs);
  return durationMs;
}

function emptyState(plan: WriterRendition): RenditionState {
  return {
    plan,
    init: undefined,
    initSha256: undefined,
    firstSegment: 0,
    firstTimeTicks: 0,
    durationRuns: [],
    segmentCount: 0,
    durationTicks: 0,
    frameCount: 0,
    bytes: 0,
    peakBps: 0,
    isEnded: false,
    packs: [],
    open: [],
    openMs: 0,
  };
}

/** Planned rates while growing, since players read them only once; measured ones at the end. */
function rates(state: RenditionState, timescale: number, isComplete: boolean) {
  const { plan } = state;
  if (!isComplete) return { bandwidthBps: plan.maxBitrateBps, averageBandwidthBps: plan.bitrateBps };
  const average = Math.max(1, Math.round((state.bytes * 8 * timescale) / state.durationTicks));
  return { bandwidthBps: Math.max(average, Math.round(state.peakBps)), averageBandwidthBps: average };
}

function describe(state: RenditionState, documentState: MediaDocument['state']): Rendition {
  const { plan } = state;
  const init = defined(state.init, 'an init');
  const optional = {
    width: init.width,
    height: init.height,
    frameRate: plan.frameRate,
    language: plan.language,
    name: plan.name,
    isDefault: plan.isDefault,
    channels: init.channels,
    sampleRate: init.sampleRate,
  };
  return {
    id: plan.id,
    kind: plan.kind,
    codecs: init.codecs,
    ...rates(state, init.timescale, documentState === 'complete'),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    timescale: init.timescale,
    firstSegment: state.firstSegment,
    firstTimeTicks: state.firstTimeTicks,
    durationRuns: state.durationRuns.map(([ticks, count]) => [ticks, count]),
    frameCount: state.frameCount,
    packs: [...state.packs],
    ...(state.initSha256 === undefined ? {} : { initSha256: state.initSha256 }),
  };
}
