// Reading an asset's media from a region's object store: which attempt to serve, its document, its segments.
// A segment is first an object of its own and then part of a pack. Reads never wait for the writer and never lose a
// segment on its way: the pack is in the document before the object goes, so whoever misses both reads again.
// Limits: documents are cached for a fraction of a second (a growing playlist may be that late), complete ones for
// some seconds; pack indexes, which never change, in a bounded cache.

import { createHash } from 'node:crypto';
import { type MediaDocument, mediaDocumentSchema } from '#contract/media.ts';
import { segmentCount } from '#media/rendition.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import {
  type AttemptPlace,
  fileKey,
  initKey,
  mediaKey,
  openSegmentKey,
  packKey,
  posterKey,
  previewKey,
  storyboardKey,
  versionPrefix,
} from './keys.ts';
import { MediaCache } from './media-cache.ts';
import { isWhole, PACK_TAIL_BYTES, type PackEntry, readPackIndex, unsealSegment } from './pack.ts';

/** How late a growing playlist may be: a tenth of the shortest segment. */
const GROWING_MS = 100;
/** A complete document changes only when copies move. */
const COMPLETE_MS = 5_000;
/** Finding a new attempt takes a listing, which costs more than a read. */
const ATTEMPTS_MS = 1_000;
/** Documents are up to half a megabyte, so this is 100 MB at the very worst and about 2 MB in practice. */
const DOCUMENTS_MAX = 200;
/** An index is about 300 bytes. */
const PACK_INDEXES_MAX = 10_000;
/** More attempts than any job may have; a listing that shows more is not ours. */
const ATTEMPTS_MAX = 64;

export interface MediaReader {
  /** The attempt to serve: the complete one, else the longest, else the newest. */
  readDocument(projectId: string, assetId: string, version: number): Promise<MediaDocument | undefined>;
  /** The document of one attempt. */
  readAttempt(place: AttemptPlace): Promise<MediaDocument | undefined>;
  readInit(place: AttemptPlace, renditionId: string): Promise<Buffer | undefined>;
  readSegment(place: AttemptPlace, renditionId: string, segment: number): Promise<Buffer | undefined>;
  readPoster(place: AttemptPlace): Promise<Buffer | undefined>;
  readSheet(place: AttemptPlace, sheet: number): Promise<Buffer | undefined>;
  readPreview(place: AttemptPlace): Promise<Buffer | undefined>;
  /** A small file that the record names. */
  readFile(projectId: string, assetId: string, sha256: string): Promise<Buffer | undefined>;
}

export interface MediaReaderOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Told of an object whose checksum is wrong; the read then says that there is none, so that another copy is used. */
  readonly onCorruption?: (key: string) => void;
}

/** Published length of a document: that of its shortest rendition, since a viewer needs all kinds. */
function publishedMs(document: MediaDocument): number {
  const lengths = document.renditions.map(
    (rendition) =>
      (rendition.durationRuns.reduce((sum, [ticks, count]) => sum + ticks * count, 0) * 1_000) /
      rendition.timescale,
  );
  return lengths.length === 0 ? 0 : Math.min(...lengths);
}

/** Which of several attempts is served: the complete one, else the longest, else the newest. */
export function chooseAttempt(documents: readonly MediaDocument[]): MediaDocument | undefined {
  return [...documents].sort(
    (left, right) =>
      Number(right.state === 'complete') - Number(left.state === 'complete') ||
      (left.state === 'complete' ? 0 : publishedMs(right) - publishedMs(left)) ||
      right.attempt - left.attempt,
  )[0];
}

