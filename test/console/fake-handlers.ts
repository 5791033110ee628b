// What the fake control plane answers to each route, from its state.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { ApiRoutes } from '#contract/api/routes.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import type { encodingRoutes } from '../../src/contract/api/encoding.ts';
import { storageHandlers } from '../durability/fake-storage.ts';
import { importHandlers } from '../imports/fake-imports.ts';
import { broadcastHandlers } from '../live/fake-broadcasts.ts';
import { oncallHandlers } from '../oncall/fake-oncall.ts';
import { auditHandlers, breakGlassHandlers, ownGlass, readinessHandlers } from './fake-access.ts';
import { alertHandlers } from './fake-alerts.ts';
import { incidentHandlers } from './fake-incidents.ts';
import { makeEncoders } from './fake-operations.ts';
import { orderHandlers } from './fake-orders.ts';
import { runbookHandlers } from './fake-runbooks.ts';
import { sessionHandlers } from './fake-sessions.ts';
import { sloHandlers } from './fake-slos.ts';
import { ADMIN_TOKEN, type FakeState } from './fake-state.ts';
import { webhookHandlers } from './fake-webhooks.ts';

type Handlers = {
  [K in keyof ApiRoutes]: (
    given: RouteInput<ApiRoutes[K]>,
  ) => RouteResult<ApiRoutes[K]> | Promise<RouteResult<ApiRoutes[K]>>;
};

/** Handlers for every route of the contract. */
export function makeHandlers(state: FakeState): Handlers {
  return {
    ...worldHandlers(state),
    ...assetHandlers(state),
    ...accessHandlers(state),
    ...auditHandlers(),
    ...readinessHandlers(),
    ...breakGlassHandlers(
      state.access,
      (role) => {
        state.role = role;
      },
      ADMIN_TOKEN,
    ),
    ...webhookHandlers(state),
    ...importHandlers(state.imports),
    ...storageHandlers(state.storage),
    'GET /v1/edges': () => ({ nowMs: state.world.nowMs, edges: state.edges }),
    'GET /v1/assets/{assetId}/timeline': ({ query }) => ({ entries: state.timeline.slice(0, query.limit) }),
    'GET /v1/telemetry/series': ({ query }) => ({
      name: query.name,
      stepMs: query.stepMs ?? 60_000,
      points: state.seriesPoints(query),
    }),
    ...orderHandlers(state.orders, () => state.world, state.scaledRegions),
    'GET /v1/telemetry/names': () => ({ series: [] }),
    ...sessionHandlers(state.sessions),
    'GET /v1/viewer-sessions/history': () => ({ columns: [], rows: [], isCut: false }),
    ...jobHandlers(state),
    ...broadcastHandlers(state.broadcasts, edgeUrlsOf(state.world)),
    ...encodingHandlers(state),
    ...incidentHandlers(state.incidents),
    ...oncallHandlers(state.oncall),
    ...runbookHandlers(state.runbooks, () => state.world.nowMs),
    ...sloHandlers(state.slos),
    ...alertHandlers(state.alerts, () => state.slos.alerts),
  };
}

/** The addresses under which viewers reach the edges. */
export function edgeUrlsOf(world: FakeState['world']): string[] {
  return world.regions.flatMap(({ sites }) => sites.map(({ edgeUrl }) => edgeUrl));
}

type Some<K extends keyof Handlers> = Pick<Handlers, K>;

function worldHandlers(
  state: FakeState,
): Some<
  | 'GET /v1/world'
  | 'GET /v1/steering'
  | 'POST /v1/drains/{target}'
  | 'DELETE /v1/drains/{target}'
  | 'POST /v1/join-tokens'
