// What people do to incidents. Each is one transaction over the locked incident, with an audit row and an entry on the
// timeline.

import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Severity } from '#core/incident/types.ts';
import { requireAllProjects, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { recordChange } from '../changes/record.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { insertIncident } from './intake.ts';
import { INCIDENTS_OPEN_MAX } from './limits.ts';
import type { Responder } from './respond.ts';
import { appendEntry, type IncidentRow, isOpen, lockIncident, reviseIncident } from './store.ts';
import type { IncidentTeller } from './tell-webhooks.ts';

export type Role = 'commander' | 'scribe' | 'communications';

/** The functions that people's routes call; each returns when its change is written. */
export interface ByHand {
  open(
    principal: UserPrincipal,
    wish: {
      readonly title: string;
      readonly severity: Severity;
      readonly labels: Readonly<Record<string, string>>;
      readonly note?: string | undefined;
      readonly escalationPolicyId?: string | undefined;
    },
  ): Promise<string>;
  change(
    principal: UserPrincipal,
    incidentId: string,
    wish: {
      readonly title?: string | undefined;
      readonly severity?: Severity | undefined;
      readonly impactStartedAtMs?: number | undefined;
    },
  ): Promise<void>;
  acknowledge(principal: UserPrincipal, incidentId: string): Promise<void>;
  escalate(
    principal: UserPrincipal,
    incidentId: string,
    reason: string,
    policyId: string | undefined,
  ): Promise<void>;
  note(
    principal: UserPrincipal,
    incidentId: string,
    note: { readonly text: string; readonly atMs?: number | undefined; readonly author?: string | undefined },
  ): Promise<void>;
  setRole(principal: UserPrincipal, incidentId: string, role: Role, person: string | null): Promise<void>;
  merge(principal: UserPrincipal, incidentId: string, into: string): Promise<void>;
  resolve(principal: UserPrincipal, incidentId: string, reason: string): Promise<void>;
  reopen(principal: UserPrincipal, incidentId: string, reason: string): Promise<void>;
}

/** Creates them. */
export function createByHand(context: ControlContext, responder: Responder): ByHand {
  return new PeopleActions(context, responder);
}

/** Ends an incident, by itself or by a person. */
export async function endIncident(
  transaction: ControlTransaction,
  responder: Responder,
  row: IncidentRow,
  {
    reason,
    actor,
    nowMs,
  }: { readonly reason: string; readonly actor: string | null; readonly nowMs: number },
): Promise<void> {
  const entry = { atMs: nowMs, kind: 'state', text: `Resolved: ${reason}`, actor } as const;
  await appendEntry(transaction, row.id, entry);
  const ended = await reviseIncident(
    transaction,
    row,
    { state: 'resolved', resolved_at_ms: nowMs, resolution: reason },
    nowMs,
  );
  await responder.tell(transaction, row, ended, actor, nowMs);
  await recordChange(transaction, {
    kind: 'incident',
    summary: `Incident resolved: ${row.title}`,
    actor: actor ?? 'control',
    labels: row.labels,
    atMs: nowMs,
    details: { incidentId: row.id },
  });
  await responder.stop(transaction, row, reason, nowMs);
}

type Act = (transaction: ControlTransaction, row: IncidentRow, nowMs: number) => Promise<void>;

class PeopleActions implements ByHand {
  readonly #context: ControlContext;
  readonly #responder: Responder;

  constructor(context: ControlContext, responder: Responder) {
    this.#context = context;
    this.#responder = responder;
  }

  /** Locks the incident, acts, and writes the audit row. */
  async #act(
    principal: UserPrincipal,
    incidentId: string,
    action: string,
    details: Record<string, unknown>,
    act: Act,
  ): Promise<void> {
    requireAllProjects(principal);
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = await lockIncident(transaction, incidentId);
      await act(transaction, row, nowMs);
      await recordAudit(transaction, principal, nowMs, {
        action: `incident.${action}`,
        subject: incidentId,
        projectId: null,
        details,
      });
    });
  }

  async open(principal: UserPrincipal, wish: Parameters<ByHand['open']>[1]): Promise<string> {
    requireAllProjects(principal);
    const { clock, database, random } = this.#context;
    const nowMs = clock.nowMs();
    const id = makeId('inc', nowMs, random(10));
    const { note, ...what } = wish;
    await database.transaction().execute(async (transaction) => {
      await requireRoom(transaction);
      const row = await insertIncident(transaction, { ...what, id, openedBy: principal.name, nowMs });
      const actor = principal.name;
      const text = `Opened by hand as ${wish.severity}`;
      await appendEntry(transaction, id, { atMs: nowMs, kind: 'state', text, actor });
      if (note !== undefined)
        await appendEntry(transaction, id, { atMs: nowMs, kind: 'note', text: note, actor });
      await recordChange(transaction, {
        kind: 'incident',
        summary: `Incident opened: ${wish.title}`,
        actor,
        labels: wish.labels,
        atMs: nowMs,
        details: { incidentId: id },
      });
      await this.#responder.tell(transaction, null, row, actor, nowMs);
      await this.#responder.page(transaction, row, nowMs);
      await this.#responder.startRunbooks(transaction, row, nowMs);
      await recordAudit(transaction, principal, nowMs, {
        action: 'incident.open',
        subject: id,
        projectId: null,
        details: { title: wish.title, severity: wish.severity },
      });
    });
    return id;
  }

  change(principal: UserPrincipal, incidentId: string, wish: Parameters<ByHand['change']>[2]): Promise<void> {
    return this.#act(principal, incidentId, 'change', { ...wish }, async (transaction, row, nowMs) => {
      requireNotMerged(row);
      const { title, severity, impactStartedAtMs } = wish;
      if (impactStartedAtMs !== undefined && impactStartedAtMs > nowMs)
        throw new MeridianError('invalid_request', {
          reason: 'body.impactStartedAtMs: the impact cannot begin in the future',
        });
      const told = [
        ...(title === undefined || title === row.title ? [] : [`Title: ${title}`]),
        ...(severity === undefined || severity === row.severity
          ? []
          : [`Severity set to ${severity}, before ${row.severity}`]),
        ...(impactStartedAtMs === undefined
          ? []
          : [`The impact began at ${new Date(impactStartedAtMs).toISOString()}`]),
      ];
      for (const text of told)
        await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'state', text, actor: principal.name });
      const changes = {
        ...(title === undefined ? {} : { title }),
        ...(severity === undefined ? {} : { severity, severity_reasons: '[]', is_severity_set: true }),
        ...(impactStartedAtMs === undefined ? {} : { impact_started_at_ms: impactStartedAtMs }),
      };
      const changed = await reviseIncident(transaction, row, changes, nowMs);
      await this.#responder.tell(transaction, row, changed, principal.name, nowMs);
    });
  }

  acknowledge(principal: UserPrincipal, incidentId: string): Promise<void> {
    return this.#act(principal, incidentId, 'acknowledge', {}, async (transaction, row, nowMs) => {
      requireOpen(row);
      // A second person may want to help; the first one has it.
      if (row.state === 'acknowledged') return;
      const actor = principal.name;
      const entry = { atMs: nowMs, kind: 'acknowledge', text: `${actor} has it`, actor } as const;
      await appendEntry(transaction, row.id, entry);
      await takeIncident(transaction, this.#responder, row, actor, nowMs);
      await this.#responder.acknowledge(transaction, row, principal.name, nowMs);
    });
  }

  escalate(principal: UserPrincipal, incidentId: string, reason: string, policyId: string | undefined) {
    return this.#act(
      principal,
      incidentId,
      'escalate',
      { reason, policyId: policyId ?? null },
      async (transaction, row, nowMs) => {
        requireOpen(row);
        const text = `Escalated: ${reason}`;
        await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'action', text, actor: principal.name });
        const changes = policyId === undefined ? {} : { escalation_policy_id: policyId };
        const changed = await reviseIncident(transaction, row, changes, nowMs);
        await this.#responder.page(transaction, changed, nowMs);
      },
    );
  }

  note(principal: UserPrincipal, incidentId: string, note: Parameters<ByHand['note']>[2]): Promise<void> {
    return this.#act(principal, incidentId, 'note', {}, async (transaction, row, nowMs) => {
      const { text, atMs = nowMs, author } = note;
      if (atMs > nowMs)
        throw new MeridianError('invalid_request', { reason: 'body.atMs: a note cannot be of the future' });
      const details = author === undefined ? {} : { relayedBy: principal.name };
      const actor = author ?? principal.name;
      await appendEntry(transaction, row.id, { atMs, kind: 'note', text, actor, details });
      await reviseIncident(transaction, row, {}, nowMs);
    });
  }

  setRole(principal: UserPrincipal, incidentId: string, role: Role, person: string | null): Promise<void> {
    return this.#act(principal, incidentId, 'role', { role, person }, async (transaction, row, nowMs) => {
      requireNotMerged(row);
      if (row[role] === person) return;
      const text = person === null ? `Nobody is ${role} any more` : `${person} is ${role}`;
      await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'state', text, actor: principal.name });
      await reviseIncident(transaction, row, { [role]: person }, nowMs);
    });
  }

  async merge(principal: UserPrincipal, incidentId: string, into: string): Promise<void> {
    requireAllProjects(principal);
    if (incidentId === into)
      throw new MeridianError('conflict', { reason: 'An incident cannot be merged into itself' });
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      // In the order of their ids, so that two merges at once do not wait for each other.
      const rows = new Map<string, IncidentRow>();
      for (const id of [incidentId, into].sort()) rows.set(id, await lockIncident(transaction, id));
      const [from, target] = [rows.get(incidentId), rows.get(into)];
      if (from === undefined || target === undefined) return;
      requireOpen(from);
      requireOpen(target);
      const merged = await moveAll(transaction, from, target, principal.name, nowMs);
      await this.#responder.tell(transaction, from, merged, principal.name, nowMs);
      await this.#responder.stop(transaction, from, `Merged into ${into}`, nowMs);
      await recordAudit(transaction, principal, nowMs, {
        action: 'incident.merge',
        subject: incidentId,
        projectId: null,
        details: { into },
      });
    });
  }

  resolve(principal: UserPrincipal, incidentId: string, reason: string): Promise<void> {
    return this.#act(principal, incidentId, 'resolve', { reason }, async (transaction, row, nowMs) => {
      requireOpen(row);
      await endIncident(transaction, this.#responder, row, { reason, actor: principal.name, nowMs });
    });
  }

  reopen(principal: UserPrincipal, incidentId: string, reason: string): Promise<void> {
    return this.#act(principal, incidentId, 'reopen', { reason }, async (transaction, row) => {
      requireNotMerged(row);
      if (row.state !== 'resolved')
        throw new MeridianError('conflict', { reason: `The incident is ${row.state}, not resolved` });
      await requireRoom(transaction);
      await this.#responder.reopen(transaction, row, reason, principal.name);
    });
  }
}

