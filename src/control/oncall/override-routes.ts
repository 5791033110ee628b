// Changes for a while: overrides, "take this shift now", swaps. Each is an override in the end; the newest one counts.

import { makeId } from '#base/ids.ts';
import type { oncallRoutes } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { renderShifts, type Shift } from '#core/oncall/render.ts';
import type { Rota } from '#core/oncall/rota.ts';
import { requireAllProjects, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { LOOK_AHEAD_MS, OVERRIDE_MS_MAX, OVERRIDES_MAX } from './limits.ts';
import type { Oncall } from './oncall.ts';
import { type CurrentRota, type OverrideRow, overrideView, readOverrides } from './store.ts';
import { findSchedule } from './views.ts';

type Routes = typeof oncallRoutes;
type OverrideKeys =
  | 'GET /v1/oncall/overrides'
  | 'POST /v1/oncall/overrides'
  | 'DELETE /v1/oncall/overrides/{overrideId}'
  | 'POST /v1/oncall/schedules/{scheduleId}/take'
  | 'POST /v1/oncall/schedules/{scheduleId}/swap';
type NewOverride = Pick<OverrideRow, 'schedule_id' | 'user_id' | 'from_ms' | 'until_ms' | 'kind' | 'reason'>;

/** Routes of overrides. */
export function createOverrideHandlers(
  context: ControlContext,
  oncall: Oncall,
): Handlers<Routes, OverrideKeys> {
  const { clock, database } = context;

  /** Works out overrides from the rota, and keeps them with an audit row. */
  async function add(
    principal: UserPrincipal,
    action: string,
    make: (view: CurrentRota, nowMs: number) => NewOverride[],
  ): Promise<OverrideRow[]> {
    requireAllProjects(principal);
    const nowMs = clock.nowMs();
    return database.transaction().execute(async (transaction) => {
      const made = make(await oncall.rotas.current(transaction, nowMs), nowMs);
      for (const own of made) checkSpan(own, nowMs);
      await requireRoom(transaction, made.length, nowMs);
      const rows: OverrideRow[] = made.map((own) => ({
        ...own,
        id: makeId('ovr', nowMs, context.random(10)),
        created_at_ms: nowMs,
        created_by: principal.name,
      }));
      await transaction.insertInto('oncall_overrides').values(rows).execute();
      await recordAudit(transaction, principal, nowMs, {
        action,
        subject: rows[0]?.schedule_id ?? '',
        projectId: null,
        details: { overrides: rows.map(overrideView) },
      });
      return rows;
    });
  }

  return {
    async 'GET /v1/oncall/overrides'({ principal }) {
      requireAllProjects(principal);
      return { overrides: (await readOverrides(database, clock.nowMs())).map(overrideView) };
    },
    async 'POST /v1/oncall/overrides'({ body, principal }) {
      const { scheduleId, userId, fromMs, untilMs, reason } = body;
      const rows = await add(principal, 'oncall.override', ({ rota }) => {
        findSchedule(rota, scheduleId);
        requireUser(rota, userId);
        const own = { schedule_id: scheduleId, user_id: userId, from_ms: fromMs, until_ms: untilMs, reason };
        return [{ ...own, kind: 'override' }];
      });
      return onlyView(rows);
    },
    'DELETE /v1/oncall/overrides/{overrideId}': (call) => removeOverride(context, call),
    async 'POST /v1/oncall/schedules/{scheduleId}/take'({ params, body, principal }) {
      const rows = await add(principal, 'oncall.take', (view, nowMs) => {
        requireUser(view.rota, body.userId);
        const shift = shiftAt(view, params.scheduleId, nowMs);
        if (shift.userId === body.userId)
          throw new MeridianError('conflict', { reason: `${body.userId} has this shift already` });
        return [
          {
            schedule_id: params.scheduleId,
            user_id: body.userId,
            from_ms: nowMs,
            until_ms: body.untilMs ?? shift.untilMs,
            kind: 'take',
            reason: body.reason,
          },
        ];
      });
      return onlyView(rows);
    },
    async 'POST /v1/oncall/schedules/{scheduleId}/swap'({ params, body, principal }) {
      const rows = await add(principal, 'oncall.swap', (view, nowMs) =>
        swap(view, params.scheduleId, body, nowMs),
      );
      return { overrides: rows.map(overrideView) };
    },
  };
}

function onlyView(rows: readonly OverrideRow[]) {
  const [row] = rows;
  if (row === undefined) throw new Error('an override was not made');
  return overrideView(row);
}

function requireUser(rota: Rota, userId: string): void {
  if (!rota.users.has(userId)) throw new MeridianError('not_found', { what: `user ${userId} in the rota` });
}

function checkSpan({ from_ms, until_ms }: NewOverride, nowMs: number): void {
  const refuse = (reason: string): MeridianError => new MeridianError('invalid_request', { reason });
  if (until_ms <= from_ms) throw refuse('body.untilMs: it lies not after the start');
  if (until_ms <= nowMs) throw refuse('body.untilMs: that is over already');
  if (until_ms > nowMs + OVERRIDE_MS_MAX) throw refuse('body.untilMs: it lies more than 400 days ahead');
}

async function requireRoom(transaction: ControlTransaction, added: number, nowMs: number): Promise<void> {
  const { count } = await transaction
    .selectFrom('oncall_overrides')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('until_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  if (Number(count) + added > OVERRIDES_MAX)
    throw new MeridianError('conflict', { reason: `There are ${OVERRIDES_MAX} overrides already` });
}

/** The shift of a schedule that runs at an instant, as far as it reaches from there on. */
function shiftAt(view: CurrentRota, scheduleId: string, atMs: number): Shift {
  const schedule = findSchedule(view.rota, scheduleId);
  const span = { fromMs: atMs - LOOK_AHEAD_MS, untilMs: atMs + LOOK_AHEAD_MS };
  const shift = renderShifts(view, schedule, span).find(
    ({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs,
  );
  if (shift === undefined) throw new Error(`no shift of ${scheduleId} at ${atMs}`);
  return shift;
}

/** Two overrides: each has the other's shift, as much of it as is still to come. */
function swap(
  view: CurrentRota,
  scheduleId: string,
  { oneAtMs, otherAtMs, reason }: Call<Routes['POST /v1/oncall/schedules/{scheduleId}/swap']>['body'],
  nowMs: number,
): NewOverride[] {
  const one = shiftAt(view, scheduleId, oneAtMs);
  const other = shiftAt(view, scheduleId, otherAtMs);
  if (one.userId === null || other.userId === null)
    throw new MeridianError('conflict', { reason: 'One of the shifts belongs to nobody' });
  if (one.userId === other.userId)
    throw new MeridianError('conflict', { reason: `Both shifts belong to ${one.userId}` });
  const give = (shift: Shift, userId: string): NewOverride => ({
    schedule_id: scheduleId,
    user_id: userId,
    from_ms: Math.max(nowMs, shift.fromMs),
    until_ms: shift.untilMs,
    kind: 'swap',
    reason,
  });
  return [give(one, other.userId), give(other, one.userId)];
}

async function removeOverride(
  { clock, database }: ControlContext,
  { params, principal }: Call<Routes['DELETE /v1/oncall/overrides/{overrideId}']>,
): Promise<{ isDeleted: true }> {
  requireAllProjects(principal);
  const nowMs = clock.nowMs();
  await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('oncall_overrides')
      .selectAll()
      .where('id', '=', params.overrideId)
      .where('until_ms', '>', nowMs)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw new MeridianError('not_found', { what: 'such override that still counts' });
    // One that has begun ends now: who had duty until now stays true.
    if (row.from_ms < nowMs)
      await transaction
        .updateTable('oncall_overrides')
        .set({ until_ms: nowMs })
        .where('id', '=', row.id)
        .execute();
    else await transaction.deleteFrom('oncall_overrides').where('id', '=', row.id).execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'oncall.override-remove',
      subject: row.schedule_id,
      projectId: null,
      details: { overrideId: row.id, userId: row.user_id },
    });
  });
  return { isDeleted: true };
}
