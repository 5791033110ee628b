// Three players watch one region when its process is killed. What each of them suffers after the kill is the result.
//
// Each run plays in another region than the one before, so that the victim of the last run starts again meanwhile;
// nobody is killed before every edge has all regions in its steering answers again. The moment of the kill is drawn
// from a seed; a quarter of the runs kills less than three seconds after the start, while players still fill their
// buffers. A run ends when every player has loaded more than it had at the kill, so that what was lost is behind it.

import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { AssetView } from '#contract/api/assets.ts';
import {
  PLAYERS,
  type PlayerKind,
  type PlayerPages,
  type PlayerReport,
  type Stall,
} from '../support/page-player.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RegionPorts, RunningWorld } from '../support/world.ts';

/** Ages at the kill: fresh ones within the first three seconds, the rest while segments come one by one. */
const FRESH_AGE_MS_MAX = 2_500;
const AGE_MS_MIN = 3_000;
const AGE_MS_MAX = 7_000;
/** One run in this many is a fresh one. */
const FRESH_EVERY = 4;
/** Loading on proves that the player has found another region: more than the segment that was on its way. */
const LOADED_ON_SECONDS = 2.5;
/** What players do late, such as asking a dead steering server, shows within this. */
const WATCH_MS_MIN = 3_000;
const WATCH_MS_MAX = 20_000;
const START_MS_MAX = 30_000;
const HEAL_MS_MAX = 45_000;
/** Stalls are held against the failover from this much buffer on, in their own row. */
export const AMPLE_BUFFER_MS = 3_000;

/** With less than this a player cannot play on. */
const STARVED_MS = 250;

export interface PlayerOutcome {
  /** Whether it played from the region that was killed. */
  readonly wasHit: boolean;
  readonly ageMs: number;
  readonly bufferedMs: number;
  readonly fatal: readonly string[];
  readonly stalls: number;
  readonly longestStallMs: number;
  /** The same, of stalls with next to nothing buffered: those that the network caused. */
  readonly longestStarvedMs: number;
  /** Whether it has loaded on and goes on playing. */
  readonly isPlaying: boolean;
}

export interface FailoverRun {
  readonly number: number;
  readonly regionId: string;
  readonly players: Readonly<Record<PlayerKind, PlayerOutcome>>;
}

export interface FailoverOptions {
  readonly world: RunningWorld;
  readonly asset: AssetView;
  readonly pages: PlayerPages;
  readonly runs: number;
  readonly seed: number;
  readonly onRun?: (run: FailoverRun) => void;
}

/** Runs the scenario; the world is whole again afterwards. */
export async function failoverRuns(options: FailoverOptions): Promise<readonly FailoverRun[]> {
  const { world, pages, runs } = options;
  const chance = createPrng(options.seed);
  const done: FailoverRun[] = [];
  await worldIsWhole(world);
  for (let number = 0; number < runs; number += 1) {
    const isFresh = number % FRESH_EVERY === 0;
    const ageMs = isFresh ? chance() * FRESH_AGE_MS_MAX : AGE_MS_MIN + chance() * (AGE_MS_MAX - AGE_MS_MIN);
    const last = world.regions.findIndex(({ id }) => id === done.at(-1)?.regionId);
    const region = defined(world.regions[(last + 1) % world.regions.length], 'a region');
    // A fresh player cannot wait for the last victim to come back; the others do so while they play.
    if (isFresh) await worldIsWhole(world);
    const run = await failoverRun(options, number, region, ageMs);
    done.push(run);
    options.onRun?.(run);
  }
  await pages.leave();
  await worldIsWhole(world);
  return done;
}

/** Waits until every edge offers every region. */
export async function worldIsWhole(world: RunningWorld): Promise<void> {
  await waitFor(
    'every edge to steer to every region again',
    async () => {
      const answers = await Promise.all(world.regions.map((region) => steeringOrder(region, 'hls', 'whole')));
      return answers.every((order) => order.length === world.regions.length);
    },
    HEAL_MS_MAX,
  );
}

