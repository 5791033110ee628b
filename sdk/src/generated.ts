// Written by tools/sdk.ts from src/contract/api; do not edit. A test fails when it is not current.

import type { Call, CallOptions } from './call.ts';

export type ActionItem = {
  readonly id: number;
  /** Incident, e.g. inc_01jd… */
  readonly incidentId: string;
  readonly title: string;
  readonly owner: string;
  /** Milliseconds since the epoch */
  readonly dueAtMs: number;
  readonly state: ActionItemState;
  readonly isOverdue: boolean;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
};
export type ActionItemState = 'open' | 'done' | 'dropped';
export type AlertView = {
  /** Alert */
  readonly id: string;
  readonly fingerprint: string;
  /** suppressed: it fires, and is kept quiet */
  readonly state: 'firing' | 'suppressed' | 'resolved';
  readonly severity: 'page' | 'ticket' | 'info';
  /** slo, rules, or the sender */
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly evidence: ReadonlyArray<{
    readonly name: string;
    readonly value: number;
    readonly limit: number;
    readonly unit: string;
  }>;
  readonly quietReason: string | null;
  /** Milliseconds since the epoch */
  readonly pendingSinceMs: number;
  /** Milliseconds since the epoch */
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
};
export type ApiRole = 'viewer' | 'operator' | 'admin';
export type AssetEventData = {
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
  readonly visibility: Visibility;
  readonly stage: Stage;
  readonly isPlayable: boolean;
  readonly durationMs: number | null;
  readonly sourceBytes: number;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** asset.renamed */
  readonly previousName?: string | undefined;
  /** asset.visibility_changed */
  readonly previousVisibility?: Visibility | undefined;
};
export type AssetView = {
  /** Asset, e.g. ast_01jd… */
  readonly id: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
  readonly visibility: Visibility;
  readonly stage: Stage;
  /** Done, of the current stage */
  readonly progress: number;
  readonly isPlayable: boolean;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly readyAtMs: number | null;
  readonly durationMs: number | null;
  readonly sourceBytes: number;
  readonly sourceRegionIds: ReadonlyArray<string>;
  readonly mediaRegionIds: ReadonlyArray<string>;
  readonly renditions: ReadonlyArray<{
    readonly id: string;
    readonly kind: 'video' | 'audio';
    /** RFC 6381; absent: encoded by an earlier version */
    readonly codecs?: string | undefined;
    readonly width: number | null;
    readonly height: number | null;
    /** Peak */
    readonly bandwidthBps: number;
    readonly frameCount: number;
    readonly averageBandwidthBps?: number | undefined;
  }>;
  /** Asked for with the upload; null: as the project has it */
  readonly preset: string | null;
  /** How it was encoded, and why so; null: not yet */
  readonly encoding: {
    readonly preset: string;
    /** The rungs follow a probe of this video */
    readonly isPerTitle: boolean;
    readonly codecs: ReadonlyArray<string>;
    readonly reasons: ReadonlyArray<{
      readonly code: string;
      /** A rendition, or what else it is about */
      readonly subject: string;
      /** The numbers compared */
      readonly values: Readonly<Record<string, number>>;
    }>;
  } | null;
  readonly captions: ReadonlyArray<CaptionTrack>;
  readonly posterKind: 'automatic' | 'chosen';
  readonly hasStoryboard: boolean;
  readonly hasPreview: boolean;
  /** Watch page at the first region; private assets need a playback token */
  readonly watchUrl: string;
  readonly playlists: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly hls: string;
    readonly dash: string;
    readonly poster: string;
  }>;
};
export type BroadcastEventData = {
  /** Broadcast, e.g. brd_01jd… */
  readonly broadcastId: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly name: string;
  readonly state: 'planned' | 'ready' | 'on_air' | 'interrupted' | 'ended';
  readonly reason: string | null;
  readonly recordingAssetId: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
};
export type BroadcastView = {
  /** Broadcast, e.g. brd_01jd… */
  readonly id: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly name: string;
  readonly visibility: Visibility;
  readonly state: 'planned' | 'ready' | 'on_air' | 'interrupted' | 'ended';
  readonly stateReason: string | null;
  readonly plannedStartMs: number | null;
  readonly plannedDurationMs: number | null;
  readonly timeZone: string | null;
  readonly expectedViewers: number | null;
  readonly settings: {
    /** T; the grid of all segments */
    readonly segmentDurationMs: number;
    readonly partsPerSegment: number;
    /** How far behind the newest part players stay (PART-HOLD-BACK), three parts at least */
    readonly holdBackMs: number;
    /** How far back viewers may go */
    readonly dvrWindowMs: number;
    /** A publisher may come back for so long; then the broadcast ends */
    readonly graceMs: number;
    readonly onSecondPublisher: 'refuse' | 'replace';
    readonly isRecorded: boolean;
    readonly rungs: ReadonlyArray<{
      readonly height: number;
      readonly bitrateBps: number;
    }>;
  };
  readonly takesSrt: boolean;
  readonly schedule: {
    readonly generation: number;
    /** The primary first */
    readonly channels: ReadonlyArray<{
      /** Never used twice in a broadcast; the attempt of its recording */
      readonly channel: number;
      /** Region, e.g. dublin */
      readonly regionId: string;
      /** Node, e.g. dublin-1-a */
      readonly nodeId: string;
    }>;
    /** Where a publisher is expected, best first */
    readonly ingestNodeIds: ReadonlyArray<string>;
    readonly reasons: ReadonlyArray<{
      readonly code: string;
      /** What it is about: a pathway, a site, a node */
      readonly subject: string;
      /** The numbers compared */
      readonly values: Readonly<Record<string, number>>;
    }>;
  };
  /** Regions that it was moved off */
  readonly drainedRegionIds: ReadonlyArray<string>;
  readonly recordingAssetId: string | null;
  /** One per pathway */
  readonly watchUrls: ReadonlyArray<string>;
  /** What nodes said last */
  readonly reports: ReadonlyArray<{
    /** Broadcast, e.g. brd_01jd… */
    readonly broadcastId: string;
    readonly role: 'ingest' | 'channel';
    /** null for an ingest */
    readonly channel: number | null;
    readonly state: 'waiting' | 'on_air' | 'interrupted' | 'ended' | 'failed';
    /** Milliseconds since the epoch */
    readonly sinceMs: number;
    /** Of interrupted and failed; for people */
    readonly reason: string | null;
    readonly protocol: 'rtmp' | 'srt' | 'whip' | null;
    /** Of now, e.g. bitrateBps, frameRate, frameCount, framesDropped, driftMs, lastSegment, encodeDelayMs */
    readonly figures: Readonly<Record<string, number>>;
    /** Node, e.g. dublin-1-a */
    readonly nodeId: string;
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly ageMs: number;
  }>;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
};
export type CaptionKind = 'subtitles' | 'captions';
export type CaptionTrack = {
  readonly id: string;
  /** BCP 47, e.g. en or pt-BR */
  readonly language: string;
  /** captions: with sounds and speakers, for those who do not hear */
  readonly kind: 'subtitles' | 'captions';
  readonly label: string;
  readonly isDefault: boolean;
  /** SHA-256 in hex */
  readonly sha256: string;
  readonly bytes: number;
  readonly cueCount: number;
};
export type Change = {
  readonly id: number;
  readonly kind: ChangeKind;
  readonly summary: string;
  /** Who made it: a person or program by the name of its token, a node, control itself */
  readonly actor: string;
  /** What it is about, e.g. { "region": "dublin" } */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether it kept what was there before, so that it can be taken back until it is changed again */
  readonly isRevertible: boolean;
  /** Of steering plans that follow one another within a minute: they are one change; else null */
  readonly movement: {
    readonly count: number;
    /** Milliseconds since the epoch */
    readonly firstAtMs: number;
    /** Milliseconds since the epoch */
    readonly lastAtMs: number;
  } | null;
};
export type ChangeKind =
  | 'deploy'
  | 'config'
  | 'drain'
  | 'restore'
  | 'runbook'
  | 'drill'
  | 'experiment'
  | 'generation'
  | 'incident';
export type ChannelView = {
  /** Channel */
  readonly id: string;
  readonly name: string;
  readonly kind: 'webhook' | 'slack' | 'pagerduty' | 'alertmanager' | 'email';
  /** Where it goes to, without what is secret */
  readonly target: string;
  /** Of the kind email, which has no secret; null otherwise */
  readonly mail: {
    readonly server: string;
    readonly to: ReadonlyArray<string>;
  } | null;
  readonly alerts: {
    /** All of them must match; none: every alert */
    readonly matchers: ReadonlyArray<string>;
    /** Alerts with the same values of these labels are told together and in order */
    readonly groupBy: ReadonlyArray<string>;
  } | null;
  readonly waitingCount: number;
  readonly deadCount: number;
  readonly failingSinceMs: number | null;
  readonly lastSuccessAtMs: number | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
};
export type ChunkView = {
  readonly index: number;
  readonly state: 'ready' | 'leased' | 'done';
  /** On the timeline of the video */
  readonly startMs: number;
  readonly durationMs: number;
  /** Leases of this chunk so far */
  readonly attempt: number;
  readonly failureCount: number;
  readonly progress: number;
  /** Works on it, or has made it */
  readonly nodeId: string | null;
  /** Of the node */
  readonly regionId: string | null;
  readonly placement: PlacementView | null;
  /** Of the last attempt that failed */
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
};
export type DeliveryState = 'waiting' | 'held' | 'sending' | 'delivered' | 'dead';
export type DryRun = {
  /** Runbook, e.g. drain-region */
  readonly runbookId: string;
  readonly version: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isAllowed: boolean;
  readonly guards: ReadonlyArray<{
    readonly code: string;
    readonly isHeld: boolean;
    readonly values: Readonly<Record<string, number>>;
    readonly text: string;
  }>;
  readonly radius: {
    /** Pathways that stop taking new sessions */
    readonly siteIds: ReadonlyArray<string>;
    /** Connections that their edges hold now */
    readonly viewerCount: number;
    readonly viewerShare: number;
    readonly egressBps: number;
    readonly egressShare: number;
    readonly capacityBps: number;
    readonly capacityShare: number;
    readonly pausedRegionIds: ReadonlyArray<string>;
    /** On air, and changed over to another channel */
    readonly broadcastIds: ReadonlyArray<string>;
    /** Whatever else it touches, as sentences */
    readonly others: ReadonlyArray<string>;
  };
  readonly steps: ReadonlyArray<{
    readonly id: string;
    readonly kind: 'check' | 'action' | 'wait' | 'approval';
    readonly title: string;
    /** What it looks at, does and undoes, as sentences */
    readonly lines: ReadonlyArray<string>;
    /** Of all its conditions, as they are now */
    readonly observations: ReadonlyArray<{
      /** null: nothing to measure */
      readonly isMet: boolean | null;
      readonly value: number | null;
      readonly limit: number | null;
      readonly text: string;
    }>;
  }>;
};
export type DutyView = {
  /** Name of a user, schedule or policy, e.g. primary */
  readonly scheduleId: string;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  /** null: nobody */
  readonly userId: string | null;
  readonly overrideId: string | null;
  readonly layer: string | null;
  /** What was looked at, in order */
  readonly reasons: ReadonlyArray<{
    /** What was found, e.g. turn, override, outside_hours */
    readonly code: string;
    /** The layer, override, schedule, policy or channel that it is about */
    readonly subject: string;
    readonly values: Readonly<Record<string, string | number>>;
  }>;
};
export type EdgeView = {
  /** Node, e.g. dublin-1-a */
  readonly nodeId: string;
  /** Site (datacentre), e.g. dublin-1 */
  readonly siteId: string;
  /** Region, e.g. dublin */
  readonly regionId: string;
  readonly isAlive: boolean;
  readonly isReady: boolean;
  readonly version: string | null;
  readonly lastBeatAtMs: number | null;
  readonly egressBps: number;
  readonly requestsPerSecond: number;
  /** Objects for viewers, by where they were */
  readonly objects: {
    readonly memoryPerSecond: number;
    readonly diskPerSecond: number;
    /** Not there: fetched, one fetch for all who ask meanwhile */
    readonly fetchedPerSecond: number;
  };
  /** Fetches by whom they asked: another edge of the site, an origin, a second origin to be safe */
  readonly fetches: {
    readonly matePerSecond: number;
    readonly originPerSecond: number;
    readonly hedgePerSecond: number;
  };
  /** Fetches turned away under overload */
  readonly shedPerSecond: number;
  /** Slow viewers cut off to keep memory bounded */
  readonly cutPerSecond: number;
  readonly connections: number | null;
  /** Memory; null: not reported */
  readonly cacheBytes: number | null;
  readonly diskBytes: number | null;
  readonly isDiskFailing: boolean;
  /** Objects being fetched */
  readonly fills: number | null;
  /** How many may be, as the overload limit has adapted */
  readonly fillLimit: number | null;
  /** Share of all objects that it owns at its site, by consistent hashing; null: it is not alive */
  readonly ownedShare: number | null;
  readonly hotObjects: ReadonlyArray<{
    readonly path: string;
    readonly requestsPerSecond: number;
  }>;
};
export type EncoderView = {
  /** Node, e.g. dublin-1-a */
  readonly nodeId: string;
  /** Site (datacentre), e.g. dublin-1 */
  readonly siteId: string;
  readonly isAlive: boolean;
  /** Its site drains, so that it gets no work */
  readonly isDrained: boolean;
  /** Jobs and chunks that it works on */
  readonly running: number;
  /** For which it asks for work now; null: it does not ask */
  readonly freeSlots: number | null;
  /** Jobs and chunks that it takes at once; null: it has not said */
  readonly slots: number | null;
  /** Most that the cores of its machine allow */
  readonly slotsMax: number | null;
  /** Engine and version; null before it has asked */
  readonly recipe: string | null;
  /** Measured speed; null before it has made something */
  readonly megapixelsPerSecond: number | null;
};
export type EntryKind =
  | 'alert'
  | 'change'
  | 'steering'
  | 'drain'
  | 'action'
  | 'note'
  | 'page'
  | 'acknowledge'
  | 'state';
export type EscalationView = {
  /** Incident, or a page that was made by hand */
  readonly incidentId: string;
  readonly title: string;
  /** sev1 is the worst */
  readonly severity: Severity;
  readonly url: string;
  readonly policyId: string | null;
  readonly status: 'paging' | 'acknowledged' | 'stopped' | 'exhausted';
  readonly round: number;
  /** From 1; one more than there are: the last resort */
  readonly step: number;
  readonly steps: number;
  /** When something happens next unless somebody acknowledges */
  readonly nextAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  /** Milliseconds since the epoch */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
};
export type EventType =
  | 'asset.created'
  | 'asset.playable'
  | 'asset.ready'
  | 'asset.failed'
  | 'asset.retried'
  | 'asset.renamed'
  | 'asset.visibility_changed'
  | 'asset.deleted'
  | 'broadcast.on_air'
  | 'broadcast.interrupted'
  | 'broadcast.ended'
  | 'region.draining'
  | 'region.restored'
  | 'incident.opened'
  | 'incident.acknowledged'
  | 'incident.severity_changed'
  | 'incident.resolved'
  | 'incident.reopened'
  | 'incident.merged'
  | 'webhook.test';
