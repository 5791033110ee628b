// Looks at a file before FFmpeg does: what it is (sniff.ts), whether all of it arrived, and whether it points
// elsewhere. The answer names the one demuxer that may read it.
//
// MP4 and QuickTime name the size of each of their parts (boxes), so a file that was cut off shows at once, without
// decoding anything. They may also keep their media in other files, by a data reference (`dref`) without the flag
// "self-contained", or by a reference movie (`rmra`); both are refused. FFmpeg 5.1 and later ignore them by default
// (`enable_drefs`), so this is the second of two locks. Source: ISO/IEC 14496-12, sections 4.2 and 8.7.2.

import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MeridianError } from '#contract/errors.ts';
import { INDEX_BOXES_MAX, SNIFF_BYTES, TOP_LEVEL_BOXES_MAX } from './limits.ts';
import { type Demuxer, type Sniffed, sniff } from './sniff.ts';

export interface InspectedFile {
  readonly demuxer: Demuxer;
  readonly bytes: number;
}

interface Box {
  readonly type: string;
  readonly start: number;
  readonly bodyStart: number;
  /** Where the box claims to end; may lie behind the end of the file. */
  readonly end: number;
}

/** Boxes on the way to the data references, and those that only reference movies have. */
const PATH_TO_REFERENCES = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf']);

/** Letters, as every registered type has; else what is read is no box. */
const BOX_TYPE = /^[\x20-\x7e\xa9]{4}$/;

/** Tells what the file is; throws a MeridianError `media_…` for whatever must not reach FFmpeg. */
export async function inspectFile(path: string): Promise<InspectedFile> {
  const file = await open(path, 'r');
  try {
    const { size: bytes } = await file.stat();
    if (bytes === 0) throw new MeridianError('media_empty');
    const demuxer = await findDemuxer(file, bytes);
    if (demuxer === 'mov') await inspectBoxes(file, bytes);
    return { demuxer, bytes };
  } finally {
    await file.close();
  }
}

/** The demuxer alone, for a file that was inspected before; blocks for one or two small reads. */
export function demuxerOf(path: string): Demuxer {
  const file = openSync(path, 'r');
  try {
    const read = (offset: number): Buffer => {
      const buffer = Buffer.alloc(SNIFF_BYTES);
      return buffer.subarray(0, readSync(file, buffer, 0, SNIFF_BYTES, offset));
    };
    const head = read(0);
    if (head.length === 0) throw new MeridianError('media_empty');
    const sniffed = sniff(head);
    return decide(sniffed, sniffed.kind === 'tag' ? read(sniffed.nextOffset) : null);
  } finally {
    closeSync(file);
  }
}

async function findDemuxer(file: FileHandle, fileBytes: number): Promise<Demuxer> {
  const sniffed = sniff(await readAt(file, 0, SNIFF_BYTES));
  if (sniffed.kind !== 'tag') return decide(sniffed, null);
  if (sniffed.nextOffset >= fileBytes) throw truncated(sniffed.nextOffset, fileBytes);
  return decide(sniffed, await readAt(file, sniffed.nextOffset, SNIFF_BYTES));
}

/** `behindTag`: the bytes behind an ID3 tag, when there is one. */
function decide(first: Sniffed, behindTag: Buffer | null): Demuxer {
  let sniffed = first;
  if (behindTag !== null) {
    sniffed = sniff(behindTag);
    const isTaggable =
      sniffed.kind === 'media' && ['mp3', 'aac', 'flac', 'wav', 'aiff'].includes(sniffed.demuxer);
    // Encoders pad tags by amounts that they do not declare, so the frames may begin some bytes later: MP3 then.
    if (!isTaggable && sniffed.kind !== 'forbidden') sniffed = { kind: 'media', demuxer: 'mp3' };
  }
  switch (sniffed.kind) {
    case 'media':
      return sniffed.demuxer;
    case 'forbidden':
      throw new MeridianError('media_forbidden', { reason: sniffed.reason });
    case 'unsupported':
      throw new MeridianError('media_unsupported', { reason: sniffed.reason });
    case 'tag':
      throw new MeridianError('media_unsupported', { reason: 'it has nothing behind its tags' });
  }
}

