// One channel: encoder and packager of a broadcast at this node, from its assignment until it is taken away. It follows
// the contribution, makes the parts, keeps the recording, and says how it is.

import { mkdir, rm } from 'node:fs/promises';
import {
  type BroadcastRecord,
  type ChannelAssignment,
  type ChannelDocument,
  type ContributionHead,
  type LiveReport,
  UNRECORDED_DVR_WINDOW_MS,
} from '#contract/live.ts';
import type { MediaDocument } from '#contract/media.ts';
import { type Absence, fillUntilUs } from '#core/live/fill-absence.ts';
import type { ContributionRecord } from '#media/contribution/record.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { LiveReports } from '../shared/broadcasts.ts';
import { type AttemptPlace, mediaKey } from '../shared/keys.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { ChannelMedia } from './channel-media.ts';
import { followContribution } from './contribution-client.ts';
import type { FeedSender } from './feed-sender.ts';
import {
  ABSENCE_FILL_MS_MAX,
  END_SILENCE_MS,
  FILL_LAG_MS,
  FILL_LINK_WAIT_MS,
  FILL_TICK_MS,
  HEARTBEAT_MS,
  MARKS_MAX,
  REPORT_MS,
  SEGMENTS_KEPT_BESIDE,
  WINDOW_MS,
} from './limits.ts';
import { offerDocument } from './offer-document.ts';
import { Recording } from './recording.ts';

export interface ChannelOptions {
  readonly context: NodeContext;
  readonly engine: Engine;
  readonly reports: LiveReports;
  readonly assignment: ChannelAssignment;
  /** As known now. */
  readonly broadcast: () => BroadcastRecord;
  readonly workDirectory: string;
  /** Takes note of the complete recording; resolves once the note cannot be lost. */
  onRecording(document: MediaDocument): Promise<void>;
}

/** Figures are differences between two reports. */
interface Measured {
  readonly atMs: number;
  readonly frameCount: number;
  readonly bytes: ReadonlyMap<string, number>;
}

const FILL_POLICY = { linkWaitMs: FILL_LINK_WAIT_MS, lagMs: FILL_LAG_MS, fillMsMax: ABSENCE_FILL_MS_MAX };

