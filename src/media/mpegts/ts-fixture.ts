// Writes transport streams for tests: tables, pictures and sound, each in packets that count.

import { checksum } from './program.ts';

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Of 1280x720 at 30 frames. */
export const SPS = hex('6764001facd9405005bb016a02020280000003008000001e478c18cb');
export const PPS = hex('68ebecb22c');
export const IDR = hex('6588840a0b0c0d0e');
export const SLICE = hex('419a0a0b0c0d');
export const FRAME_TICKS = 3_000;
export const VIDEO_PID = 256;
export const AUDIO_PID = 257;
export const H264 = 0x1b;
export const ADTS = 0x0f;
const MAP_PID = 4_096;

/** Writes packets of a transport stream; its times may be any, and come in 33 bits. */
export function createTsWriter() {
  const counters = new Map<number, number>();

  function packets(pid: number, bytes: Uint8Array): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 184) {
      const part = bytes.subarray(at, at + 184);
      const counter = ((counters.get(pid) ?? 15) + 1) & 15;
      counters.set(pid, counter);
      const packet = new Uint8Array(188).fill(0xff);
      packet.set([0x47, (at === 0 ? 0x40 : 0) | (pid >> 8), pid & 255, 0x10 | counter]);
      const stuffing = 184 - part.length;
      if (stuffing > 0) {
        packet[3] = 0x30 | counter;
        packet[4] = stuffing - 1;
        if (stuffing > 1) packet[5] = 0;
      }
      packet.set(part, 188 - part.length);
      found.push(packet);
    }
    return found;
  }

  function section(pid: number, table: number, body: readonly number[]): Uint8Array[] {
    const length = body.length + 9;
    const bytes = [table, 0xb0 | (length >> 8), length & 255, 0, 1, 0xc1, 0, 0, ...body];
    const sum = checksum(Uint8Array.from(bytes));
    const whole = [0, ...bytes, sum >>> 24, (sum >> 16) & 255, (sum >> 8) & 255, sum & 255];
    return packets(pid, Uint8Array.from([...whole, ...Array<number>(184 - whole.length).fill(0xff)]));
  }

  const time = (mark: number, ticks: number): number[] => {
    const value = ((ticks % 2 ** 33) + 2 ** 33) % 2 ** 33;
    const [high, middle, low] = [
      Math.floor(value / 2 ** 30),
      Math.floor(value / 2 ** 15) & 0x7fff,
      value & 0x7fff,
    ];
    return [
      (mark << 4) | (high << 1) | 1,
      middle >> 7,
      ((middle & 127) << 1) | 1,
      low >> 7,
      ((low & 127) << 1) | 1,
    ];
  };

  return {
    tables: (...streams: readonly (readonly [type: number, pid: number])[]): Uint8Array[] => [
      ...section(0, 0, [0, 1, 0xe0 | (MAP_PID >> 8), MAP_PID & 255]),
      ...section(MAP_PID, 2, [
        ...[0xe1, 0, 0xf0, 0],
        ...streams.flatMap(([type, pid]) => [type, 0xe0 | (pid >> 8), pid & 255, 0xf0, 0]),
      ]),
    ],
    video(dtsTicks: number, units: readonly Uint8Array[], offsetTicks = 0): Uint8Array[] {
      const data = units.flatMap((unit) => [0, 0, 0, 1, ...unit]);
      const times = [...time(3, dtsTicks + offsetTicks), ...time(1, dtsTicks)];
      return packets(VIDEO_PID, Uint8Array.from([0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10, ...times, ...data]));
    },
    audio(ptsTicks: number, data: Uint8Array): Uint8Array[] {
      const length = data.length + 8;
      const head = [0, 0, 1, 0xc0, length >> 8, length & 255, 0x80, 0x80, 5, ...time(2, ptsTicks)];
      return packets(AUDIO_PID, Uint8Array.from([...head, ...data]));
    },
  };
}

/** An ADTS frame of 48 kHz stereo AAC LC. */
export function adts(payload: Uint8Array): Uint8Array {
  const length = payload.length + 7;
  return Uint8Array.from([
    ...[0xff, 0xf1, 0x4c, 0x80 | (length >> 11), (length >> 3) & 255, ((length & 7) << 5) | 0x1f, 0xfc],
    ...payload,
  ]);
}

/** A key frame that is whole, and the beginning of the next picture. */
export function streamWithPicture(): Uint8Array {
  const writer = createTsWriter();
  return Buffer.concat([
    ...writer.tables([H264, VIDEO_PID]),
    ...writer.video(0, [SPS, PPS, IDR]),
    ...writer.video(FRAME_TICKS, [SLICE]),
  ]);
}
