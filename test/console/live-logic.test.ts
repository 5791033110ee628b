// What the pages of broadcasts conclude and say, without a browser: moments, warnings, figures, reasons, new ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { bodyOf, type Draft, isComplete } from '../../console/src/live/broadcast-draft.ts';
import {
  hasRecording,
  latencyText,
  momentText,
  publishCommand,
  publishCommandSrt,
  regionOfAddress,
  warningOf,
} from '../../console/src/live/describe-broadcast.ts';
import { ageText, figuresOf, workersOf } from '../../console/src/live/describe-report.ts';
import { lineOf } from '../../console/src/live/figure-lines.ts';
import { explainSchedule } from '../../console/src/live/schedule-reasons.ts';
import { makeBroadcast, makeBroadcasts, makeReports } from '../live/fake-broadcasts.ts';
import { makeWorld } from './fake-world.ts';

const NOW_MS = 1_790_000_000_000;
const EDGES = ['http://one.test', 'http://two.test'];
const HOUR_MS = 3_600_000;
const ready = makeBroadcast(NOW_MS, EDGES);

test('a broadcast says what matters of its time: when it begins, since when it runs, when it ended', () => {
  assert.deepEqual(
    makeBroadcasts(NOW_MS, EDGES).map((broadcast) => momentText(broadcast, NOW_MS)),
    ['Begins in 3 h', 'Ready for 12 min', 'On air for 47 min', 'Began 2 h ago', 'Ended 11 h ago'],
  );
  const late = makeBroadcast(NOW_MS, EDGES, { plannedStartMs: NOW_MS - 300_000 });
  assert.equal(momentText(late, NOW_MS), 'Late by 5 min');
});

test('a missing channel is warned of, unless none is due yet or any more', () => {
  const [first] = ready.schedule.channels;
  const only = { ...ready.schedule, channels: [defined(first, 'a channel')] };
  const none = { ...ready.schedule, channels: [] };
  const names = new Map([['dublin', 'Dublin']]);
  assert.equal(warningOf(ready, names), null);
  assert.match(warningOf({ ...ready, schedule: only }, names)?.text ?? '', /the loss of Dublin/);
  assert.equal(warningOf({ ...ready, schedule: none }, names)?.title, 'Nothing makes this broadcast.');
  for (const state of ['planned', 'ended'] as const)
    assert.equal(warningOf({ ...ready, state, schedule: none }, names), null);
});

test('figures have names and units, faults stand out, and those of no known name are shown as they came', () => {
  const [ingest, , channel] = makeReports(ready.id, NOW_MS).map(figuresOf);
  const text = (figures: typeof ingest): string[] =>
    defined(figures, 'figures').map(({ label, value, isBad }) => `${label}: ${value}${isBad ? '!' : ''}`);
  assert.deepEqual(text(ingest).slice(0, 6), [
    'Picture: 1920 × 1080',
    'Bit rate: 6.12 Mbit/s',
    'Frames: 29.97 /s',
    'Key frame every: 2 s',
    'Sound ahead of picture: -12 ms',
    'Channels that read it: 2',
  ]);
  assert.equal(text(channel).includes('Damaged parts: 3!'), true);
  assert.equal(text(channel).includes('Picture frozen: for 4 s!'), true);
  assert.equal(text(channel).includes('Picture black: no'), true);
  assert.equal(text(channel).includes('Bit rate of v720: 2.48 Mbit/s'), true);
  const strange = figuresOf({ role: 'channel', figures: { lastSegment: -1, warpFactor: 9.123 } });
  assert.deepEqual(text(strange), ['Newest segment: none yet', 'warpFactor: 9.12']);
});

test('who works on a broadcast: the ingest with the publisher, the channels as scheduled, then former ones', () => {
  const reports = makeReports(ready.id, NOW_MS);
  const [ingest, dublin, angeles] = reports.map((report) => defined(report, 'a report'));
  const waiting = { ...defined(ingest, 'one'), nodeId: 'singapore-1-a', state: 'waiting' as const };
  const former = { ...defined(dublin, 'one'), channel: 7, state: 'failed' as const };
  const shown = (broadcast: typeof ready): string[] =>
    workersOf(broadcast).map(
      ({ title, nodeId, report }) => `${title} ${nodeId} ${report?.state ?? 'silent'}`,
    );
  assert.deepEqual(shown({ ...ready, reports: [waiting, defined(angeles, 'one'), former] }), [
    'Primary dublin-1-a silent',
    'Backup los-angeles-1-a on_air',
    'Former channel dublin-1-a failed',
  ]);
  assert.equal(shown({ ...ready, reports })[0], 'Ingest dublin-1-a on_air');
  assert.deepEqual(shown({ ...ready, state: 'ended' }), []);
});

test('a report tells its age, and a node that has fallen silent', () => {
  const [report] = makeReports(ready.id, NOW_MS);
  const aged = (ageMs: number): string => ageText({ ...defined(report, 'a report'), ageMs });
  assert.deepEqual([900, 4_200, 24_000].map(aged), [
    'reported just now',
    'reported 4 s ago',
    'nothing heard for 24 s',
  ]);
});

