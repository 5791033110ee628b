// What must be known of a publisher before a timeline can be minted: the picture's size and rate, the sound's rate and
// phase. Packets are kept meanwhile, so that nothing of the beginning is lost. A publisher that sends only one of the
// two within a while has only that one: what is fixed for a broadcast's life cannot wait for ever.

import type { AudioFormat } from './audio-config.ts';
import type { FeedUnit } from './feed.ts';
import { type PictureFormat, readPictureFormat } from './parameter-sets.ts';

export interface KeptUnit {
  readonly unit: FeedUnit;
  readonly arrivedAtMs: number;
}

/** What a publisher turned out to send. */
export interface OpeningFormat {
  readonly video: {
    readonly codec: 'avc1' | 'hvc1';
    readonly width: number;
    readonly height: number;
    /** As the stream says; null: to be measured from decodeTimesMs. */
    readonly frameRate: number | null;
    readonly decodeTimesMs: readonly number[];
  } | null;
  readonly audio: {
    readonly format: AudioFormat;
    readonly config: Uint8Array;
    /** Of the first audio frame, after the first unit of all. */
    readonly firstOffsetMs: number;
  } | null;
  /** When the first frame came. */
  readonly firstArrivalMs: number;
}

export interface Opening {
  /** @throws ContributionError when the configuration cannot be understood */
  take(unit: FeedUnit, nowMs: number): void;
  /** The frame rate that the publisher's metadata names. */
  announceFrameRate(framesPerSecond: number): void;
  /** What is known, once it is enough. */
  format(nowMs: number): OpeningFormat | undefined;
  /** Everything so far, in order. */
  kept(): readonly KeptUnit[];
  keptBytes(): number;
}

/** Both tracks of an encoder begin within some hundred milliseconds; longer only delays those that have one. */
const ONE_TRACK_WAIT_MS = 2_000;
/** Enough to tell 24 from 25 by times rounded to milliseconds. */
const FRAMES_MEASURED = 24;
const FRAME_RATE_MIN = 1;
const FRAME_RATE_MAX = 240;

/** Creates the opening of one publisher. */
export function createOpening(): Opening {
  const kept: KeptUnit[] = [];
  const decodeTimesMs: number[] = [];
  let keptBytes = 0;
  let picture: (PictureFormat & { readonly codec: 'avc1' | 'hvc1' }) | undefined;
  let sound: { readonly format: AudioFormat; readonly config: Uint8Array } | undefined;
  let announced: number | undefined;
  let first: { readonly timestampMs: number; readonly arrivedAtMs: number } | undefined;
  let firstAudioMs: number | undefined;

  const plausible = (rate: number | null | undefined): number | null =>
    rate !== null && rate !== undefined && rate >= FRAME_RATE_MIN && rate <= FRAME_RATE_MAX ? rate : null;

  return {
    take(unit, nowMs) {
      kept.push({ unit, arrivedAtMs: nowMs });
      keptBytes += 'data' in unit ? unit.data.length : unit.config.length;
      if (unit.kind === 'video_config')
        picture = { ...readPictureFormat(unit.codec, unit.config), codec: unit.codec };
      else if (unit.kind === 'audio_config') sound = { format: unit.format, config: unit.config.slice() };
      else {
        first ??= { timestampMs: unit.timestampMs, arrivedAtMs: nowMs };
        if (unit.kind === 'audio') firstAudioMs ??= unit.timestampMs;
        else if (decodeTimesMs.length < FRAMES_MEASURED) decodeTimesMs.push(unit.timestampMs);
      }
    },
    announceFrameRate(framesPerSecond) {
      announced = framesPerSecond;
    },
    format(nowMs) {
      if (first === undefined) return undefined;
      const frameRate = plausible(announced) ?? plausible(picture?.frameRate);
      const hasRate = frameRate !== null || decodeTimesMs.length >= FRAMES_MEASURED;
      const isVideoKnown = picture !== undefined && decodeTimesMs.length > 0 && hasRate;
      const isAudioKnown = sound !== undefined && firstAudioMs !== undefined;
      const isLate = nowMs - first.arrivedAtMs >= ONE_TRACK_WAIT_MS;
      if (!(isVideoKnown && isAudioKnown) && !isLate) return undefined;
      if (picture === undefined && !isAudioKnown) return undefined;
      return {
        video: picture === undefined ? null : { ...picture, frameRate, decodeTimesMs },
        audio:
          sound === undefined || firstAudioMs === undefined
            ? null
            : { ...sound, firstOffsetMs: (firstAudioMs - first.timestampMs) | 0 },
        firstArrivalMs: first.arrivedAtMs,
      };
    },
    kept: () => kept,
    keptBytes: () => keptBytes,
  };
}
