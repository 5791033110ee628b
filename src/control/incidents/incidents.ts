// Incidents: opened from alerts that hang together or by hand, judged, answered by pages and runbooks, resolved when all
// is quiet. Everything is in the database; what a crash interrupts goes on with the next leader. Rounds run one after
// another: what alerts tell, once a second what time alone changes.

import type { Topology } from '#core/changes/place.ts';
import { judgeEnd } from '#core/incident/judge-end.ts';
import type { IncidentPolicy } from '#core/incident/types.ts';
import type { Indicator } from '#core/slo/slo.ts';
import type { ControlContext } from '../context.ts';
import { inTurn } from '../serial.ts';
import { type ByHand, createByHand, endIncident, takeIncident } from './by-hand.ts';
import { createFollower, type Follower } from './follow.ts';
import { createIntake, type Intake } from './intake.ts';
import { INCIDENTS_KEPT_MS, RECONCILE_MS } from './limits.ts';
import { createHarmMeter, type HarmMeter, measureOpen } from './measure-harm.ts';
import type {
  AlertFeed,
  AlertView,
  Escalations,
  IncidentTimeline,
  NewEntry,
  RunbookStarter,
  SeriesReader,
} from './ports.ts';
import { createResponder, type Responder } from './respond.ts';
import { createStatusBoard, type StatusBoard } from './status.ts';
import {
  alertFacts,
  appendEntry,
  type IncidentRow,
  isOpen,
  lockIncident,
  readAlerts,
  reviseIncident,
  toldKey,
} from './store.ts';

export interface Incidents extends IncidentTimeline {
  readonly byHand: ByHand;
  readonly policy: IncidentPolicy;
  /** Where graphs of postmortems come from; null: there are none. */
  readonly series: SeriesReader | null;
  /** What the public is told. */
  readonly board: StatusBoard;
  /** Listens to the feed until `stop`; from then on alerts open incidents. */
  start(): void;
  /** One round: news of alerts, changes for timelines, ends, pages and runbooks that are due. */
  tick(): Promise<void>;
  stop(): void;
}

export interface IncidentDependencies {
  readonly context: ControlContext;
  readonly alerts: AlertFeed | null;
  readonly escalations: Escalations | null;
  readonly runbooks: RunbookStarter | null;
  readonly series: SeriesReader | null;
  /** What an objective counts; undefined when there is none of this name. */
  indicatorOf(slo: string): Indicator | undefined;
  topology(): Topology;
  urlOf(incidentId: string): string;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
}

/** Creates the domain. */
export function createIncidents(dependencies: IncidentDependencies): Incidents {
  return new IncidentKeeper(dependencies);
}

class IncidentKeeper implements Incidents {
  readonly byHand: ByHand;
  readonly policy: IncidentPolicy;
  readonly series: SeriesReader | null;
  readonly board: StatusBoard;
  readonly tick = inTurn(() => this.#round());
  readonly #context: ControlContext;
  readonly #alerts: AlertFeed | null;
  readonly #mayWork: () => boolean;
  readonly #responder: Responder;
  readonly #intake: Intake;
  readonly #follower: Follower;
  readonly #meter: HarmMeter | null;
  /** Alerts that changed since the last round, the newest word on each. */
  readonly #changed = new Map<string, AlertView>();
  #reconciledMonotonicMs = Number.NEGATIVE_INFINITY;
  #unsubscribe: (() => void) | undefined;

  constructor(dependencies: IncidentDependencies) {
    const { context, alerts, escalations, runbooks, topology, urlOf, mayWork } = dependencies;
    const { policies, statusPage: _, ...rules } = context.config.incidents;
    this.#context = context;
    this.#alerts = alerts;
    this.series = dependencies.series;
    this.board = createStatusBoard(context);
    this.#mayWork = mayWork;
    this.policy = rules;
    this.#responder = createResponder({ context, policies, escalations, runbooks, topology, urlOf });
    this.#intake = createIntake({ context, responder: this.#responder, policy: this.policy, topology });
    this.#follower = createFollower(context, topology);
    const { series, indicatorOf } = dependencies;
    const responder = this.#responder;
    this.#meter =
      series === null ? null : createHarmMeter({ context, responder, series, indicatorOf, topology });
    this.byHand = createByHand(context, this.#responder);
  }

  start(): void {
    this.#unsubscribe ??= this.#alerts?.onChange((changed) => {
      for (const alert of changed) this.#changed.set(alert.id, alert);
      // What fails here is tried again, and logged, by the round that comes every second.
      return this.tick().catch(() => undefined);
    });
  }

  stop(): void {
    this.#unsubscribe?.();
  }

