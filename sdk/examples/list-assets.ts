// Prints every asset, whatever their number.
// MERIDIAN_CONTROL=http://127.0.0.1:8080 MERIDIAN_TOKEN=mrd_… node sdk/examples/list-assets.ts

import { createClient, eachAsset } from '@meridian/sdk';

const client = createClient({
  url: process.env.MERIDIAN_CONTROL ?? 'http://127.0.0.1:8080',
  token: process.env.MERIDIAN_TOKEN ?? '',
});

for await (const asset of eachAsset(client, { limit: 2 }))
  console.log(`${asset.id} ${asset.stage} ${asset.name}`);
