// A tus upload by hand (https://tus.io/protocols/resumable-upload, core and creation): a test that wants to know the
// moment at which the last byte left, or to act between the bytes, cannot use a library.

import { open } from 'node:fs/promises';
import { request } from 'node:http';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '#contract/client.ts';

export interface CreatedUpload {
  readonly url: string;
  readonly assetId: string;
  readonly grant: string;
  readonly file: string;
  readonly bytes: number;
}

export interface SentUpload {
  /** When the socket had taken the last byte, milliseconds since the epoch. */
  readonly lastByteAtMs: number;
  /** When the answer came: the upload is safe. */
  readonly acknowledgedAtMs: number;
  /** Regions that hold it, as the answer says. */
  readonly copies: number;
}

/** What is read and written at once. */
const CHUNK_BYTES = 262_144;

const nowMs = (): number => performance.timeOrigin + performance.now();

/** Creates an upload; the asset's id is known from then on. */
export async function createUpload(
  client: ApiClient,
  ingestUrl: string,
  file: string,
): Promise<CreatedUpload> {
  const { grant } = await client.call('POST /v1/upload-grants', { body: {} });
  const handle = await open(file);
  const bytes = (await handle.stat()).size;
  await handle.close();
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const response = await fetch(`${ingestUrl}/files`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${grant}`,
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes),
      'upload-metadata': `filename ${encode(basename(file))},filetype ${encode('video/mp4')}`,
    },
  });
  const location = response.headers.get('location');
  if (response.status !== 201 || location === null)
    throw new Error(`the upload was not created: ${response.status} ${await response.text()}`);
  const url = new URL(location, `${ingestUrl}/files`).href;
  return { url, assetId: url.split('/').at(-1) ?? '', grant, file, bytes };
}

/** Sends all bytes in one request, not faster than the given rate. */
export async function sendUpload(
  upload: CreatedUpload,
  bytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<SentUpload> {
  const patch = request(upload.url, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${upload.grant}`,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': String(upload.bytes),
    },
  });
  const finished = new Promise<number>((resolve) => patch.once('finish', () => resolve(nowMs())));
  const answered = new Promise<{ status: number; copies: number; atMs: number }>((resolve, reject) => {
    patch.once('error', reject);
    patch.once('response', (response) => {
      const atMs = nowMs();
      response.resume();
      resolve({
        status: response.statusCode ?? 0,
        copies: Number(response.headers['meridian-copies'] ?? 0),
        atMs,
      });
    });
  });
  const handle = await open(upload.file);
  const startedAtMs = nowMs();
  try {
    for (let sent = 0; sent < upload.bytes; ) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, sent);
      if (bytesRead === 0) throw new Error(`${upload.file} became shorter`);
      sent += bytesRead;
      const earlyMs = startedAtMs + (sent * 1_000) / bytesPerSecond - nowMs();
      if (earlyMs > 1) await delay(earlyMs);
      if (!patch.write(buffer.subarray(0, bytesRead)))
        await Promise.race([new Promise((resolve) => patch.once('drain', resolve)), answered]);
    }
  } finally {
    await handle.close();
  }
  patch.end();
  const [lastByteAtMs, { status, copies, atMs }] = await Promise.all([finished, answered]);
  if (status !== 204) throw new Error(`the upload ended with ${status}`);
  return { lastByteAtMs, acknowledgedAtMs: atMs, copies };
}
