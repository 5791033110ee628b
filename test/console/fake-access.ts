// A control plane whose audit trail is intact and empty, and whose glass may be broken.

import { makeId } from '#base/ids.ts';
import type { auditRoutes } from '#contract/api/audit.ts';
import type { BreakGlassView, breakGlassRoutes } from '#contract/api/break-glass.ts';
import type { readinessRoutes } from '#contract/api/readiness.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult, RouteTable } from '#contract/route.ts';

type Handlers<T extends RouteTable> = {
  [K in keyof T]: (given: RouteInput<T[K]>) => RouteResult<T[K]>;
};

export interface FakeAccess {
  glass: BreakGlassView[];
  recoveryCode: string;
  codes: RouteResult<(typeof breakGlassRoutes)['GET /v1/recovery-codes']>['codes'];
}

const HEAD = { position: 0, hash: '0'.repeat(64) };

/** Handlers of these routes. */
export function auditHandlers(): Handlers<typeof auditRoutes> {
  return {
    'GET /v1/audit/verify': () => ({
      checkedCount: 0,
      nextAfter: null,
      problem: null,
      head: HEAD,
      openCount: 0,
    }),
    'GET /v1/audit/chain': () => ({ rows: [], legacyPosition: 0, head: HEAD }),
  };
}

/** Two services: one that lacks nothing, and one that lacks an owner. */
export function readinessHandlers(): Handlers<typeof readinessRoutes> {
  const met = (check: 'slo' | 'oncall', text: string) => ({
    check,
    state: 'met' as const,
    text,
    action: null,
  });
  const drill = {
    check: 'drill' as const,
    state: 'unavailable' as const,
    text: 'Never: Meridian has no drills yet',
    action: null,
  };
  const owner = {
    check: 'owner' as const,
    state: 'missing' as const,
    text: 'Nobody owns it',
    action: 'Name a team under `services.live.owner` in meridian.yaml.',
  };
  const base = [met('slo', 'live-latency, ingest-continuity'), met('oncall', 'Mei by follow-the-sun')];
  return {
    'GET /v1/readiness': () => ({
      services: [
        {
          name: 'live',
          isReady: false,
          metCount: 2,
          countedCount: 3,
          findings: [base[0], owner, base[1], drill],
        },
        { name: 'playback', isReady: true, metCount: 2, countedCount: 2, findings: [...base, drill] },
      ].map((service) => ({ ...service, findings: service.findings.filter((each) => each !== undefined) })),
    }),
  };
}

/** Whether the caller is admin for a while. */
export function ownGlass(state: FakeAccess): { id: string; endsAtMs: number } | null {
  const own = state.glass.find(({ isOwn, endedAtMs }) => isOwn && endedAtMs === null);
  return own === undefined ? null : { id: own.id, endsAtMs: own.endsAtMs };
}

/** Handlers of broken glass. */
export function breakGlassHandlers(
  state: FakeAccess,
  onRole: (role: 'operator' | 'admin') => void,
  token: string,
): Handlers<typeof breakGlassRoutes> {
  const begin = (name: string, reason: string, ttlMs: number, how: BreakGlassView['how']): BreakGlassView => {
    const nowMs = Date.now();
    const view = {
      id: makeId('glass', nowMs, new Uint8Array(10)),
      name,
      reason,
      how,
      startedAtMs: nowMs,
      endsAtMs: nowMs + ttlMs,
      endedAtMs: null,
      endedBy: null,
      isOwn: true,
      pageId: null,
    };
    state.glass.unshift(view);
    onRole('admin');
    return view;
  };
  return {
    'GET /v1/break-glass': () => ({
      active: state.glass.filter(({ endedAtMs }) => endedAtMs === null),
      ended: state.glass.filter(({ endedAtMs }) => endedAtMs !== null),
    }),
    'POST /v1/break-glass': ({ body }) => begin('first admin', body.reason, body.ttlMs, 'person'),
    'POST /v1/break-glass/recover': ({ body }) => {
      if (body.code !== state.recoveryCode) throw new MeridianError('wrong_credential');
      return { token, view: begin(body.name, body.reason, body.ttlMs, 'code') };
    },
    'POST /v1/break-glass/{breakGlassId}/end': ({ params }) => {
      const view = state.glass.find(({ id }) => id === params.breakGlassId);
      if (view === undefined) throw new MeridianError('not_found', { what: 'such break-glass' });
      Object.assign(view, { endedAtMs: Date.now(), endedBy: 'first admin' });
      onRole('operator');
      return view;
    },
    'GET /v1/recovery-codes': () => ({ codes: state.codes }),
    'POST /v1/recovery-codes': () => {
      const createdAtMs = Date.now();
      state.codes = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({
        number,
        createdAtMs,
        createdBy: 'first admin',
        usedAtMs: null,
      }));
      return { codes: state.codes.map(({ number }) => `7KQ2M-0F8XA-P3D6T-9XW4${number}`) };
    },
  };
}
