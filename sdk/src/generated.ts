// Written by tools/sdk.ts from src/contract/api; do not edit. A test fails when it is not current.

import type { Call, CallOptions } from './call.ts';

export type ApiRole = 'viewer' | 'operator' | 'admin';
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
    readonly width: number | null;
    readonly height: number | null;
    readonly bandwidthBps: number;
    readonly frameCount: number;
  }>;
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
export type DeliveryState = 'waiting' | 'held' | 'sending' | 'delivered' | 'dead';
export type EventType =
  | 'asset.created'
  | 'asset.playable'
  | 'asset.ready'
  | 'asset.failed'
  | 'asset.retried'
  | 'asset.renamed'
  | 'asset.visibility_changed'
  | 'asset.deleted'
  | 'region.draining'
  | 'region.restored'
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
export type JobState = 'ready' | 'leased' | 'done' | 'dead' | 'cancelled';
export type JobView = {
  /** Job */
  readonly id: string;
  /** Asset, e.g. ast_01jd… */
  readonly assetId: string;
  /** Project (tenant), e.g. default */
  readonly projectId: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly nodeId: string | null;
  readonly stage: Stage;
  readonly progress: number;
  readonly failure: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Milliseconds since the epoch */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch */
  readonly updatedAtMs: number;
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
export type Stage = 'queued' | 'probing' | 'encoding' | 'replicating' | 'ready' | 'failed';
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
export type CancelImportResult = ImportView;
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
export type CreateRevocationResult = {
  readonly tokenId: string;
  /** Milliseconds since the epoch */
  readonly expiresAtMs: number;
};
export type CreateRevocationBody = {
  readonly tokenId: string;
  readonly expiresAtMs?: number | undefined;
};
export type CreateSessionResult = {
  readonly name: string;
  readonly role: ApiRole;
  /** null: all projects */
  readonly projectId: string | null;
  readonly expiresAtMs: number | null;
};
export type CreateSessionBody = {
  readonly token: string;
};
export type CreateTokenResult = {
  readonly token: string;
  readonly view: {
    readonly id: string;
    readonly name: string;
    readonly role: ApiRole;
    readonly projectId: string | null;
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
  readonly ttlMs?: number | undefined;
  /** The upload replaces the video of this asset; good for one upload */
  readonly assetId?: string | undefined;
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
export type DeleteAssetResult = {
  readonly isDeleted: true;
};
export type DeleteAssetCaptionResult = AssetView;
export type DeleteAssetCaptionQuery = {
  readonly kind?: CaptionKind | undefined;
};
export type DeleteAssetPosterResult = AssetView;
export type DeleteDrainResult = {
  readonly sites: ReadonlyArray<{
    /** Site (datacentre), e.g. dublin-1 */
    readonly id: string;
    readonly state: 'up' | 'draining' | 'down';
  }>;
  readonly warnings: ReadonlyArray<string>;
};
export type DeleteSessionResult = {
  readonly isLoggedOut: true;
};
export type DeleteTokenResult = {
  readonly isDeleted: true;
};
export type DeleteWebhookResult = {
  readonly isDeleted: true;
};
export type GetAssetResult = AssetView;
export type GetAuditResult = {
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
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
};
export type GetImportResult = ImportView;
export type GetSessionResult = {
  readonly name: string;
  readonly role: ApiRole;
  /** null: all projects */
  readonly projectId: string | null;
  readonly expiresAtMs: number | null;
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
export type ListEventsResult = {
  readonly events: ReadonlyArray<{
    /** Event; also the header webhook-id */
    readonly id: string;
    /** Grows; of one asset, also in the order of its changes */
    readonly sequence: number;
    readonly type: EventType;
    /** The asset, region or webhook that it is about */
    readonly subject: string;
    readonly projectId: string | null;
    /** Milliseconds since the epoch */
    readonly atMs: number;
    readonly data: Readonly<Record<string, unknown>>;
  }>;
};
export type ListEventsQuery = {
  readonly type?: EventType | undefined;
  /** An asset or a region */
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
export type ListJobsResult = {
  readonly jobs: ReadonlyArray<JobView>;
};
export type ListJobsQuery = {
  readonly state?: JobState | undefined;
  readonly limit?: number | undefined;
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
export type ListTokensResult = {
  readonly tokens: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
    readonly role: ApiRole;
    readonly projectId: string | null;
    /** Milliseconds since the epoch */
    readonly createdAtMs: number;
    readonly lastUsedAtMs: number | null;
    readonly expiresAtMs: number | null;
  }>;
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
export type PauseWebhookResult = WebhookView;
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
export type RestoreAssetResult = AssetView;
export type ResumeWebhookResult = WebhookView;
export type RetryAssetResult = AssetView;
export type RotateSecretWebhookResult = {
  readonly webhook: WebhookView;
  /** whsec_…; shown only this once */
  readonly secret: string;
};
export type RotateSecretWebhookBody = {
  readonly overlapMs?: number | undefined;
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
export type TestWebhookResult = {
  readonly deliveryId: number;
};
export type UpdateAssetResult = AssetView;
export type UpdateAssetBody = {
  readonly name?: string | undefined;
  readonly visibility?: Visibility | undefined;
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
    /** Stop an import; what a bucket has already brought stays. */
    cancelImport: (importId: string, options: CallOptions = {}): Promise<CancelImportResult> =>
      call('POST', '/v1/imports/{importId}/cancel', { path: { importId } }, options),
    /** Make a playback token for a private asset. */
    createAssetPlaybackToken: (
      assetId: string,
      body: CreateAssetPlaybackTokenBody = {},
      options: CallOptions = {},
    ): Promise<CreateAssetPlaybackTokenResult> =>
      call('POST', '/v1/assets/{assetId}/playback-tokens', { path: { assetId }, body }, options),
    /** Drain a site or a region: viewers are steered away first, then media is refused there. */
    createDrain: (
      target: string,
      body: CreateDrainBody = {},
      options: CallOptions = {},
    ): Promise<CreateDrainResult> => call('POST', '/v1/drains/{target}', { path: { target }, body }, options),
    /** Fetch media from an address, or all media of a bucket. */
    createImport: (body: CreateImportBody = {}, options: CallOptions = {}): Promise<CreateImportResult> =>
      call('POST', '/v1/imports', { body }, options),
    /** Make a one-time token with which a node joins. */
    createJoinToken: (body: CreateJoinTokenBody, options: CallOptions = {}): Promise<CreateJoinTokenResult> =>
      call('POST', '/v1/join-tokens', { body }, options),
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
    /** Revoke a playback token or an upload grant; it stops working within a few beats. */
    createRevocation: (
      body: CreateRevocationBody,
      options: CallOptions = {},
    ): Promise<CreateRevocationResult> => call('POST', '/v1/revocations', { body }, options),
    /** Log in to the console with an API token; sets a cookie. */
    createSession: (body: CreateSessionBody, options: CallOptions = {}): Promise<CreateSessionResult> =>
      call('POST', '/v1/session', { body }, options),
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
    /** End a drain. */
    deleteDrain: (target: string, options: CallOptions = {}): Promise<DeleteDrainResult> =>
      call('DELETE', '/v1/drains/{target}', { path: { target } }, options),
    /** Log out. */
    deleteSession: (options: CallOptions = {}): Promise<DeleteSessionResult> =>
      call('DELETE', '/v1/session', {}, options),
    /** Revoke an API token. */
    deleteToken: (tokenId: string, options: CallOptions = {}): Promise<DeleteTokenResult> =>
      call('DELETE', '/v1/tokens/{tokenId}', { path: { tokenId } }, options),
    /** Remove a webhook with its deliveries. */
    deleteWebhook: (webhookId: string, options: CallOptions = {}): Promise<DeleteWebhookResult> =>
      call('DELETE', '/v1/webhooks/{webhookId}', { path: { webhookId } }, options),
    /** One asset. */
    getAsset: (assetId: string, options: CallOptions = {}): Promise<GetAssetResult> =>
      call('GET', '/v1/assets/{assetId}', { path: { assetId } }, options),
    /** Who changed what, newest first. */
    getAudit: (query: GetAuditQuery = {}, options: CallOptions = {}): Promise<GetAuditResult> =>
      call('GET', '/v1/audit', { query }, options),
    /** One import, with its progress. */
    getImport: (importId: string, options: CallOptions = {}): Promise<GetImportResult> =>
      call('GET', '/v1/imports/{importId}', { path: { importId } }, options),
    /** Who am I. */
    getSession: (options: CallOptions = {}): Promise<GetSessionResult> =>
      call('GET', '/v1/session', {}, options),
    /** The steering plan in force, and what its checker says. */
    getSteering: (options: CallOptions = {}): Promise<GetSteeringResult> =>
      call('GET', '/v1/steering', {}, options),
    /** Where the scrubber of each region is, and what was found lately. */
    getStorageScrub: (
      query: GetStorageScrubQuery = {},
      options: CallOptions = {},
    ): Promise<GetStorageScrubResult> => call('GET', '/v1/storage/scrub', { query }, options),
    /** What projects store and what it costs; what regions send. */
    getStorageUsage: (
      query: GetStorageUsageQuery = {},
      options: CallOptions = {},
    ): Promise<GetStorageUsageResult> => call('GET', '/v1/storage/usage', { query }, options),
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
    /** Where an asset is kept, also a deleted one: copies, versions, repairs, proof of deletion. */
    listAssetCopies: (assetId: string, options: CallOptions = {}): Promise<ListAssetCopiesResult> =>
      call('GET', '/v1/assets/{assetId}/copies', { path: { assetId } }, options),
    /** Assets, newest first. */
    listAssets: (query: ListAssetsQuery = {}, options: CallOptions = {}): Promise<ListAssetsResult> =>
      call('GET', '/v1/assets', { query }, options),
    /** What happened, newest first. */
    listEvents: (query: ListEventsQuery = {}, options: CallOptions = {}): Promise<ListEventsResult> =>
      call('GET', '/v1/events', { query }, options),
    /** Imports, newest first. */
    listImports: (query: ListImportsQuery = {}, options: CallOptions = {}): Promise<ListImportsResult> =>
      call('GET', '/v1/imports', { query }, options),
    /** Processing jobs, newest first. */
    listJobs: (query: ListJobsQuery = {}, options: CallOptions = {}): Promise<ListJobsResult> =>
      call('GET', '/v1/jobs', { query }, options),
    /** Quotas and retention of a project. */
    listProjectQuotas: (projectId: string, options: CallOptions = {}): Promise<ListProjectQuotasResult> =>
      call('GET', '/v1/projects/{projectId}/quotas', { path: { projectId } }, options),
    /** Projects. */
    listProjects: (options: CallOptions = {}): Promise<ListProjectsResult> =>
      call('GET', '/v1/projects', {}, options),
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
    /** API tokens. */
    listTokens: (options: CallOptions = {}): Promise<ListTokensResult> =>
      call('GET', '/v1/tokens', {}, options),
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
    /** Pause: events go on being kept for it, up to a week, but are not sent. */
    pauseWebhook: (webhookId: string, options: CallOptions = {}): Promise<PauseWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/pause', { path: { webhookId } }, options),
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
    /** Undo a deletion, within its grace time. */
    restoreAsset: (assetId: string, options: CallOptions = {}): Promise<RestoreAssetResult> =>
      call('POST', '/v1/assets/{assetId}/restore', { path: { assetId } }, options),
    /** Go on sending, first what waited meanwhile. */
    resumeWebhook: (webhookId: string, options: CallOptions = {}): Promise<ResumeWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/resume', { path: { webhookId } }, options),
    /** Process again an asset whose processing failed. */
    retryAsset: (assetId: string, options: CallOptions = {}): Promise<RetryAssetResult> =>
      call('POST', '/v1/assets/{assetId}/retry', { path: { assetId } }, options),
    /** Make a new secret; the old one signs as well until the overlap is over. */
    rotateSecretWebhook: (
      webhookId: string,
      body: RotateSecretWebhookBody = {},
      options: CallOptions = {},
    ): Promise<RotateSecretWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/rotate-secret', { path: { webhookId }, body }, options),
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
    /** Send a test event now, once, also while it is paused. */
    testWebhook: (webhookId: string, options: CallOptions = {}): Promise<TestWebhookResult> =>
      call('POST', '/v1/webhooks/{webhookId}/test', { path: { webhookId } }, options),
    /** Rename, or change who may watch. */
    updateAsset: (
      assetId: string,
      body: UpdateAssetBody = {},
      options: CallOptions = {},
    ): Promise<UpdateAssetResult> =>
      call('PATCH', '/v1/assets/{assetId}', { path: { assetId }, body }, options),
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