/** Walks the top-level boxes: all must end within the file, one must be the index, none may point elsewhere. */
async function inspectBoxes(file: FileHandle, fileBytes: number): Promise<void> {
  const seen = new Set<string>();
  let offset = 0;
  for (let count = 0; offset < fileBytes; count++) {
    if (count >= TOP_LEVEL_BOXES_MAX)
      throw new MeridianError('media_unsupported', { reason: `it has more than ${count} parts` });
    const box = await readBox(file, offset, fileBytes);
    // Some recorders leave a few bytes behind the last box; FFmpeg and players ignore them as well.
    if (box === null || !BOX_TYPE.test(box.type)) break;
    if (box.end > fileBytes) throw truncated(box.end, fileBytes);
    if (box.type === 'moov') await inspectIndex(file, box);
    seen.add(box.type);
    offset = box.end;
  }
  if (seen.has('moov')) return;
  if (seen.has('mdat'))
    throw new MeridianError('media_truncated', {
      reason: `it has ${fileBytes} bytes but not the index that is written last, so the recording was cut off`,
    });
  throw new MeridianError('media_unsupported', { reason: 'it has no index (moov)' });
}

/** Searches the index for references to other files, going down only where they can be. */
async function inspectIndex(file: FileHandle, moov: Box): Promise<void> {
  const pending: Box[] = [moov];
  let count = 0;
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (let offset = parent.bodyStart; offset < parent.end; ) {
      if (++count > INDEX_BOXES_MAX)
        throw new MeridianError('media_unsupported', { reason: `its index has more than ${count} parts` });
      const box = await readBox(file, offset, parent.end);
      if (box === null) break;
      if (box.end > parent.end)
        throw new MeridianError('media_unsupported', { reason: `its index is damaged at byte ${box.start}` });
      if (box.type === 'rmra')
        throw new MeridianError('media_forbidden', {
          reason: 'it is a reference movie, its media is elsewhere',
        });
      if (box.type === 'dref') await inspectReferences(file, box);
      if (PATH_TO_REFERENCES.has(box.type)) pending.push(box);
      offset = box.end;
    }
  }
}

/** Every entry must say that the media is in this file (flag 1), or name no other place at all. */
async function inspectReferences(file: FileHandle, dref: Box): Promise<void> {
  for (let offset = dref.bodyStart + 8, count = 0; offset < dref.end; count++) {
    const entry = await readBox(file, offset, dref.end);
    if (entry === null || entry.end > dref.end || count >= INDEX_BOXES_MAX) return;
    const flags = (await readAt(file, entry.bodyStart, 4)).readUIntBE(1, 3);
    const namesPlace = entry.end - entry.bodyStart > 5;
    if ((flags & 1) === 0 && namesPlace)
      throw new MeridianError('media_forbidden', { reason: 'its media is kept in another file' });
    offset = entry.end;
  }
}

/** Reads the header of the box at `offset`; null when too little is left or the size makes no sense. */
async function readBox(file: FileHandle, offset: number, end: number): Promise<Box | null> {
  if (offset + 8 > end) return null;
  const header = await readAt(file, offset, 16);
  if (header.length < 8) return null;
  const size32 = header.readUInt32BE(0);
  const type = header.toString('latin1', 4, 8);
  if (size32 === 0) return { type, start: offset, bodyStart: offset + 8, end };
  if (size32 === 1) {
    const size64 = header.length < 16 ? 0n : header.readBigUInt64BE(8);
    if (size64 < 16n) return null;
    const size = size64 > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(size64);
    return { type, start: offset, bodyStart: offset + 16, end: offset + size };
  }
  if (size32 < 8) return null;
  return { type, start: offset, bodyStart: offset + 8, end: offset + size32 };
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

function truncated(claimedBytes: number, fileBytes: number): MeridianError {
  return new MeridianError('media_truncated', {
    reason: `its parts need ${claimedBytes} bytes, but it has ${fileBytes}`,
    expectedBytes: claimedBytes,
    actualBytes: fileBytes,
  });
}
