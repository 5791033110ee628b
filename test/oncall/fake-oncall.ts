// What the console's fake control plane answers about on-call: the shipped rota by the real rules, and pages that tests
// may fill.

import { readFileSync } from 'node:fs';
import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type {
  EscalationEntryView,
  EscalationView,
  OverrideView,
  oncallRoutes,
} from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import { invalidRota, judgeDraft, readDraft, requireDraft } from '#control/oncall/drafts.ts';
import type { CurrentRota } from '#control/oncall/store.ts';
import { dutyNow, findSchedule, rotaAnswer, simulationView } from '#control/oncall/views.ts';
import { fairnessOf } from '#core/oncall/fairness.ts';
import { renderShifts } from '#core/oncall/render.ts';

type Routes = typeof oncallRoutes;
type Handlers = {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
};

export const EXAMPLE_ROTA = readFileSync(new URL('../../docs/examples/rota.yaml', import.meta.url), 'utf8');

export interface FakeOncall {
  /** Empty: none was applied. */
  text: string;
  version: number;
  overrides: OverrideView[];
  escalations: (EscalationView & { entries: EscalationEntryView[] })[];
  feeds: RouteResult<Routes['GET /v1/oncall/feeds']>['feeds'];
}

/** The shipped rota in force, and nothing else. */
export function makeOncall(): FakeOncall {
  return { text: EXAMPLE_ROTA, version: 3, overrides: [], escalations: [], feeds: [] };
}

function currentOf({ text, version, overrides }: FakeOncall): CurrentRota {
  const row = {
    version,
    text,
    applied_at_ms: Date.now() - 86_400_000,
    actor: 'ops',
    comment: 'More of Europe',
    is_taken_back: false,
  };
  if (text === '') return { row: null, rota: requireDraft(EXAMPLE_ROTA).rota, overrides: [] };
  return { row, rota: requireDraft(text).rota, overrides };
}

/** A page that reached its first step. */
export function makeEscalation(
  changes: Partial<EscalationView> & { entries?: EscalationEntryView[] } = {},
): FakeOncall['escalations'][number] {
  const nowMs = Date.now();
  return {
    incidentId: makeId('pag', nowMs, new Uint8Array(10)),
    title: 'Viewers of Dublin wait',
    severity: 'sev2',
    url: '/incidents',
    policyId: 'video',
    status: 'paging',
    round: 1,
    step: 1,
    steps: 3,
    nextAtMs: nowMs + 200_000,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    startedAtMs: nowMs - 100_000,
    endedAtMs: null,
    entries: [],
    ...changes,
  };
}

function makeOverride(
  changes: Pick<OverrideView, 'scheduleId' | 'userId' | 'fromMs' | 'untilMs' | 'kind' | 'reason'>,
  index: number,
): OverrideView {
  const nowMs = Date.now();
  const id = makeId('ovr', nowMs, new Uint8Array(10).fill(index));
  return { id, createdAtMs: nowMs + index, createdBy: 'Test admin', ...changes };
}

/** Handlers of all routes of on-call. */
export function oncallHandlers(state: FakeOncall): Handlers {
  const add = (change: Parameters<typeof makeOverride>[0]): OverrideView => {
    const override = makeOverride(change, state.overrides.length);
    state.overrides.push(override);
    return override;
  };
  return {
    ...rotaHandlers(state),
    ...overrideHandlers(state, add),
    ...pageHandlers(state),
    ...feedHandlers(state),
  };
}

function rotaHandlers(
  state: FakeOncall,
): Pick<
  Handlers,
  | 'GET /v1/oncall'
  | 'PUT /v1/oncall'
  | 'GET /v1/oncall/versions'
  | 'GET /v1/oncall/versions/{version}'
  | 'POST /v1/oncall/lint'
  | 'POST /v1/oncall/simulate'
  | 'GET /v1/oncall/now'
  | 'GET /v1/oncall/shifts'
  | 'GET /v1/oncall/fairness'
