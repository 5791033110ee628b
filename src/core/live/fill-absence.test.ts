import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Absence, fillUntilUs } from './fill-absence.ts';

const POLICY = { linkWaitMs: 700, lagMs: 300, fillMsMax: 30_000 };
const LAST_US = 5_000_000;

const until = (kind: Absence['kind'], quietMs: number): number | null =>
  fillUntilUs({ kind, lastUs: LAST_US, quietMs }, POLICY);

test('what a publisher leaves when it goes is filled at once, a lag behind the moment', () => {
  assert.equal(until('gone', 300), null);
  assert.equal(until('gone', 450), LAST_US + 150_000);
  assert.equal(until('gone', 2_300), LAST_US + 2_000_000);
});

test('a link that broke is waited for first', () => {
  assert.equal(until('unheard', 699), null);
  assert.equal(until('unheard', 700), LAST_US + 400_000);
});

test('a long absence is filled for as long as holes are', () => {
  assert.equal(until('gone', 3_600_000), LAST_US + 30_000_000);
});
