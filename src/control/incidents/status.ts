// The public side of incidents: notices that people write, or that a template writes for the worst incidents when the
// configuration wants it. They go out with the world snapshot. An incident that was made public is also ended in public.

import type { Selectable } from 'kysely';
import type { incidentRoutes, StatusUpdate } from '#contract/api/incidents.ts';
import { MeridianError } from '#contract/errors.ts';
import { STATUS_BYTES_MAX } from '#contract/limits.ts';
import type { PublicStatus } from '#contract/status.ts';
import {
  chooseNotices,
  impactOfSeverity,
  type Notice,
  noticeText,
  noticeTitle,
} from '#core/incident/choose-notices.ts';
import { worseOf } from '#core/incident/judge-severity.ts';
import { requireAllProjects } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { STATUS_KEPT_MS, STATUS_UPDATES_MAX, STATUS_UPDATES_READ_MAX } from './limits.ts';
import { appendEntry, type IncidentRow, lockIncident, reviseIncident } from './store.ts';
import type { IncidentStatusUpdatesTable } from './tables.ts';

type IncidentRoutes = typeof incidentRoutes;
type StatusKeys =
  | 'GET /v1/status'
  | 'GET /v1/incidents/{incidentId}/status-updates'
  | 'POST /v1/incidents/{incidentId}/status-updates'
  | 'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}';
type UpdateRow = Selectable<IncidentStatusUpdatesTable>;

/** The author of what nobody has written. */
const TEMPLATE = 'control';

export interface StatusBoard {
  /** What the next snapshot tells the public. */
  current(): PublicStatus;
  /** Reads what is public; writes what templates are to say. */
  refresh(): Promise<void>;
}

/** Creates the board; `refresh` fills it. */
export function createStatusBoard(context: ControlContext): StatusBoard {
  const { clock, config, database } = context;
  const { title, automaticFrom } = config.incidents.statusPage;
  let notices: readonly Notice[] = [];

  async function readUpdates(): Promise<UpdateRow[]> {
    return database
      .selectFrom('incident_status_updates')
      .selectAll()
      .where((either) => {
        const lately = either
          .selectFrom('incident_status_updates')
          .select('incident_id')
          .where('at_ms', '>=', clock.nowMs() - STATUS_KEPT_MS);
        const open = either
          .selectFrom('incidents')
          .select('incidents.id')
          .where('incidents.state', 'in', ['open', 'acknowledged']);
        return either.or([either('incident_id', 'in', lately), either('incident_id', 'in', open)]);
      })
      .orderBy('id', 'desc')
      .limit(STATUS_UPDATES_READ_MAX)
      .execute();
  }

  /** Incidents of which a template has to say something, with what it says. */
  async function writeDue(updates: readonly UpdateRow[]): Promise<boolean> {
    const newest = new Map<string, UpdateRow>();
    for (const update of updates) if (!newest.has(update.incident_id)) newest.set(update.incident_id, update);
    const incidents = await database
      .selectFrom('incidents')
      .selectAll()
      .where((or) =>
        or.or([
          or('state', 'in', ['open', 'acknowledged']),
          or('id', 'in', newest.size === 0 ? [''] : [...newest.keys()]),
        ]),
      )
      .execute();
    let isWritten = false;
    for (const row of incidents) {
      const state = dueState(row, newest.get(row.id), automaticFrom);
      if (state === null) continue;
      await database.transaction().execute(async (transaction) => {
        const locked = await lockIncident(transaction, row.id);
        await publish(transaction, locked, { state, author: TEMPLATE }, clock.nowMs());
      });
      isWritten = true;
    }
    return isWritten;
  }

  return {
    current: () => ({
      title,
      notices: notices.map((notice) => ({
        ...notice,
        regionIds: [...notice.regionIds],
        updates: notice.updates.map((update) => ({ ...update })),
      })),
    }),
    async refresh() {
      let updates = await readUpdates();
      if (await writeDue(updates)) updates = await readUpdates();
      notices = chooseNotices(noticesOf(updates), STATUS_BYTES_MAX, (chosen) =>
        Buffer.byteLength(JSON.stringify({ title, notices: chosen })),
      );
    },
  };
}

/** What a template says now; null: nothing. Whatever is public and has ended is told to have ended. */
function dueState(
  { state, severity }: IncidentRow,
  told: UpdateRow | undefined,
  automaticFrom: IncidentRow['severity'] | undefined,
): UpdateRow['state'] | null {
  const isOver = state === 'resolved' || state === 'merged';
  if (told !== undefined && told.state !== 'resolved') return isOver ? 'resolved' : null;
  // A person's word that it is over stands, whatever the incident is still open for.
  if (told !== undefined && told.author !== TEMPLATE) return null;
  const isBadEnough = automaticFrom !== undefined && worseOf(severity, automaticFrom) === severity;
  return !isOver && isBadEnough ? 'investigating' : null;
}

function noticesOf(updates: readonly UpdateRow[]): Notice[] {
  return [...Map.groupBy(updates, ({ incident_id }) => incident_id).values()].flatMap((own) => {
    const [newest] = own;
    if (newest === undefined) return [];
    return [
      {
        title: newest.title,
        impact: newest.impact,
        regionIds: newest.region_ids,
        updates: own.map(({ at_ms, state, text }) => ({ atMs: at_ms, state, text })),
      },
    ];
  });
}

