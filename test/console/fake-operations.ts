// A believable day in the fake world's machine room: edges, encoders, copies, a timeline, imports and usage. Plain data
// that tests may change; the fake control plane checks it against the contract's schemas before it answers.

import type { AssetView } from '#contract/api/assets.ts';
import type { EdgeView } from '#contract/api/edges.ts';
import type { ImportView } from '#contract/api/imports.ts';
import type { EncoderView } from '#contract/api/jobs.ts';
import type { RepairView } from '#contract/api/storage.ts';
import type { TimelineEntry } from '#contract/api/timeline.ts';
import type { WorldView } from '#contract/api/world.ts';
import type { CopiesView, UsageView } from '../durability/fake-storage.ts';
import { makeImport } from '../imports/fake-imports.ts';

const MINUTE_MS = 60_000;

/** Three edges at each site; one has lost its disk, one sheds. */
export function makeEdges(world: WorldView, assets: readonly AssetView[]): EdgeView[] {
  return world.regions.flatMap((region, index) =>
    ['a', 'b', 'c'].map((name, at): EdgeView => {
      const load = (3 - index) * (1 + at / 7);
      const site = region.sites[0];
      return {
        nodeId: `${site?.id}-${name}`,
        siteId: site?.id ?? '',
        regionId: region.id,
        isAlive: !(index === 2 && at === 2),
        isReady: !(index === 2 && at >= 1),
        version: '0.1.0',
        lastBeatAtMs: world.nowMs - 800,
        egressBps: load * 64e6,
        requestsPerSecond: load * 212,
        objects: { memoryPerSecond: load * 164, diskPerSecond: load * 31, fetchedPerSecond: load * 6 },
        fetches: { matePerSecond: load * 4.1, originPerSecond: load * 1.7, hedgePerSecond: load * 0.1 },
        shedPerSecond: index === 1 && at === 1 ? 2.4 : 0,
        cutPerSecond: 0,
        connections: Math.round(load * 310),
        cacheBytes: 460e6 + at * 11e6,
        diskBytes: 38e9 + at * 1e9,
        isDiskFailing: index === 1 && at === 2,
        fills: 2,
        fillLimit: 64,
        ownedShare: index === 2 && at === 2 ? null : ([0.327, 0.341, 0.332][at] ?? null),
        hotObjects: assets.slice(5, 10).map((asset, rank) => ({
          path: `/m/default/${asset.id}/v1/a1/v${rank % 2 === 0 ? 720 : 360}/${rank + 2}.m4s`,
          requestsPerSecond: Math.round((load * 900) / (rank + 1)) / 100,
        })),
      };
    }),
  );
}

/** Encoders of a region: the first works, the second is idle. */
export function makeEncoders(siteId: string): EncoderView[] {
  return ['a', 'b'].map((name, index) => ({
    nodeId: `${siteId}-${name}`,
    siteId,
    isAlive: true,
    isDrained: false,
    running: index === 0 ? 1 : 0,
    freeSlots: index === 0 ? 1 : 2,
    slots: 2,
    slotsMax: 4,
    recipe: 'ffmpeg 7.1 libx264',
    megapixelsPerSecond: 182 + index * 9,
  }));
}

/** An asset that lies in two regions of three, with a copy on its way to the third. */
export function makeCopies(asset: AssetView, nowMs: number): CopiesView {
  const [first = 'dublin', second = 'singapore'] = asset.sourceRegionIds;
  const copy = (regionId: string, kind: 'source' | 'renditions', bytes: number) => ({
    regionId,
    class: kind,
    version: asset.version,
    attempt: kind === 'source' ? 0 : 1,
    bytes,
    isComplete: true,
    damagedObjects: 0,
    verifiedAtMs: nowMs - 3 * 3_600_000,
    reportedAtMs: nowMs - 20_000,
    lostAtMs: null,
  });
  return {
    assetId: asset.id,
    servedVersion: asset.version,
    servedAttempt: 1,
    wanted: { source: 3, renditions: 2 },
    copies: [first, second].flatMap((regionId) => [
      copy(regionId, 'source', asset.sourceBytes),
      copy(regionId, 'renditions', asset.sourceBytes * 0.42),
    ]),
    versions: [
      {
        version: asset.version,
        state: 'serving',
        stage: asset.stage,
        progress: asset.progress,
        sourceBytes: asset.sourceBytes,
        failure: null,
        registeredAtMs: asset.createdAtMs,
        replacedAtMs: null,
      },
    ],
    repairs: [makeRepair(asset, nowMs, [first, second])],
    deletion: null,
  };
}

