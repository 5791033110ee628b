// The whole way from a fault at viewers to its repair, without a hand: see story.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STEP_MS } from './stage.ts';
import { playStory } from './story.ts';

/** A bad request is known when its viewer gives up, told with the slice, and judged with the round that follows. */
const TELLING_MS = 2 * STEP_MS;

test('a fault that no server admits is found, paged, drained, lifted, restored and told', async () => {
  const chapters: string[] = [];
  const story = await playStory((text) => chapters.push(text));
  const told = chapters.join('\n');
  // Found: by the burn table's time, and what it takes to tell.
  assert.ok(story.pageMs <= story.formulaMs + STEP_MS + TELLING_MS, told);
  // One incident, whose evidence names the place.
  assert.equal(story.incidentCount, 1, told);
  assert.equal(story.incident.labels.region, 'dublin', told);
  assert.ok(
    story.incident.alerts.some(({ labels }) => labels.site === 'dublin-1'),
    told,
  );
  // The one who has duty, and nobody else, was told.
  assert.deepEqual([...new Set(story.toldPaths)], [`/${story.onDuty}-push`], told);
  // Repaired by the runbook, within half a minute of the page.
  assert.equal(story.drainRun.status, 'succeeded', told);
  assert.equal(story.drainRun.isAutomatic, true);
  assert.ok(story.repairMs <= 30_000, told);
  assert.equal(story.lostViewers, 0, told);
  assert.equal(story.restoreRun.status, 'succeeded', told);
  // Over by itself, and told as it was.
  assert.equal(story.incident.state, 'resolved');
  const kinds = new Set(story.timeline.map(({ kind }) => kind));
  for (const kind of ['alert', 'page', 'action', 'drain', 'state'] as const) assert.ok(kinds.has(kind), told);
  const { times } = story.postmortem;
  assert.ok(times.recoverMs !== null && times.recoverMs > 0, told);
  assert.match(story.postmortem.markdown, /<svg/);
});