/** The pathways that an edge names, best first; what it does not answer is an error. */
export async function steeringOrder(
  region: RegionPorts,
  form: 'hls' | 'dash',
  session: string,
): Promise<readonly string[]> {
  const response = await fetch(`${region.edgeUrl}/steering/${form}.json?g=${region.id}&s=${session}`, {
    signal: AbortSignal.timeout(2_000),
  });
  if (response.status !== 200) throw new Error(`steering answered ${response.status}`);
  const answer = (await response.json()) as { 'PATHWAY-PRIORITY': string[] };
  return answer['PATHWAY-PRIORITY'];
}

async function failoverRun(
  options: FailoverOptions,
  number: number,
  region: RegionPorts,
  ageMs: number,
): Promise<FailoverRun> {
  const { world, asset, pages } = options;
  const base = `${region.edgeUrl}/m/${asset.projectId}/${asset.id}/v${asset.version}`;
  const list = (await (await fetch(`${region.edgeUrl}/player/edges.json`)).json()) as {
    edges: readonly unknown[];
  };
  const hls = `${base}/main.m3u8`;
  const dash = `${base}/manifest.mpd`;
  // Shaka plays both forms, so it gets them in turn.
  await pages.start({ hls, dash, shaka: number % 2 === 0 ? hls : dash, edges: list.edges });
  await waitFor('every player to show a frame', () => allStarted(pages), START_MS_MAX);
  await Promise.all([delay(ageMs), worldIsWhole(world)]);
  const before = await pages.reports();
  const victim = mostPlayed(before, world) ?? region;
  world.signal(`${victim.id}-1`, 'SIGKILL');
  const killedAtMs = performance.timeOrigin + performance.now();
  await delay(WATCH_MS_MIN);
  const hasLoadedOn = (after: Record<PlayerKind, PlayerReport>): boolean =>
    PLAYERS.every(
      (kind) =>
        after[kind].isWhole ||
        after[kind].bufferedEndSeconds > before[kind].bufferedEndSeconds + LOADED_ON_SECONDS,
    );
  let after = await pages.reports();
  for (let waitedMs = WATCH_MS_MIN; waitedMs < WATCH_MS_MAX && !hasLoadedOn(after); waitedMs += 250) {
    await delay(250);
    after = await pages.reports();
  }
  const outcomes = PLAYERS.map((kind) => {
    const outcome = outcomeOf(before[kind], after[kind], killedAtMs, victim.edgeUrl);
    return [kind, outcome] as const;
  });
  return {
    number,
    regionId: victim.id,
    players: Object.fromEntries(outcomes) as Record<PlayerKind, PlayerOutcome>,
  };
}

async function allStarted(pages: PlayerPages): Promise<boolean> {
  const reports = await pages.reports();
  return PLAYERS.every((kind) => reports[kind].firstFrameAtMs !== null);
}

/** The region that most players load from. */
function mostPlayed(reports: Record<PlayerKind, PlayerReport>, world: RunningWorld): RegionPorts | undefined {
  const votes = world.regions.map((region) => ({
    region,
    votes: PLAYERS.filter((kind) => reports[kind].mediaOrigin === region.edgeUrl).length,
  }));
  return votes.sort((left, right) => right.votes - left.votes)[0]?.region;
}

function outcomeOf(
  before: PlayerReport,
  after: PlayerReport,
  killedAtMs: number,
  victimUrl: string,
): PlayerOutcome {
  const stalls = after.stalls.filter(({ atMs, durationMs }) => atMs + durationMs > killedAtMs);
  const hasLoadedOn = after.bufferedEndSeconds > before.bufferedEndSeconds || after.isWhole;
  return {
    wasHit: before.mediaOrigin === victimUrl,
    ageMs: Math.round(killedAtMs - (before.firstFrameAtMs ?? killedAtMs)),
    bufferedMs: before.bufferedMs,
    fatal: after.fatal,
    stalls: stalls.length,
    longestStallMs: longestOf(stalls),
    longestStarvedMs: longestOf(stalls.filter((stall) => stall.bufferedMs < STARVED_MS)),
    isPlaying: hasLoadedOn && after.positionSeconds > before.positionSeconds + 1,
  };
}

function longestOf(stalls: readonly Stall[]): number {
  return stalls.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
}
