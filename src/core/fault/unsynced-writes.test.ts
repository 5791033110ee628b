import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { type DiskEntry, drawLosses, type Losses, type NameEntry } from './unsynced-writes.ts';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

/** What is lost of a log, over many seeds. */
function drawMany(log: readonly DiskEntry[]): Losses[] {
  return SEEDS.map((seed) => drawLosses(log, createPrng(seed)));
}

const create = (path: string): DiskEntry => ({ kind: 'create', path });
const write = (file: number, syncedBytes = 0): DiskEntry => ({
  kind: 'write',
  file,
  syncedBytes,
  isReplaced: false,
});
const sync = (file: number, bytes: number): DiskEntry => ({ kind: 'sync', file, bytes });
const rename = (from: string, to: string, file = 0): DiskEntry => ({
  kind: 'rename',
  from,
  to,
  file,
  replaced: null,
});
const syncFolder = (path: string, underWay: readonly number[] = []): DiskEntry => ({
  kind: 'sync-folder',
  path,
  underWay,
});
const nameOf = (entry: NameEntry): string => (entry.kind === 'rename' ? entry.to : entry.path);
const namesIn = (losses: Losses): string[] => losses.names.map(nameOf);

test('what was fsynced with its folder is never lost', () => {
  const log = [create('/a/new'), write(0), sync(0, 10), rename('/a/new', '/a/file'), syncFolder('/a')];
  for (const losses of drawMany(log)) {
    assert.deepEqual(losses.names, []);
    // Bytes past the fsync may be lost, those below never.
    assert.ok(losses.bytes.every(({ syncedBytes }) => syncedBytes === 10));
  }
});

test('without an fsync of the folder its names may be lost, and without one of the file its bytes', () => {
  const log = [create('/a/file'), write(0)];
  const drawn = drawMany(log);
  assert.ok(drawn.some(({ names }) => names.length === 1));
  assert.ok(drawn.some(({ names }) => names.length === 0));
  for (const isLost of [
    ({ keptShare }: Losses['bytes'][number]) => keptShare === 0,
    ({ keptShare }: Losses['bytes'][number]) => keptShare > 0 && keptShare < 1,
    ({ keptShare }: Losses['bytes'][number]) => keptShare === 1,
    ({ isZeroed }: Losses['bytes'][number]) => isZeroed,
  ])
    assert.ok(drawn.some(({ bytes }) => bytes.some(isLost)));
});

test('names of one folder are lost from a point in time on, those of another one apart', () => {
  const log = ['/a/1', '/b/1', '/a/2', '/b/2', '/a/3', '/b/3'].map(create);
  const kept = new Set<string>();
  for (const losses of drawMany(log)) {
    const names = namesIn(losses);
    for (const folder of ['/a', '/b']) {
      const lost = names.filter((name) => name.startsWith(folder));
      assert.deepEqual(lost, ['3', '2', '1'].map((name) => `${folder}/${name}`).slice(0, lost.length));
    }
    kept.add(`${names.filter((name) => name.startsWith('/a')).length}`);
  }
  assert.deepEqual([...kept].sort(), ['0', '1', '2', '3']);
});

test('a rename is lost in both folders or in neither, with whatever came after it there', () => {
  const log = [rename('/a/1', '/b/1'), create('/a/2'), create('/b/2')];
  for (const losses of drawMany(log)) {
    const names = namesIn(losses);
    if (names.includes('/b/1')) assert.deepEqual(names, ['/b/2', '/a/2', '/b/1']);
  }
});

test('an fsync of one folder keeps what its changes build on in another', () => {
  const log = [create('/a/new'), rename('/a/new', '/b/file'), create('/a/later'), syncFolder('/b')];
  for (const losses of drawMany(log)) assert.ok(!namesIn(losses).some((name) => name !== '/a/later'));
});

test('the fsync of a folder keeps neither the folder itself nor what was under way when it began', () => {
  const log: DiskEntry[] = [
    { kind: 'make-folder', path: '/a/b' },
    create('/a/b/file'),
    syncFolder('/a/b', [1]),
  ];
  const lost = new Set(drawMany(log).flatMap(namesIn));
  assert.deepEqual([...lost].sort(), ['/a/b', '/a/b/file']);
});

test('old bytes may be there again when a file was written anew and not fsynced', () => {
  const log: DiskEntry[] = [{ kind: 'write', file: 0, syncedBytes: 0, isReplaced: true }];
  assert.ok(drawMany(log).some(({ bytes }) => bytes[0]?.isOldBack));
  for (const { bytes } of drawMany([...log, sync(0, 5)])) assert.equal(bytes[0]?.isOldBack, false);
});

test('the same seed loses the same', () => {
  const log = ['/a/1', '/b/1', '/a/2'].map(create);
  assert.deepEqual(drawMany(log), drawMany(log));
});
