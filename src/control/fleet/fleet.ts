// The fleet as control knows it: joined nodes from the database, their beats in memory. Beats are taken and answered
// from memory alone, so that they go on while the database is away. After a start every node counts as alive until
// it has had the time to miss its beats: a restarted control must not declare the world dead.

import type { SiteConfig } from '#contract/config.ts';
import type { Beat, SrtPorts } from '#contract/node-api.ts';
import type { Role } from '#contract/snapshot.ts';
import type { ControlContext } from '../context.ts';
import { DEAD_AFTER_MS } from '../limits.ts';
import { inTurn } from '../serial.ts';
import { createEgressLedger, type EgressLedger } from './egress-ledger.ts';
import { advanceRates, type Rates, type RateTrack, ratesOf, totalsOf } from './rates.ts';
import { readDrains, readNodes } from './store.ts';
import { createTrafficHistory, type TrafficHistory, type TrafficPoint } from './traffic-history.ts';

/** A joined node as the database keeps it. */
export interface NodeRecord {
  readonly id: string;
  readonly siteId: string;
  readonly regionId: string;
  readonly roles: readonly Role[];
  readonly publicKey: string;
  readonly nodeUrl: string;
  readonly ingestUrl: string;
  readonly edgeUrl: string;
  /** null: takes no live publishers by RTMP. */
  readonly rtmpUrl: string | null;
  /** null: takes no live publishers by WHIP. */
  readonly whipUrl: string | null;
  /** null: runs no live channels. */
  readonly channelSlots: number | null;
  /** null: takes no live publishers by SRT. */
  readonly srt: SrtPorts | null;
}

export interface FleetNode extends NodeRecord {
  readonly isAlive: boolean;
  readonly lastBeat: Beat | null;
  readonly lastBeatAtMs: number | null;
  readonly rates: Rates;
  /** Of the newest beat, as far as people look at them. */
  readonly gauges: Readonly<Record<string, number>>;
}

export interface FleetSite {
  readonly id: string;
  readonly regionId: string;
  readonly state: 'up' | 'draining' | 'down';
  readonly drainStartedAtMs: number | null;
  /** A live edge that says it is ready. */
  readonly isHealthy: boolean;
  readonly capacityBps: number;
  /** Public address of its edges; null while no edge has joined. */
  readonly edgeUrl: string | null;
  readonly ingestUrl: string | null;
  readonly nodes: readonly FleetNode[];
}

/** What a beat shows that others must act on. */
export interface BeatOutcome {
  /** It came back from the dead, became ready or unready: the snapshot changes. */
  readonly isChange: boolean;
  /** Its previous process is gone, and with it what that process was working on. */
  readonly isReboot: boolean;
}

export interface Fleet {
  /** Reads nodes and drains again; called at start, after changes, and regularly for changes made elsewhere. */
  reload(): Promise<void>;
  beat(nodeId: string, beat: Beat): BeatOutcome;
  publicKeyOf(nodeId: string): string | undefined;
  node(nodeId: string): FleetNode | undefined;
  nodes(): readonly FleetNode[];
  /** Sites of the config, in its order. */
  sites(): readonly FleetSite[];
  site(siteId: string): FleetSite | undefined;
  traffic(): TrafficPoint[];
  /** What edges have sent of each project, to be booked. */
  readonly ledger: EgressLedger;
}

/** Gauges that are kept of each node; the whole of them would fill memory. */
const GAUGES_KEPT = [
  'edge_cache_bytes',
  'edge_connections',
  'edge_disk_bytes',
  'edge_disk_failing',
  'edge_fill_limit',
  'edge_fills',
  'encoder_slots',
  'encoder_slots_max',
] as const;

interface Pulse {
  beat: Beat | null;
  gauges: Readonly<Record<string, number>>;
  atMs: number | null;
  /** Monotonic: a jump of the wall clock must not kill the fleet. */
  seenMonotonicMs: number;
  track: RateTrack | undefined;
}

/** Creates an empty fleet; `reload` fills it. */
export function createFleet(context: ControlContext): Fleet {
  return new MemoryFleet(context);
}

