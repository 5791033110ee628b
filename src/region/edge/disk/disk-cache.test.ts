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
import { DISK_READ_MS_MAX, DISK_RETRY_MS_MIN } from '../limits.ts';
import { createDiskCache, type DiskCache, type DiskCounters } from './disk-cache.ts';
import { type DiskFiles, diskFiles } from './disk-files.ts';

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
  const disk = open({ ...diskFiles, read: () => new Promise(() => undefined) });
  await keep(disk, 'a');
  const answer = disk.read('a');
  elapsedMs += DISK_READ_MS_MAX;
  disk.sweep();
  assert.equal(await answer, null);
  assert.equal(disk.isFailing(), true);
  assert.equal(await disk.read('a'), null);
});
