// Who may do what: tokens, roles, projects, sessions, the rate limit, and an audit row for each change. The tables
// name every route, so that a new route without a decision fails here.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose';
import { defined } from '#base/assert.ts';
import { apiRoutes } from '#contract/api/routes.ts';
import type { ApiClient } from '#contract/client.ts';
import type { RouteDefinition } from '#contract/route.ts';
import { makeOncallThings, type OncallThings, SMALL_ROTA } from '../oncall/oncall-things.ts';
import { waitFor } from '../support/wait-for.ts';
import { ACCESS_ACCESS, ACCESS_CHANGES, ACCESS_NO_CHANGES } from './access-routes.ts';
import {
  ALERT_ACCESS,
  ALERT_CHANGES,
  ALERT_NO_CHANGES,
  type AlertThings,
  makeAlertThings,
} from './alert-routes.ts';
import { INCIDENT_ACCESS, INCIDENT_CHANGES, type IncidentThings } from './incident-routes.ts';
import {
  makeRunbookThings,
  RUNBOOK_ACCESS,
  RUNBOOK_CHANGES,
  RUNBOOK_NO_CHANGES,
  type RunbookThings,
} from './runbook-routes.ts';
import { codeOf, makeMedia, makeRecord, onEveryDatabase, settle, type TestControl } from './support.ts';

type RouteKey = keyof typeof apiRoutes;
type Arguments = { params?: object; query?: object; body?: object };

interface Things extends IncidentThings {
  /** Belongs to the project `other`. */
  readonly assetId: string;
  readonly jobId: string;
  readonly tokenId: string;
  readonly playbackTokenId: string;
  readonly importId: string;
  readonly webhookId: string;
  readonly broadcastId: string;
  readonly orderId: string;
  /** Of another order. */
  readonly changeId: number;
}

/** Calls any route with loose types, since the tables below name them as data. */
function callAny(client: ApiClient, key: string, given: Arguments): Promise<unknown> {
  return (client.call as (key: string, given: Arguments) => Promise<unknown>)(key, given);
}

/** Nobody listens where webhooks go here. */
const LOOPBACK_WEBHOOKS = { config: { webhooks: { allowPrivateAddresses: true } } };
const NOWHERE_URL = 'http://127.0.0.1:9';

async function makeThings(world: TestControl): Promise<Things> {
  for (const id of ['mine', 'other']) await world.admin.call('POST /v1/projects', { body: { id, name: id } });
  const srt = { host: 'dublin-1.test', firstPort: 8_400, portCount: 16 };
  const node = await world.node('dublin-1', { join: { srt } });
  const record = makeRecord({ projectId: 'other', name: 'secret of other', visibility: 'private' });
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  const { view } = await world.admin.call('POST /v1/tokens', {
    body: { name: 'of other', role: 'viewer', projectId: 'other' },
  });
  const playback = await world.admin.call('POST /v1/assets/{assetId}/playback-tokens', {
    params: { assetId: record.assetId },
    body: {},
  });
  const { webhook } = await world.admin.call('POST /v1/webhooks', {
    body: { url: `${NOWHERE_URL}/secret-of-other`, projectId: 'other', eventTypes: ['asset.deleted'] },
  });
  const { id: importId } = await world.admin.call('POST /v1/imports', {
    body: { url: 'https://media.example/secret-of-other.mp4', projectId: 'other' },
  });
  const { id: broadcastId } = await world.admin.call('POST /v1/broadcasts', {
    body: { name: 'secret of other', projectId: 'other', plannedStartMs: 4_000_000_000_000, takesSrt: true },
  });
  const { jobs } = await world.admin.call('GET /v1/jobs', { query: { projectId: 'other' } });
  const open = (title: string) => world.admin.call('POST /v1/incidents', { body: { title } });
  const [incident, otherIncident] = [await open('secret of other'), await open('another')];
  const { actionItems } = await world.admin.call('POST /v1/incidents/{incidentId}/action-items', {
    params: { incidentId: otherIncident.id },
    body: { title: 'secret of other', owner: 'Ada', dueAtMs: 0 },
  });
  const { updates } = await world.admin.call('POST /v1/incidents/{incidentId}/status-updates', {
    params: { incidentId: otherIncident.id },
    body: { state: 'investigating' },
  });
  const throttle = (regionId: string) =>
    world.admin.call('POST /v1/orders', {
      body: { kind: 'throttle', projectId: 'other', regionId, floor: 'video' },
    });
  const { order } = await throttle('dublin');
  await throttle('singapore');
  const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } });
  return {
    orderId: defined(order, 'an order').id,
    changeId: defined(changes[0], 'its change').id,
    assetId: record.assetId,
    jobId: defined(jobs[0], 'its job').id,
    tokenId: view.id,
    playbackTokenId: playback.tokenId,
    importId,
    webhookId: webhook.id,
    broadcastId,
    incidentId: incident.id,
    otherIncidentId: otherIncident.id,
    actionItemId: defined(actionItems[0], 'an action item').id,
    statusUpdateId: defined(updates[0], 'an update').id,
  };
}

const ENCODING = { preset: 'economy', isPerTitle: null, codecs: ['h264', 'av1'] };
const IN_A_DAY_MS = Date.now() + 86_400_000;
const PAGE_ID = `pag_${'0'.repeat(26)}`;
const NO_QUOTAS = { storedBytesMax: null, assetsMax: null, uploadBytesPerDayMax: null, retentionDays: null };

/**
 * What an admin of the project `mine` gets when it reaches for what belongs to `other`, or to all.
 * `hidden`: an answer in which nothing of the other project appears. `shared`: the same for every project.
 */
const CROSS_PROJECT: Record<
  RouteKey,
  ['not_found' | 'wrong_project' | 'wrong_credential' | 'hidden' | 'shared', (things: Things) => Arguments]
