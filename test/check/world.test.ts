// What a real world of Meridian serves keeps to the specifications: HLS, DASH and steering, every segment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckReport } from '#viewer/check/report.ts';
import { clip } from '../support/media.ts';
import { type RunningWorld, runMeridian, startWorld } from '../support/world.ts';

async function reportOf(url: string): Promise<CheckReport> {
  const { code, stdout, stderr } = await runMeridian(['check', url, '--segments', 'all', '--json']);
  assert.ok(stdout.startsWith('{'), `meridian check ${url} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as CheckReport;
}

function assertNoErrors(report: CheckReport): void {
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  assert.deepEqual(errors, [], `meridian check ${report.url}`);
  // Captions and storyboards have no boxes to look into.
  const other = report.notChecked.filter((reason) => !/: it is (text|image)\//.test(reason));
  assert.deepEqual(other, []);
}

async function checkAll(world: RunningWorld): Promise<void> {
  const asset = await world.upload(clip({ seconds: 11, width: 854, height: 480, frameRate: '30000/1001' }));
  const [region] = world.regions;
  const base = `${region?.edgeUrl}/m/default/${asset.id}/v${asset.version}`;

  const hls = await reportOf(`${base}/main.m3u8`);
  assertNoErrors(hls);
  assert.equal(hls.kind, 'hls');
  const media = hls.tracks.filter(({ label }) => /\/(v\d+|audio-\d+)\/index\.m3u8$/.test(label));
  const own = media.filter(({ label }) => label.startsWith(`${region?.edgeUrl}/`));
  assert.ok(own.length >= 2, 'at least one video rendition and one of audio');
  for (const track of own) assert.equal(track.segmentsFetched, track.segments, track.label);
  assert.equal(media.length, own.length * world.regions.length, 'every pathway was looked at');

  const dash = await reportOf(`${base}/manifest.mpd`);
  assertNoErrors(dash);
  assert.equal(dash.kind, 'dash');
  const representations = new Set(dash.tracks.map(({ label }) => label));
  for (const { label } of own) {
    const id = label.split('/').at(-2);
    assert.ok(representations.has(`Representation ${id}`), `${id} in ${[...representations].join(', ')}`);
  }

  for (const form of ['hls', 'dash']) {
    const steering = await reportOf(`${region?.edgeUrl}/steering/${form}.json`);
    assert.deepEqual(steering.findings, []);
    assert.equal(steering.kind, 'steering');
  }
}

test('Meridian serves HLS, DASH and steering without an error', async () => {
  const world = await startWorld({ args: ['--no-wan'] });
  try {
    await checkAll(world);
  } finally {
    await world.remove();
  }
});
