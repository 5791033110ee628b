// Recovery codes: made beforehand, kept on paper, each good once. A hundred random bits in letters that are hard to
// mistake for others (Crockford's base 32), of which only SHA-256 is kept.

import type { RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { hashSecret } from './secrets.ts';

export const RECOVERY_CODES = 8;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LETTERS = 20;

/** A code such as `7KQ2M-…-9XW4T`. */
export function makeRecoveryCode(random: RandomBytes): string {
  const letters = [...random(LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return letters.replace(/(.{5})(?=.)/g, '$1-');
}

/** What a person typed, as it is hashed: without separators, and with the letters that stand for others. */
export function normalizeCode(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
}

/** Takes a code, once; resolves to its number, or to undefined when it does not count. */
export async function takeRecoveryCode(
  transaction: ControlTransaction,
  text: string,
  nowMs: number,
): Promise<number | undefined> {
  const taken = await transaction
    .updateTable('recovery_codes')
    .set({ used_at_ms: nowMs })
    .where('hash', '=', hashSecret(normalizeCode(text)))
    .where('used_at_ms', 'is', null)
    .returning('number')
    .executeTakeFirst();
  return taken?.number;
}
