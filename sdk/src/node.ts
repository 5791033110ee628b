// Sources that only Node has: a file on disk, a stream.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Readable } from 'node:stream';
import type { UploadSource } from './upload.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.ts': 'video/mp2t',
};

/** A file on disk; rejects when there is none. */
export async function pathSource(path: string): Promise<UploadSource> {
  const { size } = await stat(path);
  return {
    name: basename(path),
    bytes: size,
    contentType: contentTypeOf(path),
    isRepeatable: true,
    open: () => createReadStream(path) as never,
  };
}

/** A stream of a known length. It cannot move to another region once bytes have been sent. */
export function streamSource(stream: Readable, bytes: number, name: string): UploadSource {
  return { name, bytes, contentType: contentTypeOf(name), isRepeatable: false, open: () => stream as never };
}

function contentTypeOf(name: string): string {
  return CONTENT_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}
