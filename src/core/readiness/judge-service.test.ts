// What a service lacks, and what it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeService, type ReadinessView, type ServiceFacts } from './judge-service.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 1_000 * DAY_MS;

const BARE: ServiceFacts = {
  name: 'live',
  slos: [],
  sloRunbooks: [],
  owner: null,
  runbooks: [],
  dashboards: [],
  backup: null,
  policyId: null,
};
const VIEW: ReadinessView = {
  runbookIds: new Set(['drain-region']),
  policies: new Map([
    ['all', ['Mei']],
    ['empty', []],
  ]),
  defaultPolicyId: 'all',
};

const missingOf = (facts: Partial<ServiceFacts>, view: Partial<ReadinessView> = {}): string[] =>
  judgeService({ ...BARE, ...facts }, { ...VIEW, ...view }, NOW_MS)
    .filter(({ state }) => state === 'missing')
    .map(({ check }) => check);

test('a service without anything lacks everything but what the rota gives; drills do not count', () => {
  const findings = judgeService(BARE, VIEW, NOW_MS);
  assert.deepEqual(missingOf({}), ['slo', 'owner', 'runbook', 'dashboards', 'backup']);
  assert.deepEqual(missingOf({}, { defaultPolicyId: null }).includes('oncall'), true);
  for (const { state, action } of findings) assert.equal(action === null, state !== 'missing');
  assert.equal(findings.at(-1)?.state, 'unavailable');
  assert.match(findings.at(-1)?.text ?? '', /^Never/);
});

test('each thing is met by what is there, and not by what is not', () => {
  const cases: readonly [string, Partial<ServiceFacts>, boolean][] = [
    ['slo', { slos: ['live-latency'] }, true],
    ['owner', { owner: 'Media' }, true],
    ['oncall', { policyId: 'all' }, true],
    ['oncall', { policyId: 'empty' }, false],
    ['oncall', { policyId: 'gone' }, false],
    ['runbook', { runbooks: ['drain-region'] }, true],
    ['runbook', { runbooks: ['gone'], sloRunbooks: ['docs/x.md'] }, false],
    ['runbook', { sloRunbooks: ['docs/x.md'] }, true],
    ['dashboards', { dashboards: ['https://grafana.example/d/1'] }, true],
    ['backup', { backup: { description: 'nightly', restoreTestedAtMs: null } }, false],
    ['backup', { backup: { description: 'nightly', restoreTestedAtMs: NOW_MS - 90 * DAY_MS } }, true],
    ['backup', { backup: { description: 'nightly', restoreTestedAtMs: NOW_MS - 91 * DAY_MS } }, false],
  ];
  for (const [check, facts, isMet] of cases)
    assert.equal(missingOf(facts).includes(check), !isMet, `${check} of ${JSON.stringify(facts)}`);
});
