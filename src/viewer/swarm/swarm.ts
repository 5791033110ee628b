// A swarm: virtual viewers who arrive by a plan, watch, and leave; what they measured is added up. One process, one
// agent per viewer, one clock for all lines.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { createPrng, type Prng } from '#base/prng.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { LAST_WORDS_MS_MAX, MEMORY_BYTES_MAX, VIEWERS_MAX } from './limits.ts';
import { createLineClock, type LineClock } from './line.ts';
import { createPlaylistCache } from './playlist-cache.ts';
import {
  type Arrival,
  arrivalTimes,
  drawNetwork,
  drawStayMs,
  type NetworkShare,
  type Viewing,
} from './profiles.ts';
import {
  addViewing,
  copyTotals,
  emptyTotals,
  type PathwayFigures,
  type SwarmReport,
  type SwarmTotals,
  toReport,
} from './swarm-report.ts';
import type { ViewerEdge, ViewerReport } from './viewer.ts';
import { createViewerHttp, type ViewerHttp } from './viewer-http.ts';
import { type RunningViewing, runViewing } from './viewer-process.ts';

export type SwarmEdge = ViewerEdge & { readonly regionId: string };

export type SwarmOptions = {
  readonly viewers: number;
  /** All edges; viewers have them as their own edge in turn, unless `homeRegionIds` names some. */
  readonly edges: readonly SwarmEdge[];
  readonly homeRegionIds?: readonly string[];
  /** Paths of multivariant playlists; a viewer watches them in turn. */
  readonly paths: readonly string[];
  readonly arrival: Arrival;
  readonly network: readonly NetworkShare[];
  readonly viewing: Viewing;
  readonly seed: number;
  /** What a new viewer's connection is believed to carry. */
  readonly throughputBps?: number;
  /** What is watched is a broadcast. */
  readonly isLive?: boolean;
  /** Each video is opened as a watch page, whose list of edges says where to begin. */
  readonly opensPages?: boolean;
  /** Viewers tell the edges nothing of themselves; by default they tell what the player tells. */
  readonly isSilent?: boolean;
};

/** What the running viewers are doing, for whoever breaks something meanwhile. */
export type ViewerNow = {
  readonly number: number;
  readonly homeRegionId: string;
  readonly report: ViewerReport;
};

export type Swarm = {
  /** Resolves when every viewer has ended, or the swarm was stopped. */
  readonly ended: Promise<void>;
  readonly report: () => SwarmReport;
  readonly viewersNow: () => readonly ViewerNow[];
  /** Ends all viewers; what they measured stays. */
  readonly stop: () => void;
};

/** What the player assumes before it has measured anything. */
export const THROUGHPUT_DEFAULT_BPS = 3_000_000;
/** Bounds of what the player believes of its last visit, and the share of it that it trusts. */
const THROUGHPUT_MIN_BPS = 400_000;
const THROUGHPUT_MAX_BPS = 12_000_000;
const THROUGHPUT_TRUST = 0.8;
/** A viewer who was lost comes back with the next video after this, as somebody who reloads the page. */
const RETURN_MS = 5_000;
/** Who waits longer for a page has left. */
const PAGE_MS_MAX = 5_000;
/** How often the latency of every live viewer is looked at. */
const SAMPLE_MS = 500;

type Run = {
  readonly options: SwarmOptions;
  readonly nowMs: () => number;
  readonly startedAtMs: number;
  readonly totals: SwarmTotals;
  readonly lines: LineClock;
  readonly cache: ReturnType<typeof createPlaylistCache>;
  readonly bytes: Map<string, number>;
  readonly viewers: Map<number, Viewer>;
  readonly abort: AbortController;
  readonly latency: LatencyHistogram;
  arrived: number;
  refused: number;
  lost: number;
};

type Viewer = {
  readonly number: number;
  readonly home: SwarmEdge;
  readonly prng: Prng;
  readonly http: ViewerHttp;
  viewing: RunningViewing | undefined;
};

