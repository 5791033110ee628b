// The disk under an edge's memory: bounded, checked, back after a restart, and never in the way.

import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Clock, systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import {
  DISK_BLOCKED_MS_MAX,
  DISK_PIECE_BYTES,
  DISK_READ_MS_MAX,
  DISK_RETRY_MS_MIN,
  DISK_TRUST_MS,
  DISK_WARM_MS,
} from '../limits.ts';
import { createDiskCache, type DiskCache, type DiskCounters } from './disk-cache.ts';
import { type DiskFiles, diskFiles, type OpenFile } from './disk-files.ts';
import { pumpStored } from './stored-object.ts';

let directory: string;
let counters: DiskCounters;
let elapsedMs: number;
const clock: Clock = { ...systemClock, monotonicMs: () => elapsedMs };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meridian-disk-'));
  const counter = () => ({ value: 0 });
  elapsedMs = 1_000_000;
  counters = {
    hits: counter(),
    writes: counter(),
    evictions: counter(),
    corrupt: counter(),
    errors: counter(),
    dropped: counter(),
  };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(files: DiskFiles = diskFiles, bytesMax = 1_000_000): DiskCache {
  return createDiskCache({ directory, bytesMax, clock, log: silentLog, files, counters });
}

const objectOf = (key: string, bytes = 10_000) => ({ key, etag: `"${key}"`, body: Buffer.alloc(bytes, key) });

async function keep(disk: DiskCache, ...keys: string[]): Promise<void> {
  for (const key of keys) disk.offer(objectOf(key));
  await disk.settled();
}

const paths = (): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('an object comes back as it was, also from a cache that is opened anew', async () => {
  const first = open();
  await keep(first, 'a', 'b');
  assert.deepEqual(await first.read('a'), objectOf('a'));
  const second = open();
  assert.equal(second.has('b'), false);
  await second.load();
  assert.deepEqual([second.count(), second.bytes()], [2, first.bytes()]);
  assert.deepEqual(await second.read('b'), objectOf('b'));
  assert.equal(await second.read('c'), null);
});

for (const [damage, apply] of [
  ['a changed byte of the body', (path: string) => flip(path, -1)],
  ['a changed byte of the header', (path: string) => flip(path, 40)],
  ['a changed checksum', (path: string) => flip(path, 10)],
  ['another length', (path: string) => truncateSync(path, 5_000)],
] as const)
  test(`${damage} makes an object a miss; it is deleted and counted`, async () => {
    const disk = open();
    await keep(disk, 'a');
    for (const path of paths()) apply(path);
    assert.equal(await disk.read('a'), null);
    await disk.settled();
    assert.deepEqual(
      [counters.corrupt.value, disk.count(), disk.bytes(), paths().length, disk.isFailing()],
      [1, 0, 0, 0, false],
    );
  });

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

test('the disk never holds more than its budget, and what is read stays longest', async () => {
  const disk = open(diskFiles, 100_000);
  await keep(disk, 'watched');
  for (let number = 0; number < 40; number += 1) {
    await keep(disk, `other-${number}`);
    assert.ok(await disk.read('watched'), `after ${number} others`);
    assert.ok(disk.bytes() <= 100_000);
  }
  await disk.settled();
  const onDisk = paths().reduce((sum, path) => sum + statSync(path).size, 0);
  assert.ok(onDisk <= 100_000, `${onDisk} bytes`);
  assert.equal(paths().length, disk.count());
  assert.equal(counters.evictions.value, 41 - disk.count());
});

test('an object that would take more than an eighth is not kept', async () => {
  const disk = open(diskFiles, 100_000);
  disk.offer(objectOf('large', 20_000));
  await disk.settled();
  assert.equal(disk.count(), 0);
});

test('what a crash left half-written is removed, and a smaller budget is met at once', async () => {
  await keep(open(), ...Array.from({ length: 20 }, (_, index) => `k${index}`));
  const left = join(directory, 'ab');
  await diskFiles.makeFolder(left);
  writeFileSync(join(left, 'x.tmp'), 'half');
  const disk = open(diskFiles, 60_000);
  await disk.load();
  await disk.settled();
  assert.ok(disk.bytes() <= 60_000 && disk.count() >= 4, `${disk.count()} objects`);
  assert.equal(paths().length, disk.count());
});

test('a full disk leaves the edge with its memory; it is counted and tried again later', async () => {
  let isFull = true;
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const disk = open({
    ...diskFiles,
    write: (path, parts) => (isFull ? Promise.reject(full) : diskFiles.write(path, parts)),
  });
  await keep(disk, 'a', 'b', 'c');
  assert.deepEqual([disk.count(), counters.errors.value, disk.isFailing()], [0, 1, true]);
  isFull = false;
  await keep(disk, 'a');
  assert.equal(disk.count(), 0);
  elapsedMs += DISK_RETRY_MS_MIN;
  await keep(disk, 'a');
  assert.deepEqual([disk.count(), disk.isFailing()], [1, false]);
});

