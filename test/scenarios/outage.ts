// Control, its database and one region are killed together and held down: the supervisor is stopped first, so that
// nothing starts again. What a viewer and an uploader of the other regions notice is the result; then the supervisor
// goes on, everything comes back, and the upload of the dark time appears.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RegionPorts, RunningWorld } from '../support/world.ts';
import { steeringOrder, worldIsWhole } from './failover.ts';

/** How long the steering answers of the survivors are watched, and from when on they must be right. */
const STEERING_FROM_MS = 2_000;
const STEERING_MS = 10_000;
const STEERING_EVERY_MS = 250;
const FIRST_FRAME_MS_MAX = 20_000;
/** What was buffered at the kill is played by then. */
const PLAY_ON_MS = 15_000;
const APPEAR_MS_MAX = 120_000;

export interface OutageResult {
  readonly regionId: string;
  /** Longest stall of a page that played from the killed region. */
  readonly playbackStallMs: number;
  readonly playbackFatal: string | null;
  /** From asking for a watch page at another region to its first frame. */
  readonly newPageMs: number;
  readonly isPrivatePlaying: boolean;
  readonly isUploadAccepted: boolean;
  readonly uploadError: string;
  readonly steeringAnswers: number;
  /** Answers that named the dead pathway before a living one, or sent the player there for the next answer. */
  readonly steeringNamesDead: number;
  readonly hasUploadAppeared: boolean;
  readonly appearMs: number;
}

export interface OutageOptions {
  readonly world: RunningWorld;
  readonly browser: BrowserContext;
  /** A processed public asset; longer than a minute of playing is not needed. */
  readonly asset: AssetView;
  /** Files to upload: one private before, one public during the outage. */
  readonly file: string;
  readonly note?: (text: string) => void;
}

interface PageStats {
  readonly currentTime: number;
  readonly startupMs: number | null;
  readonly longestStallMs: number;
  readonly stalls: readonly { readonly atMs: number; readonly durationMs: number }[];
  readonly pathway: string;
  readonly fatal: string | null;
}

const STATS = 'window.Meridian?.players[0]?.stats()';

function statsOf(page: Page): Promise<PageStats | undefined> {
  return page.evaluate<PageStats | undefined>(STATS);
}

/** Opens a watch page and resolves to the milliseconds until it shows a frame. */
async function watch(page: Page, url: string): Promise<number> {
  const startedAtMs = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await waitFor(
    `a first frame at ${new URL(url).origin}`,
    async () => {
      const stats = await statsOf(page);
      if (stats?.fatal) throw new Error(stats.fatal);
      return (stats?.startupMs ?? null) !== null;
    },
    FIRST_FRAME_MS_MAX,
  );
  return performance.now() - startedAtMs;
}

