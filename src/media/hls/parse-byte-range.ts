// A range of bytes of a resource, as tags write it.
// Source: draft-pantos-hls-rfc8216bis, section 4.4.4.2.

export interface ByteRangeOf {
  readonly offset: number;
  readonly length: number;
}

/** `n@o`; without an offset it goes on where the range before it ended. */
export function parseRange(text: string, nextOffset: number | null): ByteRangeOf | null {
  const match = /^(\d{1,16})(?:@(\d{1,16}))?$/.exec(text);
  if (match === null) return null;
  const offset = match[2] === undefined ? nextOffset : Number(match[2]);
  return offset === null ? null : { offset, length: Number(match[1]) };
}
