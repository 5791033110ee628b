// Objects for other regions: how sources and packs are copied, scrubbed and removed. A PUT is answered when the
// object is fsynced; what belongs to a deleted asset is refused, so that a late copy brings nothing back.

import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { MeridianError } from '#contract/errors.ts';
import { SHA256_HEADER } from '#contract/peer-api.ts';
import { sendJson } from '#platform/http/server.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { NodeCall, NodeHandler } from '../shared/node-context.ts';
import type { RecordBook } from './record-book.ts';
import { rangeOf } from './send-bytes.ts';

/** Up to this size an object is read and hashed before it is sent, so that whoever copies it can check it. */
const HASHED_BYTES_MAX = 1 << 20;
const KEY = /^([a-z0-9-]{1,63})\/(ast_[0-9a-z]{26})\/[A-Za-z0-9._/-]{1,200}$/;

/** Creates the handler of PEER_OBJECTS_PREFIX. */
export function createPeerObjects(
  store: ObjectStore,
  records: RecordBook,
  bytesMax: () => number,
): NodeHandler {
  async function send(call: NodeCall, key: string): Promise<void> {
    const { request, response } = call;
    const info = await store.head(key);
    if (info === undefined) throw new MeridianError('not_found', { what: 'such object here' });
    const range = rangeOf(request.headers.range, info.bytes);
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${info.bytes}`, 'content-length': '0' });
      response.end();
      return;
    }
    const length = range === undefined ? info.bytes : range.end - range.start + 1;
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      'content-length': String(length),
      'accept-ranges': 'bytes',
      'last-modified': new Date(info.modifiedAtMs).toUTCString(),
    };
    if (range !== undefined) headers['content-range'] = `bytes ${range.start}-${range.end}/${info.bytes}`;
    const status = range === undefined ? 200 : 206;
    if (request.method === 'HEAD') {
      response.writeHead(status, headers);
      response.end();
      return;
    }
    if (range === undefined && info.bytes <= HASHED_BYTES_MAX) {
      const body = await store.get(key);
      if (body === undefined) throw new MeridianError('not_found', { what: 'such object here' });
      const sha256 = createHash('sha256').update(body).digest('hex');
      response.writeHead(status, {
        ...headers,
        'content-length': String(body.length),
        [SHA256_HEADER]: sha256,
      });
      response.end(body);
      return;
    }
    const opened = await store.stream(key, range);
    if (opened === undefined) throw new MeridianError('not_found', { what: 'such object here' });
    response.writeHead(status, headers);
    await pipeline(opened.body, response);
  }

  async function receive(call: NodeCall, key: string): Promise<void> {
    const { request, response } = call;
    const sha256 = request.headers[SHA256_HEADER];
    if (sha256 !== undefined && (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)))
      throw new MeridianError('invalid_request', { reason: `${SHA256_HEADER} is not a SHA-256 in hex` });
    if (Number(request.headers['content-length'] ?? 0) > bytesMax())
      throw new MeridianError('request_too_large', { limitBytes: bytesMax() });
    const written = await store.put(key, request, sha256 === undefined ? {} : { sha256 });
    sendJson(response, written, 201);
  }

  return async (call) => {
    const { request, response, rest } = call;
    const [, projectId = '', assetId = ''] = KEY.exec(rest) ?? [];
    if (assetId === '') throw new MeridianError('invalid_request', { reason: 'that is not a key of ours' });
    if (request.method === 'GET' || request.method === 'HEAD') {
      await send(call, rest);
      return;
    }
    if (rest === `${projectId}/${assetId}/record.json`)
      throw new MeridianError('invalid_request', { reason: 'records have their own address' });
    if (request.method === 'PUT') {
      if ((await records.get(projectId, assetId))?.isDeleted)
        throw new MeridianError('gone', { what: 'video' });
      await receive(call, rest);
    } else if (request.method === 'DELETE') {
      await store.delete(rest);
      response.writeHead(204);
      response.end();
    } else throw new MeridianError('invalid_request', { reason: 'objects know GET, HEAD, PUT and DELETE' });
  };
}