> = {
  'GET /v1/sign-in': ['shared', () => ({})],
  'POST /v1/session': ['shared', () => ({ body: { token: 'mrd_wrong' } })],
  'GET /v1/session': ['hidden', () => ({})],
  'DELETE /v1/session': ['hidden', () => ({})],
  'GET /v1/projects': ['hidden', () => ({})],
  'POST /v1/projects': ['wrong_project', () => ({ body: { id: 'more', name: 'More' } })],
  'POST /v1/projects/{projectId}/keys': [
    'wrong_project',
    () => ({ params: { projectId: 'other' }, body: { use: 'playback' } }),
  ],
  'PUT /v1/projects/{projectId}/loudness': [
    'wrong_project',
    () => ({ params: { projectId: 'other' }, body: { targetLufs: -16 } }),
  ],
  'GET /v1/presets': ['shared', () => ({})],
  'GET /v1/projects/{projectId}/encoding': ['wrong_project', () => ({ params: { projectId: 'other' } })],
  'PUT /v1/projects/{projectId}/encoding': [
    'wrong_project',
    () => ({ params: { projectId: 'other' }, body: ENCODING }),
  ],
  'GET /v1/tokens': ['hidden', () => ({})],
  'POST /v1/tokens': ['wrong_project', () => ({ body: { name: 'x', role: 'admin', projectId: 'other' } })],
  'DELETE /v1/tokens/{tokenId}': ['not_found', ({ tokenId }) => ({ params: { tokenId } })],
  'GET /v1/audit': ['hidden', () => ({})],
  'POST /v1/upload-grants': ['wrong_project', () => ({ body: { projectId: 'other' } })],
  'GET /v1/assets': ['wrong_project', () => ({ query: { projectId: 'other' } })],
  'GET /v1/assets/{assetId}': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'PATCH /v1/assets/{assetId}': [
    'not_found',
    ({ assetId }) => ({ params: { assetId }, body: { name: 'x' } }),
  ],
  'DELETE /v1/assets/{assetId}': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'POST /v1/assets/{assetId}/retry': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'PUT /v1/assets/{assetId}/captions/{language}': [
    'not_found',
    ({ assetId }) => ({
      params: { assetId, language: 'en' },
      body: { text: 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello' },
    }),
  ],
  'DELETE /v1/assets/{assetId}/captions/{language}': [
    'not_found',
    ({ assetId }) => ({ params: { assetId, language: 'en' } }),
  ],
  'PUT /v1/assets/{assetId}/poster': [
    'not_found',
    ({ assetId }) => ({ params: { assetId }, body: { atMs: 0 } }),
  ],
  'DELETE /v1/assets/{assetId}/poster': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'GET /v1/edges': ['wrong_project', () => ({})],
  'GET /v1/telemetry/series': ['wrong_project', () => ({ query: { name: 'viewer_requests' } })],
  'GET /v1/telemetry/names': ['wrong_project', () => ({})],
  'GET /v1/viewer-sessions': ['hidden', () => ({})],
  'GET /v1/viewer-sessions/history': ['hidden', () => ({ query: { sql: 'select * from sessions' } })],
  'GET /v1/viewer-sessions/{sid}': ['not_found', () => ({ params: { sid: 'theirs' } })],
  'GET /v1/assets/{assetId}/timeline': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'GET /v1/assets/{assetId}/copies': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'POST /v1/assets/{assetId}/restore': ['not_found', ({ assetId }) => ({ params: { assetId } })],
  'GET /v1/storage/deletions': ['hidden', () => ({})],
  'GET /v1/storage/repairs': ['hidden', () => ({})],
  'GET /v1/storage/scrub': ['wrong_project', () => ({})],
  'GET /v1/storage/usage': ['wrong_project', () => ({ query: { projectId: 'other' } })],
  'GET /v1/projects/{projectId}/quotas': ['wrong_project', () => ({ params: { projectId: 'other' } })],
  'PUT /v1/projects/{projectId}/quotas': [
    'wrong_project',
    () => ({ params: { projectId: 'other' }, body: NO_QUOTAS }),
  ],
  'POST /v1/assets/{assetId}/playback-tokens': [
    'not_found',
    ({ assetId }) => ({ params: { assetId }, body: {} }),
  ],
  'POST /v1/revocations': [
    'wrong_project',
    ({ playbackTokenId }) => ({ body: { tokenId: playbackTokenId } }),
  ],
  'GET /v1/jobs': ['wrong_project', () => ({ query: { projectId: 'other' } })],
  'GET /v1/jobs/{jobId}': ['not_found', ({ jobId }) => ({ params: { jobId } })],
  'PATCH /v1/jobs/{jobId}': ['not_found', ({ jobId }) => ({ params: { jobId }, body: { priority: 'high' } })],
  'POST /v1/jobs/{jobId}/cancel': ['not_found', ({ jobId }) => ({ params: { jobId } })],
  'GET /v1/encoding': ['shared', () => ({})],
  'PUT /v1/regions/{regionId}/encoding': [
    'wrong_project',
    () => ({ params: { regionId: 'dublin' }, body: { isPaused: true } }),
  ],
  'POST /v1/broadcasts': ['wrong_project', () => ({ body: { name: 'x', projectId: 'other' } })],
  'GET /v1/broadcasts': ['hidden', () => ({})],
  'GET /v1/broadcasts/{broadcastId}': ['not_found', ({ broadcastId }) => ({ params: { broadcastId } })],
  'GET /v1/broadcasts/{broadcastId}/viewers': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  'GET /v1/broadcasts/{broadcastId}/figures': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  'POST /v1/broadcasts/{broadcastId}/drains/{regionId}': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  'POST /v1/broadcasts/{broadcastId}/channels/{regionId}': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' }, body: {} }),
  ],
  'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  'GET /v1/broadcasts/{broadcastId}/ingest': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  'POST /v1/broadcasts/{broadcastId}/end': ['not_found', ({ broadcastId }) => ({ params: { broadcastId } })],
  'POST /v1/broadcasts/{broadcastId}/rotate-passphrase': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  'POST /v1/broadcasts/{broadcastId}/switch': [
    'not_found',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  ...RUNBOOK_ACCESS,
  'GET /v1/world': ['hidden', () => ({})],
  'POST /v1/drains/{target}': [
    'wrong_project',
    () => ({ params: { target: 'dublin' }, body: { isForced: true } }),
  ],
  'DELETE /v1/drains/{target}': ['wrong_project', () => ({ params: { target: 'dublin' } })],
  'GET /v1/steering': ['shared', () => ({})],
  'GET /v1/orders': ['hidden', () => ({})],
  'POST /v1/orders': ['wrong_project', () => ({ body: { kind: 'purge', projectId: 'other' } })],
  'POST /v1/orders/preview': ['wrong_project', () => ({ body: { kind: 'purge', projectId: 'other' } })],
  'GET /v1/orders/{orderId}': ['not_found', ({ orderId }) => ({ params: { orderId } })],
  'DELETE /v1/orders/{orderId}': ['not_found', ({ orderId }) => ({ params: { orderId } })],
  'POST /v1/join-tokens': ['wrong_project', () => ({ body: { siteId: 'dublin-1' } })],
  'GET /v1/events': ['hidden', () => ({})],
  'GET /v1/webhooks': ['hidden', () => ({})],
  'POST /v1/webhooks': ['wrong_project', () => ({ body: { url: NOWHERE_URL } })],
  'GET /v1/webhooks/{webhookId}': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'PATCH /v1/webhooks/{webhookId}': [
    'not_found',
    ({ webhookId }) => ({ params: { webhookId }, body: { url: NOWHERE_URL } }),
  ],
  'DELETE /v1/webhooks/{webhookId}': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'POST /v1/webhooks/{webhookId}/pause': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'POST /v1/webhooks/{webhookId}/resume': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'POST /v1/webhooks/{webhookId}/rotate-secret': [
    'not_found',
    ({ webhookId }) => ({ params: { webhookId }, body: {} }),
  ],
  'POST /v1/webhooks/{webhookId}/test': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'GET /v1/webhooks/{webhookId}/deliveries': ['not_found', ({ webhookId }) => ({ params: { webhookId } })],
  'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}': [
    'not_found',
    ({ webhookId }) => ({ params: { webhookId, deliveryId: 1 } }),
  ],
  'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay': [
    'not_found',
    ({ webhookId }) => ({ params: { webhookId, deliveryId: 1 } }),
  ],
  'POST /v1/imports': [
    'wrong_project',
    () => ({ body: { url: 'https://media.example/a.mp4', projectId: 'other' } }),
  ],
  'GET /v1/imports': ['hidden', () => ({})],
  'GET /v1/imports/{importId}': ['not_found', ({ importId }) => ({ params: { importId } })],
  'POST /v1/imports/{importId}/cancel': ['not_found', ({ importId }) => ({ params: { importId } })],
  'GET /v1/oncall': ['wrong_project', () => ({})],
  'PUT /v1/oncall': ['wrong_project', () => ({ body: { text: 'users:' } })],
  'GET /v1/oncall/versions': ['wrong_project', () => ({})],
  'GET /v1/oncall/versions/{version}': ['wrong_project', () => ({ params: { version: 1 } })],
  'POST /v1/oncall/lint': ['wrong_project', () => ({ body: { text: 'users:' } })],
  'POST /v1/oncall/simulate': ['wrong_project', () => ({ body: { atMs: 0 } })],
  'GET /v1/oncall/now': ['wrong_project', () => ({})],
  'GET /v1/oncall/shifts': ['wrong_project', () => ({ query: { fromMs: 0, untilMs: 1 } })],
  'GET /v1/oncall/fairness': ['wrong_project', () => ({ query: { fromMs: 0, untilMs: 1 } })],
  'GET /v1/oncall/overrides': ['wrong_project', () => ({})],
  'POST /v1/oncall/overrides': [
    'wrong_project',
    () => ({ body: { scheduleId: 'primary', userId: 'mei', fromMs: 0, untilMs: 1 } }),
  ],
  'DELETE /v1/oncall/overrides/{overrideId}': [
    'wrong_project',
    () => ({ params: { overrideId: `ovr_${'0'.repeat(26)}` } }),
  ],
  'POST /v1/oncall/schedules/{scheduleId}/take': [
    'wrong_project',
    () => ({ params: { scheduleId: 'primary' }, body: { userId: 'mei' } }),
  ],
  'POST /v1/oncall/schedules/{scheduleId}/swap': [
    'wrong_project',
    () => ({ params: { scheduleId: 'primary' }, body: { oneAtMs: 0, otherAtMs: 1 } }),
  ],
  'GET /v1/oncall/feeds': ['wrong_project', () => ({})],
  'POST /v1/oncall/feeds': ['wrong_project', () => ({ body: { userId: 'mei' } })],
  'DELETE /v1/oncall/feeds/{feedId}': [
    'wrong_project',
    () => ({ params: { feedId: `fed_${'0'.repeat(26)}` } }),
  ],
  'GET /v1/oncall/escalations': ['wrong_project', () => ({})],
  'POST /v1/oncall/escalations': ['wrong_project', () => ({ body: { title: 'x' } })],
  'GET /v1/oncall/escalations/{incidentId}': ['wrong_project', () => ({ params: { incidentId: PAGE_ID } })],
  'POST /v1/oncall/escalations/{incidentId}/acknowledge': [
    'wrong_project',
    () => ({ params: { incidentId: PAGE_ID }, body: { userId: 'mei' } }),
  ],
  'POST /v1/oncall/escalations/{incidentId}/escalate': [
    'wrong_project',
    () => ({ params: { incidentId: PAGE_ID } }),
  ],
  'POST /v1/oncall/escalations/{incidentId}/stop': [
    'wrong_project',
    () => ({ params: { incidentId: PAGE_ID }, body: {} }),
  ],
  'POST /v1/webhooks/{webhookId}/replay': [
    'not_found',
    ({ webhookId }) => ({ params: { webhookId }, body: { fromMs: 0, toMs: 1 } }),
  ],
  ...ACCESS_ACCESS,
  ...INCIDENT_ACCESS,
  ...ALERT_ACCESS,
};

onEveryDatabase('roles and projects', (suite) => {
  test('no route lets a project see or change what belongs to another, or to all', async () => {
    const world = await suite.start(LOOPBACK_WEBHOOKS);
    const things = await makeThings(world);
    const mine = await world.clientFor('admin', 'mine');
    assert.deepEqual(Object.keys(CROSS_PROJECT).sort(), Object.keys(apiRoutes).sort());
    for (const [key, [expected, given]] of Object.entries(CROSS_PROJECT)) {
      if (expected === 'shared') continue;
      if (expected !== 'hidden') {
        assert.equal(await codeOf(callAny(mine, key, given(things))), expected, key);
        continue;
      }
      const text = JSON.stringify(await callAny(mine, key, given(things)));
      for (const secret of [
        things.assetId,
        things.tokenId,
        things.playbackTokenId,
        'secret of other',
        things.importId,
        things.webhookId,
        'secret-of-other',
        '"other"',
      ])
        assert.equal(text.includes(secret), false, `${key} shows ${secret}`);
    }
    assert.deepEqual((await mine.call('GET /v1/assets')).assets, []);
    assert.equal((await mine.call('GET /v1/world')).assets.total, 0);
    assert.equal(
      (await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId: things.assetId } })).name,
      'secret of other',
    );
    assert.equal(
      await codeOf(mine.call('POST /v1/tokens', { body: { name: 'all', role: 'viewer' } })),
      'wrong_project',
    );
  });

  test('every route refuses the role below its own, a stranger, and a made-up token', async () => {
    const world = await suite.start(LOOPBACK_WEBHOOKS);
    const things = await makeThings(world);
    const below = { operator: await world.clientFor('viewer'), admin: await world.clientFor('operator') };
    for (const [key, route] of Object.entries(apiRoutes) as [string, RouteDefinition][]) {
      if (route.permission === 'anyone' || route.permission === 'node') continue;
      const given = CROSS_PROJECT[key as RouteKey][1](things);
      assert.equal(await codeOf(callAny(world.client(), key, given)), 'unauthenticated', key);
      assert.equal(await codeOf(callAny(world.client('mrd_made_up'), key, given)), 'wrong_credential', key);
      if (route.permission !== 'viewer' && route.permission !== 'sender')
        assert.equal(await codeOf(callAny(below[route.permission], key, given)), 'forbidden', key);
    }
    const node = world.fakeNode('dublin-1', 'nobody');
    assert.equal(await codeOf(node.beat()), 'node_unknown');
  });

  test('a token expires, can be revoked, and the last admin token stays', async () => {
    const world = await suite.start();
    const short = await world.admin.call('POST /v1/tokens', {
      body: { name: 'short', role: 'viewer', ttlMs: 60_000 },
    });
    const client = world.client(short.token);
    assert.equal((await client.call('GET /v1/session')).name, 'short');
    world.clock.advance(60_001);
    assert.equal(await codeOf(client.call('GET /v1/session')), 'wrong_credential');

    const { token, view } = await world.admin.call('POST /v1/tokens', {
      body: { name: 'brief', role: 'operator' },
    });
    assert.match(token, /^mrd_[\w-]{43}$/);
    await world.client(token).call('GET /v1/session');
    const params = { tokenId: view.id };
    await world.admin.call('DELETE /v1/tokens/{tokenId}', { params });
    assert.equal(await codeOf(world.client(token).call('GET /v1/session')), 'wrong_credential');
    assert.equal(await codeOf(world.admin.call('DELETE /v1/tokens/{tokenId}', { params })), 'not_found');
    const { tokens } = await world.admin.call('GET /v1/tokens');
    const admin = defined(
      tokens.find(({ role }) => role === 'admin'),
      'the admin token',
    );
    assert.notEqual(admin.lastUsedAtMs, null);
    assert.equal(
      await codeOf(world.admin.call('DELETE /v1/tokens/{tokenId}', { params: { tokenId: admin.id } })),
      'conflict',
    );
    const rows = await world.database.selectFrom('api_tokens').select('hash').execute();
    assert.ok(
      rows.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash)),
      'only hashes are kept',
    );
  });

  test('the first admin token lies in a private file and survives a restart; a revoked one does not come back', async () => {
    const world = await suite.start();
    const path = join(world.dataDirectory, 'admin-token');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(world.dataDirectory, 'root-key.pem')).mode & 0o777, 0o600);
    const token = readFileSync(path, 'utf8');
    const next = await world.restart();
    try {
      assert.equal(readFileSync(path, 'utf8'), token);
      const { token: second } = await next.admin.call('POST /v1/tokens', {
        body: { name: 'second', role: 'admin' },
      });
      const { tokens } = await next.admin.call('GET /v1/tokens');
      const first = defined(
        tokens.find(({ name }) => name === 'first admin'),
        'the first',
      );
      await next.client(second).call('DELETE /v1/tokens/{tokenId}', { params: { tokenId: first.id } });
      const last = await next.restart();
      assert.equal(await codeOf(last.admin.call('GET /v1/session')), 'wrong_credential');
      assert.equal((await last.client(second).call('GET /v1/session')).role, 'admin');
      await last.stop();
    } finally {
      await next.stop();
    }
  });
});

