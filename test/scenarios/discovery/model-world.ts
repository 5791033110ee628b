// Three regions in virtual time with viewers who come and go: the swarm's own viewers (the player's decisions), told apart
// only by their network, which is modelled. Reports and judgements come on the beats that real ones have. One seed, one
// history.

import { defined } from '#base/assert.ts';
import { createPrng, type Prng } from '#base/prng.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { SloPoint } from '#core/slo/book.ts';
import { placeSlice } from '#core/telemetry/place-slices.ts';
import { SLICE_MS } from '#core/telemetry/series.ts';
import { createPlaylistCache } from '#viewer/swarm/playlist-cache.ts';
import { drawNetwork, drawStayMs, NETWORKS } from '#viewer/swarm/profiles.ts';
import { runViewing } from '#viewer/swarm/viewer-process.ts';
import { Decisions, ROUND_MS } from './decisions.ts';
import { LIVE_PATH, VIDEO_PATHS } from './media.ts';
import { createModelHttp, EPOCH_MS, type ModelLine, ModelSite } from './model-site.ts';
import { VirtualTime } from './virtual-time.ts';

export const SITES = [
  { regionId: 'dublin', siteId: 'dublin-1' },
  { regionId: 'singapore', siteId: 'singapore-1' },
  { regionId: 'los-angeles', siteId: 'los-angeles-1' },
] as const;

/** Between two regions, there and back. */
const FAR_MS = 150;
const PROBE_EVERY_MS = 500;
const SWEEP_EVERY_MS = 1_000;
/** After the end of a slice: until players' events of it are there, and until control has taken the report. */
const REPORT_AFTER_MS = 150;
const TRAVEL_MS = 80;
/** A round that comes before the reports of its slice: the later of the two ways that it can be. */
const ROUND_AFTER_MS = 100;
/** Of the agent's reports: what control refuses. */
const PLACE_POLICY = { futureMsMax: 30_000, pastMsMax: 600_000 };
/** Who was lost comes back after this. */
const RETURN_MS = 5_000;
const THROUGHPUT_BPS = 3_000_000;
/** Everybody is there, and the first viewings are over. */
const SETTLE_MS = 30_000;
/** Quiet minutes that are looked at, and repeated until they are the hour before. */
const QUIET_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface Crowd {
  /** In each region. */
  readonly videoViewers: number;
  readonly liveViewers: number;
}

function snapshotOf(): WorldSnapshot {
  const pathways = SITES.map(({ regionId, siteId }) => ({
    id: siteId,
    regionId,
    siteId,
    baseUrl: `http://${siteId}.test`,
  }));
  return {
    formatVersion: 1,
    term: 1,
    sequence: 1,
    publishedAtMs: EPOCH_MS,
    removalIsMeant: false,
    controlUrl: 'http://control.test',
    controlPublicKey: '',
    regions: SITES.map(({ regionId }) => ({
      id: regionId,
      name: regionId,
      latitude: 0,
      longitude: 0,
      costPerGb: 0,
    })),
    sites: SITES.map(({ regionId, siteId }) => ({
      id: siteId,
      regionId,
      state: 'up' as const,
      drainStartedAtMs: null,
      capacityBps: 1e9,
    })),
    nodes: [],
    pathways,
    steering: {
      generation: 1,
      createdAtMs: EPOCH_MS,
      ttlMs: 10_000,
      groups: SITES.map(({ regionId, siteId }) => ({
        id: regionId,
        order: [siteId, ...SITES.filter((site) => site.siteId !== siteId).map((site) => site.siteId)],
        shares: [{ pathwayId: siteId, share: 1 }],
        reasons: [],
      })),
    },
    keys: [],
    revocations: [],
    policies: { beatMs: 2_000, uploadBytesMax: 1, sourceCopies: 3, renditionCopies: 2 },
  };
}

export class ModelWorld {
  readonly time = new VirtualTime();
  readonly sites: readonly ModelSite[];
  /** What viewers went through, over all viewings that ended. */
  readonly seen = { viewings: 0, lost: 0, stalls: 0 };
  readonly #prng: Prng;
  readonly #seed: number;
  readonly #cache = createPlaylistCache();
  readonly #quiet: SloPoint[] = [];
  #decisions: Decisions | undefined;

  constructor(seed: number, crowd: Crowd) {
    this.#seed = seed;
    this.#prng = createPrng(seed);
    const snapshot = snapshotOf();
    this.sites = SITES.map(
      ({ siteId }, index) => new ModelSite(siteId, snapshot, this.time, createPrng(seed * 31 + index)),
    );
    this.#beat();
    this.#letIn(crowd);
  }

  site(siteId: string): ModelSite {
    return defined(
      this.sites.find((one) => one.siteId === siteId),
      `the site ${siteId}`,
    );
  }

