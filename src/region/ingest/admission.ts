// Who may upload what: the grant, its project and limits, the room on the disk, names that are safe to keep.

import { randomBytes } from 'node:crypto';
import type { Upload } from '@tus/server';
import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { UploadClaims } from '#contract/tokens.ts';
import type { TokenVerifier } from '#platform/tokens.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { parseConcatenation } from './concatenation.ts';
import { DISK_RESERVE_BYTES, METADATA_BYTES_MAX, UPLOADS_OPEN_MAX } from './limits.ts';
import type { Spool, UploadInfo } from './spool.ts';
import { CHECKSUM_ALGORITHMS, type Checksum } from './tus-store.ts';

type Announced = Omit<UploadInfo, 'id' | 'bytes' | 'finished' | 'metadata'>;

export interface Admission {
  /** Claims of the request's grant; throws a token error. */
  grant(headers: Headers): UploadClaims;
  newId(headers: Headers): string;
  /** Largest upload of this grant here. */
  bytesMax(headers: Headers, id: string | null): number;
  /** Checks a request for an upload that exists or is being created. */
  check(headers: Headers, id: string): Promise<void>;
  /** Decides about a new upload. */
  admit(headers: Headers, upload: Upload): Promise<Announced>;
  /** What a joined upload will be. */
  describeFinal(headers: Headers, bytes: number): Promise<UploadInfo>;
  checksum(headers: Headers): Checksum | null;
}

/** Creates the admission of one ingest. */
export function createAdmission(
  context: NodeContext,
  verifier: TokenVerifier<UploadClaims>,
  spool: Spool,
): Admission {
  function grant(headers: Headers): UploadClaims {
    const [scheme, token] = (headers.get('authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token) throw new MeridianError('unauthenticated');
    return verifier.check(token, context.clock.nowMs());
  }

  function limitOf(claims: UploadClaims): number {
    const policy = context.world.current()?.policies.uploadBytesMax ?? Number.MAX_SAFE_INTEGER;
    return Math.min(claims.bytesMax, context.config.limits.uploadBytesMax, policy);
  }

  async function checkRoom(bytes: number): Promise<void> {
    const state = context.world.current()?.sites.find(({ id }) => id === context.site.id)?.state;
    if (state === 'draining') throw new MeridianError('draining');
    const free = await context.store.freeBytes();
    if (free !== undefined && free - DISK_RESERVE_BYTES < bytes)
      throw new MeridianError('storage_full', { where: `the ingest of ${context.region.name}` });
    const open = (await spool.list()).filter((info) => info.finished === null).length;
    if (open >= UPLOADS_OPEN_MAX)
      throw new MeridianError('overloaded', { reason: `${open} uploads are in progress here` });
  }

  async function describe(
    claims: UploadClaims,
    metadata: Upload['metadata'],
    bytes: number,
  ): Promise<Announced> {
    if (bytes === 0) throw new MeridianError('media_empty');
    if (JSON.stringify(metadata ?? {}).length > METADATA_BYTES_MAX)
      throw new MeridianError('invalid_request', {
        reason: `Upload-Metadata is larger than ${METADATA_BYTES_MAX} bytes`,
      });
    if (bytes > limitOf(claims)) throw new MeridianError('upload_too_large', { limitBytes: limitOf(claims) });
    await checkRoom(bytes);
    return {
      projectId: claims.project,
      ...(claims.asset === undefined || claims.version === undefined
        ? {}
        : { replaces: { assetId: claims.asset, version: claims.version } }),
      visibility: claims.visibility,
      ...(claims.priority === undefined ? {} : { priority: claims.priority }),
      ...(claims.preset === undefined ? {} : { preset: claims.preset }),
      fileName: plainName(metadata?.filename ?? metadata?.name),
      contentType: (metadata?.filetype ?? 'application/octet-stream').slice(0, 127),
      createdAtMs: context.clock.nowMs(),
      isPartial: false,
    };
  }

  const newId = (): string => makeId('ast', context.clock.nowMs(), randomBytes(10));

  return {
    grant,
    newId(headers) {
      grant(headers);
      return newId();
    },
    bytesMax(headers) {
      // OPTIONS carries no grant: what this ingest takes at most.
      return headers.has('authorization') ? limitOf(grant(headers)) : context.config.limits.uploadBytesMax;
    },
    async check(headers, id) {
      const claims = grant(headers);
      const info = await spool.info(id);
      if (info !== undefined && info.projectId !== claims.project) throw new MeridianError('wrong_project');
    },
    async admit(headers, upload) {
      const announced = await describe(grant(headers), upload.metadata, upload.size ?? 0);
      return { ...announced, isPartial: parseConcatenation(headers.get('upload-concat')) !== null };
    },
    async describeFinal(headers, bytes) {
      const metadata = parseMetadata(headers.get('upload-metadata') ?? '');
      const announced = await describe(grant(headers), metadata, bytes);
      return { ...announced, id: newId(), bytes, finished: null, metadata };
    },
    checksum(headers) {
      const header = headers.get('upload-checksum');
      if (header === null) return null;
      const [algorithm, digest] = header.split(' ');
      if (digest === undefined || !CHECKSUM_ALGORITHMS.some((known) => known === algorithm))
        throw new MeridianError('invalid_request', {
          reason: `Upload-Checksum must be one of ${CHECKSUM_ALGORITHMS.join(', ')} and a digest`,
        });
      return { algorithm: algorithm ?? '', digest };
    },
  };
}

/** `key base64,key base64` (tus 1.0, Upload-Metadata). */
function parseMetadata(header: string): Record<string, string | null> {
  const metadata: Record<string, string | null> = {};
  for (const pair of header.split(',')) {
    const [key, value] = pair.trim().split(' ');
    if (key) metadata[key] = value === undefined ? null : Buffer.from(value, 'base64').toString('utf8');
  }
  return metadata;
}

/** A file name without folders or control characters, of a sane length. */
export function plainName(name: string | null | undefined): string {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  const clean = [...last].filter((character) => character >= ' ' && character !== '\x7f').join('');
  return clean.slice(0, 255) || 'video';
}
