// Which copies of an asset are missing, and what to do about it. Sources are kept in more regions than renditions, since
// renditions can be made again. A copy counts while its region answers and says that all of it is there, undamaged.
// A copy that was lost, or whose region is silent, is made again only after a delay: most silences are restarts, and a
// storm of copies after each would cost more than it saves. A copy that never was is made soon.
// A copy is read where reading is cheapest, then nearest; it is made where one has been before, else nearest to the
// others, in a region that takes copies and has room. When no region has the renditions left but one has the source,
// they are encoded again. Pure: equal views give equal plans.
// After the delayed re-replication of GFS (Ghemawat and others, SOSP 2003, section 4.3) and Ceph's "down out interval".

import { distanceKm } from '#base/geo.ts';

export type ReplicatedClass = 'source' | 'renditions';

export interface RepairRegion {
  readonly id: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly costPerGb: number;
  /** An origin of it answers control. */
  readonly isReachable: boolean;
  /** It is not draining. */
  readonly takesCopies: boolean;
}

export interface CopyView {
  readonly regionId: string;
  /** By the last report of its region: all of it is there, nothing of it is damaged. */
  readonly isWhole: boolean;
  /** The region has said that it is gone. */
  readonly isLost: boolean;
}

export interface ClassView {
  readonly class: ReplicatedClass;
  readonly attempt: number;
  readonly copies: readonly CopyView[];
}

/** A repair that waits or runs. */
export interface OpenRepair {
  readonly id: string;
  readonly kind: 'copy' | 'encode';
  readonly class: ReplicatedClass;
  readonly attempt: number;
  readonly regionId: string | null;
  readonly isRunning: boolean;
}

export interface RepairView {
  readonly assetId: string;
  readonly classes: readonly ClassView[];
  readonly regions: readonly RepairRegion[];
  readonly open: readonly OpenRepair[];
  /** A processing job of this version has not ended: renditions are on their way. */
  readonly isProcessing: boolean;
}

export interface RepairPolicy {
  readonly sourceCopies: number;
  readonly renditionCopies: number;
  /** How long a lost copy, or a silent region, is waited for. */
  readonly repairDelayMs: number;
  /** How long a copy that never was waits: encoding has the disks first. */
  readonly firstCopyDelayMs: number;
}

export interface RepairReason {
  readonly code:
    | 'never_made'
    | 'copy_lost'
    | 'copy_damaged'
    | 'region_away'
    | 'all_copies_gone'
    | 'enough_copies'
    | 'target_away'
    | 'another_attempt'
    | 'no_copy_reachable'
    | 'never_reported'
    | 'no_room_for_copy'
    | 'encoding_now';
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
}

export type RepairAction =
  | {
      readonly kind: 'copy';
      readonly class: ReplicatedClass;
      readonly attempt: number;
      readonly regionId: string;
      readonly fromRegionIds: readonly string[];
      readonly dueAtMs: number;
      readonly reason: RepairReason;
    }
  | {
      readonly kind: 'encode';
      readonly attempt: number;
      readonly dueAtMs: number;
      readonly reason: RepairReason;
    }
  | { readonly kind: 'cancel'; readonly repairId: string; readonly reason: RepairReason };

export interface RepairPlan {
  readonly actions: readonly RepairAction[];
  /** What could not be done, and why. */
  readonly reasons: readonly RepairReason[];
}

interface Stock {
  /** Whole, and its region answers. */
  readonly present: readonly RepairRegion[];
  /** Whole by its last report, but its region is silent. */
  readonly away: readonly string[];
  readonly damaged: readonly string[];
  readonly lost: readonly string[];
  readonly wanted: number;
}

