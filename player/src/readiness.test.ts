// Reading status.json, and how often it is asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pollDelayMs, readStatus } from './readiness.ts';

test('a status is read; whatever is none is not', () => {
  assert.deepEqual(readStatus('{"state":"growing","isPlayable":true,"durationMs":1}'), {
    state: 'growing',
    isPlayable: true,
    failure: undefined,
  });
  assert.equal(
    readStatus('{"state":"failed","isPlayable":false,"failure":"It is empty."}')?.failure,
    'It is empty.',
  );
  for (const text of ['', 'null', '[]', '{"state":"odd"}', '{"isPlayable":true}'])
    assert.equal(readStatus(text), undefined);
});

test('only an explicit yes is playable', () => {
  assert.equal(readStatus('{"state":"processing","isPlayable":"yes"}')?.isPlayable, false);
});

test('asked closely at first, seldom later', () => {
  assert.deepEqual([0, 9_999, 29_999, 30_000, 300_000].map(pollDelayMs), [100, 100, 250, 1_000, 5_000]);
});
