// What the console's fake control plane answers about broadcasts, from a list that tests may fill.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { BroadcastView, liveRoutes } from '#contract/api/live.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof liveRoutes;
type Report = BroadcastView['reports'][number];

const MINUTE_MS = 60_000;

export interface FakeBroadcasts {
  /** Newest first. */
  list: BroadcastView[];
  /** Viewers by region; absent: as `FAKE_VIEWERS` says. */
  viewers?: Readonly<Record<string, number>>;
  /** Where ingests take browsers; absent: nowhere. */
  whipUrls?: readonly string[];
}

/** A broadcast that may be published to, on channels in Dublin and Los Angeles. */
export function makeBroadcast(
  nowMs: number,
  edgeUrls: readonly string[],
  changes: Partial<BroadcastView> = {},
): BroadcastView {
  const name = changes.name ?? 'Broadcast';
  const bytes = new TextEncoder().encode(name.padEnd(10, ' ')).slice(0, 10);
  const id = makeId('brd', changes.createdAtMs ?? nowMs, bytes);
  const projectId = changes.projectId ?? 'default';
  return {
    id,
    projectId,
    name,
    visibility: 'public',
    state: 'ready',
    stateReason: null,
    plannedStartMs: null,
    plannedDurationMs: null,
    timeZone: null,
    expectedViewers: null,
    settings: {
      segmentDurationMs: 2_000,
      partsPerSegment: 6,
      holdBackMs: 2_000,
      dvrWindowMs: 1_800_000,
      graceMs: 60_000,
      onSecondPublisher: 'refuse',
      isRecorded: true,
      rungs: [
        { height: 720, bitrateBps: 2_500_000 },
        { height: 360, bitrateBps: 700_000 },
      ],
    },
    takesSrt: false,
    schedule: {
      generation: 1,
      channels: [
        { channel: 1, regionId: 'dublin', nodeId: 'dublin-1-a' },
        { channel: 2, regionId: 'los-angeles', nodeId: 'los-angeles-1-a' },
      ],
      ingestNodeIds: ['dublin-1-a', 'los-angeles-1-a', 'singapore-1-a'],
      reasons: [
        {
          code: 'placed',
          subject: 'dublin-1-a',
          values: { channel: 1, distanceKm: 0, load: 0, costPerGb: 0.05 },
        },
        {
          code: 'placed',
          subject: 'los-angeles-1-a',
          values: { channel: 2, distanceKm: 8_314, load: 0.5, costPerGb: 0.05 },
        },
      ],
    },
    drainedRegionIds: [],
    recordingAssetId: makeId('ast', nowMs, bytes),
    watchUrls: edgeUrls.map((url) => `${url}/watch/${projectId}/${id}`),
    reports: [],
    createdAtMs: nowMs,
    startedAtMs: null,
    endedAtMs: null,
    ...changes,
  };
}

/** What nodes say of a broadcast that is on air: its ingest, and a channel that has lost some frames. */
export function makeReports(broadcastId: string, sinceMs: number): Report[] {
  const channel = (regionId: string, number: number, figures: Report['figures']): Report => ({
    broadcastId,
    nodeId: `${regionId}-1-a`,
    regionId,
    role: 'channel',
    channel: number,
    state: 'on_air',
    sinceMs,
    reason: null,
    protocol: null,
    ageMs: 900 + number * 400,
    figures: {
      frameRate: 30,
      encodeDelayMs: 84,
      partDelayMs: 141,
      partDelayMsMax: 207,
      lastSegment: 895_000_412,
      framesDropped: 0,
      damagedParts: 0,
      encoderRestarts: 0,
      silentFrames: 0,
      blackMs: 0,
      frozenMs: 0,
      silentMs: 0,
      'bitrateBps.v720': 2_482_000,
      'bitrateBps.v360': 694_000,
      'bitrateBps.a128': 129_000,
      ...figures,
    },
  });
  return [
    {
      broadcastId,
      nodeId: 'dublin-1-a',
      regionId: 'dublin',
      role: 'ingest',
      channel: null,
      state: 'on_air',
      sinceMs,
      reason: null,
      protocol: 'rtmp',
      ageMs: 1_100,
      figures: {
        bitrateBps: 6_120_000,
        frameRate: 29.97,
        keyFrameIntervalMs: 2_002,
        driftMs: -12,
        width: 1_920,
        height: 1_080,
        framesDropped: 0,
        audioFramesDropped: 0,
        audioFramesMissing: 0,
        timestampJumps: 0,
        readers: 2,
      },
    },
    channel('dublin', 1, { feedCount: 2 }),
    channel('los-angeles', 2, {
      feedCount: 1,
      damagedParts: 3,
      encoderRestarts: 1,
      encodeDelayMs: 131,
      frozenMs: 4_000,
    }),
  ];
}

