// Long videos that encoders of several regions share: every frame once, whoever made it, also when encoders die in the
// middle of it, when regions are paused, and when somebody cancels.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { JobDetail } from '#contract/api/jobs.ts';
import { timelinesOf } from '../scenarios/timeline.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

let world: RunningWorld;
const directory = mkdtempSync(join(tmpdir(), 'meridian-shared-'));

before(async () => {
  world = await startWorld();
});
after(async () => {
  await world?.remove();
  rmSync(directory, { recursive: true, force: true });
});

/** Longer than what one encoder makes alone. */
const SECONDS = 96;
const TONE = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`];

/** Makes a file of moving pictures. */
function film(name: string, size: string, rate: string, { filter = '', sound = true } = {}): string {
  const path = join(directory, name);
  if (existsSync(path)) return path;
  const graph = `testsrc2=size=${size}:rate=${rate}:duration=${SECONDS}${filter}`;
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '77', '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', graph, ...(sound ? TONE : [])],
    ...[...video, ...(sound ? ['-c:a', 'aac'] : []), path],
  ]);
  return path;
}

async function jobOf(assetId: string): Promise<JobDetail> {
  const { jobs } = await world.client.call('GET /v1/jobs', { query: { assetId } });
  const params = { jobId: defined(jobs[0], `a job of ${assetId}`).id };
  return world.client.call('GET /v1/jobs/{jobId}', { params });
}

const show = (assetId: string): Promise<AssetView> =>
  world.client.call('GET /v1/assets/{assetId}', { params: { assetId } });

async function start(file: string): Promise<string> {
  const { code, stdout, stderr } = await world.run('upload', file, '--json');
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { id: string }).id;
}

async function finish(assetId: string): Promise<{ asset: AssetView; job: JobDetail }> {
  const asset = await waitFor(
    `${assetId} to be ready`,
    async () => {
      const now = await show(assetId);
      assert.notEqual(now.stage, 'failed', now.failure?.message);
      return now.stage === 'ready' ? now : undefined;
    },
    240_000,
  );
  return { asset, job: await jobOf(assetId) };
}

/** Every rendition has exactly these frames, each at its place. */
async function requireFrames(asset: AssetView, frames: number, framesPerSecond: number): Promise<void> {
  const { hls } = defined(asset.playlists[0], 'a playlist');
  const timelines = await timelinesOf(hls, framesPerSecond);
  assert.ok(timelines.length >= 1);
  for (const timeline of timelines) {
    assert.deepEqual([timeline.frames, timeline.duplicates], [frames, 0], timeline.renditionId);
    assert.ok(timeline.offGridMsMax < 1.5, `${timeline.renditionId}: ${timeline.offGridMsMax} ms`);
  }
  for (const { kind, frameCount } of asset.renditions) if (kind === 'video') assert.equal(frameCount, frames);
}

test('long videos of every kind come out frame by frame, made by encoders of several regions', async () => {
  const kinds = [
    { file: film('thirty.mp4', '640x360', '30'), frames: SECONDS * 30, rate: 30 },
    {
      file: film('ntsc-silent.mov', '320x180', '30000/1001', { sound: false }),
      frames: 2_878,
      rate: 30_000 / 1_001,
    },
    {
      // Two thirds of the frames are missing, at random places.
      file: film('drops.mkv', '320x180', '30', { filter: `,select='gt(random(1)\\,0.65)'` }),
      frames: null,
      rate: 30,
    },
  ];
  for (const { file, frames, rate } of kinds) {
    const { asset, job } = await finish(await start(file));
    const { chunks, chunkList } = job;
    assert.ok(chunks !== null && chunks.total >= 8, file);
    assert.equal(chunks.done, chunks.total);
    const regions = new Set(chunkList.map(({ regionId }) => regionId));
    assert.ok(regions.size >= 2, `${file}: ${[...regions].join(', ')}`);
    // Which frames the last second of such a file lacks is chance; the others are filled.
    const planned = defined(
      asset.renditions.find(({ kind }) => kind === 'video'),
      'video',
    ).frameCount;
    await requireFrames(asset, frames ?? planned, rate);
  }
});

test('sound alone is never shared', async () => {
  const path = join(directory, 'sound.m4a');
  execFileSync('ffmpeg', ['-v', 'error', ...TONE, '-c:a', 'aac', path]);
  const { job } = await finish(await start(path));
  assert.equal(job.chunks, null);
});

test('a helper and then the leader are killed in mid-job: what was finished stays, and every frame is there once', async () => {
  const assetId = await start(film('large.mp4', '1280x720', '15'));
  const busy = await waitFor(
    'a helper that works',
    async () => {
      const job = await jobOf(assetId);
      return job.chunkList.some(({ nodeId, state }) => state === 'leased' && nodeId !== job.nodeId) && job;
    },
    120_000,
  );
  const helper = defined(
    busy.chunkList.find(({ nodeId, state }) => state === 'leased' && nodeId !== busy.nodeId)?.nodeId,
    'a helper',
  );
  world.signal(helper.replace(/-a$/, ''), 'SIGKILL');
  const half = await waitFor(
    'some chunks, one of a helper',
    async () => {
      const job = await jobOf(assetId);
      const done = job.chunkList.filter(({ state }) => state === 'done');
      return (
        done.length >= 3 &&
        done.length < job.chunkList.length &&
        done.some((each) => each.nodeId !== job.nodeId) &&
        job
      );
    },
    120_000,
  );
  assert.equal(half.attempt, 1);
  const kept = half.chunkList.filter(({ state, nodeId }) => state === 'done' && nodeId !== half.nodeId);
  world.signal(defined(half.nodeId, 'a leader').replace(/-a$/, ''), 'SIGKILL');
  const { asset, job } = await finish(assetId);
  assert.equal(job.attempt, 2);
  assert.ok(job.failureCount >= 1 && job.failureCount < job.failuresMax);
  for (const { index, attempt } of kept)
    assert.equal(job.chunkList[index]?.attempt, attempt, `chunk ${index} was made once`);
  await requireFrames(asset, SECONDS * 15, 15);
});

test('a paused region gets nothing new', async () => {
  for (const region of ['dublin', 'los-angeles']) {
    const { code, stdout } = await world.run('regions', 'pause-encoding', region);
    assert.equal(code, 0);
    assert.match(stdout, /paused/);
  }
  const { regions } = await world.client.call('GET /v1/encoding');
  assert.deepEqual(
    regions.map(({ id, isPaused }) => [id, isPaused]),
    [
      ['singapore', false],
      ['dublin', true],
      ['los-angeles', true],
    ],
  );
  const { job } = await finish(await start(film('drops.mkv', '320x180', '30')));
  assert.deepEqual([...new Set(job.chunkList.map(({ regionId }) => regionId))], ['singapore']);
  for (const region of ['dublin', 'los-angeles'])
    assert.equal((await world.run('regions', 'resume-encoding', region)).code, 0);
});

test('a job is cancelled in mid-chunk: all its encoders stop, and it can be begun anew', async () => {
  const assetId = await start(film('large.mp4', '1280x720', '15'));
  const { id } = await waitFor(
    'helpers',
    async () => {
      const job = await jobOf(assetId);
      return (job.chunks?.running ?? 0) >= 2 && job;
    },
    120_000,
  );
  const refused = await world.run('jobs', 'cancel', id);
  assert.notEqual(refused.code, 0, 'nobody cancels by mistake');
  assert.match(refused.stderr, /--yes/);
  assert.equal((await world.run('jobs', 'cancel', id, '--yes')).code, 0);
  const failed = await show(assetId);
  assert.deepEqual([failed.stage, failed.failure?.code], ['failed', 'processing_cancelled']);
  await waitFor('all encoders to be free', async () => {
    const { regions } = await world.client.call('GET /v1/encoding');
    return regions.every(({ encoders }) => encoders.every(({ freeSlots }) => (freeSlots ?? 0) > 0));
  });
  await world.client.call('POST /v1/assets/{assetId}/retry', { params: { assetId } });
  const { asset } = await finish(assetId);
  await requireFrames(asset, SECONDS * 15, 15);
});
