// npm run bench [-- NAME…] [--strict]: measures what Meridian promises, prints a table and writes bench/results.json.
// npm run soak [-- NAME…]: the same for what takes long, into bench/soak-results.json.
//
// Without names everything runs, in about a quarter of an hour on two quiet cores. A name runs the rows that begin with it and
// leaves the others in the file as they are. MERIDIAN_BENCH_PATIENCE multiplies the time that each group may take. The
// exit code tells whether all rows were measured; with --strict also whether they are met.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type BenchContext, createContext } from './context.ts';
import { channelGroup } from './groups/channel.ts';
import { clickGroup } from './groups/click.ts';
import { coldObjectGroup } from './groups/cold-object.ts';
import { diskLossGroup } from './groups/disk-loss.ts';
import { edgeDiskGroup, edgeGroup, edgeTlsGroups, edgeVarnishGroup, edgeZipfGroup } from './groups/edge.ts';
import { edgeSiteGroup } from './groups/edge-site.ts';
import { failoverGroup, failoverSoakGroup } from './groups/failover.ts';
import { firstFrameGroup } from './groups/first-frame.ts';
import { framesGroup } from './groups/frames.ts';
import { killsGroup } from './groups/kills.ts';
import { ladderGroup } from './groups/ladder.ts';
import { liveGroup } from './groups/live.ts';
import { liveChannelsGroup } from './groups/live-channels.ts';
import { liveEdgeGroup } from './groups/live-edge.ts';
import { liveLossGroup } from './groups/live-loss.ts';
import { livePublisherGroup } from './groups/live-publisher.ts';
import { onAirGroup } from './groups/on-air.ts';
import { outageGroup } from './groups/outage.ts';
import { perTitleGroup, perTitleSoakGroup } from './groups/per-title.ts';
import { selfDiscoveryGroup, selfDiscoverySoakGroup } from './groups/self-discovery.ts';
import { selfDiscoveryWorldGroup } from './groups/self-discovery-world.ts';
import { sharedJobsGroup, sharedJobsSoakGroup } from './groups/shared-jobs.ts';
import { sloGroup } from './groups/slo.ts';
import { startGroup } from './groups/start.ts';
import { swarmGroup, swarmSoakGroup } from './groups/swarm.ts';
import { telemetryGroup } from './groups/telemetry.ts';
import { type Group, isMet, type Row, tableOf } from './row.ts';

/** In this order: the idle world first, what needs a quiet machine next, what breaks things last. */
const BENCHES: readonly Group[] = [
  startGroup,
  sloGroup,
  selfDiscoveryGroup,
  firstFrameGroup,
  ladderGroup,
  channelGroup,
  liveGroup,
  liveChannelsGroup,
  telemetryGroup,
  perTitleGroup,
  edgeGroup,
  edgeDiskGroup,
  edgeZipfGroup,
  ...edgeTlsGroups,
  edgeVarnishGroup,
  edgeSiteGroup,
  liveEdgeGroup,
  framesGroup,
  sharedJobsGroup,
  clickGroup,
  coldObjectGroup,
  failoverGroup,
  diskLossGroup,
  outageGroup,
  liveLossGroup,
  livePublisherGroup,
  swarmGroup,
];

/** On a busy machine everything takes longer; a figure that late is still a figure. */
const PATIENCE = Number(process.env.MERIDIAN_BENCH_PATIENCE ?? 1);

const SOAKS: readonly Group[] = [
  failoverSoakGroup,
  swarmSoakGroup,
  onAirGroup,
  killsGroup,
  perTitleSoakGroup,
  sharedJobsSoakGroup,
  selfDiscoverySoakGroup,
  selfDiscoveryWorldGroup,
];

/** What the whole bench promises on a quiet machine. */
const TOTAL_SECONDS_MAX = 1_000;

const isSoak = process.argv.includes('--soak');
const GROUPS = isSoak ? SOAKS : BENCHES;
const RESULTS = fileURLToPath(new URL(isSoak ? 'soak-results.json' : 'results.json', import.meta.url));
const OPTIONS = ['--strict', '--soak'];

interface Choice {
  readonly names: readonly string[];
  readonly isStrict: boolean;
}