/** One of each state. */
export function makeBroadcasts(nowMs: number, edgeUrls: readonly string[]): BroadcastView[] {
  const make = (changes: Partial<BroadcastView>): BroadcastView => makeBroadcast(nowMs, edgeUrls, changes);
  const onAir = make({
    name: 'Harbour festival, main stage',
    state: 'on_air',
    createdAtMs: nowMs - 65 * MINUTE_MS,
    // Far from the next full minute, so that a page that is drawn a moment earlier or later says the same.
    startedAtMs: nowMs - 47.5 * MINUTE_MS,
  });
  const away = make({
    name: 'Trail run, finish line',
    state: 'interrupted',
    stateReason: 'The publisher is away.',
    createdAtMs: nowMs - 131 * MINUTE_MS,
    startedAtMs: nowMs - 125 * MINUTE_MS,
  });
  return [
    make({
      name: 'Board meeting',
      state: 'planned',
      visibility: 'private',
      createdAtMs: nowMs - 2 * MINUTE_MS,
      plannedStartMs: nowMs + 185 * MINUTE_MS,
      plannedDurationMs: 90 * MINUTE_MS,
      timeZone: 'Europe/Dublin',
      schedule: {
        generation: 1,
        channels: [],
        ingestNodeIds: [],
        reasons: [{ code: 'not_yet', subject: 'brd', values: { plannedStartMs: 0, reserveMs: 900_000 } }],
      },
    }),
    make({ name: 'Evening news', takesSrt: true, createdAtMs: nowMs - 12 * MINUTE_MS }),
    { ...onAir, reports: makeReports(onAir.id, nowMs - 47 * MINUTE_MS) },
    {
      ...away,
      schedule: { ...away.schedule, channels: away.schedule.channels.slice(0, 1) },
      reports: makeReports(away.id, nowMs - 20_000)
        .slice(0, 2)
        .map((report) => ({ ...report, state: 'interrupted', reason: 'The publisher is away.' })),
    },
    make({
      name: 'Morning briefing',
      state: 'ended',
      stateReason: 'Somebody ended it.',
      createdAtMs: nowMs - 700 * MINUTE_MS,
      startedAtMs: nowMs - 690 * MINUTE_MS,
      endedAtMs: nowMs - 660 * MINUTE_MS,
    }),
  ];
}

export const FAKE_VIEWERS: NonNullable<FakeBroadcasts['viewers']> = {
  dublin: 412,
  'los-angeles': 187,
  singapore: 96,
};
const HISTORY_STEP_MS = 5_000;
const HISTORY_POINTS = 120;

/** Viewers that came over the last ten minutes. */
function viewersOf(broadcast: BroadcastView, byRegion: NonNullable<FakeBroadcasts['viewers']>) {
  const isOnAir = broadcast.state === 'on_air';
  const entries = isOnAir ? Object.entries(byRegion) : [];
  const viewers = entries.reduce((sum, [, count]) => sum + count, 0);
  const nowMs = Date.now();
  return {
    viewers,
    latencyP50Ms: viewers === 0 ? null : 2_180,
    latencyP95Ms: viewers === 0 ? null : 3_420,
    regions: entries.map(([regionId, count], index) => ({
      regionId,
      viewers: count,
      stalledViewers: index,
      latencyP50Ms: 2_100 + index * 90,
      latencyP95Ms: 3_100 + index * 400,
    })),
    points: Array.from({ length: 41 }, (_, index) => ({
      atMs: nowMs - (40 - index) * 15_000,
      viewers: Math.round((viewers * (10 + index + 3 * Math.sin(index))) / 53),
    })),
  };
}

