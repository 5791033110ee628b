// meridian swarm: virtual viewers against one's own edges, and what they suffered.

import { formatDurationMs, parseDurationMs } from '#base/duration.ts';
import { DURATION_MS_MAX, VIEWERS_MAX } from '#viewer/swarm/limits.ts';
import {
  type Arrival,
  type NetworkShare,
  parseArrival,
  parseNetwork,
  parseViewing,
  type Viewing,
} from '#viewer/swarm/profiles.ts';
import { type Swarm, startSwarm } from '#viewer/swarm/swarm.ts';
import type { SwarmReport } from '#viewer/swarm/swarm-report.ts';
import { type SwarmTargets, targetsOfAssets, targetsOfUrl } from '#viewer/swarm/targets.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { formatBytes, printJson, printTable } from '../output.ts';

const VIEWERS_DEFAULT = 50;
/** How often a line of progress is written. */
const PROGRESS_MS = 5_000;
/** The shortest patience of a request: a process held up for longer sees failures of its own making. */
const LOOP_DELAY_MS_MAX = 300;
/** Loops, swipes and broadcasts have no end of their own. */
const ENDLESS_DURATION_MS = 60_000;

type Plan = {
  readonly viewers: number;
  readonly arrival: Arrival;
  readonly network: readonly NetworkShare[];
  readonly viewing: Viewing;
  readonly seed: number;
  readonly durationMs: number;
  readonly isLive: boolean;
};

function planOf(invocation: Invocation): Plan {
  const read = <T>(
    name: string,
    fallback: string,
    parse: (text: string) => T | undefined,
    form: string,
  ): T => {
    const text = invocation.text(name) ?? fallback;
    const value = parse(text);
    if (value === undefined) throw refuse(`--${name} is ${form}, not ${text}`);
    return value;
  };
  const whole = (most: number) => (text: string) =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : undefined;
  const isLive = invocation.isSet('live');
  if (isLive && invocation.text('asset') !== undefined) throw refuse('--live goes with --url');
  const viewing = read('viewing', 'full', parseViewing, 'full, loop, swipe or swipe:2s-15s');
  const durationMs = read(
    'duration',
    `${viewing.kind === 'full' && !isLive ? DURATION_MS_MAX : ENDLESS_DURATION_MS}ms`,
    parseDurationMs,
    'a time such as 90s',
  );
  if (durationMs < 1 || durationMs > DURATION_MS_MAX) throw refuse('--duration is at most a day');
  return {
    viewers: read(
      'viewers',
      String(VIEWERS_DEFAULT),
      whole(VIEWERS_MAX),
      `a number from 1 to ${VIEWERS_MAX}`,
    ),
    arrival: read('arrival', 'at-once', parseArrival, 'at-once, ramp:30s or poisson:5'),
    network: read('network', 'none', parseNetwork, 'none, fiber, dsl, lte, 3g, mix or e.g. 4mbps/80ms'),
    seed: read('seed', '1', whole(2 ** 31), 'a positive whole number'),
    viewing,
    durationMs,
    isLive,
  };
}

async function targetsOf(invocation: Invocation): Promise<SwarmTargets> {
  const url = invocation.text('url');
  const assets = invocation.text('asset');
  if ((url === undefined) === (assets === undefined)) throw refuse('one of --asset and --url is needed');
  if (url !== undefined) return targetsOfUrl(url);
  const { client } = await openControl(invocation);
  return targetsOfAssets(
    client,
    (assets ?? '').split(',').filter((id) => id !== ''),
  );
}

function homesOf(invocation: Invocation, targets: SwarmTargets): readonly string[] | undefined {
  const homes = invocation.text('home')?.split(',');
  const known = new Set(targets.edges.map(({ regionId }) => regionId));
  const unknown = homes?.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw refuse(`there is no region ${unknown}; there are ${[...known].join(', ')}`);
  return homes;
}

export const swarmCommand: Command = {
  name: 'swarm',
  usage: 'swarm --asset ID[,ID…] [--viewers N] [options]',
  summary: 'Load your own edges with virtual viewers and show what they suffered',
  options: {
    ...API_OPTIONS,
    asset: {
      type: 'string',
      value: 'ID',
      summary: 'What they watch; several ids with commas are watched in turn',
    },
    url: {
      type: 'string',
      value: 'URL',
      summary: 'Instead: a main.m3u8 at one of your edges, without control',
    },
    live: { type: 'boolean', summary: 'What is watched is a broadcast: low latency, at its edge' },
    viewers: {
      type: 'string',
      value: 'N',
      summary: `How many (default ${VIEWERS_DEFAULT}, at most ${VIEWERS_MAX})`,
    },
    arrival: { type: 'string', value: 'HOW', summary: 'at-once (default), ramp:30s, poisson:5 (per second)' },
    network: {
      type: 'string',
      value: 'LINE',
      summary: 'none (default), fiber, dsl, lte, 3g, mix, or e.g. 4mbps/80ms',
    },
    viewing: { type: 'string', value: 'HOW', summary: 'full (default), loop, swipe, swipe:2s-15s' },
    home: {
      type: 'string',
      value: 'REGION',
      summary: 'Regions where viewers live, with commas (default: all in turn)',
    },
    duration: {
      type: 'string',
      value: 'TIME',
      summary: 'When all leave (default: at the end; loop, swipe and --live 60s)',
    },
    seed: { type: 'string', value: 'N', summary: 'Seed of everything drawn by chance (default 1)' },
  },
  examples: [
    'meridian swarm --asset ast_… --viewers 200 --arrival ramp:20s --viewing loop --duration 2m',
    'meridian swarm --live --url http://127.0.0.1:8100/l/default/BROADCAST/main.m3u8 --viewers 500 --arrival ramp:30s',
    'meridian swarm --asset ast_a…,ast_b… --viewing swipe --network mix --json',
  ],
  async run(invocation) {
    const plan = planOf(invocation);
    const targets = await targetsOf(invocation);
    const homeRegionIds = homesOf(invocation, targets);
    const swarm = startSwarm({
      ...targets,
      ...plan,
      ...(homeRegionIds === undefined ? {} : { homeRegionIds }),
    });
    await untilEnded(swarm, plan.durationMs);
    const report = swarm.report();
    if (invocation.isSet('json')) printJson(report);
    else printReport(report);
    return report.viewers.lost > 0 ? 1 : 0;
  },
};

