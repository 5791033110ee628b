// Rules and senders for people, and what senders send.

import type { Selectable } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { alertRoutes } from '#contract/api/alerts.ts';
import { MeridianError } from '#contract/errors.ts';
import { createLoginLimit } from '../access/login-limit.ts';
import { actorOf, type SenderPrincipal } from '../access/principal.ts';
import { hashSecret, makeSecret } from '../access/secrets.ts';
import { findSender } from '../access/senders.ts';
import { recordAudit } from '../audit/audit.ts';
import { changeRow } from '../changes/row-settings.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import type { Alerts } from './alerts.ts';
import { RULES_MAX, SENDERS_MAX } from './limits.ts';
import { fromAlertmanager, fromCloudEvent, fromPagerDuty } from './received.ts';
import { type RuleRow, readRules } from './store.ts';
import type { AlertingTables } from './tables.ts';

type AlertRoutes = typeof alertRoutes;
type RuleKeys = 'GET /v1/alert-rules' | 'PUT /v1/alert-rules' | 'DELETE /v1/alert-rules/{name}';
type SenderKeys =
  | 'GET /v1/alert-senders'
  | 'POST /v1/alert-senders'
  | 'DELETE /v1/alert-senders/{senderId}'
  | 'POST /v1/alerts/alertmanager'
  | 'POST /v1/alerts/pagerduty/v2/enqueue'
  | 'POST /v1/alerts/cloudevents';

/** Routes of rules. */
export function createRuleHandlers(context: ControlContext, alerts: Alerts): Handlers<AlertRoutes, RuleKeys> {
  const { clock, database } = context;
  return {
    async 'GET /v1/alert-rules'() {
      return { rules: (await readRules(database)).map(ruleView) };
    },
    async 'PUT /v1/alert-rules'({ body, principal }) {
      const nowMs = clock.nowMs();
      const values = {
        origin: 'own' as const,
        rule: JSON.stringify(body),
        is_removed: false,
        updated_at_ms: nowMs,
        updated_by: actorOf(principal),
      };
      const row = await database.transaction().execute(async (transaction) => {
        const names = (await readRules(database)).map(({ name }) => name);
        if (!names.includes(body.name) && names.length >= RULES_MAX)
          throw new MeridianError('conflict', { reason: `There are ${RULES_MAX} rules; remove one first` });
        const change = { action: 'alert-rule.apply', subject: body.name };
        return changeRow(transaction, { nowMs, principal }, change, () =>
          transaction
            .insertInto('alert_rules')
            .values({ name: body.name, ...values })
            .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
            .returningAll()
            .executeTakeFirstOrThrow(),
        );
      });
      await alerts.reload();
      return ruleView(row);
    },
    async 'DELETE /v1/alert-rules/{name}'({ params, principal }) {
      const nowMs = clock.nowMs();
      await database.transaction().execute(async (transaction) => {
        const change = { action: 'alert-rule.delete', subject: params.name };
        const removed = await changeRow(transaction, { nowMs, principal }, change, () =>
          transaction
            .updateTable('alert_rules')
            .set({ is_removed: true, updated_at_ms: nowMs, updated_by: actorOf(principal) })
            .where('name', '=', params.name)
            .where('is_removed', '=', false)
            .returning('name')
            .executeTakeFirst(),
        );
        if (removed === undefined) throw new MeridianError('not_found', { what: `rule ${params.name}` });
      });
      await alerts.reload();
      return { isDeleted: true };
    },
  };
}

function ruleView(row: RuleRow) {
  return {
    rule: { ...row.rule, by: [...row.rule.by] },
    origin: row.origin,
    updatedAtMs: row.updated_at_ms,
    updatedBy: row.updated_by,
  };
}

/** Routes of senders, and of what they send. */
export function createSenderHandlers(
  context: ControlContext,
  alerts: Alerts,
): Handlers<AlertRoutes, SenderKeys> {
  const { clock, database, random } = context;
  const attempts = createLoginLimit();

  /** The sender whose token is the routing key; guessing is limited as it is for logins. */
  async function senderOf(routingKey: string, address: string): Promise<SenderPrincipal> {
    const nowMs = clock.nowMs();
    const retryAfterSeconds = attempts.waitSeconds(address, nowMs);
    if (retryAfterSeconds !== null) throw new MeridianError('rate_limited', { retryAfterSeconds });
    const sender = await findSender(database, hashSecret(routingKey), nowMs);
    if (sender !== undefined) return sender;
    attempts.fail(address, nowMs);
    throw new MeridianError('wrong_credential');
  }

  return {
    async 'GET /v1/alert-senders'() {
      const rows = await database.selectFrom('alert_senders').selectAll().orderBy('name').execute();
      return { senders: rows.map(senderView) };
    },
    'POST /v1/alert-senders': (call) => createAlertSender(context, call),
    async 'DELETE /v1/alert-senders/{senderId}'({ params, principal }) {
      const nowMs = clock.nowMs();
      await database.transaction().execute(async (transaction) => {
        const removed = await transaction
          .deleteFrom('alert_senders')
          .where('id', '=', params.senderId)
          .returning('name')
          .executeTakeFirst();
        if (removed === undefined) throw new MeridianError('not_found', { what: 'such sender' });
        await recordAudit(transaction, principal, nowMs, {
          action: 'alert-sender.delete',
          subject: params.senderId,
          projectId: null,
          details: { name: removed.name },
        });
      });
      return { isDeleted: true };
    },
    async 'POST /v1/alerts/alertmanager'({ body, principal }) {
      await alerts.receive(fromAlertmanager(principal, body));
      return { received: body.alerts.length };
    },
    async 'POST /v1/alerts/pagerduty/v2/enqueue'({ body, address }) {
      const sender = await senderOf(body.routing_key, address);
      const dedupKey = body.dedup_key ?? makeId('pde', clock.nowMs(), random(10));
      // That somebody has seen it is said of incidents, not of alerts.
      if (body.event_action !== 'acknowledge') await alerts.receive(fromPagerDuty(sender, body, dedupKey));
      return { status: 'success', message: 'Event processed', dedup_key: dedupKey };
    },
    async 'POST /v1/alerts/cloudevents'({ body, principal }) {
      await alerts.receive(fromCloudEvent(principal, body));
      return { received: 1 };
    },
  };
}

function senderView(row: Selectable<AlertingTables['alert_senders']>) {
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}

async function createAlertSender(
  { clock, database, random }: ControlContext,
  { body, principal }: Call<AlertRoutes['POST /v1/alert-senders']>,
) {
  const nowMs = clock.nowMs();
  const token = makeSecret('mra', random);
  const row = await database.transaction().execute(async (transaction) => {
    const { count } = await transaction
      .selectFrom('alert_senders')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    if (count >= SENDERS_MAX)
      throw new MeridianError('conflict', { reason: `There are ${SENDERS_MAX} senders; remove one first` });
    const made = await transaction
      .insertInto('alert_senders')
      .values({
        id: makeId('snd', nowMs, random(10)),
        name: body.name,
        hash: hashSecret(token),
        labels: JSON.stringify(body.labels),
        created_at_ms: nowMs,
        last_used_at_ms: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(transaction, principal, nowMs, {
      action: 'alert-sender.create',
      subject: made.id,
      projectId: null,
      details: { name: body.name },
    });
    return made;
  });
  return { sender: senderView(row), token };
}
