// The disk under an edge's memory: bounded, immutable objects only, checked at every read. It is an addition, never a
// condition: when the disk is full, slow or gone, the edge goes on from memory and tries the disk again later.
// One file per object. Its name tells key and size, so that the index comes back after a restart by listing folders.
// Eviction is CLOCK: the oldest leaves, unless it was read since the hand last came by.
// Limits: what is being written may be lost in a crash; it is fetched again.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { isMissing } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import {
  DISK_FILES_MAX,
  DISK_OBJECT_SHARE_MAX,
  DISK_QUEUE_BYTES_MAX,
  DISK_READ_MS_MAX,
  DISK_READS_MAX,
  DISK_RETRY_MS_MAX,
  DISK_RETRY_MS_MIN,
} from '../limits.ts';
import type { DiskFiles } from './disk-files.ts';
import { type DiskObject, decodeRecord, encodeRecord } from './disk-record.ts';

export interface DiskCounters {
  readonly hits: Counter;
  readonly writes: Counter;
  readonly evictions: Counter;
  readonly corrupt: Counter;
  readonly errors: Counter;
  /** Objects that were worth a place and did not get one, since the disk could not keep up. */
  readonly dropped: Counter;
}

export interface DiskCache {
  /** Finds what is there from before; objects are found as their folders are read. */
  load(): Promise<void>;
  has(key: string): boolean;
  /** The object, checked; null when it is not there, damaged, or the disk is in trouble. */
  read(key: string): Promise<DiskObject | null>;
  /** Keeps an object, in the background. */
  offer(object: DiskObject): void;
  /** Gives up reads that take too long. */
  sweep(): void;
  /** Resolves when what is queued is written. */
  settled(): Promise<void>;
  bytes(): number;
  count(): number;
  isFailing(): boolean;
}

export interface DiskCacheOptions {
  readonly directory: string;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: DiskFiles;
  readonly counters: DiskCounters;
}

interface Entry {
  readonly name: string;
  readonly bytes: number;
  isVisited: boolean;
}

interface Read {
  readonly startedAtMs: number;
  giveUp(): void;
}

const NAME = /^([0-9a-f]{40})-([1-9]\d{0,9})$/;
/** File systems give space in blocks. */
const BLOCK_BYTES = 4_096;

const spaceOf = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
const nameOf = (key: string): string => hash('sha256', key, 'hex').slice(0, 40);

/** Creates the disk cache of an edge; `load` brings back what it kept. */
export function createDiskCache(options: DiskCacheOptions): DiskCache {
  return new FileDiskCache(options);
}