interface NewUpdate {
  readonly state: UpdateRow['state'];
  readonly author: string;
  readonly title?: string | undefined;
  readonly impact?: UpdateRow['impact'] | undefined;
  readonly regionIds?: readonly string[] | undefined;
  readonly text?: string | undefined;
}

/** Writes an update; what is left out stays as the one before says, else the template says it. */
async function publish(
  transaction: ControlTransaction,
  row: IncidentRow,
  update: NewUpdate,
  nowMs: number,
): Promise<void> {
  const before = await transaction
    .selectFrom('incident_status_updates')
    .selectAll()
    .where('incident_id', '=', row.id)
    .orderBy('id', 'desc')
    .limit(STATUS_UPDATES_MAX)
    .execute();
  if (before.length >= STATUS_UPDATES_MAX && update.state !== 'resolved')
    throw new MeridianError('conflict', {
      reason: `The incident has ${STATUS_UPDATES_MAX} public updates already; take one back first`,
    });
  const impact = update.impact ?? before[0]?.impact ?? impactOfSeverity(row.severity);
  const { region } = row.labels;
  const text = update.text ?? noticeText(update.state, impact);
  await transaction
    .insertInto('incident_status_updates')
    .values({
      incident_id: row.id,
      at_ms: nowMs,
      state: update.state,
      impact,
      region_ids: [...(update.regionIds ?? before[0]?.region_ids ?? (region === undefined ? [] : [region]))],
      title: update.title ?? before[0]?.title ?? noticeTitle(impact),
      text,
      author: update.author,
    })
    .execute();
  await appendEntry(transaction, row.id, {
    atMs: nowMs,
    kind: 'note',
    text: `Told the public (${update.state}): ${text}`,
    actor: update.author,
  });
  await reviseIncident(transaction, row, {}, nowMs);
}

/** The routes. `onChange`: the next snapshot has something new to say. */
export function createStatusHandlers(
  context: ControlContext,
  board: StatusBoard,
  onChange: () => void,
): Handlers<IncidentRoutes, StatusKeys> {
  const { database } = context;
  const read = async (incidentId: string): Promise<{ updates: StatusUpdate[] }> => {
    const rows = await database
      .selectFrom('incident_status_updates')
      .selectAll()
      .where('incident_id', '=', incidentId)
      .orderBy('id', 'desc')
      .execute();
    return { updates: rows.map(updateView) };
  };
  const publishNow = async (incidentId: string): Promise<{ updates: StatusUpdate[] }> => {
    await board.refresh();
    onChange();
    return read(incidentId);
  };
  return {
    async 'GET /v1/status'() {
      return board.current();
    },
    async 'GET /v1/incidents/{incidentId}/status-updates'({ params, principal }) {
      requireAllProjects(principal);
      return read(params.incidentId);
    },
    async 'POST /v1/incidents/{incidentId}/status-updates'(call) {
      await publishByHand(context, call);
      return publishNow(call.params.incidentId);
    },
    async 'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}'(call) {
      await takeBack(context, call);
      return publishNow(call.params.incidentId);
    },
  };
}

async function publishByHand(
  { clock, config, database }: ControlContext,
  { params, body, principal }: Call<IncidentRoutes['POST /v1/incidents/{incidentId}/status-updates']>,
): Promise<void> {
  requireAllProjects(principal);
  const known = new Set(config.regions.map(({ id }) => id));
  const unknown = body.regionIds?.find((id) => !known.has(id));
  if (unknown !== undefined) throw new MeridianError('not_found', { what: `region ${unknown}` });
  await database.transaction().execute(async (transaction) => {
    const nowMs = clock.nowMs();
    const row = await lockIncident(transaction, params.incidentId);
    if (row.merged_into !== null)
      throw new MeridianError('conflict', { reason: `The incident was merged into ${row.merged_into}` });
    await publish(transaction, row, { ...body, author: principal.name }, nowMs);
    await recordAudit(transaction, principal, nowMs, {
      action: 'status.publish',
      subject: row.id,
      projectId: null,
      details: { ...body },
    });
  });
}

async function takeBack(
  { clock, database }: ControlContext,
  { params, principal }: Call<IncidentRoutes['DELETE /v1/incidents/{incidentId}/status-updates/{updateId}']>,
): Promise<void> {
  requireAllProjects(principal);
  await database.transaction().execute(async (transaction) => {
    const nowMs = clock.nowMs();
    const row = await lockIncident(transaction, params.incidentId);
    const gone = await transaction
      .deleteFrom('incident_status_updates')
      .where('incident_id', '=', row.id)
      .where('id', '=', params.updateId)
      .returningAll()
      .executeTakeFirst();
    if (gone === undefined) throw new MeridianError('not_found', { what: `update ${params.updateId}` });
    const text = `Took back what the public was told: ${gone.text}`;
    await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'note', text, actor: principal.name });
    await reviseIncident(transaction, row, {}, nowMs);
    await recordAudit(transaction, principal, nowMs, {
      action: 'status.take-back',
      subject: row.id,
      projectId: null,
      details: { text: gone.text },
    });
  });
}

function updateView(row: UpdateRow): StatusUpdate {
  return {
    id: row.id,
    atMs: row.at_ms,
    state: row.state,
    impact: row.impact,
    regionIds: row.region_ids,
    title: row.title,
    text: row.text,
    author: row.author,
  };
}
