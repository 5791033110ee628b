import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { HOT_OBJECTS_MAX, REPORTED_PROJECTS_MAX } from '#contract/limits.ts';
import { createEdgeTally } from './edge-tally.ts';

function world() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  const tally = createEdgeTally(clock);
  return { clock, tally };
}

test('a quiet edge notes every request', () => {
  const { clock, tally } = world();
  for (let count = 0; count < 3; count += 1) tally.note('/m/p/a/v1/1.m4s');
  tally.note('/m/p/a/v1/2.m4s');
  clock.nowMs = 2_000;
  const { hotObjects } = tally.report();
  assert.deepEqual(hotObjects, [
    { path: '/m/p/a/v1/1.m4s', requestsPerSecond: 1.5 },
    { path: '/m/p/a/v1/2.m4s', requestsPerSecond: 0.5 },
  ]);
});

test('a busy edge finds what is hot among a flood of cold objects, and about how hot', () => {
  const { clock, tally } = world();
  const random = createPrng(11);
  let report = tally.report();
  for (let second = 1; second <= 60; second += 1) {
    for (let count = 0; count < 2_000; count += 1)
      tally.note(random() < 0.25 ? '/hot' : `/cold/${Math.floor(random() * 100_000)}`);
    if (second % 2 === 0) {
      clock.nowMs = second * 1_000;
      report = tally.report();
    }
  }
  assert.equal(report.hotObjects[0]?.path, '/hot');
  assert.equal(report.hotObjects.length <= HOT_OBJECTS_MAX, true);
  const perSecond = report.hotObjects[0]?.requestsPerSecond ?? 0;
  assert.equal(perSecond > 350 && perSecond < 700, true, `500 were asked, ${perSecond} reported`);
});

test('what nobody asks for any more leaves the list', () => {
  const { clock, tally } = world();
  for (let count = 0; count < 40; count += 1) tally.note('/old');
  for (let beat = 1; beat <= 200; beat += 1) {
    clock.nowMs = beat * 2_000;
    tally.report();
  }
  assert.deepEqual(tally.report().hotObjects, []);
});

test('bytes are counted by project, and past the limit together', () => {
  const { tally } = world();
  tally.bytesOf('first').value += 10;
  tally.bytesOf('first').value += 5;
  for (let count = 0; count < REPORTED_PROJECTS_MAX + 50; count += 1) tally.bytesOf(`p${count}`).value += 1;
  const { bytesByProject } = tally.report();
  assert.equal(bytesByProject.first, 15);
  assert.equal(Object.keys(bytesByProject).length, REPORTED_PROJECTS_MAX + 1);
  assert.equal(bytesByProject[''], 51);
});
