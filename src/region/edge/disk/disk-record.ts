// An object as a file of the disk cache: mark, checksum, header, body. The checksum is the GHASH of AES-GCM without a
// secret: it finds damage, not malice (the folder belongs to the node alone), and processors compute it faster than a
// CRC-32 or a SHA-256.

import { createCipheriv } from 'node:crypto';

export interface DiskObject {
  readonly key: string;
  readonly etag: string;
  readonly body: Buffer;
}

const MARK = Buffer.from('MRDNDSK1');
const TAG_BYTES = 16;
/** Where what the checksum covers begins: the length of the header, the header, the body. */
const COVERED_AT = MARK.length + TAG_BYTES;
const NO_SECRET = Buffer.alloc(16);
const NO_NONCE = Buffer.alloc(12);

function checksum(parts: readonly Uint8Array[]): Buffer {
  const cipher = createCipheriv('aes-128-gcm', NO_SECRET, NO_NONCE);
  for (const part of parts) cipher.setAAD(part);
  cipher.final();
  return cipher.getAuthTag();
}

/** The parts of the file, in order. */
export function encodeRecord({ key, etag, body }: DiskObject): Buffer[] {
  const header = Buffer.from(JSON.stringify({ key, etag }));
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32BE(header.length);
  const covered = Buffer.concat([lengthBytes, header]);
  return [Buffer.concat([MARK, checksum([covered, body]), covered]), body];
}

/** The object in a file; null when the file is damaged or holds another object. */
export function decodeRecord(file: Buffer, key: string): DiskObject | null {
  if (file.length < COVERED_AT + 4 || !file.subarray(0, MARK.length).equals(MARK)) return null;
  if (!checksum([file.subarray(COVERED_AT)]).equals(file.subarray(MARK.length, COVERED_AT))) return null;
  const bodyAt = COVERED_AT + 4 + file.readUInt32BE(COVERED_AT);
  const header = JSON.parse(file.toString('utf8', COVERED_AT + 4, bodyAt)) as { key: string; etag: string };
  return header.key === key ? { key, etag: header.etag, body: file.subarray(bodyAt) } : null;
}

/** Bytes from the beginning of a file in which its key is found: addresses are limited, and the rest is short. */
export const KEY_WITHIN_BYTES = 4_096;

/** The key that the beginning of a file tells, unchecked; null when it is not the beginning of such a file. */
export function decodeKey(head: Buffer): string | null {
  if (head.length < COVERED_AT + 4 || !head.subarray(0, MARK.length).equals(MARK)) return null;
  const bodyAt = COVERED_AT + 4 + head.readUInt32BE(COVERED_AT);
  if (bodyAt > head.length) return null;
  try {
    const header: unknown = JSON.parse(head.toString('utf8', COVERED_AT + 4, bodyAt));
    const hasKey = typeof header === 'object' && header !== null && 'key' in header;
    return hasKey && typeof header.key === 'string' ? header.key : null;
  } catch {
    return null;
  }
}
