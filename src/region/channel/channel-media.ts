// The media of a channel, from the moment its timeline is known: contribution records go in, parts of all renditions come
// out on tracks. Nothing here waits or decides by the clock, so that two channels which read the same records make the
// same parts; how far an absence is filled is told from outside, and changes no number and no boundary.

import { createHash } from 'node:crypto';
import { defined } from '#base/assert.ts';
import type { BroadcastTimeline, LiveFault, LiveRendition } from '#contract/live.ts';
import { inspectInit } from '#media/cmaf/inspect-segment.ts';
import type { PartGrid } from '#media/cmaf/part-grid.ts';
import { silentFrame } from '#media/cmaf/silent-frame.ts';
import { writeAacInit, writeAvcInit } from '#media/cmaf/write-init.ts';
import { audioFrameIndex, audioGridPosition } from '#media/contribution/audio-grid.ts';
import type { ContributionRecord } from '#media/contribution/record.ts';
import type { Clock } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { gridOfRendition } from '../shared/live-grids.ts';
import { AudioPackager, type PackagedAudio } from './audio-packager.ts';
import { createFramePlacer } from './frame-placer.ts';
import { AUDIO_LATE_US, FAULT_MS_MIN, FILL_MS_MAX, SILENT_BYTES_MAX } from './limits.ts';
import { LiveTrack } from './live-track.ts';
import { PictureInspector } from './picture-inspector.ts';
import { VideoEncoder } from './video-encoder.ts';

/** Divisible by every frame rate of the contract, and what renditions of videos have. */
const VIDEO_TIMESCALE = 90_000;
const AUDIO_RENDITION_ID = 'audio';

export interface ChannelMediaOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly workDirectory: string;
  readonly timeline: BroadcastTimeline;
  /** How much of the past stays in memory. */
  readonly keptMs: number;
  /** All tracks are there, and the first segment is known. */
  onReady(firstSegment: number): void;
  onDeath(error: unknown): void;
}

/** Makes the parts of one broadcast. */
export class ChannelMedia {
  readonly timeline: BroadcastTimeline;
  readonly tracks = new Map<string, LiveTrack>();
  readonly grids = new Map<string, PartGrid>();
  readonly video: VideoEncoder | null;
  readonly audio: AudioPackager | null;
  readonly #options: ChannelMediaOptions;
  readonly #inspector = new PictureInspector();
  readonly #windowSegments: number;
  #place: (ptsUs: number) => number = () => 0;
  #firstSegment: number | undefined;
  #isReady = false;
  #isAudioFit = true;

  constructor(options: ChannelMediaOptions) {
    this.#options = options;
    this.timeline = options.timeline;
    this.#windowSegments = Math.ceil(options.keptMs / options.timeline.segmentDurationMs) + 1;
    this.audio = this.#createAudio();
    this.video = this.#createVideo();
    this.restart();
  }

  /** How long picture and sound have been faulty by now, in milliseconds; 0: not for long enough to count. */
  get faultyMs(): { readonly blackMs: number; readonly frozenMs: number; readonly silentMs: number } {
    const { black, frozen } = this.#inspector.frames;
    const frameMs = 1_000 / (this.timeline.video?.frameRate ?? 1);
    const silentTicks = this.audio?.silentTicks ?? 0;
    const counted = (milliseconds: number): number =>
      milliseconds < FAULT_MS_MIN ? 0 : Math.round(milliseconds);
    return {
      blackMs: counted(black * frameMs),
      frozenMs: black > 0 ? 0 : counted(frozen * frameMs),
      silentMs: counted((silentTicks * 1_000) / (this.timeline.audio?.sampleRate ?? 1)),
    };
  }

  /** What is wrong with picture and sound now; a black picture is not called frozen as well. */
  faults(): LiveFault[] {
    const { blackMs, frozenMs, silentMs } = this.faultyMs;
    return [
      ...(blackMs > 0 ? (['black'] as const) : []),
      ...(frozenMs > 0 ? (['frozen'] as const) : []),
      ...(silentMs > 0 ? (['silent'] as const) : []),
    ];
  }

