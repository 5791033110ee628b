// The rota for people: read, judged, tried out, put in force; who has duty.

import type { oncallRoutes } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { fairnessOf } from '#core/oncall/fairness.ts';
import type { KnownChannel } from '#core/oncall/lint-channels.ts';
import { renderShifts } from '#core/oncall/render.ts';
import type { RotaView, Schedule } from '#core/oncall/rota.ts';
import { requireAllProjects } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { invalidRota, judgeDraft, readDraft, requireDraft } from './drafts.ts';
import { SHIFTS_MAX, VERSIONS_MAX } from './limits.ts';
import type { Oncall } from './oncall.ts';
import { type CurrentRota, lockVersions, type VersionRow, versionInForce } from './store.ts';
import { dutyNow, findSchedule, rotaAnswer, simulationView, versionView } from './views.ts';

type Routes = typeof oncallRoutes;
type RotaKeys =
  | 'GET /v1/oncall'
  | 'PUT /v1/oncall'
  | 'GET /v1/oncall/versions'
  | 'GET /v1/oncall/versions/{version}'
  | 'POST /v1/oncall/lint'
  | 'POST /v1/oncall/simulate'
  | 'GET /v1/oncall/now'
  | 'GET /v1/oncall/shifts'
  | 'GET /v1/oncall/fairness';

/** Routes of the rota. */
export function createRotaHandlers(context: ControlContext, oncall: Oncall): Handlers<Routes, RotaKeys> {
  const { clock, database } = context;
  const current = (endingAfterMs: number): Promise<CurrentRota> =>
    oncall.rotas.current(database, endingAfterMs);
  return {
    async 'GET /v1/oncall'({ principal }) {
      requireAllProjects(principal);
      return rotaAnswer(await current(clock.nowMs()));
    },
    'PUT /v1/oncall': (call) => applyRota(context, oncall, call),
    async 'GET /v1/oncall/versions'({ query, principal }) {
      requireAllProjects(principal);
      const rows = await database
        .selectFrom('oncall_versions')
        .selectAll()
        .where('is_taken_back', '=', false)
        .orderBy('version', 'desc')
        .limit(query.limit)
        .execute();
      return { versions: rows.map(versionView) };
    },
    async 'GET /v1/oncall/versions/{version}'({ params, principal }) {
      requireAllProjects(principal);
      const row = await database
        .selectFrom('oncall_versions')
        .selectAll()
        .where('version', '=', params.version)
        .executeTakeFirst();
      if (row === undefined) throw new MeridianError('not_found', { what: `version ${params.version}` });
      return { ...versionView(row), text: row.text };
    },
    async 'POST /v1/oncall/lint'({ body, principal }) {
      requireAllProjects(principal);
      const nowMs = clock.nowMs();
      const { row, overrides } = await current(nowMs);
      const draft = readDraft(body.text ?? requireRota(row).text);
      const findings =
        'findings' in draft
          ? draft.findings
          : judgeDraft(draft, overrides, nowMs, await channelsOf(database));
      return { isGood: findings.every(({ severity }) => severity !== 'error'), findings: [...findings] };
    },
    async 'POST /v1/oncall/simulate'({ body, principal }) {
      requireAllProjects(principal);
      const inForce = await current(body.atMs);
      if (body.text === undefined) requireRota(inForce.row);
      const rota = body.text === undefined ? inForce.rota : requireDraft(body.text).rota;
      return simulationView({ rota, overrides: inForce.overrides }, body.policyId, body.atMs);
    },
    async 'GET /v1/oncall/now'({ query, principal }) {
      requireAllProjects(principal);
      const atMs = query.atMs ?? clock.nowMs();
      const view = await current(atMs);
      return { atMs, duties: [...view.rota.schedules.values()].map((one) => dutyNow(view, one, atMs)) };
    },
    async 'GET /v1/oncall/shifts'({ query, principal }) {
      requireAllProjects(principal);
      const view = await current(query.fromMs);
      const schedules = schedulesOf(view, query.scheduleId);
      const { userId } = query;
      const shifts = schedules.flatMap((schedule) => renderShifts(view, schedule, query));
      if (shifts.length > SHIFTS_MAX)
        throw new MeridianError('invalid_request', {
          reason: `query: that is more than ${SHIFTS_MAX} shifts; ask for one schedule, or for less time`,
        });
      return {
        shifts: userId === undefined ? shifts : shifts.filter((shift) => shift.userId === userId),
      };
    },
    async 'GET /v1/oncall/fairness'({ query, principal }) {
      requireAllProjects(principal);
      const view = await current(query.fromMs);
      return { shares: [...fairnessOf(view, schedulesOf(view, query.scheduleId), query)] };
    },
  };
}

function requireRota(row: VersionRow | null): VersionRow {
  if (row === null)
    throw new MeridianError('not_found', { what: 'rota yet; apply one with `meridian oncall apply FILE`' });
  return row;
}

function schedulesOf({ rota }: RotaView, scheduleId: string | undefined): readonly Schedule[] {
  return scheduleId === undefined ? [...rota.schedules.values()] : [findSchedule(rota, scheduleId)];
}

/** Channels that a rota may name. */
function channelsOf(database: ControlDatabase): Promise<KnownChannel[]> {
  return database
    .selectFrom('notification_channels')
    .select(['id', 'name'])
    .where('state', '=', 'active')
    .orderBy('name')
    .execute();
}

async function applyRota(
  { clock, database }: ControlContext,
  oncall: Oncall,
  { body, principal }: Call<Routes['PUT /v1/oncall']>,
) {
  requireAllProjects(principal);
  const draft = requireDraft(body.text);
  const nowMs = clock.nowMs();
  const { overrides } = await oncall.rotas.current(database, nowMs);
  const findings = judgeDraft(draft, overrides, nowMs, await channelsOf(database));
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 && !body.isForced) throw invalidRota(errors);
  const row = await database.transaction().execute(async (transaction) => {
    // Of two at once the second one sees the first one's version.
    await lockVersions(transaction);
    const before = await versionInForce(transaction);
    if (body.basedOn !== undefined && body.basedOn !== (before ?? 0))
      throw new MeridianError('conflict', {
        reason: `Version ${before ?? 0} of the rota is in force, not ${body.basedOn}`,
      });
    const inserted = await transaction
      .insertInto('oncall_versions')
      .values({ text: body.text, applied_at_ms: nowMs, actor: principal.name, comment: body.comment })
      .returningAll()
      .executeTakeFirstOrThrow();
    await transaction
      .deleteFrom('oncall_versions')
      .where('version', '<=', inserted.version - VERSIONS_MAX)
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'oncall.apply',
      subject: `version ${inserted.version}`,
      projectId: null,
      details: {
        comment: body.comment,
        errors: errors.length,
        before: before === null ? null : { version: before },
        after: { version: inserted.version },
      },
    });
    return inserted;
  });
  return { current: versionView(row), findings: [...findings] };
}