> {
  const setSites = (
    target: string,
    to: 'up' | 'draining',
  ): RouteResult<ApiRoutes['DELETE /v1/drains/{target}']> => {
    const sites = state.world.regions
      .flatMap((region) => region.sites)
      .filter((site) => site.id === target || site.regionId === target);
    if (sites.length === 0) throw new MeridianError('not_found', { what: 'such site or region' });
    for (const site of sites) site.state = to;
    return { sites: sites.map(({ id }) => ({ id, state: to })), warnings: state.drainWarnings };
  };
  return {
    'GET /v1/world': () => {
      const nowMs = Date.now();
      const failed = state.assets.filter(({ stage }) => stage === 'failed').length;
      const done = state.assets.filter(({ stage }) => stage === 'ready').length;
      return {
        ...state.world,
        nowMs,
        publishedAtMs: nowMs - 1_400,
        assets: { total: state.assets.length, failed, processing: state.assets.length - done - failed },
      };
    },
    'GET /v1/steering': () => ({ plan: state.world.steering, findings: state.findings }),
    'POST /v1/drains/{target}': ({ params, body }) => {
      const isLast = state.world.regions
        .flatMap((region) => region.sites)
        .every((site) => site.state !== 'up' || site.id === params.target || site.regionId === params.target);
      if (isLast && !body.isForced)
        throw new MeridianError('conflict', { reason: 'No other healthy site would be left' });
      return setSites(params.target, 'draining');
    },
    'DELETE /v1/drains/{target}': ({ params }) => setSites(params.target, 'up'),
    'POST /v1/join-tokens': () => ({ joinToken: 'join_test', expiresAtMs: Date.now() + 60_000 }),
  };
}

function assetHandlers(
  state: FakeState,
): Some<
  | 'POST /v1/upload-grants'
  | 'GET /v1/assets'
  | 'GET /v1/assets/{assetId}'
  | 'PATCH /v1/assets/{assetId}'
  | 'DELETE /v1/assets/{assetId}'
  | 'POST /v1/assets/{assetId}/retry'
  | 'PUT /v1/assets/{assetId}/captions/{language}'
  | 'DELETE /v1/assets/{assetId}/captions/{language}'
  | 'PUT /v1/assets/{assetId}/poster'
  | 'DELETE /v1/assets/{assetId}/poster'
  | 'POST /v1/assets/{assetId}/playback-tokens'
  | 'POST /v1/revocations'
> {
  const find = (assetId: string): AssetView => {
    const asset = state.assets.find(({ id }) => id === assetId);
    if (asset === undefined) throw new MeridianError('gone', { what: 'asset' });
    return asset;
  };
  const change = (assetId: string, changes: Partial<AssetView>): AssetView => {
    const changed: AssetView = { ...find(assetId), ...changes };
    state.assets = state.assets.map((asset) => (asset.id === changed.id ? changed : asset));
    return changed;
  };
  return {
    'POST /v1/upload-grants': () => ({
      grant: 'test-grant',
      expiresAtMs: Date.now() + 86_400_000,
      bytesMax: 20 * 2 ** 30,
      ingests: state.ingests,
    }),
    'GET /v1/assets': ({ query }) => {
      const wanted = query.search?.toLowerCase();
      const matching = state.assets.filter(
        ({ id, name }) =>
          (query.before === undefined || id < query.before) &&
          (wanted === undefined || name.toLowerCase().includes(wanted)),
      );
      const assets = matching.slice(0, query.limit);
      const hasMore = matching.length > assets.length;
      return { assets, nextBefore: hasMore ? defined(assets[assets.length - 1], 'a last asset').id : null };
    },
    'GET /v1/assets/{assetId}': ({ params }) => find(params.assetId),
    'PATCH /v1/assets/{assetId}': ({ params, body }) => {
      const changed: AssetView = { ...find(params.assetId) };
      if (body.name !== undefined) changed.name = body.name;
      if (body.visibility !== undefined) changed.visibility = body.visibility;
      state.assets = state.assets.map((asset) => (asset.id === changed.id ? changed : asset));
      return changed;
    },
    'DELETE /v1/assets/{assetId}': ({ params }) => {
      find(params.assetId);
      state.assets = state.assets.filter(({ id }) => id !== params.assetId);
      return { isDeleted: true };
    },
    'POST /v1/assets/{assetId}/retry': ({ params }) =>
      change(params.assetId, { stage: 'queued', failure: null }),
    'PUT /v1/assets/{assetId}/captions/{language}': ({ params, body }) => {
      if (!body.text.includes('-->'))
        throw new MeridianError('captions_invalid', { line: 1, reason: 'there is no cue with text in it' });
      const { kind, isDefault } = body;
      const id = `${kind}-${params.language.toLowerCase()}`;
      const label = body.label ?? params.language;
      const file = { sha256: '0'.repeat(64), bytes: body.text.length, cueCount: 1 };
      const track = { id, language: params.language, kind, label, isDefault, ...file };
      const others = find(params.assetId).captions.filter((other) => other.id !== id);
      return change(params.assetId, { captions: [...others, track] });
    },
    'DELETE /v1/assets/{assetId}/captions/{language}': ({ params, query }) => {
      const id = `${query.kind}-${params.language.toLowerCase()}`;
      return change(params.assetId, {
        captions: find(params.assetId).captions.filter((track) => track.id !== id),
      });
    },
    'PUT /v1/assets/{assetId}/poster': ({ params }) => change(params.assetId, { posterKind: 'chosen' }),
    'DELETE /v1/assets/{assetId}/poster': ({ params }) => change(params.assetId, { posterKind: 'automatic' }),
    'POST /v1/assets/{assetId}/playback-tokens': ({ params }) => {
      const asset = find(params.assetId);
      return {
        token: 'test-playback-token',
        tokenId: 'test-token-id',
        expiresAtMs: Date.now() + 60_000,
        watchUrl: `${asset.watchUrl}?token=test-playback-token`,
        playlists: asset.playlists,
      };
    },
    'POST /v1/revocations': ({ body }) => ({ tokenId: body.tokenId, expiresAtMs: Date.now() }),
  };
}

