// What an ingest says of a publisher, from what arrives: bit rate, frame rate, key frame interval, and how far sound and
// picture are apart. Over short windows, so that a change is seen within a second or two.

import { measureFrameRate } from '#core/live-timeline/frame-rate.ts';
import type { UnnumberedRecord } from '#media/contribution/feed.ts';
import { readPictureFormat } from '#media/contribution/parameter-sets.ts';

export interface Figures {
  note(record: UnnumberedRecord, nowMs: number): void;
  read(nowMs: number): Record<string, number>;
}

const WINDOW_MS = 2_000;
const TIMES_KEPT = 61;
/** Weight of a new measurement of drift: half of it is forgotten after some 30 frames. */
const DRIFT_WEIGHT = 0.02;

/** Creates the figures of one broadcast. */
export function createFigures(): Figures {
  let windowBytes = 0;
  let windowStartMs: number | undefined;
  let bitrateBps = 0;
  let times: number[] = [];
  let keyFrameUs: number | undefined;
  let keyFrameIntervalMs: number | undefined;
  let audioUs: number | undefined;
  let driftMs: number | undefined;
  let size: { width: number; height: number } | undefined;

  function roll(nowMs: number): void {
    windowStartMs ??= nowMs;
    const elapsedMs = nowMs - windowStartMs;
    if (elapsedMs < WINDOW_MS) return;
    bitrateBps = Math.round((windowBytes * 8_000) / elapsedMs);
    windowBytes = 0;
    windowStartMs = nowMs;
  }

  function noteVideo(record: UnnumberedRecord): void {
    times = [...times.slice(1 - TIMES_KEPT), record.dtsUs / 1_000];
    if (record.isKeyFrame) {
      if (keyFrameUs !== undefined) keyFrameIntervalMs = Math.round((record.dtsUs - keyFrameUs) / 1_000);
      keyFrameUs = record.dtsUs;
    }
    if (audioUs === undefined) return;
    const apart = (audioUs - record.dtsUs) / 1_000;
    driftMs = driftMs === undefined ? apart : driftMs + (apart - driftMs) * DRIFT_WEIGHT;
  }

  return {
    note(record, nowMs) {
      roll(nowMs);
      windowBytes += record.payload.length;
      if (record.kind === 'audio') audioUs = record.dtsUs;
      else if (record.kind === 'video') noteVideo(record);
      else if (record.kind === 'video_config') size = sizeOf(record.payload);
    },
    read(nowMs) {
      roll(nowMs);
      const frameRate = measureFrameRate(times);
      return {
        bitrateBps,
        ...(frameRate === null ? {} : { frameRate: Math.round(frameRate * 100) / 100 }),
        ...(keyFrameIntervalMs === undefined ? {} : { keyFrameIntervalMs }),
        ...(driftMs === undefined ? {} : { driftMs: Math.round(driftMs) }),
        ...size,
      };
    },
  };
}

/** Of a video_config record, whose configuration was read before it was taken. */
function sizeOf(payload: Uint8Array): { width: number; height: number } {
  const codec = String.fromCharCode(...payload.subarray(0, 4)) === 'hvc1' ? 'hvc1' : 'avc1';
  const { width, height } = readPictureFormat(codec, payload.subarray(4));
  return { width, height };
}
