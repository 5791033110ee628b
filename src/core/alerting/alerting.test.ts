// The life of alerts: waits, deduplication, silences, what is lost as a whole, rules on series.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlertSignal, fingerprintOf, KEEP_MS, type Labels, stepAlert } from './alert.ts';
import { AlertBook, groupKeyOf } from './book.ts';
import { formatMatcher, type Matcher, matchesAll, parseMatcher } from './matchers.ts';
import type { Silence } from './quiet.ts';
import { type AlertRule, FORGET_MS, RULE_GROUPS_MAX, RuleWatch } from './rules.ts';

const START_MS = 1_800_000_000_000;

function signal(labels: Labels, changes: Partial<AlertSignal> = {}): AlertSignal {
  return {
    labels,
    severity: 'page',
    annotations: { summary: 'something' },
    evidence: [],
    isActive: true,
    afterMs: 0,
    keepMs: KEEP_MS,
    ...changes,
  };
}

function matchers(...texts: string[]): Matcher[] {
  return texts.map((text) => {
    const parsed = parseMatcher(text);
    assert.ok(typeof parsed !== 'string', String(parsed));
    return parsed;
  });
}

function silence(texts: string[], changes: Partial<Silence> = {}): Silence {
  return {
    id: 'sil_1',
    kind: 'silence',
    matchers: matchers(...texts),
    startsAtMs: START_MS,
    endsAtMs: START_MS + 3_600_000,
    recurrence: null,
    comment: 'known',
    createdBy: 'Ada',
    ...changes,
  };
}

test('an alert waits before it fires and before it resolves', () => {
  const wait = { afterMs: 10_000, keepMs: 20_000 };
  const on = signal({ alertname: 'A' }, wait);
  const off = signal({ alertname: 'A' }, { ...wait, isActive: false });
  const pending = stepAlert(undefined, on, 0);
  assert.ok(pending.kind === 'live' && pending.isNew);
  assert.equal(stepAlert(pending.alert, off, 5_000).kind, 'dropped');
  const fired = stepAlert(pending.alert, on, 10_000);
  assert.ok(fired.kind === 'fired' && fired.alert.firedAtMs === 10_000);
  const calm = stepAlert(fired.alert, off, 15_000);
  assert.ok(calm.kind === 'live' && calm.alert.calmSinceMs === 15_000);
  const again = stepAlert(calm.alert, on, 20_000);
  assert.ok(again.kind === 'live' && again.alert.calmSinceMs === null && again.alert.firedAtMs === 10_000);
  assert.equal(stepAlert(calm.alert, off, 34_999).kind, 'live');
  assert.equal(stepAlert(calm.alert, off, 35_000).kind, 'resolved');
});

test('fingerprints are those of Prometheus', () => {
  // common/model/labelset_test.go and labels of the empty set: the offset basis of FNV-1a.
  assert.equal(fingerprintOf({}), 'cbf29ce484222325');
  assert.equal(fingerprintOf({ a: '1', b: '2' }), fingerprintOf({ b: '2', a: '1' }));
  assert.notEqual(fingerprintOf({ a: 'bc' }), fingerprintOf({ ab: 'c' }));
});

test('matchers know several values, stars and missing labels', () => {
  for (const [text, labels, expected] of [
    ['region=dublin', { region: 'dublin' }, true],
    ['region=dublin', {}, false],
    ['region!=dublin', {}, true],
    ['region=dublin|singapore', { region: 'singapore' }, true],
    ['slo=vod-*', { slo: 'vod-playback' }, true],
    ['slo=*-play*ck', { slo: 'vod-playback' }, true],
    ['slo=*playback*playback*', { slo: 'vod-playback' }, false],
    ['slo=ab*ba', { slo: 'aba' }, false],
    ['slo=*', {}, true],
  ] as const)
    assert.equal(matchesAll(matchers(text), labels), expected, `${text} of ${JSON.stringify(labels)}`);
  assert.match(String(parseMatcher('region')), /not a matcher/);
  assert.match(String(parseMatcher(`a=${'x'.repeat(1_000)}`)), /at most/);
  assert.equal(formatMatcher(matchers(' site != a|b ')[0] as Matcher), 'site!=a|b');
});

