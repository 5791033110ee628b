// Time-ordered identifiers: 48 bits of milliseconds and 80 random bits in Crockford base 32, lower case.
// They sort by creation time, fit in a path segment and need no coordination between regions.
// Layout: the ULID specification (github.com/ulid/spec).

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes an identifier such as `ast_01jd…`.
 * @param prefix three letters that name the kind
 * @param nowMs milliseconds since the epoch
 * @param random at least 10 random bytes
 */
export function makeId(prefix: string, nowMs: number, random: Uint8Array): string {
  let time = '';
  let rest = nowMs;
  for (let index = 0; index < 10; index += 1) {
    time = ALPHABET[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let tail = '';
  for (let index = 0; index < 16; index += 1) {
    const bit = index * 5;
    const pair = ((random[bit >> 3] ?? 0) << 8) | (random[(bit >> 3) + 1] ?? 0);
    tail += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return `${prefix}_${time}${tail}`;
}