  async append(incidentId: string, entry: NewEntry): Promise<void> {
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      let row = await lockIncident(transaction, incidentId);
      // A runbook that goes on after the merge tells the incident that goes on.
      if (row.merged_into !== null) row = await lockIncident(transaction, row.merged_into);
      const isTaking = entry.kind === 'acknowledge' && row.state === 'open';
      // Who took it here has told on-call, which tells it back.
      if (entry.kind === 'acknowledge' && row.acknowledged_by === entry.actor && !isTaking) return;
      const isAdded = await appendEntry(transaction, row.id, entry, toldKey(entry.details));
      if (isAdded && isTaking)
        await takeIncident(transaction, this.#responder, row, entry.actor ?? 'somebody', nowMs);
      else if (isAdded) await reviseIncident(transaction, row, {}, nowMs);
    });
  }

  async #round(): Promise<void> {
    if (!this.#mayWork()) return;
    await this.#takeAlerts();
    await this.#measureHarm();
    await this.#follower.follow();
    await this.#judgeEnds();
    await this.#responder.work();
    await this.board.refresh();
  }

  /** What telemetry adds is worth having; pages must go out without it. */
  async #measureHarm(): Promise<void> {
    const { database, log } = this.#context;
    if (this.#meter === null) return;
    try {
      await measureOpen(this.#meter, database);
    } catch (error) {
      log.warn({ error: String(error) }, 'the harm of incidents could not be measured; it is tried again');
    }
  }

  /** What changed, with what fires: an alert that waits for others is looked at again with each of them. */
  async #takeAlerts(): Promise<void> {
    if (this.#alerts === null) return;
    const { clock } = this.#context;
    const isDue = clock.monotonicMs() - this.#reconciledMonotonicMs >= RECONCILE_MS;
    if (this.#changed.size === 0 && !isDue) return;
    const changed = [...this.#changed.values()];
    const firing = new Map(this.#alerts.firing().map((alert) => [alert.id, alert]));
    for (const alert of changed) firing.set(alert.id, alert);
    await this.#intake.take([...firing.values()]);
    // Taken: what has changed again meanwhile stays for the next round.
    for (const alert of changed) if (this.#changed.get(alert.id) === alert) this.#changed.delete(alert.id);
    if (!isDue) return;
    await this.#endVanished(new Set(firing.keys()));
    this.#reconciledMonotonicMs = clock.monotonicMs();
  }

  /** Alerts whose end was told while nobody listened: they fire here and are not in the feed. */
  async #endVanished(known: ReadonlySet<string>): Promise<void> {
    const { clock, database } = this.#context;
    const rows = await database
      .selectFrom('incident_alerts')
      .innerJoin('incidents', 'incidents.id', 'incident_alerts.incident_id')
      .selectAll('incident_alerts')
      .where('incidents.state', 'in', ['open', 'acknowledged'])
      .where('incident_alerts.state', '=', 'firing')
      .execute();
    const ended = rows.filter(({ alert_id }) => !known.has(alert_id) && !this.#changed.has(alert_id));
    if (ended.length === 0) return;
    const nowMs = clock.nowMs();
    await this.#intake.take(
      ended.map((row) => ({
        ...alertFacts(row),
        annotations: row.annotations,
        state: 'resolved',
        endsAtMs: nowMs,
      })),
    );
  }

  async #judgeEnds(): Promise<void> {
    const { clock, database } = this.#context;
    const open = await database
      .selectFrom('incidents')
      .selectAll()
      .where('state', 'in', ['open', 'acknowledged'])
      .execute();
    const alerts = await readAlerts(
      database,
      open.map(({ id }) => id),
    );
    for (const row of open) {
      const own = alerts.filter(({ incident_id }) => incident_id === row.id).map(alertFacts);
      const { quietSinceMs, isOver } = judgeEnd(own, this.policy, clock.nowMs());
      if (isOver || quietSinceMs !== row.quiet_since_ms) await this.#judgeEnd(row);
    }
  }

  async #judgeEnd({ id }: IncidentRow): Promise<void> {
    const { clock, database, log } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = await lockIncident(transaction, id);
      if (!isOpen(row)) return;
      const alerts = (await readAlerts(transaction, [id])).map(alertFacts);
      const { quietSinceMs, isOver } = judgeEnd(alerts, this.policy, nowMs);
      if (quietSinceMs !== null && row.quiet_since_ms === null)
        await appendEntry(transaction, id, {
          atMs: quietSinceMs,
          kind: 'state',
          text: `All ${alerts.length} alerts are quiet; it resolves after ${this.policy.holdMs / 1_000} s of that`,
          actor: null,
        });
      const changed = await reviseIncident(transaction, row, { quiet_since_ms: quietSinceMs }, nowMs);
      if (!isOver) return;
      const reason = `all alerts were quiet for ${this.policy.holdMs / 1_000} s`;
      await endIncident(transaction, this.#responder, changed, { reason, actor: null, nowMs });
      log.info({ incident: id }, 'an incident resolved by itself');
    });
  }
}

/** Forgets incidents that ended long ago, unless something of them is still to be done. */
export async function tidyIncidents({ clock, database }: ControlContext): Promise<void> {
  const old = await database
    .selectFrom('incidents')
    .select('id')
    .where('resolved_at_ms', '<', clock.nowMs() - INCIDENTS_KEPT_MS)
    .where('id', 'not in', (from) =>
      from.selectFrom('incident_action_items').select('incident_id').where('state', '=', 'open'),
    )
    .limit(100)
    .execute();
  if (old.length === 0) return;
  const ids = old.map(({ id }) => id);
  await database.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('incidents')
      .set({ merged_into: null })
      .where('merged_into', 'in', ids)
      .execute();
    for (const table of [
      'incident_alerts',
      'incident_entries',
      'incident_tasks',
      'incident_action_items',
      'incident_status_updates',
    ] as const)
      await transaction.deleteFrom(table).where('incident_id', 'in', ids).execute();
    await transaction.deleteFrom('incidents').where('id', 'in', ids).execute();
  });
}
