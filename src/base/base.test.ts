import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDurationMs, parseDurationMs } from './duration.ts';
import { distanceKm } from './geo.ts';
import { makeId } from './ids.ts';
import { nearestWord } from './nearest.ts';
import { createPrng, hash32 } from './prng.ts';

test('identifiers sort by time and use all of their random bits', () => {
  const zeros = new Uint8Array(10);
  const ones = new Uint8Array(10).fill(255);
  assert.equal(makeId('ast', 0, zeros), `ast_${'0'.repeat(26)}`);
  assert.equal(makeId('ast', 0, ones), `ast_${'0'.repeat(10)}${'z'.repeat(16)}`);
  assert.ok(makeId('ast', 1_000, ones) < makeId('ast', 1_001, zeros));
});

test('durations are read and written', () => {
  const cases: [string, number | undefined][] = [
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1.5s', 1_500],
    ['5', undefined],
    ['-1s', undefined],
    ['1w', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDurationMs(text), expected, text);
  assert.deepEqual([950, 1_400, 300_000, 8_000_000].map(formatDurationMs), [
    '950 ms',
    '1.4 s',
    '5 min',
    '2.2 h',
  ]);
});

test('the nearest word is offered only when it is near', () => {
  assert.equal(nearestWord('prot', ['port', 'host']), 'port');
  assert.equal(nearestWord('dataDirectroy', ['dataDirectory', 'demo']), 'dataDirectory');
  assert.equal(nearestWord('xyzzy', ['port', 'host']), undefined);
});

test('equal seeds give equal chance, spread over the whole range', () => {
  const left = createPrng(7);
  const right = createPrng(7);
  const values = Array.from({ length: 1_000 }, () => left());
  assert.deepEqual(
    values.slice(0, 10),
    Array.from({ length: 10 }, () => right()),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.03 && Math.min(...values) >= 0 && Math.max(...values) < 1);
  assert.equal(hash32('a'), 0xe40c292c);
});

test('distances on the earth', () => {
  const singapore = { latitude: 1.35, longitude: 103.82 };
  const dublin = { latitude: 53.35, longitude: -6.26 };
  assert.ok(Math.abs(distanceKm(singapore, dublin) - 11_200) < 100);
  assert.equal(distanceKm(dublin, dublin), 0);
});
