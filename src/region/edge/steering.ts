// Content Steering answers (HLS: rfc8216bis section 7; DASH: ETSI TS 103 998). Always 200, always with a TTL:
// hls.js stops steering for good on 429 and loops without a TTL. The order is the plan of control, corrected by
// what this edge sees itself; without any snapshot it is this edge alone. RELOAD-URI names an edge outside the
// pathway that the player is told to use, so that the next answer does not depend on it.

import { hash32 } from '#base/prng.ts';
import type { SnapshotPathway, WorldSnapshot } from '#contract/snapshot.ts';
import { type AdjustInput, type Adjustment, adjust, DEFAULT_ADJUST_POLICY } from '#core/steering/adjust.ts';
import type { SiteProbe } from '../shared/node-context.ts';

export type SteeringForm = 'hls' | 'dash';

export interface SteeringView {
  readonly snapshot: WorldSnapshot | undefined;
  readonly probes: ReadonlyMap<string, SiteProbe>;
  readonly ownSiteId: string;
  readonly ownRegionId: string;
  /** This edge's public address, for when no snapshot names it. */
  readonly ownBaseUrl: string;
  readonly ttlMsDefault: number;
  readonly nowMs: number;
}

export interface SteeringViewer {
  readonly groupId: string;
  /** Told by the player; an answer without one uses the address of the viewer. */
  readonly session: string;
  readonly currentPathwayId: string | null;
}

/** Who watches live has a buffer of two seconds; an answer that is older than that helps nobody. */
const LIVE_TTL_MS = 2_000;
/** Marks a steering address as that of a broadcast; last, since the query's names go by the alphabet. */
export const LIVE_QUERY = '&t=live';

/** A session's name as players may send it; anything else is ignored. */
const SESSION = /^[A-Za-z0-9_-]{1,64}$/;

/** The session that a query names, or undefined. */
export function sessionOf(query: URLSearchParams): string | undefined {
  const session = query.get('s');
  return session !== null && SESSION.test(session) ? session : undefined;
}

/** The pathway that a player says it uses: HLS sends one name, DASH a quoted list. */
export function currentPathwayOf(query: URLSearchParams): string | null {
  const text = query.get('_HLS_pathway') ?? query.get('_DASH_pathway');
  return text?.replaceAll('"', '').split(',')[0] || null;
}

/** All pathways of the snapshot, or the own one alone. */
export function pathwaysOf(view: SteeringView): SnapshotPathway[] {
  const pathways = view.snapshot?.pathways ?? [];
  const own = pathways.find(({ siteId }) => siteId === view.ownSiteId);
  if (own !== undefined) return [own, ...pathways.filter((pathway) => pathway !== own)];
  const alone = {
    id: view.ownSiteId,
    regionId: view.ownRegionId,
    siteId: view.ownSiteId,
    baseUrl: view.ownBaseUrl,
  };
  return [alone, ...pathways];
}

/**
 * Pathways as a player without steering should try them: this edge first, since the viewer has just reached it,
 * unless its site is draining.
 */
export function startingOrder(view: SteeringView): SnapshotPathway[] {
  const [own, ...others] = pathwaysOf(view);
  if (own === undefined) return others;
  const isDraining = view.snapshot?.sites.some(({ id, state }) => id === own.siteId && state === 'draining');
  return isDraining ? [...others, own] : [own, ...others];
}

/** The order of pathways for one session, with reasons. */
export function decide(view: SteeringView, viewer: SteeringViewer, pathways: SnapshotPathway[]): Adjustment {
  const states = new Map(view.snapshot?.sites.map((site) => [site.id, site.state]));
  const groups = view.snapshot?.steering.groups ?? [];
  const input: AdjustInput = {
    group: groups.find(({ id }) => id === viewer.groupId),
    pathways: pathways.map(({ id, siteId, regionId }) => ({
      pathwayId: id,
      siteId,
      regionId,
      state: (siteId === null ? undefined : states.get(siteId)) ?? 'up',
    })),
    probes: view.probes,
    ownPathwayId: pathways[0]?.id ?? view.ownSiteId,
    sessionHash: hash32(viewer.session),
    currentPathwayId: viewer.currentPathwayId,
    nowMs: view.nowMs,
    policy: DEFAULT_ADJUST_POLICY,
  };
  return adjust(input);
}

/** The steering manifest for one request. */
export function steeringAnswer(
  form: SteeringForm,
  view: SteeringView,
  viewer: SteeringViewer,
  isExplained: boolean,
  isLive = false,
): Record<string, unknown> {
  const pathways = pathwaysOf(view);
  const decision = decide(view, viewer, pathways);
  const plannedTtlMs = view.snapshot?.steering.ttlMs ?? view.ttlMsDefault;
  const ttlMs = isLive ? Math.min(LIVE_TTL_MS, plannedTtlMs) : plannedTtlMs;
  const order = namedPathways(decision);
  return {
    VERSION: 1,
    TTL: Math.max(1, Math.round(ttlMs / 1_000)),
    'RELOAD-URI': `${reloadBase(pathways, decision)}/steering/${form}.json?${steeringQuery(viewer)}${isLive ? LIVE_QUERY : ''}`,
    'PATHWAY-PRIORITY': order,
    // The name in drafts of DASH steering; some players still read it.
    ...(form === 'dash' ? { 'SERVICE-LOCATION-PRIORITY': order } : {}),
    ...(isExplained
      ? {
          EXPLANATION: {
            group: viewer.groupId,
            session: viewer.session,
            currentPathwayId: viewer.currentPathwayId,
            generation: view.snapshot?.steering.generation ?? null,
            term: view.snapshot?.term ?? null,
            sequence: view.snapshot?.sequence ?? null,
            aliveCount: decision.aliveCount,
            reasons: decision.reasons,
            planReasons:
              view.snapshot?.steering.groups.find(({ id }) => id === viewer.groupId)?.reasons ?? [],
          },
        }
      : {}),
  };
}

/** Query of a steering address: session and group, in the order that the specification asks for. */
export function steeringQuery(viewer: { groupId: string; session: string }): string {
  return `g=${encodeURIComponent(viewer.groupId)}&s=${encodeURIComponent(viewer.session)}`;
}

/**
 * Dead pathways are left out, unless this edge sees no other alive: then it may itself be the one that is cut off,
 * and a player that finds it so needs somewhere to go.
 */
function namedPathways(decision: Adjustment): string[] {
  return decision.aliveCount >= 2 ? decision.priority.slice(0, decision.aliveCount) : decision.priority;
}

/** The best edge of ours other than the one that the player is sent to. */
function reloadBase(pathways: readonly SnapshotPathway[], decision: Adjustment): string {
  const byId = new Map(pathways.map((pathway) => [pathway.id, pathway]));
  const first = decision.priority[0];
  const alive = decision.priority.slice(0, decision.aliveCount);
  const edges = alive.map((id) => byId.get(id)).filter((pathway) => (pathway?.siteId ?? null) !== null);
  const other = edges.find((pathway) => pathway?.id !== first);
  return (other ?? edges[0] ?? pathways[0])?.baseUrl ?? '';
}
