import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#base/time-zone.ts';
import { fairnessOf } from './fairness.ts';
import { lintRota } from './lint.ts';
import { daily, layer, MONDAY_MS, policy, schedule, user, viewOf } from './oncall-fixture.ts';
import type { Override } from './rota.ts';

const DAILY = { anchorWallMs: MONDAY_MS, stepMs: DAY_MS };
/** Two who take turns, so that no shift is too long. */
const full = (id: string, userIds = ['ann', 'bob']) => schedule(id, layer({ userIds, rotation: DAILY }));
const codesOf = (...given: Parameters<typeof lintRota>) =>
  lintRota(...given).map(({ severity, code }) => `${severity} ${code}`);
const lintedAt = Date.UTC(2027, 0, 10);

test('a rota in which everybody knows when is clean', () => {
  assert.deepEqual(lintRota(viewOf([full('primary')]), lintedAt), []);
});

test('any uncovered minute in ninety days is an error that says when', () => {
  const hours = [{ startMinute: 1, minutes: 10_079 }];
  const own = schedule('primary', layer({ userIds: ['ann', 'bob'], rotation: DAILY, windows: hours }));
  const findings = lintRota(viewOf([own]), lintedAt).filter(({ code }) => code === 'uncovered');
  assert.equal(findings.length, 11);
  assert.match(findings[0]?.message ?? '', /from 2027-01-11 00:00 UTC to 2027-01-11 00:01 UTC \(1 minutes\)/);
  assert.match(findings.at(-1)?.message ?? '', /nobody has duty in primary: 3 more times in 90 days/);
  assert.deepEqual(codesOf(viewOf([{ ...own, mayHaveGaps: true }]), lintedAt), []);
});

test('a follow-the-sun rota that only fits in winter has its hole found before the clocks change', () => {
  const european = layer({ timeZone: 'Europe/Dublin', userIds: ['ann'], windows: daily(8, 20) });
  const american = layer({ timeZone: 'America/Los_Angeles', userIds: ['bob'], windows: daily(12, 24) });
  const view = viewOf([schedule('primary', european, american)]);
  const gaps = lintRota(view, lintedAt).filter(({ code }) => code === 'uncovered');
  // On the west coast summer begins two weeks before it does in Ireland: its day then ends an hour early.
  assert.match(gaps[0]?.message ?? '', /from 2027-03-15 07:00 UTC to 2027-03-15 08:00 UTC \(60 minutes\)/);
});

test('the same person twice in one policy is an error, in two schedules without one a warning', () => {
  const steps = ['primary', 'secondary'].map((scheduleId) => ({
    targets: [{ kind: 'schedule' as const, scheduleId }],
    acknowledgeWithinMs: 5 * MINUTE_MS,
  }));
  const both = [full('primary'), full('secondary', ['ann', 'cat'])];
  const together = lintRota(viewOf(both, { policies: [policy({ steps })] }), lintedAt);
  assert.equal(together.length, 11);
  assert.match(
    together[0]?.message ?? '',
    /^ann has duty in primary and secondary at once, so that nobody stands behind them/,
  );
  assert.deepEqual(together[0]?.path, ['policies', 'default']);
  assert.deepEqual(new Set(codesOf(viewOf(both), lintedAt)), new Set(['warning double_booked']));
});

test('people who cannot be reached, are not known, or are never asked', () => {
  const view = viewOf([full('primary')], {
    users: [
      user('bob', { contacts: [] }),
      user('eve'),
      user('ann', { contacts: [{ channelId: 'x', afterMs: 600_000 }] }),
    ],
  });
  assert.deepEqual(codesOf(view, lintedAt).sort(), [
    'error unreachable_user',
    'warning late_contact',
    'warning unused_user',
  ]);
  const dangling = viewOf([full('primary')]);
  (dangling.rota.users as Map<string, unknown>).delete('bob');
  assert.deepEqual(codesOf(dangling, lintedAt), ['error unknown_user']);
});

test('a shift of more than a day and a night is a warning', () => {
  const findings = lintRota(viewOf([schedule('primary', layer({ userIds: ['ann', 'bob'] }))]), lintedAt);
  assert.deepEqual(
    findings.map(({ severity, message }) => [severity, message]),
    [
      ['warning', 'ann has duty in primary for 168 hours on end, 7 times in 90 days'],
      ['warning', 'bob has duty in primary for 168 hours on end, 7 times in 90 days'],
    ].sort((one, other) => (findings[0]?.message.startsWith('bob') ? (one < other ? 1 : -1) : 0)),
  );
});

test('overrides that outdo each other, or name somebody who is gone', () => {
  const base = { scheduleId: 'primary', fromMs: lintedAt, reason: '' };
  const overrides: Override[] = [
    { ...base, id: 'ovr_1', userId: 'ann', untilMs: lintedAt + 2 * HOUR_MS, createdAtMs: 1 },
    { ...base, id: 'ovr_2', userId: 'bob', untilMs: lintedAt + HOUR_MS, createdAtMs: 2 },
    { ...base, id: 'ovr_3', userId: 'gone', untilMs: lintedAt + HOUR_MS, createdAtMs: 3 },
  ];
  const messages = lintRota(viewOf([full('primary')], { overrides }), lintedAt).map(({ message }) => message);
  assert.ok(messages.some((message) => /ovr_3 gives primary to gone, who is no user/.test(message)));
  assert.ok(messages.some((message) => /overrides give primary to ann and to bob/.test(message)));
});

test('fairness counts hours, nights and weekends by the wall clock of each person', () => {
  const own = schedule(
    'primary',
    layer({
      timeZone: 'Europe/Dublin',
      userIds: ['ann', 'bob'],
      rotation: { anchorWallMs: MONDAY_MS, stepMs: 7 * DAY_MS },
    }),
  );
  const view = viewOf([own], {
    users: [
      user('ann', { timeZone: 'Europe/Dublin' }),
      user('bob', { timeZone: 'Australia/Sydney' }),
      user('cat'),
    ],
  });
  // Four weeks of winter.
  const shares = fairnessOf(view, [own], { fromMs: MONDAY_MS, untilMs: MONDAY_MS + 28 * DAY_MS });
  assert.deepEqual(
    shares.map(({ userId, hours, shifts, ratio }) => [userId, hours, shifts, ratio]),
    [
      ['ann', 336, 2, 1],
      ['bob', 336, 2, 1],
    ],
  );
  const ann = shares.find(({ userId }) => userId === 'ann');
  assert.deepEqual(
    [ann?.nightHours, ann?.nights, ann?.weekendHours, ann?.weekends, ann?.longestHours],
    [112, 16, 96, 2, 168],
  );
  const bob = shares.find(({ userId }) => userId === 'bob');
  // His week begins on Monday at eleven in the morning, so that no night is cut.
  assert.deepEqual([bob?.nightHours, bob?.nights, bob?.weekends], [112, 14, 2]);
});
