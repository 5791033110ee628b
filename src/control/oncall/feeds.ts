// Calendar feeds of a schedule or a person. Calendar programs send no headers, so the secret is in the address, as a
// query (our logs hold paths alone). It opens this one feed and nothing else, is kept as a hash, and can be closed.

import type { Selectable } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { oncallRoutes } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { type CalendarEvent, renderCalendar } from '#core/oncall/calendar.ts';
import { renderShifts, type Shift } from '#core/oncall/render.ts';
import type { RotaView } from '#core/oncall/rota.ts';
import { requireAllProjects } from '../access/principal.ts';
import { hashSecret } from '../access/secrets.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import { FEED_AHEAD_MS, FEED_PAST_MS, FEEDS_MAX } from './limits.ts';
import type { Oncall } from './oncall.ts';
import type { OncallFeedsTable } from './tables.ts';
import { findSchedule } from './views.ts';

type Routes = typeof oncallRoutes;
type FeedRow = Selectable<OncallFeedsTable>;
type FeedKeys = 'GET /v1/oncall/feeds' | 'POST /v1/oncall/feeds' | 'DELETE /v1/oncall/feeds/{feedId}';

/** Where feeds are, below control's address. */
export const FEED_PATH = '/calendar/oncall.ics';

/** Routes of feeds. */
export function createFeedHandlers(context: ControlContext, oncall: Oncall): Handlers<Routes, FeedKeys> {
  const { clock, database } = context;
  return {
    async 'GET /v1/oncall/feeds'({ principal }) {
      requireAllProjects(principal);
      const rows = await database.selectFrom('oncall_feeds').selectAll().orderBy('id').execute();
      return { feeds: rows.map(feedView) };
    },
    'POST /v1/oncall/feeds': (call) => createFeed(context, oncall, call),
    async 'DELETE /v1/oncall/feeds/{feedId}'({ params, principal }) {
      requireAllProjects(principal);
      await database.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom('oncall_feeds')
          .where('id', '=', params.feedId)
          .returning('id')
          .executeTakeFirst();
        if (row === undefined) throw new MeridianError('not_found', { what: 'such feed' });
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'oncall.feed-close',
          subject: params.feedId,
          projectId: null,
        });
      });
      return { isDeleted: true };
    },
  };
}

function feedView({ id, schedule_id, user_id, created_at_ms, created_by }: FeedRow) {
  return {
    id,
    scheduleId: schedule_id,
    userId: user_id,
    createdAtMs: created_at_ms,
    createdBy: created_by,
  };
}

async function createFeed(
  { clock, database, random }: ControlContext,
  oncall: Oncall,
  { body, principal }: Call<Routes['POST /v1/oncall/feeds']>,
) {
  requireAllProjects(principal);
  const { scheduleId, userId } = body;
  if ((scheduleId === undefined) === (userId === undefined))
    throw new MeridianError('invalid_request', { reason: 'body: name one of scheduleId and userId' });
  const nowMs = clock.nowMs();
  const token = `cal_${Buffer.from(random(24)).toString('base64url')}`;
  const row = await database.transaction().execute(async (transaction) => {
    const { rota } = await oncall.rotas.current(transaction, nowMs);
    if (scheduleId !== undefined) findSchedule(rota, scheduleId);
    if (userId !== undefined && !rota.users.has(userId))
      throw new MeridianError('not_found', { what: `user ${userId} in the rota` });
    const { count } = await transaction
      .selectFrom('oncall_feeds')
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) >= FEEDS_MAX)
      throw new MeridianError('conflict', { reason: `There are ${FEEDS_MAX} feeds already` });
    const inserted = await transaction
      .insertInto('oncall_feeds')
      .values({
        id: makeId('fed', nowMs, random(10)),
        hash: hashSecret(token),
        schedule_id: scheduleId ?? null,
        user_id: userId ?? null,
        created_at_ms: nowMs,
        created_by: principal.name,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(transaction, principal, nowMs, {
      action: 'oncall.feed-open',
      subject: inserted.id,
      projectId: null,
      details: { scheduleId, userId },
    });
    return inserted;
  });
  return { feed: feedView(row), path: `${FEED_PATH}?token=${token}` };
}

/** The calendar that a token opens; fails with `not_found` when it opens none. */
export async function readFeed(context: ControlContext, oncall: Oncall, token: string): Promise<string> {
  const { clock, database } = context;
  const row =
    token.length > 100
      ? undefined
      : await database
          .selectFrom('oncall_feeds')
          .selectAll()
          .where('hash', '=', hashSecret(token))
          .executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: 'such calendar' });
  const nowMs = clock.nowMs();
  const span = { fromMs: nowMs - FEED_PAST_MS, untilMs: nowMs + FEED_AHEAD_MS };
  const view = await oncall.rotas.current(database, span.fromMs);
  const schedules = [...view.rota.schedules.values()].filter(
    ({ id }) => row.schedule_id === null || id === row.schedule_id,
  );
  const events = schedules.flatMap((schedule) =>
    renderShifts(view, schedule, span)
      .filter(({ userId }) => userId !== null && (row.user_id === null || userId === row.user_id))
      // Only whole shifts: a cut one would look like another one tomorrow.
      .filter(({ fromMs, untilMs }) => fromMs > span.fromMs && untilMs < span.untilMs)
      .map((shift) => eventOf(view, schedule.name, shift)),
  );
  const name =
    row.user_id === null
      ? `On-call: ${schedules[0]?.name ?? row.schedule_id}`
      : `On-call of ${nameOf(view, row.user_id)}`;
  const changedAtMs = Math.max(
    view.row?.applied_at_ms ?? 0,
    ...view.overrides.map(({ createdAtMs }) => createdAtMs),
  );
  return renderCalendar({ name, events, changedAtMs });
}

function eventOf(view: RotaView, scheduleName: string, shift: Shift): CalendarEvent {
  const userId = shift.userId ?? '';
  return {
    uid: `${shift.scheduleId}.${shift.fromMs}.${userId}@oncall.meridian`,
    fromMs: shift.fromMs,
    untilMs: shift.untilMs,
    summary: `${nameOf(view, userId)}: ${scheduleName}`,
    description: shift.overrideId === null ? `Layer: ${shift.layer ?? ''}` : `Override ${shift.overrideId}`,
  };
}

function nameOf({ rota }: RotaView, userId: string): string {
  return rota.users.get(userId)?.name ?? userId;
}