export class Channel {
  readonly assignment: ChannelAssignment;
  readonly feeds = new Set<FeedSender>();
  readonly #options: ChannelOptions;
  #media: ChannelMedia | undefined;
  #recording: Recording | undefined;
  #firstSegment: number | undefined;
  #place: AttemptPlace | undefined;
  #state: LiveReport['state'] = 'waiting';
  #reason: string | null = null;
  #sinceMs: number;
  #bytes = new Map<string, number>();
  #damagedParts = 0;
  /** From the end of a part's time to its coming out, since the figures before. */
  #partDelaysMs: number[] = [];
  #measured: Measured | undefined;
  #figures: Record<string, number> = {};
  #lastDeath: unknown;
  #heardAtMs = 0;
  /** The newest media, and when it came. */
  #newest = { us: 0, atMs: 0 };
  #absence: Absence['kind'] | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.assignment = options.assignment;
    this.#sinceMs = options.context.clock.nowMs();
  }

  get state(): LiveReport['state'] {
    return this.#state;
  }

  /** The media, once all renditions are known. */
  get media(): ChannelMedia | undefined {
    return this.#firstSegment === undefined ? undefined : this.#media;
  }

  /** Where older segments lie; undefined when nothing is recorded. */
  get place(): AttemptPlace | undefined {
    return this.#recording === undefined || this.#recording.hasFailed ? undefined : this.#place;
  }

  /** The oldest segment of the DVR window. */
  get firstSegment(): number {
    return this.#oldest(1);
  }

  /** The oldest that is served: what has left the playlists stays for as long as they are (rfc8216bis 6.2.2). */
  get firstKeptSegment(): number {
    return this.#oldest(2) - SEGMENTS_KEPT_BESIDE;
  }

  /** What must be in memory: without a recording nothing else is there to serve. */
  #keptMs(): number {
    const { dvrWindowMs, isRecorded, segmentDurationMs } = this.#options.broadcast().settings;
    if (isRecorded) return WINDOW_MS;
    const windowMs = Math.min(dvrWindowMs, UNRECORDED_DVR_WINDOW_MS);
    return 2 * windowMs + SEGMENTS_KEPT_BESIDE * segmentDurationMs;
  }

  #oldest(windows: number): number {
    const tracks = [...(this.#media?.tracks.values() ?? [])];
    const inMemory = Math.max(0, ...tracks.map((track) => track.firstSegment ?? 0));
    const { dvrWindowMs, segmentDurationMs } = this.#options.broadcast().settings;
    const last = Math.min(...tracks.map((track) => track.lastSegment));
    const oldest = this.place === undefined ? inMemory : (this.#firstSegment ?? inMemory);
    return Math.max(oldest, last - windows * Math.floor(dvrWindowMs / segmentDurationMs));
  }

  /** What the channel says of itself; undefined before its first segment. */
  document(): ChannelDocument | undefined {
    const { media } = this;
    if (media === undefined || this.#state === 'waiting' || this.#state === 'failed') return undefined;
    const { projectId, broadcastId } = this.#options.broadcast();
    const { firstSegment } = this;
    const faults = media.faults();
    const marks = [...media.tracks].flatMap(([renditionId, track]) =>
      track.marks(firstSegment).map((mark) => ({ ...mark, renditionId })),
    );
    return {
      formatVersion: 1,
      projectId,
      broadcastId,
      ...this.assignment,
      state: this.#state,
      timeline: media.timeline,
      renditions: [...media.tracks.values()].map(({ rendition }) => rendition),
      firstSegment,
      ...(faults.length === 0 ? {} : { faults }),
      ...(marks.length === 0
        ? {}
        : { marks: marks.sort((left, right) => left.segment - right.segment).slice(-MARKS_MAX) }),
    };
  }

  /** Runs until the broadcast ends; rejects when the signal aborts or the channel fails. */
  async run(signal: AbortSignal): Promise<void> {
    const { context, broadcast, workDirectory } = this.#options;
    const { log } = context;
    await mkdir(workDirectory, { recursive: true, mode: 0o700 });
    const ticking = new AbortController();
    const ending = new AbortController();
    const running = AbortSignal.any([signal, ticking.signal]);
    const ticks = Promise.all([this.#tick(running, () => ending.abort()), this.#fillAbsences(running)]);
    this.#report();
    try {
      this.#place = await this.#freePlace();
      const following = followContribution(
        {
          context,
          broadcast,
          handler: {
            onHead: (head, node, isContinued) => this.#takeHead(head, node.id, isContinued, signal),
            onRecord: (record) => this.#takeRecord(record),
            onCut: () => this.#media?.cut(),
            onLost: (node, error) => {
              log.info({ node: node.id, error: String(error) }, 'the link to an ingest broke');
              this.#absence ??= 'unheard';
              if (this.#state === 'on_air') this.#enter('interrupted', `the link to ${node.id} broke`);
            },
          },
        },
        AbortSignal.any([signal, ending.signal]),
      );
      await following.catch((error: unknown) => {
        if (!ending.signal.aborted || signal.aborted) throw error;
      });
      await this.#media?.finish();
      const recorded = await this.#recording?.finish();
      this.#enter('ended', null);
      if (recorded === undefined) return;
      // Control first: once the note cannot be lost, the channel has done its work, whoever else hears of it.
      await this.#options.onRecording(recorded);
      await offerDocument(this.#options.context, recorded, signal);
    } catch (error) {
      this.#media?.stop();
      if (!signal.aborted) this.#enter('failed', error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      ticking.abort();
      await ticks;
      await rm(workDirectory, { recursive: true, force: true });
    }
  }

  #takeHead(head: ContributionHead, nodeId: string, isContinued: boolean, signal: AbortSignal): void {
    const { clock, log } = this.#options.context;
    log.info({ node: nodeId, isContinued }, 'a channel follows an ingest');
    if (this.#media === undefined) {
      this.#media = new ChannelMedia({
        engine: this.#options.engine,
        clock,
        workDirectory: this.#options.workDirectory,
        timeline: head.timeline,
        keptMs: this.#keptMs(),
        onReady: (firstSegment) => this.#begin(firstSegment, signal),
        onDeath: (error) =>
          log.warn({ error: String(error) }, 'an encoder of a channel died; another begins'),
      });
      return;
    }
    const { timeline } = this.#media;
    if (timeline.anchorMs !== head.timeline.anchorMs || timeline.term !== head.timeline.term)
      throw new Error(`${nodeId} has another timeline of this broadcast`);
    if (!isContinued) {
      this.#media.cut();
      this.#media.restart();
    }
  }

  #takeRecord(record: ContributionRecord): void {
    this.#heardAtMs = this.#options.context.clock.monotonicMs();
    if (record.kind === 'interruption') {
      this.#absence = 'gone';
      this.#enter('interrupted', new TextDecoder().decode(record.payload) || 'the publisher is away');
    }
    this.#media?.take(record);
    if (record.kind !== 'video' && record.kind !== 'audio') return;
    this.#absence = undefined;
    if (record.dtsUs >= this.#newest.us) this.#newest = { us: record.dtsUs, atMs: this.#heardAtMs };
    if (this.#media?.video?.isFailing === true) {
      if (this.#state !== 'failed')
        this.#enter('failed', `the picture cannot be encoded: ${this.#lastDeath}`);
    } else if (this.#firstSegment !== undefined) this.#enter('on_air', null);
  }

  #begin(firstSegment: number, signal: AbortSignal): void {
    const { context } = this.#options;
    const media = this.#media;
    if (media === undefined) return;
    this.#firstSegment = firstSegment;
    for (const [id, track] of media.tracks)
      track.follow(firstSegment, (event) => {
        if (event.kind !== 'part') return;
        this.#bytes.set(id, (this.#bytes.get(id) ?? 0) + event.part.data.length);
        if (event.part.isDamaged) this.#damagedParts += 1;
        const endMs =
          ((event.part.startTicks + event.part.durationTicks) * 1_000) / track.rendition.timescale;
        this.#partDelaysMs.push(context.clock.nowMs() - endMs);
      });
    const place = this.#place;
    if (place === undefined) return;
    this.#recording = new Recording({
      context,
      place,
      segmentDurationMs: media.timeline.segmentDurationMs,
      firstSegment,
      tracks: [...media.tracks].flatMap(([id, track]) => {
        const grid = media.grids.get(id);
        return grid === undefined ? [] : [{ track, grid }];
      }),
      signal,
    });
    this.#recording.playable
      .then((document) => offerDocument(context, document, signal))
      .catch((error: unknown) => {
        if (!signal.aborted)
          context.log.warn({ error: String(error) }, 'the other regions were not told of a recording');
      });
  }

  /** Where the recording goes. What an earlier run of this channel has recorded is left as it is. */
  async #freePlace(): Promise<AttemptPlace | undefined> {
    const { context, broadcast } = this.#options;
    const { projectId, recording } = broadcast();
    if (recording === null) return undefined;
    const place = { projectId, ...recording, attempt: this.assignment.channel };
    if ((await context.store.get(mediaKey(place))) === undefined) return place;
    context.log.warn({ asset: recording.assetId }, 'this channel was recorded before and is not again');
    return undefined;
  }

  #enter(state: LiveReport['state'], reason: string | null): void {
    if (this.#state === state && this.#reason === reason) return;
    if (this.#state !== state) this.#sinceMs = this.#options.context.clock.nowMs();
    this.#state = state;
    this.#reason = reason;
    this.#report();
  }

  /** Keeps feeds alive, reports on the beat, and notices a broadcast that ended without a word from its ingest. */
  async #tick(signal: AbortSignal, onEnd: () => void): Promise<void> {
    const { broadcast, context } = this.#options;
    const { clock } = context;
    let reportedAtMs = clock.monotonicMs();
    while (!signal.aborted) {
      await clock.sleep(HEARTBEAT_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const isSilent = clock.monotonicMs() - this.#heardAtMs > END_SILENCE_MS;
      if (broadcast().state === 'ended' && isSilent) onEnd();
      const state = this.#state === 'on_air' ? 'on_air' : 'interrupted';
      for (const feed of this.feeds) feed.heartbeat(state);
      if (clock.monotonicMs() - reportedAtMs < REPORT_MS) continue;
      reportedAtMs = clock.monotonicMs();
      this.#measure();
      this.#report();
    }
  }

  /** Keeps parts coming while the publisher is away. */
  async #fillAbsences(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    while (!signal.aborted) {
      await clock.sleep(FILL_TICK_MS, signal).catch(() => undefined);
      if (signal.aborted || this.#absence === undefined) continue;
      const { us, atMs } = this.#newest;
      const absence = { kind: this.#absence, lastUs: us, quietMs: clock.monotonicMs() - atMs };
      const untilUs = fillUntilUs(absence, FILL_POLICY);
      if (untilUs !== null) this.#media?.fill(untilUs);
    }
  }

  #measure(): void {
    const media = this.#media;
    if (media === undefined) return;
    const atMs = this.#options.context.clock.monotonicMs();
    const now: Measured = { atMs, frameCount: media.video?.frameCount ?? 0, bytes: new Map(this.#bytes) };
    const before = this.#measured;
    this.#measured = now;
    if (before === undefined) return;
    const seconds = (now.atMs - before.atMs) / 1_000;
    const delayMs = media.video?.takeDelayMs();
    const tracks = [...media.tracks.values()];
    const partDelaysMs = this.#partDelaysMs.sort((left, right) => left - right);
    this.#partDelaysMs = [];
    this.#figures = {
      frameRate: Math.round(((now.frameCount - before.frameCount) / seconds) * 10) / 10,
      ...(delayMs === undefined ? {} : { encodeDelayMs: Math.round(delayMs) }),
      ...partDelayFigures(partDelaysMs),
      lastSegment: Math.max(-1, ...tracks.map((track) => track.lastSegment)),
      framesDropped: media.video?.framesDropped ?? 0,
      damagedParts: this.#damagedParts,
      encoderRestarts: media.video?.restarts ?? 0,
      silentFrames: media.audio?.silentFrames ?? 0,
      feedCount: this.feeds.size,
      ...media.faultyMs,
    };
    for (const [id, bytes] of now.bytes)
      this.#figures[`bitrateBps.${id}`] = Math.round(((bytes - (before.bytes.get(id) ?? 0)) * 8) / seconds);
  }

  #report(): void {
    this.#options.reports.put({
      broadcastId: this.#options.broadcast().broadcastId,
      role: 'channel',
      channel: this.assignment.channel,
      state: this.#state,
      sinceMs: this.#sinceMs,
      reason: this.#reason?.slice(0, 500) ?? null,
      protocol: null,
      figures: this.#figures,
    });
  }
}

/** The middle one and the longest. `sorted`: the shortest first. */
function partDelayFigures(sorted: readonly number[]): Record<string, number> {
  const middle = sorted[Math.floor(sorted.length / 2)];
  const longest = sorted.at(-1);
  if (middle === undefined || longest === undefined) return {};
  return { partDelayMs: Math.round(middle), partDelayMsMax: Math.round(longest) };
}