class FileDiskCache implements DiskCache {
  readonly #options: DiskCacheOptions;
  /** By name, oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #reads = new Set<Read>();
  readonly #writing = new Set<string>();
  readonly #folders = new Set<string>();
  #bytes = 0;
  #queuedBytes = 0;
  #queue: Promise<void> = Promise.resolve();
  #failures = 0;
  #retryAtMs = 0;

  constructor(options: DiskCacheOptions) {
    this.#options = options;
  }

  bytes(): number {
    return this.#bytes;
  }

  count(): number {
    return this.#entries.size;
  }

  settled(): Promise<void> {
    return this.#queue;
  }

  isFailing(): boolean {
    return this.#options.clock.monotonicMs() < this.#retryAtMs;
  }

  has(key: string): boolean {
    return this.#entries.size > 0 && this.#entries.has(nameOf(key));
  }

  async load(): Promise<void> {
    const { directory, files, log, clock } = this.#options;
    const startedAtMs = clock.monotonicMs();
    try {
      await files.makeFolder(directory);
      for (const folder of await files.list(directory)) {
        if (!/^[0-9a-f]{2}$/.test(folder)) continue;
        this.#folders.add(folder);
        for (const file of await files.list(join(directory, folder))) this.#find(folder, file);
      }
    } catch (error) {
      this.#fail('load', error);
    }
    log.info(
      { objects: this.count(), bytes: this.#bytes, tookMs: Math.round(clock.monotonicMs() - startedAtMs) },
      'the disk cache is read in',
    );
  }

  #find(folder: string, file: string): void {
    const match = NAME.exec(file);
    const name = match?.[1];
    if (name === undefined || !name.startsWith(folder)) {
      // What a crash left half-written.
      if (file.endsWith('.tmp')) this.#remove(join(this.#options.directory, folder, file));
      return;
    }
    // Something newer may have been written while the folders were being read.
    if (!this.#entries.has(name)) this.#add({ name, bytes: Number(match?.[2]), isVisited: false });
  }

  async read(key: string): Promise<DiskObject | null> {
    const name = nameOf(key);
    const entry = this.#entries.get(name);
    if (entry === undefined || this.isFailing() || this.#reads.size >= DISK_READS_MAX) return null;
    const { counters } = this.#options;
    const file = await this.#readFile(entry);
    if (file === null) return null;
    const object = decodeRecord(file, key);
    if (object === null) {
      counters.corrupt.value += 1;
      this.#options.log.warn({ key }, 'an object on disk is damaged; it is deleted and fetched again');
      this.#drop(entry);
      return null;
    }
    counters.hits.value += 1;
    entry.isVisited = true;
    return object;
  }

  #readFile(entry: Entry): Promise<Buffer | null> {
    const { clock, files } = this.#options;
    return new Promise((resolve) => {
      const read: Read = {
        startedAtMs: clock.monotonicMs(),
        giveUp: () => {
          this.#reads.delete(read);
          resolve(null);
        },
      };
      this.#reads.add(read);
      files.read(this.#pathOf(entry), entry.bytes).then(
        (file) => {
          this.#reads.delete(read);
          this.#succeed();
          resolve(file);
        },
        (error: unknown) => {
          this.#noteReadError(entry, error);
          read.giveUp();
        },
      );
    });
  }

  #noteReadError(entry: Entry, error: unknown): void {
    const isOfSystem = error instanceof Error && 'code' in error;
    if (isOfSystem && !isMissing(error)) {
      this.#fail('read', error);
      return;
    }
    // Another length than its name says, or somebody has deleted it.
    if (!isOfSystem) this.#options.counters.corrupt.value += 1;
    this.#drop(entry);
  }

  offer(object: DiskObject): void {
    const { bytesMax, counters } = this.#options;
    if (object.body.length > bytesMax * DISK_OBJECT_SHARE_MAX || this.isFailing()) return;
    const name = nameOf(object.key);
    if (this.#entries.has(name) || this.#writing.has(name)) return;
    if (this.#queuedBytes + object.body.length > DISK_QUEUE_BYTES_MAX) {
      counters.dropped.value += 1;
      return;
    }
    this.#writing.add(name);
    this.#queuedBytes += object.body.length;
    this.#queue = this.#queue.then(async () => {
      // A disk that has failed meanwhile is left alone, also by what waits.
      if (!this.isFailing()) await this.#write(name, object);
      this.#writing.delete(name);
      this.#queuedBytes -= object.body.length;
    });
  }

  async #write(name: string, object: DiskObject): Promise<void> {
    const { bytesMax, counters, directory, files } = this.#options;
    const parts = encodeRecord(object);
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const entry: Entry = { name, bytes, isVisited: false };
    this.#makeRoom(bytesMax - spaceOf(bytes));
    try {
      const folder = name.slice(0, 2);
      if (!this.#folders.has(folder)) await files.makeFolder(join(directory, folder));
      this.#folders.add(folder);
      await files.write(this.#pathOf(entry), parts);
      this.#add(entry);
      counters.writes.value += 1;
      this.#succeed();
    } catch (error) {
      // The folder may have been deleted under us.
      this.#folders.clear();
      this.#fail('write', error);
    }
  }

  sweep(): void {
    const overdueMs = this.#options.clock.monotonicMs() - DISK_READ_MS_MAX;
    for (const read of this.#reads) {
      if (read.startedAtMs > overdueMs) continue;
      read.giveUp();
      this.#fail('read', new Error(`a read took longer than ${DISK_READ_MS_MAX} ms`));
    }
  }

  #pathOf(entry: Entry): string {
    return join(this.#options.directory, entry.name.slice(0, 2), `${entry.name}-${entry.bytes}`);
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.name, entry);
    this.#bytes += spaceOf(entry.bytes);
    this.#makeRoom(this.#options.bytesMax);
  }

  #makeRoom(bytesMax: number): void {
    while (this.#bytes > bytesMax || this.#entries.size > DISK_FILES_MAX) {
      const oldest = this.#oldest();
      if (oldest === undefined) return;
      this.#drop(oldest);
      this.#options.counters.evictions.value += 1;
    }
  }

  /** The oldest that was not read since the hand came by; what was read goes to the young end. */
  #oldest(): Entry | undefined {
    for (const entry of this.#entries.values()) {
      if (!entry.isVisited) return entry;
      entry.isVisited = false;
      this.#entries.delete(entry.name);
      this.#entries.set(entry.name, entry);
    }
    return undefined;
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.name) !== entry) return;
    this.#entries.delete(entry.name);
    this.#bytes -= spaceOf(entry.bytes);
    this.#remove(this.#pathOf(entry));
  }

  #remove(path: string): void {
    const { files } = this.#options;
    this.#queue = this.#queue.then(() =>
      files.remove(path).catch((error: unknown) => this.#fail('remove', error)),
    );
  }

  #succeed(): void {
    if (this.#failures === 0 || this.isFailing()) return;
    this.#failures = 0;
    this.#options.log.info({}, 'the disk cache works again');
  }

  /** Counts every failure, says the first of a row, and leaves the disk alone for a while. */
  #fail(what: string, error: unknown): void {
    const { clock, counters, log } = this.#options;
    counters.errors.value += 1;
    // Many operations fail together; together they count as one.
    if (this.isFailing()) return;
    const retryMs = Math.min(DISK_RETRY_MS_MAX, DISK_RETRY_MS_MIN * 2 ** this.#failures);
    if (this.#failures === 0)
      log.warn({ what, error: String(error) }, 'the disk cache fails; the edge goes on from memory');
    this.#failures += 1;
    this.#retryAtMs = clock.monotonicMs() + retryMs;
  }
}
