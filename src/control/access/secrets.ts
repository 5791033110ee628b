// Secrets that we hand out: 256 random bits each, kept only as SHA-256. With that much entropy a slow hash would
// protect nothing more, and each request would pay for it.

import { createHash } from 'node:crypto';
import type { RandomBytes } from '../context.ts';

/** Makes a secret such as `mrd_…`. */
export function makeSecret(
  prefix: 'mrd' | 'mrs' | 'mrj' | 'mra' | 'mro' | 'mrr',
  random: RandomBytes,
): string {
  return `${prefix}_${Buffer.from(random(32)).toString('base64url')}`;
}

/** How a secret is stored and looked up. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