/** One call per changing route, in an order in which each succeeds; the action that its audit row carries. */
/** The marks of a JPEG of one pixel, around an empty scan. */
const SMALLEST_JPEG = '/9j/wAALCAABAAEBAREA/9oACAEBAAA/AP/Z';

/** They are asked with a body, or have no rows of their own. */
const CHANGE_NOTHING: readonly string[] = [
  'POST /v1/session',
  'POST /v1/oncall/lint',
  'POST /v1/oncall/simulate',
  'POST /v1/orders/preview',
  ...ACCESS_NO_CHANGES,
  ...ALERT_NO_CHANGES,
  ...RUNBOOK_NO_CHANGES,
];

const CHANGES: readonly [
  RouteKey,
  string,
  (
    things: Things &
      OncallThings &
      AlertThings &
      RunbookThings & { retryAssetId: string; tokenOfMine: string; deliveryId: number },
  ) => Arguments,
][] = [
  // First, while the nodes that were given channels still count as alive.
  [
    'POST /v1/broadcasts/{broadcastId}/switch',
    'broadcast.switch',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  [
    'POST /v1/broadcasts/{broadcastId}/channels/{regionId}',
    'broadcast.channel',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' }, body: {} }),
  ],
  [
    'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}',
    'broadcast.channel',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  ['POST /v1/projects', 'project.create', () => ({ body: { id: 'third', name: 'Third' } })],
  [
    'POST /v1/projects/{projectId}/keys',
    'key.create',
    () => ({ params: { projectId: 'other' }, body: { use: 'upload' } }),
  ],
  ['POST /v1/tokens', 'token.create', () => ({ body: { name: 'new', role: 'viewer' } })],
  [
    'DELETE /v1/tokens/{tokenId}',
    'token.delete',
    ({ tokenOfMine }) => ({ params: { tokenId: tokenOfMine } }),
  ],
  ['POST /v1/upload-grants', 'upload-grant.create', () => ({ body: { projectId: 'other' } })],
  [
    'POST /v1/assets/{assetId}/playback-tokens',
    'playback-token.create',
    ({ assetId }) => ({ params: { assetId }, body: {} }),
  ],
  ['POST /v1/revocations', 'token.revoke', ({ playbackTokenId }) => ({ body: { tokenId: playbackTokenId } })],
  [
    'PATCH /v1/assets/{assetId}',
    'asset.change',
    ({ assetId }) => ({ params: { assetId }, body: { name: 'new name' } }),
  ],
  [
    'POST /v1/assets/{assetId}/retry',
    'asset.retry',
    ({ retryAssetId }) => ({ params: { assetId: retryAssetId } }),
  ],
  [
    'PATCH /v1/jobs/{jobId}',
    'job.prioritize',
    ({ jobId }) => ({ params: { jobId }, body: { priority: 'high' } }),
  ],
  ['POST /v1/jobs/{jobId}/cancel', 'job.cancel', ({ jobId }) => ({ params: { jobId } })],
  [
    'PUT /v1/regions/{regionId}/encoding',
    'encoding.pause',
    () => ({ params: { regionId: 'dublin' }, body: { isPaused: true } }),
  ],
  ['DELETE /v1/assets/{assetId}', 'asset.delete', ({ assetId }) => ({ params: { assetId } })],
  [
    'PUT /v1/assets/{assetId}/captions/{language}',
    'asset.captions.put',
    ({ retryAssetId }) => ({
      params: { assetId: retryAssetId, language: 'en' },
      body: { text: 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello' },
    }),
  ],
  [
    'DELETE /v1/assets/{assetId}/captions/{language}',
    'asset.captions.delete',
    ({ retryAssetId }) => ({ params: { assetId: retryAssetId, language: 'en' } }),
  ],
  [
    'PUT /v1/assets/{assetId}/poster',
    'asset.poster',
    ({ retryAssetId }) => ({ params: { assetId: retryAssetId }, body: { imageBase64: SMALLEST_JPEG } }),
  ],
  [
    'DELETE /v1/assets/{assetId}/poster',
    'asset.poster',
    ({ retryAssetId }) => ({ params: { assetId: retryAssetId } }),
  ],
  [
    'PUT /v1/projects/{projectId}/loudness',
    'project.loudness',
    () => ({ params: { projectId: 'other' }, body: { targetLufs: -16 } }),
  ],
  [
    'PUT /v1/projects/{projectId}/encoding',
    'project.encoding',
    () => ({ params: { projectId: 'other' }, body: ENCODING }),
  ],
  ['POST /v1/assets/{assetId}/restore', 'asset.restore', ({ assetId }) => ({ params: { assetId } })],
  [
    'PUT /v1/projects/{projectId}/quotas',
    'project.quotas',
    () => ({ params: { projectId: 'other' }, body: NO_QUOTAS }),
  ],
  [
    'POST /v1/broadcasts',
    'broadcast.create',
    () => ({ body: { name: 'x', plannedStartMs: 4_000_000_000_000 } }),
  ],
  [
    'POST /v1/broadcasts/{broadcastId}/rotate-passphrase',
    'broadcast.rotate-passphrase',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  [
    'POST /v1/broadcasts/{broadcastId}/drains/{regionId}',
    'broadcast.drain',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  [
    'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}',
    'broadcast.undrain',
    ({ broadcastId }) => ({ params: { broadcastId, regionId: 'dublin' } }),
  ],
  [
    'POST /v1/broadcasts/{broadcastId}/end',
    'broadcast.end',
    ({ broadcastId }) => ({ params: { broadcastId } }),
  ],
  ['POST /v1/orders', 'order.purge', () => ({ body: { kind: 'purge', projectId: 'other' } })],
  ['DELETE /v1/orders/{orderId}', 'order.end', ({ orderId }) => ({ params: { orderId } })],
  ['POST /v1/changes/{changeId}/revert', 'order.end', ({ changeId }) => ({ params: { changeId } })],
  ['POST /v1/drains/{target}', 'drain.start', () => ({ params: { target: 'singapore-1' }, body: {} })],
  ['DELETE /v1/drains/{target}', 'drain.end', () => ({ params: { target: 'singapore-1' } })],
  ['POST /v1/join-tokens', 'join-token.create', () => ({ body: { siteId: 'dublin-1' } })],
  ['POST /v1/webhooks', 'webhook.create', () => ({ body: { url: NOWHERE_URL } })],
  [
    'PATCH /v1/webhooks/{webhookId}',
    'webhook.change',
    ({ webhookId }) => ({ params: { webhookId }, body: { description: 'new' } }),
  ],
  ['POST /v1/webhooks/{webhookId}/pause', 'webhook.pause', ({ webhookId }) => ({ params: { webhookId } })],
  ['POST /v1/webhooks/{webhookId}/resume', 'webhook.resume', ({ webhookId }) => ({ params: { webhookId } })],
  [
    'POST /v1/webhooks/{webhookId}/rotate-secret',
    'webhook.rotate-secret',
    ({ webhookId }) => ({ params: { webhookId }, body: {} }),
  ],
  ['POST /v1/webhooks/{webhookId}/test', 'webhook.test', ({ webhookId }) => ({ params: { webhookId } })],
  [
    'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay',
    'webhook.replay',
    ({ webhookId, deliveryId }) => ({ params: { webhookId, deliveryId } }),
  ],
  [
    'POST /v1/webhooks/{webhookId}/replay',
    'webhook.replay',
    ({ webhookId }) => ({ params: { webhookId }, body: { fromMs: 0, toMs: 1 } }),
  ],
  ['POST /v1/imports', 'import.create', () => ({ body: { url: 'https://media.example/a.mp4' } })],
  ['POST /v1/imports/{importId}/cancel', 'import.cancel', ({ importId }) => ({ params: { importId } })],
  ['DELETE /v1/webhooks/{webhookId}', 'webhook.delete', ({ webhookId }) => ({ params: { webhookId } })],
  ...ACCESS_CHANGES,
  ...INCIDENT_CHANGES,
  ['PUT /v1/oncall', 'oncall.apply', () => ({ body: { text: SMALL_ROTA, isForced: true } })],
  [
    'POST /v1/oncall/overrides',
    'oncall.override',
    () => ({ body: { scheduleId: 'small', userId: 'cat', fromMs: IN_A_DAY_MS, untilMs: IN_A_DAY_MS + 1 } }),
  ],
  [
    'DELETE /v1/oncall/overrides/{overrideId}',
    'oncall.override-remove',
    ({ overrideId }) => ({ params: { overrideId } }),
  ],
  [
    'POST /v1/oncall/schedules/{scheduleId}/take',
    'oncall.take',
    () => ({ params: { scheduleId: 'small' }, body: { userId: 'cat' } }),
  ],
  [
    'POST /v1/oncall/schedules/{scheduleId}/swap',
    'oncall.swap',
    () => ({
      params: { scheduleId: 'small' },
      body: { oneAtMs: IN_A_DAY_MS + 5 * 86_400_000, otherAtMs: IN_A_DAY_MS + 6 * 86_400_000 },
    }),
  ],
  ['POST /v1/oncall/feeds', 'oncall.feed-open', () => ({ body: { scheduleId: 'small' } })],
  ['DELETE /v1/oncall/feeds/{feedId}', 'oncall.feed-close', ({ feedId }) => ({ params: { feedId } })],
  ['POST /v1/oncall/escalations', 'oncall.page', () => ({ body: { title: 'Try' } })],
  [
    'POST /v1/oncall/escalations/{incidentId}/escalate',
    'oncall.escalate',
    ({ pageId }) => ({ params: { incidentId: pageId } }),
  ],
  [
    'POST /v1/oncall/escalations/{incidentId}/acknowledge',
    'oncall.acknowledge',
    ({ pageId }) => ({ params: { incidentId: pageId }, body: { userId: 'cat' } }),
  ],
  [
    'POST /v1/oncall/escalations/{incidentId}/stop',
    'oncall.stop',
    ({ pageId }) => ({ params: { incidentId: pageId }, body: {} }),
  ],
  ['DELETE /v1/session', 'session.delete', () => ({})],
  ...ALERT_CHANGES,
  ...RUNBOOK_CHANGES,
];

/** Two channels at nodes that live, so that there is something to switch. */
async function giveChannels(world: TestControl, broadcastId: string): Promise<void> {
  const channels = ['singapore', 'los-angeles'].map((regionId, index) => ({
    channel: index + 1,
    regionId,
    nodeId: `${regionId}-1-a`,
  }));
  const schedule = { generation: 1, channels, ingestNodeIds: [], reasons: [] };
  await world.database
    .updateTable('broadcasts')
    .set({ schedule: JSON.stringify(schedule), last_channel: 2 })
    .where('id', '=', broadcastId)
    .execute();
}

onEveryDatabase('the audit trail', (suite) => {
  test('every changing route leaves one row that names who, what and which', async () => {
    const world = await suite.start(LOOPBACK_WEBHOOKS);
    const things = await makeThings(world);
    await world.settledNodes('singapore-1', 'los-angeles-1');
    const retry = makeRecord();
    const node = world.fakeNode('los-angeles-1', 'los-angeles-1-b');
    const { joinToken } = await world.admin.call('POST /v1/join-tokens', {
      body: { siteId: 'los-angeles-1' },
    });
    await node.join(joinToken);
    await node.api.call('POST /node/v1/uploads', { body: { record: retry } });
    await world.database
      .updateTable('jobs')
      .set({ state: 'dead' })
      .where('asset_id', '=', retry.assetId)
      .execute();
    const { view } = await world.admin.call('POST /v1/tokens', { body: { name: 'doomed', role: 'viewer' } });
    const { webhookId } = things;
    const { deliveryId } = await world.admin.call('POST /v1/webhooks/{webhookId}/test', {
      params: { webhookId },
    });
    await waitFor('the test to end', async () => {
      const params = { webhookId, deliveryId };
      const seen = await world.admin.call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', { params });
      return seen.delivery.state === 'dead';
    });
    const oncall = await makeOncallThings(world.admin);
    const alertThings = await makeAlertThings(world);
    const runbookThings = await makeRunbookThings(world);
    const all = {
      ...things,
      ...oncall,
      ...alertThings,
      ...runbookThings,
      retryAssetId: retry.assetId,
      tokenOfMine: view.id,
      deliveryId,
    };

    const changing = Object.keys(apiRoutes).filter(
      (key) => !key.startsWith('GET ') && !CHANGE_NOTHING.includes(key),
    );
    assert.deepEqual(CHANGES.map(([key]) => key).sort(), changing.sort());
    // What control does by itself meanwhile, when a busy machine lets a node's beats come late, has rows of its own.
    const byAdmin = async () => {
      const { entries } = await world.admin.call('GET /v1/audit', { query: { limit: 50 } });
      return entries.filter(({ actor }) => /^token:first admin \(tok_/.test(actor));
    };
    await giveChannels(world, things.broadcastId);
    const live = await world.node('dublin-1', { id: 'dublin-1-live', join: { channelSlots: 1 } });
    await live.beat();
    for (const [key, action, given] of CHANGES) {
      const before = defined((await byAdmin())[0], 'an entry');
      await callAny(world.admin, key, given(all));
      const entries = (await byAdmin()).filter(({ id }) => id > before.id);
      assert.deepEqual(
        entries.map((entry) => entry.action),
        [action],
        key,
      );
      assert.notEqual(entries[0]?.subject, '');
    }
  });

  test('a change that is refused leaves no row', async () => {
    const world = await suite.start();
    const count = async () =>
      (await world.admin.call('GET /v1/audit', { query: { limit: 200 } })).entries.length;
    await world.admin.call('POST /v1/projects', { body: { id: 'twice', name: 'Twice' } });
    const before = await count();
    assert.equal(
      await codeOf(world.admin.call('POST /v1/projects', { body: { id: 'twice', name: 'Twice' } })),
      'conflict',
    );
    assert.equal(await count(), before);
  });

  test('pages go back in time', async () => {
    const world = await suite.start();
    for (const id of ['a', 'b', 'c']) await world.admin.call('POST /v1/projects', { body: { id, name: id } });
    const first = await world.admin.call('GET /v1/audit', { query: { limit: 2 } });
    assert.deepEqual(
      first.entries.map(({ subject }) => subject),
      ['c', 'b'],
    );
    const next = await world.admin.call('GET /v1/audit', {
      query: { limit: 1, before: defined(first.entries[1], 'an entry').id },
    });
    assert.deepEqual(
      next.entries.map(({ subject }) => subject),
      ['a'],
    );
  });

  test('the trail is searched by who, what, subject and time', async () => {
    const world = await suite.start();
    await world.admin.call('POST /v1/projects', { body: { id: 'alpha', name: 'Alpha' } });
    const found = async (query: object) =>
      (await world.admin.call('GET /v1/audit', { query })).entries.map(({ action }) => action);
    assert.deepEqual(await found({ subject: 'alpha' }), ['project.create']);
    assert.deepEqual(await found({ action: 'project.' }), ['project.create']);
    assert.ok((await found({ actor: 'First adm' })).includes('project.create'));
    assert.deepEqual(await found({ actor: 'first%' }), [], 'a sign that patterns know is only a sign');
    const page = await world.admin.call('GET /v1/audit', { query: { limit: 1 } });
    const { id, actor, atMs } = defined(page.entries[0], 'the newest entry');
    assert.equal(page.nextBefore, id);
    assert.ok((await found({ actor })).includes('project.create'), 'a whole actor');
    assert.deepEqual(await found({ fromMs: atMs + 1 }), []);
    assert.ok((await found({ fromMs: atMs, toMs: atMs + 1 })).includes('project.create'));
    assert.equal(await codeOf(found({ action: 'project; drop' })), 'invalid_request');
  });
});

onEveryDatabase('sessions', (suite) => {
  async function logIn(world: TestControl, headers: Record<string, string> = {}) {
    const token = readFileSync(join(world.dataDirectory, 'admin-token'), 'utf8').trim();
    const response = await fetch(`${world.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    });
    return { response, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  }

  test('a session cookie stands for its token until it logs out or expires', async () => {
    const world = await suite.start();
    const { response, cookie } = await logIn(world, { origin: world.url });
    assert.equal(response.status, 200);
    assert.match(
      response.headers.get('set-cookie') ?? '',
      /^meridian_session=mrs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
    const ask = (method: string, path: string, headers: object = {}) =>
      fetch(world.url + path, { method, headers: { cookie, ...headers } });
    assert.equal((await ask('GET', '/v1/session')).status, 200);
    assert.equal((await ask('GET', '/v1/audit')).status, 200);
    assert.equal((await ask('DELETE', '/v1/session', { origin: world.url })).status, 200);
    assert.equal((await ask('GET', '/v1/session')).status, 401);

    const later = await logIn(world);
    world.clock.advance(12 * 3_600_000 + 1);
    assert.equal((await fetch(`${world.url}/v1/session`, { headers: { cookie: later.cookie } })).status, 401);
  });

  test('a change made with a cookie must come from our own page', async () => {
    const world = await suite.start();
    const { cookie } = await logIn(world);
    const create = async (headers: Record<string, string>) => {
      const response = await fetch(`${world.url}/v1/projects`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ id: 'made', name: 'Made' }),
      });
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    assert.deepEqual(await create({}), [403, 'cross_origin']);
    assert.deepEqual(await create({ origin: 'https://evil.example' }), [403, 'cross_origin']);
    assert.deepEqual(await create({ origin: 'null' }), [403, 'cross_origin']);
    assert.deepEqual(await create({ origin: world.url }), [200, undefined]);
    assert.equal((await logIn(world, { origin: 'https://evil.example' })).response.status, 403);
  });

  test('after ten wrong tokens an address must wait, and is told how long', async () => {
    const world = await suite.start();
    const client = world.client();
    const attempt = () => codeOf(client.call('POST /v1/session', { body: { token: 'mrd_wrong' } }));
    for (let index = 0; index < 10; index += 1) assert.equal(await attempt(), 'wrong_credential');
    assert.equal(await attempt(), 'rate_limited');
    const { response } = await logIn(world);
    assert.equal(response.status, 429);
    assert.ok(Number(response.headers.get('retry-after')) > 50);
    world.clock.advance(60_001);
    assert.equal((await logIn(world)).response.status, 200);
  });

  test('over https the cookie is bound to the host', async () => {
    const world = await suite.start({ config: { control: { port: 0, url: 'https://control.example' } } });
    const { response } = await logIn(world);
    assert.match(response.headers.get('set-cookie') ?? '', /^__Host-meridian_session=.*; Secure$/);
    assert.match(response.headers.get('strict-transport-security') ?? '', /max-age/);
  });
});

onEveryDatabase('offline credentials', (suite) => {
  test('grants and playback tokens verify against the keys of the snapshot', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const record = makeRecord({ visibility: 'private' });
    await node.api.call('POST /node/v1/uploads', { body: { record } });
    const grant = await world.admin.call('POST /v1/upload-grants', { body: { visibility: 'private' } });
    assert.deepEqual(grant.ingests, [{ regionId: 'dublin', url: 'http://dublin-1-a.test:1/files' }]);
    const { assetId } = record;
    const playback = await world.admin.call('POST /v1/assets/{assetId}/playback-tokens', {
      params: { assetId },
      body: {},
    });
    assert.equal(
      playback.playlists[0]?.hls,
      `http://dublin-1-a.test/t/${playback.token}/m/default/${assetId}/v1/main.m3u8`,
    );
    const verify = async (token: string, audience: string) => {
      const { kid } = decodeProtectedHeader(token);
      const key = defined(
        node.snapshot?.keys.find(({ id, use }) => id === kid && use === audience),
        'the key',
      );
      const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(key.publicKey, 'base64url').toString('base64')}\n-----END PUBLIC KEY-----`;
      return (await jwtVerify(token, await importSPKI(pem, 'EdDSA'), { audience })).payload;
    };
    const upload = await verify(grant.grant, 'upload');
    assert.deepEqual(
      [upload.project, upload.visibility, upload.bytesMax],
      ['default', 'private', grant.bytesMax],
    );
    const played = await verify(playback.token, 'playback');
    assert.deepEqual([played.project, played.asset, played.jti], ['default', assetId, playback.tokenId]);

    await world.admin.call('POST /v1/revocations', { body: { tokenId: playback.tokenId } });
    await settle([node]);
    assert.deepEqual(
      node.snapshot?.revocations.map(({ tokenId }) => tokenId),
      [playback.tokenId],
    );
    assert.equal(
      await codeOf(world.admin.call('POST /v1/upload-grants', { body: { projectId: 'nowhere' } })),
      'not_found',
    );
  });

  test('a project key is shown once, published before it may be used, and limited in number', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const make = () =>
      world.admin.call('POST /v1/projects/{projectId}/keys', {
        params: { projectId: 'default' },
        body: { use: 'playback' },
      });
    const made = await make();
    assert.match(made.privateKeyPem, /BEGIN PRIVATE KEY/);
    assert.ok(made.usableFromMs >= world.clock.nowMs() + 10_000);
    await settle([node]);
    const key = defined(
      node.snapshot?.keys.find(({ id }) => id === made.keyId),
      'the key',
    );
    assert.deepEqual([key.projectId, key.use, key.notBeforeMs], ['default', 'playback', made.usableFromMs]);
    for (let index = 0; index < 7; index += 1) await make();
    assert.equal(await codeOf(make()), 'conflict');
    assert.equal(
      await codeOf(
        world.admin.call('POST /v1/projects/{projectId}/keys', {
          params: { projectId: 'nowhere' },
          body: { use: 'upload' },
        }),
      ),
      'not_found',
    );
  });

  test('an asset that is ready keeps its addresses through a completion and a rename', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const record = makeRecord();
    await node.api.call('POST /node/v1/uploads', { body: { record } });
    const job = defined((await node.claim())[0], 'a job');
    await node.api.call('POST /node/v1/jobs/{jobId}/complete', {
      params: { jobId: job.id },
      body: { fence: job.fence, result: { media: makeMedia(job), copies: [] } },
    });
    const params = { assetId: record.assetId };
    const renamed = await world.admin.call('PATCH /v1/assets/{assetId}', {
      params,
      body: { name: '100% _new_' },
    });
    assert.deepEqual([renamed.name, renamed.stage, renamed.version], ['100% _new_', 'ready', 1]);
    const find = async (search: string) =>
      (await world.admin.call('GET /v1/assets', { query: { search } })).assets.length;
    assert.deepEqual([await find('% _N'), await find('%%'), await find('_x_')], [1, 0, 0]);
  });
});
