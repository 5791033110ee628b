// The recording of a channel: its whole segments go into the region's store as they are made, as an attempt of the
// asset that the broadcast becomes. The numbers stay absolute, so an older segment of the live stream is read from the
// recording, and at the end the document is complete and the asset there.
//
// A hole, whatever its cause, is filled with copies of the segment before it, since a document knows segments without
// holes alone: a still picture after a publisher was away, a repetition of some seconds after an encoder died.
// Limits: a recording that the store cannot take fails alone; the channel goes on.

import { defined } from '#base/assert.ts';
import type { MediaDocument } from '#contract/media.ts';
import { moveFragments } from '#media/cmaf/fragment.ts';
import { inspectInit } from '#media/cmaf/inspect-segment.ts';
import type { PartGrid } from '#media/cmaf/part-grid.ts';
import type { AttemptPlace } from '../shared/keys.ts';
import { MediaWriter } from '../shared/media-writer.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { RECORDING_FILL_MAX, RECORDING_PACK_MS, RECORDING_WAITING_MAX } from './limits.ts';
import type { LiveTrack, WholeSegment } from './live-track.ts';

export interface RecordedTrack {
  readonly track: LiveTrack;
  readonly grid: PartGrid;
}

export interface RecordingOptions {
  readonly context: Pick<NodeContext, 'clock' | 'log' | 'region' | 'store'>;
  readonly place: AttemptPlace;
  readonly segmentDurationMs: number;
  /** The segment with which all renditions begin. */
  readonly firstSegment: number;
  readonly tracks: readonly RecordedTrack[];
  readonly signal: AbortSignal;
}

interface TrackState extends RecordedTrack {
  /** Writes one after another. */
  writing: Promise<void>;
  waiting: number;
  last: WholeSegment | undefined;
}

/** Writes the recording of one channel. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #writer: MediaWriter;
  readonly #states: readonly TrackState[];
  #failure: unknown;

  constructor(options: RecordingOptions) {
    const { context, place, segmentDurationMs, firstSegment, tracks, signal } = options;
    this.#options = options;
    this.#writer = new MediaWriter({
      store: context.store,
      clock: context.clock,
      place,
      regionId: context.region.id,
      timelineStartMs: firstSegment * segmentDurationMs,
      segmentDurationMs,
      durationMs: 0,
      packMs: RECORDING_PACK_MS,
      renditions: tracks.map(({ track: { rendition } }) => ({
        id: rendition.id,
        kind: rendition.kind,
        bitrateBps: rendition.averageBandwidthBps,
        maxBitrateBps: rendition.bandwidthBps,
        frameRate: rendition.frameRate,
        ...(rendition.kind === 'audio' ? { isDefault: true } : {}),
      })),
      signal,
    });
    this.#states = tracks.map((recorded) => ({
      ...recorded,
      writing: this.#putInit(recorded.track),
      waiting: 0,
      last: undefined,
    }));
    for (const state of this.#states)
      state.track.follow(firstSegment, (event) => {
        if (event.kind === 'part' && event.part.isLast) this.#add(state, event.part.segment);
        if (event.kind === 'end' && event.reason === 'ended') this.#add(state, state.track.lastSegment);
      });
  }

  /** Resolves with the first document. */
  get playable(): Promise<MediaDocument> {
    return this.#writer.playable;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Waits for what is being written and completes the document; undefined when the recording failed. */
  async finish(): Promise<MediaDocument | undefined> {
    await Promise.all(this.#states.map(({ writing }) => writing));
    if (this.hasFailed) return undefined;
    for (const { track } of this.#states) this.#writer.endRendition(track.rendition.id);
    return this.#writer.finish();
  }

  async #putInit({ rendition, init }: LiveTrack): Promise<void> {
    const described = defined(inspectInit(init).tracks[0], 'a track');
    await this.#guard(() =>
      this.#writer.putInit(rendition.id, init, {
        codecs: described.codecs,
        timescale: described.timescale,
        width: rendition.width,
        height: rendition.height,
        channels: rendition.channels,
        sampleRate: rendition.sampleRate,
      }),
    );
  }

  #add(state: TrackState, number: number): void {
    const segment = state.track.segment(number);
    if (segment === undefined || this.hasFailed || number <= (state.last?.number ?? -1)) return;
    state.waiting += 1;
    if (state.waiting > RECORDING_WAITING_MAX) {
      this.#fail(new Error('the store is too slow for the recording'));
      return;
    }
    const before = state.last;
    state.last = segment;
    state.writing = state.writing.then(async () => {
      await this.#guard(async () => {
        if (before !== undefined) await this.#fill(state, before, number);
        await this.#writer.addSegment(state.track.rendition.id, segment);
      });
      state.waiting -= 1;
    });
  }

  /** Puts copies of a segment on all numbers up to the next one. */
  async #fill({ track, grid }: TrackState, before: WholeSegment, next: number): Promise<void> {
    const startTicks = (number: number): number => grid.startTicks(grid.firstIndex(number));
    if (next - before.number - 1 > RECORDING_FILL_MAX)
      throw new Error(`${next - before.number - 1} segments are missing`);
    for (let number = before.number + 1; number < next; number += 1)
      await this.#writer.addSegment(track.rendition.id, {
        number,
        startTicks: startTicks(number),
        durationTicks: startTicks(number + 1) - startTicks(number),
        frameCount: before.frameCount,
        data: moveFragments(before.data, startTicks(number) - before.startTicks),
      });
  }

  async #guard(write: () => Promise<void>): Promise<void> {
    if (this.hasFailed) return;
    try {
      await write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.hasFailed || this.#options.signal.aborted) return;
    this.#failure = error;
    const { context, place } = this.#options;
    context.log.error(
      { asset: place.assetId, error: String(error) },
      'a recording failed; the channel goes on without it',
    );
  }
}
