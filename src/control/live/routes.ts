// Broadcasts for people and for nodes.

import { makeId } from '#base/ids.ts';
import type { BroadcastView, IngestAddress, liveNodeRoutes, liveRoutes } from '#contract/api/live.ts';
import { MeridianError } from '#contract/errors.ts';
import {
  type BroadcastSchedule,
  type BroadcastSettings,
  DVR_WINDOW_MS,
  UNRECORDED_DVR_WINDOW_MS,
} from '#contract/live.ts';
import { projectScope, requireProject, requireRegions, type UserPrincipal } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import { recordAudit } from '../audit/audit.ts';
import { regionEdges } from '../catalog/view.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Fleet, FleetNode } from '../fleet/fleet.ts';
import type { Call, Handlers } from '../http/call.ts';
import type { Keys } from '../keys/keys.ts';
import { recordBroadcastEvent } from './broadcast-events.ts';
import { type Broadcasts, stateChanges } from './broadcasts.ts';
import { createChannelHandlers } from './channel-routes.ts';
import { letBack, moveOff } from './drains.ts';
import { BROADCASTS_OPEN_MAX, SRT_PASSPHRASE_BYTES, STREAM_KEY_MS, STREAM_KEY_SLACK_MS } from './limits.ts';
import { finishRecording } from './recordings.ts';
import {
  type BroadcastRow,
  countOpen,
  findBroadcast,
  lockBroadcast,
  reviseBroadcast,
  takenSrtSlots,
} from './store.ts';
import { countViewers } from './viewers.ts';

type LiveRoutes = typeof liveRoutes;
type CreateBody = Call<LiveRoutes['POST /v1/broadcasts']>['body'];

interface Dependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly keys: Keys;
  readonly broadcasts: Broadcasts;
}

/** What 720p and 360p need for sport at 30 frames; live encoders get by without a look ahead. */
const DEFAULT_RUNGS: BroadcastSettings['rungs'] = [
  { height: 720, bitrateBps: 2_500_000 },
  { height: 360, bitrateBps: 700_000 },
];

/**
 * Parts of a third of a second, six to a segment of two seconds. Players stay three parts behind at least (Apple's
 * authoring rules); two seconds survive a region that falls silent without a stall.
 */
const LATENCIES: Readonly<
  Record<
    CreateBody['latency'],
    Pick<BroadcastSettings, 'segmentDurationMs' | 'partsPerSegment' | 'holdBackMs'>
  >
> = {
  ultra_low: { segmentDurationMs: 2_000, partsPerSegment: 6, holdBackMs: 1_050 },
  low: { segmentDurationMs: 2_000, partsPerSegment: 6, holdBackMs: 2_000 },
  relaxed: { segmentDurationMs: 4_000, partsPerSegment: 4, holdBackMs: 12_000 },
};