test('a hostile pattern costs no more than its length', () => {
  const [hostile] = matchers(`a=${'*a'.repeat(240)}b`);
  const startedAt = performance.now();
  assert.equal(matchesAll([hostile as Matcher], { a: 'a'.repeat(100_000) }), false);
  assert.ok(performance.now() - startedAt < 1_000);
});

test('the same alert is booked once, and ends when its source names it no more', () => {
  const book = new AlertBook();
  const on = signal({ alertname: 'SloBurn', site: 'dublin-1' });
  book.take('slo', [on, on], START_MS, { isComplete: true });
  assert.deepEqual(
    book.settle([], START_MS).map(({ state }) => state),
    ['firing'],
  );
  book.take('slo', [on], START_MS + 5_000, { isComplete: true });
  assert.deepEqual(book.settle([], START_MS + 5_000), []);
  book.take('other', [], START_MS + 10_000, { isComplete: true });
  book.take('slo', [], START_MS + 10_000, { isComplete: true });
  assert.equal(book.firing().length, 1);
  book.take('slo', [], START_MS + 10_000 + KEEP_MS, { isComplete: true });
  assert.deepEqual(
    book.settle([], START_MS + 10_000 + KEEP_MS).map(({ state }) => state),
    ['resolved'],
  );
  assert.equal(book.firing().length, 0);
});

test('what is part of a lost region stays quiet, with the reason, and speaks up when the region is back', () => {
  const book = new AlertBook();
  const lostRegion = signal({ alertname: 'RegionLost', region: 'dublin', lost: 'region' });
  const lostNode = signal({ alertname: 'NodeLost', region: 'dublin', node: 'dublin-1-a', lost: 'node' });
  const burn = signal({ alertname: 'SloBurn', region: 'dublin', site: 'dublin-1' });
  const elsewhere = signal({ alertname: 'SloBurn', region: 'singapore', site: 'singapore-1' });
  book.take('rules', [lostRegion, lostNode], START_MS, { isComplete: true });
  book.take('slo', [burn, elsewhere], START_MS, { isComplete: true });
  const states = (nowMs: number) =>
    Object.fromEntries(
      book
        .settle([], nowMs)
        .map(({ state, booked: { alert, suppression } }) => [
          `${alert.labels.alertname} ${alert.labels.region}`,
          `${state}${suppression === null ? '' : `: ${suppression.reason}`}`,
        ]),
    );
  assert.deepEqual(states(START_MS), {
    'RegionLost dublin': 'firing',
    'NodeLost dublin': 'suppressed: All of region dublin is lost.',
    'SloBurn dublin': 'suppressed: All of region dublin is lost.',
    'SloBurn singapore': 'firing',
  });
  book.take('rules', [{ ...lostRegion, isActive: false, keepMs: 0 }, lostNode], START_MS + 5_000, {
    isComplete: true,
  });
  assert.deepEqual(states(START_MS + 5_000), {
    'RegionLost dublin': 'resolved',
    'NodeLost dublin': 'firing',
    'SloBurn dublin': 'firing',
  });
});

test('a silence ends by its time, one until it resolves with the alert', () => {
  const book = new AlertBook();
  const on = signal({ alertname: 'SloBurn', site: 'dublin-1' });
  const timed = silence(['site=dublin-*']);
  const open = silence(['alertname=SloBurn'], { id: 'sil_2', endsAtMs: null });
  const say = (isActive: boolean, nowMs: number) =>
    book.take('slo', [{ ...on, isActive, keepMs: 0 }], nowMs, { isComplete: true });
  say(true, START_MS);
  assert.deepEqual(
    book.settle([timed], START_MS).map(({ state, booked }) => [state, booked.suppression?.reason]),
    [['suppressed', 'Silenced by Ada: known']],
  );
  assert.deepEqual(book.settle([timed], START_MS + 3_599_999), []);
  assert.equal(book.settle([timed], START_MS + 3_600_000)[0]?.state, 'firing');
  assert.equal(book.settle([open], START_MS + 3_600_001)[0]?.state, 'suppressed');
  assert.deepEqual(book.ended([open], START_MS + 3_600_001), []);
  say(false, START_MS + 3_600_002);
  assert.deepEqual(book.ended([open], START_MS + 3_600_002), [open]);
});

