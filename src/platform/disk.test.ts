import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import {
  directoryError,
  ensurePrivateDirectory,
  isOutOfSpace,
  readJsonFile,
  writeFileDurably,
} from './disk.ts';

const root = mkdtempSync(join(tmpdir(), 'meridian-helpers-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('a file is replaced whole, readable for its owner alone unless told otherwise, and leaves nothing else', async () => {
  const directory = join(root, 'write');
  mkdirSync(directory);
  const path = join(directory, 'state.json');
  await writeFileDurably(path, '{"a":1}');
  await writeFileDurably(path, Buffer.from('{"a":2}'));
  assert.equal(readFileSync(path, 'utf8'), '{"a":2}');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await writeFileDurably(join(directory, 'open'), 'x', { mode: 0o644 });
  assert.equal(statSync(join(directory, 'open')).mode & 0o777, 0o644);
  mkdirSync(join(directory, 'taken'));
  await assert.rejects(writeFileDurably(join(directory, 'taken'), 'x'), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(directory).sort(), ['open', 'state.json', 'taken']);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => writeFileDurably(path, String(index).repeat(999))),
  );
  assert.match(readFileSync(path, 'utf8'), /^(\d|1\d)\1{998}$/);
});

test('a JSON file is read, missed or named as broken', async () => {
  const path = join(root, 'value.json');
  assert.equal(await readJsonFile(path), undefined);
  writeFileSync(path, '{"a":[1]}');
  assert.deepEqual(await readJsonFile(path), { a: [1] });
  assert.equal(await readJsonFile(join(path, 'below')), undefined);
  writeFileSync(path, '{"a":');
  await assert.rejects(readJsonFile(path), new RegExp(`${path} does not hold valid JSON`));
});

test('a private directory is made, or closed to others', async () => {
  const path = join(root, 'made', 'deep');
  await ensurePrivateDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  const open = join(root, 'open');
  mkdirSync(open, { mode: 0o755 });
  await ensurePrivateDirectory(open);
  assert.equal(statSync(open).mode & 0o777, 0o700);
});

test('each way in which a directory can fail has its words', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['EACCES', 'invalid_config', /\/data is not writable for this user/],
    ['EROFS', 'invalid_config', /\/data lies on a read-only file system/],
    ['ENOTDIR', 'invalid_config', /a part of the path \/data is a file/],
    ['ENOSPC', 'storage_full', /There is no room left on the disk of \/data/],
    ['EDQUOT', 'storage_full', /There is no room left on the disk of \/data/],
  ];
  for (const [code, expected, message] of rows) {
    const error = directoryError('/data', Object.assign(new Error(code), { code }));
    assert.ok(error instanceof MeridianError, code);
    assert.equal(error.code, expected);
    assert.match(error.message, message);
  }
  const other = new Error('something else');
  assert.equal(directoryError('/data', other), other);
  assert.equal(isOutOfSpace(other), false);
});
