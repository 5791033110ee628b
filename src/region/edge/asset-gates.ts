// Who may watch an asset: its record, as the origins know it, remembered for some seconds. Every object in the
// cache points to its asset's gate, so that a hit checks visibility without a search.
// Busy assets are renewed in the background before they are stale; while no origin answers, the last known record
// holds, so that nothing stops playing because an origin is away.

import { type AssetRecord, assetRecordSchema } from '#contract/media.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import type { Filler, FillOutcome } from './fill.ts';
import { RECORD_MS, RECORD_REFRESH_MS, RECORDS_MAX, STALE_RETRY_MS } from './limits.ts';
import type { NegativeCache } from './object-cache.ts';

/** What a hit in memory must know of the asset or broadcast that its object belongs to. */
export interface ObjectGate {
  readonly projectId: string;
  /** The asset, or the broadcast. */
  readonly assetId: string;
  /** Bytes sent of its project. */
  readonly sent: Counter;
  readonly isPublic: boolean;
  readonly isDeleted: boolean;
  /** From then on a request renews the record in the background. */
  refreshAtMs: number;
  /** Until then nobody needs to wait for it. */
  freshUntilMs: number;
}

export interface AssetGate extends ObjectGate {
  record: AssetRecord;
  isPublic: boolean;
  isDeleted: boolean;
}

export type GateAnswer = AssetGate | 'missing' | 'unavailable';

export interface AssetGates {
  /** The gate when nobody needs to wait for it; renews it in the background when it is due. */
  peek(projectId: string, assetId: string, nowMs: number): AssetGate | undefined;
  /** The gate, fetched when it must be. */
  get(projectId: string, assetId: string): Promise<GateAnswer>;
  /** Renews a gate in the background. */
  refresh(gate: ObjectGate): void;
  /** Lets the gate of an asset, or of all of a project, be asked for before it is used again. */
  expire(projectId: string, assetId: string | null): void;
}

/** Creates the gates of an edge. */
export function createAssetGates(dependencies: {
  clock: Clock;
  log: Log;
  filler: Filler;
  negatives: NegativeCache;
  bytesOf(projectId: string): Counter;
}): AssetGates {
  const { clock, log, filler, negatives } = dependencies;
  const gates = new Map<string, AssetGate>();
  /** Renewals under way, so that many viewers cause one. */
  const pending = new Map<string, Promise<GateAnswer>>();

  function adopt(projectId: string, assetId: string, record: AssetRecord): AssetGate {
    const key = `${projectId}/${assetId}`;
    const nowMs = clock.nowMs();
    const known = gates.get(key);
    // An origin that was away for a while may know less than we do.
    const newest = known !== undefined && known.record.revision > record.revision ? known.record : record;
    const fields = {
      record: newest,
      isPublic: newest.visibility === 'public' && !newest.isDeleted,
      isDeleted: newest.isDeleted,
      refreshAtMs: nowMs + RECORD_REFRESH_MS,
      freshUntilMs: nowMs + RECORD_MS,
    };
    if (known !== undefined) return Object.assign(known, fields);
    const gate: AssetGate = { projectId, assetId, sent: dependencies.bytesOf(projectId), ...fields };
    gates.set(key, gate);
    if (gates.size > RECORDS_MAX)
      for (const oldest of gates.keys()) {
        gates.delete(oldest);
        break;
      }
    return gate;
  }

  function parse(projectId: string, assetId: string, body: Buffer): AssetRecord | undefined {
    try {
      const record = assetRecordSchema.parse(JSON.parse(body.toString('utf8')));
      return record.projectId === projectId && record.assetId === assetId ? record : undefined;
    } catch (error) {
      log.warn({ projectId, assetId, error: String(error) }, 'an origin sent a record that is not one');
      return undefined;
    }
  }

  function settle(projectId: string, assetId: string, outcome: FillOutcome): GateAnswer {
    const key = `${projectId}/${assetId}`;
    const record = outcome.kind === 'found' ? parse(projectId, assetId, outcome.body) : undefined;
    if (record !== undefined) return adopt(projectId, assetId, record);
    const known = gates.get(key);
    if (outcome.kind === 'missing') {
      gates.delete(key);
      if (known !== undefined) known.freshUntilMs = 0;
      negatives.add(`record:${key}`, clock.nowMs());
      return 'missing';
    }
    if (known === undefined) return 'unavailable';
    known.refreshAtMs = clock.nowMs() + STALE_RETRY_MS;
    known.freshUntilMs = known.refreshAtMs + STALE_RETRY_MS;
    return known;
  }

  function renew(projectId: string, assetId: string): Promise<GateAnswer> {
    const key = `${projectId}/${assetId}`;
    const running = pending.get(key);
    if (running !== undefined) return running;
    const flight = filler.fill({ path: `${key}/record`, holders: undefined });
    const answer = flight.outcome.then((outcome) => {
      pending.delete(key);
      return settle(projectId, assetId, outcome);
    });
    pending.set(key, answer);
    return answer;
  }

  async function get(projectId: string, assetId: string): Promise<GateAnswer> {
    const nowMs = clock.nowMs();
    const known = gates.get(`${projectId}/${assetId}`);
    if (known !== undefined && nowMs < known.freshUntilMs) return known;
    if (negatives.has(`record:${projectId}/${assetId}`, nowMs)) return 'missing';
    return renew(projectId, assetId);
  }

  function refresh(gate: ObjectGate): void {
    // Set first, so that the next requests do not begin another renewal.
    gate.refreshAtMs = clock.nowMs() + STALE_RETRY_MS;
    void renew(gate.projectId, gate.assetId);
  }

  return {
    peek(projectId, assetId, nowMs) {
      const gate = gates.get(`${projectId}/${assetId}`);
      if (gate === undefined || nowMs >= gate.freshUntilMs) return undefined;
      if (nowMs >= gate.refreshAtMs) refresh(gate);
      return gate;
    },
    get,
    refresh,
    expire(projectId, assetId) {
      for (const gate of gates.values())
        if (gate.projectId === projectId && (assetId === null || gate.assetId === assetId))
          gate.freshUntilMs = 0;
    },
  };
}
