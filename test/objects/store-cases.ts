// What every object store promises, as one table: on a disk, in memory, and in buckets of every server at hand.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import type { ObjectStore } from '#platform/objects/object-store.ts';

const scratch = mkdtempSync(join(tmpdir(), 'meridian-adopt-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A body that arrives in pieces of odd sizes. */
function streamOf(bytes: Buffer): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_521) pieces.push(bytes.subarray(at, at + 65_521));
  return Readable.from(pieces);
}

const large = randomBytes(20 * 2 ** 20 + 17);

export type Case = readonly [title: string, run: (store: ObjectStore) => Promise<void>];

export const STORE_CASES: readonly Case[] = [
  [
    'what was put comes back whole, with its size and checksum',
    async (store) => {
      const body = Buffer.from('one');
      const before = Date.now() - 2_000;
      assert.deepEqual(await store.put('a/b/one.m4s', body), { bytes: 3, sha256: sha256Of(body) });
      assert.deepEqual(await store.get('a/b/one.m4s'), body);
      const info = await store.head('a/b/one.m4s');
      assert.equal(info?.key, 'a/b/one.m4s');
      assert.equal(info?.bytes, 3);
      assert.ok(info !== undefined && (info.modifiedAtMs === 0 || info.modifiedAtMs > before));
      assert.ok(Number.isInteger(info.modifiedAtMs));
    },
  ],
  [
    'a later put replaces the object',
    async (store) => {
      await store.put('a/one', Buffer.from('first, longer'));
      await store.put('a/one', Readable.from([Buffer.from('sec'), Buffer.from('ond')]), { isDurable: false });
      assert.equal((await store.get('a/one'))?.toString(), 'second');
    },
  ],
  [
    'a large stream is kept byte for byte, and read as a stream too',
    async (store) => {
      const put = await store.put('big/object', streamOf(large));
      assert.deepEqual(put, { bytes: large.length, sha256: sha256Of(large) });
      const found = await store.stream('big/object');
      assert.ok(found);
      assert.equal(found.info.bytes, large.length);
      assert.equal(sha256Of(await readAll(found.body)), sha256Of(large));
      const middle = await store.stream('big/object', { start: 9_000_000, end: 9_999_999 });
      assert.ok(middle);
      assert.equal(middle.info.bytes, large.length, 'a range still tells the whole size');
      assert.ok((await readAll(middle.body)).equals(large.subarray(9_000_000, 10_000_000)));
      await store.delete('big/object');
    },
  ],
  [
    'an empty object is an object',
    async (store) => {
      await store.put('empty/buffer', Buffer.alloc(0));
      await store.put('empty/stream', Readable.from([]));
      for (const key of ['empty/buffer', 'empty/stream']) {
        assert.equal((await store.head(key))?.bytes, 0);
        assert.equal((await store.get(key))?.length, 0);
        const found = await store.stream(key);
        assert.ok(found);
        assert.equal((await readAll(found.body)).length, 0);
      }
    },
  ],
  [
    'ranges are inclusive, clamped to the object, and empty past its end',
    async (store) => {
      await store.put('range', Buffer.from('0123456789'));
      const rows: readonly (readonly [number, number, string])[] = [
        [0, 0, '0'],
        [3, 5, '345'],
        [8, 9, '89'],
        [8, 1_000, '89'],
        [10, 12, ''],
        [500, 600, ''],
      ];
      for (const [start, end, expected] of rows) {
        assert.equal((await store.get('range', { start, end }))?.toString(), expected, `${start}-${end}`);
        const found = await store.stream('range', { start, end });
        assert.ok(found);
        assert.equal(found.info.bytes, 10);
        assert.equal((await readAll(found.body)).toString(), expected);
      }
      for (const range of [
        { start: -1, end: 2 },
        { start: 4, end: 3 },
        { start: 0.5, end: 1 },
        { start: 0, end: Number.NaN },
      ])
        await assert.rejects(store.get('range', range), { code: 'invalid_request' });
    },
  ],
  [
    'what is not there is undefined, and deleting it is no error',
    async (store) => {
      await store.put('there/is/one', Buffer.from('x'));
      for (const key of ['there/is/another', 'there/is', 'there', 'nothing/at/all', 'there/is/one/below']) {
        assert.equal(await store.get(key), undefined, key);
        assert.equal(await store.get(key, { start: 0, end: 1 }), undefined, key);
        assert.equal(await store.stream(key), undefined, key);
        assert.equal(await store.head(key), undefined, key);
        await store.delete(key);
      }
      assert.equal((await store.get('there/is/one'))?.toString(), 'x');
    },
  ],
  [
    'objects are listed by prefix in the order of their keys',
    async (store) => {
      const keys = ['l/a', 'l/a-b', 'l/a.c', 'l/a0', 'l/b/1', 'l/b/10', 'l/b/2', 'l/b-', 'l/c/x/y/z', 'la'];
      for (const key of [...keys].reverse()) await store.put(key, Buffer.from(key));
      const sorted = [...keys].sort();
      assert.deepEqual(
        (await keysOf(store, '')).filter((key) => key.startsWith('l')),
        sorted,
      );
      for (const prefix of ['l', 'l/', 'l/b', 'l/b/', 'l/b/1', 'l/c/x', 'l/absent', 'absent/', 'l/a/'])
        assert.deepEqual(
          await keysOf(store, prefix),
          sorted.filter((key) => key.startsWith(prefix)),
          prefix,
        );
      for await (const info of store.list('l/b/10'))
        assert.deepEqual({ key: info.key, bytes: info.bytes }, { key: 'l/b/10', bytes: 6 });
    },
  ],
  [
    'deleting removes the object alone, and its folder can be used anew',
    async (store) => {
      await store.put('d/one', Buffer.from('1'));
      await store.put('d/deep/er/two', Buffer.from('2'));
      await store.delete('d/deep/er/two');
      await store.delete('d/deep/er/two');
      assert.deepEqual(await keysOf(store, 'd/'), ['d/one']);
      await store.put('d/deep', Buffer.from('now an object'));
      assert.deepEqual(await keysOf(store, 'd/'), ['d/deep', 'd/one']);
    },
  ],
  [
    'puts and deletes of neighbours at once do not disturb each other',
    async (store) => {
      const rounds = Array.from({ length: 40 }, (_, index) => index);
      await Promise.all(
        rounds.map(async (index) => {
          await store.put(`busy/folder/${index}`, Buffer.from(String(index)), { isDurable: false });
          if (index % 2 === 0) await store.delete(`busy/folder/${index}`);
        }),
      );
      const odd = rounds.filter((index) => index % 2 === 1).map((index) => `busy/folder/${index}`);
      assert.deepEqual(await keysOf(store, 'busy/'), odd.sort());
    },
  ],
  [
    'a wrong checksum is refused and leaves what was there',
    async (store) => {
      await store.put('sum', Buffer.from('before'));
      const sha256 = sha256Of(Buffer.from('something else'));
      const refused = { code: 'checksum_mismatch' };
      await assert.rejects(store.put('sum', Buffer.from('after'), { sha256 }), refused);
      await assert.rejects(store.put('sum', Readable.from([Buffer.from('after')]), { sha256 }), refused);
      await assert.rejects(store.put('sum', streamOf(large), { sha256 }), refused);
      await assert.rejects(store.put('sum/new', Buffer.from('after'), { sha256 }), refused);
      assert.equal((await store.get('sum'))?.toString(), 'before');
      assert.deepEqual(await keysOf(store, 'sum'), ['sum']);
      const right = Buffer.from('after');
      await store.put('sum', right, { sha256: sha256Of(right) });
      await store.put('sum-large', streamOf(large), { sha256: sha256Of(large) });
      assert.equal(sha256Of((await store.get('sum-large')) ?? Buffer.alloc(0)), sha256Of(large));
    },
  ],
  [
    'a stream that breaks off leaves nothing',
    async (store) => {
      async function* breaking(count: number): AsyncGenerator<Buffer> {
        for (let index = 0; index < count; index += 1) yield Buffer.alloc(2 ** 20, index);
        throw new Error('the sender went away');
      }
      for (const count of [1, 20])
        await assert.rejects(store.put('broken/one', Readable.from(breaking(count))), /the sender went away/);
      assert.equal(await store.get('broken/one'), undefined);
      assert.deepEqual(await keysOf(store, 'broken'), []);
    },
  ],
  [
    'a finished file is adopted and gone from where it was',
    async (store) => {
      const path = join(scratch, 'upload');
      const body = randomBytes(300_000);
      writeFileSync(path, body);
      const refused = store.adoptFile('adopted/source', path, { sha256: '0'.repeat(64) });
      await assert.rejects(refused, { code: 'checksum_mismatch' });
      assert.ok(existsSync(path), 'a refused file stays');
      const adopted = await store.adoptFile('adopted/source', path, { sha256: sha256Of(body) });
      assert.deepEqual(adopted, { bytes: body.length, sha256: sha256Of(body) });
      assert.equal(existsSync(path), false);
      assert.deepEqual(await store.get('adopted/source'), body);
      await assert.rejects(store.adoptFile('adopted/other', join(scratch, 'absent')), { code: 'ENOENT' });
    },
  ],
  [
    'a key that is not a plain relative path is refused by every operation',
    async (store) => {
      const keys = [
        '',
        '/etc/passwd',
        '../outside',
        'a/../../outside',
        'a/./b',
        'a//b',
        'a/',
        '.hidden',
        'a/.temporary/b',
        'a\\b',
        'a b',
        'ä',
        'a\0b',
        'a\nb',
        'a%2e%2e/b',
        'x'.repeat(256),
        'x/'.repeat(500),
      ];
      const refused = { code: 'invalid_request' };
      for (const key of keys) {
        const body = Readable.from([Buffer.from('x')]);
        await assert.rejects(store.put(key, Buffer.from('x')), refused, JSON.stringify(key));
        await assert.rejects(store.get(key), refused);
        await assert.rejects(store.stream(key), refused);
        await assert.rejects(store.head(key), refused);
        await assert.rejects(store.delete(key), refused);
        await assert.rejects(store.adoptFile(key, join(scratch, 'none')), refused);
        body.destroy();
      }
      for (const prefix of ['/', '../', 'a/../', 'a//', '.hidden', 'a b'])
        await assert.rejects(keysOf(store, prefix), refused, prefix);
    },
  ],
  [
    'a local path, where there is one, leads to the object',
    async (store) => {
      await store.put('local/one', Buffer.from('bytes'));
      const path = store.localPath('local/one');
      if (path !== undefined) assert.equal(readFileSync(path, 'utf8'), 'bytes');
      assert.equal(store.localPath('local/absent'), undefined);
      const free = await store.freeBytes();
      assert.ok(free === undefined || free > 0);
    },
  ],
];