/** Plans the repairs of one version of an asset. */
export function planRepair(view: RepairView, policy: RepairPolicy, nowMs: number): RepairPlan {
  const actions: RepairAction[] = [];
  const reasons: RepairReason[] = [];
  const needed = new Set<string>();
  const source = view.classes.find((each) => each.class === 'source');
  for (const each of view.classes) {
    const stock = takeStock(each, view, policy);
    const lacking = stock.wanted - stock.present.length;
    if (lacking <= 0) continue;
    const outcome =
      stock.present.length === 0
        ? withoutCopies(each, stock, source, view, policy, nowMs)
        : copiesFor(each, stock, lacking, view, policy, nowMs);
    for (const repair of outcome.keeps) needed.add(repair.id);
    actions.push(...outcome.actions);
    reasons.push(...outcome.reasons);
  }
  for (const repair of view.open)
    if (!needed.has(repair.id) && !repair.isRunning)
      actions.push({ kind: 'cancel', repairId: repair.id, reason: whyNotNeeded(repair, view, policy) });
  return { actions, reasons };
}

function takeStock(each: ClassView, view: RepairView, policy: RepairPolicy): Stock {
  const regions = new Map(view.regions.map((region) => [region.id, region]));
  const asked = each.class === 'source' ? policy.sourceCopies : policy.renditionCopies;
  const present: RepairRegion[] = [];
  const away: string[] = [];
  const damaged: string[] = [];
  const lost: string[] = [];
  for (const copy of each.copies) {
    const region = regions.get(copy.regionId);
    // A region that is no longer configured will not come back: nothing of it counts.
    if (region === undefined) continue;
    if (copy.isLost) lost.push(copy.regionId);
    else if (!copy.isWhole) damaged.push(copy.regionId);
    else if (region.isReachable) present.push(region);
    else away.push(copy.regionId);
  }
  return { present, away, damaged, lost, wanted: Math.min(asked, view.regions.length) };
}

interface Outcome {
  readonly actions: readonly RepairAction[];
  readonly keeps: readonly OpenRepair[];
  readonly reasons: readonly RepairReason[];
}

function numbersOf(stock: Stock): Record<string, number> {
  return {
    wanted: stock.wanted,
    present: stock.present.length,
    away: stock.away.length,
    damaged: stock.damaged.length,
    lost: stock.lost.length,
  };
}

function withoutCopies(
  each: ClassView,
  stock: Stock,
  source: ClassView | undefined,
  view: RepairView,
  policy: RepairPolicy,
  nowMs: number,
): Outcome {
  const values = numbersOf(stock);
  const running = view.open.filter(
    (repair) => repair.isRunning && repair.class === each.class && repair.attempt === each.attempt,
  );
  const sources = source === undefined ? 0 : takeStock(source, view, policy).present.length;
  if (each.class === 'source' || sources === 0)
    return {
      actions: [],
      keeps: running,
      reasons: [{ code: 'no_copy_reachable', subject: view.assetId, values: { ...values, sources } }],
    };
  // A region that reports for the first time, or not at all yet, is no proof of a loss.
  if (each.copies.length === 0)
    return {
      actions: [],
      keeps: running,
      reasons: [{ code: 'never_reported', subject: view.assetId, values }],
    };
  if (view.isProcessing)
    return {
      actions: [],
      keeps: running,
      reasons: [{ code: 'encoding_now', subject: view.assetId, values }],
    };
  const open = view.open.filter(({ kind, attempt }) => kind === 'encode' && attempt === each.attempt);
  if (open.length > 0) return { actions: [], keeps: [...open, ...running], reasons: [] };
  const reason = { code: 'all_copies_gone', subject: view.assetId, values: { ...values, sources } } as const;
  const dueAtMs = nowMs + policy.repairDelayMs;
  return {
    actions: [{ kind: 'encode', attempt: each.attempt, dueAtMs, reason }],
    keeps: running,
    reasons: [],
  };
}

