// The disk under an edge's memory: bounded, immutable objects only, checked. It is an addition, never a condition: when
// the disk is full, slow or gone, the edge goes on from memory and tries the disk again later.
// One file per object. Its name tells key and size, so that the index comes back after a restart by listing folders.
// The first read of a file takes it whole and checks it; the file stays open, and for a minute its pieces are sent as
// they are read. Then it is checked again.
// Eviction is CLOCK: the oldest leaves, unless it was read since the hand last came by.
// Limits: what is being written may be lost in a crash; it is fetched again.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { isMissing } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import {
  DISK_BLOCKED_MS_MAX,
  DISK_COLD_MS,
  DISK_FILES_MAX,
  DISK_OBJECT_SHARE_MAX,
  DISK_PIECE_BYTES,
  DISK_PIECES_MAX,
  DISK_QUEUE_BYTES_MAX,
  DISK_READ_MS_MAX,
  DISK_READS_MAX,
  DISK_TRUST_MS,
  DISK_WARM_MS,
} from '../limits.ts';
import type { DiskFiles, OpenFile } from './disk-files.ts';
import { createDiskHealth, type DiskHealth } from './disk-health.ts';
import { type DiskObject, decodeKey, decodeRecord, encodeRecord, KEY_WITHIN_BYTES } from './disk-record.ts';
import { createOpenFiles } from './open-files.ts';
import { createSlabs } from './slabs.ts';
import { type DiskRead, readStored, type StoredObject } from './stored-object.ts';

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
  /** Whether `open` may have it. */
  isOpen(key: string): boolean;
  /**
   * An object to be sent from disk piece by piece; null when it is not there, was not checked lately, or when too much
   * is read already.
   */
  open(key: string): StoredObject | null;
  /** Keeps an object, in the background. */
  offer(object: DiskObject): void;
  /**
   * Drops every object whose key is meant, those that are still being found or written among them; none of them is
   * read meanwhile. Resolves when their files are gone; rejects when the disk does not tell what it holds.
   */
  purge(isMeant: (key: string) => boolean): Promise<Purged>;
  /** Gives up reads that take too long. */
  sweep(): void;
  /** Resolves when what is queued is written. */
  settled(): Promise<void>;
  bytes(): number;
  count(): number;
  isFailing(): boolean;
  /** Closes what is open. */
  close(): void;
}

/** What a purge has dropped. */
export interface Purged {
  readonly count: number;
  readonly bytes: number;
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
  /** The key, once the file was read. */
  key: string | null;
}

const NAME = /^([0-9a-f]{40})-([1-9]\d{0,9})$/;
/** File systems give space in blocks. */
const BLOCK_BYTES = 4_096;

