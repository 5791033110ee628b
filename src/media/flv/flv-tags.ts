// FLV as a stream of tags: written for decoders that read a pipe, read from demuxers that write one.
// Source: "Adobe Flash Video File Format Specification" 10.1, annex E.

import { FlvError } from './flv-error.ts';

export interface FlvTag {
  readonly type: 'audio' | 'video' | 'script';
  /** Milliseconds, 32 bits. */
  readonly timestampMs: number;
  readonly body: Uint8Array;
}

const TYPES = { audio: 8, video: 9, script: 18 } as const;
const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
/** As for messages of publishers: a key frame of 50 Mbit/s is about 2 MB. */
const TAG_BYTES_MAX = 8 << 20;

/** The header of a file, with the empty "previous tag" that follows it. */
export function writeFlvHeader(has: { readonly audio: boolean; readonly video: boolean }): Uint8Array {
  const flags = (has.audio ? 4 : 0) | (has.video ? 1 : 0);
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0);
}

/** A tag and its trailing size. */
export function writeFlvTag(tag: FlvTag): Uint8Array {
  const bytes = new Uint8Array(TAG_HEADER_BYTES + tag.body.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, TYPES[tag.type]);
  view.setUint16(1, tag.body.length >> 8);
  view.setUint8(3, tag.body.length & 255);
  // Bits 23 to 0, then the byte above them.
  view.setUint16(4, (tag.timestampMs >>> 8) & 0xffff);
  view.setUint8(6, tag.timestampMs & 255);
  view.setUint8(7, tag.timestampMs >>> 24);
  bytes.set(tag.body, TAG_HEADER_BYTES);
  view.setUint32(bytes.length - 4, TAG_HEADER_BYTES + tag.body.length);
  return bytes;
}

export interface FlvReader {
  /** Takes bytes and returns the tags that they complete; tags of unknown types are skipped. */
  push(bytes: Uint8Array): FlvTag[];
}

/** Creates the reader of a stream; it throws FlvError, after which the stream is of no use. */
export function createFlvReader(): FlvReader {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  let isBegun = false;
  let headerBytes = 0;
  let body: Uint8Array | undefined;
  let bodyBytes = 0;

  function openTag(): void {
    if (!isBegun) {
      if (header[0] !== 0x46 || header[1] !== 0x4c || header[2] !== 0x56)
        throw new FlvError('this is not FLV');
      isBegun = true;
      headerBytes = 0;
      return;
    }
    const length = (view.getUint16(1) << 8) | view.getUint8(3);
    if (length > TAG_BYTES_MAX) throw new FlvError(`a tag of ${length} bytes`);
    // The trailing size is read with the body and then left out.
    body = new Uint8Array(length + 4);
    bodyBytes = 0;
  }

  function closeTag(whole: Uint8Array): FlvTag | undefined {
    const code = view.getUint8(0) & 31;
    const timestampMs = ((view.getUint8(7) << 24) | (view.getUint16(4) << 8) | view.getUint8(6)) >>> 0;
    headerBytes = 0;
    body = undefined;
    const type = code === TYPES.audio ? 'audio' : code === TYPES.video ? 'video' : 'script';
    return code === TYPES[type] ? { type, timestampMs, body: whole.subarray(0, -4) } : undefined;
  }

  return {
    push(bytes) {
      const tags: FlvTag[] = [];
      let at = 0;
      while (at < bytes.length) {
        if (body === undefined) {
          const needed = (isBegun ? TAG_HEADER_BYTES : FILE_HEADER_BYTES) - headerBytes;
          const taken = bytes.subarray(at, at + needed);
          header.set(taken, headerBytes);
          headerBytes += taken.length;
          at += taken.length;
          if (taken.length === needed) openTag();
          continue;
        }
        const taken = bytes.subarray(at, at + body.length - bodyBytes);
        body.set(taken, bodyBytes);
        bodyBytes += taken.length;
        at += taken.length;
        if (bodyBytes < body.length) continue;
        const tag = closeTag(body);
        if (tag !== undefined) tags.push(tag);
      }
      return tags;
    },
  };
}
