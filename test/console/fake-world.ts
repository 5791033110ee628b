// A believable world, library and job list for the console's tests. Plain data that tests may change; the fake
// control plane checks it against the contract's schemas before it answers.

import { makeId } from '#base/ids.ts';
import { createPrng } from '#base/prng.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { ApiRoutes } from '#contract/api/routes.ts';
import type { WorldView } from '#contract/api/world.ts';
import type { RouteResult } from '#contract/route.ts';

export type JobView = RouteResult<ApiRoutes['GET /v1/jobs']>['jobs'][number];

const MINUTE_MS = 60_000;

interface RegionSeed {
  readonly id: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly costPerGb: number;
  readonly egressBps: number;
}

const REGIONS: readonly RegionSeed[] = [
  {
    id: 'singapore',
    name: 'Singapore',
    latitude: 1.35,
    longitude: 103.82,
    costPerGb: 0.08,
    egressBps: 312e6,
  },
  { id: 'dublin', name: 'Dublin', latitude: 53.35, longitude: -6.26, costPerGb: 0.05, egressBps: 486e6 },
  {
    id: 'los-angeles',
    name: 'Los Angeles',
    latitude: 34.05,
    longitude: -118.24,
    costPerGb: 0.05,
    egressBps: 174e6,
  },
];

function makeRegion(seed: RegionSeed, nowMs: number): WorldView['regions'][number] {
  const siteId = `${seed.id}-1`;
  return {
    id: seed.id,
    name: seed.name,
    latitude: seed.latitude,
    longitude: seed.longitude,
    costPerGb: seed.costPerGb,
    isHealthy: true,
    sites: [
      {
        id: siteId,
        regionId: seed.id,
        state: 'up',
        isHealthy: true,
        capacityBps: 1e9,
        egressBps: seed.egressBps,
        requestsPerSecond: Math.round(seed.egressBps / 4e6),
        hitRatio: 0.973,
        edgeUrl: `http://127.0.0.1:8100/${seed.id}`,
        nodes: [
          {
            id: `${siteId}-a`,
            siteId,
            roles: ['ingest', 'encoder', 'origin', 'edge'],
            isAlive: true,
            isReady: true,
            notReadyReason: null,
            lastBeatAtMs: nowMs - 900,
            clockOffsetMs: 0.4,
            adopted: { term: 3, sequence: 1_284 },
            refusal: null,
            version: '0.1.0',
          },
        ],
      },
    ],
  };
}

function makeTraffic(nowMs: number): WorldView['traffic'] {
  const random = createPrng(7);
  return Array.from({ length: 90 }, (_, index) => {
    const wave = 1 + 0.18 * Math.sin(index / 9) + 0.05 * Math.sin(index / 2.3);
    return {
      atMs: nowMs - (90 - index) * 10_000,
      egressBpsByRegion: Object.fromEntries(
        REGIONS.map(({ id, egressBps }, at) => [
          id,
          Math.round(egressBps * wave * (0.86 + 0.05 * at + random() * 0.06)),
        ]),
      ),
    };
  });
}

function makeGroup(seed: RegionSeed): WorldView['steering']['groups'][number] {
  const others = REGIONS.filter(({ id }) => id !== seed.id).map(({ id }) => `${id}-1`);
  const own = `${seed.id}-1`;
  return {
    id: seed.id,
    order: [own, ...others],
    shares: [{ pathwayId: own, share: 1 }],
    reasons: [
      { code: 'score', subject: own, values: { scoreMs: 9.2, distanceMs: 4, costMs: 5, loadMs: 0.2 } },
      {
        code: 'score',
        subject: others[0] ?? own,
        values: { scoreMs: 122, distanceMs: 116, costMs: 5, loadMs: 1 },
      },
    ],
  };
}

/** Three healthy regions, each serving its own viewers. */
export function makeWorld(nowMs: number): WorldView {
  return {
    term: 3,
    sequence: 1_284,
    publishedAtMs: nowMs - 1_400,
    nowMs,
    regions: REGIONS.map((seed) => makeRegion(seed, nowMs)),
    traffic: makeTraffic(nowMs),
    steering: { generation: 41, createdAtMs: nowMs - 96_000, ttlMs: 5_000, groups: REGIONS.map(makeGroup) },
    assets: { total: 0, processing: 0, failed: 0 },
  };
}

const NAMES = [
  'Harbour at dawn.mov',
  'Product keynote 2026 (final cut).mp4',
  'Interview with the night crew.mp4',
  'Trailrun, drone, day 2.mov',
  'Onboarding: your first week.mp4',
  'Rooftop concert, camera B.mkv',
  'Unboxing.webm',
  'Weekly all-hands, 14 September.mp4',
  'Street food of Penang.mp4',
  'Glacier timelapse 4K.mov',
  'Safety briefing (English).mp4',
  'Cat versus cucumber.mp4',
] as const;