test('what a sender does not repeat for days expires', () => {
  const book = new AlertBook();
  book.take('sender', [signal({ alertname: 'DiskFull' })], START_MS, { isComplete: false });
  book.settle([], START_MS);
  book.expire((source) => source === 'sender', START_MS, START_MS + 1);
  assert.equal(book.firing().length, 1);
  book.expire((source) => source === 'sender', START_MS + 1, START_MS + 1);
  assert.equal(book.settle([], START_MS + 1)[0]?.state, 'resolved');
});

const COMMON = {
  severity: 'ticket',
  summary: '{node} is silent',
  runbook: null,
  labels: {},
  afterMs: 0,
  keepMs: 0,
} as const;

test('a series that falls silent is an alert for each of its groups; a deaf listener excuses them', () => {
  const rule: AlertRule = {
    ...COMMON,
    kind: 'absence',
    name: 'NodeLost',
    series: 'node_up',
    by: ['region', 'node'],
    silentMs: 30_000,
    lost: 'node',
  };
  const watch = new RuleWatch(rule);
  for (const node of ['a', 'b'])
    watch.add({ atMs: START_MS, name: 'node_up', labels: { region: 'dublin', node }, count: 1 });
  watch.add({ atMs: START_MS + 30_000, name: 'node_up', labels: { region: 'dublin', node: 'b' }, count: 1 });
  const active = (nowMs: number) =>
    watch.signals(nowMs, () => false).flatMap(({ isActive, labels }) => (isActive ? [labels.node] : []));
  assert.deepEqual(active(START_MS + 35_000), []);
  assert.deepEqual(active(START_MS + 35_001), ['a']);
  watch.excuse(START_MS + 40_000, () => false);
  assert.deepEqual(active(START_MS + 65_000), []);
  const [first] = watch.signals(START_MS + 80_000, () => false);
  assert.equal(first?.annotations.summary, 'a is silent');
  assert.deepEqual(first?.labels, { alertname: 'NodeLost', region: 'dublin', node: 'a', lost: 'node' });
  assert.deepEqual(active(START_MS + 41_000 + FORGET_MS), []);
  assert.deepEqual(
    watch.signals(START_MS + 41_000 + FORGET_MS, () => false),
    [],
  );
});

test('a threshold ends past its clear limit alone, and its groups are bounded', () => {
  const rule: AlertRule = {
    ...COMMON,
    kind: 'threshold',
    name: 'SessionErrors',
    series: 'session_errors',
    by: ['region'],
    windowMs: 60_000,
    measure: 'perSecond',
    op: 'gt',
    limit: 10,
    clearLimit: 5,
  };
  const watch = new RuleWatch(rule);
  const add = (atMs: number, count: number) =>
    watch.add({ atMs, name: 'session_errors', labels: { region: 'dublin' }, count });
  add(START_MS, 660);
  const [over] = watch.signals(START_MS + 5_000, () => false);
  assert.equal(over?.isActive, true);
  assert.deepEqual(over?.evidence, [{ name: 'session_errors', value: 11, limit: 10, unit: '/s' }]);
  add(START_MS + 60_000, 420);
  assert.equal(watch.signals(START_MS + 65_000, () => false)[0]?.isActive, false);
  assert.equal(watch.signals(START_MS + 65_000, () => true)[0]?.isActive, true);
  for (let region = 0; region < 2_000; region += 1)
    watch.add({ atMs: START_MS, name: 'session_errors', labels: { region: `r${region}` }, count: 1 });
  assert.equal(watch.signals(START_MS + 65_000, () => false).length, RULE_GROUPS_MAX);
  assert.equal(watch.refused, 1_001);
});

test('groups are told apart by the labels that one asks for', () => {
  assert.equal(groupKeyOf({ region: 'dublin', site: 'dublin-1' }, ['region']), 'region=dublin');
  assert.equal(groupKeyOf({}, ['region', 'slo']), 'region=,slo=');
});
