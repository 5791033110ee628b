// The last seconds of a broadcast's records, for readers that come late or come back. Bounded by bytes and by time, and
// at least two key frame intervals as long as the bytes allow it: a reader that begins at the last key frame must not
// lose the ground under its feet. What is forgotten is forgotten in whole key frame intervals where that can be.

import type { UnnumberedRecord } from '#media/contribution/feed.ts';
import { type ContributionRecord, recordBytes } from '#media/contribution/record.ts';

export interface ContributionBuffer {
  /** Numbers a record and keeps it. */
  append(record: UnnumberedRecord): void;
  /** undefined when it is forgotten or not there yet. */
  at(sequence: number): BufferedRecord | undefined;
  firstSequence(): number;
  /** 0 when there was none yet. */
  lastSequence(): number;
  /** Where a new reader begins: at the last key frame, or the last one at or before a time; else with the oldest record. */
  startSequence(fromUs?: number): number;
  bytes(): number;
}

export interface BufferedRecord {
  readonly record: ContributionRecord;
  /** Configurations in force at this record. */
  readonly videoConfig: ContributionRecord | undefined;
  readonly audioConfig: ContributionRecord | undefined;
}

export interface BufferLimits {
  readonly bytesMax: number;
  /** What is kept beyond this goes, once two key frame intervals remain. */
  readonly durationUs: number;
  /** What is older goes in any case. */
  readonly durationUsMax: number;
}

/** How many forgotten places are dragged along before the array is cut. */
const SLACK = 1_024;

/** Creates an empty buffer; numbers begin at 1. */
export function createContributionBuffer(limits: BufferLimits): ContributionBuffer {
  let entries: BufferedRecord[] = [];
  /** Entries before this one are forgotten. */
  let head = 0;
  let first = 1;
  let bytes = 0;
  let keyFrames: number[] = [];
  let videoConfig: ContributionRecord | undefined;
  let audioConfig: ContributionRecord | undefined;

  const last = (): number => first + entries.length - head - 1;
  const at = (sequence: number): BufferedRecord | undefined =>
    sequence < first ? undefined : entries[head + sequence - first];
  const timeOf = (sequence: number): number => at(sequence)?.record.dtsUs ?? 0;

  function forgetBefore(sequence: number): void {
    while (first < sequence && head < entries.length) {
      bytes -= recordBytes((entries[head] as BufferedRecord).record);
      head += 1;
      first += 1;
    }
    keyFrames = keyFrames.filter((key) => key >= first);
    if (head > SLACK) {
      entries = entries.slice(head);
      head = 0;
    }
  }

  function shrink(): void {
    const end = timeOf(last());
    for (;;) {
      const [, second, , fourth] = keyFrames;
      // Two whole intervals remain, and the one that has begun.
      if (second === undefined || fourth === undefined || end - timeOf(second) < limits.durationUs) break;
      forgetBefore(second);
    }
    const isAudioAlone = keyFrames.length === 0;
    const durationUsMax = isAudioAlone ? limits.durationUs : limits.durationUsMax;
    while (head < entries.length && (bytes > limits.bytesMax || end - timeOf(first) > durationUsMax))
      forgetBefore(first + 1);
  }

  return {
    append(unnumbered) {
      const record = { ...unnumbered, sequence: last() + 1 };
      if (record.kind === 'video_config') videoConfig = record;
      if (record.kind === 'audio_config') audioConfig = record;
      if (record.isKeyFrame) keyFrames.push(record.sequence);
      entries.push({ record, videoConfig, audioConfig });
      bytes += recordBytes(record);
      shrink();
    },
    at,
    firstSequence: () => first,
    lastSequence: last,
    startSequence(fromUs) {
      const fitting = fromUs === undefined ? keyFrames : keyFrames.filter((key) => timeOf(key) <= fromUs);
      return fitting.at(-1) ?? keyFrames[0] ?? first;
    },
    bytes: () => bytes,
  };
}