/** Routes for people. */
export function createLiveHandlers(dependencies: Dependencies): Handlers<LiveRoutes> {
  const { context, broadcasts } = dependencies;
  const { database } = context;
  const view = (row: BroadcastRow): BroadcastView => viewOf(dependencies, row);
  return {
    'POST /v1/broadcasts': (call) => createBroadcast(dependencies, call),
    async 'GET /v1/broadcasts'({ query, principal }) {
      let select = database
        .selectFrom('broadcasts')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(query.limit + 1);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      const projectId = projectScope(principal);
      if (projectId !== undefined) select = select.where('project_id', '=', projectId);
      if (query.state !== undefined) select = select.where('state', '=', query.state);
      const rows = await select.execute();
      const page = rows.slice(0, query.limit);
      return {
        broadcasts: page.map(view),
        nextBefore: rows.length > page.length ? (page.at(-1)?.id ?? null) : null,
      };
    },
    async 'GET /v1/broadcasts/{broadcastId}'({ params, principal }) {
      return view(ownBroadcast(principal, await findBroadcast(database, params.broadcastId)));
    },
    async 'GET /v1/broadcasts/{broadcastId}/viewers'({ params, principal }) {
      const row = ownBroadcast(principal, await findBroadcast(database, params.broadcastId));
      return await countViewers(database, `${row.project_id}/${row.id}`, context.clock.nowMs());
    },
    async 'GET /v1/broadcasts/{broadcastId}/figures'({ params, principal }) {
      const row = ownBroadcast(principal, await findBroadcast(database, params.broadcastId));
      return { workers: broadcasts.reports.historyOf(row.id) };
    },
    ...drainHandlers(dependencies),
    ...createChannelHandlers(dependencies, ownBroadcast, view),
    'GET /v1/broadcasts/{broadcastId}/ingest': (call) => ingestAddresses(dependencies, call),
    async 'POST /v1/broadcasts/{broadcastId}/end'({ params, principal }) {
      const row = await change(
        dependencies,
        principal,
        params.broadcastId,
        'broadcast.end',
        async (transaction, row) => {
          if (row.state === 'ended') return row;
          const nowMs = context.clock.nowMs();
          const judgement = { state: 'ended' as const, reason: 'Somebody ended it.' };
          const ended = await reviseBroadcast(transaction, row, stateChanges(row, judgement, nowMs), nowMs);
          await recordBroadcastEvent({ random: context.random, nowMs }, transaction, ended);
          return ended;
        },
      );
      await broadcasts.tick();
      return view(row);
    },
    async 'POST /v1/broadcasts/{broadcastId}/rotate-passphrase'({ params, principal }) {
      const row = await change(
        dependencies,
        principal,
        params.broadcastId,
        'broadcast.rotate-passphrase',
        (transaction, row) => {
          if (row.state === 'ended') throw new MeridianError('gone', { what: 'broadcast' });
          if (row.srt_slot === null)
            throw new MeridianError('conflict', { reason: 'The broadcast takes no SRT' });
          const srt_passphrase = makePassphrase(context);
          return reviseBroadcast(transaction, row, { srt_passphrase }, context.clock.nowMs());
        },
      );
      await broadcasts.tick();
      return view(row);
    },
    async 'POST /v1/broadcasts/{broadcastId}/switch'({ params, principal }) {
      const row = await change(
        dependencies,
        principal,
        params.broadcastId,
        'broadcast.switch',
        (transaction, row) => {
          // Who may not act where it is led from now may not take it away from there.
          requireRegions(
            principal,
            row.schedule.channels.slice(0, 1).map(({ regionId }) => regionId),
          );
          const schedule = JSON.stringify(switched(row));
          return reviseBroadcast(transaction, row, { schedule }, context.clock.nowMs());
        },
      );
      await broadcasts.tick();
      return view(row);
    },
  };
}

type DrainKeys =
  | 'POST /v1/broadcasts/{broadcastId}/drains/{regionId}'
  | 'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}';

function drainHandlers(dependencies: Dependencies): Handlers<LiveRoutes, DrainKeys> {
  const { context, broadcasts } = dependencies;
  /** Writes the regions that it is moved off, and plans anew. */
  const write = async (
    { params, principal }: Call<LiveRoutes[DrainKeys]>,
    action: string,
    drainedOf: (row: BroadcastRow) => string[] | Promise<string[]>,
  ): Promise<BroadcastView> => {
    const { broadcastId } = params;
    await change(dependencies, principal, broadcastId, action, async (transaction, row) => {
      if (row.state === 'ended') throw new MeridianError('gone', { what: 'broadcast' });
      const drained_region_ids = await drainedOf(row);
      return await reviseBroadcast(transaction, row, { drained_region_ids }, context.clock.nowMs());
    });
    await broadcasts.tick();
    return viewOf(dependencies, ownBroadcast(principal, await findBroadcast(context.database, broadcastId)));
  };
  return {
    'POST /v1/broadcasts/{broadcastId}/drains/{regionId}': (call) =>
      write(call, 'broadcast.drain', (row) => moveOff(dependencies, row, call.params)),
    'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}': (call) =>
      write(call, 'broadcast.undrain', (row) => letBack(row, call.params)),
  };
}

