// Incidents as the command line shows them.

import type { IncidentDetail, IncidentEntry } from '#contract/api/incidents.ts';
import { reasonText } from '#core/incident/reason-text.ts';
import type { Invocation } from './command.ts';
import { printJson, printTable } from './output.ts';

/** A time of UTC to the second. */
export function time(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** Prints an incident without its timeline. */
export function printIncident(incident: IncidentDetail): void {
  const labels = Object.entries(incident.labels).map(([name, value]) => `${name}=${value}`);
  const { users, budgetShare, burnRate } = incident.impact;
  const impact = [
    users === null ? '' : `${users} users`,
    budgetShare === null ? '' : `${(budgetShare * 100).toFixed(1)} % of the budget`,
    burnRate === null ? '' : `burns ${burnRate} times too fast`,
  ].filter((text) => text !== '');
  const lines: [string, string][] = [
    ['State', [incident.severity, incident.state, incident.resolution ?? ''].join('  ').trim()],
    ['Where', labels.join(' ')],
    ['Impact', impact.join(', ')],
    ['Began', [time(incident.impactStartedAtMs), reasonText(incident.impactReasons)].join('  ').trim()],
    ['Opened', `${time(incident.openedAtMs)} by ${incident.openedBy}`],
    ...(incident.acknowledgedAtMs === null
      ? []
      : ([['Taken', `${time(incident.acknowledgedAtMs)} by ${incident.acknowledgedBy}`]] as [
          string,
          string,
        ][])),
    ...(incident.resolvesAtMs === null
      ? []
      : ([['Resolves', `${time(incident.resolvesAtMs)} if all stays quiet`]] as [string, string][])),
    ...Object.entries(incident.roles).flatMap(([role, person]): [string, string][] =>
      person === null ? [] : [[role, person]],
    ),
    ...incident.tasks.map(({ kind, subject, state, problem }): [string, string] => [
      kind,
      [subject, state, problem ?? ''].join('  ').trim(),
    ]),
    ...incident.actionItems.map(({ id, title, owner, dueAtMs, state }): [string, string] => [
      `item ${id}`,
      `${state}  ${title} (${owner}, due ${time(dueAtMs).slice(0, 10)})`,
    ]),
  ];
  process.stdout.write(`${incident.title}  ${incident.id}\n`);
  for (const [label, text] of lines) if (text !== '') process.stdout.write(`  ${label.padEnd(15)}${text}\n`);
}

/** Prints a timeline. */
export function printTimeline(entries: readonly IncidentEntry[]): void {
  if (entries.length === 0) return;
  process.stdout.write('\n');
  printTable(
    ['AT (UTC)', 'KIND', 'WHO', 'WHAT'],
    entries.map(({ atMs, kind, actor, text }) => [
      time(atMs),
      kind,
      actor ?? '',
      text.replaceAll(/\s+/g, ' '),
    ]),
  );
}

/** Prints an incident as it was asked for, and returns the exit code. */
export function shown(invocation: Invocation, incident: IncidentDetail): number {
  if (invocation.isSet('json')) printJson(incident);
  else printIncident(incident);
  return 0;
}
