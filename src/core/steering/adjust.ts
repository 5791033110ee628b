// The edge's correction of the steering plan, for one session and one answer. Control may be away and its plan old,
// so what this site's own probes saw counts more: a pathway that failed twice in a row and lately goes to the end.
//
// A session starts at a pathway drawn from the shares by its hash (weighted rendezvous hashing: stable, and when a
// pathway goes only its own sessions move). It then stays while that pathway serves and has a share; when the share
// went to zero without a failure, a fifth of the sessions leaves per minute. Dead pathways are named last, never
// dropped: this edge may be the isolated one, and a player that finds it so needs somewhere to go.
//
// This runs for every steering answer, so it avoids intermediate collections. Source of the hashing: Schindelhauer
// and Schomaker, "Weighted distributed hash tables" (2005), the logarithmic method.

import { hash32 } from '#base/prng.ts';
import type { SiteState, SteeringReason } from './types.ts';

export interface AdjustPathway {
  readonly pathwayId: string;
  /** null for a CDN, which is not probed. */
  readonly siteId: string | null;
  readonly regionId: string;
  readonly state: SiteState;
}

/** What this node last saw of a site. */
export interface ProbeView {
  readonly failures: number;
  readonly roundTripMs: number | null;
  readonly probedAtMs: number;
}

export interface AdjustPolicy {
  /** Probes that must fail in a row before a site counts as dead. */
  readonly deadAfterFailures: number;
  /** Probes older than this say nothing: the prober itself may have hung. */
  readonly probeAgeMsMax: number;
  /** Sessions whose pathway lost its share leave in this many parts … */
  readonly leaveParts: number;
  /** … one part per this time. */
  readonly leavePartMs: number;
}

/** Probes run every 500 ms with a timeout of 1 s, so two failures take at most 3 s, and 5 s without any is a fault of the prober. */
export const DEFAULT_ADJUST_POLICY: AdjustPolicy = {
  deadAfterFailures: 2,
  probeAgeMsMax: 5_000,
  leaveParts: 5,
  leavePartMs: 60_000,
};

export interface AdjustInput {
  /** The plan for the viewer's group; undefined when the plan does not know the group. */
  readonly group:
    | {
        readonly order: readonly string[];
        readonly shares: readonly { readonly pathwayId: string; readonly share: number }[];
      }
    | undefined;
  readonly pathways: readonly AdjustPathway[];
  readonly probes: ReadonlyMap<string, ProbeView>;
  /** The pathway of the edge that answers; it counts as alive. */
  readonly ownPathwayId: string;
  /** 0 to 2^32 - 1, from the session's id. */
  readonly sessionHash: number;
  /** Where the player says it is, or null at its first request. */
  readonly currentPathwayId: string | null;
  readonly nowMs: number;
  readonly policy: AdjustPolicy;
}

export interface Adjustment {
  /** Every pathway, best first; never empty when there is any. */
  readonly priority: string[];
  /** The first so many are not known to be dead. */
  readonly aliveCount: number;
  readonly reasons: SteeringReason[];
}

/** Classes of a pathway, best first; a lower class never comes before a higher one. */
const SERVING = 0;
const DRAINING = 1;
const DEAD = 2;

/** Corrects the plan for one session. */
export function adjust(input: AdjustInput): Adjustment {
  const reasons: SteeringReason[] = [];
  const classes = new Map<string, number>();
  for (const pathway of input.pathways) classes.set(pathway.pathwayId, classify(pathway, input, reasons));
  const first = pickFirst(input, classes, reasons);

  const priority: string[] = [];
  let aliveCount = 0;
  for (let rank = SERVING; rank <= DEAD; rank += 1) {
    if (rank === SERVING && first !== null) priority.push(first);
    for (const pathwayId of input.group?.order ?? []) appendOf(rank, classes, priority, pathwayId);
    for (const { pathwayId } of input.pathways) appendOf(rank, classes, priority, pathwayId);
    if (rank < DEAD) aliveCount = priority.length;
  }
  return { priority, aliveCount, reasons };
}

function appendOf(
  rank: number,
  classes: ReadonlyMap<string, number>,
  priority: string[],
  pathwayId: string,
): void {
  if (classes.get(pathwayId) === rank && !priority.includes(pathwayId)) priority.push(pathwayId);
}

