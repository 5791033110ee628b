// The concatenation extension of tus 1.0 (tus.io/protocols/resumable-upload#concatenation): parts are uploaded side
// by side, then one request joins them. @tus/server leaves it out; only the joining request is ours.

import { createReadStream } from 'node:fs';
import { MeridianError } from '#contract/errors.ts';
import { CONCATENATION_PARTS_MAX } from './limits.ts';
import type { Spool, UploadInfo } from './spool.ts';

export type Concatenation =
  | { readonly kind: 'partial' }
  | { readonly kind: 'final'; readonly partIds: readonly string[] };

/** Reads an Upload-Concat header; null when there is none. */
export function parseConcatenation(header: string | null): Concatenation | null {
  if (header === null || header === '') return null;
  if (header === 'partial') return { kind: 'partial' };
  if (!header.startsWith('final;'))
    throw new MeridianError('invalid_request', { reason: 'Upload-Concat is not valid' });
  const partIds = header
    .slice('final;'.length)
    .trim()
    .split(/\s+/)
    .map((address) => address.split('/').at(-1) ?? '');
  if (partIds.length === 0 || partIds.length > CONCATENATION_PARTS_MAX || partIds.includes(''))
    throw new MeridianError('invalid_request', {
      reason: `Upload-Concat names 1 to ${CONCATENATION_PARTS_MAX} parts`,
    });
  return { kind: 'final', partIds };
}

/** The parts in their order, each complete and of the same project. */
export async function findParts(
  spool: Spool,
  partIds: readonly string[],
  projectId: string,
): Promise<readonly UploadInfo[]> {
  const parts: UploadInfo[] = [];
  for (const id of partIds) {
    const info = await spool.info(id);
    if (info === undefined || !info.isPartial)
      throw new MeridianError('not_found', { what: `partial upload ${id}` });
    if (info.projectId !== projectId) throw new MeridianError('wrong_project');
    const offset = await spool.offset(info);
    if (offset !== info.bytes)
      throw new MeridianError('conflict', { reason: `Part ${id} has ${offset} of ${info.bytes} bytes` });
    parts.push(info);
  }
  return parts;
}

/** Writes the parts into the final upload, one after another, and removes them. */
export async function joinParts(
  spool: Spool,
  final: UploadInfo,
  parts: readonly UploadInfo[],
  onProgress: (offset: number) => void,
): Promise<void> {
  let offset = 0;
  for (const part of parts) {
    const body = createReadStream(spool.dataPath(part.id));
    offset = await spool.append(final, offset, body, { checksum: null, onProgress });
  }
  for (const part of parts) await spool.remove(part.id);
}
