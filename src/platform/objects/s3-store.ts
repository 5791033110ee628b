// A region's media in an S3 bucket (s3mini signs and speaks the protocol). Only what every server offers is used: no
// conditional puts, no bulk delete. Bodies carry a Content-MD5, so that the server refuses what was damaged on the
// way; the SHA-256 is kept as metadata where it is known before the first byte is sent, and checked on whole reads.
// Limits: one stream may have PARTS_MAX parts; `isDurable` means nothing here, since a bucket always is.

import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { S3mini } from 's3mini';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { checkKey, checkPrefix, checkSha256, clampRange } from './object-keys.ts';
import type { ObjectInfo, ObjectRange, ObjectStore, PutOptions } from './object-store.ts';
import { callS3, createS3Fetch, explainS3, isNotFound, isPastEnd, watchHeaders } from './s3-requests.ts';

export interface S3StoreOptions {
  /** Address of the bucket, e.g. https://s3.example/meridian-dublin. */
  readonly endpoint: string;
  readonly bucketRegion: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Longest until the response to one request, uploading a part included, and longest silence in a body. Default 60 s: 8 MiB at 1.1 Mbit/s. */
  readonly requestMsMax?: number;
}

type PutResult = { bytes: number; sha256: string };

/** Smallest size that every server takes for a part is 5 MiB; two are in memory per upload. */
const PART_BYTES = 8 * 2 ** 20;
/** What the protocol allows; with PART_BYTES that is 78 GiB. */
const PARTS_MAX = 10_000;
/** Largest page that servers return. */
const PAGE_KEYS = 1_000;
const MEDIA_TYPE = 'application/octet-stream';
const SHA256_HEADER = 'x-amz-meta-sha256';

/** Creates a store on a bucket, which must exist. Nothing is asked of the server yet. */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const requestMsMax = options.requestMsMax ?? 60_000;
  const client = new S3mini({
    endpoint: options.endpoint,
    region: options.bucketRegion,
    accessKeyId: options.accessKeyId,
    secretAccessKey: options.secretAccessKey,
    fetch: createS3Fetch(requestMsMax),
  });
  return new S3Store(client, requestMsMax);
}

class S3Store implements ObjectStore {
  readonly #client: S3mini;
  readonly #silenceMsMax: number;

  constructor(client: S3mini, silenceMsMax: number) {
    this.#client = client;
    this.#silenceMsMax = silenceMsMax;
  }

  async put(key: string, body: Buffer | Readable, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    if (Buffer.isBuffer(body)) return await this.#putWhole(key, body, options);
    try {
      const parts = inParts(body);
      const { value: first = Buffer.alloc(0) } = await parts.next();
      if (first.length < PART_BYTES) return await this.#putWhole(key, first, options);
      return await this.#putParts(key, first, parts, options);
    } finally {
      body.destroy();
    }
  }

