// Pieces of memory that disk reads go through, used again and again: fresh memory costs a page fault for every 4 kB,
// which is more than the read itself.

export interface Slabs {
  /** A piece of memory with what the last user left in it; undefined while all are in use. */
  take(): Buffer | undefined;
  give(slab: Buffer): void;
  /** Whoever had it may still be read from: it is left to the garbage collector. */
  lose(): void;
  inUse(): number;
}

/** Creates slabs of `bytes` each; memory is taken when it is first needed. */
export function createSlabs(bytes: number, max: number): Slabs {
  const free: Buffer[] = [];
  let used = 0;
  return {
    take() {
      if (used >= max) return undefined;
      used += 1;
      return free.pop() ?? Buffer.allocUnsafeSlow(bytes);
    },
    give(slab) {
      used -= 1;
      free.push(slab);
    },
    lose() {
      used -= 1;
    },
    inUse: () => used,
  };
}