/** What nodes ask and say. */
export function createLiveNodeHandlers({
  context,
  broadcasts,
}: Pick<Dependencies, 'context' | 'broadcasts'>): Handlers<typeof liveNodeRoutes> {
  return {
    'GET /node/v1/broadcasts': ({ query, signal }) =>
      broadcasts.list({ term: query.term, revision: query.revision }, query.waitMs, signal),
    async 'POST /node/v1/live-reports'({ body, principal }) {
      if (body.nodeId !== principal.nodeId)
        throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
      broadcasts.reports.put(principal.nodeId, body.reports);
      await broadcasts.tick();
      return { isAccepted: true };
    },
    async 'POST /node/v1/broadcasts/{broadcastId}/recording'({ params, body }) {
      await finishRecording(context, params.broadcastId, body.channel, body.media, body.copies);
      return { isAccepted: true };
    },
  };
}

function ownBroadcast(principal: UserPrincipal, row: BroadcastRow | undefined): BroadcastRow {
  if (row === undefined || (principal.projectId !== null && principal.projectId !== row.project_id))
    throw new MeridianError('not_found', { what: 'broadcast' });
  return row;
}

/** Changes a broadcast under its lock, with an audit row. */
function change(
  { context }: Dependencies,
  principal: UserPrincipal,
  broadcastId: string,
  action: string,
  act: (transaction: ControlTransaction, row: BroadcastRow) => Promise<BroadcastRow>,
): Promise<BroadcastRow> {
  return context.database.transaction().execute(async (transaction) => {
    const row = ownBroadcast(principal, await lockBroadcast(transaction, broadcastId));
    const changed = await act(transaction, row);
    await recordAudit(transaction, principal, context.clock.nowMs(), {
      action,
      subject: row.id,
      projectId: row.project_id,
    });
    return changed;
  });
}

async function createBroadcast(
  dependencies: Dependencies,
  { body, principal }: Call<LiveRoutes['POST /v1/broadcasts']>,
): Promise<BroadcastView> {
  const { context, broadcasts } = dependencies;
  requireProject(principal, body.projectId);
  const { publisherRegionId } = body;
  if (publisherRegionId !== undefined && !context.config.regions.some(({ id }) => id === publisherRegionId))
    throw new MeridianError('not_found', { what: `region ${publisherRegionId}` });
  const nowMs = context.clock.nowMs();
  const id = makeId('brd', nowMs, context.random(10));
  await context.database.transaction().execute(async (transaction) => {
    if (!(await hasProject(transaction, body.projectId)))
      throw new MeridianError('not_found', { what: `project ${body.projectId}` });
    if ((await countOpen(transaction)) >= BROADCASTS_OPEN_MAX)
      throw new MeridianError('overloaded', { reason: `${BROADCASTS_OPEN_MAX} broadcasts are open` });
    const srt = body.takesSrt ? await takeSrtSlot(dependencies, transaction) : NO_SRT;
    await transaction
      .insertInto('broadcasts')
      .values({ ...newRow(id, body, context, nowMs), ...srt })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'broadcast.create',
      subject: id,
      projectId: body.projectId,
      details: { name: body.name },
    });
  });
  await broadcasts.tick();
  const row = ownBroadcast(principal, await findBroadcast(context.database, id));
  if (row.state !== 'planned' && row.schedule.channels.length === 0) await refuse(dependencies, row);
  return viewOf(dependencies, row);
}

const NO_SRT = { srt_slot: null, srt_passphrase: null } as const;