function chooseBy(args: readonly string[]): Choice {
  const names = args.filter((argument) => !argument.startsWith('--'));
  const unknown = args.find((argument) => argument.startsWith('--') && !OPTIONS.includes(argument));
  const isKnown = (name: string): boolean =>
    GROUPS.some((group) => group.names.some((row) => row.startsWith(name)));
  const nobody = names.find((name) => !isKnown(name));
  if (unknown !== undefined || nobody !== undefined) {
    const rows = GROUPS.flatMap((group) => group.names).join('\n  ');
    process.stderr.write(`There is no ${unknown ?? `row ${nobody}`}. Options: --strict. Rows:\n  ${rows}\n`);
    process.exit(2);
  }
  return { names, isStrict: args.includes('--strict') };
}

function isAsked(row: string, { names }: Choice): boolean {
  return names.length === 0 || names.some((name) => row.startsWith(name));
}

function elapsedSeconds(): number {
  return Math.round(performance.now() / 1_000);
}

/** Runs a group within its budget; undefined when it failed, which is said on stderr. */
async function measure(
  group: Group,
  context: BenchContext,
  place: string,
): Promise<readonly Row[] | undefined> {
  const startedAtMs = performance.now();
  const [load = 0] = loadavg();
  const at = `${place}, at ${elapsedSeconds()} s, load ${load.toFixed(1)}`;
  process.stderr.write(`[${at}] ${group.names.join(', ')}\n`);
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`not done after ${(group.budgetMs * PATIENCE) / 1_000} s`)),
    group.budgetMs * PATIENCE,
  );
  try {
    const rows = await Promise.race([group.run(context), overdue]);
    process.stderr.write(`  took ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s\n`);
    return rows;
  } catch (error) {
    process.stderr.write(`  failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    if (error instanceof Error && error.cause !== undefined)
      process.stderr.write(`  because of: ${String(error.cause)}\n`);
    // Whatever state it left behind must not fail the next group.
    await context.close();
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** The machine, since a figure says little without it. */
function machine() {
  const version = execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' });
  return {
    cpus: cpus().length,
    memoryBytes: totalmem(),
    model: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    ffmpeg: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? 'unknown',
  };
}

/** Rows of an earlier run that this one has not measured anew. */
function keptRows(fresh: readonly Row[], { names }: Choice): readonly Row[] {
  if (names.length === 0) return [];
  try {
    const { rows: earlier } = JSON.parse(readFileSync(RESULTS, 'utf8')) as { rows: Row[] };
    const known = new Set(GROUPS.flatMap((group) => group.names));
    return earlier.filter(({ name }) => known.has(name) && !fresh.some((row) => row.name === name));
  } catch {
    return [];
  }
}

/** Writes what was measured so far: whatever breaks later loses none of it. */
function keep(fresh: readonly Row[], choice: Choice): void {
  const results = {
    machine: machine(),
    at: new Date().toISOString(),
    rows: [...keptRows(fresh, choice), ...fresh],
  };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
}

const choice = chooseBy(process.argv.slice(2));
const context = createContext();
const rows: Row[] = [];
let areAllMeasured = true;
const asked = GROUPS.filter((group) => group.names.some((name) => isAsked(name, choice)));
for (const [index, group] of asked.entries()) {
  const measured = (await measure(group, context, `${index + 1} of ${asked.length}`)) ?? [];
  rows.push(...measured.filter(({ name }) => isAsked(name, choice)));
  keep(rows, choice);
  const missing = group.names.filter(
    (name) => isAsked(name, choice) && !measured.some((row) => row.name === name),
  );
  if (missing.length > 0) areAllMeasured = false;
  for (const name of missing) process.stderr.write(`  ${name} was not measured\n`);
}
await context.close();
process.stdout.write(`${tableOf(rows)}\n`);
process.stderr.write(`all of it took ${elapsedSeconds()} s\n`);
if (!isSoak && elapsedSeconds() > TOTAL_SECONDS_MAX)
  process.stderr.write(`that is more than the ${TOTAL_SECONDS_MAX} s of a quiet machine\n`);
const isGood = areAllMeasured && (!choice.isStrict || rows.every(isMet));
process.exit(isGood ? 0 : 1);
