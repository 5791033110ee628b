// Maintenance that comes again, by the wall clock, over changes of clocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, findTimeZone, HOUR_MS, parseDay } from '#base/time-zone.ts';
import { AlertBook } from './book.ts';
import type { Silence } from './quiet.ts';
import { endOfLast, isRecurringNow, occurrenceFrom, type Recurrence } from './recurrence.ts';

const SUNDAY = 6;
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

function recurrence(changes: Partial<Recurrence> = {}): Recurrence {
  return {
    timeZone: 'Europe/Dublin',
    weekdays: [SUNDAY],
    startMinute: 2 * 60,
    durationMs: 2 * HOUR_MS,
    ...changes,
  };
}

const at = (text: string): number => Date.parse(text);

/** The occurrence in force or next, as two times. */
function next(own: Recurrence, atText: string, startsAtMs = 0, endsAtMs: number | null = null): string[] {
  const found = occurrenceFrom({ recurrence: own, startsAtMs, endsAtMs }, at(atText));
  return found === undefined
    ? []
    : [found.fromMs, found.untilMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
}

test('the start stays on the wall when clocks change, and the length is time that passes', () => {
  const cases: readonly [string, Partial<Recurrence>, string, string[]][] = [
    ['winter', {}, '2027-03-20T12:00:00Z', ['2027-03-21T02:00', '2027-03-21T04:00']],
    [
      'clocks went forward an hour before',
      {},
      '2027-03-27T12:00:00Z',
      ['2027-03-28T01:00', '2027-03-28T03:00'],
    ],
    ['summer', {}, '2027-03-28T03:00:00Z', ['2027-04-04T01:00', '2027-04-04T03:00']],
    [
      'a start that is skipped happens at the jump',
      { startMinute: 90 },
      '2027-03-27T12:00:00Z',
      ['2027-03-28T01:00', '2027-03-28T03:00'],
    ],
    [
      'a start that comes twice happens the first time',
      { startMinute: 90 },
      '2027-10-30T12:00:00Z',
      ['2027-10-31T00:30', '2027-10-31T02:30'],
    ],
    [
      'over midnight into the hour that is missing',
      { weekdays: [5], startMinute: 23 * 60, durationMs: 4 * HOUR_MS },
      '2027-03-27T12:00:00Z',
      ['2027-03-27T23:00', '2027-03-28T03:00'],
    ],
    [
      'a zone of the south, half an hour of change',
      { timeZone: 'Australia/Lord_Howe', startMinute: 22 * 60 },
      '2027-04-04T00:00:00Z',
      ['2027-04-04T11:30', '2027-04-04T13:30'],
    ],
  ];
  for (const [name, changes, now, expected] of cases)
    assert.deepEqual(next(recurrence(changes), now), expected, name);
});

test('while one runs it is the one that is told, to its last millisecond', () => {
  const own = { recurrence: recurrence(), startsAtMs: 0, endsAtMs: null };
  const startMs = at('2027-04-04T01:00:00Z');
  const isNow = (offsetMs: number): boolean => isRecurringNow(own, startMs + offsetMs);
  assert.deepEqual(
    [isNow(-1), isNow(0), isNow(2 * HOUR_MS - 1), isNow(2 * HOUR_MS)],
    [false, true, true, false],
  );
  assert.equal(occurrenceFrom(own, startMs + HOUR_MS)?.fromMs, startMs);
});

test('a year of nights has one occurrence a day, each at its time on the wall', () => {
  for (const timeZone of ['Europe/Dublin', 'America/New_York', 'Pacific/Auckland', 'UTC']) {
    const zone = findTimeZone(timeZone);
    const own = recurrence({ timeZone, weekdays: ALL_DAYS, startMinute: 22 * 60 });
    let atMs = at('2027-01-01T12:00:00Z');
    for (let day = 0; day < 365; day += 1) {
      const found = occurrenceFrom({ recurrence: own, startsAtMs: 0, endsAtMs: null }, atMs);
      assert.ok(found !== undefined && zone !== undefined);
      assert.equal(zone.wallMs(found.fromMs) % DAY_MS, 22 * HOUR_MS, `${timeZone}, day ${day}`);
      assert.ok(found.fromMs - atMs <= DAY_MS + HOUR_MS);
      atMs = found.untilMs;
    }
    assert.equal(Math.round((atMs - at('2027-01-01T12:00:00Z')) / DAY_MS), 365);
  }
});

test('it begins no earlier than it was planned, and ends with the last one that begins on the last day', () => {
  const own = recurrence({ weekdays: [SUNDAY, 0], startMinute: 23 * 60 });
  assert.deepEqual(next(own, '2027-04-01T00:00:00Z', at('2027-04-04T22:30:00Z')), [
    '2027-04-04T22:30',
    '2027-04-05T00:00',
  ]);
  const lastDay = parseDay('2027-04-04') ?? 0;
  const endMs = endOfLast(own, 0, lastDay);
  assert.equal(endMs, at('2027-04-05T00:00:00Z'));
  assert.deepEqual(next(own, '2027-04-04T12:00:00Z', 0, endMs), ['2027-04-04T22:00', '2027-04-05T00:00']);
  assert.deepEqual(next(own, '2027-04-05T00:00:00Z', 0, endMs), []);
  assert.equal(endOfLast(own, at('2027-04-05T00:00:00Z'), lastDay), undefined);
});

test('alerts are held during an occurrence, told of between two, and it does not end for want of alerts', () => {
  const silence: Silence = {
    id: 'sil_1',
    kind: 'maintenance',
    matchers: [{ label: 'region', isNegated: false, patterns: ['dublin'] }],
    startsAtMs: 0,
    endsAtMs: null,
    recurrence: recurrence(),
    comment: 'weekly updates',
    createdBy: 'Ada',
  };
  const book = new AlertBook();
  const say = (nowMs: number): string[] => {
    const signal = {
      severity: 'page',
      annotations: {},
      evidence: [],
      isActive: true,
      afterMs: 0,
      keepMs: 0,
    } as const;
    book.take('rules', [{ ...signal, labels: { alertname: 'Down', region: 'dublin' } }], nowMs, {
      isComplete: true,
    });
    return book.settle([silence], nowMs).map(({ state, booked }) => booked.suppression?.reason ?? state);
  };
  const reason = 'Under maintenance by Ada: weekly updates';
  assert.deepEqual(say(at('2027-03-28T00:59:00Z')), ['firing']);
  assert.deepEqual(say(at('2027-03-28T01:00:00Z')), [reason]);
  assert.deepEqual(say(at('2027-03-28T02:59:00Z')), []);
  assert.deepEqual(say(at('2027-03-28T03:00:00Z')), ['firing']);
  assert.deepEqual(say(at('2027-04-04T01:00:00Z')), [reason]);
  assert.deepEqual(new AlertBook().ended([silence], at('2027-04-04T01:00:00Z')), []);
});