/** Ten minutes of each who reports, with a dip of the publisher's line. */
function historyOf(
  broadcast: BroadcastView,
): RouteResult<Routes['GET /v1/broadcasts/{broadcastId}/figures']> {
  const nowMs = Date.now();
  return {
    workers: broadcast.reports.map(({ role, nodeId, channel, figures }) => ({
      role,
      nodeId,
      channel,
      points: Array.from({ length: HISTORY_POINTS }, (_, index) => {
        const isDip = index > 70 && index < 78;
        const wave = 1 + 0.04 * Math.sin(index * 1.7);
        const scale = (value = 0): number => Math.round(value * (isDip ? 0.55 : wave));
        const dropped = role === 'ingest' && index > 74 ? 38 : 0;
        return {
          atMs: nowMs - (HISTORY_POINTS - 1 - index) * HISTORY_STEP_MS,
          figures: {
            bitrateBps: scale(figures.bitrateBps ?? 3_305_000),
            frameRate: isDip ? 21.4 : (figures.frameRate ?? 30),
            ...(figures.driftMs === undefined ? {} : { driftMs: figures.driftMs + (index % 5) }),
            ...(figures.partDelayMs === undefined ? {} : { partDelayMs: scale(figures.partDelayMs) }),
            framesDropped: dropped,
          },
        };
      }),
    })),
  };
}