test('a read that hangs is given up, and the disk is left alone', async () => {
  const disk = open({ ...diskFiles, open: () => new Promise(() => undefined) });
  await keep(disk, 'a');
  const answer = disk.read('a');
  elapsedMs += DISK_READ_MS_MAX;
  disk.sweep();
  assert.equal(await answer, null);
  assert.equal(disk.isFailing(), true);
  assert.equal(await disk.read('a'), null);
});

/** Everything that an open object brings, copied as a socket would; undefined when the disk fails on the way. */
function readPieces(disk: DiskCache, key: string): Promise<Buffer | undefined> | null {
  const stored = disk.open(key);
  if (stored === null) return null;
  const pieces: Buffer[] = [];
  return new Promise((resolve) => {
    pumpStored(stored, {
      write(piece, onSent) {
        pieces.push(Buffer.from(piece));
        setImmediate(onSent);
      },
      finish: () => resolve(Buffer.concat(pieces)),
      fail: () => resolve(undefined),
    });
  });
}

/** The real files, with every file that is opened made into another. */
function filesWith(change: (file: OpenFile) => OpenFile): DiskFiles {
  return { ...diskFiles, open: async (path) => change(await diskFiles.open(path)) };
}

const LARGE_BYTES = DISK_PIECE_BYTES * 2 + 1_000;

async function keepLarge(disk: DiskCache, key = 'large'): Promise<Buffer> {
  const object = objectOf(key, LARGE_BYTES);
  for (let offset = 0; offset < LARGE_BYTES; offset += 1_000) object.body.writeUInt32BE(offset, offset);
  disk.offer(object);
  await disk.settled();
  return object.body;
}

test('what was found whole is sent piece by piece for a minute, and checked again after that', async () => {
  const disk = open(diskFiles, 100_000_000);
  const body = await keepLarge(disk);
  assert.equal(readPieces(disk, 'large'), null, 'nobody has checked it yet');
  await disk.read('large');
  for (const beforeMs of [0, DISK_WARM_MS, DISK_WARM_MS]) {
    elapsedMs += beforeMs;
    const [first, second] = await Promise.all([readPieces(disk, 'large'), readPieces(disk, 'large')]);
    assert.ok(first?.equals(body) && second?.equals(body));
  }
  assert.equal(counters.hits.value, 7);
  for (const path of paths()) flip(path, -1);
  elapsedMs += DISK_TRUST_MS;
  assert.equal(readPieces(disk, 'large'), null);
  assert.equal(await disk.read('large'), null);
  assert.equal(counters.corrupt.value, 1);
});

test('a file closes when it is evicted and its last reader is done', async () => {
  let closed = 0;
  const disk = open(
    filesWith((file) => ({
      ...file,
      close() {
        closed += 1;
        file.close();
      },
    })),
    100_000_000,
  );
  await keepLarge(disk);
  await disk.read('large');
  const stored = disk.open('large');
  disk.close();
  assert.equal(closed, 0);
  stored?.end(true);
  assert.equal(closed, 1);
  assert.equal(disk.open('large'), null);
});

test('memory for pieces is bounded, and given back by those who leave', async () => {
  const disk = open(diskFiles, 100_000_000);
  await keepLarge(disk);
  await disk.read('large');
  const taken = [];
  for (let stored = disk.open('large'); stored !== null; stored = disk.open('large')) taken.push(stored);
  assert.ok(taken.length > 0);
  for (const [index, stored] of taken.entries()) stored.end(index % 2 === 0);
  const again = taken.map(() => disk.open('large'));
  assert.ok(again.every((stored) => stored !== null));
});

test('a disk that hangs in the middle of an object ends it, and its memory is not used again meanwhile', async () => {
  let isHanging = false;
  let goOn = (): void => undefined;
  const disk = open(
    filesWith((file) => ({
      ...file,
      read(target, length, position, done) {
        if (isHanging) goOn = () => file.read(target, length, position, done);
        else file.read(target, length, position, done);
      },
    })),
    100_000_000,
  );
  await keepLarge(disk);
  await disk.read('large');
  elapsedMs += DISK_WARM_MS;
  isHanging = true;
  const answer = readPieces(disk, 'large');
  elapsedMs += DISK_READ_MS_MAX;
  disk.sweep();
  assert.equal(await answer, undefined);
  assert.equal(disk.isFailing(), true);
  goOn();
});

test('after a read at once has waited for the device, reads leave the loop', async () => {
  const reads = { now: 0, later: 0 };
  let deviceReads = 0;
  const files = filesWith((file) => ({
    ...file,
    readNow(...read) {
      reads.now += 1;
      elapsedMs += DISK_BLOCKED_MS_MAX * 2;
      return file.readNow(...read);
    },
    read(...read) {
      reads.later += 1;
      file.read(...read);
    },
  }));
  const disk = open({ ...files, deviceReads: () => deviceReads }, 100_000_000);
  await keep(disk, 'a');
  await disk.read('a');
  disk.sweep();
  // Slow, but no device was read: another process had the processor.
  await readPieces(disk, 'a');
  deviceReads += 1;
  await readPieces(disk, 'a');
  assert.deepEqual(reads, { now: 2, later: 1 });
  await readPieces(disk, 'a');
  assert.deepEqual(reads, { now: 2, later: 2 });
});
