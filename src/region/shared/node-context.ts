// What every role of a node is given, and what it gives back.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config, RegionConfig, SiteConfig } from '#contract/config.ts';
import type { EdgeReport } from '#contract/node-api.ts';
import type { OrderReport } from '#contract/orders.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';

/** The newest adopted snapshot. The agent writes it, everyone else reads it. */
export interface World {
  current(): WorldSnapshot | undefined;
  /** Called after each adoption; returns how to unsubscribe. */
  onChange(listener: (snapshot: WorldSnapshot) => void): () => void;
}

/** What this node last saw of the other sites, by its own probes. */
export interface SiteProbes {
  /** By site id; a site without an entry was never probed. */
  results(): ReadonlyMap<string, SiteProbe>;
}

export interface SiteProbe {
  readonly siteId: string;
  /** Probes failed in a row; 0 when the last one succeeded. */
  readonly failures: number;
  readonly roundTripMs: number | null;
  readonly probedAtMs: number;
}

export interface NodeContext {
  readonly config: Config;
  readonly region: RegionConfig;
  readonly site: SiteConfig;
  readonly nodeId: string;
  /** This node's own directory: uploads in progress, outbox, snapshots, temporary files. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Signs requests with the node's key; carries the delays and faults of the links. */
  readonly transport: Transport;
  readonly store: ObjectStore;
  readonly world: World;
  readonly probes: SiteProbes;
}

/** A role of a node. `start` returns when it serves; `stop` is idempotent. */
export interface Role {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Why the role cannot serve now, or null. */
  notReadyReason(): string | null;
  /** What the edge tells control with each beat. */
  readonly edgeReport?: () => EdgeReport;
  /** Orders of the snapshot that the role has carried out. */
  readonly orderReports?: () => readonly OrderReport[];
  /** Handlers on the node port, by path prefix; the signature has been checked and `peerId` is the asking node. */
  readonly routes?: Readonly<Record<string, NodeHandler>>;
}

export type NodeHandler = (call: NodeCall) => Promise<void>;

export interface NodeCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Path after the prefix, percent-decoded, checked to hold no `..` and no empty part. */
  readonly rest: string;
  readonly peerId: string;
}
