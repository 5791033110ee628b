// Time that passes only when nobody has anything to do: a heap of what is due, run one after another in one thread. What
// takes an hour takes seconds, and happens in the same order every time.

import { defined } from '#base/assert.ts';
import type { Timers } from '#viewer/swarm/timers.ts';

interface Due {
  readonly atMs: number;
  /** Of two that are due at once, the one that was asked for first. */
  readonly order: number;
  run: (() => void) | undefined;
}

export class VirtualTime implements Timers {
  readonly #heap: Due[] = [];
  #order = 0;
  #nowMs = 0;

  nowMs = (): number => this.#nowMs;

  after(milliseconds: number, run: () => void): () => void {
    // As timers do it: whole milliseconds, at least one, never early.
    const due: Due = { atMs: this.#nowMs + Math.max(1, Math.ceil(milliseconds)), order: this.#order, run };
    this.#order += 1;
    this.#push(due);
    return () => {
      due.run = undefined;
    };
  }

  /** Runs something again and again. */
  every(milliseconds: number, run: () => void): void {
    this.after(milliseconds, () => {
      run();
      this.every(milliseconds, run);
    });
  }

  /** Runs what is due up to a moment, or until `isOver` says so after something was run. */
  runUntil(untilMs: number, isOver: () => boolean = () => false): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#pop();
      if (first.run === undefined) continue;
      this.#nowMs = first.atMs;
      first.run();
      if (isOver()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = defined(heap[above], 'a parent');
      if (!isBefore(due, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = defined(heap.pop(), 'an entry');
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = index * 2 + 1;
      const right = heap[below + 1];
      const left = heap[below];
      if (left === undefined) break;
      const lesser = right !== undefined && isBefore(right, left) ? right : left;
      if (lesser === right) below += 1;
      if (!isBefore(lesser, last)) break;
      heap[index] = lesser;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
