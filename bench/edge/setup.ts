// What both servers of the edge bench serve.

export const ASSET_ID = `ast_${'0'.repeat(26)}`;
/** Distinct tokens, so that a check per token cannot hide in one cache line. */
export const TOKEN_COUNT = 1_000;
/** Body sizes, with the goal for our CPU per request as a share of nginx's. */
export const SIZES: readonly { readonly name: string; readonly bytes: number; readonly goal: number }[] = [
  { name: '2kB', bytes: 2_000, goal: 1.0 },
  { name: '150kB', bytes: 150_000, goal: 0.7 },
  { name: '1.5MB', bytes: 1_500_000, goal: 0.5 },
];
/** Objects of each size that the disk rows ask for in turn, so that requests meet on none. */
export const DISK_OBJECTS = 200;
/** CPU of a disk hit as a share of nginx's: we check what we read and copy it once more, nginx does neither. */
export const DISK_GOAL = 1.3;

/** The number of the object that the request with this index asks for. */
export function objectNumber(size: number, index: number, objects: number): number {
  return size + SIZES.length * (index % objects);
}

/** The size of an object. */
export function sizeOf(number: number): { readonly bytes: number } {
  return SIZES[number % SIZES.length] ?? { bytes: 0 };
}
