// Hands pages on to whoever delivers them, and what happened to the incident's timeline: again until it is taken, in
// the order in which it happened. One that fails does not hold up those after it: a channel that is gone must not keep
// the next person from being paged.

import type { Selectable } from 'kysely';
import type { ControlContext } from '../context.ts';
import type { EscalationRow } from './escalations.ts';
import { ATTEMPT_DELAY_MS_MAX, ATTEMPTS_MAX, ENTRIES_MAX, SEND_MS_MAX } from './limits.ts';
import { whyText } from './page-text.ts';
import type { OncallPorts } from './ports.ts';
import type { CurrentRota } from './store.ts';
import type { OncallEntriesTable } from './tables.ts';

export type EntryRow = Selectable<OncallEntriesTable>;

/** Creates the function that hands on what waits; it returns how many entries were taken. */
export function createOutbox(
  { clock, database, log, metrics }: ControlContext,
  ports: OncallPorts,
  rota: () => Promise<CurrentRota>,
): () => Promise<number> {
  const count = (outcome: 'sent' | 'failed') =>
    metrics.counter('control_oncall_pages_total', 'Attempts to hand a page on', { outcome });

  async function handOn(entry: EntryRow): Promise<void> {
    const escalation = await database
      .selectFrom('oncall_escalations')
      .selectAll()
      .where('incident_id', '=', entry.incident_id)
      .executeTakeFirstOrThrow();
    if (entry.kind === 'page') {
      if (ports.notifier === null) throw new Error('there is nobody who delivers pages here');
      await within(clock, SEND_MS_MAX, ports.notifier.send(messageOf(entry, escalation, await rota())));
    }
    // Pages that are made by hand belong to no incident.
    if (ports.timeline === null || !entry.incident_id.startsWith('inc_')) return;
    await within(
      clock,
      SEND_MS_MAX,
      ports.timeline.append(entry.incident_id, {
        atMs: entry.at_ms,
        kind: entry.kind === 'acknowledged' ? 'acknowledge' : 'page',
        text: entry.text,
        actor: entry.user_id,
        details: { key: entry.key, channelId: entry.channel_id, reasons: entry.reasons },
      }),
    );
  }

  async function attempt(entry: EntryRow): Promise<boolean> {
    const problem = await handOn(entry).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500),
    );
    if (entry.kind === 'page') count(problem === null ? 'sent' : 'failed').value += 1;
    const nowMs = clock.nowMs();
    const attempts = entry.attempts + 1;
    if (problem !== null && attempts === 3)
      log.warn({ incidentId: entry.incident_id, key: entry.key, problem }, 'a page cannot be handed on');
    // An acknowledgement may have made it void meanwhile; what was sent was sent.
    const delayMs = Math.min(ATTEMPT_DELAY_MS_MAX, 500 * 2 ** Math.min(attempts, 20));
    await database
      .updateTable('oncall_entries')
      .set(
        problem === null
          ? { state: 'done', done_at_ms: nowMs, attempts, problem: null }
          : {
              attempts,
              problem,
              next_attempt_at_ms: nowMs + delayMs,
              ...(attempts < ATTEMPTS_MAX ? {} : { state: 'void' }),
            },
      )
      .where('id', '=', entry.id)
      .execute();
    return problem === null;
  }

  return async () => {
    const waiting = await database
      .selectFrom('oncall_entries')
      .selectAll()
      .where('state', '=', 'waiting')
      .where('next_attempt_at_ms', '<=', clock.nowMs())
      .orderBy('id')
      .limit(ENTRIES_MAX)
      .execute();
    const byIncident = Map.groupBy(waiting, ({ incident_id }) => incident_id);
    const taken = await Promise.all(
      [...byIncident.values()].map(async (entries) => {
        let count = 0;
        for (const entry of entries) if (await attempt(entry)) count += 1;
        return count;
      }),
    );
    return taken.reduce((sum, count) => sum + count, 0);
  };
}

function messageOf(entry: EntryRow, escalation: EscalationRow, { rota }: CurrentRota) {
  const user = entry.user_id === null ? undefined : rota.users.get(entry.user_id);
  return {
    key: entry.key,
    subjectId: entry.incident_id,
    channelId: entry.channel_id ?? '',
    title: escalation.title,
    text: [
      `${escalation.severity.toUpperCase()}: ${escalation.title}`,
      whyText(entry.reasons, user?.timeZone ?? 'UTC'),
      escalation.url,
    ].join('\n'),
    severity: escalation.severity,
    url: escalation.url,
    details: {
      incidentId: entry.incident_id,
      policyId: escalation.policy?.id ?? null,
      userId: entry.user_id,
      userName: user?.name ?? null,
      reasons: entry.reasons,
    },
  };
}

/** Fails when a promise takes longer than it may. */
async function within<T>(
  clock: ControlContext['clock'],
  milliseconds: number,
  promise: Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const late = clock.sleep(milliseconds, deadline.signal).then(
    () => {
      throw new Error(`it was not taken within ${milliseconds / 1_000} s`);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    deadline.abort();
  }
}
