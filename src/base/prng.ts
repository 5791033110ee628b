// A small seeded generator (mulberry32): decisions and faults that use chance can be replayed from a seed.
// Not for secrets. Source: Tommy Ettinger's mulberry32, public domain.

/** A source of numbers in [0, 1). */
export type Prng = () => number;

/** Creates a generator; equal seeds give equal sequences. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Stable 32-bit hash of a text (FNV-1a), for seeding and for spreading sessions. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
