// Reads fragmented MP4 for the tests, apart from the code that the product uses, so that the two can disagree.

import { defined } from '#base/assert.ts';

export interface Fragment {
  /** In ticks of the track: decoding time of the first sample, and the earliest presentation time. */
  readonly decodeTime: number;
  readonly presentationTime: number;
  readonly duration: number;
  readonly sampleCount: number;
  /** Which samples are key frames. */
  readonly keyFrames: readonly number[];
}

export interface FragmentedFile {
  readonly init: Buffer;
  readonly timescale: number;
  readonly fragments: readonly Fragment[];
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
  readonly whole: Buffer;
}

/** All boxes of a buffer, one after another. */
export function boxes(buffer: Buffer): Box[] {
  const found: Box[] = [];
  for (let offset = 0; offset + 8 <= buffer.length; ) {
    const size = buffer.readUInt32BE(offset);
    if (size < 8 || offset + size > buffer.length) throw new Error(`a broken box at ${offset}`);
    const whole = buffer.subarray(offset, offset + size);
    found.push({ type: whole.toString('latin1', 4, 8), body: whole.subarray(8), whole });
    offset += size;
  }
  return found;
}

/** The first box along a path of types. */
export function find(buffer: Buffer, ...path: string[]): Buffer | undefined {
  let body: Buffer | undefined = buffer;
  for (const type of path)
    body = body === undefined ? undefined : boxes(body).find((box) => box.type === type)?.body;
  return body;
}

/** Reads a whole file with one track. */
export function readFragments(file: Buffer): FragmentedFile {
  const init: Buffer[] = [];
  const fragments: Fragment[] = [];
  let timescale = 0;
  let defaults = { duration: 0, flags: 0 };
  for (const box of boxes(file)) {
    if (box.type === 'ftyp' || box.type === 'moov') init.push(box.whole);
    if (box.type === 'moov') {
      const mdhd = defined(find(box.body, 'trak', 'mdia', 'mdhd'), 'mdhd');
      timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
      const trex = defined(find(box.body, 'mvex', 'trex'), 'trex');
      defaults = { duration: trex.readUInt32BE(12), flags: trex.readUInt32BE(20) };
    }
    if (box.type === 'moof') fragments.push(readFragment(defined(find(box.body, 'traf'), 'traf'), defaults));
  }
  return { init: Buffer.concat(init), timescale, fragments };
}

function readFragment(traf: Buffer, trackDefaults: { duration: number; flags: number }): Fragment {
  const tfhd = defined(find(traf, 'tfhd'), 'tfhd');
  const present = tfhd.readUInt32BE(0) & 0xffffff;
  const defaults = { ...trackDefaults };
  let at = 8;
  if (present & 1) at += 8;
  if (present & 2) at += 4;
  if (present & 8) {
    defaults.duration = tfhd.readUInt32BE(at);
    at += 4;
  }
  if (present & 16) at += 4;
  if (present & 32) defaults.flags = tfhd.readUInt32BE(at);
  const tfdt = defined(find(traf, 'tfdt'), 'tfdt');
  const decodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);

  let time = decodeTime;
  let presentationTime = Number.POSITIVE_INFINITY;
  let sampleCount = 0;
  const keyFrames: number[] = [];
  for (const { type, body } of boxes(traf)) {
    if (type !== 'trun') continue;
    const flags = body.readUInt32BE(0) & 0xffffff;
    const count = body.readUInt32BE(4);
    let offset = 8 + (flags & 1 ? 4 : 0);
    let firstFlags: number | undefined;
    if (flags & 4) {
      firstFlags = body.readUInt32BE(offset);
      offset += 4;
    }
    const next = (): number => {
      const value = body.readUInt32BE(offset);
      offset += 4;
      return value;
    };
    for (let index = 0; index < count; index++) {
      const duration = flags & 0x100 ? next() : defaults.duration;
      if (flags & 0x200) next();
      const own = flags & 0x400 ? next() : defaults.flags;
      const shift = flags & 0x800 ? next() | 0 : 0;
      const sampleFlags = index === 0 ? (firstFlags ?? own) : own;
      if ((sampleFlags & 0x10000) === 0) keyFrames.push(sampleCount);
      presentationTime = Math.min(presentationTime, time + shift);
      time += duration;
      sampleCount++;
    }
  }
  return { decodeTime, presentationTime, duration: time - decodeTime, sampleCount, keyFrames };
}