/** Parses a media document; undefined when it is not one. */
export function parseDocument(bytes: Buffer): MediaDocument | undefined {
  try {
    return mediaDocumentSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Keeps a document that another region pushed, unless the store has the same or a newer revision of the attempt. */
export async function keepDocument(store: ObjectStore, document: MediaDocument): Promise<boolean> {
  const key = mediaKey(document);
  const bytes = await store.get(key);
  const current = bytes === undefined ? undefined : parseDocument(bytes);
  if (current !== undefined && current.revision >= document.revision) return false;
  await store.put(key, Buffer.from(JSON.stringify(document)));
  return true;
}

/** Creates the reader of one region's store. */
export function createMediaReader(options: MediaReaderOptions): MediaReader {
  const { store, clock } = options;
  const attemptLists = new MediaCache<readonly number[]>(DOCUMENTS_MAX);
  const documents = new MediaCache<MediaDocument | undefined>(DOCUMENTS_MAX);
  const completed = new MediaCache<MediaDocument>(DOCUMENTS_MAX);
  const packIndexes = new MediaCache<readonly PackEntry[] | undefined>(PACK_INDEXES_MAX);

  async function listAttempts(prefix: string): Promise<readonly number[]> {
    const attempts: number[] = [];
    for await (const { key } of store.list(`${prefix}a`)) {
      const match = /^a(\d{1,9})\/media\.json$/.exec(key.slice(prefix.length));
      if (match !== null) attempts.push(Number(match[1]));
      if (attempts.length >= ATTEMPTS_MAX) break;
    }
    return attempts;
  }

  function attemptsOf(prefix: string): Promise<readonly number[]> {
    const nowMs = clock.monotonicMs();
    const cached = attemptLists.get(prefix, nowMs);
    if (cached !== undefined) return cached;
    const listing = listAttempts(prefix);
    attemptLists.set(prefix, listing, nowMs, ATTEMPTS_MS);
    // A viewer waits for the first document of a new asset, so its absence is not believed for long.
    return listing.then((attempts) => {
      if (attempts.length === 0) attemptLists.set(prefix, listing, nowMs, GROWING_MS);
      return attempts;
    });
  }

  async function loadDocument(key: string): Promise<MediaDocument | undefined> {
    const bytes = await store.get(key);
    if (bytes === undefined) return undefined;
    const document = parseDocument(bytes);
    if (document === undefined) options.onCorruption?.(key);
    return document;
  }

  function readAttempt(place: AttemptPlace, isFresh = false): Promise<MediaDocument | undefined> {
    const key = mediaKey(place);
    const nowMs = clock.monotonicMs();
    const cached = isFresh ? undefined : documents.get(key, nowMs);
    if (cached !== undefined) return cached;
    const loading = loadDocument(key);
    documents.set(key, loading, nowMs, GROWING_MS);
    return loading.then((document) => {
      if (document?.state === 'complete') documents.set(key, loading, nowMs, COMPLETE_MS);
      return document;
    });
  }

  async function readDocument(projectId: string, assetId: string, version: number) {
    const prefix = versionPrefix(projectId, assetId, version);
    const nowMs = clock.monotonicMs();
    const cached = completed.get(prefix, nowMs);
    if (cached !== undefined) return cached;
    const attempts = await attemptsOf(prefix);
    const found = await Promise.all(
      attempts.map((attempt) => readAttempt({ projectId, assetId, version, attempt })),
    );
    const chosen = chooseAttempt(found.filter((document) => document !== undefined));
    // Nothing beats a complete attempt, so no listing is needed while it is there.
    if (chosen?.state === 'complete') completed.set(prefix, Promise.resolve(chosen), nowMs, COMPLETE_MS);
    return chosen;
  }

  async function loadPackIndex(key: string, bytes: number): Promise<readonly PackEntry[] | undefined> {
    const start = Math.max(0, bytes - PACK_TAIL_BYTES);
    const tail = await store.get(key, { start, end: bytes - 1 });
    const index = tail === undefined ? undefined : readPackIndex(tail);
    if (tail !== undefined && index === undefined) options.onCorruption?.(key);
    return index;
  }

  async function packIndex(key: string, bytes: number): Promise<readonly PackEntry[] | undefined> {
    const cached = await packIndexes.get(key, 0);
    if (cached !== undefined) return cached;
    const loading = loadPackIndex(key, bytes);
    packIndexes.set(key, loading, 0, Number.POSITIVE_INFINITY);
    const index = await loading;
    // The pack may still arrive by replication.
    if (index === undefined) packIndexes.delete(key);
    return index;
  }

  async function readFromPack(
    place: AttemptPlace,
    document: MediaDocument | undefined,
    renditionId: string,
    segment: number,
  ): Promise<Buffer | undefined> {
    const rendition = document?.renditions.find(({ id }) => id === renditionId);
    const pack = rendition?.packs.find(
      ({ firstSegment, segmentCount: count }) => segment >= firstSegment && segment < firstSegment + count,
    );
    if (pack === undefined) return undefined;
    const key = packKey(place, renditionId, pack.firstSegment);
    const entry = (await packIndex(key, pack.bytes))?.find((candidate) => candidate.segment === segment);
    if (entry === undefined || entry.bytes <= 0) return undefined;
    const data = await store.get(key, { start: entry.offset, end: entry.offset + entry.bytes - 1 });
    if (data === undefined) return undefined;
    if (isWhole(data, entry)) return data;
    options.onCorruption?.(key);
    return undefined;
  }

  /** A segment whose pack is not closed. Nobody waits for its fsync: after a power cut it may be anything. */
  async function readOpen(
    place: AttemptPlace,
    renditionId: string,
    segment: number,
  ): Promise<Buffer | undefined> {
    const key = openSegmentKey(place, renditionId, segment);
    const sealed = await store.get(key);
    if (sealed === undefined) return undefined;
    const data = unsealSegment(sealed);
    if (data === undefined) options.onCorruption?.(key);
    return data;
  }

  async function readSegment(place: AttemptPlace, renditionId: string, segment: number) {
    const document = await readAttempt(place);
    const packed = await readFromPack(place, document, renditionId, segment);
    if (packed !== undefined) return packed;
    const open = await readOpen(place, renditionId, segment);
    if (open !== undefined) return open;
    // It may have moved into a pack since the document was read.
    if (document?.state === 'complete') return undefined;
    return readFromPack(place, await readAttempt(place, true), renditionId, segment);
  }

  /** An object that is named by a whole checksum, where one is known; one that differs is as good as missing. */
  async function readChecked(key: string, sha256: string | undefined): Promise<Buffer | undefined> {
    const bytes = await store.get(key);
    if (bytes === undefined || sha256 === undefined) return bytes;
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    options.onCorruption?.(key);
    return undefined;
  }

  /** An object that an attempt's document vouches for: where the document cannot be read, nobody knows right from rotten. */
  async function readVouched(
    key: string,
    place: AttemptPlace,
    sha256Of: (document: MediaDocument) => string | undefined,
  ): Promise<Buffer | undefined> {
    const document = await readAttempt(place);
    return document === undefined ? undefined : readChecked(key, sha256Of(document));
  }

  return {
    readDocument,
    readAttempt: (place) => readAttempt(place),
    readInit: (place, renditionId) =>
      readVouched(
        initKey(place, renditionId),
        place,
        ({ renditions }) => renditions.find(({ id }) => id === renditionId)?.initSha256,
      ),
    readSegment,
    readPoster: (place) => readVouched(posterKey(place), place, ({ posterSha256 }) => posterSha256),
    readSheet: (place, sheet) =>
      readVouched(storyboardKey(place, sheet), place, ({ storyboard }) => storyboard?.sha256s?.[sheet]),
    readPreview: (place) => readVouched(previewKey(place), place, ({ previewSha256 }) => previewSha256),
    readFile: (projectId, assetId, sha256) => readChecked(fileKey(projectId, assetId, sha256), sha256),
  };
}

/** One past the last segment that a rendition has published. */
export function endSegment(rendition: MediaDocument['renditions'][number]): number {
  return rendition.firstSegment + segmentCount(rendition);
}