test('reasons of the schedule are sentences, and what is not known is shown as it is', () => {
  const explain = (code: string, values: Record<string, number>): string =>
    explainSchedule({ code, subject: 'dublin-1-a', values }).text;
  const placed = { channel: 2, distanceKm: 8_314, load: 0.5, costPerGb: 0.05 };
  assert.deepEqual(
    [
      explain('placed', placed),
      explain('placed', { ...placed, distanceKm: 0 }),
      explain('no_capacity', { channels: 1, wanted: 2, slots: 6, busy: 6 }),
      explain('one_region', { channels: 0, wanted: 2, slots: 0, busy: 0 }),
      explain('node_lost', { channel: 3 }),
      explain('not_yet', { plannedStartMs: NOW_MS, reserveMs: 900_000 }),
      explain('new_code', { b: 1 }),
    ],
    [
      'Channel 2 was placed at dublin-1-a: 8,314 km from the publisher, 50 % of its slots were taken, 0.050 per GB.',
      'Channel 2 was placed at dublin-1-a: 50 % of its slots were taken, 0.050 per GB.',
      '1 of 2 channels: no other region has room, 6 of 6 slots are taken.',
      'No channel: there is no other region to put one in.',
      'Channel 3 was lost with dublin-1-a.',
      'No channel yet: room is held from 15 min before the planned start.',
      'new_code dublin-1-a b=1',
    ],
  );
});

test('a new broadcast needs a name alone; what was left open is left to control', () => {
  const draft: Draft = {
    name: ' Final ',
    projectId: 'default',
    visibility: 'public',
    latency: 'low',
    publisherRegionId: '',
    start: '',
    duration: '',
    isRecorded: true,
    takesSrt: false,
  };
  assert.deepEqual(bodyOf(draft, 'Europe/Dublin'), {
    name: 'Final',
    projectId: 'default',
    visibility: 'public',
    latency: 'low',
    isRecorded: true,
    takesSrt: false,
  });
  const planned = bodyOf(
    { ...draft, start: '2027-01-31T20:00', duration: '90', publisherRegionId: 'dublin' },
    'Europe/Dublin',
  );
  assert.equal(planned.plannedStartMs, new Date(2027, 0, 31, 20).getTime());
  assert.deepEqual(
    [planned.timeZone, planned.plannedDurationMs, planned.publisherRegionId],
    ['Europe/Dublin', 1.5 * HOUR_MS, 'dublin'],
  );
  assert.deepEqual(
    [draft, { ...draft, name: ' ' }, { ...draft, duration: 'long' }, { ...draft, duration: '2881' }].map(
      isComplete,
    ),
    [true, false, false, false],
  );
});

test('addresses, distances and recordings in words', () => {
  const world = makeWorld(NOW_MS);
  assert.equal(regionOfAddress('http://127.0.0.1:8100/dublin/watch/default/brd_1', world.regions), 'Dublin');
  assert.equal(regionOfAddress('http://elsewhere.test/watch/default/brd_1', world.regions), null);
  assert.match(
    publishCommand('rtmp://127.0.0.1:8113/live', 'KEY'),
    /-f flv 'rtmp:\/\/127.0.0.1:8113\/live\/KEY'$/,
  );
  assert.match(publishCommandSrt('srt://127.0.0.1:8400?mode=caller'), /-f mpegts 'srt:\/\/\S+=caller'$/);
  assert.equal(
    latencyText({ ...ready.settings, holdBackMs: 1_050 }),
    'players stay 1.05 s behind the newest part',
  );
  assert.deepEqual([ready, { ...ready, startedAtMs: NOW_MS }].map(hasRecording), [false, true]);
});

test('figures are drawn as they were, counts by how much they grew, and what never was anything is not drawn', () => {
  const history = {
    role: 'ingest' as const,
    nodeId: 'dublin-1-a',
    channel: null,
    points: [
      { atMs: 1, figures: { bitrateBps: 6_000_000, driftMs: -20, framesDropped: 4, timestampJumps: 0 } },
      { atMs: 2, figures: { bitrateBps: 3_000_000, driftMs: 10, framesDropped: 9, timestampJumps: 0 } },
      // Its process began again.
      { atMs: 3, figures: { bitrateBps: 6_000_000, driftMs: 0, framesDropped: 2, timestampJumps: 0 } },
    ],
  };
  const valuesOf = (name: string) => lineOf(history, name)?.samples.map(({ value }) => value);
  assert.deepEqual(valuesOf('bitrateBps'), [6_000_000, 3_000_000, 6_000_000]);
  assert.deepEqual(valuesOf('framesDropped'), [5, 2]);
  const drift = lineOf(history, 'driftMs');
  assert.deepEqual([drift?.minimum, drift?.maximum], [-100, 100], 'noise is no drama');
  for (const name of ['timestampJumps', 'width', undefined]) assert.equal(lineOf(history, name), null, name);
  assert.equal(lineOf(undefined, 'bitrateBps'), null);
});
