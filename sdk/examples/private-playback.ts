// Makes an asset private and prints an address that plays for ten minutes.
// MERIDIAN_CONTROL=http://127.0.0.1:8080 MERIDIAN_TOKEN=mrd_… node sdk/examples/private-playback.ts ast_…

import { createClient } from '@meridian/sdk';

const client = createClient({
  url: process.env.MERIDIAN_CONTROL ?? 'http://127.0.0.1:8080',
  token: process.env.MERIDIAN_TOKEN ?? '',
});
const assetId = process.argv[2] ?? '';

await client.updateAsset(assetId, { visibility: 'private' });
const { watchUrl } = await client.createAssetPlaybackToken(assetId, { ttlMs: 600_000 });
console.log(watchUrl);
