// Reading steering answers and asking the next question.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  questionUrls,
  readSteering,
  TTL_DEFAULT_MS,
  TTL_MAX_MS,
  TTL_MIN_MS,
  withClones,
} from './steering.ts';

test('an answer is read with its limits', () => {
  const table = [
    [{ VERSION: 1, TTL: 5 }, 5_000],
    [{ VERSION: 1 }, TTL_DEFAULT_MS],
    [{ VERSION: 1, TTL: 0 }, TTL_MIN_MS],
    [{ VERSION: 1, TTL: 1e9 }, TTL_MAX_MS],
    [{ VERSION: 1, TTL: Number.NaN }, TTL_DEFAULT_MS],
  ] as const;
  for (const [value, ttlMs] of table) assert.equal(readSteering(value, 'https://a/s')?.ttlMs, ttlMs);
});

test('whatever is no steering manifest of version 1 is refused', () => {
  for (const value of [null, 'x', [], {}, { VERSION: 2, TTL: 5 }])
    assert.equal(readSteering(value, 'https://a/s'), undefined);
});

test('a relative RELOAD-URI is resolved against the address asked, and nonsense ignored', () => {
  const read = (uri: unknown) =>
    readSteering({ VERSION: 1, 'RELOAD-URI': uri }, 'https://a/steering/x')?.reloadUrl;
  assert.equal(read('y?s=1'), 'https://a/steering/y?s=1');
  assert.equal(read('https://b/z'), 'https://b/z');
  assert.equal(read('https://'), undefined);
  assert.equal(read(7), undefined);
});

test('every edge is asked, the named one first, with the client parameters', () => {
  const urls = questionUrls('https://b/steering/hls.json', ['https://a:1/', 'https://b/', 'https://c/'], {
    pathwayId: 'b',
    throughputBps: 1_234_567.8,
    sessionId: 'abc',
    group: 'eu',
  });
  const query = '_HLS_pathway=b&_HLS_throughput=1234568&s=abc&g=eu';
  assert.deepEqual(urls, [
    `https://b/steering/hls.json?${query}`,
    `https://a:1/steering/hls.json?${query}`,
    `https://c/steering/hls.json?${query}`,
  ]);
});

test('session and group that steering has put into its own address are kept', () => {
  const [url] = questionUrls('https://b/s?s=other&g=asia', [], {
    pathwayId: 'b',
    throughputBps: 1,
    sessionId: 'abc',
    group: 'eu',
  });
  assert.equal(url, 'https://b/s?s=other&g=asia&_HLS_pathway=b&_HLS_throughput=1');
});

test('a clone becomes a route, with a port when it names one', () => {
  const answer = readSteering(
    {
      VERSION: 1,
      'PATHWAY-CLONES': [
        { 'BASE-ID': 'a', ID: 'c', 'URI-REPLACEMENT': { HOST: 'c:9000' } },
        { 'BASE-ID': 'nobody', ID: 'd', 'URI-REPLACEMENT': { HOST: 'd' } },
        { ID: 'e' },
      ],
    },
    'https://a/s',
  );
  const routes = withClones([{ pathwayId: 'a', prefix: 'https://a:1/x/' }], answer?.clones ?? []);
  assert.deepEqual(routes.slice(1), [{ pathwayId: 'c', prefix: 'https://c:9000/x/' }]);
});
