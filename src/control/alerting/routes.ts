// Alerts, silences, rules and senders for people, and what senders send.

import { sql } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { alertRoutes, SilenceView } from '#contract/api/alerts.ts';
import { MeridianError } from '#contract/errors.ts';
import { endOfRecurrence, recurrenceView, toRecurrence } from '#contract/recurrence.ts';
import { type Matcher, matchesAll, parseMatcher } from '#core/alerting/matchers.ts';
import { isInForce } from '#core/alerting/quiet.ts';
import { OCCURRENCE_MS_MAX, occurrenceFrom } from '#core/alerting/recurrence.ts';
import { actorOf } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import type { Alerts } from './alerts.ts';
import { SILENCES_MAX } from './limits.ts';
import { matcherTexts } from './matcher-text.ts';
import { type AlertRow, alertView, readSilences, type SilenceRow, silenceOf } from './store.ts';

type AlertRoutes = typeof alertRoutes;
type Keys =
  | 'GET /v1/alerts'
  | 'GET /v1/alerts/{alertId}'
  | 'GET /v1/silences'
  | 'POST /v1/silences'
  | 'DELETE /v1/silences/{silenceId}';

/** Routes of alerts and silences. */
export function createAlertHandlers(context: ControlContext, alerts: Alerts): Handlers<AlertRoutes, Keys> {
  const { clock, database } = context;
  return {
    'GET /v1/alerts': (call) => listAlerts(context, alerts, call),
    async 'GET /v1/alerts/{alertId}'({ params }) {
      const row = await database
        .selectFrom('alerts')
        .selectAll()
        .where('id', '=', params.alertId)
        .executeTakeFirst();
      if (row === undefined) throw new MeridianError('not_found', { what: 'such alert' });
      return shown(alerts, row);
    },
    async 'GET /v1/silences'() {
      const nowMs = clock.nowMs();
      const rows = await readSilences(database, nowMs);
      return { silences: rows.map((row) => silenceView(alerts, row, nowMs)) };
    },
    'POST /v1/silences': (call) => createSilence(context, alerts, call),
    async 'DELETE /v1/silences/{silenceId}'({ params, principal }) {
      const nowMs = clock.nowMs();
      await database.transaction().execute(async (transaction) => {
        const ended = await transaction
          .updateTable('silences')
          .set({ ends_at_ms: nowMs })
          .where('id', '=', params.silenceId)
          .where(({ or, eb }) => or([eb('ends_at_ms', 'is', null), eb('ends_at_ms', '>', nowMs)]))
          .returning('id')
          .executeTakeFirst();
        if (ended === undefined) throw new MeridianError('not_found', { what: 'silence in force' });
        await recordAudit(transaction, principal, nowMs, {
          action: 'silence.end',
          subject: ended.id,
          projectId: null,
        });
      });
      await alerts.reload();
      return { isDeleted: true };
    },
  };
}

async function listAlerts(
  { database }: ControlContext,
  alerts: Alerts,
  { query }: Call<AlertRoutes['GET /v1/alerts']>,
) {
  const matcher = query.matcher === undefined ? undefined : parseMatcher(query.matcher);
  if (typeof matcher === 'string')
    throw new MeridianError('invalid_request', { reason: `query.matcher: ${matcher}` });
  let select = database.selectFrom('alerts').selectAll().orderBy('id', 'desc');
  if (query.state === 'live') select = select.where('ends_at_ms', 'is', null);
  else if (query.state !== undefined) select = select.where('state', '=', query.state);
  if (query.before !== undefined) select = select.where('id', '<', query.before);
  if (query.toMs !== undefined) select = select.where('starts_at_ms', '<', query.toMs);
  const { fromMs } = query;
  if (fromMs !== undefined)
    select = select.where(({ or, eb }) => or([eb('ends_at_ms', 'is', null), eb('ends_at_ms', '>=', fromMs)]));
  if (matcher !== undefined) select = select.where(({ and }) => and([conditionOf(matcher)]));
  const rows = await select.limit(query.limit).execute();
  return { alerts: rows.map((row) => shown(alerts, row)) };
}

/** A matcher as the database understands it. */
function conditionOf({ label, isNegated, patterns }: Matcher) {
  const likes = patterns.map((pattern) => pattern.replace(/[\\%_]/g, '\\$&').replace(/\*/g, '%'));
  const condition = sql<boolean>`coalesce(labels ->> ${label}, '') like any (${likes}::text[])`;
  return isNegated ? sql<boolean>`not ${condition}` : condition;
}

