// Half an hour on air, with low-latency viewers in every region: whether the processes that take, make and deliver a
// broadcast grow, whether sound drifts against the picture, and whether the two channels differ.
// MERIDIAN_SOAK_LIVE_SECONDS sets another time.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { NETWORKS } from '#viewer/swarm/profiles.ts';
import { startSwarm } from '#viewer/swarm/swarm.ts';
import { targetsOfUrl } from '#viewer/swarm/targets.ts';
import type { RunningWorld } from '../../test/support/world.ts';
import type { BenchContext } from '../context.ts';
import { type ComparedRendition, compareChannels, differencesOf } from '../live/compare-channels.ts';
import { publishFlashes, soundBehindMs } from '../live/flash-and-beep.ts';
import { makeBroadcast, type OnAir, regionBesides } from '../live/on-air.ts';
import { openWorldChannels } from '../live/world-channels.ts';
import { type Group, type Row, rounded } from '../row.ts';

const SECONDS = Number(process.env.MERIDIAN_SOAK_LIVE_SECONDS ?? 1_800);
/** Caches, code and the windows of edges are full by then; in a shorter run a third of it has to do. */
const WARM_SECONDS = Math.min(300, SECONDS / 3);
/** Notes of what may be gone back to grow until the window is full, which must be before growth is measured. */
const DVR_WINDOW_MS = Math.max(12_000, WARM_SECONDS * 800);
const VIEWERS = 30;
const SAMPLE_MS = 2_000;
/** Garbage comes and goes within seconds: what stays is the least of each of these. */
const SAMPLES_PER_FLOOR = 15;
const DRIFT_EVERY_MS = 60_000;
const REST_MS = 120_000;

/** Resident memory of the process of each site, in MB. */
function residentOf(world: RunningWorld): ReadonlyMap<string, number> {
  const sites = Object.entries(world.pids()).filter(([name]) => /-\d+$/.test(name));
  return new Map(
    sites.map(([name, pid]) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return [name, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024];
    }),
  );
}

/** Growth in MB a minute: the line of least squares through the floors of short spans. */
function slopeOf(samples: readonly number[]): number {
  const floors: number[] = [];
  for (let at = 0; at + SAMPLES_PER_FLOOR <= samples.length; at += SAMPLES_PER_FLOOR)
    floors.push(Math.min(...samples.slice(at, at + SAMPLES_PER_FLOOR)));
  if (floors.length < 2) throw new Error('the run is too short to tell whether anything grows');
  const middle = (floors.length - 1) / 2;
  const mean = floors.reduce((sum, floor) => sum + floor, 0) / floors.length;
  const spread = floors.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  const together = floors.reduce((sum, floor, index) => sum + (index - middle) * (floor - mean), 0);
  return (together / spread) * (60_000 / (SAMPLE_MS * SAMPLES_PER_FLOOR));
}

interface Observed {
  /** By site. */
  readonly resident: ReadonlyMap<string, readonly number[]>;
  readonly behindMs: readonly number[];
  readonly stalls: number;
  readonly renditions: readonly ComparedRendition[];
}

