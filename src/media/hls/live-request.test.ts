import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideLiveRequest, isListed, type LiveEdge, parseDirectives } from './live-request.ts';

const EDGE: LiveEdge = {
  lastSegment: 100,
  lastPart: 2,
  isWhole: false,
  isEnded: false,
  partTargetMs: 1_000 / 3,
  partsPerSegment: 6,
};

function decide(query: string, edge: Partial<LiveEdge> = {}): string {
  const directives = parseDirectives(new URLSearchParams(query));
  if (typeof directives === 'string') return directives;
  const outcome = decideLiveRequest(directives, { ...EDGE, ...edge });
  return outcome.kind === 'wait' ? `wait ${outcome.segment}.${outcome.part ?? ''}` : outcome.kind;
}

const cases: [what: string, query: string, outcome: string, edge?: Partial<LiveEdge>][] = [
  ['no directive', '', 'answer'],
  ['a part that is there', '_HLS_msn=100&_HLS_part=2', 'answer'],
  ['the next part', '_HLS_msn=100&_HLS_part=3', 'wait 100.3'],
  ['a whole segment that is being made', '_HLS_msn=100', 'wait 100.'],
  ['an older segment', '_HLS_msn=99', 'answer'],
  ['a segment that is whole', '_HLS_msn=100', 'answer', { isWhole: true, lastPart: 5 }],
  [
    'a part past the end of a whole segment: the first of the next',
    '_HLS_msn=100&_HLS_part=6',
    'wait 100.6',
    { isWhole: true, lastPart: 5 },
  ],
  ['the first part of the next segment', '_HLS_msn=101&_HLS_part=0', 'wait 101.0'],
  ['a segment two ahead', '_HLS_msn=102', 'wait 102.'],
  ['a segment three ahead', '_HLS_msn=103', 'refuse'],
  ['a part nine ahead', '_HLS_msn=101&_HLS_part=5', 'wait 101.5'],
  ['a part ten ahead', '_HLS_msn=102&_HLS_part=0', 'refuse'],
  ['anything after the end', '_HLS_msn=500&_HLS_part=9', 'answer', { isEnded: true }],
  ['a part without a segment', '_HLS_part=1', '_HLS_part comes without _HLS_msn'],
  ['a number that is none', '_HLS_msn=1e3', '_HLS_msn is not a number'],
  ['a negative part', '_HLS_msn=1&_HLS_part=-1', '_HLS_part is not a number'],
];
for (const [what, query, outcome, edge] of cases)
  test(`${what}: ${outcome}`, () => {
    assert.equal(decide(query, edge), outcome);
  });

test('a part past the end of its segment is listed once the next segment has begun', () => {
  const whole = { ...EDGE, isWhole: true, lastPart: 5 };
  assert.equal(isListed(100, 6, whole), false);
  assert.equal(isListed(100, 6, { ...EDGE, lastSegment: 101, lastPart: 0 }), true);
});

test('deltas are asked for in both versions', () => {
  for (const query of ['_HLS_skip=YES', '_HLS_skip=v2']) {
    const directives = parseDirectives(new URLSearchParams(query));
    assert.ok(typeof directives !== 'string' && directives.isDelta);
  }
});
