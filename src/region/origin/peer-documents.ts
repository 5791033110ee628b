// Records and media documents that other regions push: kept when they are newer than what lies here.

import { MeridianError } from '#contract/errors.ts';
import { mediaDocumentSchema } from '#contract/media.ts';
import { readJson, sendJson } from '#platform/http/server.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { keepDocument } from '../shared/media-store.ts';
import type { NodeHandler } from '../shared/node-context.ts';
import { DOCUMENT_BYTES_MAX, RECORD_BYTES_MAX } from './limits.ts';
import { parseRecord, type RecordBook } from './record-book.ts';

/** Creates the handler of PEER_RECORDS_PREFIX. */
export function createPeerRecords(records: RecordBook): NodeHandler {
  return async ({ request, response, rest }) => {
    if (request.method !== 'PUT') throw new MeridianError('invalid_request', { reason: 'records know PUT' });
    const record = parseRecord(await readJson(request, RECORD_BYTES_MAX));
    if (record === undefined) throw new MeridianError('invalid_request', { reason: 'that is not a record' });
    if (rest !== `${record.projectId}/${record.assetId}`)
      throw new MeridianError('invalid_request', { reason: 'the record belongs to another address' });
    sendJson(response, { isKept: await records.apply(record) });
  };
}

/** Creates the handler of PEER_MEDIA_PREFIX. */
export function createPeerMedia(store: ObjectStore, records: RecordBook): NodeHandler {
  /** Documents of one attempt are kept one after another, so that an older one never wins a race. */
  const changes = new Map<string, Promise<unknown>>();

  return async ({ request, response, rest }) => {
    if (request.method !== 'PUT')
      throw new MeridianError('invalid_request', { reason: 'documents know PUT' });
    const parsed = mediaDocumentSchema.safeParse(await readJson(request, DOCUMENT_BYTES_MAX));
    if (!parsed.success)
      throw new MeridianError('invalid_request', { reason: 'that is not a media document' });
    const { projectId, assetId, version, attempt } = parsed.data;
    if (rest !== `${projectId}/${assetId}/v${version}/a${attempt}`)
      throw new MeridianError('invalid_request', { reason: 'the document belongs to another address' });
    if ((await records.get(projectId, assetId))?.isDeleted)
      throw new MeridianError('gone', { what: 'video' });
    const previous = changes.get(rest) ?? Promise.resolve();
    const next = previous.catch(() => undefined).then(() => keepDocument(store, parsed.data));
    changes.set(rest, next);
    try {
      sendJson(response, { isKept: await next });
    } finally {
      if (changes.get(rest) === next) changes.delete(rest);
    }
  };
}
