// A region's media in a directory. A put is a temporary file, fsync, rename and fsync of the directories, so that a
// reader or a power cut sees the old object or the new one, never a part. SHA-256 is taken on the way.
// Limits: a key may not lie under another key (`a` and `a/b`), which a bucket would allow; symbolic links inside the
// directory are never followed out of it; every process that uses the directory is trusted not to race against that.

import { createHash, hash } from 'node:crypto';
import { constants, createReadStream, realpathSync } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  statfs,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { MeridianError } from '#contract/errors.ts';
import {
  directoryError,
  ensurePrivateDirectory,
  errorCode,
  isMissing,
  isOutOfSpace,
  syncDirectory,
} from '../disk.ts';
import { checkKey, checkPrefix, checkSha256, clampRange } from './object-keys.ts';
import type { AdoptOptions, ObjectInfo, ObjectStore, PutOptions } from './object-store.ts';
import { createTemporaryNames, removeAbandoned, type TemporaryNames } from './temporary-files.ts';

export interface DiskStoreOptions {
  /** How errors name the disk. Default "the media disk": a client need not learn our paths. */
  readonly where?: string;
  /** Writes a chunk; tests put a full disk here where they may not mount one. */
  readonly writeChunk?: (handle: FileHandle, chunk: Uint8Array) => Promise<void>;
}

type PutResult = { bytes: number; sha256: string };

const TEMPORARY_DIRECTORY = '.temporary';
/** Few system calls for a large object, little memory for many readers. */
const READ_CHUNK_BYTES = 256 * 1024;
/** A delete may remove the directory that a put has just made; losing that race this often in a row is no accident. */
const RENAME_ATTEMPTS = 5;
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Opens the store, making the directory when there is none, and removes what dead writers left. */
export async function createDiskStore(
  directory: string,
  options: DiskStoreOptions = {},
): Promise<ObjectStore> {
  const temporary = join(directory, TEMPORARY_DIRECTORY);
  try {
    await ensurePrivateDirectory(directory);
    await ensurePrivateDirectory(temporary);
    await removeAbandoned(temporary);
  } catch (error) {
    throw directoryError(directory, error);
  }
  return new DiskStore(await realpath(directory), await createTemporaryNames(), options);
}

class DiskStore implements ObjectStore {
  /** Real path: what lies inside is compared with it. */
  readonly #root: string;
  readonly #names: TemporaryNames;
  readonly #where: string;
  readonly #writeChunk: (handle: FileHandle, chunk: Uint8Array) => Promise<void>;

  constructor(root: string, names: TemporaryNames, options: DiskStoreOptions) {
    this.#root = root;
    this.#names = names;
    this.#where = options.where ?? 'the media disk';
    this.#writeChunk = options.writeChunk ?? ((handle, chunk) => handle.writeFile(chunk));
  }

