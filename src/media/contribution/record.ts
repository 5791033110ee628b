// The contribution format: what an ingest hands to channels, whatever the publisher spoke. A stream of framed records,
// big-endian:
//
//   u32 length of all that follows | u8 kind | u8 flags | u64 sequence | i64 dtsUs | i32 ptsOffsetUs | payload
//
// An answer begins with a timeline and the configurations in force, then media from a key frame on. Times are
// microseconds since the timeline's anchor. Numbered records count from 1 in each session of an ingest; the head of an
// answer (the timeline, repeated configurations) and heartbeats are not numbered (0), since they tell nothing new.
//
//   kind           payload
//   timeline       JSON: contributionHeadSchema (contract/live)
//   video_config   four characters of the codec (avc1, hvc1), then AVCDecoderConfigurationRecord or HEVCDecoder…
//   audio_config   AudioSpecificConfig
//   video          one access unit, NAL units with lengths as the configuration says
//   audio          one raw AAC frame, on the timeline's grid of 1024 samples
//   interruption   UTF-8, for people; the publisher is away, its dtsUs is where the media ended
//   heartbeat      nothing; the link lives though the publisher is silent
//   end            UTF-8, for people; nothing follows, and asking again is of no use
//
// Unknown kinds are skipped, so that a newer ingest may say more to an older channel.

import { ContributionError } from './contribution-error.ts';
import { RECORD_PAYLOAD_BYTES_MAX } from './limits.ts';

/** By number on the wire. */
const KINDS = [
  undefined,
  'timeline',
  'video_config',
  'audio_config',
  'video',
  'audio',
  'interruption',
  'heartbeat',
  'end',
] as const;

export type ContributionKind = Exclude<(typeof KINDS)[number], undefined>;

export interface ContributionRecord {
  readonly kind: ContributionKind;
  readonly isKeyFrame: boolean;
  /** From 1 on in a session; 0: not numbered. */
  readonly sequence: number;
  readonly dtsUs: number;
  /** Presentation minus decoding time. */
  readonly ptsOffsetUs: number;
  readonly payload: Uint8Array;
}

const LENGTH_BYTES = 4;
const FIELD_BYTES = 22;
/** Bytes of a record without its payload. */
export const RECORD_HEADER_BYTES = LENGTH_BYTES + FIELD_BYTES;
const KEY_FRAME_FLAG = 1;

/** Bytes that a record takes on the wire. */
export function recordBytes(record: ContributionRecord): number {
  return RECORD_HEADER_BYTES + record.payload.length;
}

/** The head of a record; its payload follows as it is, so that nothing is copied for each reader. */
export function writeRecordHeader(record: ContributionRecord): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FIELD_BYTES + record.payload.length);
  view.setUint8(4, KINDS.indexOf(record.kind));
  view.setUint8(5, record.isKeyFrame ? KEY_FRAME_FLAG : 0);
  view.setBigUint64(6, BigInt(record.sequence));
  view.setBigInt64(14, BigInt(record.dtsUs));
  view.setInt32(22, record.ptsOffsetUs);
  return bytes;
}

/** A whole record in one piece. */
export function writeRecord(record: ContributionRecord): Uint8Array {
  const bytes = new Uint8Array(recordBytes(record));
  bytes.set(writeRecordHeader(record));
  bytes.set(record.payload, RECORD_HEADER_BYTES);
  return bytes;
}

/** Reads records from a stream that arrives in any pieces; holds one unfinished record at most. */
export interface RecordReader {
  /**
   * Takes bytes and returns the records that they complete.
   * @throws ContributionError; the stream is then of no use any more
   */
  push(bytes: Uint8Array): ContributionRecord[];
  /** Bytes of the unfinished record that are held. */
  pendingBytes(): number;
}

/** Creates a reader for one stream. */
export function createRecordReader(payloadBytesMax: number = RECORD_PAYLOAD_BYTES_MAX): RecordReader {
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  const view = new DataView(header.buffer);
  let headerBytes = 0;
  let payload: Uint8Array | undefined;
  let payloadBytes = 0;

  /** Payload bytes of the record whose header is complete. */
  function announcedBytes(): number {
    const length = view.getUint32(0) - FIELD_BYTES;
    if (length < 0) throw new ContributionError('malformed', 'a record is shorter than its header');
    if (length > payloadBytesMax)
      throw new ContributionError('too-large', `a record of ${length} bytes; ${payloadBytesMax} are allowed`);
    return length;
  }

  function finish(whole: Uint8Array): ContributionRecord | undefined {
    headerBytes = 0;
    payload = undefined;
    payloadBytes = 0;
    const kind = KINDS[view.getUint8(4)];
    const sequence = Number(view.getBigUint64(6));
    const dtsUs = Number(view.getBigInt64(14));
    if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(dtsUs))
      throw new ContributionError('malformed', 'a sequence or time is out of range');
    if (kind === undefined) return undefined;
    const isKeyFrame = (view.getUint8(5) & KEY_FRAME_FLAG) !== 0;
    return { kind, isKeyFrame, sequence, dtsUs, ptsOffsetUs: view.getInt32(22), payload: whole };
  }

  function push(bytes: Uint8Array): ContributionRecord[] {
    const records: ContributionRecord[] = [];
    let at = 0;
    while (at < bytes.length || (headerBytes === RECORD_HEADER_BYTES && payload?.length === payloadBytes)) {
      if (headerBytes < RECORD_HEADER_BYTES) {
        const taken = bytes.subarray(at, at + RECORD_HEADER_BYTES - headerBytes);
        header.set(taken, headerBytes);
        headerBytes += taken.length;
        at += taken.length;
        if (headerBytes < RECORD_HEADER_BYTES) break;
        payload = new Uint8Array(announcedBytes());
      }
      if (payload === undefined) throw new ContributionError('malformed', 'the stream had failed before');
      const taken = bytes.subarray(at, at + payload.length - payloadBytes);
      payload.set(taken, payloadBytes);
      payloadBytes += taken.length;
      at += taken.length;
      if (payloadBytes < payload.length) break;
      const record = finish(payload);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  return { push, pendingBytes: () => headerBytes + payloadBytes };
}