function pageOf(matching: FakeState['jobs'], limit: number) {
  const jobs = matching.slice(0, limit);
  return { jobs, nextBefore: matching.length > jobs.length ? (jobs.at(-1)?.id ?? null) : null };
}

function jobHandlers(
  state: FakeState,
): Some<
  | 'GET /v1/jobs'
  | 'GET /v1/jobs/{jobId}'
  | 'PATCH /v1/jobs/{jobId}'
  | 'POST /v1/jobs/{jobId}/cancel'
  | 'GET /v1/encoding'
  | 'PUT /v1/regions/{regionId}/encoding'
> {
  type Job = FakeState['jobs'][number];
  const change = (jobId: string, changes: Partial<Job>) => {
    const job = state.jobs.find(({ id }) => id === jobId);
    if (job === undefined) throw new MeridianError('not_found', { what: 'such job' });
    const changed = { ...job, ...changes };
    state.jobs = state.jobs.map((each) => (each.id === jobId ? changed : each));
    return { ...changed, placements: changed.placement === null ? [] : [changed.placement], chunkList: [] };
  };
  const regionOf = ({ id, name, costPerGb, sites }: FakeState['world']['regions'][number]) => {
    const isPaused = state.pausedRegionIds.includes(id);
    const pause = { isPaused, pausedAtMs: isPaused ? 1 : null, pausedBy: isPaused ? 'first admin' : null };
    const scaledTo = state.scaledRegions[id] ?? null;
    const encoders = makeEncoders(sites[0]?.id ?? '');
    return {
      ...{ id, name, costPerGb, ...pause, encoders, scaledTo, slots: scaledTo ?? 4, slotsMax: 8 },
      scaledAtMs: scaledTo === null ? null : 1,
      scaledBy: scaledTo === null ? null : 'first admin',
    };
  };
  return {
    'GET /v1/jobs': ({ query }) => ({
      ...pageOf(
        state.jobs.filter(
          (job) =>
            (query.state === undefined || job.state === query.state) &&
            (query.before === undefined || job.id < query.before),
        ),
        query.limit,
      ),
    }),
    'GET /v1/jobs/{jobId}': ({ params }) => change(params.jobId, {}),
    'PATCH /v1/jobs/{jobId}': ({ params, body }) => change(params.jobId, body),
    'POST /v1/jobs/{jobId}/cancel': ({ params }) => change(params.jobId, { state: 'cancelled' }),
    'GET /v1/encoding': () => ({ regions: state.world.regions.map(regionOf) }),
    'PUT /v1/regions/{regionId}/encoding': ({ params, body }) => {
      const region = state.world.regions.find(({ id }) => id === params.regionId);
      if (region === undefined) throw new MeridianError('not_found', { what: 'such region' });
      const others = state.pausedRegionIds.filter((id) => id !== region.id);
      state.pausedRegionIds = body.isPaused ? [...others, region.id] : others;
      return regionOf(region);
    },
  };
}

