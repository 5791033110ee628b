// Probes of the other sites, as viewers would reach them: GET /probe at each site's public address, twice a second.
// The rhythm is constant and jittered; a site that does not answer does not delay the others. Outcomes go through
// the failure detector of core/health.

import { createPrng, hash32 } from '#base/prng.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { type HealthState, step, UNKNOWN_HEALTH } from '#core/health/detector.ts';
import { type Clock, runEvery } from '#platform/clock.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { SiteProbe, SiteProbes, World } from '../shared/node-context.ts';
import {
  PROBE_BODY_BYTES_MAX,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
  PROBED_SITES_MAX,
  PROBES_AT_ONCE,
} from './limits.ts';

export interface SiteProber {
  readonly probes: SiteProbes;
  /** Probes until the signal aborts; returns when the last probe has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface SiteProberDependencies {
  readonly nodeId: string;
  readonly ownSiteId: string;
  readonly world: World;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
}

interface Target {
  readonly siteId: string;
  readonly url: string;
}

/**
 * A site that answers with a certificate that this node cannot check (a private authority) is alive; viewers may
 * well trust it. An expired one is not in this list: nobody trusts that.
 */
const ALIVE_ERRORS: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** Creates the prober of one node. */
export function createSiteProber(dependencies: SiteProberDependencies): SiteProber {
  const { nodeId, ownSiteId, world, transport, clock } = dependencies;
  const intervalMs = dependencies.intervalMs ?? PROBE_INTERVAL_MS;
  const timeoutMs = dependencies.timeoutMs ?? PROBE_TIMEOUT_MS;
  const prng = createPrng((hash32(nodeId) + clock.nowMs()) >>> 0);
  const states = new Map<string, HealthState>();
  const results = new Map<string, SiteProbe>();
  const inFlight = new Map<string, Promise<void>>();
  let turn = 0;
  let known: { snapshot: WorldSnapshot; targets: Target[] } | undefined;

  function targets(): Target[] {
    const snapshot = world.current();
    if (snapshot === undefined) return [];
    if (known?.snapshot !== snapshot) {
      known = { snapshot, targets: targetsOf(snapshot, ownSiteId) };
      const ids = new Set(known.targets.map(({ siteId }) => siteId));
      for (const siteId of results.keys()) if (!ids.has(siteId)) results.delete(siteId);
      for (const siteId of states.keys()) if (!ids.has(siteId)) states.delete(siteId);
    }
    return known.targets;
  }

  async function probe(target: Target, signal: AbortSignal): Promise<void> {
    const startedAtMs = clock.monotonicMs();
    const isAlive = await isAnswering(transport, target.url, timeoutMs, signal);
    if (signal.aborted || known?.targets.every(({ siteId }) => siteId !== target.siteId)) return;
    const nowMs = clock.nowMs();
    const latencyMs = clock.monotonicMs() - startedAtMs;
    const before = states.get(target.siteId) ?? UNKNOWN_HEALTH;
    const { state } = step(before, isAlive ? { kind: 'success', latencyMs } : { kind: 'failure' }, nowMs);
    states.set(target.siteId, state);
    results.set(target.siteId, {
      siteId: target.siteId,
      failures: state.failures,
      roundTripMs: isAlive && state.latencyMs !== null ? Math.round(state.latencyMs * 10) / 10 : null,
      probedAtMs: nowMs,
    });
  }

  function startRound(signal: AbortSignal): void {
    const all = targets();
    for (let index = 0; index < all.length && inFlight.size < PROBES_AT_ONCE; index += 1) {
      const target = all[turn % all.length];
      turn += 1;
      if (target === undefined || inFlight.has(target.siteId)) continue;
      const probing = probe(target, signal).finally(() => inFlight.delete(target.siteId));
      inFlight.set(target.siteId, probing);
    }
  }

  return {
    probes: { results: () => results },
    async run(signal) {
      await runEvery(
        clock,
        () => intervalMs * (0.9 + 0.2 * prng()),
        signal,
        () => startRound(signal),
      );
      await Promise.allSettled(inFlight.values());
    },
  };
}

async function isAnswering(
  transport: Transport,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const response = await transport.request({ method: 'GET', url, headersTimeoutMs: timeoutMs, signal });
    await readBody(response.body, PROBE_BODY_BYTES_MAX);
    return response.status < 500;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    return typeof code === 'string' && ALIVE_ERRORS.has(code);
  }
}

/** The other sites and the address by which viewers know them. */
function targetsOf(snapshot: WorldSnapshot, ownSiteId: string): Target[] {
  const found: Target[] = [];
  for (const site of snapshot.sites) {
    if (site.id === ownSiteId || found.length >= PROBED_SITES_MAX) continue;
    const pathway = snapshot.pathways.find(({ siteId }) => siteId === site.id);
    const node = snapshot.nodes.find(({ siteId, roles }) => siteId === site.id && roles.includes('edge'));
    const baseUrl = pathway?.baseUrl ?? node?.edgeUrl;
    if (baseUrl !== undefined && baseUrl !== '') found.push({ siteId: site.id, url: `${baseUrl}/probe` });
  }
  return found;
}
