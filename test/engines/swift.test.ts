// The object store and a whole world on buckets of OpenStack Swift: what the store promises, and a video from its upload
// to its playback at every region, with nothing of it on a disk of ours. Run: npm run test:engines.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createS3Store } from '#platform/objects/s3-store.ts';
import { digestMedia, FAST, filesOf } from '../durability/support.ts';
import { STORE_CASES } from '../objects/store-cases.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { createWorldFiles, type RunningWorld, startWorld } from '../support/world.ts';
import { type Swift, startSwift } from './swift.ts';

let swift: Swift;
before(async () => {
  swift = await startSwift();
});
after(() => swift?.close());

function storeAt(endpoint: string): ObjectStore {
  const { bucketRegion, accessKeyId, secretAccessKey } = swift;
  return createS3Store({ endpoint, bucketRegion, accessKeyId, secretAccessKey, requestMsMax: 10_000 });
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** A world whose regions keep their media in a bucket each; resolves with the addresses of the buckets by region. */
async function startWorldOnBuckets(): Promise<{ world: RunningWorld; buckets: Map<string, string> }> {
  const files = await createWorldFiles({ config: { durability: FAST, wan: { enabled: false } } });
  const config = parse(readFileSync(files.configPath, 'utf8')) as {
    regions: { id: string; objects?: unknown }[];
  };
  const buckets = new Map<string, string>();
  for (const region of config.regions) {
    const endpoint = await swift.makeBucket(region.id);
    buckets.set(region.id, endpoint);
    region.objects = { kind: 's3', endpoint, bucketRegion: swift.bucketRegion };
  }
  writeFileSync(files.configPath, stringify(config));
  const env = {
    MERIDIAN_S3_ACCESS_KEY_ID: swift.accessKeyId,
    MERIDIAN_S3_SECRET_ACCESS_KEY: swift.secretAccessKey,
  };
  return { world: await startWorld({ env }, files), buckets };
}

test('a bucket of Swift keeps what every object store promises', async (context) => {
  const store = storeAt(await swift.makeBucket('contract'));
  for (const [title, run] of STORE_CASES) await context.test(title, () => run(store));
});

test('a video goes from its upload to every edge and away again with its media in buckets alone', async () => {
  const { world, buckets } = await startWorldOnBuckets();
  try {
    const asset = await world.upload(clip({ seconds: 4, width: 320, height: 180 }), '--name', 'swift');
    const place = `${asset.projectId}/${asset.id}`;
    const [first, ...others] = await Promise.all(
      world.regions.map(({ edgeUrl }) => digestMedia(edgeUrl, asset)),
    );
    assert.ok(first !== undefined && first.size > 4);
    for (const other of others) assert.deepEqual(other, first);
    for (const [regionId, bucket] of buckets) {
      const keys = await waitFor(`the source in ${regionId}`, async () => {
        const found = await keysOf(storeAt(bucket), `${place}/`);
        return found.includes(`${place}/v1/source`) ? found : undefined;
      });
      assert.ok(keys.includes(`${place}/record.json`));
      assert.deepEqual(filesOf(world, regionId, asset), [], 'nothing of it on our own disk');
    }
    await world.client.call('DELETE /v1/assets/{assetId}', { params: { assetId: asset.id } });
    for (const [regionId, bucket] of buckets)
      await waitFor(
        `nothing but the tombstone in ${regionId}`,
        async () => (await keysOf(storeAt(bucket), `${place}/`)).join() === `${place}/record.json`,
        60_000,
      );
    for (const { edgeUrl } of world.regions) {
      const { status } = await fetch(`${edgeUrl}/m/${place}/v1/main.m3u8`);
      assert.equal(status, 410);
    }
  } finally {
    await world.remove();
  }
});