  async put(key: string, body: Buffer | Readable, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    const temporary = join(this.#root, TEMPORARY_DIRECTORY, this.#names.next());
    let handle: FileHandle | undefined;
    try {
      handle = await open(temporary, 'wx', 0o600);
      const written = await this.#write(handle, body);
      checkSha256(written.sha256, options.sha256);
      if (options.isDurable !== false) await handle.sync();
      await handle.close();
      handle = undefined;
      await this.#moveIn(key, temporary, options.isDurable !== false);
      return written;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      await rm(temporary, { force: true });
      // Whoever sends must learn that nobody reads any more.
      if (body instanceof Readable) body.destroy();
      throw this.#explain(error);
    }
  }

  async adoptFile(key: string, path: string, options: AdoptOptions = {}): Promise<PutResult> {
    checkKey(key);
    const handle = await open(path, READ_FLAGS);
    let result: PutResult;
    try {
      const { sha256, isHashed = false } = options;
      const isKnown = isHashed && sha256 !== undefined;
      result = isKnown ? { bytes: (await handle.stat()).size, sha256 } : await hashFile(handle);
      checkSha256(result.sha256, sha256);
      if (options.isDurable !== false) await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      await this.#moveIn(key, path, options.isDurable !== false);
      return result;
    } catch (error) {
      if (errorCode(error) !== 'EXDEV') throw this.#explain(error);
    }
    // Another file system: copy, then let go of the original.
    const copied = await this.put(key, createReadStream(path), { ...options, sha256: result.sha256 });
    await rm(path, { force: true });
    return copied;
  }

  async get(key: string, range?: { start: number; end: number }): Promise<Buffer | undefined> {
    const found = await this.#open(key);
    if (found === undefined) return undefined;
    try {
      const { start, count } = clampRange(range, found.info.bytes);
      const buffer = Buffer.allocUnsafe(count);
      let filled = 0;
      while (filled < count) {
        const { bytesRead } = await found.handle.read(buffer, filled, count - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await found.handle.close();
    }
  }

  async stream(
    key: string,
    range?: { start: number; end: number },
  ): Promise<{ body: Readable; info: ObjectInfo } | undefined> {
    const found = await this.#open(key);
    if (found === undefined) return undefined;
    const { handle, info } = found;
    try {
      const { start, count } = clampRange(range, info.bytes);
      if (count === 0) {
        await handle.close();
        return { body: Readable.from([]), info };
      }
      const body = handle.createReadStream({
        start,
        end: start + count - 1,
        highWaterMark: READ_CHUNK_BYTES,
      });
      return { body, info };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const path = join(this.#root, key);
    const found = await lstat(path).catch(ignoreMissing);
    if (!found?.isFile() || !(await this.#isInside(dirname(path)))) return undefined;
    return { key, bytes: found.size, modifiedAtMs: Math.trunc(found.mtimeMs) };
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix);
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '' && !(await this.#isInside(join(this.#root, folder)))) return;
    yield* this.#listFolder(folder, prefix.slice(folder.length));
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    const path = join(this.#root, key);
    if (!(await this.#isInside(dirname(path)))) return;
    const found = await lstat(path).catch(ignoreMissing);
    if (found === undefined || found.isDirectory()) return;
    await rm(path, { force: true });
    for (let parent = dirname(path); parent !== this.#root; parent = dirname(parent)) {
      // Not empty, or somebody else was faster: either way it is not ours to remove.
      if (
        !(await rmdir(parent).then(
          () => true,
          () => false,
        ))
      )
        return;
    }
  }

  localPath(key: string): string | undefined {
    checkKey(key);
    const path = join(this.#root, key);
    try {
      return realpathSync(path) === path ? path : undefined;
    } catch {
      return undefined;
    }
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#root);
    return bavail * bsize;
  }

  /** Writes all of the body, reading no faster than the disk takes it. */
  async #write(handle: FileHandle, body: Buffer | Readable): Promise<PutResult> {
    if (Buffer.isBuffer(body)) {
      await this.#writeChunk(handle, body);
      return { bytes: body.length, sha256: hash('sha256', body, 'hex') };
    }
    const digest = createHash('sha256');
    let bytes = 0;
    for await (const chunk of body) {
      const data = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      digest.update(data);
      bytes += data.length;
      await this.#writeChunk(handle, data);
    }
    return { bytes, sha256: digest.digest('hex') };
  }

  /** Gives a finished file its key. */
  async #moveIn(key: string, from: string, isDurable: boolean): Promise<void> {
    const path = join(this.#root, key);
    for (let attempt = 1; ; attempt += 1) {
      await this.#makeFolder(dirname(path));
      try {
        await rename(from, path);
      } catch (error) {
        if (errorCode(error) === 'ENOENT' && attempt < RENAME_ATTEMPTS) continue;
        if (isKeyTaken(error)) throw keyTaken(key);
        throw error;
      }
      if (!isDurable) return;
      // The name lies in the last directory, whose own name lies in the one above it. Those may be new although we have
      // not made them: another put has, or a process that was killed before its fsync. One that is not new costs little.
      await Promise.all([this.#root, ...this.#foldersAbove(path)].map(syncDirectory));
      return;
    }
  }

  /** Folders between the root and a file in it. */
  #foldersAbove(path: string): string[] {
    const folders: string[] = [];
    for (let folder = dirname(path); folder !== this.#root; folder = dirname(folder)) folders.push(folder);
    return folders;
  }

  /** Makes a folder and those above it, never through a symbolic link. */
  async #makeFolder(folder: string): Promise<void> {
    if (await this.#isInside(folder)) return;
    let path = this.#root;
    for (const part of folder.slice(this.#root.length + 1).split('/')) {
      path = join(path, part);
      try {
        await mkdir(path, { mode: 0o700 });
      } catch (error) {
        // ENOENT: a delete took the folder above in between; the rename notices and everything is tried again.
        if (errorCode(error) === 'ENOENT') return;
        if (errorCode(error) !== 'EEXIST') throw error;
        const found = await lstat(path).catch(ignoreMissing);
        if (found !== undefined && !found.isDirectory()) throw keyTaken(folder.slice(this.#root.length + 1));
      }
    }
  }

  /** Whether a folder exists and is really where its name says. */
  async #isInside(folder: string): Promise<boolean> {
    const plain = folder.endsWith('/') ? folder.slice(0, -1) : folder;
    return (await realpath(plain).catch(ignoreMissing)) === plain;
  }

  async #open(key: string): Promise<{ handle: FileHandle; info: ObjectInfo } | undefined> {
    checkKey(key);
    const path = join(this.#root, key);
    if (!(await this.#isInside(dirname(path)))) return undefined;
    let handle: FileHandle;
    try {
      handle = await open(path, READ_FLAGS);
    } catch (error) {
      // ELOOP: the key is a symbolic link, which no put of ours has made.
      if (isMissing(error) || errorCode(error) === 'ELOOP') return undefined;
      throw error;
    }
    const found = await handle.stat();
    if (found.isFile())
      return { handle, info: { key, bytes: found.size, modifiedAtMs: Math.trunc(found.mtimeMs) } };
    await handle.close();
    return undefined;
  }

  /** One folder's objects in the order of their whole keys: a folder sorts as if its name ended in a slash. */
  async *#listFolder(folder: string, nameStart: string): AsyncGenerator<ObjectInfo> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch(ignoreMissing);
    const names = (entries ?? [])
      .filter((entry) => entry.name.startsWith(nameStart) && !entry.name.startsWith('.'))
      .filter((entry) => entry.isFile() || entry.isDirectory())
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
    for (const name of names) {
      if (name.endsWith('/')) {
        yield* this.#listFolder(`${folder}${name}`, '');
        continue;
      }
      const key = `${folder}${name}`;
      const found = await lstat(join(this.#root, key)).catch(ignoreMissing);
      if (found?.isFile()) yield { key, bytes: found.size, modifiedAtMs: Math.trunc(found.mtimeMs) };
    }
  }

  #explain(error: unknown): unknown {
    if (isOutOfSpace(error))
      return new MeridianError('storage_full', { where: this.#where }, { cause: error });
    return error;
  }
}

/** A rename onto a folder, or below a file. */
function isKeyTaken(error: unknown): boolean {
  return ['EISDIR', 'ENOTEMPTY', 'ENOTDIR'].includes(errorCode(error) ?? '');
}

function keyTaken(key: string): MeridianError {
  const reason = `the object key "${key}" lies above or below the key of another object`;
  return new MeridianError('invalid_request', { reason });
}

function ignoreMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

async function hashFile(handle: FileHandle): Promise<PutResult> {
  const digest = createHash('sha256');
  let bytes = 0;
  for await (const chunk of handle.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: READ_CHUNK_BYTES,
  })) {
    digest.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: digest.digest('hex') };
}
