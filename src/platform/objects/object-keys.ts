// What every kind of object store agrees on: which keys are keys, which bytes a range names, and what a full store
// and a wrong checksum are called. A key becomes a path on disk, so this is also where path traversal ends.

import { MeridianError } from '#contract/errors.ts';
import type { ObjectRange } from './object-store.ts';

/** Below the 1,024 bytes of S3, with room for a bucket's own prefix. */
const KEY_LENGTH_MAX = 900;
/** Longest file name of common file systems. */
const PART_LENGTH_MAX = 255;

/** Throws unless `key` is a relative path of plain parts; parts that start with a dot are kept for the store itself. */
export function checkKey(key: string): void {
  const reason = key === '' ? 'is empty' : reasonAgainst(key.split('/'), key);
  if (reason !== undefined)
    throw new MeridianError('invalid_request', { reason: `the object key ${show(key)} ${reason}` });
}

/** Throws unless `prefix` begins a valid key: it may be empty, and may end in a slash or in the middle of a name. */
export function checkPrefix(prefix: string): void {
  const parts = prefix.split('/');
  if (parts.at(-1) === '') parts.pop();
  const reason = prefix === '' ? undefined : reasonAgainst(parts, prefix);
  if (reason !== undefined)
    throw new MeridianError('invalid_request', { reason: `the object prefix ${show(prefix)} ${reason}` });
}

function reasonAgainst(parts: readonly string[], whole: string): string | undefined {
  if (whole.length > KEY_LENGTH_MAX) return `is longer than ${KEY_LENGTH_MAX} characters`;
  if (!/^[A-Za-z0-9._/-]*$/.test(whole))
    return 'holds a character other than letters, digits, ".", "_" and "-"';
  if (parts.length === 0 || parts.includes('')) return 'has an empty part';
  if (parts.some((part) => part.startsWith('.'))) return 'has a part that starts with a dot';
  if (parts.some((part) => part.length > PART_LENGTH_MAX))
    return `has a part over ${PART_LENGTH_MAX} characters`;
  return undefined;
}

/** A key for a message: short, and without control characters. */
function show(key: string): string {
  return JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
}

/**
 * The bytes that a range names in an object of this size, as first byte and count. An end past the object's is
 * clamped; a start past it names no bytes, which is told apart from a missing object.
 */
export function clampRange(range: ObjectRange | undefined, size: number): { start: number; count: number } {
  if (range === undefined) return { start: 0, count: size };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new MeridianError('invalid_request', { reason: `the range ${start}-${end} is not one` });
  if (start >= size) return { start: size, count: 0 };
  return { start, count: Math.min(end, size - 1) - start + 1 };
}

/** Throws unless the bytes that arrived have the checksum that was declared. */
export function checkSha256(actual: string, declared: string | undefined): void {
  if (declared !== undefined && declared !== actual)
    throw new MeridianError('checksum_mismatch', { declared, actual });
}