function makeRepair(asset: AssetView, nowMs: number, fromRegionIds: string[]): RepairView {
  const regionId = ['singapore', 'dublin', 'los-angeles'].find((id) => !fromRegionIds.includes(id));
  return {
    id: 'rep_01jd0000000000000000000000',
    kind: 'copy',
    assetId: asset.id,
    projectId: asset.projectId,
    version: asset.version,
    attempt: 0,
    class: 'source',
    regionId: regionId ?? null,
    fromRegionIds,
    state: 'leased',
    reason: { code: 'never_made', subject: asset.id, values: { copies: 2, wanted: 3 } },
    attempts: 1,
    bytesDone: asset.sourceBytes * 0.31,
    nodeId: `${regionId}-1-a`,
    failure: null,
    dueAtMs: nowMs - 9_000,
    createdAtMs: nowMs - 14_000,
    updatedAtMs: nowMs - 1_000,
  };
}

/** From the upload to the last change. */
export function makeTimeline(asset: AssetView): TimelineEntry[] {
  const at = asset.createdAtMs;
  const nowhere = { actor: null, nodeId: null, regionId: null, version: 1, detail: null };
  return [
    {
      ...nowhere,
      atMs: at + 94_000,
      kind: 'repair',
      code: 'repair.planned',
      regionId: 'dublin',
      detail: 'source',
    },
    { ...nowhere, atMs: at + 61_000, kind: 'event', code: 'asset.renamed', detail: asset.name },
    {
      ...nowhere,
      atMs: at + 61_000,
      kind: 'change',
      code: 'asset.rename',
      actor: 'token:first admin (tok_1)',
      version: null,
    },
    { ...nowhere, atMs: at + 14_300, kind: 'event', code: 'asset.ready' },
    { ...nowhere, atMs: at + 14_300, kind: 'job', code: 'job.done', nodeId: 'singapore-1-a' },
    { ...nowhere, atMs: at + 4_100, kind: 'event', code: 'asset.playable' },
    { ...nowhere, atMs: at + 1_900, kind: 'job', code: 'job.started', nodeId: 'singapore-1-a' },
    { ...nowhere, atMs: at, kind: 'event', code: 'asset.created' },
  ];
}

/** One of each state, and a bucket on its way. */
export function makeImports(nowMs: number, assets: readonly AssetView[]): ImportView[] {
  return [
    makeImport(nowMs - MINUTE_MS, {
      name: 'Night market.mov',
      location: 'https://media.example.com/rushes/night-market.mov',
      state: 'running',
      nodeId: 'singapore-1-a',
      attempt: 1,
      receivedBytes: 1_840_000_000,
      totalBytes: 4_200_000_000,
    }),
    makeImport(nowMs - 8 * MINUTE_MS, {
      kind: 'bucket',
      location: 's3://archive/talks/2026/',
      state: 'running',
      objects: { found: 1_204, skipped: 310, waiting: 412, running: 4, done: 476, failed: 2, cancelled: 0 },
      receivedBytes: 812e9,
    }),
    makeImport(nowMs - 22 * MINUTE_MS, {
      name: null,
      location: 'https://cdn.example.org/keynote%20final.mp4',
      state: 'failed',
      attempt: 5,
      failure: {
        code: 'import_unreachable',
        message:
          'The media could not be fetched: the server answers with status 503. Given up after 5 attempts.',
      },
    }),
    makeImport(nowMs - 51 * MINUTE_MS, {
      name: 'Glacier timelapse 4K.mov',
      location: 'https://media.example.com/glacier.mov',
      state: 'done',
      assetId: assets[9]?.id ?? null,
      receivedBytes: 912_000_000,
      totalBytes: 912_000_000,
    }),
  ];
}

/** Usage of projects, with a quota that is nearly used up. */
export function makeUsage(projectIds: readonly string[]): UsageView {
  const regionIds = ['singapore', 'dublin', 'los-angeles'];
  return {
    projects: projectIds.map((projectId, index) => ({
      projectId,
      assets: 12,
      storedBytes: 486e9 / (index + 1),
      storedCostPerMonth: 9.72 / (index + 1),
      stored: regionIds.flatMap((regionId, at) => [
        { class: 'source' as const, regionId, bytes: (98e9 - at * 4e9) / (index + 1) },
        { class: 'renditions' as const, regionId, bytes: (62e9 + at * 3e9) / (index + 1) },
        { class: 'other' as const, regionId, bytes: 120e6 / (index + 1) },
      ]),
      uploadedBytesLastDay: 18.4e9,
      egress: regionIds.map((regionId, at) => ({
        regionId,
        bytesLast30Days: (1.9e12 - at * 4e11) / (index + 1),
        cost: (121 - at * 31) / (index + 1),
      })),
      quotas: {
        storedBytesMax: index === 0 ? 550e9 : null,
        assetsMax: null,
        uploadBytesPerDayMax: index === 0 ? 100e9 : null,
        retentionDays: null,
      },
    })),
    egress: regionIds.map((regionId, at) => ({
      regionId,
      bytesLast30Days: 2.1e12 - at * 4e11,
      cost: 131 - at * 31,
    })),
  };
}
