// The tables of a transport stream: which program there is, and which packets are its picture and its sound. The first
// program, the first picture and the first sound are taken. Source: ISO/IEC 13818-1, 2.4.4 (sections, PAT, PMT), annex A
// (checksum), table 2-34 (stream types).

import { SECTION_BYTES_MAX } from './limits.ts';
import { TsError } from './ts-error.ts';
import { joinBytes, type TsPacket } from './ts-packets.ts';

export type TsVideoCodec = 'avc1' | 'hvc1';

/** null: the program has none. */
export interface Program {
  readonly video: { readonly pid: number; readonly codec: TsVideoCodec } | null;
  readonly audioPid: number | null;
}

export interface ProgramReader {
  /**
   * Takes a packet of any pid; returns the program when it is told for the first time or has changed.
   * @throws TsError when its media is not taken
   */
  push(packet: TsPacket): Program | undefined;
}

const PAT_PID = 0;
const PAT_TABLE = 0;
const PMT_TABLE = 2;
const VIDEO_CODECS: Readonly<Record<number, TsVideoCodec>> = { 27: 'avc1', 36: 'hvc1' };
const ADTS_AAC = 0x0f;
/** What else may come, to tell people what they sent. */
const OTHER_VIDEO: Readonly<Record<number, string>> = {
  1: 'MPEG-1',
  2: 'MPEG-2',
  16: 'MPEG-4 part 2',
  51: 'VVC',
};
const OTHER_AUDIO: Readonly<Record<number, string>> = {
  3: 'MPEG-1 (MP2, MP3)',
  4: 'MPEG-2',
  17: 'AAC in LATM',
  129: 'AC-3',
  135: 'E-AC-3',
};

/** Creates the reader of one stream. */
export function createProgramReader(): ProgramReader {
  const associations = createSectionReader(PAT_TABLE);
  let map: { readonly pid: number; readonly sections: SectionReader } | undefined;
  let known = '';

  function pushMap(section: Uint8Array): Program | undefined {
    const program = programOf(section);
    const text = JSON.stringify(program);
    if (text === known) return undefined;
    known = text;
    return program;
  }

  return {
    push(packet) {
      if (packet.pid === PAT_PID) {
        const section = associations.push(packet);
        const pid = section === undefined ? undefined : firstMapPid(section);
        if (pid !== undefined && pid !== map?.pid) map = { pid, sections: createSectionReader(PMT_TABLE) };
        return undefined;
      }
      if (packet.pid !== map?.pid) return undefined;
      const section = map.sections.push(packet);
      return section === undefined ? undefined : pushMap(section);
    },
  };
}

interface SectionReader {
  /** A whole section of the table that is in force, with a good checksum. */
  push(packet: TsPacket): Uint8Array | undefined;
}

function createSectionReader(table: number): SectionReader {
  let begun: Uint8Array | undefined;

  function take(bytes: Uint8Array): Uint8Array | undefined {
    begun = bytes;
    if (bytes.length < 3) return undefined;
    const length = ((((bytes[1] ?? 0) & 15) << 8) | (bytes[2] ?? 0)) + 3;
    const isOver = bytes.length >= length || length > SECTION_BYTES_MAX;
    if (!isOver) return undefined;
    begun = undefined;
    const section = bytes.subarray(0, length);
    const isInForce = ((section[5] ?? 0) & 1) === 1;
    const isGood = bytes[0] === table && section.length >= 12 && isInForce && checksum(section) === 0;
    return isGood ? section : undefined;
  }

  return {
    push({ isStart, isAfterGap, payload }) {
      if (isAfterGap) begun = undefined;
      if (!isStart) return begun === undefined ? undefined : take(joinBytes([begun, payload]));
      // The end of the section before comes first.
      const end = 1 + (payload[0] ?? 0);
      const before = begun === undefined ? undefined : take(joinBytes([begun, payload.subarray(1, end)]));
      return before ?? take(payload.subarray(end));
    },
  };
}

/** CRC-32 of annex A; 0 over a section with its checksum. */
export function checksum(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
}

/** Where the map of the first program is; number 0 is the network's. */
function firstMapPid(section: Uint8Array): number | undefined {
  for (let at = 8; at + 4 <= section.length - 4; at += 4) {
    const number = ((section[at] ?? 0) << 8) | (section[at + 1] ?? 0);
    if (number !== 0) return (((section[at + 2] ?? 0) & 0x1f) << 8) | (section[at + 3] ?? 0);
  }
  return undefined;
}

function programOf(section: Uint8Array): Program {
  let video: Program['video'] = null;
  let audioPid: number | null = null;
  let refusal: string | undefined;
  const end = section.length - 4;
  let at = 12 + ((((section[10] ?? 0) & 15) << 8) | (section[11] ?? 0));
  while (at + 5 <= end) {
    const type = section[at] ?? 0;
    const pid = (((section[at + 1] ?? 0) & 0x1f) << 8) | (section[at + 2] ?? 0);
    const codec = VIDEO_CODECS[type];
    if (codec !== undefined) video ??= { pid, codec };
    else if (type === ADTS_AAC) audioPid ??= pid;
    else if (OTHER_VIDEO[type] !== undefined)
      refusal ??= `${OTHER_VIDEO[type]} video is not taken; send H.264 or HEVC`;
    else if (OTHER_AUDIO[type] !== undefined)
      refusal ??= `${OTHER_AUDIO[type]} audio is not taken; send AAC with ADTS headers (ffmpeg: -c:a aac)`;
    at += 5 + ((((section[at + 3] ?? 0) & 15) << 8) | (section[at + 4] ?? 0));
  }
  if (refusal !== undefined && (video === null || audioPid === null)) throw new TsError(refusal);
  return { video, audioPid };
}