  async get(key: string, range?: ObjectRange): Promise<Buffer | undefined> {
    const found = await this.stream(key, range);
    if (found === undefined) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of found.body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async stream(key: string, range?: ObjectRange): Promise<{ body: Readable; info: ObjectInfo } | undefined> {
    checkKey(key);
    if (range !== undefined) clampRange(range, 0);
    const response = await this.#fetchObject(key, range);
    if (response === 'missing') return undefined;
    if (response === 'past-end') {
      const info = await this.head(key);
      return info === undefined ? undefined : { body: Readable.from([]), info };
    }
    const info = infoOf(key, response.headers);
    // Some servers answer a range with more than was asked for, or with everything: only the range is passed on.
    const wanted = clampRange(range, info.bytes);
    const first = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    const window = { skip: wanted.start - Number(first ?? 0), count: wanted.count };
    const sha256 = range === undefined ? (response.headers.get(SHA256_HEADER) ?? undefined) : undefined;
    return { body: bodyOf(response, window, sha256, this.#silenceMsMax), info };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    let isThere = false;
    const headers = await watchHeaders(async () => {
      isThere = (await callS3(() => this.#client.objectExists(key))) === true;
    });
    return isThere && headers !== undefined ? infoOf(key, headers) : undefined;
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix);
    let token: string | undefined;
    do {
      const from = token;
      const page = await callS3(() => this.#client.listObjectsPaged('/', prefix, PAGE_KEYS, from));
      if (page?.objects === undefined || page.objects === null) throw new Error('there is no such bucket');
      // Servers list in key order; some small ones only nearly do.
      const found = page.objects.sort((one, other) => (one.Key < other.Key ? -1 : 1));
      for (const { Key, Size, LastModified } of found)
        yield { key: Key, bytes: Number(Size), modifiedAtMs: new Date(LastModified).getTime() };
      token = page.nextContinuationToken;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await callS3(() => this.#client.deleteObject(key)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  async adoptFile(key: string, path: string, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    // Reading twice is cheap beside the upload, and the checksum can then lie beside the object.
    const digest = createHash('sha256');
    await pipeline(createReadStream(path), digest);
    const sha256 = digest.digest('hex');
    checkSha256(sha256, options.sha256);
    const put = await this.put(key, createReadStream(path), { ...options, sha256 });
    await rm(path, { force: true });
    return put;
  }

  localPath(key: string): undefined {
    checkKey(key);
    return undefined;
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async #fetchObject(
    key: string,
    range: ObjectRange | undefined,
  ): Promise<Response | 'missing' | 'past-end'> {
    try {
      return await callS3(() =>
        range === undefined
          ? this.#client.getObjectRaw(key)
          : this.#client.getObjectRaw(key, false, range.start, range.end + 1),
      );
    } catch (error) {
      if (isNotFound(error)) return 'missing';
      if (isPastEnd(error)) return 'past-end';
      throw error;
    }
  }

  async #putWhole(key: string, body: Buffer, options: PutOptions): Promise<PutResult> {
    const sha256 = hash('sha256', body, 'hex');
    checkSha256(sha256, options.sha256);
    await callS3(() =>
      this.#client.putObject(key, body, MEDIA_TYPE, undefined, { [SHA256_HEADER]: sha256 }, body.length),
    );
    return { bytes: body.length, sha256 };
  }

  async #putParts(
    key: string,
    first: Buffer,
    rest: AsyncIterable<Buffer>,
    options: PutOptions,
  ): Promise<PutResult> {
    const metadata = options.sha256 === undefined ? undefined : { [SHA256_HEADER]: options.sha256 };
    const uploadId = await callS3(() =>
      this.#client.getMultipartUploadId(key, MEDIA_TYPE, undefined, metadata),
    );
    const digest = createHash('sha256');
    const parts: { partNumber: number; etag: string }[] = [];
    let bytes = 0;
    let uploading: Promise<unknown> = Promise.resolve();
    try {
      for await (const part of startingWith(first, rest)) {
        digest.update(part);
        bytes += part.length;
        await uploading;
        const partNumber = parts.length + 1;
        if (partNumber > PARTS_MAX)
          throw new MeridianError('request_too_large', { limitBytes: PARTS_MAX * PART_BYTES });
        // One part is on its way while the next is gathered.
        parts.push({ partNumber, etag: '' });
        uploading = callS3(() => this.#client.uploadPart(key, uploadId, part, partNumber)).then(
          ({ etag }) => {
            parts[partNumber - 1] = { partNumber, etag };
          },
        );
        uploading.catch(() => undefined);
      }
      await uploading;
      const sha256 = digest.digest('hex');
      checkSha256(sha256, options.sha256);
      const completed = await callS3(() => this.#client.completeMultipartUpload(key, uploadId, parts));
      // The protocol may report a failure in the body of a response with status 200; only success has an ETag.
      defined(completed.etag, 'the ETag of a completed upload');
      return { bytes, sha256 };
    } catch (error) {
      await uploading.catch(() => undefined);
      await this.#client.abortMultipartUpload(key, uploadId).catch(() => undefined);
      throw error;
    }
  }
}

/** Cuts a stream into parts of PART_BYTES; the last may be shorter, and there is none when the stream is empty. */
async function* inParts(body: Readable): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    gathered.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
    bytes += chunk.length;
    while (bytes >= PART_BYTES) {
      const whole = Buffer.concat(gathered);
      yield whole.subarray(0, PART_BYTES);
      gathered = [whole.subarray(PART_BYTES)];
      bytes -= PART_BYTES;
    }
  }
  if (bytes > 0) yield Buffer.concat(gathered);
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/** Size, also of a ranged response's whole object, and time from a response's headers. */
function infoOf(key: string, headers: Headers): ObjectInfo {
  const whole = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return {
    key,
    bytes: Number(whole ?? headers.get('content-length') ?? 0),
    modifiedAtMs: Date.parse(headers.get('last-modified') ?? '') || 0,
  };
}

/** Bytes to leave out at the start of a body, and how many to pass on then. */
interface Window {
  readonly skip: number;
  readonly count: number;
}

/** The body as a stream that fails when it breaks off, falls silent, or is not what was put. */
function bodyOf(
  response: Response,
  window: Window,
  sha256: string | undefined,
  silenceMsMax: number,
): Readable {
  if (response.body === null) return Readable.from([]);
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  return Readable.from(checked(body, window, sha256, silenceMsMax), { objectMode: false });
}

async function* checked(
  body: Readable,
  window: Window,
  sha256: string | undefined,
  silenceMsMax: number,
): AsyncGenerator<Buffer> {
  const digest = sha256 === undefined ? undefined : createHash('sha256');
  // Only the server's silence counts, not a reader that takes its time.
  const startTimer = (): NodeJS.Timeout =>
    setTimeout(() => body.destroy(new DOMException('the body fell silent', 'TimeoutError')), silenceMsMax);
  let { skip, count } = window;
  let timer = startTimer();
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      const { buffer, byteOffset, byteLength } = chunk as Uint8Array<ArrayBuffer>;
      const data = Buffer.from(buffer, byteOffset, byteLength).subarray(skip);
      skip = Math.max(0, skip - byteLength);
      const passed = data.subarray(0, count);
      count -= passed.length;
      digest?.update(passed);
      if (passed.length > 0) yield passed;
      if (count === 0) break;
      timer = startTimer();
    }
  } catch (error) {
    throw explainS3(error);
  } finally {
    clearTimeout(timer);
  }
  if (count > 0) throw new MeridianError('unavailable', { what: 'The rest of the object' });
  if (digest !== undefined) checkSha256(digest.digest('hex'), sha256);
}