/** Processes of the managed PostgreSQL; its workers name no directory, but they end with their parent. */
function databasePids(world: RunningWorld): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${world.dataDirectory}/postgres`);
      } catch {
        return false;
      }
    });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Its parent's death was faster.
  }
}

/** A private asset and a link to it that was made while control was there; also leaves a grant for the outage. */
async function preparePrivate(options: OutageOptions): Promise<{ assetId: string; token: string }> {
  const { world, file } = options;
  const asset = await world.upload(file, '--private', '--name', 'private');
  const { token } = await world.client.call('POST /v1/assets/{assetId}/playback-tokens', {
    params: { assetId: asset.id },
    body: {},
  });
  return { assetId: asset.id, token };
}

/** Asks the edges that live, again and again, for what they steer to. */
async function watchSteering(
  survivors: readonly RegionPorts[],
  deadId: string,
): Promise<{ answers: number; namingDead: number; examples: string[] }> {
  const dead = `${deadId}-1`;
  let answers = 0;
  let namingDead = 0;
  const examples = new Set<string>();
  const untilMs = performance.now() + STEERING_MS;
  for (let round = 0; performance.now() < untilMs; round += 1) {
    await Promise.all(
      survivors.flatMap((region) =>
        (['hls', 'dash'] as const).map(async (form) => {
          const order = await steeringOrder(region, form, `viewer-${round}`);
          const position = order.indexOf(dead);
          answers += 1;
          // Named last it does no harm: a player that finds all others dead has somewhere to go.
          if (position === -1 || (position === order.length - 1 && position > 1)) return;
          namingDead += 1;
          examples.add(`${region.id}: ${order.join(' ')}`);
        }),
      ),
    );
    await delay(STEERING_EVERY_MS);
  }
  return { answers, namingDead, examples: [...examples] };
}

/** Runs the scenario; the world is whole again afterwards. */
export async function outage(options: OutageOptions): Promise<OutageResult> {
  const { world, browser, asset, file, note = () => undefined } = options;
  await worldIsWhole(world);
  const hidden = await preparePrivate(options);
  // Leaves a grant for public uploads at the client, as any earlier upload does.
  const warm = await world.run('upload', file, '--json');
  if (warm.code !== 0) throw new Error(warm.stderr);
  await allReady(world);
  const home = defined(world.regions[0], 'a region');
  const playing = await browser.newPage();
  const fresh = await browser.newPage();
  const secret = await browser.newPage();
  try {
    await watch(playing, watchUrl(home, asset));
    await delay(2_000);
    const before = defined(await statsOf(playing), 'a player');
    // Wherever steering has sent the page: its region is the one that goes.
    const dead = world.regions.find(({ id }) => before.pathway === `${id}-1`) ?? home;
    const survivors = world.regions.filter((region) => region !== dead);
    const [second, third] = survivors;
    note(`playing from ${before.pathway} at ${before.currentTime.toFixed(1)} s; killing ${dead.id}`);
    hold(world, dead);
    const killedAtMs = performance.now();
    const steering = delay(STEERING_FROM_MS).then(() => watchSteering(survivors, dead.id));
    // It is awaited below; until then its failure must not end the process.
    steering.catch(() => undefined);
    const newPageMs = await watch(fresh, watchUrl(defined(second, 'a region'), asset));
    const isPrivatePlaying = await watch(
      secret,
      `${defined(third, 'a region').edgeUrl}/watch/default/${hidden.assetId}?token=${hidden.token}`,
    ).then(
      () => true,
      () => false,
    );
    const upload = await world.run('upload', file, '--json', '--name', 'in the dark');
    const { answers, namingDead, examples } = await steering;
    for (const example of examples) note(`steering named the dead: ${example}`);
    await delay(Math.max(0, PLAY_ON_MS - (performance.now() - killedAtMs)));
    const after = defined(await statsOf(playing), 'a player');
    const resumedAtMs = performance.now();
    process.kill(supervisorPid(world), 'SIGCONT');
    const hasUploadAppeared = await appears(world, upload);
    await worldIsWhole(world);
    return {
      regionId: dead.id,
      playbackStallMs: stallMs(before, after),
      playbackFatal: after.currentTime > before.currentTime + 5 ? after.fatal : (after.fatal ?? 'stuck'),
      newPageMs,
      isPrivatePlaying,
      isUploadAccepted: upload.code === 0,
      uploadError: upload.code === 0 ? '' : upload.stderr.trim(),
      steeringAnswers: answers,
      steeringNamesDead: namingDead,
      hasUploadAppeared,
      appearMs: performance.now() - resumedAtMs,
    };
  } finally {
    process.kill(supervisorPid(world), 'SIGCONT');
    for (const page of [playing, fresh, secret]) await page.close();
  }
}

function watchUrl(region: RegionPorts, asset: AssetView): string {
  return `${region.edgeUrl}/watch/${asset.projectId}/${asset.id}`;
}

/** The supervisor itself; what a test starts is the command that started it. */
function supervisorPid(world: RunningWorld): number {
  const runtime = JSON.parse(readFileSync(`${world.dataDirectory}/runtime.json`, 'utf8')) as { pid: number };
  return runtime.pid;
}

/** Stops the supervisor and kills control, its database and the region. */
function hold(world: RunningWorld, region: RegionPorts): void {
  const children = world.pids();
  const database = databasePids(world);
  process.kill(supervisorPid(world), 'SIGSTOP');
  for (const pid of [children.control, children[`${region.id}-1`], ...database])
    if (pid !== null && pid !== undefined) killQuietly(pid);
}

/** The longest stall that began after the first look. */
function stallMs(before: PageStats, after: PageStats): number {
  const later = after.stalls.slice(before.stalls.length);
  return later.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
}

async function allReady(world: RunningWorld): Promise<void> {
  await waitFor(
    'every asset to be processed',
    async () => (await world.client.call('GET /v1/world')).assets.processing === 0,
    APPEAR_MS_MAX,
  );
}

async function appears(world: RunningWorld, upload: { code: number; stdout: string }): Promise<boolean> {
  if (upload.code !== 0) return false;
  const { id } = JSON.parse(upload.stdout) as { id: string };
  const asset = await waitFor(
    'the upload of the dark time to be complete',
    async () => {
      const view = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId: id } });
      return view.stage === 'ready' || view.stage === 'failed' ? view : undefined;
    },
    APPEAR_MS_MAX,
  );
  return asset.stage === 'ready' && asset.isPlayable;
}
