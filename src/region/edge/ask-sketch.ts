// Roughly how often something was asked for lately, in a fixed amount of memory: a count-min sketch of small counters
// that are halved from time to time. It may say too much, never too little.
// Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017.

import { hash32 } from '#base/prng.ts';
import { SKETCH_CELLS, SKETCH_HALVING_MS } from './limits.ts';

export interface AskSketch {
  /** Counts one request; returns how many there were lately, with this one. */
  note(key: string, nowMs: number): number;
  /** How many there were lately. */
  count(key: string): number;
}

const ROWS = 4;
const COUNT_MAX = 65_535;

/** Creates an empty sketch. */
export function createAskSketch(cells = SKETCH_CELLS): AskSketch {
  const rows = Array.from({ length: ROWS }, () => new Uint16Array(cells));
  let halveAtMs = 0;

  function halve(nowMs: number): void {
    // After a long silence nothing of before counts.
    const isOld = nowMs - halveAtMs > SKETCH_HALVING_MS * 2;
    for (const row of rows)
      for (let index = 0; index < row.length; index += 1) row[index] = isOld ? 0 : (row[index] ?? 0) >>> 1;
    halveAtMs = nowMs + SKETCH_HALVING_MS;
  }

  function visit(key: string, step: number): number {
    const first = hash32(key);
    const second = Math.imul(first ^ (first >>> 15), 0x2c1b3c6d) | 1;
    let least = COUNT_MAX;
    for (const [number, row] of rows.entries()) {
      const cell = (first + Math.imul(number, second)) >>> 0;
      const index = ((cell ^ (cell >>> 16)) >>> 0) % cells;
      const count = Math.min(COUNT_MAX, (row[index] ?? 0) + step);
      row[index] = count;
      least = Math.min(least, count);
    }
    return least;
  }

  return {
    note(key, nowMs) {
      if (halveAtMs === 0) halveAtMs = nowMs + SKETCH_HALVING_MS;
      else if (nowMs >= halveAtMs) halve(nowMs);
      return visit(key, 1);
    },
    count: (key) => visit(key, 0),
  };
}
