// Writes cues as WebVTT, always in the same form, so that equal captions have equal bytes and one address.
// For HLS the header says where time 0 of the cues lies on the timeline of the media: presentation time 0 is
// `timelineStartMs` there, counted in 90 kHz ticks of 33 bits as in a transport stream.
// Source: draft-pantos-hls-rfc8216bis, section 3.1.4.

import type { CaptionCue } from './cue.ts';
import { cueTime } from './cue-time.ts';

const HEADER = 'WEBVTT\n';
const TICKS_PER_MS = 90;
const TIMESTAMP_MODULUS = 2 ** 33;

/** The file that is kept: plain WebVTT, times from the start of the presentation. */
export function writeWebVtt(cues: readonly CaptionCue[]): string {
  const blocks = cues.map(({ startMs, endMs, settings, text }) => {
    const timing = `${cueTime(startMs)} --> ${cueTime(endMs)}`;
    return `${settings === '' ? timing : `${timing} ${settings}`}\n${text}\n`;
  });
  return [HEADER, ...blocks].join('\n');
}

/** The same file as a segment of HLS; undefined when it is not one of ours. */
export function withTimestampMap(text: string, timelineStartMs: number): string | undefined {
  if (!text.startsWith(HEADER)) return undefined;
  const ticks = Math.round(timelineStartMs * TICKS_PER_MS) % TIMESTAMP_MODULUS;
  return `${HEADER}X-TIMESTAMP-MAP=MPEGTS:${ticks},LOCAL:00:00:00.000\n${text.slice(HEADER.length)}`;
}