/** Marks an open incident as somebody's; who takes it commands unless another one does. */
export async function takeIncident(
  transaction: ControlTransaction,
  teller: IncidentTeller,
  row: IncidentRow,
  person: string,
  nowMs: number,
): Promise<void> {
  const taken = await reviseIncident(
    transaction,
    row,
    {
      state: 'acknowledged',
      acknowledged_at_ms: nowMs,
      acknowledged_by: person,
      commander: row.commander ?? person,
    },
    nowMs,
  );
  await teller.tell(transaction, row, taken, person, nowMs);
}

/** Gives the alerts and the timeline of one incident to another; returns the one that ends. */
async function moveAll(
  transaction: ControlTransaction,
  from: IncidentRow,
  target: IncidentRow,
  actor: string,
  nowMs: number,
): Promise<IncidentRow> {
  const text = `${from.id} (${from.title}) was merged into this one`;
  // Whoever follows the timeline reads all of it again: entries that came over are older than what it has.
  const details = { mergedFrom: from.id };
  await appendEntry(transaction, target.id, { atMs: nowMs, kind: 'state', text, actor, details });
  await appendEntry(transaction, from.id, {
    atMs: nowMs,
    kind: 'state',
    text: `Merged into ${target.id} (${target.title})`,
    actor,
  });
  const held = transaction
    .selectFrom('incident_alerts')
    .select('alert_id')
    .where('incident_id', '=', target.id);
  await transaction
    .updateTable('incident_alerts')
    .set({ incident_id: target.id })
    .where('incident_id', '=', from.id)
    .where('alert_id', 'not in', held)
    .execute();
  const keys = transaction
    .selectFrom('incident_entries')
    .select('dedupe_key')
    .where('incident_id', '=', target.id)
    .where('dedupe_key', 'is not', null);
  // What both saw is told once; what people did to the merged one as such stays with it.
  await transaction
    .updateTable('incident_entries')
    .set({ incident_id: target.id })
    .where('incident_id', '=', from.id)
    .where('kind', '<>', 'state')
    .where((or) => or.or([or('dedupe_key', 'is', null), or('dedupe_key', 'not in', keys)]))
    .execute();
  const impactMs = Math.min(
    from.impact_started_at_ms ?? Number.POSITIVE_INFINITY,
    target.impact_started_at_ms ?? Number.POSITIVE_INFINITY,
  );
  const isImpactKnown = Number.isFinite(impactMs);
  const isEarlier = (from.harm_started_at_ms ?? nowMs) < (target.harm_started_at_ms ?? nowMs);
  const harm = {
    quiet_since_ms: null,
    ...(isEarlier
      ? { harm_started_at_ms: from.harm_started_at_ms, harm_reasons: JSON.stringify(from.harm_reasons ?? []) }
      : {}),
    ...((from.users_hurt ?? -1) > (target.users_hurt ?? -1) ? { users_hurt: from.users_hurt } : {}),
  };
  await reviseIncident(
    transaction,
    target,
    isImpactKnown ? { ...harm, impact_started_at_ms: impactMs } : harm,
    nowMs,
  );
  return reviseIncident(
    transaction,
    from,
    { state: 'merged', merged_into: target.id, resolved_at_ms: nowMs, quiet_since_ms: null },
    nowMs,
  );
}

function requireOpen(row: IncidentRow): void {
  if (!isOpen(row))
    throw new MeridianError('conflict', {
      reason:
        row.merged_into === null
          ? 'The incident is resolved; reopen it first'
          : `The incident was merged into ${row.merged_into}`,
    });
}

function requireNotMerged(row: IncidentRow): void {
  if (row.merged_into !== null)
    throw new MeridianError('conflict', { reason: `The incident was merged into ${row.merged_into}` });
}

async function requireRoom(transaction: ControlTransaction): Promise<void> {
  const { count } = await transaction
    .selectFrom('incidents')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('state', 'in', ['open', 'acknowledged'])
    .executeTakeFirstOrThrow();
  if (Number(count) >= INCIDENTS_OPEN_MAX)
    throw new MeridianError('conflict', {
      reason: `${INCIDENTS_OPEN_MAX} incidents are open; resolve or merge some first`,
    });
}
