// From a publisher's packets to contribution records, whatever the protocol. It decides what goes on:
//
// - video begins at a key frame: what comes before the first one, or before the one that follows a changed
//   configuration, cannot be decoded and is left out;
// - a changed configuration (another resolution, another encoder) is a record of its own; the ladder stays as it is;
// - a configuration that comes again unchanged, as with each key frame of some encoders, is no news;
// - a track that the timeline does not have is left out for the broadcast's life, since what is made of it is fixed;
// - audio whose rate or channels are not the timeline's is left out until audio comes that fits.

import type { AudioFormat } from './audio-config.ts';
import type { AudioGrid } from './audio-grid.ts';
import type { ContributionRecord } from './record.ts';
import { createTimelineMapping } from './timeline-mapping.ts';

/** What publishers send, in any protocol. */
export type FeedUnit =
  | {
      readonly kind: 'video_config';
      readonly codec: 'avc1' | 'hvc1';
      readonly config: Uint8Array;
    }
  | {
      readonly kind: 'video';
      readonly timestampMs: number;
      readonly isKeyFrame: boolean;
      readonly compositionOffsetMs: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'audio_config'; readonly config: Uint8Array; readonly format: AudioFormat }
  | { readonly kind: 'audio'; readonly timestampMs: number; readonly data: Uint8Array };

export type UnnumberedRecord = Omit<ContributionRecord, 'sequence'>;

export interface FeedCounters {
  /** Video frames left out: before a key frame, without a configuration, before the anchor. */
  videoDropped: number;
  /** Audio frames left out: no place on the grid, audio that does not fit, a timeline without audio. */
  audioDropped: number;
  /** Places on the audio grid that stayed empty. */
  audioMissing: number;
  jumps: number;
}

export interface Feed {
  /** A publisher begins. */
  beginSession(): void;
  take(unit: FeedUnit, nowMs: number): UnnumberedRecord[];
  readonly counters: Readonly<FeedCounters>;
  /** Why audio that arrives is left out, for people; null when it is not. */
  audioProblem(): string | null;
  lastUs(): number;
  aheadUs(nowMs: number): number;
}

export interface FeedOptions {
  readonly anchorMs: number;
  readonly hasVideo: boolean;
  readonly audio: (AudioGrid & { readonly channels: number }) | null;
}

/** Creates the feed of a broadcast whose timeline is known. */
export function createFeed(options: FeedOptions): Feed {
  const { hasVideo, audio } = options;
  const mapping = createTimelineMapping({ anchorMs: options.anchorMs, audioGrid: audio });
  const counters: FeedCounters = { videoDropped: 0, audioDropped: 0, audioMissing: 0, jumps: 0 };
  let videoConfig: Uint8Array | undefined;
  let audioConfig: Uint8Array | undefined;
  /** Of this session. */
  let hasVideoConfig = false;
  let isWaitingForKeyFrame = true;
  let audioProblem: string | null = null;

  function configRecord(kind: 'video_config' | 'audio_config', payload: Uint8Array): UnnumberedRecord {
    return { kind, isKeyFrame: false, dtsUs: mapping.lastUs(), ptsOffsetUs: 0, payload };
  }

  function takeVideoConfig(codec: string, config: Uint8Array): UnnumberedRecord[] {
    const payload = new Uint8Array(4 + config.length);
    payload.set([...codec].map((character) => character.charCodeAt(0)));
    payload.set(config, 4);
    hasVideoConfig = true;
    if (!hasVideo || isEqual(payload, videoConfig)) return [];
    videoConfig = payload;
    isWaitingForKeyFrame = true;
    return [configRecord('video_config', payload)];
  }

  function takeAudioConfig(config: Uint8Array, format: AudioFormat): UnnumberedRecord[] {
    audioProblem = audioProblemOf(format, audio);
    if (audioProblem !== null || isEqual(config, audioConfig)) return [];
    audioConfig = config.slice();
    return [configRecord('audio_config', audioConfig)];
  }

  function takeVideo(unit: Extract<FeedUnit, { kind: 'video' }>, nowMs: number): UnnumberedRecord[] {
    // Also frames that are left out are mapped, so that the clock of the session runs from its first frame.
    const mapped = mapping.map('video', unit.timestampMs, unit.compositionOffsetMs, nowMs);
    if (unit.isKeyFrame && hasVideoConfig) isWaitingForKeyFrame = false;
    if (!hasVideo || isWaitingForKeyFrame || mapped.kind === 'dropped') {
      counters.videoDropped += 1;
      return [];
    }
    if (mapped.jump !== null) counters.jumps += 1;
    const { dtsUs, ptsOffsetUs } = mapped;
    return [{ kind: 'video', isKeyFrame: unit.isKeyFrame, dtsUs, ptsOffsetUs, payload: unit.data }];
  }

  function takeAudio(unit: Extract<FeedUnit, { kind: 'audio' }>, nowMs: number): UnnumberedRecord[] {
    const isFit = audio !== null && audioConfig !== undefined && audioProblem === null;
    const mapped = isFit ? mapping.map('audio', unit.timestampMs, 0, nowMs) : undefined;
    if (mapped === undefined || mapped.kind === 'dropped') {
      counters.audioDropped += 1;
      return [];
    }
    counters.audioMissing += mapped.gapFrames;
    if (mapped.jump !== null) counters.jumps += 1;
    // Each frame can be decoded on its own, but only video frames begin anything.
    return [{ kind: 'audio', isKeyFrame: false, dtsUs: mapped.dtsUs, ptsOffsetUs: 0, payload: unit.data }];
  }

  return {
    counters,
    beginSession() {
      mapping.beginSession();
      hasVideoConfig = false;
      isWaitingForKeyFrame = true;
      audioProblem = null;
    },
    take(unit, nowMs) {
      switch (unit.kind) {
        case 'video_config':
          return takeVideoConfig(unit.codec, unit.config);
        case 'audio_config':
          return takeAudioConfig(unit.config, unit.format);
        case 'video':
          return takeVideo(unit, nowMs);
        case 'audio':
          return takeAudio(unit, nowMs);
      }
    },
    audioProblem: () => audioProblem,
    lastUs: () => mapping.lastUs(),
    aheadUs: (nowMs) => mapping.aheadUs(nowMs),
  };
}

function audioProblemOf(format: AudioFormat, audio: FeedOptions['audio']): string | null {
  if (audio === null) return 'the broadcast began without audio';
  if (format.sampleRate === audio.sampleRate && format.channels === audio.channels) return null;
  const describe = (rate: number, channels: number): string => `${rate} Hz with ${channels} channels`;
  const began = describe(audio.sampleRate, audio.channels);
  return `audio of ${describe(format.sampleRate, format.channels)} does not fit a broadcast that began with ${began}`;
}

function isEqual(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return left.length === right?.length && left.every((byte, index) => byte === right[index]);
}