async function observe(
  context: BenchContext,
  world: RunningWorld,
  onAir: OnAir,
  makers: readonly string[],
): Promise<Observed> {
  const { channels, close } = await openWorldChannels(world, onAir.id, makers);
  const comparing = new AbortController();
  const compared = compareChannels(channels, comparing.signal);
  // It is awaited at the end; a feed that breaks before is told then.
  compared.catch(() => undefined);
  const far = await regionBesides(world, onAir);
  const swarm = startSwarm({
    ...(await targetsOfUrl(onAir.urlAt(far))),
    viewers: VIEWERS,
    arrival: { kind: 'ramp', durationMs: 10_000 },
    network: NETWORKS.none ?? [],
    viewing: { kind: 'full' },
    seed: 1,
    isLive: true,
  });
  const resident = new Map<string, number[]>();
  const behindMs: number[] = [];
  async function look(): Promise<void> {
    const behind = await soundBehindMs(onAir.urlAt(far, 'v360'), onAir.urlAt(far, 'audio'));
    if (behind !== undefined) behindMs.push(behind);
    const figures = [...residentOf(world)].map(([name, megabytes]) => `${name} ${rounded(megabytes)} MB`);
    const sound = behind === undefined ? 'sound cannot be compared' : `sound ${rounded(behind, 1)} ms behind`;
    context.note(`${figures.join(', ')}; ${sound}; ${swarm.report().stalls.count} stalls`);
  }
  try {
    await delay(WARM_SECONDS * 1_000);
    const endsAtMs = performance.now() + (SECONDS - WARM_SECONDS) * 1_000;
    let driftAtMs = 0;
    while (performance.now() < endsAtMs) {
      for (const [name, megabytes] of residentOf(world))
        resident.set(name, [...(resident.get(name) ?? []), megabytes]);
      if (performance.now() >= driftAtMs) {
        driftAtMs = performance.now() + DRIFT_EVERY_MS;
        await look();
      }
      await delay(SAMPLE_MS);
    }
    await look();
    if (behindMs.length < 2) throw new Error('sound and picture could be compared once at most');
    comparing.abort();
    return { resident, behindMs, stalls: swarm.report().stalls.count, renditions: await compared };
  } finally {
    comparing.abort();
    close();
    swarm.stop();
    await swarm.ended;
  }
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  // What ran before in the same processes would still settle.
  await context.close();
  const world = await context.world();
  const onAir = await makeBroadcast(world, {
    name: 'On air',
    latency: 'low',
    isRecorded: true,
    dvrWindowMs: DVR_WINDOW_MS,
  });
  const publisher = publishFlashes(onAir.publishUrl('dublin'), SECONDS + REST_MS / 1_000);
  try {
    await onAir.started();
    const makers = await onAir.makers();
    const { resident, behindMs, stalls, renditions } = await observe(context, world, onAir, makers);
    const { count, lines, note } = differencesOf(renditions, SECONDS);
    for (const line of lines.slice(0, 10)) context.note(line);
    const slopes = [...resident].map(([name, samples]) => ({ name, perMinute: slopeOf(samples) }));
    const roleOf = (name: string): string =>
      `${name}${name === 'dublin-1' ? ' (ingest)' : ''}${makers.includes(name.replace(/-\d+$/, '')) ? ' (channel)' : ''}`;
    const drifts = behindMs.map((behind) => Math.abs(behind - (behindMs[0] ?? 0)));
    return [
      {
        name: 'on-air-memory-slope',
        value: rounded(Math.max(...slopes.map(({ perMinute }) => perMinute)), 2),
        unit: 'MB a minute',
        op: '<=',
        goal: 1,
        peer: `${slopes.map(({ name, perMinute }) => `${roleOf(name)} ${rounded(perMinute, 2)}`).join(', ')}; edges everywhere, ${VIEWERS} viewers, ${stalls} stalls, ${rounded(SECONDS - WARM_SECONDS)} s after ${rounded(WARM_SECONDS)} s`,
      },
      {
        name: 'on-air-sound-drift',
        value: rounded(Math.max(...drifts), 1),
        unit: 'ms',
        op: '<=',
        goal: 20,
        peer: `${behindMs.length} looks at flashes and beeps in a third region; sound ${rounded(behindMs[0] ?? 0, 1)} ms behind at first, ${rounded(behindMs.at(-1) ?? 0, 1)} ms at last`,
      },
      {
        name: 'on-air-channels-differing',
        value: count,
        unit: 'segments and inits',
        op: '==',
        goal: 0,
        peer: note,
      },
    ];
  } finally {
    await publisher.stop();
    await onAir.end();
  }
}

export const onAirGroup: Group = {
  names: ['on-air-memory-slope', 'on-air-sound-drift', 'on-air-channels-differing'],
  budgetMs: SECONDS * 1_000 + REST_MS,
  run,
};