/** Starts a swarm. */
export function startSwarm(options: SwarmOptions, nowMs: () => number = () => performance.now()): Swarm {
  if (options.viewers < 1 || options.viewers > VIEWERS_MAX)
    throw new RangeError(`a swarm has 1 to ${VIEWERS_MAX} viewers`);
  defined(options.edges[0], 'an edge');
  defined(options.paths[0], 'a video');
  const run: Run = {
    options,
    nowMs,
    startedAtMs: nowMs(),
    totals: emptyTotals(),
    lines: createLineClock(nowMs),
    cache: createPlaylistCache(),
    bytes: new Map(),
    viewers: new Map(),
    abort: new AbortController(),
    latency: new LatencyHistogram(),
    arrived: 0,
    refused: 0,
    lost: 0,
  };
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const sampling = options.isLive === true ? setInterval(() => sampleLatency(run), SAMPLE_MS) : undefined;
  const cpuAtStart = process.cpuUsage();
  let last: SwarmReport | undefined;
  const report = (): SwarmReport => {
    if (last !== undefined) return last;
    const cpu = process.cpuUsage(cpuAtStart);
    const elapsedMs = nowMs() - run.startedAtMs;
    const self = {
      loopDelayMsMax: Math.round(loop.max / 1e6),
      cpuShare: Math.round((cpu.user + cpu.system) / 10 / Math.max(1, elapsedMs)) / 100,
      rssBytes: process.memoryUsage.rss(),
    };
    return reportOfRun(run, elapsedMs, self);
  };
  const ended = letIn(run).finally(() => {
    clearInterval(sampling);
    last = report();
    loop.disable();
    run.lines.stop();
  });
  return {
    ended,
    report,
    viewersNow: () =>
      [...run.viewers.values()].flatMap(({ number, home, viewing }) =>
        viewing === undefined ? [] : [{ number, homeRegionId: home.regionId, report: viewing.report() }],
      ),
    stop: () => run.abort.abort(),
  };
}

/** How far behind everybody is whose picture moves. */
function sampleLatency({ viewers, latency }: Run): void {
  for (const { viewing } of viewers.values()) {
    const latencyMs = viewing?.report().live?.latencyMs;
    if (latencyMs !== undefined) latency.add(latencyMs);
  }
}

/** Lets viewers in as they arrive and waits for all of them. */
async function letIn(run: Run): Promise<void> {
  const { options, abort, nowMs, startedAtMs } = run;
  const prng = createPrng(options.seed);
  const homes = homesOf(options);
  const staying: Promise<void>[] = [];
  for (const [number, atMs] of arrivalTimes(options.arrival, options.viewers, prng).entries()) {
    const waitMs = startedAtMs + atMs - nowMs();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: abort.signal }).catch(() => undefined);
    if (abort.signal.aborted) break;
    if (process.memoryUsage.rss() > MEMORY_BYTES_MAX) {
      run.refused += 1;
      continue;
    }
    run.arrived += 1;
    const network = defined(drawNetwork(options.network, prng), 'a network with a share');
    const home = defined(homes[number % homes.length], 'a home');
    staying.push(
      watch(run, {
        number,
        home,
        prng: createPrng(options.seed + number + 1),
        http: createViewerHttp(run.lines.createLine(network)),
        viewing: undefined,
      }),
    );
  }
  await Promise.all(staying);
}

function homesOf({ edges, homeRegionIds }: SwarmOptions): readonly SwarmEdge[] {
  if (homeRegionIds === undefined) return edges;
  const homes = homeRegionIds.flatMap((id) => edges.filter(({ regionId }) => regionId === id));
  return homes.length > 0 ? homes : edges;
}

