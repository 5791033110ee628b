// Our spool behind the DataStore class of @tus/server: creation, expiration, termination, and the checksum and
// concatenation extensions, which that library leaves to its stores.

import type { Readable } from 'node:stream';
import { DataStore, Upload } from '@tus/server';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Committer } from './commit.ts';
import type { Spool, UploadInfo } from './spool.ts';

export const CHECKSUM_ALGORITHMS = ['sha1', 'sha256', 'md5'] as const;

export interface Checksum {
  readonly algorithm: string;
  /** Base64. */
  readonly digest: string;
}

/** The store of one ingest. */
export class TusStore extends DataStore {
  readonly #spool: Spool;
  readonly #committer: Committer;
  readonly #clock: Clock;
  readonly #expiryMs: number;
  /** What the creating request told about an upload, until `create` is called for it. */
  readonly #announced = new Map<string, Omit<UploadInfo, 'id' | 'bytes' | 'finished' | 'metadata'>>();
  /** Checksum of the request that holds the upload's lock. */
  readonly #checksums = new Map<string, Checksum>();

  constructor(spool: Spool, committer: Committer, clock: Clock, expiryMs: number) {
    super();
    this.#spool = spool;
    this.#committer = committer;
    this.#clock = clock;
    this.#expiryMs = expiryMs;
    // The library asks for "concatentation" (its spelling) before it lets partial uploads through.
    this.extensions = ['creation', 'creation-with-upload', 'expiration', 'termination', 'concatentation'];
  }

  announce(id: string, info: Omit<UploadInfo, 'id' | 'bytes' | 'finished' | 'metadata'>): void {
    this.#announced.set(id, info);
  }

  expectChecksum(id: string, checksum: Checksum | null): void {
    if (checksum === null) this.#checksums.delete(id);
    else this.#checksums.set(id, checksum);
  }

  override async create(upload: Upload): Promise<Upload> {
    const announced = this.#announced.get(upload.id);
    this.#announced.delete(upload.id);
    if (announced === undefined || upload.size === undefined)
      throw new MeridianError('invalid_request', { reason: 'Upload-Length is missing' });
    const info = {
      ...announced,
      id: upload.id,
      bytes: upload.size,
      finished: null,
      metadata: upload.metadata ?? {},
    };
    await this.#spool.create(info);
    if (!info.isPartial) this.#committer.begin(info);
    upload.creation_date = new Date(info.createdAtMs).toISOString();
    return upload;
  }

  override async write(body: Readable, id: string, offset: number): Promise<number> {
    const checksum = this.#checksums.get(id) ?? null;
    this.#checksums.delete(id);
    const info = await this.#need(id);
    return this.#spool.append(info, offset, body, {
      checksum,
      onProgress: (position) => this.#committer.advance(id, position),
    });
  }

  /** What HEAD answers from. The whole length is only told once the promise is kept. */
  override async getUpload(id: string): Promise<Upload> {
    let info = await this.#need(id);
    if (info.finished === null && !(await this.#spool.hasBytes(id)) && (await this.#committer.recover(info)))
      info = await this.#need(id);
    const offset = await this.#spool.offset(info);
    if (offset === info.bytes && !info.isPartial && info.finished === null)
      await this.#committer.commit(info);
    return new Upload({
      id,
      size: info.bytes,
      offset,
      metadata: { ...info.metadata },
      creation_date: new Date(info.createdAtMs).toISOString(),
    });
  }

  override async remove(id: string): Promise<void> {
    const info = await this.#need(id);
    if (info.finished !== null)
      throw new MeridianError('conflict', { reason: 'The upload is finished; delete the asset instead' });
    this.#committer.drop(id);
    await this.#spool.remove(id);
  }

  override getExpiration(): number {
    return this.#expiryMs;
  }

  override async deleteExpired(): Promise<number> {
    let removed = 0;
    for (const info of await this.#spool.list()) {
      if (this.#clock.nowMs() - info.createdAtMs < this.#expiryMs) continue;
      this.#committer.drop(info.id);
      await this.#spool.remove(info.id);
      removed += 1;
    }
    return removed;
  }

  async #need(id: string): Promise<UploadInfo> {
    const info = await this.#spool.info(id);
    if (info === undefined) throw new MeridianError('not_found', { what: 'such upload' });
    return info;
  }
}