  /** The clock's time. */
  nowMs(): number {
    return EPOCH_MS + this.time.nowMs();
  }

  /** Lives quietly for a while, and takes that for the hour before; judging begins now. */
  begin(): Decisions {
    this.time.runUntil(SETTLE_MS + QUIET_MS);
    const decisions = new Decisions();
    const fromMs = EPOCH_MS + SETTLE_MS;
    const kept = this.#quiet.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + QUIET_MS - SLICE_MS);
    for (let backMs = HOUR_MS - QUIET_MS; backMs >= 0; backMs -= QUIET_MS)
      decisions.take(kept.map((point) => ({ ...point, atMs: point.atMs - backMs })));
    this.#quiet.length = 0;
    decisions.points.length = 0;
    this.#decisions = decisions;
    return decisions;
  }

  #beat(): void {
    const { time, sites } = this;
    time.every(SWEEP_EVERY_MS, () => {
      for (const { collector } of sites) collector.sweep();
    });
    time.every(PROBE_EVERY_MS, () => {
      for (const site of sites)
        for (const other of sites)
          if (other !== site) site.probe(other, farMs(site.regionId, other.regionId));
    });
    time.after(REPORT_AFTER_MS, () => time.every(SLICE_MS, () => this.#report()));
    time.after(ROUND_AFTER_MS, () => time.every(ROUND_MS, () => this.#decisions?.round(this.nowMs())));
  }

  #report(): void {
    const slices = this.sites.flatMap((site) => site.report());
    this.time.after(TRAVEL_MS, () => {
      const points = slices.flatMap(({ atMs, series }): SloPoint[] => {
        const placed = placeSlice(atMs, 0, this.nowMs(), PLACE_POLICY);
        return placed.kind === 'placed' ? series.map((one) => ({ ...one, atMs: placed.atMs })) : [];
      });
      if (this.#decisions === undefined) this.#quiet.push(...points);
      else this.#decisions.take(points);
    });
  }

  #letIn({ videoViewers, liveViewers }: Crowd): void {
    for (const [place, { regionId }] of SITES.entries())
      for (let index = 0; index < videoViewers + liveViewers; index += 1) {
        const number = place * (videoViewers + liveViewers) + index;
        const prng = createPrng(this.#seed * 7_919 + number);
        const network = defined(drawNetwork(NETWORKS.mix ?? [], prng), 'a network');
        const line = { regionId, bitsPerSecond: network.bitsPerSecond, roundTripMs: network.roundTripMs };
        const isLive = index >= videoViewers;
        this.time.after(this.#prng() * 10_000, () => this.#watch(line, { number, isLive, count: 0 }, prng));
      }
  }

  /** One viewing after another, as somebody who swipes: always somebody new, who has heard of nothing. */
  #watch(
    line: ModelLine,
    viewer: { readonly number: number; readonly isLive: boolean; readonly count: number },
    prng: Prng,
  ): void {
    const { number, isLive, count } = viewer;
    const own = this.sites.find(({ regionId }) => regionId === line.regionId);
    const first = defined(own, 'the own site');
    const edgeOf = ({ siteId, baseUrl }: ModelSite) => ({ pathwayId: siteId, baseUrl });
    const path = isLive ? LIVE_PATH : defined(VIDEO_PATHS[(number + count) % VIDEO_PATHS.length], 'a video');
    let forgetLeave = (): void => undefined;
    const viewing = runViewing({
      viewer: {
        sessionId: `v-${number}-${count}`,
        group: line.regionId,
        edges: [edgeOf(first), ...this.sites.filter((site) => site !== first).map(edgeOf)],
        path,
        throughputBps: Math.min(THROUGHPUT_BPS, line.bitsPerSecond * 0.8),
        ...(isLive ? { live: { epochMs: EPOCH_MS } } : {}),
      },
      http: createModelHttp(line, this.sites, farMs),
      cache: this.#cache,
      // Positions of a broadcast are those of the clock.
      nowMs: this.time.nowMs,
      timers: this.time,
      tellsEpochMs: EPOCH_MS,
      onReceived: () => undefined,
      onEnded: (report) => {
        forgetLeave();
        this.seen.viewings += 1;
        this.seen.lost += Number(report.outcome === 'lost');
        this.seen.stalls += report.stalls.length;
        const pauseMs = report.outcome === 'lost' ? RETURN_MS : prng() * 500;
        this.time.after(pauseMs, () => this.#watch(line, { ...viewer, count: count + 1 }, prng));
      },
    });
    const stayMs = drawStayMs({ kind: 'swipe', leastMs: 10_000, mostMs: isLive ? 60_000 : 30_000 }, prng);
    forgetLeave = this.time.after(stayMs ?? 0, viewing.leave);
  }
}

function farMs(regionId: string, otherId: string): number {
  return regionId === otherId ? 4 : FAR_MS;
}
