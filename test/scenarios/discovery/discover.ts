// Does the platform notice by itself? A model of a world lives quietly, one site begins to hurt its viewers, and what is
// shipped (players' telling, edges' reading of it, rollups, objectives, rules) must page and name the place.
//
// The bound is what the burn table says (core/slo/burn-tiers.ts) for the share of bad that the objective measured at the
// site since the fault began, and the beats on the way: a player keeps an event for two seconds, reports and rounds
// come every five. A fault that comes and goes may pause just before the budget is burnt. A rule's bound is its own silence.

import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { SHIPPED_RULES } from '#control/alerting/shipped-rules.ts';
import type { SloPoint } from '#core/slo/book.ts';
import { detectionMs } from '#core/slo/burn-tiers.ts';
import { ROLLUP_MS, type SloDefinition } from '#core/slo/slo.ts';
import type { Decisions, Fired } from './decisions.ts';
import type { FaultKind } from './fault-kinds.ts';
import { type Crowd, ModelWorld, SITES } from './model-world.ts';

/** Nobody waits longer to be told; the slow tier of an objective is for what is less than a fault. */
export const PATIENCE_MS = 30 * 60_000;
/** From a bad request to a judgement beyond the formula: its batch, its slice, the report, the round after it. */
const BEATS_MS = 20_000;
const STEP_MS = 5_000;

export interface Discovery {
  readonly kind: string;
  readonly seed: number;
  readonly siteId: string;
  /** The first page that names the site or its region; undefined: nobody was told. */
  readonly page: Fired | undefined;
  readonly detectionMs: number;
  /** By the formula, for what was measured. */
  readonly formulaMs: number;
  readonly isInTime: boolean;
  /** Pages that name another place. */
  readonly misplaced: readonly Fired[];
}

/** Lets a fault of this kind come over one site, drawn from the seed. */
export function discover(kind: FaultKind, seed: number, crowd: Crowd): Discovery {
  const world = new ModelWorld(seed, crowd);
  const decisions = world.begin();
  const { siteId, regionId } = defined(SITES[Math.floor(createPrng(seed)() * SITES.length)], 'a site');
  const site = world.site(siteId);
  const beganMs = world.nowMs();
  const names = ({ labels }: Fired): boolean => labels.site === siteId || labels.region === regionId;
  const pages = (): Fired[] => decisions.fired.filter(({ severity }) => severity === 'page');
  for (let sinceMs = 0; sinceMs < PATIENCE_MS && !pages().some(names); sinceMs += STEP_MS) {
    if (sinceMs === 0 || kind.isMoving) site.setFaults(kind.at(sinceMs));
    world.time.runUntil(world.time.nowMs() + STEP_MS);
  }
  const page = pages().find(names);
  const foundMs = page === undefined ? Number.POSITIVE_INFINITY : page.atMs - beganMs;
  const formulaMs =
    page === undefined ? Number.NaN : formulaOf(decisions, page, { siteId, regionId, beganMs });
  return {
    kind: kind.name,
    seed,
    siteId,
    page,
    detectionMs: foundMs,
    formulaMs,
    isInTime: foundMs <= formulaMs + BEATS_MS + (kind.pauseMs ?? 0),
    misplaced: pages().filter((fired) => !names(fired)),
  };
}

interface Where {
  readonly siteId: string;
  readonly regionId: string;
  readonly beganMs: number;
}

function formulaOf(decisions: Decisions, page: Fired, where: Where): number {
  const slo = page.labels.slo === undefined ? undefined : decisions.slo(page.labels.slo);
  const tier = slo?.tiers.find(({ name }) => name === page.labels.tier);
  if (slo !== undefined && tier !== undefined) {
    // A long window stands on slots that are coarser than a slice; what it says is a slot old at most.
    const share = shareOf(decisions, slo, where, page.atMs);
    return share === 0 ? Number.NaN : detectionMs(tier, slo.target, share);
  }
  const rule = SHIPPED_RULES.find(({ name }) => name === page.labels.alertname);
  if (rule === undefined) return Number.NaN;
  return rule.afterMs + (rule.kind === 'absence' ? rule.silentMs : rule.windowMs);
}

/** The share of bad that an objective measured at the site between the fault and the page. */
function shareOf(decisions: Decisions, slo: SloDefinition, where: Where, untilMs: number): number {
  const slices = new Map<number, { good: number; total: number }>();
  for (const point of decisions.points) {
    if (point.labels.site !== where.siteId || point.atMs < where.beganMs) continue;
    add(slices, decisions, slo, point);
  }
  const all = [...slices.values()];
  const total = all.reduce((sum, slice) => sum + slice.total, 0);
  if (total === 0) return 0;
  if (slo.method === 'Occurrences') return 1 - all.reduce((sum, slice) => sum + slice.good, 0) / total;
  const bad = all.reduce((sum, slice) => sum + (slice.total > 0 ? 1 - slice.good / slice.total : 0), 0);
  return bad / Math.max(1, Math.ceil((untilMs - where.beganMs) / ROLLUP_MS));
}

function add(
  slices: Map<number, { good: number; total: number }>,
  decisions: Decisions,
  slo: SloDefinition,
  point: SloPoint,
): void {
  const counted = decisions.measure(slo, point);
  if (counted === null) return;
  const slice = slices.get(point.atMs) ?? { good: 0, total: 0 };
  slice.good += counted.good;
  slice.total += counted.total;
  slices.set(point.atMs, slice);
}

/** Pages while all is well. */
export function watchQuietly(seed: number, crowd: Crowd, durationMs: number): readonly Fired[] {
  const world = new ModelWorld(seed, crowd);
  const decisions = world.begin();
  world.time.runUntil(world.time.nowMs() + durationMs);
  return decisions.fired.filter(({ severity }) => severity === 'page');
}