function classify(pathway: AdjustPathway, input: AdjustInput, reasons: SteeringReason[]): number {
  const { pathwayId, siteId, state } = pathway;
  const isOwn = pathwayId === input.ownPathwayId;
  const probe = siteId === null || isOwn ? undefined : input.probes.get(siteId);
  const isFresh = probe !== undefined && input.nowMs - probe.probedAtMs <= input.policy.probeAgeMsMax;
  if (probe !== undefined && isFresh && probe.failures >= input.policy.deadAfterFailures) {
    const { failures, probedAtMs } = probe;
    reasons.push({
      code: 'probe_dead',
      subject: pathwayId,
      values: { failures, ageMs: input.nowMs - probedAtMs },
    });
    return DEAD;
  }
  if (state === 'draining') {
    reasons.push({ code: 'draining', subject: pathwayId, values: {} });
    return DRAINING;
  }
  // Control calls a site down when its beats stop; a site whose own probes answer is only cut off from control.
  const isAnswering = isOwn || (probe !== undefined && isFresh && probe.failures === 0);
  if (state === 'down' && !isAnswering) {
    reasons.push({ code: 'plan_down', subject: pathwayId, values: {} });
    return DEAD;
  }
  return SERVING;
}

function pickFirst(
  input: AdjustInput,
  classes: ReadonlyMap<string, number>,
  reasons: SteeringReason[],
): string | null {
  const shares = input.group?.shares ?? [];
  const current = input.currentPathwayId;
  const canDraw = hasServingShare(shares, classes);
  // Only what the plan still orders may keep a session: control left the others out for a reason.
  const mayStay =
    current !== null &&
    classes.get(current) === SERVING &&
    (input.group === undefined || input.group.order.includes(current));
  if (mayStay) {
    const share = shareOf(shares, current);
    if (share > 0 || !canDraw) {
      reasons.push({ code: 'stays', subject: current, values: { share } });
      return current;
    }
    const { leaveParts, leavePartMs } = input.policy;
    const part = Math.floor(input.nowMs / leavePartMs) % leaveParts;
    const ownPart = input.sessionHash % leaveParts;
    if (part !== ownPart) {
      reasons.push({ code: 'leaves_later', subject: current, values: { part, ownPart, leaveParts } });
      return current;
    }
  }
  if (canDraw) return drawByShare(input, classes, reasons);
  // Without a plan for the group this edge is the best guess: the player found it by itself.
  const isOwnServing = input.group === undefined && classes.get(input.ownPathwayId) === SERVING;
  return isOwnServing ? input.ownPathwayId : null;
}

/** The pathway with the least -ln(u) / share, where u is drawn from the session and the pathway. */
function drawByShare(
  input: AdjustInput,
  classes: ReadonlyMap<string, number>,
  reasons: SteeringReason[],
): string | null {
  let best: string | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  let bestShare = 0;
  for (const { pathwayId, share } of input.group?.shares ?? []) {
    if (share <= 0 || classes.get(pathwayId) !== SERVING) continue;
    const cost = -Math.log(draw(input.sessionHash, pathwayId)) / share;
    if (cost >= bestCost) continue;
    best = pathwayId;
    bestCost = cost;
    bestShare = share;
  }
  if (best !== null) reasons.push({ code: 'drawn', subject: best, values: { share: bestShare } });
  return best;
}

/** A number in (0, 1) from the session and the pathway (the finaliser of MurmurHash3 spreads their bits). */
function draw(sessionHash: number, pathwayId: string): number {
  let mixed = (sessionHash ^ Math.imul(hash32(pathwayId), 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed = (mixed ^ (mixed >>> 16)) >>> 0;
  return (mixed + 0.5) / 4_294_967_296;
}

function shareOf(
  shares: readonly { readonly pathwayId: string; readonly share: number }[],
  pathwayId: string,
): number {
  for (const entry of shares) if (entry.pathwayId === pathwayId) return entry.share;
  return 0;
}

function hasServingShare(
  shares: readonly { readonly pathwayId: string; readonly share: number }[],
  classes: ReadonlyMap<string, number>,
): boolean {
  for (const { pathwayId, share } of shares) if (share > 0 && classes.get(pathwayId) === SERVING) return true;
  return false;
}
