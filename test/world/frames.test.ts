// Real footage comes through whole, and what is no video is refused with a reason that its sender understands.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AssetView } from '#contract/api/assets.ts';
import { countEverywhere, GOOD_FILES, goodFiles, isExact } from '../scenarios/frames.ts';
import { createUpload, sendUpload } from '../support/bench-upload.ts';
import { footage } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

let world: RunningWorld;
const directory = mkdtempSync(join(tmpdir(), 'meridian-bad-files-'));

before(async () => {
  world = await startWorld();
});
after(async () => {
  await world?.remove();
  rmSync(directory, { recursive: true, force: true });
});

test('every frame of every good file is served in every rendition by every region', async () => {
  const counts = await countEverywhere(world, goodFiles());
  assert.deepEqual(
    counts.filter((count) => !isExact(count)),
    [],
  );
  for (const file of GOOD_FILES) {
    const own = counts.filter((count) => count.file === file);
    assert.deepEqual(
      new Set(own.map(({ regionId }) => regionId)),
      new Set(world.regions.map(({ id }) => id)),
      file,
    );
    assert.ok(new Set(own.map(({ renditionId }) => renditionId)).size >= 2, file);
  }
});

function written(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function needed(name: string): string {
  const path = footage(name);
  assert.ok(path, `${name} is needed; set MERIDIAN_TEST_MEDIA`);
  return path;
}

const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n';

/** Content, the code of the failure, and what its message says. */
const BAD_FILES: readonly (readonly [string, () => string, RegExp, RegExp])[] = [
  ['noise', () => needed('noise.mp4'), /^media_unsupported$/, /\w+ .*\w+/],
  [
    'a file cut off in the middle',
    () => needed('truncated.mp4'),
    /^media_truncated$/,
    /frames|ends|cut|short|trunc/i,
  ],
  [
    'a text',
    () => written('letter.mp4', 'Dear reader,\nthis is no video.\n'),
    /^media_unsupported$/,
    /\w+ .*\w+/,
  ],
  ['a playlist', () => written('list.mp4', PLAYLIST), /^media_forbidden$/, /playlist/i],
];

for (const [what, file, code, message] of BAD_FILES)
  test(`${what} is refused with a reason that the API tells`, async () => {
    const region = world.regions[0];
    assert.ok(region);
    const upload = await createUpload(world.client, region.ingestUrl, file());
    await sendUpload(upload);
    const asset = await waitFor<AssetView>(
      'the failure',
      async () => {
        const view = await world.client.call('GET /v1/assets/{assetId}', {
          params: { assetId: upload.assetId },
        });
        assert.notEqual(view.stage, 'ready');
        return view.stage === 'failed' ? view : undefined;
      },
      60_000,
    );
    assert.match(asset.failure?.code ?? '', code);
    assert.match(asset.failure?.message ?? '', message);
    assert.doesNotMatch(asset.failure?.message ?? '', /Error:|\bat .*\.ts:\d+|\/tmp\//);
    assert.equal(asset.isPlayable, false);
    const { jobs } = await world.client.call('GET /v1/jobs', { query: {} });
    const job = jobs.find(({ assetId }) => assetId === asset.id);
    assert.equal(job?.attempt, 1, 'a bad file is not tried again');
  });

test('an empty file is refused by the command and by the ingest', async () => {
  const empty = written('empty.mp4', '');
  const result = await world.run('upload', empty);
  assert.notEqual(result.code, 0);
  assert.match(result.stderr, /no bytes/);
  const region = world.regions[0];
  assert.ok(region);
  await assert.rejects(createUpload(world.client, region.ingestUrl, empty), /400|422|empty/i);
});
