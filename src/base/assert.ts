// Assertions: what the code believes to be true, checked in production too.
// Never for user input: that gets an error from contract/errors.ts.

/** Thrown when the program's own belief turns out false; always a bug. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws AssertionError unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Returns `value`, or throws when it is undefined or null. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionError(`expected ${what}`);
  return value;
}

/** Marks a branch that the types already rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
