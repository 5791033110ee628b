import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from './assert.ts';
import { DAY_MS, findTimeZone, formatDay, HOUR_MS, parseDay, weekdayOf } from './time-zone.ts';

const zone = (name: string) => defined(findTimeZone(name), name);
const day = (text: string) => defined(parseDay(text), text);

/** Start of each of these days in the zone, and their length in hours. */
function hoursOf(name: string, text: string): number {
  const { instantMs } = zone(name);
  return (instantMs((day(text) + 1) * DAY_MS) - instantMs(day(text) * DAY_MS)) / HOUR_MS;
}

test('days on which clocks change have 23 or 25 hours, all others 24', () => {
  const changes: [string, string, number][] = [
    ['Europe/Dublin', '2027-03-28', 23],
    ['Europe/Dublin', '2027-10-31', 25],
    ['America/Los_Angeles', '2027-03-14', 23],
    ['America/Los_Angeles', '2027-11-07', 25],
    ['Australia/Sydney', '2027-04-04', 25],
    ['Australia/Sydney', '2027-10-03', 23],
    ['Australia/Lord_Howe', '2027-04-04', 24.5],
    ['Australia/Lord_Howe', '2027-10-03', 23.5],
  ];
  for (const [name, text, hours] of changes) assert.equal(hoursOf(name, text), hours, `${name} ${text}`);
  for (const name of new Set([...changes.map(([changing]) => changing), 'Asia/Singapore', 'UTC']))
    for (let at = day('2027-01-01'); at < day('2028-01-01'); at += 1)
      if (!changes.some(([changing, text]) => changing === name && text === formatDay(at)))
        assert.equal(hoursOf(name, formatDay(at)), 24, `${name} ${formatDay(at)}`);
});

test('a wall time that is skipped happens at the jump, one that comes twice the first time', () => {
  const dublin = zone('Europe/Dublin');
  const at = (text: string): string => new Date(dublin.instantMs(Date.parse(`${text}Z`))).toISOString();
  assert.equal(at('2027-03-28T00:59:00'), '2027-03-28T00:59:00.000Z');
  for (const skipped of ['01:00', '01:30', '01:59', '02:00'])
    assert.equal(at(`2027-03-28T${skipped}:00`), '2027-03-28T01:00:00.000Z', skipped);
  assert.equal(at('2027-03-28T02:30:00'), '2027-03-28T01:30:00.000Z');
  assert.equal(at('2027-10-31T00:59:00'), '2027-10-30T23:59:00.000Z');
  assert.equal(at('2027-10-31T01:30:00'), '2027-10-31T00:30:00.000Z');
  assert.equal(at('2027-10-31T02:00:00'), '2027-10-31T02:00:00.000Z');
});

test('offsets are those of Intl at every hour of two years, also across the turn of a year', () => {
  for (const name of ['Europe/Dublin', 'America/Los_Angeles', 'Asia/Singapore', 'Australia/Sydney']) {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, hour: 'numeric', hourCycle: 'h23' });
    const own = zone(name);
    for (let atMs = Date.UTC(2026, 0, 1); atMs < Date.UTC(2028, 0, 1); atMs += 7 * HOUR_MS) {
      const hour = new Date(own.wallMs(atMs)).getUTCHours();
      if (hour !== Number(format.format(atMs)) % 24)
        assert.fail(`${name} ${new Date(atMs).toISOString()}: ${hour}`);
    }
  }
});

test('later wall times never happen earlier', () => {
  for (const name of ['Europe/Dublin', 'America/Los_Angeles', 'Australia/Sydney', 'Australia/Lord_Howe']) {
    const { instantMs } = zone(name);
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let wallMs = day('2027-01-01') * DAY_MS; wallMs < day('2028-01-01') * DAY_MS; wallMs += 1_800_000) {
      const atMs = instantMs(wallMs);
      if (atMs < lastMs) assert.fail(`${name} ${new Date(wallMs).toISOString()}`);
      lastMs = atMs;
    }
  }
});

test('dates and weekdays', () => {
  assert.equal(weekdayOf(day('2027-01-04')), 0);
  assert.equal(weekdayOf(day('1969-12-28')), 6);
  assert.equal(formatDay(day('2028-02-29')), '2028-02-29');
  for (const wrong of ['2027-02-29', '2027-13-01', '27-01-01', 'today', ''])
    assert.equal(parseDay(wrong), undefined, wrong);
  for (const unknown of ['Europe/Dubllin', '', 'x'.repeat(100)])
    assert.equal(findTimeZone(unknown), undefined, unknown);
});