function copiesFor(
  each: ClassView,
  stock: Stock,
  lacking: number,
  view: RepairView,
  policy: RepairPolicy,
  nowMs: number,
): Outcome {
  const holders = new Set(stock.present.map(({ id }) => id));
  const open = new Map(
    view.open
      .filter(
        (repair) => repair.kind === 'copy' && repair.class === each.class && repair.attempt === each.attempt,
      )
      .map((repair) => [repair.regionId, repair]),
  );
  const targets = view.regions
    .filter((region) => region.isReachable && region.takesCopies && !holders.has(region.id))
    .map((region) => ({ region, rank: rankOf(region, stock, open.has(region.id)) }))
    .sort((left, right) => left.rank - right.rank || (left.region.id < right.region.id ? -1 : 1))
    .map(({ region }) => region);
  const values = numbersOf(stock);
  // Copies that once were, whatever became of them; beyond their number none has ever been made.
  const known = stock.present.length + stock.away.length + stock.damaged.length + stock.lost.length;
  let firsts = Math.max(0, stock.wanted - known);
  const actions: RepairAction[] = [];
  const keeps: OpenRepair[] = [];
  for (const target of targets.slice(0, lacking)) {
    const had = stock.lost.includes(target.id) || stock.damaged.includes(target.id);
    const isFirst = firsts > 0 && !had;
    if (isFirst) firsts -= 1;
    const existing = open.get(target.id);
    if (existing !== undefined) {
      keeps.push(existing);
      continue;
    }
    const code = isFirst ? 'never_made' : whyMissing(stock, target.id);
    actions.push({
      kind: 'copy',
      class: each.class,
      attempt: each.attempt,
      regionId: target.id,
      fromRegionIds: sourcesFor(target, stock.present),
      dueAtMs: nowMs + (isFirst ? policy.firstCopyDelayMs : policy.repairDelayMs),
      reason: { code, subject: target.id, values },
    });
  }
  const missing = lacking - Math.min(lacking, targets.length);
  const reasons: RepairReason[] =
    missing === 0
      ? []
      : [{ code: 'no_room_for_copy', subject: view.assetId, values: { ...values, targets: targets.length } }];
  return { actions, keeps, reasons };
}

function whyMissing(stock: Stock, targetId: string): RepairReason['code'] {
  if (stock.damaged.includes(targetId)) return 'copy_damaged';
  if (stock.lost.length > 0) return 'copy_lost';
  return stock.away.length > 0 ? 'region_away' : 'copy_damaged';
}

/** Lower is better: where a copy is already on its way, where one has been, then near the others. */
function rankOf(region: RepairRegion, stock: Stock, isOpen: boolean): number {
  const km = Math.min(...stock.present.map((holder) => distanceKm(region, holder)));
  if (isOpen) return km - 2e6;
  return stock.lost.includes(region.id) || stock.damaged.includes(region.id) ? km - 1e6 : km;
}

/** Holders in the order in which a target is to ask them: egress is paid where the bytes leave. */
function sourcesFor(target: RepairRegion, holders: readonly RepairRegion[]): string[] {
  return [...holders]
    .sort(
      (left, right) =>
        left.costPerGb - right.costPerGb || distanceKm(target, left) - distanceKm(target, right),
    )
    .map(({ id }) => id);
}

function whyNotNeeded(repair: OpenRepair, view: RepairView, policy: RepairPolicy): RepairReason {
  const each = view.classes.find((one) => one.class === repair.class && one.attempt === repair.attempt);
  if (each === undefined) return { code: 'another_attempt', subject: view.assetId, values: {} };
  const stock = takeStock(each, view, policy);
  const target = view.regions.find(({ id }) => id === repair.regionId);
  const isEnough =
    stock.present.length >= stock.wanted || (repair.kind === 'encode' && stock.present.length > 0);
  if (isEnough || target === undefined)
    return { code: 'enough_copies', subject: repair.regionId ?? view.assetId, values: numbersOf(stock) };
  const code = target.isReachable ? 'no_copy_reachable' : 'target_away';
  return { code, subject: target.id, values: numbersOf(stock) };
}
