// A process with the origin of the site bench: beside thousands of clients in one process it would be late. Prints its
// address, and for each line it reads how often it was asked for the segment; ends when its parent goes.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { AssetRecord } from '#contract/media.ts';
import { ASSET_ID, SEGMENT, SEGMENT_BYTES } from './setup.ts';

/** An origin takes a moment. */
const ANSWER_MS = 20;

const record: AssetRecord = {
  formatVersion: 1,
  projectId: 'default',
  assetId: ASSET_ID,
  version: 1,
  revision: 1,
  name: 'bench',
  visibility: 'public',
  isDeleted: false,
  createdAtMs: 0,
  source: { bytes: 1, sha256: '0'.repeat(64), fileName: 'x', contentType: 'video/mp4', regionIds: ['bench'] },
};
const recordBytes = Buffer.from(JSON.stringify(record));
const segmentBytes = Buffer.alloc(SEGMENT_BYTES, 0x61);

let reads = 0;
const server = createServer((request, response) => {
  const isSegment = request.url?.endsWith(SEGMENT) === true;
  if (isSegment) reads += 1;
  const isRecord = request.url?.endsWith('/record') === true;
  const body = isRecord ? recordBytes : segmentBytes;
  setTimeout(() => {
    response.writeHead(isSegment || isRecord ? 200 : 404, {
      'content-length': isSegment || isRecord ? body.length : 0,
      etag: '"bench"',
      'meridian-cache-class': isRecord ? 'record' : 'immutable',
    });
    response.end(isSegment || isRecord ? body : undefined);
  }, ANSWER_MS);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
process.stdout.write(`${JSON.stringify(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)}\n`);
for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${reads}\n`);
process.exit(0);
