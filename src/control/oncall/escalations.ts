// Escalations, durable: a transition of the machine and the rows of what follows from it are one transaction, so that
// a crash leaves either both or neither. A page is a row with its key first; handing it on comes afterwards
// (outbox.ts) and may be repeated, with that same key.

import { type Selectable, sql } from 'kysely';
import type { EscalationView } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { type EscalationEvent, NEW_ESCALATION, stepEscalation } from '#core/oncall/escalate.ts';
import type { RotaView } from '#core/oncall/rota.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { DUE_MAX, ESCALATIONS_OPEN_MAX, REPEATED_START_MS } from './limits.ts';
import { entryText } from './page-text.ts';
import type { Escalations } from './ports.ts';
import type { RotaStore } from './store.ts';
import type { OncallEscalationsTable } from './tables.ts';

export type EscalationRow = Selectable<OncallEscalationsTable>;

export interface EscalationEngine extends Escalations {
  /** Begins to page within a transaction of the caller; also for pages that are made by hand. */
  startWithin(transaction: ControlTransaction, request: Parameters<Escalations['start']>[0]): Promise<void>;
  /** Applies an event within a transaction; fails with `not_found` when nothing is paged under this id. */
  applyWithin(
    transaction: ControlTransaction,
    incidentId: string,
    event: EscalationEvent,
  ): Promise<EscalationRow>;
  /** Takes forward what is due; returns how many there were. */
  advance(): Promise<number>;
}