/** Files whose keys a purge reads at once: it takes its time, and viewers go first. */
const PURGE_READS = 16;

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
  readonly #reads = new Set<DiskRead>();
  readonly #open = createOpenFiles();
  readonly #slabs = createSlabs(DISK_PIECE_BYTES, DISK_PIECES_MAX);
  readonly #health: DiskHealth;
  readonly #writing = new Set<string>();
  readonly #folders = new Set<string>();
  #bytes = 0;
  #queuedBytes = 0;
  /** Until then nothing is taken for warm. */
  #coldUntilMs = 0;
  /** What the process had read from devices a moment ago. */
  #deviceReads = 0;
  #queue: Promise<void> = Promise.resolve();
  #loading: Promise<void> = Promise.resolve();
  /** What is being purged: as good as gone. */
  readonly #purging = new Set<(key: string) => boolean>();

  constructor(options: DiskCacheOptions) {
    this.#options = options;
    this.#health = createDiskHealth({ ...options, errors: options.counters.errors });
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
    return this.#health.isFailing();
  }

  has(key: string): boolean {
    return this.#entries.size > 0 && this.#entries.has(nameOf(key)) && !this.#isPurging(key);
  }

  #isPurging(key: string): boolean {
    if (this.#purging.size === 0) return false;
    for (const isMeant of this.#purging) if (isMeant(key)) return true;
    return false;
  }

  load(): Promise<void> {
    this.#loading = this.#load();
    return this.#loading;
  }

  async #load(): Promise<void> {
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
      this.#health.fail('load', error);
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
    if (!this.#entries.has(name)) this.#add({ name, bytes: Number(match?.[2]), isVisited: false, key: null });
  }

  async read(key: string): Promise<DiskObject | null> {
    const name = nameOf(key);
    const entry = this.#entries.get(name);
    if (entry === undefined || this.isFailing() || this.#reads.size >= DISK_READS_MAX) return null;
    if (this.#isPurging(key)) return null;
    const { clock, counters, files } = this.#options;
    const checkedAtMs = clock.monotonicMs();
    const opening = files.open(this.#pathOf(entry));
    const file = await this.#whenRead(entry, opening);
    if (file === null) {
      // It may open after it was given up.
      opening.then(
        (late) => late.close(),
        () => undefined,
      );
      return null;
    }
    const bytes = await this.#whenRead(entry, readWhole(file, entry.bytes));
    const object = bytes === null ? null : decodeRecord(bytes, key);
    if (object === null) {
      file.close();
      if (bytes !== null) this.#dropDamaged(entry, key);
      return null;
    }
    counters.hits.value += 1;
    entry.isVisited = true;
    // Somebody may have taken its place meanwhile.
    if (this.#entries.get(name) !== entry) file.close();
    else {
      entry.key = key;
      const { etag, body } = object;
      const bodyAt = entry.bytes - body.length;
      this.#open.keep(key, { name, file, etag, bodyAt, bodyBytes: body.length, checkedAtMs });
    }
    return object;
  }

  isOpen(key: string): boolean {
    return this.#open.has(key) && !this.#isPurging(key);
  }

  open(key: string): StoredObject | null {
    const kept = this.#open.get(key);
    if (kept === undefined || this.isFailing() || this.#isPurging(key)) return null;
    const { clock, counters } = this.#options;
    if (clock.monotonicMs() - kept.checkedAtMs > DISK_TRUST_MS) return null;
    const entry = this.#entries.get(kept.name);
    const slab = entry === undefined ? undefined : this.#slabs.take();
    if (entry === undefined || slab === undefined) return null;
    counters.hits.value += 1;
    entry.isVisited = true;
    return readStored({
      kept,
      slab,
      slabs: this.#slabs,
      clock,
      reads: this.#reads,
      isWarm: (readAtMs) => this.#isWarm(readAtMs),
      onRead: (blockedMs) => {
        if (blockedMs > DISK_BLOCKED_MS_MAX) this.#noteBlocked();
        this.#health.succeed();
      },
      onError: (error) => this.#noteReadError(entry, error),
    });
  }

  /** Whether what was last read then is in the page cache, as far as one can tell. */
  #isWarm(readAtMs: number): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    return nowMs - readAtMs < DISK_WARM_MS && nowMs >= this.#coldUntilMs;
  }

  /** A read at once took long: the disk was waited for, or another process had the processor. */
  #noteBlocked(): void {
    const { clock, files } = this.#options;
    if (files.deviceReads() !== this.#deviceReads) this.#coldUntilMs = clock.monotonicMs() + DISK_COLD_MS;
  }

  #dropDamaged(entry: Entry, key: string): void {
    this.#options.counters.corrupt.value += 1;
    this.#options.log.warn({ key }, 'an object on disk is damaged; it is deleted and fetched again');
    this.#drop(entry);
  }

  /** What a step of a read brings; null when it fails or takes too long. */
  #whenRead<Value>(entry: Entry, step: Promise<Value>): Promise<Value | null> {
    return new Promise((resolve) => {
      const read: DiskRead = {
        startedAtMs: this.#options.clock.monotonicMs(),
        giveUp: () => {
          this.#reads.delete(read);
          resolve(null);
        },
      };
      this.#reads.add(read);
      step.then(
        (value) => {
          this.#reads.delete(read);
          this.#health.succeed();
          resolve(value);
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
      this.#health.fail('read', error);
      return;
    }
    // Another length than its name says, or somebody has deleted it.
    if (!isOfSystem) this.#options.counters.corrupt.value += 1;
    this.#drop(entry);
  }

  offer(object: DiskObject): void {
    const { bytesMax, counters } = this.#options;
    if (object.body.length > bytesMax * DISK_OBJECT_SHARE_MAX || this.isFailing()) return;
    if (this.#isPurging(object.key)) return;
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
    const entry: Entry = { name, bytes, isVisited: false, key: null };
    this.#makeRoom(bytesMax - spaceOf(bytes));
    try {
      const folder = name.slice(0, 2);
      if (!this.#folders.has(folder)) await files.makeFolder(join(directory, folder));
      this.#folders.add(folder);
      await files.write(this.#pathOf(entry), parts);
      this.#add(entry);
      counters.writes.value += 1;
      this.#health.succeed();
    } catch (error) {
      // The folder may have been deleted under us.
      this.#folders.clear();
      this.#health.fail('write', error);
    }
  }

  async purge(isMeant: (key: string) => boolean): Promise<Purged> {
    this.#purging.add(isMeant);
    try {
      await this.#loading;
      await this.#queue;
      const purged = { count: 0, bytes: 0 };
      const entries = [...this.#entries.values()];
      for (let first = 0; first < entries.length; first += PURGE_READS) {
        const looked = entries.slice(first, first + PURGE_READS);
        const keys = await Promise.all(looked.map((entry) => entry.key ?? this.#keyOf(entry)));
        for (const [index, entry] of looked.entries()) {
          const key = keys[index] ?? null;
          // What does not tell its key may be what is meant; it is fetched again.
          if (key !== null && !isMeant(key)) continue;
          if (this.#entries.get(entry.name) !== entry) continue;
          this.#drop(entry);
          purged.count += 1;
          purged.bytes += entry.bytes;
        }
      }
      await this.#queue;
      return purged;
    } finally {
      this.#purging.delete(isMeant);
    }
  }

  /** The key of a file that was not read yet; null when it tells none. */
  async #keyOf(entry: Entry): Promise<string | null> {
    try {
      const file = await this.#options.files.open(this.#pathOf(entry));
      try {
        const head = await readHead(file, Math.min(KEY_WITHIN_BYTES, entry.bytes));
        return decodeKey(head);
      } finally {
        file.close();
      }
    } catch (error) {
      if (error instanceof Error && isMissing(error)) return null;
      throw error;
    }
  }

  sweep(): void {
    this.#deviceReads = this.#options.files.deviceReads();
    const overdueMs = this.#options.clock.monotonicMs() - DISK_READ_MS_MAX;
    for (const read of this.#reads) {
      if (read.startedAtMs > overdueMs) continue;
      read.giveUp();
      this.#health.fail('read', new Error(`a read took longer than ${DISK_READ_MS_MAX} ms`));
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
    if (entry.key !== null) this.#open.drop(entry.key);
    this.#bytes -= spaceOf(entry.bytes);
    this.#remove(this.#pathOf(entry));
  }

  #remove(path: string): void {
    const { files } = this.#options;
    this.#queue = this.#queue.then(() =>
      files.remove(path).catch((error: unknown) => this.#health.fail('remove', error)),
    );
  }

  close(): void {
    this.#open.closeAll();
  }
}

/** The first bytes of a file; fewer when it is shorter. */
function readHead(file: OpenFile, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(bytes);
    file.read(buffer, bytes, 0, (error, count) => {
      if (error === null) resolve(buffer.subarray(0, count));
      else reject(error);
    });
  });
}

/** All bytes of a file; rejects when it has another length. */
function readWhole(file: OpenFile, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One byte more than expected tells a file that is longer.
    const buffer = Buffer.allocUnsafeSlow(bytes + 1);
    file.read(buffer, bytes + 1, 0, (error, count) => {
      if (error !== null) reject(error);
      else if (count !== bytes) reject(new Error(`the file has ${count} bytes instead of ${bytes}`));
      else resolve(buffer.subarray(0, bytes));
    });
  });
}