export interface AssetOptions {
  readonly index: number;
  readonly nowMs: number;
  readonly edgeUrl: string;
  readonly change?: Partial<AssetView>;
}

/** One processed asset; larger indexes are older. */
export function makeAsset({ index, nowMs, edgeUrl, change = {} }: AssetOptions): AssetView {
  const createdAtMs = nowMs - 2 * MINUTE_MS - index * 37 * MINUTE_MS;
  const bytes = Uint8Array.from({ length: 10 }, (_, at) => (index * 7 + at * 31) & 255);
  const id = makeId('ast', createdAtMs, bytes);
  const regionIds = REGIONS.map((region) => region.id);
  const path = `m/default/${id}/v1`;
  return {
    id,
    projectId: 'default',
    name: index < NAMES.length ? (NAMES[index] ?? '') : `Clip ${index}, take ${(index % 4) + 1}.mp4`,
    version: 1,
    visibility: 'public',
    stage: 'ready',
    progress: 1,
    isPlayable: true,
    failure: null,
    createdAtMs,
    readyAtMs: createdAtMs + 14_300,
    durationMs: 42_000 + ((index * 7_919) % 3_600) * 1_000,
    sourceBytes: 18_400_000 + ((index * 104_729) % 900) * 1_000_000,
    sourceRegionIds: [regionIds[index % 3] ?? 'dublin', regionIds[(index + 1) % 3] ?? 'dublin'],
    mediaRegionIds: [regionIds[index % 3] ?? 'dublin', regionIds[(index + 1) % 3] ?? 'dublin'],
    renditions: [
      { id: 'v1080', kind: 'video', width: 1920, height: 1080, bandwidthBps: 5_400_000, frameCount: 4_512 },
      { id: 'v720', kind: 'video', width: 1280, height: 720, bandwidthBps: 2_900_000, frameCount: 4_512 },
      { id: 'v360', kind: 'video', width: 640, height: 360, bandwidthBps: 820_000, frameCount: 4_512 },
      { id: 'a128', kind: 'audio', width: null, height: null, bandwidthBps: 131_000, frameCount: 7_050 },
    ],
    preset: null,
    encoding: null,
    captions: [],
    posterKind: 'automatic',
    hasStoryboard: false,
    hasPreview: false,
    watchUrl: `${edgeUrl}/watch/default/${id}`,
    playlists: regionIds.map((regionId) => ({
      regionId,
      hls: `${edgeUrl}/${path}/main.m3u8`,
      dash: `${edgeUrl}/${path}/manifest.mpd`,
      poster: `${edgeUrl}/${path}/poster.jpg`,
    })),
    ...change,
  };
}

/** A dozen assets in every stage. */
export function makeLibrary(nowMs: number, edgeUrl: string, count: number = NAMES.length): AssetView[] {
  const changes: Readonly<Record<number, Partial<AssetView>>> = {
    0: { stage: 'queued', progress: 0, isPlayable: false, readyAtMs: null, durationMs: null, renditions: [] },
    1: { stage: 'encoding', progress: 0.42, readyAtMs: null },
    2: { stage: 'replicating', progress: 0.8, readyAtMs: null },
    3: {
      stage: 'failed',
      progress: 0,
      isPlayable: false,
      readyAtMs: null,
      durationMs: null,
      renditions: [],
      playlists: [],
      failure: { code: 'media_truncated', message: 'The file ends early: the index (moov) is missing.' },
    },
    4: { visibility: 'private' },
  };
  return Array.from({ length: count }, (_, index) =>
    makeAsset({ index, nowMs, edgeUrl, change: changes[index] ?? {} }),
  );
}

/** One job for each of the newest assets. */
export function makeJobs(assets: readonly AssetView[], nowMs: number): JobView[] {
  return assets.slice(0, 12).map((asset, index) => ({
    id: makeId('job', asset.createdAtMs, new Uint8Array(10).fill(index)),
    assetId: asset.id,
    projectId: asset.projectId,
    state:
      asset.stage === 'ready'
        ? 'done'
        : asset.stage === 'failed'
          ? 'dead'
          : asset.stage === 'queued'
            ? 'ready'
            : 'leased',
    assetName: asset.name,
    assetVersion: asset.version,
    priority: 'normal',
    failureCount: index === 2 ? 1 : 0,
    failuresMax: 5,
    regionId: asset.stage === 'queued' ? null : (asset.sourceRegionIds[0] ?? null),
    estimatedEndAtMs: null,
    placement: null,
    chunks: null,
    attempt: index === 2 ? 2 : 1,
    nodeId: asset.stage === 'queued' ? null : `${asset.sourceRegionIds[0]}-1-a`,
    stage: asset.stage,
    progress: asset.progress,
    failure: asset.failure,
    createdAtMs: asset.createdAtMs,
    updatedAtMs: nowMs - index * 41_000,
  }));
}