> {
  const version = () => defined(rotaAnswer(currentOf(state)).current, 'a version');
  const schedules = (scheduleId: string | undefined) => {
    const { rota } = currentOf(state);
    return scheduleId === undefined ? [...rota.schedules.values()] : [findSchedule(rota, scheduleId)];
  };
  return {
    'GET /v1/oncall': () => {
      const answer = rotaAnswer(currentOf(state));
      return answer.current === null
        ? { ...answer, users: [], schedules: [], policies: [], defaultPolicyId: null }
        : answer;
    },
    'PUT /v1/oncall': ({ body }) => {
      const findings = judgeDraft(requireDraft(body.text), state.overrides, Date.now(), null);
      const errors = findings.filter(({ severity }) => severity === 'error');
      if (errors.length > 0 && !body.isForced) throw invalidRota(errors);
      state.text = body.text;
      state.version += 1;
      return { current: version(), findings: [...findings] };
    },
    'GET /v1/oncall/versions': () => ({ versions: [version()] }),
    'GET /v1/oncall/versions/{version}': () => ({ ...version(), text: state.text }),
    'POST /v1/oncall/lint': ({ body }) => {
      const draft = readDraft(body.text ?? state.text);
      const findings =
        'findings' in draft ? draft.findings : judgeDraft(draft, state.overrides, Date.now(), null);
      return { isGood: findings.every(({ severity }) => severity !== 'error'), findings: [...findings] };
    },
    'POST /v1/oncall/simulate': ({ body }) => {
      const { rota, overrides } = currentOf(state);
      const own = body.text === undefined ? rota : requireDraft(body.text).rota;
      return simulationView({ rota: own, overrides }, body.policyId, body.atMs);
    },
    'GET /v1/oncall/now': ({ query }) => {
      const atMs = query.atMs ?? Date.now();
      if (state.text === '') return { atMs, duties: [] };
      return { atMs, duties: schedules(undefined).map((one) => dutyNow(currentOf(state), one, atMs)) };
    },
    'GET /v1/oncall/shifts': ({ query }) => ({
      shifts: (state.text === '' ? [] : schedules(query.scheduleId)).flatMap((one) => [
        ...renderShifts(currentOf(state), one, query),
      ]),
    }),
    'GET /v1/oncall/fairness': ({ query }) => ({
      shares: state.text === '' ? [] : [...fairnessOf(currentOf(state), schedules(query.scheduleId), query)],
    }),
  };
}

function overrideHandlers(
  state: FakeOncall,
  add: (change: Parameters<typeof makeOverride>[0]) => OverrideView,
): Pick<
  Handlers,
  | 'GET /v1/oncall/overrides'
  | 'POST /v1/oncall/overrides'
  | 'DELETE /v1/oncall/overrides/{overrideId}'
  | 'POST /v1/oncall/schedules/{scheduleId}/take'
  | 'POST /v1/oncall/schedules/{scheduleId}/swap'
> {
  const shiftAt = (scheduleId: string, atMs: number) => {
    const view = currentOf(state);
    const span = { fromMs: atMs - 8 * 86_400_000, untilMs: atMs + 8 * 86_400_000 };
    const shifts = renderShifts(view, findSchedule(view.rota, scheduleId), span);
    return defined(
      shifts.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs),
      'a shift',
    );
  };
  return {
    'GET /v1/oncall/overrides': () => ({ overrides: state.overrides }),
    'POST /v1/oncall/overrides': ({ body }) => add({ ...body, kind: 'override' }),
    'DELETE /v1/oncall/overrides/{overrideId}': ({ params }) => {
      state.overrides = state.overrides.filter(({ id }) => id !== params.overrideId);
      return { isDeleted: true };
    },
    'POST /v1/oncall/schedules/{scheduleId}/take': ({ params, body }) => {
      const shift = shiftAt(params.scheduleId, Date.now());
      if (shift.userId === body.userId)
        throw new MeridianError('conflict', { reason: `${body.userId} has this shift already` });
      const { userId, reason } = body;
      const untilMs = body.untilMs ?? shift.untilMs;
      return add({
        scheduleId: params.scheduleId,
        userId,
        reason,
        fromMs: Date.now(),
        untilMs,
        kind: 'take',
      });
    },
    'POST /v1/oncall/schedules/{scheduleId}/swap': ({ params, body }) => {
      const [one, other] = [
        shiftAt(params.scheduleId, body.oneAtMs),
        shiftAt(params.scheduleId, body.otherAtMs),
      ];
      const { scheduleId } = params;
      const base = { scheduleId, reason: body.reason, kind: 'swap' as const };
      const give = (shift: typeof one, userId: string | null) =>
        add({ ...base, userId: userId ?? '', fromMs: shift.fromMs, untilMs: shift.untilMs });
      return { overrides: [give(one, other.userId), give(other, one.userId)] };
    },
  };
}

