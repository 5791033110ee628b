// The other end of replication: keeps a copy of an upload that another region receives. The copy counts only when
// its bytes match the SHA-256, are fsynced and in the store with their record, and a note waits for control; then
// this region alone could make the asset appear.

import { constants } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { JSON_BODY_BYTES_MAX } from '#contract/limits.ts';
import { type AssetRecord, assetRecordSchema } from '#contract/media.ts';
import { SHA256_HEADER } from '#contract/peer-api.ts';
import { isOutOfSpace } from '#platform/disk.ts';
import { sendJson } from '#platform/http/server.ts';
import { sourceKey } from '../shared/keys.ts';
import type { NodeCall, NodeContext, NodeHandler } from '../shared/node-context.ts';
import type { Outbox } from '../shared/outbox.ts';
import { keepRecord } from '../shared/records.ts';
import { createArrivingFiles } from './arriving-files.ts';
import { keepSource } from './keep-source.ts';
import { RECORD_HEADER } from './replica-pump.ts';

const UPLOAD_ID = /^ast_[0-9a-z]{26}$/;

/** Handler of PEER_UPLOADS_PREFIX. */
export function createReplicaHandler(
  context: NodeContext,
  directory: string,
  outbox: Outbox<AssetRecord>,
): NodeHandler {
  const path = (id: string): string => join(directory, `${id}.part`);
  const arriving = createArrivingFiles();

  async function length(id: string): Promise<number | undefined> {
    return stat(path(id)).then(
      (info) => info.size,
      () => undefined,
    );
  }

  async function append(call: NodeCall, id: string, offset: number): Promise<number> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(path(id), constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      const have = (await file.stat()).size;
      if (have < offset) throw new MeridianError('offset_mismatch', { offset: have });
      // Bytes past the offset are from an attempt whose answer was lost; they are the same bytes.
      let position = offset;
      if (have === 0) arriving.begin(path(id));
      for await (const chunk of call.request as AsyncIterable<Buffer>) {
        await file.write(chunk, 0, chunk.length, position);
        arriving.wrote(path(id), position, chunk);
        position += chunk.length;
      }
      await file.truncate(position);
      return position;
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      throw new MeridianError('storage_full', { where: context.region.id }, { cause: error });
    } finally {
      await file.close();
    }
  }

  async function finish(id: string, record: AssetRecord, sha256: string): Promise<void> {
    const own = await arriving.sha256(path(id), record.source.bytes);
    if (own !== sha256) {
      // Sent again from the beginning: what was not fsynced when the power failed may be anything.
      arriving.forget(path(id));
      await rm(path(id), { force: true });
      throw new MeridianError('checksum_mismatch');
    }
    const key = sourceKey(record.projectId, record.assetId, record.version);
    if (record.version === 1) await context.store.adoptFile(key, path(id), { sha256, isHashed: true });
    else await keepSource(context.store, key, path(id), sha256);
    arriving.forget(path(id));
    if (record.version === 1) await keepRecord(context.store, record);
    await outbox.add(record);
  }

  return async (call) => {
    const id = call.rest;
    if (!UPLOAD_ID.test(id)) throw new MeridianError('invalid_request', { reason: 'that is no upload' });
    const { method } = call.request;
    if (method === 'HEAD') {
      const have = await length(id);
      call.response.writeHead(have === undefined ? 404 : 200, { 'upload-offset': String(have ?? 0) }).end();
    } else if (method === 'DELETE') {
      arriving.forget(path(id));
      await rm(path(id), { force: true });
      sendJson(call.response, { isDeleted: true });
    } else if (method === 'PATCH') {
      const offset = queryNumber(call.url, 'offset');
      const end = await append(call, id, offset);
      if (call.url.searchParams.get('last') === '1') {
        const bytes = queryNumber(call.url, 'bytes');
        if (end !== bytes) throw new MeridianError('offset_mismatch', { offset: end });
        await finish(id, parseRecord(call, id), String(call.request.headers[SHA256_HEADER] ?? ''));
      }
      sendJson(call.response, { offset: end });
    } else throw new MeridianError('invalid_request', { reason: `${method} is not for uploads` });
  };
}

function queryNumber(url: URL, name: string): number {
  const value = Number(url.searchParams.get(name));
  if (!Number.isSafeInteger(value) || value < 0)
    throw new MeridianError('invalid_request', { reason: `${name} must be a number of bytes` });
  return value;
}

function parseRecord(call: NodeCall, id: string): AssetRecord {
  const text = Buffer.from(String(call.request.headers[RECORD_HEADER] ?? ''), 'base64url').toString('utf8');
  const parsed =
    text.length > JSON_BODY_BYTES_MAX ? undefined : assetRecordSchema.safeParse(JSON.parse(text || 'null'));
  // A new version of an asset is uploaded under a name of its own.
  if (parsed?.data === undefined || (parsed.data.assetId !== id && parsed.data.version === 1))
    throw new MeridianError('invalid_request', { reason: 'the record is not valid' });
  return parsed.data;
}

/** Removes copies of uploads that were never finished. */
export async function removeStaleCopies(directory: string, olderThanMs: number): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    const info = await stat(join(directory, name)).catch(() => undefined);
    if (info !== undefined && info.mtimeMs < olderThanMs) await rm(join(directory, name), { force: true });
  }
}
