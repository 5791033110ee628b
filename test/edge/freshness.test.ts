// What may change: growing playlists, records, and what happens to both while origins are away.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { mediaKey } from '#region/shared/keys.ts';
import { waitFor } from '../support/wait-for.ts';
import { get, verdict } from './client.ts';
import {
  ASSET,
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const RECORD = `default/${ASSET}/record`;
const asks = (regionId: string, path: string): number =>
  world.region(regionId).asked.filter((asked) => asked === path).length;

function growing(segments: number, revision: number) {
  const document = documentOf({ state: 'growing', revision, holders: ['dublin'] });
  const renditions = document.renditions.map((rendition) => ({
    ...rendition,
    durationRuns: [[2_000, segments]] as [number, number][],
  }));
  return { ...document, renditions };
}

test('a growing playlist is kept for half a second and comes from the writer', async () => {
  await publishAsset(world, recordOf(), growing(1, 1));
  const path = `${BASE}/v720/index.m3u8`;
  const port = portOf(world, 'singapore');
  const countOf = async (): Promise<number> => {
    const answer = await get(port, path);
    assert.equal(answer.headers['cache-control'], 'public, no-cache');
    return [...answer.body.toString().matchAll(/\.m4s/g)].length;
  };
  assert.equal(await countOf(), 1);
  // Only the writer knows more; the other regions still have the first document.
  const grown = growing(3, 3);
  await world.region('dublin').store.put(mediaKey(grown), Buffer.from(JSON.stringify(grown)));
  assert.equal(await countOf(), 1, 'still fresh');
  await waitFor('the grown playlist', async () => {
    world.clock.advance(501);
    return (await countOf()) === 3;
  });
  const text = (await get(port, path)).body.toString();
  assert.doesNotMatch(text, /ENDLIST/);
  assert.equal((await get(port, `${BASE}/status.json`)).json().state, 'growing');
});

test('a growing asset has a multivariant playlist, and a DASH manifest only when it is complete', async () => {
  await publishAsset(world, recordOf(), growing(1, 1));
  const port = portOf(world, 'dublin');
  assert.equal((await get(port, `${BASE}/main.m3u8`)).status, 200);
  const refused = await get(port, `${BASE}/manifest.mpd`);
  assert.equal(verdict(refused), '404 not_found');
  assert.match(String(refused.json().title), /DASH manifest while the video is being processed/);
});

test('an asset without a document is being processed', async () => {
  await publishAsset(world, recordOf(), undefined);
  const port = portOf(world, 'dublin');
  const status = (await get(port, `${BASE}/status.json`)).json();
  assert.deepEqual([status.state, status.isPlayable, status.durationMs], ['processing', false, null]);
  assert.equal(verdict(await get(port, `${BASE}/main.m3u8`)), '404 not_found');
  assert.equal(verdict(await get(port, `${BASE}/poster.jpg`)), '404 not_found');
});

test('a growing playlist goes on being served while its writer is away', async () => {
  await publishAsset(world, recordOf(), growing(2, 2));
  const path = `${BASE}/v720/index.m3u8`;
  const before = (await get(portOf(world, 'singapore'), path)).body;
  await world.region('dublin').killOrigin();
  world.clock.advance(2_000);
  const answer = await get(portOf(world, 'singapore'), path);
  assert.equal(answer.status, 200);
  assert.ok(answer.body.equals(before));
});

test('a record is renewed in the background before it is stale', async () => {
  await publishAsset(world, recordOf(), documentOf());
  const port = portOf(world, 'dublin');
  await get(port, SEGMENT);
  await get(port, SEGMENT);
  assert.equal(asks('dublin', RECORD), 1);
  world.clock.advance(2_500);
  assert.equal((await get(port, SEGMENT)).headers['x-cache'], 'HIT');
  await waitFor('the renewal', () => asks('dublin', RECORD) === 2);
  assert.equal(asks('dublin', RECORD), 2);
});

test('a deletion takes effect within five seconds, for objects in memory too', async () => {
  await publishAsset(world, recordOf(), documentOf());
  const port = portOf(world, 'dublin');
  assert.equal((await get(port, SEGMENT)).status, 200);
  const { routes } = world.region('dublin').origin;
  assert.ok(routes !== undefined);
  await publishAsset(world, recordOf({ isDeleted: true, revision: 2 }), undefined);
  await waitFor('the deletion', async () => {
    world.clock.advance(5_000);
    return verdict(await get(port, SEGMENT)) === '410 gone';
  });
  for (const rest of ['main.m3u8', 'status.json', 'a1/v720/5.m4s'])
    assert.equal(verdict(await get(port, `${BASE}/${rest}`)), '410 gone');
});

test('with every origin away what is in memory plays on, until an origin answers again', async () => {
  await publishAsset(world, recordOf(), documentOf());
  const port = portOf(world, 'dublin');
  for (const rest of ['main.m3u8', 'v720/index.m3u8', 'a1/v720/5.m4s'])
    assert.equal((await get(port, `${BASE}/${rest}`)).status, 200);
  for (const region of world.regions) await region.killOrigin();
  for (let hour = 0; hour < 3; hour += 1) {
    world.clock.advance(3_600_000);
    for (const rest of ['main.m3u8', 'v720/index.m3u8', 'a1/v720/5.m4s'])
      assert.equal((await get(port, `${BASE}/${rest}`)).status, 200, rest);
  }
  assert.equal(verdict(await get(port, `${BASE}/a1/v720/6.m4s`)), '503 unavailable');
  for (const region of world.regions) {
    await publishAsset(world, recordOf({ visibility: 'private', revision: 2 }), documentOf());
    await region.reviveOrigin();
  }
  await waitFor('the new record', async () => {
    world.clock.advance(11_000);
    return verdict(await get(port, SEGMENT)) === '403 token_required';
  });
});

test('an older record from an origin that was away changes nothing', async () => {
  await publishAsset(world, recordOf({ visibility: 'private', revision: 5 }), documentOf());
  const port = portOf(world, 'dublin');
  assert.equal(verdict(await get(port, SEGMENT)), '403 token_required');
  await publishAsset(world, recordOf({ visibility: 'public', revision: 4 }), documentOf());
  await waitFor('another renewal', async () => {
    world.clock.advance(5_000);
    assert.equal(verdict(await get(port, SEGMENT)), '403 token_required');
    return asks('dublin', RECORD) >= 3;
  });
});

test('an address without a version names the one that the asset has now', async () => {
  await publishAsset(world, recordOf(), documentOf());
  const port = portOf(world, 'dublin');
  const current = `/m/default/${ASSET}/current`;
  const versionNamed = async (): Promise<string | undefined> =>
    /\/(v\d+)\/v720\//.exec((await get(port, `${current}/main.m3u8`)).body.toString())?.[1];
  assert.equal(await versionNamed(), 'v1');
  assert.equal((await get(port, `${current}/poster.jpg`)).status, 200);
  await publishAsset(world, recordOf({ version: 2, revision: 2 }), documentOf({ version: 2 }));
  await waitFor('the new version', async () => {
    world.clock.advance(1_000);
    return (await versionNamed()) === 'v2';
  });
  assert.equal((await get(port, `${current}/status.json`)).json().state, 'complete');
  assert.match((await get(port, `${BASE}/main.m3u8`)).body.toString(), /\/v1\/v720\//);
  // What never changes has one address.
  for (const rest of ['v720/index.m3u8', 'a1/v720/init.mp4', 'a1/v720/5.m4s'])
    assert.equal((await get(port, `${current}/${rest}`)).status, 404);
});
