// Draining sites and regions. A draining site gets no new sessions and no jobs; after a TTL and a segment its edges
// refuse media. The last healthy site is not drained unless the operator insists.

import type { worldRoutes } from '#contract/api/world.ts';
import { MeridianError } from '#contract/errors.ts';
import { nameOf, type Principal, requireAllProjects, requireRegions } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { recordChange } from '../changes/record.ts';
import type { ControlContext, OnWorldChange, RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordRegionEvents } from '../events/record.ts';
import type { Fleet, FleetSite } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import type { Steering } from './steering.ts';

type DrainKeys = 'POST /v1/drains/{target}' | 'DELETE /v1/drains/{target}' | 'GET /v1/steering';

/** Sites that would still serve viewers if these were drained. */
export function servingWithout(
  sites: readonly FleetSite[],
  drained: readonly FleetSite[],
): readonly FleetSite[] {
  const ids = new Set(drained.map(({ id }) => id));
  return sites.filter((site) => site.state === 'up' && site.isHealthy && !ids.has(site.id));
}

/** What an operator should know before the drain bites. */
export function drainWarnings(sites: readonly FleetSite[], drained: readonly FleetSite[]): string[] {
  const rest = servingWithout(sites, drained);
  if (rest.length === 0)
    return ['No healthy site is left: viewers go on at the draining one until it refuses them.'];
  const warnings = rest.length === 1 ? [`Only ${rest[0]?.id} is left to serve viewers.`] : [];
  const capacityBps = rest.reduce((sum, site) => sum + site.capacityBps, 0);
  const egressBps = sites.flatMap(({ nodes }) => nodes).reduce((sum, node) => sum + node.rates.egressBps, 0);
  if (egressBps > capacityBps)
    warnings.push(
      `Traffic of ${egressBps} bit/s is more than the ${capacityBps} bit/s that the other sites can carry.`,
    );
  return warnings;
}

/** Routes that drain, restore, and show the plan. */
export function createDrainHandlers(
  context: ControlContext,
  fleet: Fleet,
  steering: Steering,
  onChange: OnWorldChange,
): Handlers<typeof worldRoutes, DrainKeys> {
  const { clock, database, random } = context;
  const result = (ids: readonly string[], warnings: string[]) => ({
    sites: fleet
      .sites()
      .filter(({ id }) => ids.includes(id))
      .map(({ id, state }) => ({ id, state })),
    warnings,
  });

  return {
    async 'POST /v1/drains/{target}'({ params, body, principal }) {
      requireAllProjects(principal);
      const own = drainTargets(fleet, params.target);
      requireRegions(
        principal,
        own.map(({ regionId }) => regionId),
      );
      await database.transaction().execute(async (transaction) => {
        const change = { random, nowMs: clock.nowMs(), principal, target: params.target, own };
        await beginDrain(transaction, fleet, change, body.isForced);
      });
      await fleet.reload();
      onChange();
      return result(
        own.map(({ id }) => id),
        drainWarnings(fleet.sites(), own),
      );
    },
    async 'DELETE /v1/drains/{target}'({ params, principal }) {
      requireAllProjects(principal);
      const own = drainTargets(fleet, params.target);
      requireRegions(
        principal,
        own.map(({ regionId }) => regionId),
      );
      const ids = own.map(({ id }) => id);
      await database.transaction().execute(async (transaction) => {
        const change = { random, nowMs: clock.nowMs(), principal, target: params.target, own };
        await endDrain(transaction, change);
      });
      await fleet.reload();
      onChange();
      return result(ids, []);
    },
    async 'GET /v1/steering'() {
      return { plan: steering.current(), findings: [...steering.findings()] };
    },
  };
}

/** Sites of a target, which is a site or a region. */
export function drainTargets(fleet: Fleet, target: string): readonly FleetSite[] {
  const own = fleet.sites().filter(({ id, regionId }) => id === target || regionId === target);
  if (own.length === 0) throw new MeridianError('not_found', { what: `site or region ${target}` });
  return own;
}

export interface DrainChange {
  readonly random: RandomBytes;
  readonly nowMs: number;
  readonly principal: Principal;
  /** As it was asked for. */
  readonly target: string;
  readonly own: readonly FleetSite[];
}

/** Begins the drain of these sites; resolves to those that were not drained before. */
export async function beginDrain(
  transaction: ControlTransaction,
  fleet: Fleet,
  { random, nowMs, principal, target, own }: DrainChange,
  isForced: boolean,
): Promise<readonly FleetSite[]> {
  // Two drains at once must not each see the other's site as the one that is left.
  await transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const drained = await transaction.selectFrom('drains').select('site_id').execute();
  const others = fleet.sites().filter(({ id }) => !drained.some(({ site_id }) => site_id === id));
  if (!isForced && servingWithout(others, own).length === 0)
    throw new MeridianError('conflict', {
      reason: `No healthy site would be left if ${target} were drained; repeat with isForced to do it anyway`,
    });
  const actor = nameOf(principal);
  const begun = await transaction
    .insertInto('drains')
    .values(own.map(({ id }) => ({ site_id: id, started_at_ms: nowMs, actor })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('site_id')
    .execute();
  const draining = own.filter(({ id }) => begun.some(({ site_id }) => site_id === id));
  await recordRegionEvents({ random, nowMs }, transaction, 'region.draining', draining, isForced);
  await recordDrainChange(transaction, 'drain', target, draining, actor, nowMs);
  await recordAudit(transaction, principal, nowMs, {
    action: 'drain.start',
    subject: target,
    projectId: null,
    details: { sites: own.map(({ id }) => id), isForced },
  });
  return draining;
}

/** Ends the drain of these sites; resolves to those that were drained. */
export async function endDrain(
  transaction: ControlTransaction,
  { random, nowMs, principal, target, own }: DrainChange,
): Promise<readonly FleetSite[]> {
  const ids = own.map(({ id }) => id);
  // Beginnings and ends of drains one after another, so that webhooks hear of them in their order.
  await transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const ended = await transaction
    .deleteFrom('drains')
    .where('site_id', 'in', ids)
    .returning('site_id')
    .execute();
  const restored = own.filter(({ id }) => ended.some(({ site_id }) => site_id === id));
  await recordRegionEvents({ random, nowMs }, transaction, 'region.restored', restored);
  await recordDrainChange(transaction, 'restore', target, restored, nameOf(principal), nowMs);
  await recordAudit(transaction, principal, nowMs, {
    action: 'drain.end',
    subject: target,
    projectId: null,
    details: { sites: ids },
  });
  return restored;
}

/** A drain that changes nothing is no change. */
async function recordDrainChange(
  transaction: ControlTransaction,
  kind: 'drain' | 'restore',
  target: string,
  sites: readonly FleetSite[],
  actor: string,
  nowMs: number,
): Promise<void> {
  const [first] = sites;
  if (first === undefined) return;
  const siteIds = sites.map(({ id }) => id);
  await recordChange(transaction, {
    kind,
    summary: kind === 'drain' ? `${target} is being drained` : `${target} takes viewers again`,
    actor,
    labels: { region: first.regionId, ...(sites.length === 1 ? { site: first.id } : {}) },
    atMs: nowMs,
    details: { siteIds },
  });
}
