// Asks control for what needs a person now.

import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { askAllSlos } from '../slos/ask-slos.ts';
import { rowsOf, type SloRow } from '../slos/describe-slo.ts';
import type { Duty, WaitingRun } from './attention.ts';

/** More than this is shown as a number. */
const LIST_MAX = 50;

/** Open incidents, whoever has taken them, the worst first. */
export async function askOpenIncidents(signal: AbortSignal): Promise<IncidentView[]> {
  const states = ['open', 'acknowledged'] as const;
  const answers = await Promise.all(
    states.map((state) => call('GET /v1/incidents', { query: { state, limit: LIST_MAX } }, signal)),
  );
  return answers
    .flatMap(({ incidents }) => incidents)
    .sort((left, right) => left.severity.localeCompare(right.severity) || right.openedAtMs - left.openedAtMs);
}

/** Objectives of which a budget burns. */
export async function askBurning(signal: AbortSignal): Promise<SloRow[]> {
  return rowsOf(await askAllSlos(signal)).filter(({ state }) => state === 'page' || state === 'ticket');
}

/** Runs that stand still until somebody decides. */
export async function askWaitingRuns(signal: AbortSignal): Promise<WaitingRun[]> {
  const { runs } = await call(
    'GET /v1/runbook-runs',
    { query: { status: 'running', limit: LIST_MAX } },
    signal,
  );
  return runs.filter(
    ({ waitsFor, isPaused }) => waitsFor === 'approval' || waitsFor === 'resume' || isPaused,
  );
}

/** Who has duty, by schedule. */
export async function askDuties(signal: AbortSignal): Promise<Duty[]> {
  const [rota, now] = await Promise.all([
    call('GET /v1/oncall', {}, signal),
    call('GET /v1/oncall/now', { query: {} }, signal),
  ]);
  return now.duties.map(({ scheduleId, userId }) => ({
    schedule: rota.schedules.find(({ id }) => id === scheduleId)?.name ?? scheduleId,
    person: userId === null ? null : (rota.users.find(({ id }) => id === userId)?.name ?? userId),
  }));
}
