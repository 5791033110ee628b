import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from './lock.ts';

const root = mkdtempSync(join(tmpdir(), 'meridian-lock-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('a directory is locked for one holder at a time, under any of its names', async () => {
  const directory = join(root, 'data');
  const lock = await lockDirectory(directory);
  const link = join(root, 'link');
  symlinkSync(directory, link);
  for (const name of [directory, link, join(root, '.', 'data')])
    await assert.rejects(lockDirectory(name), {
      code: 'conflict',
      message: `${name} is in use by another Meridian (process ${process.pid}); stop it, or choose another dataDirectory.`,
      details: {
        pid: process.pid,
        reason: `${name} is in use by another Meridian (process ${process.pid}); stop it, or choose another dataDirectory`,
      },
    });
  const other = await lockDirectory(join(root, 'other'));
  await Promise.all([lock.release(), lock.release(), other.release()]);
  const again = await lockDirectory(directory);
  await again.release();
});

test('the lock of a killed process is free at once', async () => {
  const directory = join(root, 'killed');
  const script = `
    import { lockDirectory } from ${JSON.stringify(fileURLToPath(new URL('lock.ts', import.meta.url)))};
    await lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    setInterval(() => undefined, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  const ended = new Promise((done) => child.once('exit', done));
  await new Promise((done) => child.stdout.once('data', done));
  await assert.rejects(lockDirectory(directory), {
    code: 'conflict',
    message: new RegExp(`process ${child.pid}`),
  });
  child.kill('SIGKILL');
  await ended;
  const lock = await lockDirectory(directory);
  await lock.release();
});

test('a place that cannot be a directory is one clear sentence', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await assert.rejects(lockDirectory(file), {
    code: 'invalid_config',
    message: /is a file, but must be a directory/,
  });
  await assert.rejects(lockDirectory(join(file, 'below')), { code: 'invalid_config' });
});