/** One viewer's whole visit. */
async function watch(run: Run, viewer: Viewer): Promise<void> {
  const { options, abort } = run;
  run.viewers.set(viewer.number, viewer);
  let throughputBps = options.throughputBps ?? THROUGHPUT_DEFAULT_BPS;
  try {
    for (let count = 0; !abort.signal.aborted; count += 1) {
      const path = defined(options.paths[(viewer.number + count) % options.paths.length], 'a video');
      const { report, measuredBps } = await view(run, viewer, path, throughputBps, count);
      const trusted = measuredBps * THROUGHPUT_TRUST;
      if (measuredBps > 0)
        throughputBps = Math.min(THROUGHPUT_MAX_BPS, Math.max(THROUGHPUT_MIN_BPS, trusted));
      if (report.outcome === 'lost') run.lost += 1;
      if (options.viewing.kind === 'full') return;
      if (report.outcome === 'lost')
        await delay(RETURN_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  } finally {
    run.viewers.delete(viewer.number);
    viewer.http.close();
  }
}

/** Where a page that the viewer's own edge gives out begins; the own edge when it gives none. */
async function openPage(run: Run, { home }: Viewer): Promise<SwarmEdge> {
  try {
    const signal = AbortSignal.any([run.abort.signal, AbortSignal.timeout(PAGE_MS_MAX)]);
    const answer = await fetch(`${home.baseUrl}/player/edges.json`, { signal });
    const { edges } = (await answer.json()) as { edges: readonly { pathwayId: string }[] };
    return run.options.edges.find(({ pathwayId }) => pathwayId === edges[0]?.pathwayId) ?? home;
  } catch {
    return home;
  }
}

/** One video, to its end, to the end of the viewer's patience, or to the end of the swarm. */
async function view(
  run: Run,
  viewer: Viewer,
  path: string,
  throughputBps: number,
  count: number,
): Promise<{ readonly report: ViewerReport; readonly measuredBps: number }> {
  const { options, abort } = run;
  const first = options.opensPages === true ? await openPage(run, viewer) : viewer.home;
  const others = options.edges.filter(({ pathwayId }) => pathwayId !== first.pathwayId);
  const { promise, resolve } = Promise.withResolvers<{ report: ViewerReport; measuredBps: number }>();
  const viewing = runViewing({
    viewer: {
      sessionId: `swarm-${options.seed}-${viewer.number}-${count}`,
      group: viewer.home.regionId,
      edges: [first, ...others],
      path,
      throughputBps,
      ...(options.isLive === true ? { live: { epochMs: performance.timeOrigin } } : {}),
    },
    http: viewer.http,
    cache: run.cache,
    nowMs: run.nowMs,
    // The swarm's clock is that of performance.now().
    ...(options.isSilent === true ? {} : { tellsEpochMs: performance.timeOrigin }),
    onReceived: (pathwayId, bytes) => run.bytes.set(pathwayId, (run.bytes.get(pathwayId) ?? 0) + bytes),
    onEnded: (report, measuredBps) => resolve({ report, measuredBps }),
  });
  viewer.viewing = viewing;
  const stayMs = drawStayMs(options.viewing, viewer.prng);
  const timer = stayMs === undefined ? undefined : setTimeout(viewing.leave, stayMs);
  abort.signal.addEventListener('abort', viewing.leave, { once: true });
  try {
    const end = await promise;
    addViewing(run.totals, end.report);
    const patience = new AbortController();
    const limit = delay(LAST_WORDS_MS_MAX, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([viewing.told, limit]);
    patience.abort();
    return end;
  } finally {
    viewer.viewing = undefined;
    clearTimeout(timer);
    abort.signal.removeEventListener('abort', viewing.leave);
  }
}

function reportOfRun(run: Run, elapsedMs: number, self: SwarmReport['self']): SwarmReport {
  const totals = copyTotals(run.totals);
  const current = new Map<string, number>();
  let stalledNow = 0;
  for (const { viewing } of run.viewers.values()) {
    if (viewing === undefined) continue;
    const report = viewing.report();
    addViewing(totals, report);
    stalledNow += Number(report.isStalled);
    current.set(report.pathwayId, (current.get(report.pathwayId) ?? 0) + 1);
  }
  const ids = new Set([...run.options.edges.map(({ pathwayId }) => pathwayId), ...run.bytes.keys()]);
  const pathways = [...ids].map((pathwayId): PathwayFigures => {
    const edge = run.options.edges.find((candidate) => candidate.pathwayId === pathwayId);
    return {
      pathwayId,
      regionId: edge?.regionId ?? '',
      bytes: run.bytes.get(pathwayId) ?? 0,
      viewers: current.get(pathwayId) ?? 0,
    };
  });
  const viewers = {
    wanted: run.options.viewers,
    arrived: run.arrived,
    watching: run.viewers.size,
    stalledNow,
    lost: run.lost,
    refused: run.refused,
  };
  const latency = run.options.isLive === true ? run.latency.figures() : null;
  return toReport(totals, { elapsedMs: Math.round(elapsedMs), viewers, pathways, self, latency });
}