/** The row, with the newest numbers of one that still fires. */
function shown(alerts: Alerts, row: AlertRow) {
  const live = row.ends_at_ms === null ? alerts.firing().find(({ id }) => id === row.id) : undefined;
  const { annotations, evidence, ...view } = alertView(row);
  return {
    ...view,
    annotations: live?.annotations ?? annotations,
    evidence: [...(live?.evidence ?? evidence)],
    source: row.source,
    quietReason: row.state === 'suppressed' ? row.quiet_reason : null,
    pendingSinceMs: row.pending_since_ms,
  };
}

function silenceView(alerts: Alerts, row: SilenceRow, nowMs: number): SilenceView {
  const silence = silenceOf(row);
  const { recurrence, startsAtMs, endsAtMs } = silence;
  const occurrence =
    recurrence === null ? undefined : occurrenceFrom({ recurrence, startsAtMs, endsAtMs }, nowMs);
  return {
    id: row.id,
    kind: row.kind,
    matchers: row.matchers,
    startsAtMs,
    endsAtMs,
    recurrence: recurrence === null ? null : recurrenceView(recurrence),
    occurrence:
      occurrence === undefined ? null : { startsAtMs: occurrence.fromMs, endsAtMs: occurrence.untilMs },
    isInForce: isInForce(silence, nowMs),
    comment: row.comment,
    createdBy: row.created_by,
    matchingAlerts: alerts.firing().filter(({ labels }) => matchesAll(silence.matchers, labels)).length,
  };
}

type SilenceBody = Call<AlertRoutes['POST /v1/silences']>['body'];

/** From when on, until when, and when it comes again. */
function timesOf({ kind, durationMs, recurrence: body, ...given }: SilenceBody, nowMs: number) {
  const startsAtMs = given.startsAtMs ?? nowMs;
  if (body === undefined)
    return {
      startsAtMs,
      endsAtMs: durationMs === null ? null : startsAtMs + durationMs,
      recurrence: null,
    };
  if (kind !== 'maintenance')
    throw refusal('body.recurrence: only maintenance comes again; a silence is for what is wrong now');
  if (durationMs === null || durationMs > OCCURRENCE_MS_MAX)
    throw refusal('body.durationMs: an occurrence of what comes again is at most a day long');
  const recurrence = toRecurrence(body, durationMs);
  const endsAtMs = endOfRecurrence(body, recurrence, Math.max(startsAtMs, nowMs));
  if (endsAtMs === undefined)
    throw refusal(`body.recurrence.endsOn: no occurrence is left until ${body.endsOn}`);
  return { startsAtMs, endsAtMs, recurrence };
}

function refusal(reason: string): MeridianError {
  return new MeridianError('invalid_request', { reason });
}

async function createSilence(
  { clock, database, random }: ControlContext,
  alerts: Alerts,
  { body, principal }: Call<AlertRoutes['POST /v1/silences']>,
): Promise<SilenceView> {
  const nowMs = clock.nowMs();
  const { startsAtMs, endsAtMs, recurrence } = timesOf(body, nowMs);
  const row = {
    id: makeId('sil', nowMs, random(10)),
    kind: body.kind,
    matchers: matcherTexts(body.matchers),
    starts_at_ms: startsAtMs,
    ends_at_ms: endsAtMs,
    recurrence,
    comment: body.comment,
    created_by: principal.name,
    created_at_ms: nowMs,
  };
  if (endsAtMs === null && recurrence === null && silenceView(alerts, row, nowMs).matchingAlerts === 0)
    throw new MeridianError('conflict', {
      reason: 'No alert fires that it matches, so that it would end at once; give it a duration',
    });
  if (endsAtMs !== null && endsAtMs <= nowMs) throw refusal('body.durationMs: it would be over already');
  await database.transaction().execute(async (transaction) => {
    const open = await readSilences(database, nowMs);
    if (open.length >= SILENCES_MAX)
      throw new MeridianError('conflict', { reason: `There are ${SILENCES_MAX} silences; end one first` });
    const stored = { ...row, recurrence: recurrence === null ? null : JSON.stringify(recurrence) };
    await transaction.insertInto('silences').values(stored).execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'silence.create',
      subject: row.id,
      projectId: null,
      details: { matchers: row.matchers, endsAtMs, recurrence, by: actorOf(principal) },
    });
  });
  await alerts.reload();
  return silenceView(alerts, row, nowMs);
}
