// Whether the bytes of an object are those that were written: by the checksum that its document, its record or its name
// knows, else by the form of what it is. An object that cannot be read is damaged too.

import { createHash } from 'node:crypto';
import { assetRecordSchema } from '#contract/media.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { type AttemptObject, objectsOf } from '../../shared/attempt-objects.ts';
import { parseDocument } from '../../shared/media-store.ts';
import { crcProblemOfPack } from '../../shared/pack.ts';
import type { AssetFacts } from './asset-facts.ts';
import type { StoredAsset } from './walk-store.ts';

export type Verdict =
  | { readonly kind: 'good' }
  /** Nobody knows a checksum; it could be read. */
  | { readonly kind: 'readable' }
  /** It went away meanwhile. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly detail: string; readonly sha256: string | null };

/** Checksums of an asset's objects, as far as they are known. */
export function expectedObjects(asset: StoredAsset, facts: AssetFacts): ReadonlyMap<string, AttemptObject> {
  const expected = new Map<string, AttemptObject>();
  for (const document of facts.documents)
    for (const object of objectsOf(document)) expected.set(object.key, object);
  const { record } = facts;
  if (record !== undefined) {
    const key = `${asset.place}/v${record.version}/source`;
    expected.set(key, { key, sha256: record.source.sha256, bytes: record.source.bytes });
  }
  for (const { key } of asset.objects) {
    const sha256 = /\/files\/([0-9a-f]{64})$/.exec(key)?.[1];
    if (sha256 !== undefined) expected.set(key, { key, sha256 });
  }
  return expected;
}

/** Objects that are read whole to judge their form: records, documents, packs of unknown checksum. */
const WHOLE_BYTES_MAX = 64 << 20;

/** Reads an object and judges it; `onBytes` is called for each chunk and may slow the reading down. */
export async function checkObject(
  store: ObjectStore,
  key: string,
  expected: AttemptObject | undefined,
  onBytes: (bytes: number) => Promise<void>,
): Promise<Verdict> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let bytes = 0;
  const isForm = expected?.sha256 === undefined && /(?:\/(?:media|record)\.json|\/pack-\d+\.bin)$/.test(key);
  try {
    const opened = await store.stream(key);
    if (opened === undefined) return { kind: 'missing' };
    for await (const chunk of opened.body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      if (isForm && bytes <= WHOLE_BYTES_MAX) chunks.push(chunk);
      await onBytes(chunk.length);
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    return { kind: 'damaged', detail: `it cannot be read: ${String(error)}`, sha256: null };
  }
  const sha256 = hash.digest('hex');
  if (expected?.sha256 !== undefined) {
    if (sha256 === expected.sha256) return { kind: 'good' };
    const detail = `${bytes} bytes with SHA-256 ${sha256} instead of ${expected.sha256}`;
    return { kind: 'damaged', detail, sha256 };
  }
  if (!isForm) return { kind: 'readable' };
  const problem = problemOfForm(key, Buffer.concat(chunks));
  return problem === null ? { kind: 'good' } : { kind: 'damaged', detail: problem, sha256 };
}

function problemOfForm(key: string, body: Buffer): string | null {
  if (key.endsWith('.bin')) return crcProblemOfPack(body);
  if (key.endsWith('/media.json'))
    return parseDocument(body) === undefined ? 'it is not a media document' : null;
  try {
    return assetRecordSchema.safeParse(JSON.parse(body.toString('utf8'))).success
      ? null
      : 'it is not an asset record';
  } catch {
    return 'it is not JSON';
  }
}
