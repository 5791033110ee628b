// What the servers of the edge bench serve, and in which order they are asked for it.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createPrng } from '#base/prng.ts';

/** Files of all servers lie in memory: the page cache would hold them anyway, and no device is measured. */
export const MEMORY_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
export const ASSET_ID = `ast_${'0'.repeat(26)}`;
/** Distinct tokens, so that a check per token cannot hide in one cache line. */
export const TOKEN_COUNT = 1_000;
/** Body sizes, with the goal for our CPU per request as a share of nginx's. */
export const SIZES: readonly { readonly name: string; readonly bytes: number; readonly goal: number }[] = [
  { name: '2kB', bytes: 2_000, goal: 1.0 },
  { name: '150kB', bytes: 150_000, goal: 0.7 },
  { name: '1.5MB', bytes: 1_500_000, goal: 0.5 },
];

/**
 * `memory`: one object of each size. `disk`: so little memory that none of the larger objects fits; what is asked for
 * twice is read from disk. `zipf`: objects of 150 kB by Zipf's law, four times as many as fit into memory.
 */
export type BenchMode = 'memory' | 'disk' | 'zipf';

/** Objects of each size that the disk rows ask for in turn, so that requests meet on none. */
const DISK_OBJECTS = 200;
export const ZIPF_OBJECTS = 2_000;
const ZIPF_REQUESTS = 20_000;
/** Exponent of the law: what studies of video popularity find is near one. */
const ZIPF_EXPONENT = 0.9;
const ZIPF_SIZE = 1;

/** The number of an object of a size. */
export const numberOf = (size: number, index: number): number => size + SIZES.length * index;

/** The size of an object. */
export function sizeOf(number: number): { readonly bytes: number } {
  return SIZES[number % SIZES.length] ?? { bytes: 0 };
}

/** Memory of our edge in bytes. */
export function memoryBytesOf(mode: BenchMode): number | undefined {
  if (mode === 'disk') return 1_000_000;
  return mode === 'zipf' ? (ZIPF_OBJECTS * (SIZES[ZIPF_SIZE]?.bytes ?? 0)) / 4 : undefined;
}

/** The objects in the order in which requests ask for them, by size. */
export function numbersOf(mode: BenchMode): number[][] {
  return SIZES.map((_, size) => {
    if (mode === 'zipf') return size === ZIPF_SIZE ? zipfNumbers(size) : [];
    const objects = mode === 'disk' ? DISK_OBJECTS : 1;
    return Array.from({ length: TOKEN_COUNT }, (__, index) => numberOf(size, index % objects));
  });
}

function zipfNumbers(size: number): number[] {
  const prng = createPrng(2_000);
  const weights = Array.from({ length: ZIPF_OBJECTS }, (_, rank) => (rank + 1) ** -ZIPF_EXPONENT);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const cumulated = weights.map((weight) => {
    sum += weight / total;
    return sum;
  });
  const drawn = Array.from({ length: ZIPF_REQUESTS }, () => {
    const point = prng();
    return Math.min(
      ZIPF_OBJECTS - 1,
      cumulated.findIndex((upTo) => upTo > point),
    );
  });
  return drawn.map((rank) => numberOf(size, Math.max(0, rank)));
}
