// Writing of boxes, for headers that are built here rather than taken from an encoder.
// Source of the layout: ISO/IEC 14496-12, section 4.2.

export type BoxPart = number | string | Uint8Array | readonly number[];

/** Joins bytes; numbers are single bytes, strings are Latin-1. */
export function bytesOf(...parts: readonly BoxPart[]): Uint8Array {
  const all: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') all.push(part & 255);
    else if (typeof part === 'string') for (const character of part) all.push(character.charCodeAt(0));
    else for (const byte of part) all.push(byte);
  }
  return Uint8Array.from(all);
}

export const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
export const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** A box with its header. */
export function box(type: string, ...parts: readonly BoxPart[]): Uint8Array {
  const body = bytesOf(...parts);
  return bytesOf(u32(body.length + 8), type, body);
}

/** A box that begins with a version and flags. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly BoxPart[]
): Uint8Array {
  return box(type, version, [(flags >>> 16) & 255, (flags >>> 8) & 255, flags & 255], ...parts);
}