class MemoryFleet implements Fleet {
  readonly #config: ControlContext['config'];
  readonly #database: ControlContext['database'];
  readonly #clock: ControlContext['clock'];
  readonly #startedMonotonicMs: number;
  readonly #records = new Map<string, NodeRecord>();
  readonly #pulses = new Map<string, Pulse>();
  readonly #traffic: TrafficHistory;
  #drains: ReadonlyMap<string, number> = new Map();
  readonly ledger = createEgressLedger();
  readonly reload = inTurn(() => this.#read());

  constructor({ config, database, clock }: ControlContext) {
    this.#config = config;
    this.#database = database;
    this.#clock = clock;
    this.#startedMonotonicMs = clock.monotonicMs();
    this.#traffic = createTrafficHistory(config.regions.map(({ id }) => id));
  }

  publicKeyOf(nodeId: string): string | undefined {
    return this.#records.get(nodeId)?.publicKey;
  }

  node(nodeId: string): FleetNode | undefined {
    const record = this.#records.get(nodeId);
    return record === undefined ? undefined : this.#viewOf(record);
  }

  nodes(): FleetNode[] {
    return [...this.#records.values()].map((record) => this.#viewOf(record));
  }

  site(siteId: string): FleetSite | undefined {
    return this.sites().find(({ id }) => id === siteId);
  }

  traffic(): TrafficPoint[] {
    return this.#traffic.points(this.#clock.nowMs());
  }

  #pulseOf(nodeId: string): Pulse {
    let pulse = this.#pulses.get(nodeId);
    if (pulse === undefined) {
      const isEarly = this.#clock.monotonicMs() - this.#startedMonotonicMs < DEAD_AFTER_MS;
      pulse = {
        beat: null,
        gauges: {},
        atMs: null,
        seenMonotonicMs: isEarly ? this.#startedMonotonicMs : this.#clock.monotonicMs(),
        track: undefined,
      };
      this.#pulses.set(nodeId, pulse);
    }
    return pulse;
  }

  #viewOf(record: NodeRecord): FleetNode {
    const pulse = this.#pulseOf(record.id);
    return {
      ...record,
      isAlive: this.#clock.monotonicMs() - pulse.seenMonotonicMs < DEAD_AFTER_MS,
      lastBeat: pulse.beat,
      lastBeatAtMs: pulse.atMs,
      rates: ratesOf(pulse.track, this.#clock.nowMs()),
      gauges: pulse.gauges,
    };
  }

  beat(nodeId: string, next: Beat): BeatOutcome {
    const record = this.#records.get(nodeId);
    const pulse = this.#pulseOf(nodeId);
    const nowMs = this.#clock.nowMs();
    const wasAlive = this.#clock.monotonicMs() - pulse.seenMonotonicMs < DEAD_AFTER_MS;
    const previous = pulse.beat;
    pulse.seenMonotonicMs = this.#clock.monotonicMs();
    pulse.atMs = nowMs;
    // A late repeat proves life, but must not replace what is newer.
    if (previous?.bootId === next.bootId && next.sequence <= previous.sequence)
      return { isChange: !wasAlive, isReboot: false };
    // Counters are taken in as numbers; keeping the whole record per node would fill memory.
    const { bootId, sequence, counters, edge } = next;
    const hotObjects = edge?.hotObjects ?? [];
    const kept = edge === undefined ? {} : { edge: { bytesByProject: {}, hotObjects } };
    pulse.beat = { ...next, counters: {}, gauges: {}, ...kept };
    pulse.gauges = pick(next.gauges, GAUGES_KEPT);
    if (record !== undefined && edge !== undefined)
      this.ledger.note({ nodeId, regionId: record.regionId, bootId, bytesByProject: edge.bytesByProject });
    const step = advanceRates(pulse.track, { bootId, sequence, atMs: nowMs, totals: totalsOf(counters) });
    pulse.track = step.track;
    if (record !== undefined && step.done.bytesSent > 0)
      this.#traffic.add(record.regionId, step.done.bytesSent, nowMs);
    return {
      isChange: !wasAlive || previous?.isReady !== next.isReady,
      isReboot: previous !== null && previous.bootId !== next.bootId,
    };
  }

  sites(): FleetSite[] {
    const nodes = this.nodes();
    return this.#config.regions.flatMap((region) =>
      region.sites.map((site) => siteOf(region.id, site, nodes, this.#drains.get(site.id) ?? null)),
    );
  }

  async #read(): Promise<void> {
    const nodes = await readNodes(this.#database);
    const newDrains = await readDrains(this.#database);
    this.#records.clear();
    for (const node of nodes) this.#records.set(node.id, node);
    for (const nodeId of this.#pulses.keys()) if (!this.#records.has(nodeId)) this.#pulses.delete(nodeId);
    this.#drains = newDrains;
  }
}

function pick(values: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (name in values ? [[name, values[name] ?? 0]] : [])));
}

/** A site as its nodes make it. */
function siteOf(
  regionId: string,
  site: SiteConfig,
  nodes: readonly FleetNode[],
  drainStartedAtMs: number | null,
): FleetSite {
  const own = nodes.filter(({ siteId }) => siteId === site.id);
  const pick = (role: Role): FleetNode | undefined => {
    const able = own.filter(({ roles }) => roles.includes(role));
    return able.find(({ isAlive }) => isAlive) ?? able[0];
  };
  const edges = own.filter(({ roles }) => roles.includes('edge'));
  const standing = drainStartedAtMs === null ? 'up' : 'draining';
  return {
    id: site.id,
    regionId,
    state: edges.some(({ isAlive }) => isAlive) ? standing : 'down',
    drainStartedAtMs,
    // A node that has not beaten since our start is taken at its word of before: ready.
    isHealthy: edges.some(({ isAlive, lastBeat }) => isAlive && lastBeat?.isReady !== false),
    capacityBps: site.capacityBps,
    edgeUrl: site.edgeUrl ?? pick('edge')?.edgeUrl ?? null,
    ingestUrl: site.ingestUrl ?? pick('ingest')?.ingestUrl ?? null,
    nodes: own,
  };
}