/** Creates the engine. */
export function createEscalationEngine(context: ControlContext, rotas: RotaStore): EscalationEngine {
  const { clock, database, log } = context;

  async function apply(
    transaction: ControlTransaction,
    row: EscalationRow,
    event: EscalationEvent,
  ): Promise<EscalationRow> {
    const nowMs = clock.nowMs();
    const view = await rotas.current(transaction, nowMs);
    if (row.policy === null) return applyWithoutPolicy(transaction, row, event, nowMs);
    const { state, effects, wakeAtMs } = stepEscalation(row.state, event, nowMs, row.policy, view);
    const revision = row.revision + 1;
    if (effects.some(({ kind }) => kind === 'exhausted'))
      log.error({ incidentId: row.incident_id }, 'nobody acknowledged a page; it is given up');
    // Nobody is woken for what somebody has taken.
    if (state.status === 'acknowledged' || state.status === 'stopped')
      await voidWaiting(transaction, row.incident_id);
    await insertEntries(transaction, row, revision, effects, nowMs, view);
    return transaction
      .updateTable('oncall_escalations')
      .set({
        state: JSON.stringify(state),
        status: state.status,
        revision,
        wake_at_ms: wakeAtMs,
        ended_at_ms: state.status === 'stopped' || state.status === 'exhausted' ? nowMs : null,
      })
      .where('incident_id', '=', row.incident_id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async function applyWithin(
    transaction: ControlTransaction,
    incidentId: string,
    event: EscalationEvent,
  ): Promise<EscalationRow> {
    const row = await lockEscalation(transaction, incidentId);
    if (row === undefined) throw new MeridianError('not_found', { what: `page of ${incidentId}` });
    return apply(transaction, row, event);
  }

  async function startWithin(
    transaction: ControlTransaction,
    request: Parameters<Escalations['start']>[0],
  ): Promise<void> {
    const nowMs = clock.nowMs();
    const before = await lockEscalation(transaction, request.incidentId);
    const { title, severity, url } = request;
    if (before === undefined) await requireRoom(transaction);
    const { rota } = await rotas.current(transaction, nowMs);
    const policy = rota.policies.get(request.policyId ?? rota.defaultPolicyId) ?? defaultPolicyOf(rota);
    if (before !== undefined && isOpen(before) && before.policy?.id === policy?.id) {
      const row = await transaction
        .updateTable('oncall_escalations')
        .set({ title, severity, url })
        .where('incident_id', '=', request.incidentId)
        .returningAll()
        .executeTakeFirstOrThrow();
      if (isWishForMore(row, nowMs)) await apply(transaction, row, { kind: 'escalate', actor: 'incident' });
      return;
    }
    if (policy === null)
      log.error(
        { incidentId: request.incidentId },
        'there is no rota, so that nobody is paged until one is applied with `meridian oncall apply`',
      );
    const own = {
      generation: (before?.generation ?? 0) + 1,
      title,
      severity,
      url,
      policy: JSON.stringify(policy),
      wanted_policy_id: request.policyId,
      status: 'paging' as const,
      state: JSON.stringify(NEW_ESCALATION),
      wake_at_ms: null,
      started_at_ms: nowMs,
      ended_at_ms: null,
    };
    if (before !== undefined) await voidWaiting(transaction, request.incidentId);
    const row = await transaction
      .insertInto('oncall_escalations')
      .values({ incident_id: request.incidentId, revision: 0, ...own })
      .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(own))
      .returningAll()
      .executeTakeFirstOrThrow();
    await apply(transaction, row, { kind: 'start' });
  }

  /** Pages that began without a rota begin once there is one; each in a transaction of its own, so that none pages twice. */
  async function startWaiting(): Promise<void> {
    const waiting = await database
      .selectFrom('oncall_escalations')
      .select('incident_id')
      .where(isWithoutPolicy)
      .orderBy('started_at_ms')
      .limit(DUE_MAX)
      .execute();
    if (waiting.length === 0) return;
    const { rota } = await rotas.current(database, clock.nowMs());
    if (defaultPolicyOf(rota) === null) return;
    for (const { incident_id: incidentId } of waiting)
      await database.transaction().execute(async (transaction) => {
        const row = await lockEscalation(transaction, incidentId);
        // Stopped, taken, or begun by somebody else meanwhile.
        if (row === undefined || row.policy !== null || row.status !== 'exhausted') return;
        const { title, severity, url, wanted_policy_id: policyId } = row;
        await startWithin(transaction, { incidentId, title, severity, url, policyId });
        log.info({ incidentId }, 'a page that waited for a rota begins');
      });
  }

  /** Whether the event is of an escalation that exists; incidents that page nobody have none. */
  async function applyIfThere(incidentId: string, event: EscalationEvent): Promise<void> {
    await database.transaction().execute(async (transaction) => {
      const row = await lockEscalation(transaction, incidentId);
      if (row !== undefined) await apply(transaction, row, event);
    });
  }

  return {
    startWithin,
    applyWithin,
    start: (request) => database.transaction().execute((transaction) => startWithin(transaction, request)),
    acknowledge: (incidentId, userId) => applyIfThere(incidentId, { kind: 'acknowledge', userId }),
    stop: (incidentId, reason) => applyIfThere(incidentId, { kind: 'stop', reason }),
    async advance() {
      await startWaiting();
      const due = await database
        .selectFrom('oncall_escalations')
        .select('incident_id')
        .where('wake_at_ms', '<=', clock.nowMs())
        .orderBy('wake_at_ms')
        .limit(DUE_MAX)
        .execute();
      for (const { incident_id } of due) await applyIfThere(incident_id, { kind: 'tick' });
      return due.length;
    },
  };
}

/** Nobody was paged, took it or stopped it. */
function isWithoutPolicy() {
  return sql<boolean>`status = 'exhausted' and policy = 'null'::jsonb`;
}

function isOpen({ status }: EscalationRow): boolean {
  return status === 'paging' || status === 'acknowledged';
}

/** A start soon after the last one, or after somebody took it, is the same call again, whose answer was lost. */
function isWishForMore({ state }: EscalationRow, nowMs: number): boolean {
  return nowMs >= Math.max(state.enteredAtMs, state.acknowledgedAtMs ?? 0) + REPEATED_START_MS;
}

function defaultPolicyOf(rota: RotaView['rota']) {
  return rota.policies.get(rota.defaultPolicyId) ?? null;
}

/** Without a policy there is nobody to page; the row is kept so that people see that. */
function applyWithoutPolicy(
  transaction: ControlTransaction,
  row: EscalationRow,
  event: EscalationEvent,
  nowMs: number,
): Promise<EscalationRow> {
  const status =
    event.kind === 'acknowledge' ? 'acknowledged' : event.kind === 'stop' ? 'stopped' : 'exhausted';
  const acknowledged =
    event.kind === 'acknowledge' ? { acknowledgedBy: event.userId, acknowledgedAtMs: nowMs } : {};
  return transaction
    .updateTable('oncall_escalations')
    .set({
      status,
      state: JSON.stringify({ ...row.state, status, ...acknowledged }),
      revision: row.revision + 1,
      ended_at_ms: status === 'acknowledged' ? null : nowMs,
    })
    .where('incident_id', '=', row.incident_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function voidWaiting(transaction: ControlTransaction, incidentId: string): Promise<void> {
  await transaction
    .updateTable('oncall_entries')
    .set({ state: 'void' })
    .where('incident_id', '=', incidentId)
    .where('kind', '=', 'page')
    .where('state', '=', 'waiting')
    .execute();
}

async function insertEntries(
  transaction: ControlTransaction,
  row: EscalationRow,
  revision: number,
  effects: ReturnType<typeof stepEscalation>['effects'],
  nowMs: number,
  view: RotaView,
): Promise<void> {
  if (effects.length === 0) return;
  const entries = effects.map((effect, index) => ({
    // Of pages and dead ends the place in the policy; of everything else the transition.
    key: `${row.incident_id}/${row.generation}/${'key' in effect ? effect.key : `${effect.kind}.${revision}.${index}`}`,
    incident_id: row.incident_id,
    at_ms: nowMs,
    kind: effect.kind,
    user_id: 'userId' in effect ? effect.userId : null,
    channel_id: 'channelId' in effect ? effect.channelId : null,
    text: entryText(effect, view),
    reasons: JSON.stringify('reasons' in effect ? effect.reasons : []),
    state: 'waiting' as const,
    attempts: 0,
    next_attempt_at_ms: nowMs,
  }));
  await transaction
    .insertInto('oncall_entries')
    .values(entries)
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

async function requireRoom(transaction: ControlTransaction): Promise<void> {
  const { count } = await transaction
    .selectFrom('oncall_escalations')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('ended_at_ms', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(count) >= ESCALATIONS_OPEN_MAX)
    throw new MeridianError('overloaded', { reason: `${ESCALATIONS_OPEN_MAX} pages are open` });
}

/** Reads an escalation and locks its row until the transaction ends. */
function lockEscalation(
  transaction: ControlTransaction,
  incidentId: string,
): Promise<EscalationRow | undefined> {
  return transaction
    .selectFrom('oncall_escalations')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .forUpdate()
    .executeTakeFirst();
}

/** An escalation for the API. */
export function escalationView(row: EscalationRow): EscalationView {
  return {
    incidentId: row.incident_id,
    title: row.title,
    severity: row.severity,
    url: row.url,
    policyId: row.policy?.id ?? null,
    status: row.status,
    round: row.state.round,
    step: row.state.step + 1,
    steps: row.policy?.steps.length ?? 0,
    nextAtMs: row.wake_at_ms,
    acknowledgedBy: row.state.acknowledgedBy,
    acknowledgedAtMs: row.state.acknowledgedAtMs,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}