export type ImportState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
export type ImportView = {
  /** Import */
  readonly id: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  /** object: one object of a bucket import */
  readonly kind: 'url' | 'bucket' | 'object';
  /** The bucket import that an object belongs to */
  readonly parentId: string | null;
  /** The address without its query, or s3://source/key */
  readonly location: string;
  /** null: the last part of the address */
  readonly name: string | null;
  readonly visibility: Visibility;
  /** null: as the project has it */
  readonly preset: string | null;
  /** A bucket is running until all of its objects have ended */
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** The asset that it becomes; null for a bucket */
  readonly assetId: string | null;
  readonly attempt: number;
  /** The node that fetches it, or did last */
  readonly nodeId: string | null;
  readonly receivedBytes: number;
  /** null: not known yet */
  readonly totalBytes: number | null;
  /** Of a bucket; else null */
  readonly objects: {
    readonly found: number;
    /** Imported before, unchanged since */
    readonly skipped: number;
    readonly waiting: number;
    readonly running: number;
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
  } | null;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
};
export type Incident = {
  /** Incident, e.g. inc_01jd… */
  readonly id: string;
  readonly title: string;
  readonly state: IncidentState;
  /** sev1 is the worst */
  readonly severity: Severity;
  /** Empty when a person set it */
  readonly severityReasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
  /** What it is about, e.g. { "region": "dublin" } */
  readonly labels: Readonly<Record<string, string>>;
  readonly openedBy: string;
  /** Milliseconds since the epoch */
  readonly openedAtMs: number;
  /** When users began to feel it: the first harm that telemetry shows, else the first alert, unless a person knows better */
  readonly impactStartedAtMs: number;
  /** What telemetry shows of the first harm; empty when a person said when it began */
  readonly impactReasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  /** Since when all of its alerts are quiet */
  readonly quietSinceMs: number | null;
  /** When it resolves by itself unless an alert comes back */
  readonly resolvesAtMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly resolution: string | null;
  readonly mergedInto: string | null;
  readonly reopenedCount: number;
  readonly roles: {
    readonly commander: string | null;
    readonly scribe: string | null;
    readonly communications: string | null;
  };
  readonly impact: {
    readonly users: number | null;
    readonly budgetShare: number | null;
    readonly burnRate: number | null;
  };
  readonly alertCount: number;
  readonly firingCount: number;
  /** Grows with each change, its timeline included */
  readonly revision: number;
};
export type IncidentAlert = {
  readonly id: string;
  readonly state: 'firing' | 'suppressed' | 'resolved';
  readonly severity: 'page' | 'ticket' | 'info';
  /** What it is about, e.g. { "region": "dublin" } */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly evidence: ReadonlyArray<{
    readonly name: string;
    readonly value: number;
    readonly limit: number;
    readonly unit: string;
  }>;
  /** Milliseconds since the epoch */
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  /** Why it belongs to this incident */
  readonly reasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
};
export type IncidentDetail = {
  /** Incident, e.g. inc_01jd… */
  readonly id: string;
  readonly title: string;
  readonly state: IncidentState;
  /** sev1 is the worst */
  readonly severity: Severity;
  /** Empty when a person set it */
  readonly severityReasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
  /** What it is about, e.g. { "region": "dublin" } */
  readonly labels: Readonly<Record<string, string>>;
  readonly openedBy: string;
  /** Milliseconds since the epoch */
  readonly openedAtMs: number;
  /** When users began to feel it: the first harm that telemetry shows, else the first alert, unless a person knows better */
  readonly impactStartedAtMs: number;
  /** What telemetry shows of the first harm; empty when a person said when it began */
  readonly impactReasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  /** Since when all of its alerts are quiet */
  readonly quietSinceMs: number | null;
  /** When it resolves by itself unless an alert comes back */
  readonly resolvesAtMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly resolution: string | null;
  readonly mergedInto: string | null;
  readonly reopenedCount: number;
  readonly roles: {
    readonly commander: string | null;
    readonly scribe: string | null;
    readonly communications: string | null;
  };
  readonly impact: {
    readonly users: number | null;
    readonly budgetShare: number | null;
    readonly burnRate: number | null;
  };
  readonly alertCount: number;
  readonly firingCount: number;
  /** Grows with each change, its timeline included */
  readonly revision: number;
  readonly alerts: ReadonlyArray<IncidentAlert>;
  /** Pages and runbooks that it asked for */
  readonly tasks: ReadonlyArray<ResponseTask>;
  readonly actionItems: ReadonlyArray<ActionItem>;
};
export type IncidentEntry = {
  readonly id: number;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly kind: EntryKind;
  readonly text: string;
  readonly actor: string | null;
  readonly details: Readonly<Record<string, unknown>>;
};
export type IncidentEventData = {
  /** Incident, e.g. inc_01jd… */
  readonly incidentId: string;
  readonly title: string;
  readonly state: 'open' | 'acknowledged' | 'resolved' | 'merged';
  readonly severity: 'sev1' | 'sev2' | 'sev3' | 'sev4';
  /** What its alerts have in common, e.g. region */
  readonly labels: Readonly<Record<string, string>>;
  /** Where people look at it */
  readonly url: string;
  /** Who changed it; null: it changed by itself */
  readonly actor: string | null;
  readonly openedBy: string;
  /** Milliseconds since the epoch */
  readonly openedAtMs: number;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly resolution: string | null;
  readonly mergedInto: string | null;
  readonly reopenedCount: number;
  /** incident.severity_changed */
  readonly previousSeverity?: 'sev1' | 'sev2' | 'sev3' | 'sev4' | undefined;
};
export type IncidentFilter = 'open' | 'acknowledged' | 'resolved' | 'merged' | 'live' | 'ended';
export type IncidentState = 'open' | 'acknowledged' | 'resolved' | 'merged';
export type IngestAddresses = {
  readonly streamKey: string;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
  readonly addresses: ReadonlyArray<{
    readonly protocol: 'rtmp' | 'rtmps' | 'srt' | 'whip';
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly isPrimary: boolean;
    /** Without the key, as OBS wants it; of SRT and WHIP whole */
    readonly url: string;
  }>;
  /** For encoders that ask for it by itself; null: no SRT */
  readonly srtPassphrase: string | null;
};
export type JobDetail = {
  /** Job */
  readonly id: string;
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  readonly assetName: string;
  readonly assetVersion: number;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly state: JobState;
  readonly priority: 'high' | 'normal' | 'low';
  readonly attempt: number;
  /** Attempts at it and at its chunks that failed, together, since it was last begun anew */
  readonly failureCount: number;
  /** With so many it is given up */
  readonly failuresMax: number;
  readonly nodeId: string | null;
  /** Of the node */
  readonly regionId: string | null;
  readonly stage: Stage;
  /** Done, of the current stage */
  readonly progress: number;
  /** End of the current stage at the present rate; null while that cannot be told */
  readonly estimatedEndAtMs: number | null;
  /** The newest decision */
  readonly placement: PlacementView | null;
  /** Of a long video that several encoders share; else null */
  readonly chunks: {
    readonly total: number;
    readonly done: number;
    readonly running: number;
    /** Nodes that work on chunks now */
    readonly nodeIds: ReadonlyArray<string>;
  } | null;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
  /** The last decisions, newest first */
  readonly placements: ReadonlyArray<PlacementView>;
  /** In their order; empty when the job is not shared */
  readonly chunkList: ReadonlyArray<ChunkView>;
};
export type JobState = 'ready' | 'leased' | 'done' | 'dead' | 'cancelled';
export type JobView = {
  /** Job */
  readonly id: string;
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  readonly assetName: string;
  readonly assetVersion: number;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly state: JobState;
  readonly priority: 'high' | 'normal' | 'low';
  readonly attempt: number;
  /** Attempts at it and at its chunks that failed, together, since it was last begun anew */
  readonly failureCount: number;
  /** With so many it is given up */
  readonly failuresMax: number;
  readonly nodeId: string | null;
  /** Of the node */
  readonly regionId: string | null;
  readonly stage: Stage;
  /** Done, of the current stage */
  readonly progress: number;
  /** End of the current stage at the present rate; null while that cannot be told */
  readonly estimatedEndAtMs: number | null;
  /** The newest decision */
  readonly placement: PlacementView | null;
  /** Of a long video that several encoders share; else null */
  readonly chunks: {
    readonly total: number;
    readonly done: number;
    readonly running: number;
    /** Nodes that work on chunks now */
    readonly nodeIds: ReadonlyArray<string>;
  } | null;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
};
export type LiveLatency = 'ultra_low' | 'low' | 'relaxed';
export type NotificationView = {
  readonly id: number;
  /** Channel */
  readonly channelId: string;
  readonly key: string;
  readonly subjectId: string;
  readonly title: string;
  readonly severity: string;
  readonly state: 'waiting' | 'sending' | 'delivered' | 'dead';
  readonly attempts: number;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly nextAttemptAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  readonly lastStatus: number | null;
};
export type OrderPreview = {
  /** What it would do, as a sentence without its full stop */
  readonly text: string;
  /** false: that is so already */
  readonly isChange: boolean;
  /** The order about the same that would end with it */
  readonly replaces: OrderView | null;
  /** false: as many orders of the kind are in force as there may be */
  readonly isRoom: boolean;
  readonly nodes: ReadonlyArray<{
    /** Node, e.g. dublin-1-a */
    readonly nodeId: string;
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly isAlive: boolean;
  }>;
  readonly guards: ReadonlyArray<{
    readonly isHeld: boolean;
    /** A sentence without its full stop */
    readonly text: string;
  }>;
};
export type OrderView = {
  /** Order, e.g. ord_01jd… */
  readonly id: string;
  readonly kind: 'purge' | 'restart' | 'throttle' | 'shift' | 'scale';
  /** What it is about: a node, a site, a prefix */
  readonly subject: string;
  /** What it does, as a sentence without its full stop */
  readonly text: string;
  readonly projectId: string | null;
  readonly actor: string;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** null: in force, or not everybody has done it yet */
  readonly endedAtMs: number | null;
  /** Every node that is alive and concerned has told that it did */
  readonly isDone: boolean;
  readonly reports: ReadonlyArray<{
    /** Node, e.g. dublin-1-a */
    readonly nodeId: string;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly count: number;
    readonly bytes: number;
  }>;
  /** Concerned, and have not told yet */
  readonly missingNodeIds: ReadonlyArray<string>;
};
export type OverrideView = {
  readonly id: string;
  /** Name of a user, schedule or policy, e.g. primary */
  readonly scheduleId: string;
  /** Name of a user, schedule or policy, e.g. primary */
  readonly userId: string;
  /** Milliseconds since the epoch */
  readonly fromMs: number;
  /** Milliseconds since the epoch */
  readonly untilMs: number;
  readonly kind: 'override' | 'swap' | 'take';
  readonly reason: string;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly createdBy: string;
};
export type PlacementView = {
  /** Milliseconds since the epoch */
  readonly atMs: number;
  /** null: it waits */
  readonly nodeId: string | null;
  readonly reason: {
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  };
};
export type Postmortem = {
  readonly markdown: string;
  readonly times: {
    /** From the first harm to the opening */
    readonly detectMs: number;
    /** From the opening to the first action */
    readonly respondMs: number | null;
    readonly respondedBy: string | null;
    /** From the first harm until all alerts were quiet */
    readonly recoverMs: number | null;
    /** From the first harm to the end */
    readonly resolveMs: number | null;
  };
  /** What people wrote, in Markdown */
  readonly summary: string;
  /** Causes and lessons, as people wrote them, in Markdown */
  readonly lessons: string;
  /** Of what people wrote; 0: nothing yet */
  readonly version: number;
  readonly editedBy: string | null;
  readonly editedAtMs: number | null;
  /** SVG documents, as they stand in the Markdown */
  readonly pictures: ReadonlyArray<{
    readonly title: string;
    readonly svg: string;
  }>;
  /** What may have caused it, the likeliest first */
  readonly changes: ReadonlyArray<RankedChange>;
  /** What was done without a person */
  readonly automation: ReadonlyArray<IncidentEntry>;
};
export type PresetView = {
  readonly name: 'economy' | 'standard' | 'quality';
  readonly summary: string;
  /** Of the rungs, largest first; none above the source */
  readonly shortSides: ReadonlyArray<number>;
  /** Rungs of a source of more than 720 lines */
  readonly renditionsMax: number;
  readonly frameRateMax: number;
  /** Times the usual bit rate of a picture */
  readonly bitrateFactor: number;
  /** How long encoders search for savings */
  readonly speed: 'fast' | 'thorough';
  /** Unless the project has it otherwise */
  readonly isPerTitle: boolean;
};
export type RankedChange = {
  readonly id: number;
  readonly kind: ChangeKind;
  readonly summary: string;
  /** Who made it: a person or program by the name of its token, a node, control itself */
  readonly actor: string;
  /** What it is about, e.g. { "region": "dublin" } */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether it kept what was there before, so that it can be taken back until it is changed again */
  readonly isRevertible: boolean;
  /** Of steering plans that follow one another within a minute: they are one change; else null */
  readonly movement: {
    readonly count: number;
    /** Milliseconds since the epoch */
    readonly firstAtMs: number;
    /** Milliseconds since the epoch */
    readonly lastAtMs: number;
  } | null;
  /** How close it is in time, place and kind */
  readonly score: number;
  /** The factors whose product the score is */
  readonly reasons: ReadonlyArray<{
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  }>;
};
export type ReadinessCheck = 'slo' | 'owner' | 'oncall' | 'runbook' | 'dashboards' | 'backup' | 'drill';
export type RegionEncoding = {
  /** Region, e.g. dublin */
  readonly id: string;
  readonly name: string;
  readonly costPerGb: number;
  /** It finishes what it has and gets nothing new */
  readonly isPaused: boolean;
  readonly pausedAtMs: number | null;
  readonly pausedBy: string | null;
  /** Jobs and chunks that its encoders take at once, all together */
  readonly slots: number;
  /** Most that the cores of those that are alive allow */
  readonly slotsMax: number;
  /** What somebody ordered; null: as nodes are configured */
  readonly scaledTo: number | null;
  readonly scaledAtMs: number | null;
  readonly scaledBy: string | null;
  readonly encoders: ReadonlyArray<EncoderView>;
};
export type RegionEventData = {
  /** Region, e.g. dublin */
  readonly regionId: string;
  /** Sites that the change concerns; others of the region are untouched */
  readonly siteIds: ReadonlyArray<string>;
  /** region.draining: also as the last healthy site */
  readonly isForced?: boolean | undefined;
};
export type RepairView = {
  /** Repair */
  readonly id: string;
  readonly kind: 'copy' | 'encode';
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly version: number;
  readonly attempt: number;
  readonly class: 'source' | 'renditions';
  /** Where the copy is made */
  readonly regionId: string | null;
  readonly fromRegionIds: ReadonlyArray<string>;
  readonly state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
  readonly reason: {
    readonly code: string;
    /** What it is about: a pathway, a site, a node */
    readonly subject: string;
    /** The numbers compared */
    readonly values: Readonly<Record<string, number>>;
  };
  readonly attempts: number;
  readonly bytesDone: number;
  readonly nodeId: string | null;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** It runs from then on */
  readonly dueAtMs: number;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
};
export type ResponseTask = {
  readonly kind: 'page' | 'acknowledge' | 'stop' | 'runbook';
  /** Runbook or escalation policy */
  readonly subject: string;
  readonly state: 'waiting' | 'done' | 'failed';
  readonly attempts: number;
  readonly problem: string | null;
  readonly runId: string | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
};
export type RotaView = {
  readonly current: {
    readonly version: number;
    /** Milliseconds since the epoch */
    readonly appliedAtMs: number;
    readonly actor: string;
    readonly comment: string;
  } | null;
  /** The YAML as it was applied, with its comments */
  readonly text: string;
  readonly users: ReadonlyArray<{
    /** Name of a user, schedule or policy, e.g. primary */
    readonly id: string;
    readonly name: string;
    readonly timeZone: string;
    readonly contacts: ReadonlyArray<{
      /** Channel of notifications, by its id or its name */
      readonly channelId: string;
      readonly afterMs: number;
    }>;
  }>;
  readonly schedules: ReadonlyArray<{
    /** Name of a user, schedule or policy, e.g. primary */
    readonly id: string;
    readonly name: string;
    readonly mayHaveGaps: boolean;
    readonly layers: ReadonlyArray<{
      readonly name: string;
      readonly timeZone: string;
      readonly userIds: ReadonlyArray<string>;
    }>;
  }>;
  readonly policies: ReadonlyArray<{
    /** Name of a user, schedule or policy, e.g. primary */
    readonly id: string;
    readonly name: string;
    readonly steps: ReadonlyArray<{
      readonly targets: ReadonlyArray<
        | {
            readonly kind: 'schedule';
            /** Name of a user, schedule or policy, e.g. primary */
            readonly scheduleId: string;
          }
        | {
            readonly kind: 'user';
            /** Name of a user, schedule or policy, e.g. primary */
            readonly userId: string;
          }
        | {
            readonly kind: 'channel';
            /** Channel of notifications, by its id or its name */
            readonly channelId: string;
          }
      >;
      readonly acknowledgeWithinMs: number;
    }>;
    readonly repeats: number;
    readonly lastResort: {
      readonly targets: ReadonlyArray<
        | {
            readonly kind: 'schedule';
            /** Name of a user, schedule or policy, e.g. primary */
            readonly scheduleId: string;
          }
        | {
            readonly kind: 'user';
            /** Name of a user, schedule or policy, e.g. primary */
            readonly userId: string;
          }
        | {
            readonly kind: 'channel';
            /** Channel of notifications, by its id or its name */
            readonly channelId: string;
          }
      >;
      readonly everyMs: number;
    };
    readonly acknowledgementExpiresMs: number | null;
  }>;
  readonly defaultPolicyId: string | null;
};
export type RunStatus = 'running' | 'rolling_back' | 'succeeded' | 'failed' | 'rolled_back' | 'cancelled';
export type RunSummary = {
  /** Run of a runbook, e.g. run_01jd… */
  readonly id: string;
  /** Runbook, e.g. drain-region */
  readonly runbookId: string;
  readonly version: number;
  readonly title: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly status: RunStatus;
  readonly isPaused: boolean;
  readonly failure: string | null;
  /** The current step; null when the run is over */
  readonly stepId: string | null;
  readonly waitsFor: 'approval' | 'condition' | 'action' | 'resume' | null;
  readonly stepCount: number;
  readonly doneCount: number;
  readonly isStuck: boolean;
  readonly incidentId: string | null;
  readonly actor: string;
  readonly isAutomatic: boolean;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
};
export type RunView = {
  /** Run of a runbook, e.g. run_01jd… */
  readonly id: string;
  /** Runbook, e.g. drain-region */
  readonly runbookId: string;
  readonly version: number;
  readonly title: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly status: RunStatus;
  readonly isPaused: boolean;
  readonly failure: string | null;
  /** The current step; null when the run is over */
  readonly stepId: string | null;
  readonly waitsFor: 'approval' | 'condition' | 'action' | 'resume' | null;
  readonly stepCount: number;
  readonly doneCount: number;
  readonly isStuck: boolean;
  readonly incidentId: string | null;
  readonly actor: string;
  readonly isAutomatic: boolean;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
  /** As they were when it started */
  readonly guards: ReadonlyArray<{
    readonly code: string;
    readonly isHeld: boolean;
    readonly values: Readonly<Record<string, number>>;
    readonly text: string;
  }>;
  readonly radius: {
    /** Pathways that stop taking new sessions */
    readonly siteIds: ReadonlyArray<string>;
    /** Connections that their edges hold now */
    readonly viewerCount: number;
    readonly viewerShare: number;
    readonly egressBps: number;
    readonly egressShare: number;
    readonly capacityBps: number;
    readonly capacityShare: number;
    readonly pausedRegionIds: ReadonlyArray<string>;
    /** On air, and changed over to another channel */
    readonly broadcastIds: ReadonlyArray<string>;
    /** Whatever else it touches, as sentences */
    readonly others: ReadonlyArray<string>;
  };
  readonly steps: ReadonlyArray<{
    readonly id: string;
    readonly kind: 'check' | 'action' | 'wait' | 'approval';
    readonly title: string;
    /** Of an approval: what is to be decided */
    readonly ask: string | null;
    /** Of an approval: who may decide */
    readonly role: 'operator' | 'admin' | null;
    readonly state: 'waiting' | 'running' | 'done' | 'failed';
    readonly startedAtMs: number | null;
    readonly endedAtMs: number | null;
    /** Why it failed */
    readonly reason: string | null;
    /** Of the newest look */
    readonly observations: ReadonlyArray<{
      /** null: nothing to measure */
      readonly isMet: boolean | null;
      readonly value: number | null;
      readonly limit: number | null;
      readonly text: string;
    }>;
    readonly approvedBy: string | null;
    readonly isRolledBack: boolean;
    /** It takes longer than it ever did */
    readonly stuckSinceMs: number | null;
    /** Median of earlier runs; null: none is known */
    readonly durationMsTypical: number | null;
    /** Beyond it the step is stuck; null: too few runs are known */
    readonly stuckAfterMs: number | null;
  }>;
  readonly actions: ReadonlyArray<{
    readonly key: string;
    readonly text: string;
    /** Milliseconds since the epoch */
    readonly intendedAtMs: number;
    readonly endedAtMs: number | null;
    readonly outcome: 'changed' | 'unchanged' | 'refused' | 'withdrawn' | null;
    readonly detail: string | null;
  }>;
  readonly journal: ReadonlyArray<{
    readonly number: number;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly stepId: string | null;
    readonly text: string;
    readonly actor: string | null;
    readonly isChange: boolean;
  }>;
};
export type RunbookView = {
  /** Runbook, e.g. drain-region */
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  /** It comes with the program */
  readonly isShipped: boolean;
  readonly parameters: Readonly<
    Record<
      string,
      {
        readonly type:
          | 'region'
          | 'site'
          | 'place'
          | 'node'
          | 'broadcast'
          | 'project'
          | 'asset'
          | 'change'
          | 'text'
          | 'share'
          | 'count'
          | 'duration';
        readonly description: string;
        readonly default?: string | undefined;
      }
    >
  >;
  /** The guards in force */
  readonly policy: {
    /** Incidents may start it without a person */
    readonly isAutomatic: boolean;
    readonly runsPerHourMax: number;
    /** Share of all viewers that a run may touch */
    readonly viewerShareMax: number;
  };
  /** What its actions change; empty: it only looks and asks */
  readonly services: ReadonlyArray<'delivery' | 'encoding' | 'live'>;
  readonly stats: {
    /** Of the 90 days for which runs are kept */
    readonly runCount: number;
    readonly endedCount: number;
    readonly succeededCount: number;
    readonly openCount: number;
    /** Median of those that succeeded */
    readonly durationMsTypical: number | null;
    readonly lastRun: {
      /** Run of a runbook, e.g. run_01jd… */
      readonly id: string;
      readonly status: RunStatus;
      /** Milliseconds since the epoch */
      readonly createdAtMs: number;
    } | null;
  };
  readonly steps: ReadonlyArray<{
    readonly id: string;
    readonly kind: 'check' | 'action' | 'wait' | 'approval';
    readonly title: string;
    /** What it looks at, does and undoes, as sentences */
    readonly lines: ReadonlyArray<string>;
  }>;
  /** YAML */
  readonly text: string;
};
export type SealedAuditRow = {
  /** Place in the chain, from 1 */
  readonly position: number;
  readonly id: number;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly projectId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly previousHash: string;
  /** SHA-256 of the previous hash and the row */
  readonly hash: string;
};
export type Severity = 'sev1' | 'sev2' | 'sev3' | 'sev4';
export type ShiftView = {
  /** Name of a user, schedule or policy, e.g. primary */
  readonly scheduleId: string;
  /** null: nobody has duty */
  readonly userId: string | null;
  readonly layer: string | null;
  /** Number of the turn in the layer */
  readonly turn: number | null;
  readonly overrideId: string | null;
  /** Milliseconds since the epoch */
  readonly fromMs: number;
  /** Milliseconds since the epoch */
  readonly untilMs: number;
};
export type SloView = {
  /** Name of the SLO document, e.g. vod-playback */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly service: string;
  readonly origin: 'shipped' | 'own';
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
  readonly updatedBy: string;
  readonly objectives: ReadonlyArray<{
    readonly name: string;
    readonly displayName: string;
    readonly target: number;
    readonly periodMs: number;
    readonly sliceMs: number;
    readonly method: 'Occurrences' | 'Timeslices' | 'RatioTimeslices';
    readonly eventsMin: number;
    /** Points whose labels found no room for a budget */
    readonly refusedPoints: number;
    readonly budgets: ReadonlyArray<{
      readonly labels: Readonly<Record<string, string>>;
      /** Whether it raises alerts; the others are sums for people */
      readonly isWatched: boolean;
      /** Share of the budget that is used; above 1: the objective is missed */
      readonly usedShare: number;
      readonly events: number;
      /** Bad events; of slices, the sum of their bad shares */
      readonly bad: number;
      /** Bad ones that the period allows */
      readonly allowed: number;
      /** Begin of the newest slice that was heard of */
      readonly newestAtMs: number | null;
      readonly tiers: ReadonlyArray<{
        /** The long window, e.g. 1h */
        readonly name: string;
        readonly severity: 'page' | 'ticket';
        readonly longMs: number;
        readonly shortMs: number;
        /** Burn from which on it fires, in both windows */
        readonly limit: number;
        readonly longBurn: number;
        readonly shortBurn: number;
        /** Events in the long window */
        readonly events: number;
        /** held-back: a faster tier says so already; over: the newest stretch is well again */
        readonly verdict: 'burning' | 'held-back' | 'over' | 'too-few-events' | 'calm';
      }>;
    }>;
  }>;
};
export type Stage = 'queued' | 'probing' | 'encoding' | 'replicating' | 'ready' | 'failed';
export type StatusUpdate = {
  readonly id: number;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly state: 'investigating' | 'identified' | 'monitoring' | 'resolved';
  readonly impact: 'degraded' | 'outage';
  readonly regionIds: ReadonlyArray<string>;
  readonly title: string;
  readonly text: string;
  readonly author: string;
};
export type TimelineEntry = {
  /** Milliseconds since the epoch */
  readonly atMs: number;
  /** event: as webhooks hear it; change: by a person or a program; store: what a region found in its store */
  readonly kind: 'event' | 'change' | 'job' | 'version' | 'repair' | 'store' | 'deletion';
  /** What happened, e.g. asset.ready, job.started, repair.done, region.gone */
  readonly code: string;
  /** Who changed it; shown to admins, as the audit trail is */
  readonly actor: string | null;
  readonly nodeId: string | null;
  readonly regionId: string | null;
  readonly version: number | null;
  /** A failure, a name, an object key */
  readonly detail: string | null;
};
export type Visibility = 'public' | 'private';
export type WebhookFormat = 'structured' | 'binary';
export type WebhookView = {
  /** Webhook */
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** null: all projects, and what concerns none, such as regions */
  readonly projectId: string | null;
  readonly eventTypes: ReadonlyArray<string>;
  /** CloudEvents: everything in a JSON body, or attributes in ce-* headers and only the data in the body */
  readonly format: WebhookFormat;
  readonly state: 'active' | 'paused';
  /** Why it is paused, a sentence */
  readonly pausedReason: string | null;
  /** Since when nothing was delivered although it was tried */
  readonly failingSinceMs: number | null;
  readonly lastSuccessAtMs: number | null;
  /** Deliveries still to be made; counted up to 10,000 */
  readonly waitingCount: number;
  /** Deliveries given up; counted up to 10,000 */
  readonly deadCount: number;
  /** After a rotation: until when the old secret signs too */
  readonly previousSecretUntilMs: number | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
};
export type World = {
  readonly term: number;
  readonly sequence: number;
  readonly publishedAtMs: number | null;
  /** Milliseconds since the epoch */
  readonly nowMs: number;
  readonly regions: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly id: string;
    readonly name: string;
    readonly latitude: number;
    readonly longitude: number;
    readonly costPerGb: number;
    readonly isHealthy: boolean;
    readonly sites: ReadonlyArray<{
      /** Site (datacentre), e.g. dublin-1 */
      readonly id: string;
      /** Region, e.g. dublin */
      readonly regionId: string;
      readonly state: 'up' | 'draining' | 'down';
      readonly isHealthy: boolean;
      readonly capacityBps: number;
      readonly egressBps: number;
      readonly requestsPerSecond: number;
      /** Requests answered from memory; null without traffic */
      readonly hitRatio: number | null;
      readonly edgeUrl: string;
      readonly nodes: ReadonlyArray<{
        /** Node, e.g. dublin-1-a */
        readonly id: string;
        /** Site (datacentre), e.g. dublin-1 */
        readonly siteId: string;
        readonly roles: ReadonlyArray<'ingest' | 'encoder' | 'origin' | 'edge'>;
        readonly isAlive: boolean;
        readonly isReady: boolean;
        readonly notReadyReason: string | null;
        readonly lastBeatAtMs: number | null;
        readonly clockOffsetMs: number | null;
        readonly adopted: {
          readonly term: number;
          readonly sequence: number;
        } | null;
        readonly refusal: string | null;
        readonly version: string | null;
      }>;
    }>;
  }>;
  /** Egress of the last minutes, oldest first */
  readonly traffic: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly egressBpsByRegion: Readonly<Record<string, number>>;
  }>;
  readonly steering: {
    readonly generation: number;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly ttlMs: number;
    readonly groups: ReadonlyArray<{
      /** Viewer group: viewers nearest to this region */
      readonly id: string;
      /** All usable pathways, best first */
      readonly order: ReadonlyArray<string>;
      /** Where sessions start; sums to 1 */
      readonly shares: ReadonlyArray<{
        /** Pathway: a site or a CDN */
        readonly pathwayId: string;
        readonly share: number;
      }>;
      readonly reasons: ReadonlyArray<{
        readonly code: string;
        /** What it is about: a pathway, a site, a node */
        readonly subject: string;
        /** The numbers compared */
        readonly values: Readonly<Record<string, number>>;
      }>;
    }>;
  };
  readonly assets: {
    readonly total: number;
    readonly processing: number;
    readonly failed: number;
  };
};
export type AcknowledgeIncidentResult = IncidentDetail;
export type AcknowledgeOncallEscalationResult = EscalationView;
export type AcknowledgeOncallEscalationBody = {
  /** Name of a user, schedule or policy, e.g. primary */
  readonly userId: string;
};
export type AlertmanagerAlertResult = {
  readonly received: number;
};
export type AlertmanagerAlertBody = {
  readonly version?: string | undefined;
  readonly status?: 'firing' | 'resolved' | undefined;
  readonly alerts: ReadonlyArray<{
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly startsAt?: string | undefined;
    readonly endsAt?: string | undefined;
    readonly generatorURL?: string | undefined;
  }>;
};
export type CancelImportResult = ImportView;
export type CancelJobResult = JobDetail;
export type CancelRunbookRunResult = RunView;
export type CancelRunbookRunBody = {
  /** Undo its actions, newest first */
  readonly isUndone?: boolean | undefined;
};
export type CreateAlertCloudeventResult = {
  readonly received: number;
};
export type CreateAlertCloudeventBody = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  /** Ends in .resolved when what it tells of is over */
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time?: string | undefined;
  readonly data?:
    | {
        readonly summary?: string | undefined;
        readonly severity?: 'page' | 'ticket' | 'info' | undefined;
        readonly labels?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
};
export type CreateAlertSenderResult = {
  readonly sender: {
    /** System that sends alerts */
    readonly id: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly lastUsedAtMs: number | null;
  };
  readonly token: string;
};
export type CreateAlertSenderBody = {
  readonly name: string;
  /** Added to each of its alerts */
  readonly labels?: Readonly<Record<string, string>> | undefined;
};
export type CreateAssetPlaybackTokenResult = {
  readonly token: string;
  readonly tokenId: string;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
  readonly watchUrl: string;
  readonly playlists: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly hls: string;
    readonly dash: string;
  }>;
};
export type CreateAssetPlaybackTokenBody = {
  readonly ttlMs?: number | undefined;
};
export type CreateBreakGlasResult = {
  /** A time behind broken glass, e.g. glass_01jd… */
  readonly id: string;
  /** Who */
  readonly name: string;
  readonly reason: string;
  /** With a credential of their own, or with a recovery code */
  readonly how: 'person' | 'code';
  /** Milliseconds since the epoch */
  readonly startedAtMs: number;
  /** By itself, at the latest */
  readonly endsAtMs: number;
  /** null: it lasts */
  readonly endedAtMs: number | null;
  readonly endedBy: string | null;
  /** Whether it is that of the caller */
  readonly isOwn: boolean;
  /** The page that it sent; null: there were too many open ones */
  readonly pageId: string | null;
};
export type CreateBreakGlasBody = {
  /** Why; stands in the page, the banner and the audit trail */
  readonly reason: string;
  /** How long at most */
  readonly ttlMs?: number | undefined;
};
export type CreateBroadcastResult = BroadcastView;
export type CreateBroadcastBody = {
  readonly name: string;
  readonly projectId?: string | undefined;
  readonly visibility?: Visibility | undefined;
  /** Absent: ready at once */
  readonly plannedStartMs?: number | undefined;
  readonly plannedDurationMs?: number | undefined;
  /** IANA, e.g. Europe/Dublin; for people */
  readonly timeZone?: string | undefined;
  readonly expectedViewers?: number | undefined;
  /** Region nearest to the publisher */
  readonly publisherRegionId?: string | undefined;
  readonly latency?: LiveLatency | undefined;
  /** Default: half an hour, or 30 s without a recording, which is then the most */
  readonly dvrWindowMs?: number | undefined;
  readonly graceMs?: number | undefined;
  readonly onSecondPublisher?: 'refuse' | 'replace' | undefined;
  readonly isRecorded?: boolean | undefined;
  /** Default: 720p and 360p */
  readonly rungs?:
    | ReadonlyArray<{
        readonly height: number;
        readonly bitrateBps: number;
      }>
    | undefined;
  /** Also by SRT, on a port and with a passphrase of its own */
  readonly takesSrt?: boolean | undefined;
};
export type CreateBroadcastChannelResult = BroadcastView;
export type CreateBroadcastChannelBody = {
  /** In the place of the last backup; the primary stays */
  readonly isMoved?: boolean | undefined;
};
export type CreateBroadcastDrainResult = BroadcastView;
export type CreateChangeResult = Change;
export type CreateChangeBody = {
  readonly kind: 'deploy' | 'config' | 'drill' | 'experiment';
  readonly summary: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Default: now; at most a week ago */
  readonly atMs?: number | undefined;
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
};
export type CreateDrainResult = {
  readonly sites: ReadonlyArray<{
    /** Site (datacentre), e.g. dublin-1 */
    readonly id: string;
    readonly state: 'up' | 'draining' | 'down';
  }>;
  readonly warnings: ReadonlyArray<string>;
};
export type CreateDrainBody = {
  /** Also when it is the last healthy site */
  readonly isForced?: boolean | undefined;
};
export type CreateImportResult = ImportView;
export type CreateImportBody = {
  readonly url?: string | undefined;
  /** All media of a bucket, or below a prefix */
  readonly s3?:
    | {
        /** A name under `imports.sources` in the configuration of the nodes */
        readonly source: string;
        /** Only objects whose keys begin so */
        readonly prefix?: string | undefined;
      }
    | undefined;
  readonly projectId?: string | undefined;
  /** Default: the last part of the address */
  readonly name?: string | undefined;
  readonly visibility?: Visibility | undefined;
  /** Default: that of the project */
  readonly preset?: 'economy' | 'standard' | 'quality' | undefined;
};
export type CreateIncidentResult = IncidentDetail;
export type CreateIncidentBody = {
  readonly title: string;
  readonly severity?: Severity | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly note?: string | undefined;
  /** Who is paged; default: by `incidents.policies` */
  readonly escalationPolicyId?: string | undefined;
};
export type CreateIncidentActionItemResult = IncidentDetail;
export type CreateIncidentActionItemBody = {
  readonly title: string;
  readonly owner: string;
  /** Milliseconds since the epoch */
  readonly dueAtMs: number;
};
export type CreateIncidentNoteResult = IncidentDetail;
export type CreateIncidentNoteBody = {
  readonly text: string;
  /** When it was said; default: now */
  readonly atMs?: number | undefined;
  /** Who said it, when a program relays it */
  readonly author?: string | undefined;
};
export type CreateIncidentStatusUpdateResult = {
  readonly updates: ReadonlyArray<StatusUpdate>;
};
export type CreateIncidentStatusUpdateBody = {
  readonly state: 'investigating' | 'identified' | 'monitoring' | 'resolved';
  readonly impact?: 'degraded' | 'outage' | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  /** Empty: everywhere */
  readonly regionIds?: ReadonlyArray<string> | undefined;
};
export type CreateJoinTokenResult = {
  readonly joinToken: string;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
};
export type CreateJoinTokenBody = {
  /** Site (datacentre), e.g. dublin-1 */
  readonly siteId: string;
  readonly ttlMs?: number | undefined;
};
export type CreateNotificationChannelResult = {
  readonly channel: ChannelView;
  readonly secret: string | null;
};
export type CreateNotificationChannelBody = {
  readonly name: string;
  /** What kind of receiver it is, and where */
  readonly settings:
    | {
        readonly kind: 'webhook';
        readonly url: string;
      }
    | {
        readonly kind: 'slack';
        /** Incoming webhook; it is a secret */
        readonly url: string;
      }
    | {
        readonly kind: 'pagerduty';
        /** Integration key of the service; it is a secret */
        readonly routingKey: string;
        readonly url?: string | undefined;
      }
    | {
        readonly kind: 'alertmanager';
        /** Whatever takes webhooks of Alertmanager, version 4; an Alertmanager itself when it ends in /api/v2/alerts */
        readonly url: string;
      }
    | {
        readonly kind: 'email';
        /** Name of a mail server in the configuration */
        readonly server: string;
        readonly to: ReadonlyArray<string>;
      };
  readonly alerts?:
    | {
        /** All of them must match; none: every alert */
        readonly matchers: ReadonlyArray<string>;
        /** Alerts with the same values of these labels are told together and in order */
        readonly groupBy?: ReadonlyArray<string> | undefined;
      }
    | null
    | undefined;
};
export type CreateOncallEscalationResult = EscalationView;
export type CreateOncallEscalationBody = {
  readonly title: string;
  readonly severity?: Severity | undefined;
  readonly policyId?: string | undefined;
};
export type CreateOncallFeedResult = {
  readonly feed: {
    readonly id: string;
    readonly scheduleId: string | null;
    readonly userId: string | null;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly createdBy: string;
  };
  /** Below the address of control */
  readonly path: string;
};
export type CreateOncallFeedBody = {
  readonly scheduleId?: string | undefined;
  readonly userId?: string | undefined;
};
export type CreateOncallOverrideResult = OverrideView;
export type CreateOncallOverrideBody = {
  /** Name of a user, schedule or policy, e.g. primary */
  readonly scheduleId: string;
  /** Name of a user, schedule or policy, e.g. primary */
  readonly userId: string;
  /** Milliseconds since the epoch */
  readonly fromMs: number;
  /** Milliseconds since the epoch */
  readonly untilMs: number;
  readonly reason?: string | undefined;
};
export type CreateOrderResult = {
  /** null: nothing had to change */
  readonly order: OrderView | null;
  readonly text: string;
};
export type CreateOrderBody =
  | {
      readonly kind: 'purge';
      /** Project (tenant), e.g. default */
      readonly projectId: string;
      /** null: all of the project */
      readonly assetId?: string | null | undefined;
      /** null: all versions */
      readonly version?: number | null | undefined;
    }
  | {
      readonly kind: 'restart';
      /** Node, e.g. dublin-1-a */
      readonly nodeId: string;
      /** Also when a guard does not hold */
      readonly isForced?: boolean | undefined;
    }
  | {
      readonly kind: 'throttle';
      /** null: everywhere */
      readonly regionId?: string | null | undefined;
      /** null: every project */
      readonly projectId?: string | null | undefined;
      /** video: prefetches are turned away; live: segments of videos too */
      readonly floor: 'video' | 'live';
    }
  | {
      readonly kind: 'shift';
      /** Site (datacentre), e.g. dublin-1 */
      readonly siteId: string;
      /** Part of what steering would send there by itself; 1 ends it */
      readonly share: number;
      /** Also when a guard does not hold */
      readonly isForced?: boolean | undefined;
    }
  | {
      readonly kind: 'scale';
      /** Region, e.g. dublin */
      readonly regionId: string;
      /** Jobs and chunks that its encoders take at once, all together; at most what their cores allow */
      readonly count: number;
    };
