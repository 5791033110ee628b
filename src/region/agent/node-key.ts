// The node's own Ed25519 key: a PEM file of mode 0600, made at the first start, read again when the file changes,
// so that an operator can replace it without a restart. A broken or missing replacement changes nothing.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadOrCreateSigningKey, type SigningKey } from '#platform/identity.ts';
import type { Log } from '#platform/log.ts';

export interface NodeKey {
  /** The key to sign with now. */
  current(): SigningKey;
  /** Reads the file again when it has changed; true when the key did. */
  refresh(): Promise<boolean>;
}

/** Opens, or makes, the key in the node's data directory. */
export async function openNodeKey(dataDirectory: string, log: Log): Promise<NodeKey> {
  const path = join(dataDirectory, 'node-key.pem');
  let key = await loadOrCreateSigningKey(path);
  let seen = await fingerprint(path);
  return {
    current: () => key,
    async refresh() {
      const now = await fingerprint(path);
      if (now === seen || now === undefined) return false;
      seen = now;
      try {
        const next = await loadOrCreateSigningKey(path);
        if (next.publicKey === key.publicKey) return false;
        key = next;
        return true;
      } catch (error) {
        log.warn({ path, error: String(error) }, 'the new node key cannot be read; keeping the old one');
        return false;
      }
    },
  };
}

/** Changes whenever the file is written or replaced; undefined while there is none. */
async function fingerprint(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return undefined;
  }
}
