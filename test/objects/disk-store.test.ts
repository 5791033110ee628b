// What only a store on disk can get wrong: full disks, symbolic links, what dead writers leave, other file systems.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { mountSmallDisk } from './small-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'meridian-disk-'));
after(() => rmSync(root, { recursive: true, force: true }));

const MEBIBYTE = 2 ** 20;
const temporaryOf = (directory: string): string[] => readdirSync(join(directory, '.temporary'));

test('a full disk refuses a put with storage_full, leaves nothing of it, and takes smaller ones', async () => {
  const disk = mountSmallDisk(4);
  const directory = disk?.directory ?? join(root, 'quota');
  let left = 4 * MEBIBYTE;
  const store = await createDiskStore(
    directory,
    disk === undefined
      ? {
          async writeChunk(handle, chunk) {
            left -= chunk.length;
            if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            await handle.writeFile(chunk);
          },
        }
      : {},
  );
  try {
    await store.put('kept/one', Buffer.alloc(MEBIBYTE, 1));
    let sent = 0;
    const endless = new Readable({
      read() {
        sent += 1;
        this.push(Buffer.alloc(256 * 1024, sent));
      },
    });
    const full = { code: 'storage_full', message: 'There is no room left on the media disk.' };
    await assert.rejects(store.put('kept/two', endless), full);
    assert.ok(sent < 100, 'the sender was stopped');
    assert.equal(endless.destroyed, true);
    left = 3 * MEBIBYTE;
    await assert.rejects(store.put('kept/three', Buffer.alloc(5 * MEBIBYTE)), full);
    left = 3 * MEBIBYTE;
    assert.deepEqual(temporaryOf(directory), []);
    assert.equal(await store.head('kept/two'), undefined);
    assert.equal((await store.get('kept/one'))?.length, MEBIBYTE);
    await store.put('kept/four', Buffer.alloc(MEBIBYTE, 4));
    if (disk !== undefined) assert.ok(((await store.freeBytes()) ?? 0) <= 2 * MEBIBYTE);
  } finally {
    disk?.unmount();
  }
});

test('a file from another file system is copied in and gone afterwards', async () => {
  const directory = join(root, 'adopting');
  const store = await createDiskStore(directory);
  const disk = mountSmallDisk(4);
  const elsewhere = disk?.directory ?? '/dev/shm';
  const path = join(elsewhere, `meridian-adopt-${process.pid}`);
  try {
    const body = randomBytes(MEBIBYTE);
    writeFileSync(path, body);
    assert.equal((await store.adoptFile('adopted/one', path)).bytes, MEBIBYTE);
    assert.deepEqual(await store.get('adopted/one'), body);
    assert.equal(existsSync(path), false);
    assert.deepEqual(temporaryOf(directory), []);
  } finally {
    disk?.unmount();
  }
});

test('symbolic links lead nowhere, neither for reading nor for writing', async () => {
  const directory = join(root, 'links');
  const outside = join(root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  const store = await createDiskStore(directory);
  symlinkSync(outside, join(directory, 'folder'));
  mkdirSync(join(directory, 'plain'));
  symlinkSync(join(outside, 'secret'), join(directory, 'plain', 'file'));
  for (const key of ['folder/secret', 'plain/file']) {
    assert.equal(await store.get(key), undefined);
    assert.equal(await store.head(key), undefined);
    assert.equal(await store.stream(key), undefined);
    assert.equal(store.localPath(key), undefined);
  }
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  for await (const { key } of store.list('folder/')) keys.push(key);
  assert.deepEqual(keys, []);
  await assert.rejects(store.put('folder/new', Buffer.from('x')), { code: 'invalid_request' });
  await assert.rejects(store.put('folder/deep/new', Buffer.from('x')), { code: 'invalid_request' });
  await store.delete('folder/secret');
  assert.deepEqual(readdirSync(outside), ['secret']);
  const link = join(root, 'link-to-secret');
  symlinkSync(join(outside, 'secret'), link);
  await assert.rejects(store.adoptFile('adopted', link), { code: 'ELOOP' });
  await store.put('plain/file', Buffer.from('ours'));
  assert.equal(
    readFileSync(join(outside, 'secret'), 'utf8'),
    'secret',
    'the link was replaced, not followed',
  );
  assert.equal((await store.get('plain/file'))?.toString(), 'ours');
});

test('an object cannot lie below another object', async () => {
  const store = await createDiskStore(join(root, 'nested'));
  await store.put('a/b', Buffer.from('object'));
  const refused = { code: 'invalid_request', message: /lies above or below the key of another object/ };
  await assert.rejects(store.put('a/b/c', Buffer.from('x')), refused);
  await assert.rejects(store.put('a/b/c/d', Buffer.from('x')), refused);
  await assert.rejects(store.put('a', Buffer.from('x')), refused);
  assert.equal((await store.get('a/b'))?.toString(), 'object');
  assert.deepEqual(temporaryOf(join(root, 'nested')), []);
});

test('a delete removes the folders that it empties, and no others', async () => {
  const directory = join(root, 'empties');
  const store = await createDiskStore(directory);
  await store.put('p/asset/v1/a1/v720/1.m4s', Buffer.from('x'));
  await store.put('p/other/v1/source', Buffer.from('y'));
  await store.delete('p/asset/v1/a1/v720/1.m4s');
  assert.deepEqual(readdirSync(join(directory, 'p')), ['other']);
  await store.delete('p/other/v1/source');
  assert.deepEqual(readdirSync(directory), ['.temporary']);
});

test('what a killed writer left is removed at the next start, and what a living one writes is not', async () => {
  const directory = join(root, 'strays');
  const writer = fileURLToPath(new URL('slow-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [writer, directory], { stdio: 'inherit' });
  const isWriting = (): boolean =>
    existsSync(join(directory, '.temporary')) && temporaryOf(directory).length === 1;
  await waitFor('a put in progress', isWriting);
  const store = await createDiskStore(directory);
  assert.equal(temporaryOf(directory).length, 1, 'the writer lives');
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
  assert.equal(temporaryOf(directory).length, 1);
  assert.equal(await store.head('slow'), undefined);
  await createDiskStore(directory);
  assert.deepEqual(temporaryOf(directory), []);
});

test('a directory that cannot be used is one clear sentence', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await assert.rejects(createDiskStore(file), {
    code: 'invalid_config',
    message: /is a file, but must be a directory/,
  });
  await assert.rejects(createDiskStore(join(file, 'below')), { code: 'invalid_config' });
});

test('a sender is read no faster than the disk writes', async () => {
  let written = 0;
  let sent = 0;
  let aheadMax = 0;
  const store = await createDiskStore(join(root, 'pressure'), {
    async writeChunk(handle, chunk) {
      aheadMax = Math.max(aheadMax, sent - written);
      await handle.writeFile(chunk);
      written += chunk.length;
    },
  });
  const body = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      sent += 64 * 1024;
      this.push(sent > 8 * MEBIBYTE ? null : Buffer.alloc(64 * 1024));
    },
  });
  await store.put('slow', body, { isDurable: false });
  assert.ok(aheadMax <= 256 * 1024, `${aheadMax} bytes were waiting in memory`);
});