function accessHandlers(
  state: FakeState,
): Some<
  | 'GET /v1/sign-in'
  | 'POST /v1/session'
  | 'GET /v1/session'
  | 'DELETE /v1/session'
  | 'GET /v1/projects'
  | 'POST /v1/projects'
  | 'PUT /v1/projects/{projectId}/loudness'
  | 'POST /v1/projects/{projectId}/keys'
  | 'GET /v1/tokens'
  | 'POST /v1/tokens'
  | 'DELETE /v1/tokens/{tokenId}'
  | 'GET /v1/audit'
> {
  const identity = (): RouteResult<ApiRoutes['GET /v1/session']> => ({
    name: 'first admin',
    role: state.role,
    projectId: null,
    regionIds: null,
    expiresAtMs: null,
    breakGlass: ownGlass(state.access),
  });
  return {
    'GET /v1/sign-in': () => ({ provider: state.signInProvider }),
    'POST /v1/session': ({ body }) => {
      if (body.token !== ADMIN_TOKEN) throw new MeridianError('wrong_credential');
      return identity();
    },
    'GET /v1/session': identity,
    'DELETE /v1/session': () => ({ isLoggedOut: true, path: null }),
    'GET /v1/projects': () => ({ projects: state.projects }),
    'POST /v1/projects': ({ body }) => {
      if (state.projects.some(({ id }) => id === body.id))
        throw new MeridianError('conflict', { reason: `There is a project ${body.id} already` });
      state.projects = [
        ...state.projects,
        { ...body, createdAtMs: Date.now(), assetCount: 0, targetLufs: null },
      ];
      return body;
    },
    'PUT /v1/projects/{projectId}/loudness': ({ params, body }) => ({ ...params, ...body }),
    'POST /v1/projects/{projectId}/keys': () => ({
      keyId: 'key_test',
      privateKeyPem: '-----BEGIN PRIVATE KEY-----\ntest\n-----END PRIVATE KEY-----',
      usableFromMs: Date.now() + 4_000,
    }),
    'GET /v1/tokens': () => ({ tokens: state.tokens }),
    'POST /v1/tokens': ({ body }) => {
      const id = makeId('tok', Date.now(), new Uint8Array(10));
      const view = {
        id,
        name: body.name,
        role: body.role,
        projectId: body.projectId,
        regionIds: body.regionIds,
        createdAtMs: Date.now(),
        lastUsedAtMs: null,
        expiresAtMs: body.ttlMs === null ? null : Date.now() + body.ttlMs,
      };
      state.tokens = [...state.tokens, view];
      return { token: 'mrd_shown_only_once', view };
    },
    'DELETE /v1/tokens/{tokenId}': ({ params }) => {
      state.tokens = state.tokens.filter(({ id }) => id !== params.tokenId);
      return { isDeleted: true };
    },
    'GET /v1/audit': ({ query }) => {
      const matching = state.audit.filter(
        ({ id, actor, action, subject, atMs }) =>
          (query.before === undefined || id < query.before) &&
          (query.actor === undefined || actor.toLowerCase().includes(query.actor.toLowerCase())) &&
          (query.action === undefined || action.startsWith(query.action)) &&
          (query.subject === undefined || subject === query.subject) &&
          (query.fromMs === undefined || atMs >= query.fromMs) &&
          (query.toMs === undefined || atMs < query.toMs),
      );
      const entries = matching.slice(0, query.limit);
      return { entries, nextBefore: matching.length > entries.length ? (entries.at(-1)?.id ?? null) : null };
    },
  };
}

const PRESETS = (['economy', 'standard', 'quality'] as const).map((name, index) => ({
  name,
  summary: `Preset number ${index + 1}`,
  shortSides: [1080, 720, 360],
  renditionsMax: 3 + index,
  frameRateMax: 60,
  bitrateFactor: 0.7 + index * 0.3,
  speed: 'fast' as const,
  isPerTitle: index > 0,
}));

function encodingHandlers(state: FakeState): Some<keyof Handlers & keyof typeof encodingRoutes> {
  return {
    'GET /v1/presets': () => ({ presets: PRESETS }),
    'GET /v1/projects/{projectId}/encoding': () => state.encoding,
    'PUT /v1/projects/{projectId}/encoding': ({ body }) => {
      state.encoding = body;
      return body;
    },
  };
}