/** Handlers of the live routes. */
export function broadcastHandlers(
  broadcasts: FakeBroadcasts,
  edgeUrls: readonly string[],
): {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
} {
  const find = (broadcastId: string): BroadcastView => {
    const found = broadcasts.list.find(({ id }) => id === broadcastId);
    if (found === undefined) throw new MeridianError('not_found', { what: 'broadcast' });
    return found;
  };
  const change = (broadcastId: string, changes: Partial<BroadcastView>): BroadcastView => {
    const changed = { ...find(broadcastId), ...changes };
    broadcasts.list = broadcasts.list.map((each) => (each.id === broadcastId ? changed : each));
    return changed;
  };
  return {
    'POST /v1/broadcasts': ({ body }) => {
      const { name, projectId, takesSrt, visibility, plannedStartMs = null, plannedDurationMs = null } = body;
      const state = plannedStartMs === null ? ('ready' as const) : ('planned' as const);
      const timeZone = body.timeZone ?? null;
      const planned = { plannedStartMs, plannedDurationMs, timeZone };
      const made = makeBroadcast(Date.now(), edgeUrls, {
        name,
        projectId,
        takesSrt,
        visibility,
        state,
        ...planned,
      });
      broadcasts.list = [made, ...broadcasts.list];
      return made;
    },
    'GET /v1/broadcasts': ({ query }) => {
      const { state: wanted, before, limit } = query;
      const all = broadcasts.list.filter(
        ({ state, id }) =>
          (wanted === undefined || state === wanted) && (before === undefined || id < before),
      );
      const page = all.slice(0, limit);
      return { broadcasts: page, nextBefore: all.length > page.length ? (page.at(-1)?.id ?? null) : null };
    },
    'GET /v1/broadcasts/{broadcastId}/viewers': ({ params }) =>
      viewersOf(find(params.broadcastId), broadcasts.viewers ?? FAKE_VIEWERS),
    'GET /v1/broadcasts/{broadcastId}/figures': ({ params }) => historyOf(find(params.broadcastId)),
    'POST /v1/broadcasts/{broadcastId}/drains/{regionId}': ({ params: { broadcastId, regionId } }) => {
      const { schedule, drainedRegionIds } = find(broadcastId);
      const kept = schedule.channels.filter((channel) => channel.regionId !== regionId);
      const placed = { channel: 3, regionId: 'singapore', nodeId: 'singapore-1-a' };
      return change(broadcastId, {
        drainedRegionIds: [...drainedRegionIds, regionId],
        schedule: { ...schedule, generation: schedule.generation + 1, channels: [...kept, placed] },
      });
    },
    'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}': ({ params: { broadcastId, regionId } }) =>
      change(broadcastId, {
        drainedRegionIds: find(broadcastId).drainedRegionIds.filter((id) => id !== regionId),
      }),
    'POST /v1/broadcasts/{broadcastId}/channels/{regionId}': ({
      body,
      params: { broadcastId, regionId },
    }) => {
      const { schedule } = find(broadcastId);
      const kept = body.isMoved ? schedule.channels.slice(0, -1) : schedule.channels;
      const placed = { channel: 3, regionId, nodeId: `${regionId}-1-a` };
      return change(broadcastId, { schedule: { ...schedule, channels: [...kept, placed] } });
    },
    'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}': ({ params: { broadcastId, regionId } }) => {
      const { schedule } = find(broadcastId);
      const channels = schedule.channels.filter((channel) => channel.regionId !== regionId);
      if (channels.length < 2)
        throw new MeridianError('conflict', {
          reason: `It would have ${channels.length} channels left; move it off ${regionId} instead, which places another one`,
        });
      return change(broadcastId, { schedule: { ...schedule, channels } });
    },
    'GET /v1/broadcasts/{broadcastId}': ({ params }) => find(params.broadcastId),
    'GET /v1/broadcasts/{broadcastId}/ingest': ({ params }) => {
      const { id, schedule, takesSrt } = find(params.broadcastId);
      const srtPassphrase = takesSrt ? 'a-passphrase-of-32-characters-000' : null;
      return {
        srtPassphrase,
        streamKey: `key-of-${id}.eyJhbGciOiJFZERTQSIsImtpZCI6ImtleV8wMWpkMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCJ9`,
        expiresAtMs: Date.now() + 7 * 1_440 * MINUTE_MS,
        addresses: [
          ...schedule.ingestNodeIds.flatMap((nodeId, index) => {
            const place = { regionId: nodeId.replace(/-1-a$/, ''), isPrimary: index === 0 };
            const srtUrl = `srt://127.0.0.1:84${index * 2}0?mode=caller&passphrase=${srtPassphrase}`;
            return [
              { ...place, protocol: 'rtmp' as const, url: `rtmp://127.0.0.1:81${index + 1}3/live` },
              ...(takesSrt ? [{ ...place, protocol: 'srt' as const, url: srtUrl }] : []),
            ];
          }),
          ...(broadcasts.whipUrls ?? []).map((url, index) => ({
            protocol: 'whip' as const,
            regionId: schedule.ingestNodeIds[index]?.replace(/-1-a$/, '') ?? 'dublin',
            isPrimary: index === 0,
            url,
          })),
        ],
      };
    },
    'POST /v1/broadcasts/{broadcastId}/end': ({ params }) =>
      change(params.broadcastId, {
        state: 'ended',
        stateReason: 'Somebody ended it.',
        endedAtMs: Date.now(),
        reports: [],
      }),
    'POST /v1/broadcasts/{broadcastId}/rotate-passphrase': ({ params }) => find(params.broadcastId),
    'POST /v1/broadcasts/{broadcastId}/switch': ({ params }) => {
      const { schedule } = find(params.broadcastId);
      const [primary, backup] = schedule.channels;
      if (backup === undefined)
        throw new MeridianError('conflict', { reason: 'The broadcast has no backup channel to switch to' });
      const channels = [backup, defined(primary, 'a primary')];
      return change(params.broadcastId, {
        schedule: { ...schedule, generation: schedule.generation + 1, channels },
      });
    },
  };
}
