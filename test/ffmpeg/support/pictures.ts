// What tests do with single pictures: look at their corners, read their size, put them into other files.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defined } from '#base/assert.ts';

const CHILD = fileURLToPath(new URL('corners-child.ts', import.meta.url));
const CORNERS = ['top left', 'top right', 'bottom left', 'bottom right'] as const;

/** Which corner of the first picture of a file is bright; fails unless it is exactly one. */
export async function brightCorner(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', CHILD, path]);
  const brightness = JSON.parse(stdout) as number[];
  const bright = CORNERS.filter((_, index) => (brightness[index] ?? 0) > 180);
  const dark = brightness.filter((value) => value < 60);
  if (bright.length !== 1 || dark.length !== 3) throw new Error(`the corners have ${stdout}`);
  return defined(bright[0], 'a bright corner');
}

/** Size from the frame header of a JPEG (ITU-T T.81, B.2.2). */
export function jpegSize(image: Buffer): { width: number; height: number } {
  if (image.readUInt16BE(0) !== 0xffd8) throw new Error('no JPEG');
  for (let offset = 2; offset + 9 < image.length; ) {
    const marker = image.readUInt16BE(offset);
    if (marker >= 0xffc0 && marker <= 0xffc2)
      return { width: image.readUInt16BE(offset + 7), height: image.readUInt16BE(offset + 5) };
    offset += 2 + image.readUInt16BE(offset + 2);
  }
  throw new Error('a JPEG without a size');
}

/** A FLAC file with a picture block behind its first block (RFC 9639, section 8.8). */
export function addFlacPicture(flac: Buffer, jpeg: Buffer): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const { width, height } = jpegSize(jpeg);
  const mime = Buffer.from('image/jpeg');
  const body = Buffer.concat([
    ...[number(3), number(mime.length), mime, number(0)],
    ...[number(width), number(height), number(24), number(0), number(jpeg.length), jpeg],
  ]);
  const header = number((6 << 24) | body.length);
  const firstBlockEnd = 8 + flac.readUIntBE(5, 3);
  const isOnlyBlock = ((flac[4] ?? 0) & 0x80) !== 0;
  const start = Buffer.from(flac.subarray(0, firstBlockEnd));
  if (isOnlyBlock) {
    start[4] = (start[4] ?? 0) & 0x7f;
    header[0] = (header[0] ?? 0) | 0x80;
  }
  return Buffer.concat([start, header, body, flac.subarray(firstBlockEnd)]);
}