  /** Frames that follow come from another encoder of the publisher: their places are found anew. */
  restart(): void {
    this.#place = createFramePlacer(this.timeline.video?.frameRate ?? 1);
  }

  /** Records are missing: the picture goes on with a key frame. */
  cut(): void {
    this.video?.cut();
  }

  take(record: ContributionRecord): void {
    switch (record.kind) {
      case 'video_config': {
        const codec = Buffer.from(record.payload.subarray(0, 4)).toString('latin1');
        this.video?.setConfig(codec === 'hvc1' ? 'hvc1' : 'avc1', record.payload.subarray(4));
        return;
      }
      case 'audio_config':
        // Renditions are fixed for the broadcast's life: what does not fit is silence.
        this.#isAudioFit = Buffer.from(record.payload).toString('base64') === this.timeline.audio?.config;
        return;
      case 'video':
        this.#takeVideo(record);
        return;
      case 'audio':
        this.#takeAudio(record);
        return;
      case 'interruption':
        this.restart();
    }
  }

  /** The publisher is away: the picture stands still and the sound is silent, up to this place of the timeline. */
  fill(untilUs: number): void {
    const { audio, video } = this.timeline;
    if (this.#firstSegment === undefined) return;
    if (video !== null) this.video?.hold(Math.floor((untilUs * video.frameRate) / 1e6));
    if (audio !== null && this.audio !== null)
      this.#publishAudio(this.audio.fillTo(Math.floor(audioGridPosition(audio, untilUs))));
  }

  /** The broadcast has ended: resolves when all parts are out. */
  async finish(): Promise<void> {
    await this.video?.finish();
    this.#publishAudio(this.audio?.end() ?? []);
    for (const track of this.tracks.values()) track.end('ended');
  }

  stop(): void {
    this.video?.stop();
    for (const track of this.tracks.values()) track.end('stopped');
  }

  #takeVideo(record: ContributionRecord): void {
    if (this.video === null) return;
    this.video.push({
      index: this.#place(record.dtsUs + record.ptsOffsetUs),
      ptsOffsetMs: record.ptsOffsetUs / 1_000,
      isKey: record.isKeyFrame,
      data: record.payload,
    });
    const { audio } = this.timeline;
    if (audio === null || this.audio === null) return;
    // The picture shows how late it is.
    const end = Math.floor(audioGridPosition(audio, record.dtsUs - AUDIO_LATE_US));
    this.#publishAudio(this.audio.fillTo(end));
  }

  #takeAudio(record: ContributionRecord): void {
    const { audio } = this.timeline;
    if (audio === null || this.audio === null || !this.#isAudioFit) return;
    const index = audioFrameIndex(audio, record.dtsUs);
    if (this.video === null && this.#firstSegment === undefined) {
      const grid = defined(this.grids.get(AUDIO_RENDITION_ID), 'a grid of audio');
      this.#begin(grid.place(index - 1).segment + 1);
    }
    this.#publishAudio(this.audio.push(index, record.payload));
  }