/** The first slot that is free at every ingest that takes SRT, and a passphrase for it. */
async function takeSrtSlot(
  { context, fleet }: Dependencies,
  transaction: ControlTransaction,
): Promise<Pick<BroadcastRow, 'srt_slot' | 'srt_passphrase'>> {
  const counts = fleet
    .sites()
    .flatMap((site) => site.nodes.flatMap(({ srt }) => (srt === null ? [] : [srt.portCount])));
  if (counts.length === 0)
    throw new MeridianError('conflict', {
      reason:
        'No ingest takes SRT: srtPorts are missing, or its FFmpeg was built without SRT (meridian doctor)',
    });
  const taken = await takenSrtSlots(transaction);
  const count = Math.min(...counts);
  const slot = Array.from({ length: count }, (_, index) => index).find((index) => !taken.has(index));
  if (slot === undefined)
    throw new MeridianError('overloaded', { reason: `open broadcasts have all ${count} SRT ports` });
  return { srt_slot: slot, srt_passphrase: makePassphrase(context) };
}

function makePassphrase({ random }: ControlContext): string {
  return Buffer.from(random(SRT_PASSPHRASE_BYTES)).toString('base64url');
}

/** An ad hoc broadcast that no node can take is taken back. */
async function refuse({ context, broadcasts }: Dependencies, row: BroadcastRow): Promise<never> {
  await context.database.deleteFrom('broadcasts').where('id', '=', row.id).execute();
  await broadcasts.tick();
  const values = row.schedule.reasons.find(({ code }) => code === 'no_capacity')?.values;
  throw new MeridianError('unavailable', {
    what: `Room for a live channel (${values?.busy ?? 0} of ${values?.slots ?? 0} are taken)`,
  });
}

/** Throws MeridianError for a window that nobody could serve. */
function dvrWindowOf({ dvrWindowMs, isRecorded }: CreateBody): number {
  if (isRecorded) return dvrWindowMs ?? DVR_WINDOW_MS;
  if (dvrWindowMs !== undefined && dvrWindowMs > UNRECORDED_DVR_WINDOW_MS)
    throw new MeridianError('invalid_request', {
      reason: `without a recording viewers can go back ${UNRECORDED_DVR_WINDOW_MS / 1_000} s at most (dvrWindowMs is ${dvrWindowMs})`,
    });
  return dvrWindowMs ?? UNRECORDED_DVR_WINDOW_MS;
}

function newRow(id: string, body: CreateBody, { random }: ControlContext, nowMs: number) {
  const settings: BroadcastSettings = {
    ...LATENCIES[body.latency],
    dvrWindowMs: dvrWindowOf(body),
    graceMs: body.graceMs,
    onSecondPublisher: body.onSecondPublisher,
    isRecorded: body.isRecorded,
    rungs: body.rungs ?? DEFAULT_RUNGS,
  };
  const schedule: BroadcastSchedule = { generation: 0, channels: [], ingestNodeIds: [], reasons: [] };
  return {
    id,
    project_id: body.projectId,
    name: body.name,
    visibility: body.visibility,
    state: body.plannedStartMs === undefined ? ('ready' as const) : ('planned' as const),
    state_reason: null,
    planned_start_ms: body.plannedStartMs ?? null,
    planned_duration_ms: body.plannedDurationMs ?? null,
    time_zone: body.timeZone ?? null,
    expected_viewers: body.expectedViewers ?? null,
    publisher_region_id: body.publisherRegionId ?? null,
    settings: JSON.stringify(settings),
    schedule: JSON.stringify(schedule),
    last_channel: 0,
    revision: 1,
    recording_asset_id: body.isRecorded ? makeId('ast', nowMs, random(10)) : null,
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
    started_at_ms: null,
    interrupted_at_ms: null,
    ended_at_ms: null,
  };
}

/** The schedule with the backup leading; edges change over at the next part. */
function switched(row: BroadcastRow): BroadcastSchedule {
  const [primary, backup, ...rest] = row.schedule.channels;
  if (row.state === 'ended' || primary === undefined || backup === undefined)
    throw new MeridianError('conflict', { reason: 'The broadcast has no backup channel to switch to' });
  return {
    ...row.schedule,
    generation: row.schedule.generation + 1,
    channels: [backup, primary, ...rest],
  };
}

