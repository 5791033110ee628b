// Every rule of live playlists is broken by a live server in exactly one way, and is the only one that sees it; the
// server that keeps the rules breaks none. Time is virtual, so that watching takes no time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPresentation } from '#viewer/check/check-presentation.ts';
import type { HlsFacts, PresentationFacts } from '#viewer/check/facts.ts';
import { gather } from '#viewer/check/gather.ts';
import type { Finding } from '#viewer/check/rules/rule.ts';
import { LIMITS } from './case.ts';
import { LIVE_CASES } from './live-cases.ts';
import { LIVE_MAIN, LIVE_START_MS, type LiveServer, LiveSite } from './live-site.ts';
import { createVirtualClock } from './virtual-clock.ts';

const WATCH_MS = 4_500;

async function watch(
  flaw: Partial<LiveServer>,
  watchMs = WATCH_MS,
): Promise<{ facts: PresentationFacts; findings: Finding[] }> {
  const clock = createVirtualClock(LIVE_START_MS + 50);
  const transport = new LiveSite(clock, flaw).transport();
  const { facts } = await gather({ transport, clock }, LIVE_MAIN, {
    segments: 'sample',
    limits: LIMITS,
    watchMs,
  });
  return { facts, findings: checkPresentation(facts) };
}

function liveOf(facts: PresentationFacts): NonNullable<HlsFacts['live']> {
  assert.ok(facts.kind === 'hls' && facts.live !== null, 'a live presentation was watched');
  return facts.live;
}

const GOOD: readonly (readonly [string, Partial<LiveServer>])[] = [
  ['low latency', {}],
  ['segments of two seconds', { segmentMs: 2_000 }],
  ['parts of a hundred milliseconds', { partMs: 100 }],
  ['requests for far parts that arrive late', { segmentMs: 2_000, farWayMs: 2_000 }],
  ['segments alone, with blocking reload', { hasParts: false, partMs: 1_000 }],
  ['segments alone, polled, without delta updates', { hasParts: false, blocks: false, skips: false }],
];

for (const [what, server] of GOOD)
  test(`nothing is found in a good broadcast: ${what}`, async () => {
    const { facts, findings } = await watch(server);
    assert.deepEqual(findings, []);
    assert.deepEqual(facts.notChecked, []);
    const { playlists } = liveOf(facts);
    assert.equal(playlists.size, 6);
    for (const { url, updates } of playlists.values()) assert.ok(updates.length >= 3, `${url} went on`);
  });

test('everything that is judged was seen in the good broadcast', async () => {
  const { facts } = await watch({});
  const seen = liveOf(facts).playlists.get('https://a.example/live/v720/index.m3u8');
  assert.ok(seen !== undefined);
  assert.ok(seen.updates.length >= 20, 'a version for each part');
  assert.ok(seen.deltas.some(({ delta }) => (delta.playlist?.skippedSegments ?? 0) > 0));
  assert.deepEqual(
    seen.probes.map(({ kind, resource }) => [kind, resource.status]),
    [
      ['segment-far', 400],
      ['part-alone', 400],
    ],
  );
  assert.ok(seen.hints.length > 0 && seen.hints.every(({ heldMs }) => (heldMs ?? 0) > 0));
  assert.ok(seen.joins.length > 0);
  assert.deepEqual([...new Set(seen.removed.map(({ kind }) => kind))].sort(), ['part', 'segment']);
  assert.ok(seen.parts.some(({ hasSync }) => hasSync === true));
});

test('a broadcast that ends while it is watched ends the watch', async () => {
  const { facts, findings } = await watch({ endsAtMs: LIVE_START_MS + 3_000 });
  assert.deepEqual(findings, []);
  for (const { updates, endedMs } of liveOf(facts).playlists.values()) {
    assert.equal(updates.at(-1)?.playlist?.isEnded, true);
    assert.ok(endedMs < 4_000, `${endedMs} ms`);
  }
});

test('a playlist is not watched when watching is not wanted', async () => {
  const { facts } = await watch({}, 0);
  assert.equal(facts.kind === 'hls' ? facts.live : undefined, null);
});

for (const { rule, how, flaw, watchMs } of LIVE_CASES)
  test(`${rule} sees ${how}`, async () => {
    const { findings } = await watch(flaw, watchMs);
    const found = [...new Set(findings.map(({ ruleId }) => ruleId))];
    assert.deepEqual(found, [rule], JSON.stringify(findings.slice(0, 6), null, 2));
  });
