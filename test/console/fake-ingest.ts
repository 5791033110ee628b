// A tus endpoint in memory, for the console's uploads: creation, offsets, termination. It can hold an upload in the
// middle (it stops reading, so that the browser's own progress stops too), or fail.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type MeridianError, toProblem } from '#contract/errors.ts';

export interface FakeUpload {
  readonly bytesTotal: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  bytes: number;
  isTerminated: boolean;
}

export interface FakeIngest {
  readonly url: string;
  readonly uploads: Map<string, FakeUpload>;
  /** Stops reading after this many bytes of a PATCH, until `release`. */
  holdAfterBytes: number | undefined;
  release(): void;
  /** Refuses new uploads with this error. */
  refusal: MeridianError | undefined;
  /** Called with the identifier of each finished upload, which is its asset's. */
  onFinished: (assetId: string, upload: FakeUpload) => void;
  close(): Promise<void>;
}

const ASSET_ID = 'ast_01jd000000000000000000000';

/** Starts an ingest on a free port. */
export async function startFakeIngest(): Promise<FakeIngest> {
  const uploads = new Map<string, FakeUpload>();
  const waiting = new Set<() => void>();
  const release = (): void => {
    ingest.holdAfterBytes = undefined;
    for (const resume of waiting) resume();
    waiting.clear();
  };

  function create(request: IncomingMessage, response: ServerResponse): void {
    if (ingest.refusal !== undefined) {
      const problem = toProblem(ingest.refusal);
      response.writeHead(problem.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(problem));
      return;
    }
    const id = `${ASSET_ID}${uploads.size}`;
    uploads.set(id, {
      bytesTotal: Number(request.headers['upload-length']),
      metadata: readMetadata(String(request.headers['upload-metadata'] ?? '')),
      authorization: request.headers.authorization,
      bytes: 0,
      isTerminated: false,
    });
    response.writeHead(201, { location: `${ingest.url}/${id}` });
    response.end();
  }

  async function append(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    upload: FakeUpload,
  ): Promise<void> {
    for await (const chunk of request) {
      upload.bytes += (chunk as Buffer).length;
      if (ingest.holdAfterBytes !== undefined && upload.bytes >= ingest.holdAfterBytes)
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          request.once('close', resolve);
        });
    }
    const isFinished = upload.bytes === upload.bytesTotal;
    if (isFinished) ingest.onFinished(id, upload);
    response.writeHead(204, {
      'upload-offset': upload.bytes,
      ...(isFinished ? { 'meridian-asset': id, 'meridian-copies': 2 } : {}),
    });
    response.end();
  }

  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*, Authorization');
    response.setHeader('access-control-allow-methods', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS');
    response.setHeader(
      'access-control-expose-headers',
      'Location, Upload-Offset, Upload-Length, Meridian-Asset, Meridian-Copies',
    );
    response.setHeader('tus-resumable', '1.0.0');
    const id = (request.url ?? '').split('/')[2] ?? '';
    const upload = uploads.get(id);
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (request.method === 'POST') create(request, response);
    else if (upload === undefined || upload.isTerminated) response.writeHead(404).end();
    else if (request.method === 'HEAD')
      response
        .writeHead(200, {
          'upload-offset': upload.bytes,
          'upload-length': upload.bytesTotal,
          'cache-control': 'no-store',
        })
        .end();
    else if (request.method === 'DELETE') {
      upload.isTerminated = true;
      response.writeHead(204).end();
    } else append(request, response, id, upload).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ingest: FakeIngest = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`,
    uploads,
    holdAfterBytes: undefined,
    release,
    refusal: undefined,
    onFinished: () => {},
    close: async () => {
      release();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return ingest;
}

function readMetadata(header: string): Record<string, string> {
  const entries = header.split(',').map((pair) => pair.split(' '));
  return Object.fromEntries(
    entries.map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