export type CreateProjectResult = {
  /** Project (tenant), e.g. default */
  readonly id: string;
  readonly name: string;
};
export type CreateProjectBody = {
  /** Project (tenant), e.g. default */
  readonly id: string;
  readonly name: string;
};
export type CreateProjectKeyResult = {
  readonly keyId: string;
  readonly privateKeyPem: string;
  /** Milliseconds since the epoch */
  readonly usableFromMs: number;
};
export type CreateProjectKeyBody = {
  readonly use: 'playback' | 'upload';
};
export type CreateRecoveryCodeResult = {
  readonly codes: ReadonlyArray<string>;
};
export type CreateRevocationResult = {
  readonly tokenId: string;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
};
export type CreateRevocationBody = {
  readonly tokenId: string;
  readonly expiresAtMs?: number | undefined;
};
export type CreateRunbookRunResult = RunView;
export type CreateRunbookRunBody = {
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly incidentId?: string | null | undefined;
};
export type CreateSessionResult = {
  readonly name: string;
  readonly role: ApiRole;
  /** null: all projects */
  readonly projectId: string | null;
  /** Regions in which an operator may act; null: all */
  readonly regionIds: ReadonlyArray<string> | null;
  readonly expiresAtMs: number | null;
  /** Admin for a while; null: with the role of the credential */
  readonly breakGlass: {
    readonly id: string;
    /** Milliseconds since the epoch */
    readonly endsAtMs: number;
  } | null;
};
export type CreateSessionBody = {
  readonly token: string;
};
export type CreateSilenceResult = {
  /** Silence */
  readonly id: string;
  readonly kind: 'silence' | 'maintenance';
  readonly matchers: ReadonlyArray<string>;
  /** Milliseconds since the epoch */
  readonly startsAtMs: number;
  /** null: until what it matches has resolved; of one that recurs: it goes on */
  readonly endsAtMs: number | null;
  /** It is in force during its occurrences alone */
  readonly recurrence: {
    readonly weekdays: ReadonlyArray<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'>;
    readonly startTime: string;
    readonly timeZone: string;
    readonly durationMs: number;
  } | null;
  /** Of one that recurs: the occurrence in force, else the next one */
  readonly occurrence: {
    /** Milliseconds since the epoch */
    readonly startsAtMs: number;
    /** Milliseconds since the epoch */
    readonly endsAtMs: number;
  } | null;
  readonly isInForce: boolean;
  readonly comment: string;
  readonly createdBy: string;
  readonly matchingAlerts: number;
};
export type CreateSilenceBody = {
  readonly kind?: 'silence' | 'maintenance' | undefined;
  readonly matchers: ReadonlyArray<string>;
  /** Default: now; of one that recurs: occurrences count from then on */
  readonly startsAtMs?: number | undefined;
  /** null: until what it matches has resolved; with a recurrence: of each occurrence, at most a day */
  readonly durationMs: number | null;
  /** Of maintenance that comes again every week */
  readonly recurrence?:
    | {
        /** Days on which an occurrence begins */
        readonly weekdays: ReadonlyArray<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'>;
        /** On the wall of the time zone, also when clocks change */
        readonly startTime: string;
        /** IANA name, e.g. Europe/Dublin */
        readonly timeZone: string;
        /** The last day on which one may begin; null: it goes on */
        readonly endsOn?: string | null | undefined;
      }
    | undefined;
  readonly comment: string;
};
export type CreateTokenResult = {
  readonly token: string;
  readonly view: {
    readonly id: string;
    readonly name: string;
    readonly role: ApiRole;
    readonly projectId: string | null;
    /** Regions in which an operator may act; null: all */
    readonly regionIds: ReadonlyArray<string> | null;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly lastUsedAtMs: number | null;
    readonly expiresAtMs: number | null;
  };
};
export type CreateTokenBody = {
  readonly name: string;
  readonly role: ApiRole;
  readonly projectId?: string | null | undefined;
  readonly regionIds?: ReadonlyArray<string> | null | undefined;
  readonly ttlMs?: number | null | undefined;
};
export type CreateUploadGrantResult = {
  readonly grant: string;
  /** Of a grant that names an asset: what the upload becomes */
  readonly version?: number | undefined;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
  readonly bytesMax: number;
  readonly ingests: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    /** tus endpoint */
    readonly url: string;
  }>;
};
export type CreateUploadGrantBody = {
  readonly projectId?: string | undefined;
  readonly visibility?: Visibility | undefined;
  /** Default: that of the project */
  readonly preset?: 'economy' | 'standard' | 'quality' | undefined;
  readonly ttlMs?: number | undefined;
  /** The upload replaces the video of this asset; good for one upload */
  readonly assetId?: string | undefined;
  /** Of its processing: who comes first when encoders are short */
  readonly priority?: 'high' | 'normal' | 'low' | undefined;
};
export type CreateWebhookResult = {
  readonly webhook: WebhookView;
  /** whsec_…; shown only this once */
  readonly secret: string;
};
export type CreateWebhookBody = {
  /** Where events are posted to, http(s) */
  readonly url: string;
  readonly description?: string | undefined;
  readonly projectId?: string | null | undefined;
  readonly eventTypes?: ReadonlyArray<EventType> | undefined;
  readonly format?: WebhookFormat | undefined;
};
export type DecideRunbookRunResult = RunView;
export type DecideRunbookRunBody = {
  readonly stepId: string;
  readonly isApproved: boolean;
  /** Why; it stands in the journal of the run */
  readonly note?: string | undefined;
};
export type DeleteAlertRuleResult = {
  readonly isDeleted: true;
};
export type DeleteAlertSenderResult = {
  readonly isDeleted: true;
};
export type DeleteAssetResult = {
  readonly isDeleted: true;
};
export type DeleteAssetCaptionResult = AssetView;
export type DeleteAssetCaptionQuery = {
  readonly kind?: CaptionKind | undefined;
};
export type DeleteAssetPosterResult = AssetView;
export type DeleteBroadcastChannelResult = BroadcastView;
export type DeleteBroadcastDrainResult = BroadcastView;
export type DeleteDrainResult = {
  readonly sites: ReadonlyArray<{
    /** Site (datacentre), e.g. dublin-1 */
    readonly id: string;
    readonly state: 'up' | 'draining' | 'down';
  }>;
  readonly warnings: ReadonlyArray<string>;
};
export type DeleteIncidentStatusUpdateResult = {
  readonly updates: ReadonlyArray<StatusUpdate>;
};
export type DeleteNotificationChannelResult = {
  readonly isDeleted: true;
};
export type DeleteOncallFeedResult = {
  readonly isDeleted: true;
};
export type DeleteOncallOverrideResult = {
  readonly isDeleted: true;
};
export type DeleteOrderResult = OrderView;
export type DeleteSessionResult = {
  readonly isLoggedOut: true;
  /** Where the browser goes, at control, to log out at the provider too; null: nowhere */
  readonly path: string | null;
};
export type DeleteSilenceResult = {
  readonly isDeleted: true;
};
export type DeleteSloResult = {
  readonly isDeleted: true;
};
export type DeleteTokenResult = {
  readonly isDeleted: true;
};
export type DeleteWebhookResult = {
  readonly isDeleted: true;
};
export type DryRunRunbookResult = DryRun;
export type DryRunRunbookBody = {
  readonly parameters?: Readonly<Record<string, string>> | undefined;
};
export type EndBreakGlasResult = {
  /** A time behind broken glass, e.g. glass_01jd… */
  readonly id: string;
  /** Who */
  readonly name: string;
  readonly reason: string;
  /** With a credential of their own, or with a recovery code */
  readonly how: 'person' | 'code';
  /** Milliseconds since the epoch */
  readonly startedAtMs: number;
  /** By itself, at the latest */
  readonly endsAtMs: number;
  /** null: it lasts */
  readonly endedAtMs: number | null;
  readonly endedBy: string | null;
  /** Whether it is that of the caller */
  readonly isOwn: boolean;
  /** The page that it sent; null: there were too many open ones */
  readonly pageId: string | null;
};
export type EndBroadcastResult = BroadcastView;
export type EnqueueAlertPagerdutyV2Result = {
  readonly status: 'success';
  readonly message: string;
  readonly dedup_key: string;
};
export type EnqueueAlertPagerdutyV2Body = {
  /** Token of the sender */
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedup_key?: string | undefined;
  readonly client?: string | undefined;
  readonly client_url?: string | undefined;
  readonly payload?:
    | {
        readonly summary: string;
        readonly source: string;
        readonly severity: 'critical' | 'error' | 'warning' | 'info';
        readonly timestamp?: string | undefined;
        readonly component?: string | undefined;
        readonly group?: string | undefined;
        readonly class?: string | undefined;
        readonly custom_details?: unknown | undefined;
      }
    | undefined;
};
export type EscalateIncidentResult = IncidentDetail;
export type EscalateIncidentBody = {
  readonly escalationPolicyId?: string | undefined;
  readonly reason: string;
};
export type EscalateOncallEscalationResult = EscalationView;
export type GetAlertResult = AlertView;
export type GetAssetResult = AssetView;
export type GetAssetTimelineResult = {
  readonly entries: ReadonlyArray<TimelineEntry>;
};
export type GetAssetTimelineQuery = {
  readonly limit?: number | undefined;
};
export type GetAuditResult = {
  /** Of the next page; null: there is none */
  readonly nextBefore: number | null;
  readonly entries: ReadonlyArray<{
    readonly id: number;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly projectId: string | null;
    readonly details: Readonly<Record<string, unknown>>;
  }>;
};
export type GetAuditQuery = {
  /** Only by those whose name begins so, e.g. first admin; or the whole actor as entries tell it */
  readonly actor?: string | undefined;
  /** Only these, or what begins so, e.g. runbook. */
  readonly action?: string | undefined;
  /** Only what was done to this */
  readonly subject?: string | undefined;
  readonly fromMs?: number | undefined;
  /** Exclusive */
  readonly toMs?: number | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetAuditChainResult = {
  readonly rows: ReadonlyArray<SealedAuditRow>;
  readonly legacyPosition: number;
  /** Where the chain ends: note it elsewhere */
  readonly head: {
    readonly position: number;
    readonly hash: string;
  };
};
export type GetAuditChainQuery = {
  /** Go on behind this place */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetAuditVerifyResult = {
  /** Rows of this page that are right */
  readonly checkedCount: number;
  /** Where the next page begins; null: the chain was checked to its end */
  readonly nextAfter: number | null;
  /** The first row that is wrong */
  readonly problem: {
    readonly kind: 'changed' | 'removed' | 'inserted' | 'truncated';
    readonly position: number;
    readonly id: number | null;
    readonly message: string;
  } | null;
  /** Where the chain ends: note it elsewhere */
  readonly head: {
    readonly position: number;
    readonly hash: string;
  };
  /** Rows that are not sealed yet */
  readonly openCount: number;
};
export type GetAuditVerifyQuery = {
  /** Go on behind this place */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetBroadcastResult = BroadcastView;
export type GetBroadcastIngestResult = IngestAddresses;
export type GetChangeNearResult = {
  readonly changes: ReadonlyArray<RankedChange>;
};
export type GetChangeNearQuery = {
  /** When it broke */
  readonly atMs: number;
  /** What broke */
  readonly labels?: string | undefined;
  readonly withinMs?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetEncodingResult = {
  readonly regions: ReadonlyArray<RegionEncoding>;
};
export type GetImportResult = ImportView;
export type GetIncidentResult = IncidentDetail;
export type GetIncidentPostmortemResult = Postmortem;
export type GetIncidentTimelineResult = {
  readonly revision: number;
  readonly entries: ReadonlyArray<IncidentEntry>;
};
export type GetIncidentTimelineQuery = {
  /** Only entries written after this one */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetJobResult = JobDetail;
export type GetNotificationResult = {
  readonly notification: NotificationView;
  readonly text: string;
  readonly attempts: ReadonlyArray<{
    readonly number: number;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly durationMs: number;
    readonly status: number | null;
    readonly problem: string | null;
    readonly answer: string;
  }>;
};
export type GetOncallResult = RotaView;
export type GetOncallEscalationResult = {
  /** Incident, or a page that was made by hand */
  readonly incidentId: string;
  readonly title: string;
  /** sev1 is the worst */
  readonly severity: Severity;
  readonly url: string;
  readonly policyId: string | null;
  readonly status: 'paging' | 'acknowledged' | 'stopped' | 'exhausted';
  readonly round: number;
  /** From 1; one more than there are: the last resort */
  readonly step: number;
  readonly steps: number;
  /** When something happens next unless somebody acknowledges */
  readonly nextAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  /** Milliseconds since the epoch */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly entries: ReadonlyArray<{
    /** The same in every repetition */
    readonly key: string;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    /** page, nobody, acknowledged, acknowledgement_expired, stopped, exhausted */
    readonly kind: string;
    readonly userId: string | null;
    readonly channelId: string | null;
    readonly text: string;
    readonly reasons: ReadonlyArray<{
      /** What was found, e.g. turn, override, outside_hours */
      readonly code: string;
      /** The layer, override, schedule, policy or channel that it is about */
      readonly subject: string;
      readonly values: Readonly<Record<string, string | number>>;
    }>;
    /** void: acknowledged or stopped before it was sent */
    readonly state: 'waiting' | 'done' | 'void';
    readonly doneAtMs: number | null;
    readonly attempts: number;
    /** Why the last attempt failed */
    readonly problem: string | null;
  }>;
};
export type GetOncallNowResult = {
  /** Milliseconds since the epoch */
  readonly atMs: number;
  readonly duties: ReadonlyArray<{
    /** Name of a user, schedule or policy, e.g. primary */
    readonly scheduleId: string;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    /** null: nobody */
    readonly userId: string | null;
    readonly overrideId: string | null;
    readonly layer: string | null;
    /** What was looked at, in order */
    readonly reasons: ReadonlyArray<{
      /** What was found, e.g. turn, override, outside_hours */
      readonly code: string;
      /** The layer, override, schedule, policy or channel that it is about */
      readonly subject: string;
      readonly values: Readonly<Record<string, string | number>>;
    }>;
    /** null: for longer than is looked ahead */
    readonly untilMs: number | null;
    readonly next: ShiftView | null;
  }>;
};
export type GetOncallNowQuery = {
  readonly atMs?: number | undefined;
};
export type GetOncallVersionResult = {
  readonly version: number;
  /** Milliseconds since the epoch */
  readonly appliedAtMs: number;
  readonly actor: string;
  readonly comment: string;
  readonly text: string;
};
export type GetOrderResult = OrderView;
export type GetProjectEncodingResult = {
  /** For uploads that name none */
  readonly preset: 'economy' | 'standard' | 'quality';
  /** A probe of the video decides its rungs and bit rates; null: as the preset has it */
  readonly isPerTitle: boolean | null;
  /** A family of renditions for each; h264 is one of them */
  readonly codecs: ReadonlyArray<'h264' | 'av1' | 'hevc'>;
};
export type GetRunbookResult = RunbookView;
export type GetRunbookRunResult = RunView;
export type GetSessionResult = {
  readonly name: string;
  readonly role: ApiRole;
  /** null: all projects */
  readonly projectId: string | null;
  /** Regions in which an operator may act; null: all */
  readonly regionIds: ReadonlyArray<string> | null;
  readonly expiresAtMs: number | null;
  /** Admin for a while; null: with the role of the credential */
  readonly breakGlass: {
    readonly id: string;
    /** Milliseconds since the epoch */
    readonly endsAtMs: number;
  } | null;
};
export type GetSignInResult = {
  /** Of identities (OpenID Connect); null: none */
  readonly provider: {
    readonly label: string;
    /** Where the browser goes, at control */
    readonly path: string;
  } | null;
};
export type GetSloResult = {
  readonly slo: SloView;
  /** As OpenSLO v1 */
  readonly yaml: string;
};
export type GetSloHistoryResult = {
  readonly points: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly good: number;
    readonly total: number;
    readonly burn: number;
  }>;
};
export type GetSloHistoryQuery = {
  readonly objective?: number | undefined;
  /** Only these, e.g. region=dublin,site=dublin-1 */
  readonly labels?: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
};
export type GetSteeringResult = {
  readonly plan: {
    readonly generation: number;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly ttlMs: number;
    readonly groups: ReadonlyArray<{
      /** Viewer group: viewers nearest to this region */
      readonly id: string;
      /** All usable pathways, best first */
      readonly order: ReadonlyArray<string>;
      /** Where sessions start; sums to 1 */
      readonly shares: ReadonlyArray<{
        /** Pathway: a site or a CDN */
        readonly pathwayId: string;
        readonly share: number;
      }>;
      readonly reasons: ReadonlyArray<{
        readonly code: string;
        /** What it is about: a pathway, a site, a node */
        readonly subject: string;
        /** The numbers compared */
        readonly values: Readonly<Record<string, number>>;
      }>;
    }>;
  };
  readonly findings: ReadonlyArray<{
    readonly code: string;
    readonly message: string;
  }>;
};
export type GetStorageScrubResult = {
  readonly regions: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly nodeId: string | null;
    readonly reportedAtMs: number | null;
    readonly state: {
      readonly roundStartedAtMs: number | null;
      readonly lastRoundEndedAtMs: number | null;
      /** project/asset that was read last in this round */
      readonly position: string;
      /** Since the node started */
      readonly bytesRead: number;
      /** Found since the node started */
      readonly damagedObjects: number;
      readonly repairedObjects: number;
      /** The rate it may read at */
      readonly bytesPerSecond: number;
    } | null;
  }>;
  readonly findings: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly kind: 'damaged' | 'repaired' | 'unrepairable' | 'dropped';
    readonly key: string;
    readonly detail: string;
    /** Region, e.g. dublin */
    readonly regionId: string;
    /** Node, e.g. dublin-1-a */
    readonly nodeId: string;
  }>;
};
export type GetStorageScrubQuery = {
  readonly limit?: number | undefined;
};
export type GetStorageUsageResult = {
  readonly projects: ReadonlyArray<{
    /** Project (tenant), e.g. default */
    readonly projectId: string;
    readonly assets: number;
    readonly storedBytes: number;
    /** By each region’s storageCostPerGbMonth */
    readonly storedCostPerMonth: number;
    readonly stored: ReadonlyArray<{
      /** other: captions, chosen posters, damaged objects that were set aside */
      readonly class: 'source' | 'renditions' | 'other';
      /** Region, e.g. dublin */
      readonly regionId: string;
      readonly bytes: number;
    }>;
    readonly uploadedBytesLastDay: number;
    /** What edges sent of it, by each region’s costPerGb */
    readonly egress: ReadonlyArray<{
      /** Region, e.g. dublin */
      readonly regionId: string;
      readonly bytesLast30Days: number;
      readonly cost: number;
    }>;
    readonly quotas: {
      /** In all regions together; null: no limit */
      readonly storedBytesMax: number | null;
      readonly assetsMax: number | null;
      readonly uploadBytesPerDayMax: number | null;
      /** Older assets are deleted; null: never */
      readonly retentionDays: number | null;
    };
  }>;
  /** Of all projects together, by each region’s costPerGb */
  readonly egress: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    readonly bytesLast30Days: number;
    readonly cost: number;
  }>;
};
export type GetStorageUsageQuery = {
  readonly projectId?: string | undefined;
};
export type GetViewerSessionResult = {
  readonly session: {
    /** The player’s name for it */
    readonly sid: string;
    /** project/asset or project/broadcast */
    readonly contentId: string | null;
    readonly kind: 'vod' | 'live';
    /** Of the pathway that it uses now */
    readonly regionId: string;
    readonly siteId: string;
    /** How it is watched: streaming format and CMCD version */
    readonly client: string;
    /** starting, playing, rebuffering, paused, ended, failed, left, … */
    readonly state: string;
    /** Milliseconds since the epoch */
    readonly startedAtMs: number;
    /** Milliseconds since the epoch */
    readonly updatedAtMs: number;
    readonly endedAtMs: number | null;
    readonly startupMs: number | null;
    readonly playMs: number;
    readonly stallMs: number;
    readonly stalls: number;
    readonly errors: number;
    readonly requests: number;
    /** Failed or late */
    readonly badRequests: number;
    readonly pathwayChanges: number;
    /** The last one told */
    readonly bitrateKbps: number | null;
    /** The last one told, of a live viewing */
    readonly latencyMs: number | null;
  };
  readonly steps: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly kind: 'state' | 'request' | 'pathway' | 'bitrate' | 'error' | 'interval';
    /** The state, the object and its outcome, the pathway, the error */
    readonly text: string;
    /** Of the pathway that it concerns */
    readonly siteId: string | null;
    readonly bufferedMs: number | null;
    readonly bitrateKbps: number | null;
    /** Behind the live origin; of a request, until its last byte */
    readonly latencyMs: number | null;
  }>;
};
export type GetViewerSessionHistoryResult = {
  readonly columns: ReadonlyArray<{
    readonly name: string;
    readonly type: string;
  }>;
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>;
  /** There are more rows than the 10,000, or 4 MB, that are answered */
  readonly isCut: boolean;
};
export type GetViewerSessionHistoryQuery = {
  /** e.g. select regionId, count(*) from sessions group by all */
  readonly sql: string;
  /** Its day is the first; default: six days before */
  readonly fromMs?: number | undefined;
  /** Its day is the last; default: now */
  readonly toMs?: number | undefined;
};
export type GetWebhookResult = WebhookView;
export type GetWebhookDeliveryResult = {
  readonly delivery: {
    readonly id: number;
    /** Event; also the header webhook-id */
    readonly eventId: string;
    readonly type: EventType;
    readonly subject: string;
    /** held: an earlier event of the same asset has to be delivered first */
    readonly state: DeliveryState;
    readonly attempts: number;
    /** Milliseconds since the epoch */
    readonly eventAtMs: number;
    readonly nextAttemptAtMs: number | null;
    readonly endedAtMs: number | null;
    /** Why the newest attempt failed, or why it was given up; a sentence */
    readonly reason: string | null;
    /** HTTP status of the newest answer */
    readonly lastStatus: number | null;
  };
  /** Oldest first */
  readonly attempts: ReadonlyArray<{
    readonly number: number;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly durationMs: number;
    /** null: no answer came */
    readonly status: number | null;
    /** What went wrong, a sentence; null when it was delivered */
    readonly problem: string | null;
    /** First bytes of the answer’s body */
    readonly answer: string;
  }>;
  readonly body: string;
};
export type GetWorldResult = World;
export type LintOncallResult = {
  readonly isGood: boolean;
  readonly findings: ReadonlyArray<{
    readonly severity: 'error' | 'warning';
    readonly code: string;
    readonly message: string;
    /** In the text, from 1 */
    readonly line: number | null;
    readonly fromMs: number | null;
    readonly untilMs: number | null;
  }>;
};
export type LintOncallBody = {
  readonly text?: string | undefined;
};
export type LintSloResult = {
  readonly isValid: boolean;
  readonly problems: ReadonlyArray<{
    readonly severity: 'error' | 'warning';
    readonly document: string;
    readonly path: string;
    readonly message: string;
  }>;
  readonly slos: ReadonlyArray<{
    readonly name: string;
    readonly tiers: ReadonlyArray<{
      readonly name: string;
      readonly severity: string;
      readonly burn: number;
      /** How long a total outage lasts before it fires */
      readonly outageDetectedMs: number;
    }>;
  }>;
};
export type LintSloBody = {
  /** OpenSLO v1 documents */
  readonly yaml: string;
};
export type ListActionItemsResult = {
  readonly actionItems: ReadonlyArray<ActionItem>;
};
export type ListActionItemsQuery = {
  readonly state?: ActionItemState | undefined;
  readonly owner?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListAlertRulesResult = {
  readonly rules: ReadonlyArray<{
    readonly rule:
      | {
          readonly kind: 'threshold';
          /** Rule, also the label alertname, e.g. RegionLost */
          readonly name: string;
          readonly severity: 'page' | 'ticket' | 'info';
          /** For people; {label} is filled in */
          readonly summary: string;
          readonly runbook: string | null;
          readonly series: string;
          readonly labels: Readonly<Record<string, string>>;
          /** One alert for each set of values of these */
          readonly by: ReadonlyArray<string>;
          /** How long it must hold before it fires */
          readonly afterMs: number;
          /** How long it must be over before it resolves */
          readonly keepMs: number;
          readonly windowMs: number;
          readonly measure: 'sum' | 'perSecond' | 'mean';
          readonly op: 'gt' | 'lt';
          readonly limit: number;
          /** While it fires, it ends only past this value */
          readonly clearLimit: number | null;
        }
      | {
          readonly kind: 'absence';
          /** Rule, also the label alertname, e.g. RegionLost */
          readonly name: string;
          readonly severity: 'page' | 'ticket' | 'info';
          /** For people; {label} is filled in */
          readonly summary: string;
          readonly runbook: string | null;
          readonly series: string;
          readonly labels: Readonly<Record<string, string>>;
          /** One alert for each set of values of these */
          readonly by: ReadonlyArray<string>;
          /** How long it must hold before it fires */
          readonly afterMs: number;
          /** How long it must be over before it resolves */
          readonly keepMs: number;
          readonly silentMs: number;
          /** What is lost when it falls silent; alerts of what is within stay quiet */
          readonly lost: 'region' | 'site' | 'node' | null;
        };
    readonly origin: 'shipped' | 'own';
    /** Milliseconds since the epoch */
    readonly updatedAtMs: number;
    readonly updatedBy: string;
  }>;
};
export type ListAlertSendersResult = {
  readonly senders: ReadonlyArray<{
    /** System that sends alerts */
    readonly id: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly lastUsedAtMs: number | null;
  }>;
};
export type ListAlertsResult = {
  readonly alerts: ReadonlyArray<AlertView>;
};
export type ListAlertsQuery = {
  /** live: not resolved */
  readonly state?: 'firing' | 'suppressed' | 'resolved' | 'live' | undefined;
  /** e.g. region=dublin */
  readonly matcher?: string | undefined;
  /** Only those not over before */
  readonly fromMs?: number | undefined;
  /** Only those that began before */
  readonly toMs?: number | undefined;
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListAssetCopiesResult = {
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  readonly servedVersion: number;
  readonly servedAttempt: number | null;
  readonly wanted: {
    readonly source: number;
    readonly renditions: number;
  };
  readonly copies: ReadonlyArray<{
    /** Region, e.g. dublin */
    readonly regionId: string;
    /** other: captions, chosen posters, damaged objects that were set aside */
    readonly class: 'source' | 'renditions' | 'other';
    readonly version: number;
    readonly attempt: number;
    readonly bytes: number;
    readonly isComplete: boolean;
    readonly damagedObjects: number;
    /** Every byte was read and its checksum was right */
    readonly verifiedAtMs: number | null;
    /** null: not reported yet */
    readonly reportedAtMs: number | null;
    /** Its region no longer has it */
    readonly lostAtMs: number | null;
  }>;
  readonly versions: ReadonlyArray<{
    readonly version: number;
    readonly state: 'serving' | 'processing' | 'replaced' | 'failed';
    readonly stage: Stage;
    readonly progress: number;
    readonly sourceBytes: number;
    readonly failure: {
      readonly code: string;
      readonly message: string;
    } | null;
    /** Milliseconds since the epoch */
    readonly registeredAtMs: number;
    readonly replacedAtMs: number | null;
  }>;
  readonly repairs: ReadonlyArray<RepairView>;
  readonly deletion: {
    /** Asset, e.g. ast_01jd… */
    readonly assetId: string;
    /** Project (tenant), e.g. default */
    readonly projectId: string;
    readonly name: string;
    /** Milliseconds since the epoch */
    readonly deletedAtMs: number;
    /** It can be restored until then; null: no longer */
    readonly restoreUntilMs: number | null;
    /** Every region had said by then that nothing is left */
    readonly goneEverywhereAtMs: number | null;
    readonly regions: ReadonlyArray<{
      /** Region, e.g. dublin */
      readonly regionId: string;
      /** null: it has not said so */
      readonly goneAtMs: number | null;
      /** What it held by its last report */
      readonly bytes: number;
    }>;
  } | null;
};
export type ListAssetsResult = {
  readonly assets: ReadonlyArray<AssetView>;
  readonly nextBefore: string | null;
};
export type ListAssetsQuery = {
  readonly projectId?: string | undefined;
  readonly search?: string | undefined;
  /** Assets older than this one */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListBreakGlassResult = {
  readonly active: ReadonlyArray<{
    /** A time behind broken glass, e.g. glass_01jd… */
    readonly id: string;
    /** Who */
    readonly name: string;
    readonly reason: string;
    /** With a credential of their own, or with a recovery code */
    readonly how: 'person' | 'code';
    /** Milliseconds since the epoch */
    readonly startedAtMs: number;
    /** By itself, at the latest */
    readonly endsAtMs: number;
    /** null: it lasts */
    readonly endedAtMs: number | null;
    readonly endedBy: string | null;
    /** Whether it is that of the caller */
    readonly isOwn: boolean;
    /** The page that it sent; null: there were too many open ones */
    readonly pageId: string | null;
  }>;
  /** Newest first */
  readonly ended: ReadonlyArray<{
    /** A time behind broken glass, e.g. glass_01jd… */
    readonly id: string;
    /** Who */
    readonly name: string;
    readonly reason: string;
    /** With a credential of their own, or with a recovery code */
    readonly how: 'person' | 'code';
    /** Milliseconds since the epoch */
    readonly startedAtMs: number;
    /** By itself, at the latest */
    readonly endsAtMs: number;
    /** null: it lasts */
    readonly endedAtMs: number | null;
    readonly endedBy: string | null;
    /** Whether it is that of the caller */
    readonly isOwn: boolean;
    /** The page that it sent; null: there were too many open ones */
    readonly pageId: string | null;
  }>;
};
export type ListBroadcastFiguresResult = {
  readonly workers: ReadonlyArray<{
    readonly role: 'ingest' | 'channel';
    /** Node, e.g. dublin-1-a */
    readonly nodeId: string;
    readonly channel: number | null;
    readonly points: ReadonlyArray<{
      /** Milliseconds since the epoch */
      readonly atMs: number;
      readonly figures: Readonly<Record<string, number>>;
    }>;
  }>;
};
export type ListBroadcastViewersResult = {
  readonly viewers: number;
  /** Behind the newest part, as players tell; null: none told */
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  /** Most viewers first */
  readonly regions: ReadonlyArray<{
    /** Of the pathway that they use now */
    readonly regionId: string;
    readonly viewers: number;
    /** Had a stall since they began */
    readonly stalledViewers: number;
    /** Behind the newest part, as players tell; null: none told */
    readonly latencyP50Ms: number | null;
    readonly latencyP95Ms: number | null;
  }>;
  readonly points: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly viewers: number;
  }>;
};
export type ListBroadcastsResult = {
  readonly broadcasts: ReadonlyArray<BroadcastView>;
  readonly nextBefore: string | null;
};
export type ListBroadcastsQuery = {
  readonly state?: 'planned' | 'ready' | 'on_air' | 'interrupted' | 'ended' | undefined;
  /** Broadcasts older than this one */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListChangesResult = {
  readonly changes: ReadonlyArray<Change>;
  /** `before` of the next page; null: this is the last one */
  readonly nextBefore: number | null;
};
export type ListChangesQuery = {
  readonly fromMs?: number | undefined;
  /** Exclusive */
  readonly toMs?: number | undefined;
  readonly kind?: ChangeKind | undefined;
  /** Only those with these labels */
  readonly labels?: string | undefined;
  /** Only those whose summary or actor has it */
  readonly text?: string | undefined;
  /** Only those with a smaller id */
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type ListEdgesResult = {
  /** Milliseconds since the epoch */
  readonly nowMs: number;
  readonly edges: ReadonlyArray<EdgeView>;
};
export type ListEventsResult = {
  readonly events: ReadonlyArray<{
    /** Event; also the header webhook-id */
    readonly id: string;
    /** Grows; of one subject, also in the order of its changes */
    readonly sequence: number;
    readonly type: EventType;
    /** The asset, broadcast, region, incident or webhook that it is about */
    readonly subject: string;
    readonly projectId: string | null;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly data: Readonly<Record<string, unknown>>;
  }>;
};
export type ListEventsQuery = {
  readonly type?: EventType | undefined;
  /** An asset, a region or an incident */
  readonly subject?: string | undefined;
  /** Events with a smaller sequence */
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type ListImportsResult = {
  readonly imports: ReadonlyArray<ImportView>;
  readonly nextBefore: string | null;
};
export type ListImportsQuery = {
  readonly projectId?: string | undefined;
  /** Objects of this bucket import */
  readonly parentId?: string | undefined;
  readonly state?: ImportState | undefined;
  /** Imports older than this one */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListIncidentChangesResult = {
  readonly changes: ReadonlyArray<RankedChange>;
};
export type ListIncidentChangesQuery = {
  readonly limit?: number | undefined;
};
export type ListIncidentStatusUpdatesResult = {
  readonly updates: ReadonlyArray<StatusUpdate>;
};
export type ListIncidentsResult = {
  /** Milliseconds since the epoch */
  readonly nowMs: number;
  readonly incidents: ReadonlyArray<Incident>;
};
export type ListIncidentsQuery = {
  readonly state?: IncidentFilter | undefined;
  readonly severity?: Severity | undefined;
  /** Only those whose title, labels or id have it */
  readonly text?: string | undefined;
  /** Only those that hold this alert */
  readonly alertId?: string | undefined;
  /** Only older ones */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListJobsResult = {
  readonly jobs: ReadonlyArray<JobView>;
  readonly nextBefore: string | null;
};
export type ListJobsQuery = {
  readonly state?: JobState | undefined;
  readonly projectId?: string | undefined;
  readonly assetId?: string | undefined;
  /** Jobs older than this one */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListNotificationChannelsResult = {
  readonly channels: ReadonlyArray<ChannelView>;
  /** Names of mail servers that the configuration has */
  readonly mailServers: ReadonlyArray<string>;
};
export type ListNotificationsResult = {
  readonly notifications: ReadonlyArray<NotificationView>;
};
export type ListNotificationsQuery = {
  readonly channelId?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly state?: 'waiting' | 'sending' | 'delivered' | 'dead' | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type ListOncallEscalationsResult = {
  readonly escalations: ReadonlyArray<EscalationView>;
};
export type ListOncallEscalationsQuery = {
  readonly status?: 'paging' | 'acknowledged' | 'stopped' | 'exhausted' | undefined;
  readonly limit?: number | undefined;
};
export type ListOncallFairnessResult = {
  readonly shares: ReadonlyArray<{
    /** Name of a user, schedule or policy, e.g. primary */
    readonly userId: string;
    readonly shifts: number;
    readonly hours: number;
    /** 22:00 to 06:00 in the zone of the person */
    readonly nightHours: number;
    readonly nights: number;
    readonly weekendHours: number;
    readonly weekends: number;
    readonly longestHours: number;
    /** Hours against an equal share; 1 is exactly fair */
    readonly ratio: number;
  }>;
};
export type ListOncallFairnessQuery = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly scheduleId?: string | undefined;
};
export type ListOncallFeedsResult = {
  readonly feeds: ReadonlyArray<{
    readonly id: string;
    readonly scheduleId: string | null;
    readonly userId: string | null;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly createdBy: string;
  }>;
};
export type ListOncallOverridesResult = {
  readonly overrides: ReadonlyArray<OverrideView>;
};
export type ListOncallShiftsResult = {
  readonly shifts: ReadonlyArray<ShiftView>;
};
export type ListOncallShiftsQuery = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly scheduleId?: string | undefined;
  readonly userId?: string | undefined;
};
export type ListOncallVersionsResult = {
  readonly versions: ReadonlyArray<{
    readonly version: number;
    /** Milliseconds since the epoch */
    readonly appliedAtMs: number;
    readonly actor: string;
    readonly comment: string;
  }>;
};
export type ListOncallVersionsQuery = {
  readonly limit?: number | undefined;
};
export type ListOrdersResult = {
  readonly orders: ReadonlyArray<OrderView>;
  readonly nextBefore: string | null;
};
export type ListOrdersQuery = {
  /** Only those in force or not done yet */
  readonly isOpen?: 'true' | 'false' | undefined;
  readonly kind?: 'purge' | 'restart' | 'throttle' | 'shift' | 'scale' | undefined;
  /** Only older ones */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListPresetsResult = {
  readonly presets: ReadonlyArray<PresetView>;
};
export type ListProjectQuotasResult = {
  /** In all regions together; null: no limit */
  readonly storedBytesMax: number | null;
  readonly assetsMax: number | null;
  readonly uploadBytesPerDayMax: number | null;
  /** Older assets are deleted; null: never */
  readonly retentionDays: number | null;
};
export type ListProjectsResult = {
  readonly projects: ReadonlyArray<{
    /** Project (tenant), e.g. default */
    readonly id: string;
    readonly name: string;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly assetCount: number;
    /** Loudness to which uploads are brought; null: as they are */
    readonly targetLufs: number | null;
  }>;
};
export type ListReadinessResult = {
  readonly services: ReadonlyArray<{
    readonly name: string;
    /** Nothing that counts is missing */
    readonly isReady: boolean;
    readonly metCount: number;
    /** Checks that count: all but those that are unavailable */
    readonly countedCount: number;
    readonly findings: ReadonlyArray<{
      readonly check: ReadinessCheck;
      /** unavailable: Meridian cannot tell yet */
      readonly state: 'met' | 'missing' | 'unavailable';
      readonly text: string;
      /** How to add it */
      readonly action: string | null;
    }>;
  }>;
};
export type ListRecoveryCodesResult = {
  readonly codes: ReadonlyArray<{
    readonly number: number;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly createdBy: string;
    readonly usedAtMs: number | null;
  }>;
};
export type ListRunbookRunsResult = {
  readonly runs: ReadonlyArray<RunSummary>;
  readonly nextBefore: string | null;
};
export type ListRunbookRunsQuery = {
  readonly runbookId?: string | undefined;
  readonly incidentId?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** Runs older than this one */
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListRunbookVersionsResult = {
  readonly versions: ReadonlyArray<{
    readonly version: number;
    /** Who saved it; null: it comes with the program */
    readonly actor: string | null;
    readonly createdAtMs: number | null;
    readonly isShipped: boolean;
    readonly isInForce: boolean;
    /** YAML */
    readonly text: string;
  }>;
};
export type ListRunbooksResult = {
  readonly runbooks: ReadonlyArray<{
    /** Runbook, e.g. drain-region */
    readonly id: string;
    readonly version: number;
    readonly title: string;
    readonly description: string;
    /** It comes with the program */
    readonly isShipped: boolean;
    readonly parameters: Readonly<
      Record<
        string,
        {
          readonly type:
            | 'region'
            | 'site'
            | 'place'
            | 'node'
            | 'broadcast'
            | 'project'
            | 'asset'
            | 'change'
            | 'text'
            | 'share'
            | 'count'
            | 'duration';
          readonly description: string;
          readonly default?: string | undefined;
        }
      >
    >;
    /** The guards in force */
    readonly policy: {
      /** Incidents may start it without a person */
      readonly isAutomatic: boolean;
      readonly runsPerHourMax: number;
      /** Share of all viewers that a run may touch */
      readonly viewerShareMax: number;
    };
    /** What its actions change; empty: it only looks and asks */
    readonly services: ReadonlyArray<'delivery' | 'encoding' | 'live'>;
    readonly stats: {
      /** Of the 90 days for which runs are kept */
      readonly runCount: number;
      readonly endedCount: number;
      readonly succeededCount: number;
      readonly openCount: number;
      /** Median of those that succeeded */
      readonly durationMsTypical: number | null;
      readonly lastRun: {
        /** Run of a runbook, e.g. run_01jd… */
        readonly id: string;
        readonly status: RunStatus;
        /** Milliseconds since the epoch */
        readonly createdAtMs: number;
      } | null;
    };
    readonly steps: ReadonlyArray<{
      readonly id: string;
      readonly kind: 'check' | 'action' | 'wait' | 'approval';
      readonly title: string;
      /** What it looks at, does and undoes, as sentences */
      readonly lines: ReadonlyArray<string>;
    }>;
  }>;
};
export type ListSilencesResult = {
  readonly silences: ReadonlyArray<{
    /** Silence */
    readonly id: string;
    readonly kind: 'silence' | 'maintenance';
    readonly matchers: ReadonlyArray<string>;
    /** Milliseconds since the epoch */
    readonly startsAtMs: number;
    /** null: until what it matches has resolved; of one that recurs: it goes on */
    readonly endsAtMs: number | null;
    /** It is in force during its occurrences alone */
    readonly recurrence: {
      readonly weekdays: ReadonlyArray<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'>;
      readonly startTime: string;
      readonly timeZone: string;
      readonly durationMs: number;
    } | null;
    /** Of one that recurs: the occurrence in force, else the next one */
    readonly occurrence: {
      /** Milliseconds since the epoch */
      readonly startsAtMs: number;
      /** Milliseconds since the epoch */
      readonly endsAtMs: number;
    } | null;
    readonly isInForce: boolean;
    readonly comment: string;
    readonly createdBy: string;
    readonly matchingAlerts: number;
  }>;
};
export type ListSlosResult = {
  readonly slos: ReadonlyArray<SloView>;
};
export type ListSlosQuery = {
  readonly service?: string | undefined;
  /** Continue behind this name */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
};
export type ListStatusResult = {
  readonly title: string;
  /** Current ones first, then those of the last day */
  readonly notices: ReadonlyArray<{
    readonly title: string;
    readonly impact: 'degraded' | 'outage';
    /** Empty: everywhere */
    readonly regionIds: ReadonlyArray<string>;
    /** Newest first */
    readonly updates: ReadonlyArray<{
      /** Milliseconds since the epoch */
      readonly atMs: number;
      readonly state: 'investigating' | 'identified' | 'monitoring' | 'resolved';
      readonly text: string;
    }>;
  }>;
};
export type ListStorageDeletionsResult = {
  readonly deletions: ReadonlyArray<{
    /** Asset, e.g. ast_01jd… */
    readonly assetId: string;
    /** Project (tenant), e.g. default */
    readonly projectId: string;
    readonly name: string;
    /** Milliseconds since the epoch */
    readonly deletedAtMs: number;
    /** It can be restored until then; null: no longer */
    readonly restoreUntilMs: number | null;
    /** Every region had said by then that nothing is left */
    readonly goneEverywhereAtMs: number | null;
    readonly regions: ReadonlyArray<{
      /** Region, e.g. dublin */
      readonly regionId: string;
      /** null: it has not said so */
      readonly goneAtMs: number | null;
      /** What it held by its last report */
      readonly bytes: number;
    }>;
  }>;
};
export type ListStorageDeletionsQuery = {
  readonly limit?: number | undefined;
};
export type ListStorageRepairsResult = {
  readonly repairs: ReadonlyArray<RepairView>;
};
export type ListStorageRepairsQuery = {
  readonly state?: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled' | undefined;
  readonly limit?: number | undefined;
};
export type ListTelemetryNamesResult = {
  readonly series: ReadonlyArray<{
    readonly name: string;
    readonly help: string;
    readonly labels: ReadonlyArray<string>;
    readonly isHistogram: boolean;
    /** Seen so far */
    readonly labelSets: number;
  }>;
};
export type ListTelemetrySeriesResult = {
  readonly name: string;
  readonly stepMs: number;
  readonly points: ReadonlyArray<{
    /** Start of the step */
    readonly atMs: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly count: number;
    /** Of a histogram */
    readonly sum: number | null;
    readonly p50: number | null;
    readonly p95: number | null;
    /** Quantiles of a histogram, off by 2 % at most */
    readonly p99: number | null;
  }>;
};
export type ListTelemetrySeriesQuery = {
  /** e.g. viewer_requests */
  readonly name: string;
  /** Only these, e.g. region:dublin,outcome:late */
  readonly labels?: string | undefined;
  /** Labels to tell apart, e.g. site,outcome */
  readonly by?: string | undefined;
  /** Default: an hour ago */
  readonly fromMs?: number | undefined;
  /** Default: now */
  readonly toMs?: number | undefined;
  /** A multiple of 5000; default 60000 */
  readonly stepMs?: number | undefined;
};
export type ListTokensResult = {
  readonly tokens: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
    readonly role: ApiRole;
    readonly projectId: string | null;
    /** Regions in which an operator may act; null: all */
    readonly regionIds: ReadonlyArray<string> | null;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly lastUsedAtMs: number | null;
    readonly expiresAtMs: number | null;
  }>;
};
export type ListViewerSessionsResult = {
  readonly sessions: ReadonlyArray<{
    /** The player’s name for it */
    readonly sid: string;
    /** project/asset or project/broadcast */
    readonly contentId: string | null;
    readonly kind: 'vod' | 'live';
    /** Of the pathway that it uses now */
    readonly regionId: string;
    readonly siteId: string;
    /** How it is watched: streaming format and CMCD version */
    readonly client: string;
    /** starting, playing, rebuffering, paused, ended, failed, left, … */
    readonly state: string;
    /** Milliseconds since the epoch */
    readonly startedAtMs: number;
    /** Milliseconds since the epoch */
    readonly updatedAtMs: number;
    readonly endedAtMs: number | null;
    readonly startupMs: number | null;
    readonly playMs: number;
    readonly stallMs: number;
    readonly stalls: number;
    readonly errors: number;
    readonly requests: number;
    /** Failed or late */
    readonly badRequests: number;
    readonly pathwayChanges: number;
    /** The last one told */
    readonly bitrateKbps: number | null;
    /** The last one told, of a live viewing */
    readonly latencyMs: number | null;
  }>;
  readonly nextBefore: string | null;
};
export type ListViewerSessionsQuery = {
  readonly regionId?: string | undefined;
  readonly siteId?: string | undefined;
  /** project/asset or project/broadcast, or the asset or broadcast alone */
  readonly contentId?: string | undefined;
  readonly kind?: 'vod' | 'live' | undefined;
  /** How it is watched, as viewings tell it, e.g. hls v2 */
  readonly client?: string | undefined;
  /** true: only those with stalls, errors or bad requests */
  readonly isTroubled?: 'true' | 'false' | undefined;
  /** stall: it stood still; error: errors or requests that failed or came late */
  readonly trouble?: 'stall' | 'error' | undefined;
  /** Only those that were still watched then, and began less than a day before */
  readonly fromMs?: number | undefined;
  /** Only those that began before */
  readonly toMs?: number | undefined;
  /** Newest first by the last word, or by the start, which stays the same while one goes through pages */
  readonly order?: 'heard' | 'started' | undefined;
  /** nextBefore of the page before; of the same order */
  readonly before?: string | undefined;
  /** Updated before this, for pages */
  readonly beforeMs?: number | undefined;
  readonly limit?: number | undefined;
};
export type ListWebhookDeliveriesResult = {
  readonly deliveries: ReadonlyArray<{
    readonly id: number;
    /** Event; also the header webhook-id */
    readonly eventId: string;
    readonly type: EventType;
    readonly subject: string;
    /** held: an earlier event of the same asset has to be delivered first */
    readonly state: DeliveryState;
    readonly attempts: number;
    /** Milliseconds since the epoch */
    readonly eventAtMs: number;
    readonly nextAttemptAtMs: number | null;
    readonly endedAtMs: number | null;
    /** Why the newest attempt failed, or why it was given up; a sentence */
    readonly reason: string | null;
    /** HTTP status of the newest answer */
    readonly lastStatus: number | null;
  }>;
};
export type ListWebhookDeliveriesQuery = {
  readonly state?: DeliveryState | undefined;
  /** Deliveries with a smaller id */
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type ListWebhooksResult = {
  readonly webhooks: ReadonlyArray<WebhookView>;
};
export type MergeIncidentResult = IncidentDetail;
export type MergeIncidentBody = {
  /** Incident, e.g. inc_01jd… */
  readonly into: string;
};
export type PauseRunbookRunResult = RunView;
export type PauseWebhookResult = WebhookView;
export type PreviewOrderResult = OrderPreview;
export type PreviewOrderBody =
  | {
      readonly kind: 'purge';
      /** Project (tenant), e.g. default */
      readonly projectId: string;
      /** null: all of the project */
      readonly assetId?: string | null | undefined;
      /** null: all versions */
      readonly version?: number | null | undefined;
    }
  | {
      readonly kind: 'restart';
      /** Node, e.g. dublin-1-a */
      readonly nodeId: string;
      /** Also when a guard does not hold */
      readonly isForced?: boolean | undefined;
    }
  | {
      readonly kind: 'throttle';
      /** null: everywhere */
      readonly regionId?: string | null | undefined;
      /** null: every project */
      readonly projectId?: string | null | undefined;
      /** video: prefetches are turned away; live: segments of videos too */
      readonly floor: 'video' | 'live';
    }
  | {
      readonly kind: 'shift';
      /** Site (datacentre), e.g. dublin-1 */
      readonly siteId: string;
      /** Part of what steering would send there by itself; 1 ends it */
      readonly share: number;
      /** Also when a guard does not hold */
      readonly isForced?: boolean | undefined;
    }
  | {
      readonly kind: 'scale';
      /** Region, e.g. dublin */
      readonly regionId: string;
      /** Jobs and chunks that its encoders take at once, all together; at most what their cores allow */
      readonly count: number;
    };
export type RecoverBreakGlasResult = {
  /** API token, valid as long as it lasts */
  readonly token: string;
  readonly view: {
    /** A time behind broken glass, e.g. glass_01jd… */
    readonly id: string;
    /** Who */
    readonly name: string;
    readonly reason: string;
    /** With a credential of their own, or with a recovery code */
    readonly how: 'person' | 'code';
    /** Milliseconds since the epoch */
    readonly startedAtMs: number;
    /** By itself, at the latest */
    readonly endsAtMs: number;
    /** null: it lasts */
    readonly endedAtMs: number | null;
    readonly endedBy: string | null;
    /** Whether it is that of the caller */
    readonly isOwn: boolean;
    /** The page that it sent; null: there were too many open ones */
    readonly pageId: string | null;
  };
};
export type RecoverBreakGlasBody = {
  readonly code: string;
  /** Who you are */
  readonly name: string;
  /** Why; stands in the page, the banner and the audit trail */
  readonly reason: string;
  /** How long at most */
  readonly ttlMs?: number | undefined;
};
export type ReopenIncidentResult = IncidentDetail;
export type ReopenIncidentBody = {
  readonly reason: string;
};
export type ReplayWebhookResult = {
  readonly count: number;
};
export type ReplayWebhookBody = {
  /** Milliseconds since the epoch */
  readonly fromMs: number;
  /** Milliseconds since the epoch */
  readonly toMs: number;
  /** failed: those given up; all: also those delivered, and those from before the webhook was added */
  readonly which?: 'failed' | 'all' | undefined;
};
export type ReplayWebhookDeliveryResult = {
  readonly id: number;
  /** Event; also the header webhook-id */
  readonly eventId: string;
  readonly type: EventType;
  readonly subject: string;
  /** held: an earlier event of the same asset has to be delivered first */
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Milliseconds since the epoch */
  readonly eventAtMs: number;
  readonly nextAttemptAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Why the newest attempt failed, or why it was given up; a sentence */
  readonly reason: string | null;
  /** HTTP status of the newest answer */
  readonly lastStatus: number | null;
};
export type ResolveIncidentResult = IncidentDetail;
export type ResolveIncidentBody = {
  readonly reason: string;
};
export type RestoreAssetResult = AssetView;
export type ResumeRunbookRunResult = RunView;
export type ResumeWebhookResult = WebhookView;
export type RetryAssetResult = AssetView;
export type RetryNotificationResult = NotificationView;
export type RevertChangeResult = {
  /** false: it was taken back already */
  readonly isChange: boolean;
  /** A sentence without its full stop */
  readonly text: string;
  /** Fields of the setting that change, their values as JSON; none of an order or a pause */
  readonly differences: ReadonlyArray<{
    readonly field: string;
    readonly from: string | null;
    readonly to: string | null;
  }>;
};
export type RevertChangeQuery = {
  /** Only say what would change */
  readonly isDryRun?: 'true' | 'false' | undefined;
};
export type RotatePassphraseBroadcastResult = BroadcastView;
export type RotateSecretWebhookResult = {
  readonly webhook: WebhookView;
  /** whsec_…; shown only this once */
  readonly secret: string;
};
export type RotateSecretWebhookBody = {
  readonly overlapMs?: number | undefined;
};
export type SetAlertRuleResult = {
  readonly rule:
    | {
        readonly kind: 'threshold';
        /** Rule, also the label alertname, e.g. RegionLost */
        readonly name: string;
        readonly severity: 'page' | 'ticket' | 'info';
        /** For people; {label} is filled in */
        readonly summary: string;
        readonly runbook: string | null;
        readonly series: string;
        readonly labels: Readonly<Record<string, string>>;
        /** One alert for each set of values of these */
        readonly by: ReadonlyArray<string>;
        /** How long it must hold before it fires */
        readonly afterMs: number;
        /** How long it must be over before it resolves */
        readonly keepMs: number;
        readonly windowMs: number;
        readonly measure: 'sum' | 'perSecond' | 'mean';
        readonly op: 'gt' | 'lt';
        readonly limit: number;
        /** While it fires, it ends only past this value */
        readonly clearLimit: number | null;
      }
    | {
        readonly kind: 'absence';
        /** Rule, also the label alertname, e.g. RegionLost */
        readonly name: string;
        readonly severity: 'page' | 'ticket' | 'info';
        /** For people; {label} is filled in */
        readonly summary: string;
        readonly runbook: string | null;
        readonly series: string;
        readonly labels: Readonly<Record<string, string>>;
        /** One alert for each set of values of these */
        readonly by: ReadonlyArray<string>;
        /** How long it must hold before it fires */
        readonly afterMs: number;
        /** How long it must be over before it resolves */
        readonly keepMs: number;
        readonly silentMs: number;
        /** What is lost when it falls silent; alerts of what is within stay quiet */
        readonly lost: 'region' | 'site' | 'node' | null;
      };
  readonly origin: 'shipped' | 'own';
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
  readonly updatedBy: string;
};
export type SetAlertRuleBody =
  | {
      readonly kind: 'threshold';
      /** Rule, also the label alertname, e.g. RegionLost */
      readonly name: string;
      readonly severity: 'page' | 'ticket' | 'info';
      /** For people; {label} is filled in */
      readonly summary: string;
      readonly runbook?: string | null | undefined;
      readonly series: string;
      readonly labels?: Readonly<Record<string, string>> | undefined;
      /** One alert for each set of values of these */
      readonly by?: ReadonlyArray<string> | undefined;
      /** How long it must hold before it fires */
      readonly afterMs?: number | undefined;
      /** How long it must be over before it resolves */
      readonly keepMs?: number | undefined;
      readonly windowMs: number;
      readonly measure: 'sum' | 'perSecond' | 'mean';
      readonly op: 'gt' | 'lt';
      readonly limit: number;
      /** While it fires, it ends only past this value */
      readonly clearLimit?: number | null | undefined;
    }
  | {
      readonly kind: 'absence';
      /** Rule, also the label alertname, e.g. RegionLost */
      readonly name: string;
      readonly severity: 'page' | 'ticket' | 'info';
      /** For people; {label} is filled in */
      readonly summary: string;
      readonly runbook?: string | null | undefined;
      readonly series: string;
      readonly labels?: Readonly<Record<string, string>> | undefined;
      /** One alert for each set of values of these */
      readonly by?: ReadonlyArray<string> | undefined;
      /** How long it must hold before it fires */
      readonly afterMs?: number | undefined;
      /** How long it must be over before it resolves */
      readonly keepMs?: number | undefined;
      readonly silentMs: number;
      /** What is lost when it falls silent; alerts of what is within stay quiet */
      readonly lost?: 'region' | 'site' | 'node' | null | undefined;
    };
export type SetAssetCaptionResult = AssetView;
export type SetAssetCaptionBody = {
  /** The file, at most 1 MiB */
  readonly text: string;
  readonly kind?: CaptionKind | undefined;
  /** Default: the name of the language */
  readonly label?: string | undefined;
  /** Shown unless the viewer chooses otherwise */
  readonly isDefault?: boolean | undefined;
};
export type SetAssetPosterResult = AssetView;
export type SetAssetPosterBody =
  | {
      /** A JPEG of at most 2 MiB */
      readonly imageBase64: string;
    }
  | {
      /** Time of the frame */
      readonly atMs: number;
    };
export type SetIncidentPostmortemResult = Postmortem;
export type SetIncidentPostmortemBody = {
  /** Markdown; empty: none */
  readonly summary: string;
  /** Markdown; empty: none */
  readonly lessons: string;
  /** The version that was changed */
  readonly basedOn: number;
};
export type SetIncidentRoleResult = IncidentDetail;
export type SetIncidentRoleBody = {
  readonly person: string | null;
};
export type SetOncallResult = {
  readonly current: {
    readonly version: number;
    /** Milliseconds since the epoch */
    readonly appliedAtMs: number;
    readonly actor: string;
    readonly comment: string;
  };
  readonly findings: ReadonlyArray<{
    readonly severity: 'error' | 'warning';
    readonly code: string;
    readonly message: string;
    /** In the text, from 1 */
    readonly line: number | null;
    readonly fromMs: number | null;
    readonly untilMs: number | null;
  }>;
};
export type SetOncallBody = {
  /** YAML; see docs/oncall.md */
  readonly text: string;
  readonly comment?: string | undefined;
  /** Version that was edited, 0 for none; refused when another one is in force */
  readonly basedOn?: number | undefined;
  /** Also with errors of coverage; never with mistakes */
  readonly isForced?: boolean | undefined;
};
export type SetProjectEncodingResult = {
  /** For uploads that name none */
  readonly preset: 'economy' | 'standard' | 'quality';
  /** A probe of the video decides its rungs and bit rates; null: as the preset has it */
  readonly isPerTitle: boolean | null;
  /** A family of renditions for each; h264 is one of them */
  readonly codecs: ReadonlyArray<'h264' | 'av1' | 'hevc'>;
};
export type SetProjectEncodingBody = {
  /** For uploads that name none */
  readonly preset: 'economy' | 'standard' | 'quality';
  /** A probe of the video decides its rungs and bit rates; null: as the preset has it */
  readonly isPerTitle: boolean | null;
  /** A family of renditions for each; h264 is one of them */
  readonly codecs: ReadonlyArray<'h264' | 'av1' | 'hevc'>;
};
export type SetProjectLoudnesResult = {
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly targetLufs: number | null;
};
export type SetProjectLoudnesBody = {
  /** EBU R 128; null: as it is (the default) */
  readonly targetLufs: number | null;
};
export type SetProjectQuotaResult = {
  /** In all regions together; null: no limit */
  readonly storedBytesMax: number | null;
  readonly assetsMax: number | null;
  readonly uploadBytesPerDayMax: number | null;
  /** Older assets are deleted; null: never */
  readonly retentionDays: number | null;
};
export type SetProjectQuotaBody = {
  /** In all regions together; null: no limit */
  readonly storedBytesMax: number | null;
  readonly assetsMax: number | null;
  readonly uploadBytesPerDayMax: number | null;
  /** Older assets are deleted; null: never */
  readonly retentionDays: number | null;
};
export type SetRegionEncodingResult = RegionEncoding;
export type SetRegionEncodingBody = {
  readonly isPaused: boolean;
};
export type SetRunbookResult = RunbookView;
export type SetRunbookBody = {
  /** YAML */
  readonly text: string;
};
export type SetRunbookPolicyResult = RunbookView;
export type SetRunbookPolicyBody = {
  /** Incidents may start it without a person */
  readonly isAutomatic: boolean;
  readonly runsPerHourMax: number;
  /** Share of all viewers that a run may touch */
  readonly viewerShareMax: number;
};
export type SetSloResult = {
  readonly applied: ReadonlyArray<string>;
  readonly warnings: ReadonlyArray<{
    readonly severity: 'error' | 'warning';
    readonly document: string;
    readonly path: string;
    readonly message: string;
  }>;
};
export type SetSloBody = {
  /** OpenSLO v1 documents */
  readonly yaml: string;
};
export type SimulateOncallResult = {
  /** Milliseconds since the epoch */
  readonly atMs: number;
  /** Name of a user, schedule or policy, e.g. primary */
  readonly policyId: string;
  readonly duties: ReadonlyArray<DutyView>;
  /** When nobody acknowledges, up to the first last resort */
  readonly pages: ReadonlyArray<{
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly kind: 'page' | 'nobody';
    readonly userId: string | null;
    readonly channelId: string | null;
    readonly reasons: ReadonlyArray<{
      /** What was found, e.g. turn, override, outside_hours */
      readonly code: string;
      /** The layer, override, schedule, policy or channel that it is about */
      readonly subject: string;
      readonly values: Readonly<Record<string, string | number>>;
    }>;
  }>;
};
export type SimulateOncallBody = {
  readonly text?: string | undefined;
  /** Milliseconds since the epoch */
  readonly atMs: number;
  /** Default: the default policy */
  readonly policyId?: string | undefined;
};
export type StopOncallEscalationResult = EscalationView;
export type StopOncallEscalationBody = {
  readonly reason?: string | undefined;
};
export type SwapOncallScheduleResult = {
  readonly overrides: ReadonlyArray<OverrideView>;
};
export type SwapOncallScheduleBody = {
  /** Any time within the one shift */
  readonly oneAtMs: number;
  /** Any time within the other */
  readonly otherAtMs: number;
  readonly reason?: string | undefined;
};
export type SwitchBroadcastResult = BroadcastView;
export type TakeOncallScheduleResult = OverrideView;
export type TakeOncallScheduleBody = {
  /** Name of a user, schedule or policy, e.g. primary */
  readonly userId: string;
  /** Default: the end of the shift */
  readonly untilMs?: number | undefined;
  readonly reason?: string | undefined;
};
export type TestNotificationChannelResult = {
  readonly notificationId: number;
};
export type TestWebhookResult = {
  readonly deliveryId: number;
};
export type UpdateActionItemResult = ActionItem;
export type UpdateActionItemBody = {
  readonly title?: string | undefined;
  readonly owner?: string | undefined;
  readonly dueAtMs?: number | undefined;
  readonly state?: ActionItemState | undefined;
};
export type UpdateAssetResult = AssetView;
export type UpdateAssetBody = {
  readonly name?: string | undefined;
  readonly visibility?: Visibility | undefined;
};
export type UpdateIncidentResult = IncidentDetail;
export type UpdateIncidentBody = {
  readonly title?: string | undefined;
  /** From then on it is no longer judged */
  readonly severity?: Severity | undefined;
  readonly impactStartedAtMs?: number | undefined;
};
export type UpdateJobResult = JobDetail;
export type UpdateJobBody = {
  readonly priority: 'high' | 'normal' | 'low';
};
export type UpdateNotificationChannelResult = ChannelView;
export type UpdateNotificationChannelBody = {
  readonly name?: string | undefined;
  /** Of the same kind as before */
  readonly settings?:
    | {
        readonly kind: 'webhook';
        readonly url: string;
      }
    | {
        readonly kind: 'slack';
        /** Incoming webhook; it is a secret */
        readonly url: string;
      }
    | {
        readonly kind: 'pagerduty';
        /** Integration key of the service; it is a secret */
        readonly routingKey: string;
        readonly url?: string | undefined;
      }
    | {
        readonly kind: 'alertmanager';
        /** Whatever takes webhooks of Alertmanager, version 4; an Alertmanager itself when it ends in /api/v2/alerts */
        readonly url: string;
      }
    | {
        readonly kind: 'email';
        /** Name of a mail server in the configuration */
        readonly server: string;
        readonly to: ReadonlyArray<string>;
      }
    | undefined;
  readonly alerts?:
    | {
        /** All of them must match; none: every alert */
        readonly matchers: ReadonlyArray<string>;
        /** Alerts with the same values of these labels are told together and in order */
        readonly groupBy?: ReadonlyArray<string> | undefined;
      }
    | null
    | undefined;
};
export type UpdateWebhookResult = WebhookView;
export type UpdateWebhookBody = {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly eventTypes?: ReadonlyArray<EventType> | undefined;
  readonly format?: WebhookFormat | undefined;
};

/** Every route as a method. */
export function createMethods(call: Call) {
  return {
    /** Take it: nobody else is paged. */
    acknowledgeIncident: (
      incidentId: string,
      options: CallOptions = {},
    ): Promise<AcknowledgeIncidentResult> =>
      call('POST', '/v1/incidents/{incidentId}/acknowledge', { path: { incidentId } }, options),
    /** Say that somebody has taken it; nobody else is paged. */
    acknowledgeOncallEscalation: (
      incidentId: string,
      body: AcknowledgeOncallEscalationBody,
      options: CallOptions = {},
    ): Promise<AcknowledgeOncallEscalationResult> =>
      call(
        'POST',
        '/v1/oncall/escalations/{incidentId}/acknowledge',
        { path: { incidentId }, body },
        options,
      ),
    /** Alertmanager's webhook (version 4), and Grafana's. */
    alertmanagerAlert: (
      body: AlertmanagerAlertBody,
      options: CallOptions = {},
    ): Promise<AlertmanagerAlertResult> => call('POST', '/v1/alerts/alertmanager', { body }, options),
    /** Stop an import; what a bucket has already brought stays. */
    cancelImport: (importId: string, options: CallOptions = {}): Promise<CancelImportResult> =>
      call('POST', '/v1/imports/{importId}/cancel', { path: { importId } }, options),
    /** End a job; its encoders stop within a heartbeat. Retrying the asset begins it anew. */
    cancelJob: (jobId: string, options: CallOptions = {}): Promise<CancelJobResult> =>
      call('POST', '/v1/jobs/{jobId}/cancel', { path: { jobId } }, options),
    /** End a run, and undo what it did where that is asked for. */
    cancelRunbookRun: (
      runId: string,
      body: CancelRunbookRunBody = {},
      options: CallOptions = {},
    ): Promise<CancelRunbookRunResult> =>
      call('POST', '/v1/runbook-runs/{runId}/cancel', { path: { runId }, body }, options),
    /** CloudEvents 1.0 in structured form. */
    createAlertCloudevent: (
      body: CreateAlertCloudeventBody,
      options: CallOptions = {},
    ): Promise<CreateAlertCloudeventResult> => call('POST', '/v1/alerts/cloudevents', { body }, options),
    /** Let a system send alerts; its token is shown only this once. */
    createAlertSender: (
      body: CreateAlertSenderBody,
      options: CallOptions = {},
    ): Promise<CreateAlertSenderResult> => call('POST', '/v1/alert-senders', { body }, options),
    /** Make a playback token for a private asset. */
    createAssetPlaybackToken: (
      assetId: string,
      body: CreateAssetPlaybackTokenBody = {},
      options: CallOptions = {},
    ): Promise<CreateAssetPlaybackTokenResult> =>
      call('POST', '/v1/assets/{assetId}/playback-tokens', { path: { assetId }, body }, options),
    /** Become admin for a while; pages whoever is on call. */
    createBreakGlas: (body: CreateBreakGlasBody, options: CallOptions = {}): Promise<CreateBreakGlasResult> =>
      call('POST', '/v1/break-glass', { body }, options),
    /** Create a broadcast; it is scheduled at once, and refused when no encoder has room for it. */
    createBroadcast: (body: CreateBroadcastBody, options: CallOptions = {}): Promise<CreateBroadcastResult> =>
      call('POST', '/v1/broadcasts', { body }, options),
    /** Make a broadcast in a further region too, or move its last backup there. */
    createBroadcastChannel: (
      broadcastId: string,
      regionId: string,
      body: CreateBroadcastChannelBody = {},
      options: CallOptions = {},
    ): Promise<CreateBroadcastChannelResult> =>
      call(
        'POST',
        '/v1/broadcasts/{broadcastId}/channels/{regionId}',
        { path: { broadcastId, regionId }, body },
        options,
      ),
    /** Move a broadcast off a region: its channel there ends, and publishers are sent elsewhere. */
    createBroadcastDrain: (
      broadcastId: string,
      regionId: string,
      options: CallOptions = {},
    ): Promise<CreateBroadcastDrainResult> =>
      call(
        'POST',
        '/v1/broadcasts/{broadcastId}/drains/{regionId}',
        { path: { broadcastId, regionId } },
        options,
      ),
    /** Tell of a change that was made elsewhere: a deploy by a pipeline, a network, a supplier. */
    createChange: (body: CreateChangeBody, options: CallOptions = {}): Promise<CreateChangeResult> =>
      call('POST', '/v1/changes', { body }, options),
    /** Drain a site or a region: viewers are steered away first, then media is refused there. */
    createDrain: (
      target: string,
      body: CreateDrainBody = {},
      options: CallOptions = {},
    ): Promise<CreateDrainResult> => call('POST', '/v1/drains/{target}', { path: { target }, body }, options),
    /** Fetch media from an address, or all media of a bucket. */
    createImport: (body: CreateImportBody = {}, options: CallOptions = {}): Promise<CreateImportResult> =>
      call('POST', '/v1/imports', { body }, options),
    /** Open an incident by hand; alerts of the same place join it. */
    createIncident: (body: CreateIncidentBody, options: CallOptions = {}): Promise<CreateIncidentResult> =>
      call('POST', '/v1/incidents', { body }, options),
    /** Note what is to be done so that it does not happen again, by whom and until when. */
    createIncidentActionItem: (
      incidentId: string,
      body: CreateIncidentActionItemBody,
      options: CallOptions = {},
    ): Promise<CreateIncidentActionItemResult> =>
      call('POST', '/v1/incidents/{incidentId}/action-items', { path: { incidentId }, body }, options),
    /** Add a note, or a message of a chat, to the timeline. */
    createIncidentNote: (
      incidentId: string,
      body: CreateIncidentNoteBody,
      options: CallOptions = {},
    ): Promise<CreateIncidentNoteResult> =>
      call('POST', '/v1/incidents/{incidentId}/notes', { path: { incidentId }, body }, options),
    /** Tell the public; what is left out stays as it was, or a template says it. */
    createIncidentStatusUpdate: (
      incidentId: string,
      body: CreateIncidentStatusUpdateBody,
      options: CallOptions = {},
    ): Promise<CreateIncidentStatusUpdateResult> =>
      call('POST', '/v1/incidents/{incidentId}/status-updates', { path: { incidentId }, body }, options),
    /** Make a one-time token with which a node joins. */
    createJoinToken: (body: CreateJoinTokenBody, options: CallOptions = {}): Promise<CreateJoinTokenResult> =>
      call('POST', '/v1/join-tokens', { body }, options),
    /** Add a channel; the signing secret of a webhook is shown only this once. */
    createNotificationChannel: (
      body: CreateNotificationChannelBody,
      options: CallOptions = {},
    ): Promise<CreateNotificationChannelResult> =>
      call('POST', '/v1/notification-channels', { body }, options),
    /** Page whoever has duty, without an incident. */
    createOncallEscalation: (
      body: CreateOncallEscalationBody,
      options: CallOptions = {},
    ): Promise<CreateOncallEscalationResult> => call('POST', '/v1/oncall/escalations', { body }, options),
    /** Make a calendar feed; its address holds a secret and is shown only now. */
    createOncallFeed: (
      body: CreateOncallFeedBody = {},
      options: CallOptions = {},
    ): Promise<CreateOncallFeedResult> => call('POST', '/v1/oncall/feeds', { body }, options),
    /** Give a schedule to somebody for a while. */
    createOncallOverride: (
      body: CreateOncallOverrideBody,
      options: CallOptions = {},
    ): Promise<CreateOncallOverrideResult> => call('POST', '/v1/oncall/overrides', { body }, options),
    /** Purge edges, restart a node, throttle, shift a part of a site’s traffic, or scale the encoders of a region. */
    createOrder: (body: CreateOrderBody, options: CallOptions = {}): Promise<CreateOrderResult> =>
      call('POST', '/v1/orders', { body }, options),
    /** Create a project. */
    createProject: (body: CreateProjectBody, options: CallOptions = {}): Promise<CreateProjectResult> =>
      call('POST', '/v1/projects', { body }, options),
    /** Make a signing key for the project’s own backend, which can then sign tokens offline; the private key is shown once. */
    createProjectKey: (
      projectId: string,
      body: CreateProjectKeyBody,
      options: CallOptions = {},
    ): Promise<CreateProjectKeyResult> =>
      call('POST', '/v1/projects/{projectId}/keys', { path: { projectId }, body }, options),
    /** Make new recovery codes, shown once; those from before count no longer. */
    createRecoveryCode: (options: CallOptions = {}): Promise<CreateRecoveryCodeResult> =>
      call('POST', '/v1/recovery-codes', {}, options),
    /** Revoke a playback token or an upload grant; it stops working within a few beats. */
    createRevocation: (
      body: CreateRevocationBody,
      options: CallOptions = {},
    ): Promise<CreateRevocationResult> => call('POST', '/v1/revocations', { body }, options),
    /** Start a run; the open one of the same runbook and parameters is given back where there is one. */
    createRunbookRun: (
      runbookId: string,
      body: CreateRunbookRunBody = {},
      options: CallOptions = {},
    ): Promise<CreateRunbookRunResult> =>
      call('POST', '/v1/runbooks/{runbookId}/runs', { path: { runbookId }, body }, options),
    /** Log in to the console with an API token; sets a cookie. */
    createSession: (body: CreateSessionBody, options: CallOptions = {}): Promise<CreateSessionResult> =>
      call('POST', '/v1/session', { body }, options),
    /** Keep alerts quiet for a time, or until they resolve. */
    createSilence: (body: CreateSilenceBody, options: CallOptions = {}): Promise<CreateSilenceResult> =>
      call('POST', '/v1/silences', { body }, options),
    /** Make an API token; it is shown once. */
    createToken: (body: CreateTokenBody, options: CallOptions = {}): Promise<CreateTokenResult> =>
      call('POST', '/v1/tokens', { body }, options),
    /** Make a signed grant, good at any region’s ingest, also while control is away. */
    createUploadGrant: (
      body: CreateUploadGrantBody = {},
      options: CallOptions = {},
    ): Promise<CreateUploadGrantResult> => call('POST', '/v1/upload-grants', { body }, options),
    /** Add a webhook; its secret is shown once. */
    createWebhook: (body: CreateWebhookBody, options: CallOptions = {}): Promise<CreateWebhookResult> =>
      call('POST', '/v1/webhooks', { body }, options),
    /** Approve or reject the step that waits for a decision. */
    decideRunbookRun: (
      runId: string,
      body: DecideRunbookRunBody,
      options: CallOptions = {},
    ): Promise<DecideRunbookRunResult> =>
      call('POST', '/v1/runbook-runs/{runId}/decide', { path: { runId }, body }, options),
    /** Remove a rule; its alerts resolve. */
    deleteAlertRule: (name: string, options: CallOptions = {}): Promise<DeleteAlertRuleResult> =>
      call('DELETE', '/v1/alert-rules/{name}', { path: { name } }, options),
    /** Take a sender its token; its alerts expire. */
    deleteAlertSender: (senderId: string, options: CallOptions = {}): Promise<DeleteAlertSenderResult> =>
      call('DELETE', '/v1/alert-senders/{senderId}', { path: { senderId } }, options),
    /** Delete, everywhere; the bytes go when the deletion can no longer be undone. */
    deleteAsset: (assetId: string, options: CallOptions = {}): Promise<DeleteAssetResult> =>
      call('DELETE', '/v1/assets/{assetId}', { path: { assetId } }, options),
    /** Remove a caption track. */
    deleteAssetCaption: (
      assetId: string,
      language: string,
      query: DeleteAssetCaptionQuery = {},
      options: CallOptions = {},
    ): Promise<DeleteAssetCaptionResult> =>
      call(
        'DELETE',
        '/v1/assets/{assetId}/captions/{language}',
        { path: { assetId, language }, query },
        options,
      ),
    /** Go back to the poster that processing made. */
    deleteAssetPoster: (assetId: string, options: CallOptions = {}): Promise<DeleteAssetPosterResult> =>
      call('DELETE', '/v1/assets/{assetId}/poster', { path: { assetId } }, options),
    /** End the channel in a region; two others must be left. */
    deleteBroadcastChannel: (
      broadcastId: string,
      regionId: string,
      options: CallOptions = {},
    ): Promise<DeleteBroadcastChannelResult> =>
      call(
        'DELETE',
        '/v1/broadcasts/{broadcastId}/channels/{regionId}',
        { path: { broadcastId, regionId } },
        options,
      ),
    /** Let a broadcast be made in a region again. */
    deleteBroadcastDrain: (
      broadcastId: string,
      regionId: string,
      options: CallOptions = {},
    ): Promise<DeleteBroadcastDrainResult> =>
      call(
        'DELETE',
        '/v1/broadcasts/{broadcastId}/drains/{regionId}',
        { path: { broadcastId, regionId } },
        options,
      ),
    /** End a drain. */
    deleteDrain: (target: string, options: CallOptions = {}): Promise<DeleteDrainResult> =>
      call('DELETE', '/v1/drains/{target}', { path: { target } }, options),
    /** Take back what the public was told. */
    deleteIncidentStatusUpdate: (
      incidentId: string,
      updateId: string,
      options: CallOptions = {},
    ): Promise<DeleteIncidentStatusUpdateResult> =>
      call(
        'DELETE',
        '/v1/incidents/{incidentId}/status-updates/{updateId}',
        { path: { incidentId, updateId } },
        options,
      ),
    /** Remove a channel; what waits for it is given up. */
    deleteNotificationChannel: (
      channelId: string,
      options: CallOptions = {},
    ): Promise<DeleteNotificationChannelResult> =>
      call('DELETE', '/v1/notification-channels/{channelId}', { path: { channelId } }, options),
    /** Close a calendar feed. */
    deleteOncallFeed: (feedId: string, options: CallOptions = {}): Promise<DeleteOncallFeedResult> =>
      call('DELETE', '/v1/oncall/feeds/{feedId}', { path: { feedId } }, options),
    /** Take back an override. */
    deleteOncallOverride: (
      overrideId: string,
      options: CallOptions = {},
    ): Promise<DeleteOncallOverrideResult> =>
      call('DELETE', '/v1/oncall/overrides/{overrideId}', { path: { overrideId } }, options),
    /** End a throttle, a shift or a scale, or withdraw a restart that has not happened. */
    deleteOrder: (orderId: string, options: CallOptions = {}): Promise<DeleteOrderResult> =>
      call('DELETE', '/v1/orders/{orderId}', { path: { orderId } }, options),
    /** Log out. */
    deleteSession: (options: CallOptions = {}): Promise<DeleteSessionResult> =>
      call('DELETE', '/v1/session', {}, options),
    /** End a silence now. */
    deleteSilence: (silenceId: string, options: CallOptions = {}): Promise<DeleteSilenceResult> =>
      call('DELETE', '/v1/silences/{silenceId}', { path: { silenceId } }, options),
    /** Remove an objective; its alerts resolve. */
    deleteSlo: (name: string, options: CallOptions = {}): Promise<DeleteSloResult> =>
      call('DELETE', '/v1/slos/{name}', { path: { name } }, options),
    /** Revoke an API token. */
    deleteToken: (tokenId: string, options: CallOptions = {}): Promise<DeleteTokenResult> =>
      call('DELETE', '/v1/tokens/{tokenId}', { path: { tokenId } }, options),
    /** Remove a webhook with its deliveries. */
    deleteWebhook: (webhookId: string, options: CallOptions = {}): Promise<DeleteWebhookResult> =>
      call('DELETE', '/v1/webhooks/{webhookId}', { path: { webhookId } }, options),
    /** What a run would do, whom it would touch, and whether the guards allow it; changes nothing. */
    dryRunRunbook: (
      runbookId: string,
      body: DryRunRunbookBody = {},
      options: CallOptions = {},
    ): Promise<DryRunRunbookResult> =>
      call('POST', '/v1/runbooks/{runbookId}/dry-run', { path: { runbookId }, body }, options),
    /** End it early: one’s own, or as an admin anybody’s. */
    endBreakGlas: (breakGlassId: string, options: CallOptions = {}): Promise<EndBreakGlasResult> =>
      call('POST', '/v1/break-glass/{breakGlassId}/end', { path: { breakGlassId } }, options),
    /** End a broadcast; its recording becomes an asset. */
    endBroadcast: (broadcastId: string, options: CallOptions = {}): Promise<EndBroadcastResult> =>
      call('POST', '/v1/broadcasts/{broadcastId}/end', { path: { broadcastId } }, options),
    /** PagerDuty's Events API v2: senders only change their address; the routing key is the sender's token. */
    enqueueAlertPagerdutyV2: (
      body: EnqueueAlertPagerdutyV2Body,
      options: CallOptions = {},
    ): Promise<EnqueueAlertPagerdutyV2Result> =>
      call('POST', '/v1/alerts/pagerduty/v2/enqueue', { body }, options),
    /** Page again, by another escalation policy if one is named. */
    escalateIncident: (
      incidentId: string,
      body: EscalateIncidentBody,
      options: CallOptions = {},
    ): Promise<EscalateIncidentResult> =>
      call('POST', '/v1/incidents/{incidentId}/escalate', { path: { incidentId }, body }, options),
    /** Page the next step now. */
    escalateOncallEscalation: (
      incidentId: string,
      options: CallOptions = {},
    ): Promise<EscalateOncallEscalationResult> =>
      call('POST', '/v1/oncall/escalations/{incidentId}/escalate', { path: { incidentId } }, options),
    /** One alert with its evidence. */
    getAlert: (alertId: string, options: CallOptions = {}): Promise<GetAlertResult> =>
      call('GET', '/v1/alerts/{alertId}', { path: { alertId } }, options),
    /** One asset. */
    getAsset: (assetId: string, options: CallOptions = {}): Promise<GetAssetResult> =>
      call('GET', '/v1/assets/{assetId}', { path: { assetId } }, options),
    /** What happened to an asset, also a deleted one, newest first. */
    getAssetTimeline: (
      assetId: string,
      query: GetAssetTimelineQuery = {},
      options: CallOptions = {},
    ): Promise<GetAssetTimelineResult> =>
      call('GET', '/v1/assets/{assetId}/timeline', { path: { assetId }, query }, options),
    /** Who changed what, newest first. */
    getAudit: (query: GetAuditQuery = {}, options: CallOptions = {}): Promise<GetAuditResult> =>
      call('GET', '/v1/audit', { query }, options),
    /** Rows of the audit trail in the order of the chain, with their hashes. */
    getAuditChain: (
      query: GetAuditChainQuery = {},
      options: CallOptions = {},
    ): Promise<GetAuditChainResult> => call('GET', '/v1/audit/chain', { query }, options),
    /** Check a page of the chain of the audit trail: is each row what was sealed, and is none missing. */
    getAuditVerify: (
      query: GetAuditVerifyQuery = {},
      options: CallOptions = {},
    ): Promise<GetAuditVerifyResult> => call('GET', '/v1/audit/verify', { query }, options),
    /** A broadcast. */
    getBroadcast: (broadcastId: string, options: CallOptions = {}): Promise<GetBroadcastResult> =>
      call('GET', '/v1/broadcasts/{broadcastId}', { path: { broadcastId } }, options),
    /** Where and with which key to publish. */
    getBroadcastIngest: (broadcastId: string, options: CallOptions = {}): Promise<GetBroadcastIngestResult> =>
      call('GET', '/v1/broadcasts/{broadcastId}/ingest', { path: { broadcastId } }, options),
    /** Changes that may have caused what broke at a moment, the likeliest first. */
    getChangeNear: (query: GetChangeNearQuery, options: CallOptions = {}): Promise<GetChangeNearResult> =>
      call('GET', '/v1/changes/near', { query }, options),
    /** Encoders by region: speed, free slots, and which regions are paused. */
    getEncoding: (options: CallOptions = {}): Promise<GetEncodingResult> =>
      call('GET', '/v1/encoding', {}, options),
    /** One import, with its progress. */
    getImport: (importId: string, options: CallOptions = {}): Promise<GetImportResult> =>
      call('GET', '/v1/imports/{importId}', { path: { importId } }, options),
    /** An incident with its alerts, pages, runbooks and action items. */
    getIncident: (incidentId: string, options: CallOptions = {}): Promise<GetIncidentResult> =>
      call('GET', '/v1/incidents/{incidentId}', { path: { incidentId } }, options),
    /** A draft of the postmortem from the timeline, as Markdown with inline SVG. */
    getIncidentPostmortem: (
      incidentId: string,
      options: CallOptions = {},
    ): Promise<GetIncidentPostmortemResult> =>
      call('GET', '/v1/incidents/{incidentId}/postmortem', { path: { incidentId } }, options),
    /** What happened, in the order of its times. */
    getIncidentTimeline: (
      incidentId: string,
      query: GetIncidentTimelineQuery = {},
      options: CallOptions = {},
    ): Promise<GetIncidentTimelineResult> =>
      call('GET', '/v1/incidents/{incidentId}/timeline', { path: { incidentId }, query }, options),
    /** One job with its chunks and where they ran, and why. */
    getJob: (jobId: string, options: CallOptions = {}): Promise<GetJobResult> =>
      call('GET', '/v1/jobs/{jobId}', { path: { jobId } }, options),
    /** One of them with every attempt. */
    getNotification: (notificationId: string, options: CallOptions = {}): Promise<GetNotificationResult> =>
      call('GET', '/v1/notifications/{notificationId}', { path: { notificationId } }, options),
    /** The rota that is in force. */
    getOncall: (options: CallOptions = {}): Promise<GetOncallResult> =>
      call('GET', '/v1/oncall', {}, options),
    /** One page: whom it reached, by which channel, and why. */
    getOncallEscalation: (
      incidentId: string,
      options: CallOptions = {},
    ): Promise<GetOncallEscalationResult> =>
      call('GET', '/v1/oncall/escalations/{incidentId}', { path: { incidentId } }, options),
    /** Who has duty, until when, who comes next, and why. */
    getOncallNow: (query: GetOncallNowQuery = {}, options: CallOptions = {}): Promise<GetOncallNowResult> =>
      call('GET', '/v1/oncall/now', { query }, options),
    /** A version of the rota as it was written. */
    getOncallVersion: (version: string, options: CallOptions = {}): Promise<GetOncallVersionResult> =>
      call('GET', '/v1/oncall/versions/{version}', { path: { version } }, options),
    /** An order, and which nodes have done it. */
    getOrder: (orderId: string, options: CallOptions = {}): Promise<GetOrderResult> =>
      call('GET', '/v1/orders/{orderId}', { path: { orderId } }, options),
    /** How uploads of a project are encoded. */
    getProjectEncoding: (projectId: string, options: CallOptions = {}): Promise<GetProjectEncodingResult> =>
      call('GET', '/v1/projects/{projectId}/encoding', { path: { projectId } }, options),
    /** A runbook with its steps and its text. */
    getRunbook: (runbookId: string, options: CallOptions = {}): Promise<GetRunbookResult> =>
      call('GET', '/v1/runbooks/{runbookId}', { path: { runbookId } }, options),
    /** One run: steps, what was seen, what was done, and when. */
    getRunbookRun: (runId: string, options: CallOptions = {}): Promise<GetRunbookRunResult> =>
      call('GET', '/v1/runbook-runs/{runId}', { path: { runId } }, options),
    /** Who am I. */
    getSession: (options: CallOptions = {}): Promise<GetSessionResult> =>
      call('GET', '/v1/session', {}, options),
    /** How people can sign in besides with an API token. */
    getSignIn: (options: CallOptions = {}): Promise<GetSignInResult> =>
      call('GET', '/v1/sign-in', {}, options),
    /** One objective with its document. */
    getSlo: (name: string, options: CallOptions = {}): Promise<GetSloResult> =>
      call('GET', '/v1/slos/{name}', { path: { name } }, options),
    /** Good and all events by step, and the burn of each, for graphs. */
    getSloHistory: (
      name: string,
      query: GetSloHistoryQuery,
      options: CallOptions = {},
    ): Promise<GetSloHistoryResult> =>
      call('GET', '/v1/slos/{name}/history', { path: { name }, query }, options),
    /** The steering plan in force, and what its checker says. */
    getSteering: (options: CallOptions = {}): Promise<GetSteeringResult> =>
      call('GET', '/v1/steering', {}, options),
    /** Where the scrubber of each region is, and what was found lately. */
    getStorageScrub: (
      query: GetStorageScrubQuery = {},
      options: CallOptions = {},
    ): Promise<GetStorageScrubResult> => call('GET', '/v1/storage/scrub', { query }, options),
    /** What projects store and send, and what it costs; what regions send. */
    getStorageUsage: (
      query: GetStorageUsageQuery = {},
      options: CallOptions = {},
    ): Promise<GetStorageUsageResult> => call('GET', '/v1/storage/usage', { query }, options),
    /** One viewing, second by second. */
    getViewerSession: (sid: string, options: CallOptions = {}): Promise<GetViewerSessionResult> =>
      call('GET', '/v1/viewer-sessions/{sid}', { path: { sid } }, options),
    /** Answer one SELECT (DuckDB) over the table `sessions`: ended viewings of these days. */
    getViewerSessionHistory: (
      query: GetViewerSessionHistoryQuery,
      options: CallOptions = {},
    ): Promise<GetViewerSessionHistoryResult> =>
      call('GET', '/v1/viewer-sessions/history', { query }, options),
    /** One webhook. */
    getWebhook: (webhookId: string, options: CallOptions = {}): Promise<GetWebhookResult> =>
      call('GET', '/v1/webhooks/{webhookId}', { path: { webhookId } }, options),
    /** One delivery: every attempt, and the body that is sent. */
    getWebhookDelivery: (
      webhookId: string,
      deliveryId: string,
      options: CallOptions = {},
    ): Promise<GetWebhookDeliveryResult> =>
      call(
        'GET',
        '/v1/webhooks/{webhookId}/deliveries/{deliveryId}',
        { path: { webhookId, deliveryId } },
        options,
      ),
    /** Regions, health, traffic and steering. */
    getWorld: (options: CallOptions = {}): Promise<GetWorldResult> => call('GET', '/v1/world', {}, options),
    /** What is wrong with a rota, or with the one in force. */
    lintOncall: (body: LintOncallBody = {}, options: CallOptions = {}): Promise<LintOncallResult> =>
      call('POST', '/v1/oncall/lint', { body }, options),
    /** What is wrong with objectives, without applying them. */
    lintSlo: (body: LintSloBody, options: CallOptions = {}): Promise<LintSloResult> =>
      call('POST', '/v1/slos/lint', { body }, options),
    /** Action items of all incidents, what is due first. */
    listActionItems: (
      query: ListActionItemsQuery = {},
      options: CallOptions = {},
    ): Promise<ListActionItemsResult> => call('GET', '/v1/action-items', { query }, options),
    /** Rules on thresholds and on silence; those on burn are the objectives. */
    listAlertRules: (options: CallOptions = {}): Promise<ListAlertRulesResult> =>
      call('GET', '/v1/alert-rules', {}, options),
    /** Systems that send alerts. */
    listAlertSenders: (options: CallOptions = {}): Promise<ListAlertSendersResult> =>
      call('GET', '/v1/alert-senders', {}, options),
    /** Alerts, newest first. */
    listAlerts: (query: ListAlertsQuery = {}, options: CallOptions = {}): Promise<ListAlertsResult> =>
      call('GET', '/v1/alerts', { query }, options),
    /** Where an asset is kept, also a deleted one: copies, versions, repairs, proof of deletion. */
    listAssetCopies: (assetId: string, options: CallOptions = {}): Promise<ListAssetCopiesResult> =>
      call('GET', '/v1/assets/{assetId}/copies', { path: { assetId } }, options),
    /** Assets, newest first. */
    listAssets: (query: ListAssetsQuery = {}, options: CallOptions = {}): Promise<ListAssetsResult> =>
      call('GET', '/v1/assets', { query }, options),
    /** Who is admin behind broken glass now, and who was. */
    listBreakGlass: (options: CallOptions = {}): Promise<ListBreakGlassResult> =>
      call('GET', '/v1/break-glass', {}, options),
    /** What ingests and channels reported over the last ten minutes, since control began. */
    listBroadcastFigures: (
      broadcastId: string,
      options: CallOptions = {},
    ): Promise<ListBroadcastFiguresResult> =>
      call('GET', '/v1/broadcasts/{broadcastId}/figures', { path: { broadcastId } }, options),
    /** Who watches a broadcast, by region, and how far behind the newest part; the last ten minutes. */
    listBroadcastViewers: (
      broadcastId: string,
      options: CallOptions = {},
    ): Promise<ListBroadcastViewersResult> =>
      call('GET', '/v1/broadcasts/{broadcastId}/viewers', { path: { broadcastId } }, options),
    /** Broadcasts, the newest first. */
    listBroadcasts: (
      query: ListBroadcastsQuery = {},
      options: CallOptions = {},
    ): Promise<ListBroadcastsResult> => call('GET', '/v1/broadcasts', { query }, options),
    /** Changes, the newest first; steering plans of one movement as one, unless only plans are asked for. */
    listChanges: (query: ListChangesQuery = {}, options: CallOptions = {}): Promise<ListChangesResult> =>
      call('GET', '/v1/changes', { query }, options),
    /** Each edge: traffic, where objects came from, shares of the ring, hot objects. */
    listEdges: (options: CallOptions = {}): Promise<ListEdgesResult> => call('GET', '/v1/edges', {}, options),
    /** What happened, newest first. */
    listEvents: (query: ListEventsQuery = {}, options: CallOptions = {}): Promise<ListEventsResult> =>
      call('GET', '/v1/events', { query }, options),
    /** Imports, newest first. */
    listImports: (query: ListImportsQuery = {}, options: CallOptions = {}): Promise<ListImportsResult> =>
      call('GET', '/v1/imports', { query }, options),
    /** Changes that may have caused it, the likeliest first. */
    listIncidentChanges: (
      incidentId: string,
      query: ListIncidentChangesQuery = {},
      options: CallOptions = {},
    ): Promise<ListIncidentChangesResult> =>
      call('GET', '/v1/incidents/{incidentId}/changes', { path: { incidentId }, query }, options),
    /** What the public was told of an incident, newest first. */
    listIncidentStatusUpdates: (
      incidentId: string,
      options: CallOptions = {},
    ): Promise<ListIncidentStatusUpdatesResult> =>
      call('GET', '/v1/incidents/{incidentId}/status-updates', { path: { incidentId } }, options),
    /** Incidents, the newest first. */
    listIncidents: (
      query: ListIncidentsQuery = {},
      options: CallOptions = {},
    ): Promise<ListIncidentsResult> => call('GET', '/v1/incidents', { query }, options),
    /** Processing jobs, newest first. */
    listJobs: (query: ListJobsQuery = {}, options: CallOptions = {}): Promise<ListJobsResult> =>
      call('GET', '/v1/jobs', { query }, options),
    /** Channels, and whether they work. */
    listNotificationChannels: (options: CallOptions = {}): Promise<ListNotificationChannelsResult> =>
      call('GET', '/v1/notification-channels', {}, options),
    /** What was said to whom, newest first. */
    listNotifications: (
      query: ListNotificationsQuery = {},
      options: CallOptions = {},
    ): Promise<ListNotificationsResult> => call('GET', '/v1/notifications', { query }, options),
    /** Pages, the newest first. */
    listOncallEscalations: (
      query: ListOncallEscalationsQuery = {},
      options: CallOptions = {},
    ): Promise<ListOncallEscalationsResult> => call('GET', '/v1/oncall/escalations', { query }, options),
    /** Hours, nights and weekends per person. */
    listOncallFairness: (
      query: ListOncallFairnessQuery,
      options: CallOptions = {},
    ): Promise<ListOncallFairnessResult> => call('GET', '/v1/oncall/fairness', { query }, options),
    /** Calendar feeds. */
    listOncallFeeds: (options: CallOptions = {}): Promise<ListOncallFeedsResult> =>
      call('GET', '/v1/oncall/feeds', {}, options),
    /** Overrides that run or come. */
    listOncallOverrides: (options: CallOptions = {}): Promise<ListOncallOverridesResult> =>
      call('GET', '/v1/oncall/overrides', {}, options),
    /** Shifts in a span of time. */
    listOncallShifts: (
      query: ListOncallShiftsQuery,
      options: CallOptions = {},
    ): Promise<ListOncallShiftsResult> => call('GET', '/v1/oncall/shifts', { query }, options),
    /** Versions of the rota, the newest first. */
    listOncallVersions: (
      query: ListOncallVersionsQuery = {},
      options: CallOptions = {},
    ): Promise<ListOncallVersionsResult> => call('GET', '/v1/oncall/versions', { query }, options),
    /** Purges, restarts, throttles, shifts and scaled encoders, newest first. */
    listOrders: (query: ListOrdersQuery = {}, options: CallOptions = {}): Promise<ListOrdersResult> =>
      call('GET', '/v1/orders', { query }, options),
    /** Presets of encoding. */
    listPresets: (options: CallOptions = {}): Promise<ListPresetsResult> =>
      call('GET', '/v1/presets', {}, options),
    /** Quotas and retention of a project. */
    listProjectQuotas: (projectId: string, options: CallOptions = {}): Promise<ListProjectQuotasResult> =>
      call('GET', '/v1/projects/{projectId}/quotas', { path: { projectId } }, options),
    /** Projects. */
    listProjects: (options: CallOptions = {}): Promise<ListProjectsResult> =>
      call('GET', '/v1/projects', {}, options),
    /** What each service has and lacks: objective, owner, on-call, runbook, dashboards, backup, drill. */
    listReadiness: (options: CallOptions = {}): Promise<ListReadinessResult> =>
      call('GET', '/v1/readiness', {}, options),
    /** How many recovery codes are left, and when they were made and used. */
    listRecoveryCodes: (options: CallOptions = {}): Promise<ListRecoveryCodesResult> =>
      call('GET', '/v1/recovery-codes', {}, options),
    /** Runs of runbooks, newest first. */
    listRunbookRuns: (
      query: ListRunbookRunsQuery = {},
      options: CallOptions = {},
    ): Promise<ListRunbookRunsResult> => call('GET', '/v1/runbook-runs', { query }, options),
    /** Versions of a runbook with their texts, newest first. */
    listRunbookVersions: (runbookId: string, options: CallOptions = {}): Promise<ListRunbookVersionsResult> =>
      call('GET', '/v1/runbooks/{runbookId}/versions', { path: { runbookId } }, options),
    /** Runbooks in force. */
    listRunbooks: (options: CallOptions = {}): Promise<ListRunbooksResult> =>
      call('GET', '/v1/runbooks', {}, options),
    /** Silences and maintenance windows in force or to come. */
    listSilences: (options: CallOptions = {}): Promise<ListSilencesResult> =>
      call('GET', '/v1/silences', {}, options),
    /** Objectives with their budgets, by name. */
    listSlos: (query: ListSlosQuery = {}, options: CallOptions = {}): Promise<ListSlosResult> =>
      call('GET', '/v1/slos', { query }, options),
    /** What the public is told, as every edge shows it under /status. */
    listStatus: (options: CallOptions = {}): Promise<ListStatusResult> =>
      call('GET', '/v1/status', {}, options),
    /** Deleted assets, newest first, and which regions still hold bytes. */
    listStorageDeletions: (
      query: ListStorageDeletionsQuery = {},
      options: CallOptions = {},
    ): Promise<ListStorageDeletionsResult> => call('GET', '/v1/storage/deletions', { query }, options),
    /** Repairs, newest first, with their reasons. */
    listStorageRepairs: (
      query: ListStorageRepairsQuery = {},
      options: CallOptions = {},
    ): Promise<ListStorageRepairsResult> => call('GET', '/v1/storage/repairs', { query }, options),
    /** The series that there are, with their labels. */
    listTelemetryNames: (options: CallOptions = {}): Promise<ListTelemetryNamesResult> =>
      call('GET', '/v1/telemetry/names', {}, options),
    /** Sums of a series by step; with `by`, one line for each value of these labels. */
    listTelemetrySeries: (
      query: ListTelemetrySeriesQuery,
      options: CallOptions = {},
    ): Promise<ListTelemetrySeriesResult> => call('GET', '/v1/telemetry/series', { query }, options),
    /** API tokens. */
    listTokens: (options: CallOptions = {}): Promise<ListTokensResult> =>
      call('GET', '/v1/tokens', {}, options),
    /** Viewings, newest first. */
    listViewerSessions: (
      query: ListViewerSessionsQuery = {},
      options: CallOptions = {},
    ): Promise<ListViewerSessionsResult> => call('GET', '/v1/viewer-sessions', { query }, options),
    /** Deliveries, newest first. */
    listWebhookDeliveries: (
      webhookId: string,
      query: ListWebhookDeliveriesQuery = {},
      options: CallOptions = {},
    ): Promise<ListWebhookDeliveriesResult> =>
      call('GET', '/v1/webhooks/{webhookId}/deliveries', { path: { webhookId }, query }, options),
    /** Webhooks. */
    listWebhooks: (options: CallOptions = {}): Promise<ListWebhooksResult> =>
      call('GET', '/v1/webhooks', {}, options),
    /** Merge it into another one, which gets its alerts and timeline. */
    mergeIncident: (
      incidentId: string,
      body: MergeIncidentBody,
      options: CallOptions = {},
    ): Promise<MergeIncidentResult> =>
      call('POST', '/v1/incidents/{incidentId}/merge', { path: { incidentId }, body }, options),
    /** Pause a run: nothing new is begun, and its timeouts stand still. */
    pauseRunbookRun: (runId: string, options: CallOptions = {}): Promise<PauseRunbookRunResult> =>
      call('POST', '/v1/runbook-runs/{runId}/pause', { path: { runId } }, options),
    /** Pause: events go on being kept for it, up to a week, but are not sent. */
    pauseWebhook: (webhookId: string, options: CallOptions = {}): Promise<PauseWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/pause', { path: { webhookId } }, options),
    /** What an order would hit and what its guards say, without giving it. */
    previewOrder: (body: PreviewOrderBody, options: CallOptions = {}): Promise<PreviewOrderResult> =>
      call('POST', '/v1/orders/preview', { body }, options),
    /** Become admin for a while with a recovery code, without any other credential; pages whoever is on call. */
    recoverBreakGlas: (
      body: RecoverBreakGlasBody,
      options: CallOptions = {},
    ): Promise<RecoverBreakGlasResult> => call('POST', '/v1/break-glass/recover', { body }, options),
    /** Reopen it; people are paged again. */
    reopenIncident: (
      incidentId: string,
      body: ReopenIncidentBody,
      options: CallOptions = {},
    ): Promise<ReopenIncidentResult> =>
      call('POST', '/v1/incidents/{incidentId}/reopen', { path: { incidentId }, body }, options),
    /** Deliver once more the events of a span of time, in their order, with the same webhook-ids. */
    replayWebhook: (
      webhookId: string,
      body: ReplayWebhookBody,
      options: CallOptions = {},
    ): Promise<ReplayWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/replay', { path: { webhookId }, body }, options),
    /** Deliver once more, with the same webhook-id. */
    replayWebhookDelivery: (
      webhookId: string,
      deliveryId: string,
      options: CallOptions = {},
    ): Promise<ReplayWebhookDeliveryResult> =>
      call(
        'POST',
        '/v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay',
        { path: { webhookId, deliveryId } },
        options,
      ),
    /** Resolve it; pages stop. */
    resolveIncident: (
      incidentId: string,
      body: ResolveIncidentBody,
      options: CallOptions = {},
    ): Promise<ResolveIncidentResult> =>
      call('POST', '/v1/incidents/{incidentId}/resolve', { path: { incidentId }, body }, options),
    /** Undo a deletion, within its grace time. */
    restoreAsset: (assetId: string, options: CallOptions = {}): Promise<RestoreAssetResult> =>
      call('POST', '/v1/assets/{assetId}/restore', { path: { assetId } }, options),
    /** Go on with a paused run. */
    resumeRunbookRun: (runId: string, options: CallOptions = {}): Promise<ResumeRunbookRunResult> =>
      call('POST', '/v1/runbook-runs/{runId}/resume', { path: { runId } }, options),
    /** Go on sending, first what waited meanwhile. */
    resumeWebhook: (webhookId: string, options: CallOptions = {}): Promise<ResumeWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/resume', { path: { webhookId } }, options),
    /** Process again an asset whose processing failed. */
    retryAsset: (assetId: string, options: CallOptions = {}): Promise<RetryAssetResult> =>
      call('POST', '/v1/assets/{assetId}/retry', { path: { assetId } }, options),
    /** Send once more what was given up. */
    retryNotification: (
      notificationId: string,
      options: CallOptions = {},
    ): Promise<RetryNotificationResult> =>
      call('POST', '/v1/notifications/{notificationId}/retry', { path: { notificationId } }, options),
    /** Take back a change of a setting: of a project, an objective, an alert rule, a runbook, its guards, the rota, encoders, a throttle or a shift. */
    revertChange: (
      changeId: string,
      query: RevertChangeQuery = {},
      options: CallOptions = {},
    ): Promise<RevertChangeResult> =>
      call('POST', '/v1/changes/{changeId}/revert', { path: { changeId }, query }, options),
    /** Make another SRT passphrase; whoever publishes with the old one is cut off. */
    rotatePassphraseBroadcast: (
      broadcastId: string,
      options: CallOptions = {},
    ): Promise<RotatePassphraseBroadcastResult> =>
      call('POST', '/v1/broadcasts/{broadcastId}/rotate-passphrase', { path: { broadcastId } }, options),
    /** Make a new secret; the old one signs as well until the overlap is over. */
    rotateSecretWebhook: (
      webhookId: string,
      body: RotateSecretWebhookBody = {},
      options: CallOptions = {},
    ): Promise<RotateSecretWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/rotate-secret', { path: { webhookId }, body }, options),
    /** Add or replace a rule. */
    setAlertRule: (body: SetAlertRuleBody, options: CallOptions = {}): Promise<SetAlertRuleResult> =>
      call('PUT', '/v1/alert-rules', { body }, options),
    /** Add or replace a caption track from a WebVTT or SubRip file. */
    setAssetCaption: (
      assetId: string,
      language: string,
      body: SetAssetCaptionBody,
      options: CallOptions = {},
    ): Promise<SetAssetCaptionResult> =>
      call('PUT', '/v1/assets/{assetId}/captions/{language}', { path: { assetId, language }, body }, options),
    /** Choose the poster: a picture of one’s own, or the frame at a time. */
    setAssetPoster: (
      assetId: string,
      body: SetAssetPosterBody,
      options: CallOptions = {},
    ): Promise<SetAssetPosterResult> =>
      call('PUT', '/v1/assets/{assetId}/poster', { path: { assetId }, body }, options),
    /** Write what only people know: a summary, causes and lessons. */
    setIncidentPostmortem: (
      incidentId: string,
      body: SetIncidentPostmortemBody,
      options: CallOptions = {},
    ): Promise<SetIncidentPostmortemResult> =>
      call('PUT', '/v1/incidents/{incidentId}/postmortem', { path: { incidentId }, body }, options),
    /** Give a role to somebody, or take it back. */
    setIncidentRole: (
      incidentId: string,
      role: string,
      body: SetIncidentRoleBody,
      options: CallOptions = {},
    ): Promise<SetIncidentRoleResult> =>
      call('PUT', '/v1/incidents/{incidentId}/roles/{role}', { path: { incidentId, role }, body }, options),
    /** Put a rota in force; one with errors is refused, line by line. */
    setOncall: (body: SetOncallBody, options: CallOptions = {}): Promise<SetOncallResult> =>
      call('PUT', '/v1/oncall', { body }, options),
    /** Set how future uploads of a project are encoded. */
    setProjectEncoding: (
      projectId: string,
      body: SetProjectEncodingBody,
      options: CallOptions = {},
    ): Promise<SetProjectEncodingResult> =>
      call('PUT', '/v1/projects/{projectId}/encoding', { path: { projectId }, body }, options),
    /** Bring the sound of future uploads to a loudness, or leave it as it is. */
    setProjectLoudnes: (
      projectId: string,
      body: SetProjectLoudnesBody,
      options: CallOptions = {},
    ): Promise<SetProjectLoudnesResult> =>
      call('PUT', '/v1/projects/{projectId}/loudness', { path: { projectId }, body }, options),
    /** Set quotas and retention of a project. */
    setProjectQuota: (
      projectId: string,
      body: SetProjectQuotaBody,
      options: CallOptions = {},
    ): Promise<SetProjectQuotaResult> =>
      call('PUT', '/v1/projects/{projectId}/quotas', { path: { projectId }, body }, options),
    /** Pause or resume encoding in a region; a paused one finishes what it has and gets nothing new. */
    setRegionEncoding: (
      regionId: string,
      body: SetRegionEncodingBody,
      options: CallOptions = {},
    ): Promise<SetRegionEncodingResult> =>
      call('PUT', '/v1/regions/{regionId}/encoding', { path: { regionId }, body }, options),
    /** Save a version of a runbook; it must be higher than every earlier one. */
    setRunbook: (
      runbookId: string,
      body: SetRunbookBody,
      options: CallOptions = {},
    ): Promise<SetRunbookResult> =>
      call('PUT', '/v1/runbooks/{runbookId}', { path: { runbookId }, body }, options),
    /** Change the guards of a runbook. */
    setRunbookPolicy: (
      runbookId: string,
      body: SetRunbookPolicyBody,
      options: CallOptions = {},
    ): Promise<SetRunbookPolicyResult> =>
      call('PUT', '/v1/runbooks/{runbookId}/policy', { path: { runbookId }, body }, options),
    /** Add or replace objectives; all of them or, when one is wrong, none. */
    setSlo: (body: SetSloBody, options: CallOptions = {}): Promise<SetSloResult> =>
      call('PUT', '/v1/slos', { body }, options),
    /** Who has duty and who is paged when, and why, for a draft or the rota in force. */
    simulateOncall: (body: SimulateOncallBody, options: CallOptions = {}): Promise<SimulateOncallResult> =>
      call('POST', '/v1/oncall/simulate', { body }, options),
    /** End a page. */
    stopOncallEscalation: (
      incidentId: string,
      body: StopOncallEscalationBody = {},
      options: CallOptions = {},
    ): Promise<StopOncallEscalationResult> =>
      call('POST', '/v1/oncall/escalations/{incidentId}/stop', { path: { incidentId }, body }, options),
    /** Swap two shifts. */
    swapOncallSchedule: (
      scheduleId: string,
      body: SwapOncallScheduleBody,
      options: CallOptions = {},
    ): Promise<SwapOncallScheduleResult> =>
      call('POST', '/v1/oncall/schedules/{scheduleId}/swap', { path: { scheduleId }, body }, options),
    /** Make the backup channel the primary. */
    switchBroadcast: (broadcastId: string, options: CallOptions = {}): Promise<SwitchBroadcastResult> =>
      call('POST', '/v1/broadcasts/{broadcastId}/switch', { path: { broadcastId } }, options),
    /** Take the shift that runs now. */
    takeOncallSchedule: (
      scheduleId: string,
      body: TakeOncallScheduleBody,
      options: CallOptions = {},
    ): Promise<TakeOncallScheduleResult> =>
      call('POST', '/v1/oncall/schedules/{scheduleId}/take', { path: { scheduleId }, body }, options),
    /** Send a test, once. */
    testNotificationChannel: (
      channelId: string,
      options: CallOptions = {},
    ): Promise<TestNotificationChannelResult> =>
      call('POST', '/v1/notification-channels/{channelId}/test', { path: { channelId } }, options),
    /** Send a test event now, once, also while it is paused. */
    testWebhook: (webhookId: string, options: CallOptions = {}): Promise<TestWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/test', { path: { webhookId } }, options),
    /** Finish an action item, drop it, or change it. */
    updateActionItem: (
      itemId: string,
      body: UpdateActionItemBody = {},
      options: CallOptions = {},
    ): Promise<UpdateActionItemResult> =>
      call('PATCH', '/v1/action-items/{itemId}', { path: { itemId }, body }, options),
    /** Rename, or change who may watch. */
    updateAsset: (
      assetId: string,
      body: UpdateAssetBody = {},
      options: CallOptions = {},
    ): Promise<UpdateAssetResult> =>
      call('PATCH', '/v1/assets/{assetId}', { path: { assetId }, body }, options),
    /** Change what people know better: title, severity, when the impact began. */
    updateIncident: (
      incidentId: string,
      body: UpdateIncidentBody = {},
      options: CallOptions = {},
    ): Promise<UpdateIncidentResult> =>
      call('PATCH', '/v1/incidents/{incidentId}', { path: { incidentId }, body }, options),
    /** Change who comes first. */
    updateJob: (jobId: string, body: UpdateJobBody, options: CallOptions = {}): Promise<UpdateJobResult> =>
      call('PATCH', '/v1/jobs/{jobId}', { path: { jobId }, body }, options),
    /** Change a channel; what is left out stays, secrets too. */
    updateNotificationChannel: (
      channelId: string,
      body: UpdateNotificationChannelBody = {},
      options: CallOptions = {},
    ): Promise<UpdateNotificationChannelResult> =>
      call('PATCH', '/v1/notification-channels/{channelId}', { path: { channelId }, body }, options),
    /** Change address, events, description or form. */
    updateWebhook: (
      webhookId: string,
      body: UpdateWebhookBody = {},
      options: CallOptions = {},
    ): Promise<UpdateWebhookResult> =>
      call('PATCH', '/v1/webhooks/{webhookId}', { path: { webhookId }, body }, options),
  };
}
export type MeridianMethods = ReturnType<typeof createMethods>;