function pageHandlers(
  state: FakeOncall,
): Pick<
  Handlers,
  | 'GET /v1/oncall/escalations'
  | 'POST /v1/oncall/escalations'
  | 'GET /v1/oncall/escalations/{incidentId}'
  | 'POST /v1/oncall/escalations/{incidentId}/acknowledge'
  | 'POST /v1/oncall/escalations/{incidentId}/escalate'
  | 'POST /v1/oncall/escalations/{incidentId}/stop'
> {
  const find = (incidentId: string) => {
    const found = state.escalations.find((one) => one.incidentId === incidentId);
    if (found === undefined) throw new MeridianError('not_found', { what: `page of ${incidentId}` });
    return found;
  };
  return {
    'GET /v1/oncall/escalations': ({ query }) => ({
      escalations: state.escalations
        .filter(({ status }) => query.status === undefined || status === query.status)
        .slice(0, query.limit),
    }),
    'POST /v1/oncall/escalations': ({ body }) => {
      const made = makeEscalation({ title: body.title, severity: body.severity, startedAtMs: Date.now() });
      state.escalations.unshift(made);
      return made;
    },
    'GET /v1/oncall/escalations/{incidentId}': ({ params }) => find(params.incidentId),
    'POST /v1/oncall/escalations/{incidentId}/acknowledge': ({ params, body }) =>
      Object.assign(find(params.incidentId), {
        status: 'acknowledged',
        acknowledgedBy: body.userId,
        acknowledgedAtMs: Date.now(),
        nextAtMs: null,
      }),
    'POST /v1/oncall/escalations/{incidentId}/escalate': ({ params }) => {
      const found = find(params.incidentId);
      return Object.assign(found, { step: found.step + 1 });
    },
    'POST /v1/oncall/escalations/{incidentId}/stop': ({ params }) =>
      Object.assign(find(params.incidentId), { status: 'stopped', nextAtMs: null, endedAtMs: Date.now() }),
  };
}

function feedHandlers(
  state: FakeOncall,
): Pick<Handlers, 'GET /v1/oncall/feeds' | 'POST /v1/oncall/feeds' | 'DELETE /v1/oncall/feeds/{feedId}'> {
  return {
    'GET /v1/oncall/feeds': () => ({ feeds: state.feeds }),
    'POST /v1/oncall/feeds': ({ body }) => {
      const feed = {
        id: makeId('fed', Date.now(), new Uint8Array(10).fill(state.feeds.length)),
        scheduleId: body.scheduleId ?? null,
        userId: body.userId ?? null,
        createdAtMs: Date.now(),
        createdBy: 'Test admin',
      };
      state.feeds.push(feed);
      return { feed, path: '/calendar/oncall.ics?token=cal_test' };
    },
    'DELETE /v1/oncall/feeds/{feedId}': ({ params }) => {
      state.feeds = state.feeds.filter(({ id }) => id !== params.feedId);
      return { isDeleted: true };
    },
  };
}
