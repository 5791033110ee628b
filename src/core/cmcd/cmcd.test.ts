// CMCD: lines as players write them are read back, rubbish is told, and a viewing's events add up to what the viewer saw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, number, tellableUrl, text, token, writeCmcdLine } from '../playback/cmcd-line.ts';
import { type CmcdPairs, pairsOfJson, parseCmcd } from './parse-cmcd.ts';
import { beginFigures, outcomeOf, takeEvent } from './viewing.ts';

function pairsOf(line: string): CmcdPairs {
  const pairs = parseCmcd(line);
  assert.ok(typeof pairs !== 'string', `${line}: ${String(pairs)}`);
  return pairs;
}

test('a line holds numbers, strings, tokens, flags and lists, and the writer and the reader agree', () => {
  // As the Common Media Library writes it, and as version 1 has it.
  const line =
    'bl=(12000),br=(3000;v 128;a),e=rr,ec=("x"),ltc=2300,com.example-late,rc=200,sid="a,b=\\"c\\"",su,ts=1700000000000,ttfb=12.4,v=2';
  const pairs = pairsOf(line);
  assert.equal(pairs.get('br'), 3_000);
  assert.equal(pairs.get('sid'), 'a,b="c"');
  assert.equal(pairs.get('su'), true);
  assert.equal(pairs.get('com.example-late'), true);
  assert.equal(pairs.get('ec'), 'x');
  assert.equal(pairs.get('ttfb'), 12.4);
  assert.equal(pairsOf('bl=21300,br=3200,bs,ot=v,sid="6e2f"').get('ot'), 'v');
  const written = writeCmcdLine({
    sid: text('x"y\\z'),
    e: token('ps'),
    bl: list(1_200.4),
    ts: number(17.6),
    cid: undefined,
  });
  assert.equal(written, 'bl=(1200),e=ps,sid="x\\"y\\\\z",ts=18');
  assert.equal(pairsOf(written).get('sid'), 'x"y\\z');
});

test('rubbish is told from events, with the place that is wrong', () => {
  for (const [line, problem] of [
    ['=1', /no key/],
    ['a b=1', /no key/],
    ['sid="x', /value of sid/],
    ['br=(1 2', /value of br/],
    ['br=(1 (2))', /value of br/],
    ['br=', /value of br/],
    ['sid="x"y', /no comma/],
    ['x'.repeat(5_000), /longer than/],
    [Array.from({ length: 200 }, (_, index) => `k${index}`).join(','), /more than 100 keys/],
  ] as const) {
    const found = parseCmcd(line);
    assert.ok(typeof found === 'string', `${line.slice(0, 30)} is taken`);
    assert.match(found, problem);
  }
  assert.match(String(pairsOfJson([1])), /no JSON object/);
  assert.match(String(pairsOfJson({ sid: { a: 1 } })), /value of sid/);
  assert.deepEqual(
    pairsOfJson({ sid: 'x', br: [3_000, 2], su: true }),
    new Map<string, unknown>([
      ['sid', 'x'],
      ['br', 3_000],
      ['su', true],
    ]),
  );
});

test('a viewing starts, plays, stalls and ends, and time counts for the state in which it passed', () => {
  const figures = beginFigures(0);
  const take = (line: string, atMs: number) => takeEvent(figures, pairsOf(line), atMs);
  take('e=ps,sta=s', 1_000);
  const start = take('e=ps,sta=p', 1_600);
  assert.deepEqual([start.start, start.startupMs], ['ok', 600]);
  assert.equal(take('e=ps,sta=r', 5_600).playMs, 4_000);
  assert.equal(take('e=ps,sta=p', 7_100).stallMs, 1_500);
  const told = take('e=t,br=(2500),ltc=1800', 8_100);
  assert.deepEqual([told.playMs, told.bitrateKbps, told.latencyMs], [1_000, 2_500, 1_800]);
  // What comes late changes no time, and a silence of hours is none of playing.
  assert.equal(take('e=t', 7_000).playMs, 0);
  assert.equal(take('e=ps,sta=e', 8_100 + 7_200_000).playMs, 60_000);
  assert.deepEqual(
    [figures.stalls, figures.stallMs, figures.playMs, figures.endedAtMs],
    [1, 1_500, 65_000, 7_208_100],
  );
});

test('a start that fails is told once, and one that was counted elsewhere is not counted again', () => {
  const failing = beginFigures(0);
  takeEvent(failing, pairsOf('e=ps,sta=s'), 0);
  assert.equal(takeEvent(failing, pairsOf('e=ps,sta=f'), 900).start, 'failed');
  takeEvent(failing, pairsOf('e=ps,sta=s'), 1_000);
  assert.equal(takeEvent(failing, pairsOf('e=ps,sta=f'), 1_500).start, null);
  const moved = beginFigures(0);
  assert.equal(takeEvent(moved, pairsOf('e=t,sta=p'), 0).start, null);
  assert.equal(takeEvent(moved, pairsOf('e=ps,sta=r'), 2_000).stalls, 1);
  assert.equal(moved.startupMs, null);
});

test('who leaves before the first picture had none after waiting for it, and swiped on otherwise', () => {
  for (const [waitedMs, start] of [
    [4_900, null],
    [5_000, 'failed'],
  ] as const) {
    const figures = beginFigures(0);
    takeEvent(figures, pairsOf('e=ps,sta=s'), 0);
    assert.equal(takeEvent(figures, pairsOf('e=ps,sta=q'), waitedMs).start, start);
  }
  const watched = beginFigures(0);
  takeEvent(watched, pairsOf('e=ps,sta=s'), 0);
  takeEvent(watched, pairsOf('e=ps,sta=p'), 400);
  assert.equal(takeEvent(watched, pairsOf('e=ps,sta=q'), 60_000).start, null);
});

test('responses are ok, failed or late, and links that lead nowhere are nobody’s fault', () => {
  for (const [line, outcome] of [
    ['rc=200,ttfb=20,ttlb=400', 'ok'],
    ['rc=200,ttfb=900,ttlb=1500,dl=1000', 'late'],
    ['rc=200,ttfb=30,ttlb=1500,dl=1000', 'ok'],
    ['rc=0', 'failed'],
    ['rc=503', 'failed'],
    ['rc=404', 'ok'],
    ['rc=404,meridian-verdict=failed', 'failed'],
    ['rc=0,meridian-verdict=late', 'late'],
  ] as const)
    assert.equal(outcomeOf(pairsOf(line), 'media'), outcome, line);
});

test('an address is told without the token that opens it', () => {
  assert.equal(tellableUrl('http://e/t/secret/m/p/a/v1/1.m4s?CMCD=x'), 'http://e/t/-/m/p/a/v1/1.m4s');
  assert.equal(tellableUrl('http://e/steering/hls.json?g=a&s=b&t=live'), 'http://e/steering/hls.json?t=live');
});
