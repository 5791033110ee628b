// A day passes in half a minute: every process of a world sees its clock jump ahead by two hours, twelve times. Tokens,
// grants, sessions, unfinished uploads and snapshots of yesterday expire; whoever watches, and whoever comes with something
// fresh, notices nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { createUpload } from '../support/bench-upload.ts';
import { startBrowser } from '../support/browser.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

const STEPS = 12;
const HOURS_PER_STEP = 2;
/** Long enough for several beats and a steering answer of every player. */
const STEP_MS = 2_500;
/** A machine of continuous integration is busy; a viewer on a quiet one sees nothing at all. */
const STALL_MS_MAX = 1_500;

async function tokenFor(world: RunningWorld, assetId: string, ttlMs: number): Promise<string> {
  const answer = await world.client.call('POST /v1/assets/{assetId}/playback-tokens', {
    params: { assetId },
    body: { ttlMs },
  });
  return answer.token;
}

async function statusOf(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  const response = await fetch(url, { method, headers });
  await response.arrayBuffer();
  return response.status;
}

const playlistOf = (edgeUrl: string, asset: AssetView, token: string): string =>
  `${edgeUrl}/t/${token}/m/default/${asset.id}/v${asset.version}/main.m3u8`;

async function logIn(world: RunningWorld): Promise<string> {
  const response = await fetch(`${world.controlUrl}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: world.adminToken }),
  });
  assert.equal(response.status, 200);
  return defined(response.headers.get('set-cookie'), 'a cookie').split(';')[0] ?? '';
}

test('a day of expiry passes, and nothing stops', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-expiry-'));
  const clockFile = join(folder, 'clock.json');
  const preload = new URL('../support/shifted-clock.mjs', import.meta.url).href;
  const world = await startWorld({
    env: { NODE_OPTIONS: `--import=${preload}`, MERIDIAN_TEST_CLOCK: clockFile },
  });
  const browser = await startBrowser();
  try {
    const file = clip({ seconds: 6, width: 640, height: 360 });
    const watched = await world.upload(clip({ seconds: 60, width: 640, height: 360 }));
    const secret = await world.upload(file, '--private', '--name', 'private');
    const region = defined(world.regions[0], 'a region');
    const early = await tokenFor(world, secret.id, 3_600_000);
    const cookie = await logIn(world);
    const abandoned = await createUpload(world.client, region.ingestUrl, file);
    const session = (): Promise<number> => statusOf(`${world.controlUrl}/v1/session`, { cookie });
    const upload = (): Promise<number> =>
      statusOf(
        abandoned.url,
        { authorization: `Bearer ${abandoned.grant}`, 'tus-resumable': '1.0.0' },
        'HEAD',
      );
    assert.equal(await statusOf(playlistOf(region.edgeUrl, secret, early)), 200);
    assert.deepEqual([await session(), await upload()], [200, 200]);

    const page = await browser.context.newPage();
    await page.goto(`${region.edgeUrl}/watch/default/${watched.id}?muted`);
    const stats = () =>
      page.evaluate<{ currentTime: number; longestStallMs: number; fatal: string | null } | undefined>(
        'window.Meridian?.players[0]?.stats()',
      );
    await waitFor('the video to play', async () => ((await stats())?.currentTime ?? 0) > 1);

    const startAtMs = Date.now() + 1_000;
    writeFileSync(
      clockFile,
      JSON.stringify({ startAtMs, stepMs: STEP_MS, steps: STEPS, hoursPerStep: HOURS_PER_STEP }),
    );
    for (let step = 1; step <= STEPS; step += 1) {
      const hour = step * HOURS_PER_STEP;
      // In the middle of a step, so that the jump itself is over.
      await delay(Math.max(0, startAtMs + (step - 0.5) * STEP_MS - Date.now()));
      const fresh = await tokenFor(world, secret.id, 3_600_000);
      const edge = defined(world.regions[step % world.regions.length], 'a region').edgeUrl;
      assert.equal(await statusOf(playlistOf(edge, secret, fresh)), 200, `hour ${hour}, a fresh token`);
      const steering = await fetch(`${edge}/steering/hls.json`);
      const { 'PATHWAY-PRIORITY': order } = (await steering.json()) as { 'PATHWAY-PRIORITY': string[] };
      assert.equal(order.length, world.regions.length, `hour ${hour}: ${order}`);
    }

    assert.equal(await statusOf(playlistOf(region.edgeUrl, secret, early)), 403, 'the token of yesterday');
    assert.equal(await session(), 401, 'the session of yesterday');
    // A grant is shorter than the spool's day; with another one the upload would be gone all the same.
    assert.ok([401, 403].includes(await upload()), 'the grant of yesterday');
    const seen = defined(await stats(), 'the player');
    assert.equal(seen.fatal, null);
    assert.ok(seen.currentTime > 25, `played to ${seen.currentTime} s`);
    assert.ok(seen.longestStallMs <= STALL_MS_MAX, `a stall of ${seen.longestStallMs} ms`);
    const late = await world.upload(file, '--name', 'the next day');
    assert.equal(late.stage, 'ready');
    assert.deepEqual(
      await Promise.all(world.regions.map(({ nodeUrl }) => statusOf(`${nodeUrl}/readyz`))),
      [200, 200, 200],
    );
  } finally {
    await browser.close();
    await world.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
