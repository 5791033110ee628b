// What the pages of runbooks, sessions and the audit trail make of their data, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectHref } from '../../console/src/audit/describe-audit.ts';
import { givenValues, problemOf } from '../../console/src/runbooks/describe-runbook.ts';
import { changesOf, diffLines } from '../../console/src/runbooks/line-diff.ts';
import { paceOf, type StepView } from '../../console/src/runs/describe-run.ts';
import { explainStalls, type PlaceMark } from '../../console/src/sessions/explain-stall.ts';
import { placesOf } from '../../console/src/sessions/session-marks.ts';
import { momentAt, trackOf } from '../../console/src/sessions/session-track.ts';
import { durationText } from '../../console/src/ui/duration-text.ts';
import { readFilters } from '../../console/src/ui/read-filters.ts';
import { spanOf } from '../../console/src/ui/time-range.ts';
import { makeStalledSteps, makeViewing } from './fake-sessions.ts';
import { makeWorld } from './fake-world.ts';

const AT_MS = 1_790_000_000_000;

test('a difference keeps what is common, and tells the rest in its order', () => {
  const before = ['id: a', 'version: 1', 'steps:', '  - one', '  - two', 'end'].join('\n');
  const after = ['id: a', 'version: 2', 'steps:', '  - one', '  - middle', '  - two', 'end'].join('\n');
  const lines = diffLines(before, after);
  assert.deepEqual(
    lines
      .filter(({ kind }) => kind !== 'same')
      .map(({ kind, text, before: old, after: fresh }) => [kind, text, old, fresh]),
    [
      ['removed', 'version: 1', 2, null],
      ['added', 'version: 2', null, 2],
      ['added', '  - middle', null, 5],
    ],
  );
  const readBack = (side: 'added' | 'removed') =>
    lines
      .filter(({ kind }) => kind === 'same' || kind === side)
      .map(({ text }) => text)
      .join('\n');
  assert.equal(readBack('removed'), before);
  assert.equal(readBack('added'), after);
  assert.deepEqual(
    diffLines(before, before).every(({ kind }) => kind === 'same'),
    true,
  );
});

test('only stretches around changes are shown, and those that touch are one', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const changed = lines.map((line, index) =>
    index === 2 || index === 6 || index === 30 ? `${line}!` : line,
  );
  const stretches = changesOf(diffLines(lines.join('\n'), changed.join('\n')), 2);
  assert.deepEqual(
    stretches.map((stretch) => [stretch[0]?.before, stretch.length]),
    [
      [1, 11],
      [29, 6],
    ],
  );
  assert.deepEqual(changesOf(diffLines('a', 'a')), []);
});

test('durations are told to two units', () => {
  assert.deepEqual([640, 4_000, 48_300, 60_000, 200_000, 3_900_000].map(durationText), [
    '640 ms',
    '4.0 s',
    '48 s',
    '1 min',
    '3 min 20 s',
    '1 h 5 min',
  ]);
});

test('parameters are judged by their types before they are sent', () => {
  const spec = (type: 'share' | 'duration' | 'text', fallback?: string) => ({
    type,
    description: 'x',
    ...(fallback === undefined ? {} : { default: fallback }),
  });
  assert.equal(problemOf(spec('share'), '0.5'), null);
  assert.notEqual(problemOf(spec('share'), '1.5'), null);
  assert.equal(problemOf(spec('duration'), '90s'), null);
  assert.notEqual(problemOf(spec('duration'), 'soon'), null);
  assert.notEqual(problemOf(spec('text'), ''), null);
  assert.equal(problemOf(spec('text', 'this'), ''), null);
  assert.deepEqual(givenValues({ site: 'dublin-1', patience: '' }), { site: 'dublin-1' });
});

test('a step is held against its own history', () => {
  const step = {
    state: 'running',
    startedAtMs: AT_MS,
    endedAtMs: null,
    durationMsTypical: 4_000,
    stuckAfterMs: 10_000,
  } as StepView;
  const early = paceOf(step, AT_MS + 2_000);
  assert.deepEqual(
    [early?.share, early?.typicalShare, early?.limitShare, early?.isSlow],
    [0.2, 0.4, 1, false],
  );
  const late = paceOf(step, AT_MS + 20_000);
  assert.deepEqual([late?.share, late?.limitShare, late?.isSlow], [1, 0.5, true]);
  assert.equal(paceOf({ ...step, startedAtMs: null }, AT_MS), null);
});

const session = makeViewing('one', AT_MS, {
  updatedAtMs: AT_MS + 38_000,
  endedAtMs: AT_MS + 38_000,
  stalls: 1,
  stallMs: 4_000,
});

test('a viewing becomes stretches of state and place, and lines', () => {
  const track = trackOf(session, makeStalledSteps(AT_MS));
  assert.deepEqual(
    track.states.map(({ text, fromMs, toMs }) => [text, fromMs - AT_MS, toMs - AT_MS]),
    [
      ['starting', 0, 640],
      ['playing', 640, 21_000],
      ['rebuffering', 21_000, 25_000],
      ['playing', 25_000, 38_000],
      ['ended', 38_000, 38_000],
    ],
  );
  assert.deepEqual(
    track.places.map(({ text, fromMs }) => [text, fromMs - AT_MS]),
    [
      ['dublin-1', 0],
      ['singapore-1', 24_000],
    ],
  );
  assert.deepEqual(
    track.requests.flatMap(({ outcome, object }) => (outcome === 'ok' ? [] : [`${object} ${outcome}`])),
    ['media failed', 'media late'],
  );
  assert.deepEqual(momentAt(track, AT_MS + 21_500), {
    state: 'rebuffering',
    siteId: 'dublin-1',
    bitrateKbps: 2_800,
    bufferedMs: 0,
    latencyMs: null,
  });
});