  #begin(segment: number): void {
    this.#firstSegment = segment;
    this.#publishAudio(this.audio?.begin(segment) ?? []);
    this.#announce();
  }

  #publishAudio(packaged: readonly PackagedAudio[]): void {
    const track = this.tracks.get(AUDIO_RENDITION_ID);
    for (const item of packaged)
      if (item.kind === 'part') track?.publish({ ...item.part, ...this.#faultsOf('silent') });
      else track?.gap(item.segment, item.segmentCount);
  }

  /** What a part of this kind is to say. */
  #faultsOf(kind: 'picture' | 'silent'): { faults?: readonly LiveFault[] } {
    const faults = this.faults().filter((fault) => (fault === 'silent') === (kind === 'silent'));
    return faults.length === 0 ? {} : { faults };
  }

  #createAudio(): AudioPackager | null {
    const { audio } = this.timeline;
    if (audio === null) return null;
    const grid = gridOfRendition(this.timeline, { kind: 'audio', timescale: audio.sampleRate });
    const { bitrateBps, channels, codecs, sampleRate } = audio;
    const audioConfig = Buffer.from(audio.config, 'base64');
    const init = Buffer.from(writeAacInit({ sampleRate, channels, bitrateBps, audioConfig }));
    this.#addTrack(
      {
        id: AUDIO_RENDITION_ID,
        kind: 'audio',
        codecs,
        bandwidthBps: Math.ceil(bitrateBps * 1.1),
        averageBandwidthBps: bitrateBps,
        channels,
        sampleRate,
        timescale: sampleRate,
        partTargetTicks: grid.partTargetTicks,
        initSha256: sha256(init),
      },
      grid,
      init,
    );
    const silence = silentFrame(channels) ?? null;
    const silentBytesMax = channels * SILENT_BYTES_MAX;
    return new AudioPackager({ grid, silence, silentBytesMax, fillSegmentsMax: this.#fillSegmentsMax() });
  }

  #createVideo(): VideoEncoder | null {
    const { segmentDurationMs, video } = this.timeline;
    if (video === null) return null;
    const framesPerSegment = (segmentDurationMs * video.frameRate) / 1_000;
    if (!Number.isInteger(framesPerSegment))
      throw new Error(`${segmentDurationMs} ms are no whole number of frames at ${video.frameRate} a second`);
    const grid = gridOfRendition(this.timeline, { kind: 'video', timescale: VIDEO_TIMESCALE });
    const { clock, engine, onDeath, workDirectory } = this.#options;
    return new VideoEncoder({
      engine,
      clock,
      workDirectory,
      grid,
      frameRate: video.frameRate,
      framesPerSegment,
      fillSegmentsMax: this.#fillSegmentsMax(),
      outputs: video.renditions,
      onConfig: (id, config) => this.#addVideoTrack(id, config, grid),
      onPart: (id, part) => this.tracks.get(id)?.publish({ ...part, ...this.#faultsOf('picture') }),
      onLook: (luma) => this.#inspector.push(luma),
      onGap: (id, segment, count) => this.tracks.get(id)?.gap(segment, count),
      onBegin: (segment) => this.#begin(segment),
      partsOf: (id, segment) => this.tracks.get(id)?.parts(segment) ?? [],
      onDeath,
    });
  }

  #fillSegmentsMax(): number {
    return Math.ceil(FILL_MS_MAX / this.timeline.segmentDurationMs);
  }

  #addVideoTrack(id: string, avcConfig: Uint8Array, grid: PartGrid): void {
    const video = defined(this.timeline.video, 'video');
    const output = defined(
      video.renditions.find((rendition) => rendition.id === id),
      id,
    );
    const { width, height, bitrateBps } = output;
    const init = Buffer.from(writeAvcInit({ timescale: VIDEO_TIMESCALE, width, height, avcConfig }));
    const existing = this.tracks.get(id);
    if (existing !== undefined) {
      if (!existing.init.equals(init)) throw new Error(`the configuration of ${id} has changed`);
      return;
    }
    // The encoder's buffer is a second: so much more than its share may fall into a segment.
    const peak = bitrateBps * (1 + 1_000 / this.timeline.segmentDurationMs);
    this.#addTrack(
      {
        id,
        kind: 'video',
        codecs: defined(inspectInit(init).tracks[0], 'a track').codecs,
        bandwidthBps: Math.ceil(peak),
        averageBandwidthBps: bitrateBps,
        width,
        height,
        frameRate: video.frameRate,
        timescale: VIDEO_TIMESCALE,
        partTargetTicks: grid.partTargetTicks,
        initSha256: sha256(init),
      },
      grid,
      init,
    );
    this.#announce();
  }

  #addTrack(rendition: LiveRendition, grid: PartGrid, init: Buffer): void {
    this.tracks.set(rendition.id, new LiveTrack(rendition, init, this.#windowSegments));
    this.grids.set(rendition.id, grid);
  }

  #announce(): void {
    const { audio, video } = this.timeline;
    const count = (video?.renditions.length ?? 0) + (audio === null ? 0 : 1);
    if (this.#isReady || this.tracks.size < count || this.#firstSegment === undefined) return;
    this.#isReady = true;
    this.#options.onReady(this.#firstSegment);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
