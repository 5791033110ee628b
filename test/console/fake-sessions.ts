// What the console's fake control plane answers about viewings: one that stalled when its site went away, and others.

import type { telemetryRoutes } from '#contract/api/telemetry.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import type { Viewing, ViewingStep } from '#contract/telemetry.ts';

type Keys = 'GET /v1/viewer-sessions' | 'GET /v1/viewer-sessions/{sid}';
type Routes = Pick<typeof telemetryRoutes, Keys>;

export interface FakeSessions {
  /** Newest first by their start. */
  list: Viewing[];
  /** Viewing → its steps. */
  steps: Map<string, ViewingStep[]>;
}

/** A viewing of two minutes that went well. */
export function makeViewing(sid: string, startedAtMs: number, changes: Partial<Viewing> = {}): Viewing {
  return {
    sid,
    contentId: 'default/ast_01jd0000000000000000000000',
    kind: 'vod',
    regionId: 'dublin',
    siteId: 'dublin-1',
    client: 'hls cmcd 2',
    state: 'ended',
    startedAtMs,
    updatedAtMs: startedAtMs + 120_000,
    endedAtMs: startedAtMs + 120_000,
    startupMs: 640,
    playMs: 119_360,
    stallMs: 0,
    stalls: 0,
    errors: 0,
    requests: 64,
    badRequests: 0,
    pathwayChanges: 0,
    bitrateKbps: 2_800,
    latencyMs: null,
    ...changes,
  };
}

/** Playing for 21 s, 4 s of standstill as dublin-1 stops answering, and on from singapore-1. */
export function makeStalledSteps(startedAtMs: number): ViewingStep[] {
  const step = (
    afterMs: number,
    kind: ViewingStep['kind'],
    text: string,
    changes: Partial<ViewingStep> = {},
  ): ViewingStep => ({
    atMs: startedAtMs + afterMs,
    kind,
    text,
    siteId: afterMs < 24_000 ? 'dublin-1' : 'singapore-1',
    bufferedMs: null,
    bitrateKbps: null,
    latencyMs: null,
    ...changes,
  });
  const requests = [2, 6, 10, 14, 27, 31, 35].map((second) =>
    step(second * 1_000, 'request', 'media ok', { latencyMs: 80 + second * 4 }),
  );
  const samples = [4, 8, 12, 16, 20, 28, 32, 36].map((second) =>
    step(second * 1_000, 'interval', 'playing', {
      bufferedMs: second < 16 ? 9_000 + second * 100 : second < 24 ? (24 - second) * 700 : second * 200,
      bitrateKbps: second < 12 ? 1_400 : second < 24 ? 2_800 : 1_400,
    }),
  );
  return [
    step(0, 'state', 'starting'),
    step(640, 'state', 'playing', { bufferedMs: 2_000, bitrateKbps: 1_400 }),
    ...requests,
    ...samples,
    step(12_000, 'bitrate', '2800 kbit/s', { bitrateKbps: 2_800 }),
    step(18_000, 'request', 'media failed', { latencyMs: 2_000 }),
    step(20_500, 'request', 'media late', { latencyMs: 2_400 }),
    step(21_000, 'state', 'rebuffering', { bufferedMs: 0 }),
    step(22_500, 'error', 'no answer'),
    step(24_000, 'pathway', 'singapore-1'),
    step(25_000, 'state', 'playing', { bufferedMs: 4_000, bitrateKbps: 1_400 }),
    step(38_000, 'state', 'ended', { bufferedMs: 0 }),
  ].sort((one, other) => one.atMs - other.atMs);
}

/** One that stalled twelve minutes ago, one live, and some that went well. */
export function makeFakeSessions(nowMs: number): FakeSessions {
  const stalledAtMs = nowMs - 12 * 60_000;
  const stalled = makeViewing('5d0f0a1c', stalledAtMs, {
    regionId: 'singapore',
    siteId: 'singapore-1',
    updatedAtMs: stalledAtMs + 38_000,
    endedAtMs: stalledAtMs + 38_000,
    playMs: 33_360,
    stallMs: 4_000,
    stalls: 1,
    errors: 1,
    requests: 11,
    badRequests: 2,
    pathwayChanges: 1,
    bitrateKbps: 1_400,
  });
  const live = makeViewing('live-0001', nowMs - 90_000, {
    contentId: 'default/brd_01jd0000000000000000000000',
    kind: 'live',
    state: 'playing',
    updatedAtMs: nowMs - 2_000,
    endedAtMs: null,
    latencyMs: 2_450,
    bitrateKbps: 4_200,
  });
  const calm = Array.from({ length: 12 }, (_, index) =>
    makeViewing(`calm-${index}`, nowMs - (index + 14) * 60_000, { bitrateKbps: 2_800 - index * 40 }),
  );
  return {
    list: [live, stalled, ...calm],
    steps: new Map([[stalled.sid, makeStalledSteps(stalledAtMs)]]),
  };
}

/** Handlers of viewings; the console asks for them in the order of their starts. */
export function sessionHandlers(state: FakeSessions): {
  [K in Keys]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
} {
  return {
    'GET /v1/viewer-sessions': ({ query }) => {
      const [beforeMs = Infinity, beforeSid = ''] = placeOf(query.before);
      const matching = state.list.filter(
        (viewing) =>
          (viewing.startedAtMs < beforeMs || (viewing.startedAtMs === beforeMs && viewing.sid < beforeSid)) &&
          (query.regionId === undefined || viewing.regionId === query.regionId) &&
          (query.siteId === undefined || viewing.siteId === query.siteId) &&
          (query.kind === undefined || viewing.kind === query.kind) &&
          (query.client === undefined || viewing.client === query.client) &&
          (query.contentId === undefined || (viewing.contentId ?? '').endsWith(query.contentId)) &&
          (query.fromMs === undefined || viewing.updatedAtMs >= query.fromMs) &&
          (query.toMs === undefined || viewing.startedAtMs < query.toMs) &&
          (query.trouble !== 'stall' || viewing.stalls > 0) &&
          (query.trouble !== 'error' || viewing.errors + viewing.badRequests > 0) &&
          (query.isTroubled !== 'true' || viewing.stalls + viewing.errors + viewing.badRequests > 0),
      );
      const sessions = matching.slice(0, query.limit);
      const last = sessions.at(-1);
      const hasMore = matching.length > sessions.length && last !== undefined;
      return { sessions, nextBefore: hasMore ? `${last.startedAtMs}~${last.sid}` : null };
    },
    'GET /v1/viewer-sessions/{sid}': ({ params }) => {
      const session = state.list.find(({ sid }) => sid === params.sid);
      if (session === undefined) throw new MeridianError('not_found', { what: 'such session' });
      return { session, steps: state.steps.get(params.sid) ?? [] };
    },
  };
}

function placeOf(cursor: string | undefined): [number, string] | [] {
  if (cursor === undefined) return [];
  const at = cursor.indexOf('~');
  return [Number(cursor.slice(0, at)), cursor.slice(at + 1)];
}