async function ingestAddresses(
  { context, fleet, keys }: Dependencies,
  { params, principal }: Call<LiveRoutes['GET /v1/broadcasts/{broadcastId}/ingest']>,
) {
  const row = ownBroadcast(principal, await findBroadcast(context.database, params.broadcastId));
  if (row.state === 'ended') throw new MeridianError('gone', { what: 'broadcast' });
  const nowMs = context.clock.nowMs();
  const plannedEndMs = (row.planned_start_ms ?? 0) + (row.planned_duration_ms ?? 0) + STREAM_KEY_SLACK_MS;
  const exp = Math.floor(Math.max(nowMs + STREAM_KEY_MS, plannedEndMs) / 1_000);
  const tokenId = makeId('stk', nowMs, context.random(10));
  const streamKey = await keys.sign({
    jti: tokenId,
    iat: Math.floor(nowMs / 1_000),
    exp,
    aud: 'publish',
    project: row.project_id,
    broadcast: row.id,
  });
  const expiresAtMs = exp * 1_000;
  await context.database.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('issued_tokens')
      .values({ id: tokenId, project_id: row.project_id, use: 'upload', expires_at_ms: expiresAtMs })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'stream-key.create',
      subject: row.id,
      projectId: row.project_id,
      details: { tokenId, expiresAtMs },
    });
  });
  const nodes = row.schedule.ingestNodeIds.map((nodeId) => fleet.node(nodeId));
  const addressesBy = (at: typeof addressesAt): IngestAddress[] =>
    nodes.flatMap((node, index) => (node === undefined ? [] : at(node, row, index === 0)));
  const addresses = [...addressesBy(addressesAt), ...addressesBy(browserAddressesAt)];
  return { streamKey, expiresAtMs, addresses, srtPassphrase: row.srt_passphrase };
}

/** Where one node is published to by encoders. */
function addressesAt(node: FleetNode, row: BroadcastRow, isPrimary: boolean): IngestAddress[] {
  const { regionId, rtmpUrl, srt } = node;
  const found: IngestAddress[] = [];
  if (rtmpUrl !== null) {
    const protocol = rtmpUrl.startsWith('rtmps:') ? ('rtmps' as const) : ('rtmp' as const);
    found.push({ protocol, regionId, isPrimary, url: `${rtmpUrl}/live` });
  }
  if (srt !== null && row.srt_slot !== null && row.srt_slot < srt.portCount) {
    const address = `${srt.host}:${srt.firstPort + row.srt_slot}`;
    const url = `srt://${address}?mode=caller&passphrase=${row.srt_passphrase}`;
    found.push({ protocol: 'srt', regionId, isPrimary, url });
  }
  return found;
}

/** Where one node is published to from browsers. */
function browserAddressesAt(node: FleetNode, row: BroadcastRow, isPrimary: boolean): IngestAddress[] {
  const { regionId, whipUrl } = node;
  if (whipUrl === null) return [];
  return [{ protocol: 'whip', regionId, isPrimary, url: `${whipUrl}/${row.project_id}/${row.id}` }];
}

/** One broadcast for the API. */
function viewOf({ fleet, broadcasts }: Dependencies, row: BroadcastRow): BroadcastView {
  const edges = regionEdges(fleet.sites());
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    visibility: row.visibility,
    state: row.state,
    stateReason: row.state_reason,
    plannedStartMs: row.planned_start_ms,
    plannedDurationMs: row.planned_duration_ms,
    timeZone: row.time_zone,
    expectedViewers: row.expected_viewers,
    settings: row.settings,
    takesSrt: row.srt_slot !== null,
    schedule: row.schedule,
    drainedRegionIds: row.drained_region_ids,
    recordingAssetId: row.recording_asset_id,
    watchUrls: edges.map(({ edgeUrl }) => `${edgeUrl}/watch/${row.project_id}/${row.id}`),
    reports: broadcasts.reportsOf(row.id).map(({ heardMonotonicMs: _, ...report }) => ({
      ...report,
      regionId: fleet.node(report.nodeId)?.regionId ?? '',
    })),
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}
