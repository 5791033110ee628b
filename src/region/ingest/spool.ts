// The spool: uploads in progress on the local disk, a directory each with the bytes and what is known of them.
// The file's length is the offset, so that a killed process loses nothing it had told the client. A machine that lost its
// power does: bytes that were not fsynced may then be zeroes, so an unfinished upload begins anew.

import { createHash, type Hash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MeridianError } from '#contract/errors.ts';
import type { Visibility } from '#contract/media.ts';
import type { JobPriority } from '#contract/priority.ts';
import {
  isMissing,
  isOutOfSpace,
  machineRunId,
  makeDirectoryDurably,
  readJsonFile,
  writeFileDurably,
} from '#platform/disk.ts';
import { createArrivingFiles } from './arriving-files.ts';

/** What is known of an upload; written once at its creation and once when it is finished. */
export interface UploadInfo {
  readonly id: string;
  readonly projectId: string;
  /** The upload becomes this version of an asset that exists; absent: an asset of its own, named like the upload. */
  readonly replaces?: { readonly assetId: string; readonly version: number };
  readonly visibility: Visibility;
  /** Of its processing; absent: normal. */
  readonly priority?: JobPriority;
  /** Asked for with the upload; absent: as the project has it. */
  readonly preset?: string;
  readonly bytes: number;
  readonly fileName: string;
  readonly contentType: string;
  readonly createdAtMs: number;
  /** A part for concatenation: never an asset by itself. */
  readonly isPartial: boolean;
  /** Set once the promise is kept: regions that hold the source. The bytes have then left the spool. */
  readonly finished: { readonly regionIds: readonly string[] } | null;
  /** Metadata as the client sent it, for HEAD. */
  readonly metadata: Readonly<Record<string, string | null>>;
}

export interface Spool {
  create(info: UploadInfo): Promise<void>;
  info(id: string): Promise<UploadInfo | undefined>;
  /** Whether the bytes are here; those of an upload that is being finished are on their way into the store. */
  hasBytes(id: string): Promise<boolean>;
  /** Puts back all bytes of an upload, which had left for the store. */
  refill(id: string, body: Readable): Promise<void>;
  /** Bytes received so far; the whole length once finished. */
  offset(info: UploadInfo): Promise<number>;
  /**
   * Appends a stream at `offset` and returns the new offset; what arrived before a break is kept.
   * With a checksum, nothing is kept unless it matches.
   * @throws MeridianError storage_full, checksum_mismatch, offset_mismatch
   */
  append(
    info: UploadInfo,
    offset: number,
    body: Readable,
    options: { checksum: { algorithm: string; digest: string } | null; onProgress: (offset: number) => void },
  ): Promise<number>;
  /** SHA-256 of all bytes, lower-case hex. */
  sha256(info: UploadInfo): Promise<string>;
  dataPath(id: string): string;
  /** Flushes the bytes to the disk. */
  sync(id: string): Promise<void>;
  markFinished(info: UploadInfo, regionIds: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly UploadInfo[]>;
  /** Forgets the bytes of unfinished uploads if the machine's power has failed since they came; call it before `list`. */
  distrustAfterPowerCut(): Promise<void>;
}

/** Opens the spool in a directory. */
export function createSpool(directory: string): Spool {
  const arriving = createArrivingFiles();
  const place = (id: string): string => join(directory, id);
  const dataPath = (id: string): string => join(place(id), 'data');
  const infoPath = (id: string): string => join(place(id), 'info.json');

  /** In which run of the machine the uploads came. */
  const runPath = `${directory}-run.json`;

  async function list(): Promise<UploadInfo[]> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const infos: UploadInfo[] = [];
    for (const id of await readdir(directory)) {
      const info = (await readJsonFile(infoPath(id))) as UploadInfo | undefined;
      if (info === undefined) await rm(place(id), { recursive: true, force: true });
      else infos.push(info);
    }
    return infos;
  }

  async function fileLength(id: string): Promise<number> {
    try {
      return (await stat(dataPath(id))).size;
    } catch {
      throw new MeridianError('not_found', { what: 'such upload' });
    }
  }

  async function writeAll(
    file: FileHandle,
    id: string,
    offset: number,
    body: Readable,
    checksum: Hash | null,
    onProgress: (offset: number) => void,
  ): Promise<number> {
    let position = offset;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await file.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      checksum?.update(chunk);
      arriving.wrote(dataPath(id), position - chunk.length, chunk);
      if (checksum === null) onProgress(position);
    }
    return position;
  }

  return {
    dataPath,
    async create(info) {
      await mkdir(place(info.id), { recursive: true, mode: 0o700 });
      await (await open(dataPath(info.id), 'w', 0o600)).close();
      await writeFileDurably(infoPath(info.id), JSON.stringify(info));
      arriving.begin(dataPath(info.id));
    },
    async info(id) {
      return (await readJsonFile(infoPath(id))) as UploadInfo | undefined;
    },
    hasBytes: (id) =>
      stat(dataPath(id)).then(
        () => true,
        () => false,
      ),
    async refill(id, body) {
      const aside = `${dataPath(id)}.refill`;
      await pipeline(body, createWriteStream(aside, { mode: 0o600 }));
      await rename(aside, dataPath(id));
    },
    async offset(info) {
      return info.finished === null ? fileLength(info.id) : info.bytes;
    },
    async append(info, offset, body, options) {
      const length = await fileLength(info.id);
      if (length !== offset) throw new MeridianError('offset_mismatch', { offset: length });
      const file = await open(dataPath(info.id), constants.O_WRONLY);
      const checksum = options.checksum === null ? null : createHash(options.checksum.algorithm);
      try {
        const end = await writeAll(file, info.id, offset, body, checksum, options.onProgress);
        if (checksum !== null && checksum.digest('base64') !== options.checksum?.digest) {
          await file.truncate(offset);
          arriving.forget(dataPath(info.id));
          throw new MeridianError('checksum_mismatch');
        }
        options.onProgress(end);
        return end;
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        throw new MeridianError('storage_full', { where: 'the ingest' }, { cause: error });
      } finally {
        await file.close();
      }
    },
    sha256: (info) => arriving.sha256(dataPath(info.id), info.bytes),
    async sync(id) {
      const file = await open(dataPath(id), 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async markFinished(info, regionIds) {
      arriving.forget(dataPath(info.id));
      await writeFileDurably(infoPath(info.id), JSON.stringify({ ...info, finished: { regionIds } }));
    },
    async remove(id) {
      arriving.forget(dataPath(id));
      await rm(place(id), { recursive: true, force: true });
    },
    list,
    async distrustAfterPowerCut() {
      await makeDirectoryDurably(directory);
      const now = (await machineRunId()) ?? null;
      const before = await readJsonFile(runPath);
      if (before === now) return;
      // At the first start there is nothing to distrust.
      const uploads = before === undefined ? [] : await list();
      for (const { id, finished } of uploads)
        if (finished === null)
          await truncate(dataPath(id)).catch((error: unknown) => {
            // It was on its way into the store.
            if (!isMissing(error)) throw error;
          });
      await writeFileDurably(runPath, JSON.stringify(now));
    },
  };
}
