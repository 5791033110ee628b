// Uploads a file and waits until it can be watched.
// MERIDIAN_CONTROL=http://127.0.0.1:8080 MERIDIAN_TOKEN=mrd_… node sdk/examples/upload-and-wait.ts holiday.mp4

import { createClient, MeridianApiError } from '@meridian/sdk';
import { pathSource } from '@meridian/sdk/node';
import { uploadFile } from '@meridian/sdk/upload';
import { waitUntilReady } from '@meridian/sdk/watch';

const client = createClient({
  url: process.env.MERIDIAN_CONTROL ?? 'http://127.0.0.1:8080',
  token: process.env.MERIDIAN_TOKEN ?? '',
});

try {
  const source = await pathSource(process.argv[2] ?? 'holiday.mp4');
  const { assetId, regionId } = await uploadFile(client, source, {
    onProgress: (sent, total) => console.error(`${Math.round((sent / total) * 100)} %`),
    onMove: (from) => console.error(`${from} does not answer; going on with the next region`),
  });
  console.error(`${assetId} was taken by ${regionId}`);
  const asset = await waitUntilReady(client, assetId);
  console.log(asset.watchUrl);
} catch (error) {
  if (!(error instanceof MeridianApiError)) throw error;
  console.error(`${error.code}: ${error.message} ${error.action}`);
  process.exitCode = 1;
}
