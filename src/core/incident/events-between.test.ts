import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsBetween, type IncidentStanding } from './events-between.ts';

const is = (state: IncidentStanding['state'], severity: IncidentStanding['severity'] = 'sev2') => ({
  state,
  severity,
});

test('what changed of an incident is told, the state before the severity, and nothing else', () => {
  const cases: readonly [IncidentStanding | null, IncidentStanding, readonly string[]][] = [
    [null, is('open', 'sev1'), ['incident.opened']],
    [is('open'), is('open'), []],
    [is('open'), is('acknowledged'), ['incident.acknowledged']],
    [is('open'), is('open', 'sev1'), ['incident.severity_changed']],
    [is('acknowledged'), is('resolved'), ['incident.resolved']],
    [is('resolved'), is('open'), ['incident.reopened']],
    [is('resolved'), is('open', 'sev1'), ['incident.reopened', 'incident.severity_changed']],
    [is('acknowledged'), is('merged'), ['incident.merged']],
    [is('acknowledged'), is('open'), []],
  ];
  for (const [before, after, expected] of cases)
    assert.deepEqual(eventsBetween(before, after), expected, JSON.stringify([before, after]));
});
