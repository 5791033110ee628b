// What the fake control plane answers to each route, from its state.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { ApiRoutes } from '#contract/api/routes.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import { storageHandlers } from '../durability/fake-storage.ts';
import { importHandlers } from '../imports/fake-imports.ts';
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
    ...webhookHandlers(state),
    ...importHandlers(),
    ...storageHandlers(),
  };
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
  | 'GET /v1/jobs'
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
    'GET /v1/jobs': ({ query }) => ({
      jobs: state.jobs
        .filter((job) => query.state === undefined || job.state === query.state)
        .slice(0, query.limit),
    }),
  };
}

function accessHandlers(
  state: FakeState,
): Some<
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
    expiresAtMs: null,
  });
  return {
    'POST /v1/session': ({ body }) => {
      if (body.token !== ADMIN_TOKEN) throw new MeridianError('wrong_credential');
      return identity();
    },
    'GET /v1/session': identity,
    'DELETE /v1/session': () => ({ isLoggedOut: true }),
    'GET /v1/projects': () => ({ projects: state.projects }),
    'POST /v1/projects': ({ body }) => {
      if (state.projects.some(({ id }) => id === body.id))
        throw new MeridianError('conflict', { reason: `There is a project ${body.id} already` });
      state.projects = [...state.projects, { ...body, createdAtMs: Date.now(), assetCount: 0 }];
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
    'GET /v1/audit': ({ query }) => ({
      entries: state.audit
        .filter(({ id }) => query.before === undefined || id < query.before)
        .slice(0, query.limit),
    }),
  };
}
