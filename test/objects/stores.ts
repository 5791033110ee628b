// Every kind of object store, opened empty, for tests that run on all of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createS3Store } from '#platform/objects/s3-store.ts';

export interface OpenedStore {
  readonly store: ObjectStore;
  close(): Promise<void>;
}

/** What is used of s3rver, which comes without types. */
interface S3Server {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}
type S3ServerClass = new (options: {
  port: number;
  address: string;
  silent: boolean;
  directory: string;
  configureBuckets: { name: string }[];
}) => S3Server;

/** Starts s3rver with one bucket on a free port. */
export async function startS3Server(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-s3-'));
  const S3rver = createRequire(import.meta.url)('s3rver') as S3ServerClass;
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'meridian-test' }],
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}/meridian-test`,
    async close() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A store on a bucket whose server takes s3rver's fixed credentials. */
export function openBucket(endpoint: string, requestMsMax = 10_000): ObjectStore {
  return createS3Store({
    endpoint,
    bucketRegion: 'us-east-1',
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    requestMsMax,
  });
}

export const KINDS: Readonly<Record<string, () => Promise<OpenedStore>>> = {
  async disk() {
    const directory = mkdtempSync(join(tmpdir(), 'meridian-objects-'));
    return {
      store: await createDiskStore(directory),
      close: async () => rmSync(directory, { recursive: true, force: true }),
    };
  },
  async s3() {
    const server = await startS3Server();
    return { store: openBucket(server.endpoint), close: () => server.close() };
  },
  async memory() {
    return { store: createMemoryStore(), close: async () => undefined };
  },
};