test('a viewing without steps, and one of an hour, have a strip of their own length', () => {
  const empty = trackOf(session, []);
  assert.deepEqual([empty.states, empty.toMs - empty.fromMs], [[], 38_000]);
  assert.deepEqual(momentAt(empty, AT_MS).siteId, 'dublin-1');
});

test('a standstill is explained by what failed before it, what changed there, and how it ended', () => {
  const track = trackOf(session, makeStalledSteps(AT_MS));
  const mark = (changes: Partial<PlaceMark>): PlaceMark => ({
    kind: 'change',
    id: 'change 1',
    atMs: AT_MS + 16_000,
    endMs: null,
    text: 'dublin-1 was restarted',
    places: ['dublin-1'],
    ...changes,
  });
  const marks = [
    mark({}),
    mark({ id: 'change 2', text: 'far away', places: ['los-angeles-1'] }),
    mark({ id: 'change 3', text: 'long ago', atMs: AT_MS - 400_000 }),
    mark({ id: 'a', kind: 'alert', text: 'Requests fail in dublin-1', atMs: AT_MS + 30_000 }),
  ];
  const [stall, ...others] = explainStalls(track, marks, 4_000);
  assert.equal(others.length, 0);
  assert.equal(stall?.headline, 'Stood still for 4.0 s');
  assert.deepEqual(
    stall?.findings.map(({ text }) => text),
    [
      '1 request to dublin-1 failed, after up to 2.0 s.',
      '1 request to dublin-1 came too late, after up to 2.4 s.',
      'The bitrate had gone up from 1.40 Mbit/s to 2.80 Mbit/s, with 2.8 s in the buffer at last.',
      'Change 5.0 s before: dublin-1 was restarted',
      'Alert 9.0 s after: Requests fail in dublin-1',
    ],
  );
  assert.equal(stall?.ending, 'It went on from singapore-1, after dublin-1.');
});

test('what cannot be explained is said to be so; a slow start and a slow line are', () => {
  const step = (
    afterMs: number,
    kind: 'state' | 'request',
    text: string,
    latencyMs: number | null = null,
  ) => ({
    atMs: AT_MS + afterMs,
    kind,
    text,
    siteId: 'dublin-1',
    bufferedMs: null,
    bitrateKbps: null,
    latencyMs,
  });
  const calm = [
    step(0, 'state', 'starting'),
    step(500, 'state', 'playing'),
    step(30_000, 'state', 'rebuffering'),
  ];
  const [alone] = explainStalls(trackOf(session, calm), [], 4_000);
  assert.deepEqual(
    alone?.findings.map(({ code }) => code),
    ['nothing'],
  );
  assert.equal(alone?.ending, 'It has not gone on since.');
  const slow = [
    ...calm,
    step(1_000, 'request', 'media ok', 100),
    step(2_000, 'request', 'media ok', 120),
    step(27_000, 'request', 'media ok', 3_100),
  ].sort((one, other) => one.atMs - other.atMs);
  const [held] = explainStalls(trackOf(session, slow), [], 4_000);
  assert.deepEqual(
    held?.findings.map(({ text }) => text),
    ['1 request to dublin-1 took up to 3.1 s, against 100 ms before.'],
  );
  const late = [step(0, 'state', 'starting'), step(9_000, 'state', 'playing')];
  assert.deepEqual(
    explainStalls(trackOf(session, late), [], 4_000).map(({ kind, headline }) => [kind, headline]),
    [['start', 'The start took 9.0 s']],
  );
});

test('labels of changes and alerts become sites', () => {
  const world = makeWorld(AT_MS);
  assert.deepEqual(placesOf({ site: 'dublin-1', region: 'dublin' }, world), ['dublin-1']);
  assert.deepEqual(placesOf({ region: 'dublin' }, world), ['dublin-1']);
  assert.deepEqual(placesOf({ project: 'default' }, world), []);
});

test('subjects of the trail lead to their pages', () => {
  const to = (action: string, subject: string) => subjectHref({ action, subject });
  assert.equal(to('asset.change', 'ast_01'), '#/assets/ast_01');
  assert.equal(to('runbook.start', 'run_01'), '#/runs/run_01');
  assert.equal(to('runbook.save', 'drain-region'), '#/runbooks/drain-region');
  assert.equal(to('drain.start', 'dublin'), '#/world');
  assert.equal(to('unheard.of', 'thing'), null);
});

test('filters are read from an address, and spans of time from them', () => {
  assert.deepEqual(readFilters('?actor=ann&x=1&action=', ['actor', 'action']), { actor: 'ann' });
  assert.equal(readFilters('5d0f0a1c', ['actor']), null);
  assert.deepEqual(spanOf('1h', undefined, undefined, AT_MS), {
    fromMs: Math.floor(AT_MS / 60_000) * 60_000 - 3_600_000,
  });
  assert.deepEqual(spanOf(undefined, String(AT_MS), 'nonsense', AT_MS), { fromMs: AT_MS });
});
