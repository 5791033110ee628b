// The filter that Shaka is given.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ShakaRequest, shakaFailover } from './recommended-settings.ts';

test('a retry goes to the next region, and later requests avoid the one that failed', () => {
  let nowMs = 0;
  const filter = shakaFailover(['http://h:1', 'http://h:2/'], () => nowMs);
  const first: { uris: string[]; attempt: number } = { uris: ['http://h:1/x/1.m4s'], attempt: 0 };
  filter(1, first);
  assert.deepEqual(first.uris, ['http://h:1/x/1.m4s']);
  first.attempt = 1;
  filter(1, first);
  assert.deepEqual(first.uris, ['http://h:2/x/1.m4s']);

  const next: ShakaRequest = { uris: ['http://h:1/x/2.m4s', 'http://h:2/x/2.m4s'], attempt: 0 };
  filter(1, next);
  assert.deepEqual(next.uris, ['http://h:2/x/2.m4s', 'http://h:2/x/2.m4s']);

  nowMs = 31_000;
  const later: ShakaRequest = { uris: ['http://h:1/x/3.m4s'], attempt: 0 };
  filter(1, later);
  assert.deepEqual(later.uris, ['http://h:1/x/3.m4s']);
});

test('addresses that belong to no edge are left alone', () => {
  const request: ShakaRequest = { uris: ['https://licence/x'], attempt: 0 };
  shakaFailover(['http://h:1'], () => 0)(2, request);
  assert.deepEqual(request.uris, ['https://licence/x']);
});