async function untilEnded(swarm: Swarm, durationMs: number): Promise<void> {
  const progress = setInterval(() => process.stderr.write(`${progressOf(swarm.report())}\n`), PROGRESS_MS);
  const over = setTimeout(swarm.stop, durationMs);
  process.once('SIGINT', swarm.stop);
  try {
    await swarm.ended;
  } finally {
    clearInterval(progress);
    clearTimeout(over);
    process.off('SIGINT', swarm.stop);
  }
}

function progressOf({ elapsedMs, viewers, stalls, switches, bytes }: SwarmReport): string {
  const rate = `${((bytes * 8) / 1_000 / Math.max(1, elapsedMs)).toFixed(1)} Mbit/s`;
  return [
    formatDurationMs(elapsedMs).padStart(8),
    `${viewers.watching} watching (${viewers.stalledNow} stalled)`,
    `${stalls.count} stalls`,
    `${switches.pathway} pathway switches`,
    `${viewers.lost} lost`,
    rate,
  ].join('  ');
}

/** The figures as tables. */
function printReport(report: SwarmReport): void {
  const { viewers, viewings, startupMs, stalls, switches, self } = report;
  const seconds = (milliseconds: number): string => formatDurationMs(milliseconds);
  printTable(
    ['FIGURE', 'VALUE'],
    [
      [
        'viewers',
        `${viewers.arrived} of ${viewers.wanted}, ${viewers.lost} lost, ${viewers.refused} refused`,
      ],
      [
        'viewings',
        `${viewings.begun}: ${viewings.finished} finished, ${viewings.left} left, ${viewings.lost} lost`,
      ],
      [
        'start-up',
        `p50 ${seconds(startupMs.p50)}, p95 ${seconds(startupMs.p95)}, longest ${seconds(startupMs.max)}`,
      ],
      ...liveRows(report),
      ['stalls', `${stalls.count} in ${stalls.viewings} viewings, ${seconds(stalls.totalMs)} in all`],
      ['longest stall', seconds(stalls.longestMs)],
      ['stalls over 3 s of buffer', String(stalls.withAmpleBuffer)],
      ['rendition switches', String(switches.rendition)],
      ['pathway switches', `${switches.pathway}${listOf(switches.pathwayByReason)}`],
      ['reloads', String(report.reloads)],
      ['mean bitrate', `${(report.meanBitrateBps / 1e6).toFixed(2)} Mbit/s`],
      [
        'swarm itself',
        `${Math.round(self.cpuShare * 100)} % CPU, ${formatBytes(self.rssBytes)}, loop held up to ${seconds(self.loopDelayMsMax)}`,
      ],
    ],
  );
  process.stdout.write('\n');
  printTable(
    ['PATHWAY', 'REGION', 'BYTES', 'ERRORS'],
    report.pathways.map(({ pathwayId, regionId, bytes }) => [
      pathwayId,
      regionId,
      formatBytes(bytes),
      errorsAt(pathwayId, report.errors),
    ]),
  );
  if (self.loopDelayMsMax > LOOP_DELAY_MS_MAX)
    process.stdout.write(
      `\nThis process was held up for ${seconds(self.loopDelayMsMax)}: its viewers took that for silence. Use fewer viewers, or another machine.\n`,
    );
  for (const [reason, count] of Object.entries(report.lostReasons))
    process.stdout.write(`\n${count} viewers were lost: ${reason}.\n`);
}

/** How far behind a broadcast its viewers were. */
function liveRows({ latency, jumps }: SwarmReport): string[][] {
  if (latency === null) return [];
  const { p50Ms, p95Ms, maxMs } = latency;
  const times = [p50Ms, p95Ms, maxMs].map((milliseconds) => formatDurationMs(milliseconds));
  return [
    ['latency', `p50 ${times[0]}, p95 ${times[1]}, longest ${times[2]}`],
    ['jumps to the edge', String(jumps)],
  ];
}

function listOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function errorsAt(pathwayId: string, errors: Readonly<Record<string, number>>): string {
  return Object.entries(errors)
    .filter(([key]) => key.startsWith(`${pathwayId} `))
    .map(([key, count]) => `${key.slice(pathwayId.length + 1)} ${count}`)
    .join(', ');
}
