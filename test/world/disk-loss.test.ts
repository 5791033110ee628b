// A region's disk is gone right after it acknowledged an upload.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loseDiskAfterUpload } from '../scenarios/disk-loss.ts';
import { worldIsWhole } from '../scenarios/failover.ts';
import { countFrames, videoPlaylists } from '../scenarios/frames.ts';
import { clip } from '../support/media.ts';
import { startWorld } from '../support/world.ts';

test('an acknowledged upload appears complete although the region that took it lost its disk', async () => {
  const world = await startWorld();
  try {
    const loss = await loseDiskAfterUpload(world, clip({ seconds: 6, width: 640, height: 360 }));
    assert.equal(loss.copies, 2, 'a second region held it at the acknowledgement');
    assert.ok(loss.asset.sourceRegionIds.some((id) => id !== loss.regionId));
    await worldIsWhole(world);
    assert.equal(loss.asset.playlists.length, world.regions.length);
    for (const { regionId, hls } of loss.asset.playlists) {
      const playlists = await videoPlaylists(hls);
      assert.ok(playlists.length > 0, regionId);
      for (const { renditionId, url } of playlists)
        assert.equal(await countFrames(url), 180, `${renditionId} from ${regionId}`);
    }
  } finally {
    await world.remove();
  }
});
