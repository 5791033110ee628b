// The disk that forgets, and what it is for: a process is killed in its work again and again, and what it had called
// safe is looked for. Who writes as one must never loses anything; who forgets one fsync is caught.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createPrng } from '#base/prng.ts';
import { underPowerCuts } from './power-cuts.ts';

const WRITER = fileURLToPath(new URL('forgetful-writer.ts', import.meta.url));
const SEED = Number(process.env.MERIDIAN_TEST_SEED ?? 1);
const LIVES = 4;
/** What is safe before the kill; a new folder is made for every fourth. */
const SAFE_MAX = 30;

interface Life {
  readonly whole: ReadonlySet<string>;
  readonly safe: readonly string[];
}

/** Runs the writer until it has called some objects safe, and kills it. */
async function liveOnce(directory: string, way: string, safeMax: number): Promise<Life> {
  const root = join(directory, 'data');
  const env = underPowerCuts({ directory, root, seed: SEED, script: WRITER });
  const child: ChildProcess = spawn(process.execPath, [WRITER, root, way], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  const whole = new Set<string>();
  const safe: string[] = [];
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, key = ''] = line.split(' ');
    if (word === 'whole') whole.add(key);
    if (word === 'safe') safe.push(key);
    if (safe.length === safeMax) child.kill('SIGKILL');
  }
  await exited;
  return { whole, safe };
}

/** Objects that were called safe and are not there, or not whole, over several lives. */
async function lostBy(way: string): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-forgetful-'));
  try {
    const chance = createPrng(SEED);
    const safe: string[] = [];
    const lost = new Set<string>();
    for (let life = 0; life < LIVES; life += 1) {
      const result = await liveOnce(directory, way, 1 + Math.floor(chance() * SAFE_MAX));
      for (const key of safe) if (!result.whole.has(key)) lost.add(key);
      safe.push(...result.safe);
    }
    return [...lost];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('a disk that forgets what was not fsynced', () => {
  for (const way of [
    'the disk store',
    'the disk store, scratch beside',
    'files taken over',
    'signing keys',
    'by hand',
  ])
    test(`loses nothing of a process that keeps objects with ${way}`, async () => {
      assert.deepEqual(await lostBy(way), [], `MERIDIAN_TEST_SEED=${SEED}`);
    });

  for (const way of [
    'no fsync at all',
    'no fsync of files',
    'no fsync of folders',
    'no fsync of the folder above a new one',
  ])
    test(`catches a process with ${way}`, async () => {
      assert.notEqual((await lostBy(way)).length, 0, `MERIDIAN_TEST_SEED=${SEED}`);
    });
});
