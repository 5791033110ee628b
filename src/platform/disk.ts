// Small disk helpers that keep promises: a file written durably survives a power cut whole, or was never there.
// Rename is atomic within a file system, but only an fsync of the directory makes the new name itself durable
// ("All File Systems Are Not Created Equal", Pillai and others, OSDI 2014).

import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';

/** The `code` of a system error (`ENOENT`, `ENOSPC`, …), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a write failed because a disk or a quota is full. */
export function isOutOfSpace(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Whether a path does not exist, or a part of it is a file. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a directory, and those above it, that a power cut does not take away with what is put in it later. The name of
 * one that was there is made durable too: whoever made it may have been killed before its fsync.
 */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  const top = dirname(first ?? path);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    await syncDirectory(folder).catch((error: unknown) => {
      // Who may not read the directory above has not made this one.
      if (first !== undefined || errorCode(error) !== 'EACCES') throw error;
    });
    if (folder === top) return;
  }
}

/**
 * Replaces a file as one durable step: temporary file, fsync, rename, fsync of the directory.
 * Readers see the old bytes or the new ones. A full disk is MeridianError('storage_full') and leaves the old file.
 */
export async function writeFileDurably(
  path: string,
  bytes: Uint8Array | string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(
    directory,
    `.${basename(path)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`,
  );
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', options.mode ?? 0o600);
    await handle.writeFile(bytes);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true });
    if (isOutOfSpace(error))
      throw new MeridianError('storage_full', { where: `the disk of ${directory}` }, { cause: error });
    throw error;
  }
}

/**
 * Tells one run of the machine from the next (random(4)): within one, what was written is there, fsynced or not. After
 * another start only what was fsynced can be trusted, the length of a file no more than its bytes. Undefined where the
 * system does not say.
 */
export async function machineRunId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** Reads a JSON file; undefined when there is none. Broken JSON throws and names the file. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} does not hold valid JSON`, { cause: error });
  }
}

/**
 * Creates a directory that only this user may enter, or closes one that is open to others.
 * What cannot be had is one sentence for the person who chose the path: MeridianError('invalid_config').
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  try {
    await makeDirectoryDurably(path);
    const found = await lstat(path);
    if (found.isSymbolicLink()) return;
    if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (error) {
    throw directoryError(path, error);
  }
}

/** Turns a failure to create or write in a directory into a sentence for the operator. */
export function directoryError(path: string, error: unknown): unknown {
  if (isOutOfSpace(error))
    return new MeridianError('storage_full', { where: `the disk of ${path}` }, { cause: error });
  const reasons: Readonly<Record<string, string>> = {
    EACCES: `the directory ${path} is not writable for this user`,
    EPERM: `the directory ${path} is not writable for this user`,
    EROFS: `the directory ${path} lies on a read-only file system`,
    EEXIST: `${path} is a file, but must be a directory`,
    ENOTDIR: `a part of the path ${path} is a file, but must be a directory`,
    ELOOP: `the path ${path} is a loop of symbolic links`,
    ENAMETOOLONG: `the path ${path} is too long`,
  };
  const reason = reasons[errorCode(error) ?? ''];
  return reason === undefined ? error : new MeridianError('invalid_config', { reason }, { cause: error });
}
