// Burn, budgets and detection times, by the check values of the workbook and in virtual time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { burnTiers, detectionMs } from './burn-tiers.ts';
import { type BudgetReading, type FiredAt, judgeBudget } from './judge.ts';
import { BudgetLedger } from './ledger.ts';
import { ROLLUP_MS, type SloDefinition } from './slo.ts';
import { SlotRing } from './slot-ring.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Any moment that begins a slice. */
const START_MS = 1_800_000_000_000;

function sloOf(changes: Partial<SloDefinition> = {}): SloDefinition {
  const periodMs = changes.periodMs ?? 30 * DAY_MS;
  const total = { series: ['viewer_requests'], labels: {} };
  return {
    name: 'playback',
    displayName: 'Playback',
    description: '',
    service: 'playback',
    indicator: { kind: 'ratio', good: total, total },
    method: 'RatioTimeslices',
    target: 0.999,
    periodMs,
    sliceMs: ROLLUP_MS,
    sliceTarget: 0.99,
    groups: [[]],
    tiers: burnTiers(periodMs),
    eventsMin: 10,
    runbook: null,
    ...changes,
  };
}

/** A budget in virtual time: each step is one slice of so many events, of which a share is bad. */
function run(slo: SloDefinition) {
  const ledger = new BudgetLedger(slo);
  const firedAt: FiredAt = new Map();
  let nowMs = START_MS;
  return {
    ledger,
    now: () => nowMs,
    step(total: number, badShare: number): BudgetReading {
      ledger.add(nowMs, total * (1 - badShare), total);
      nowMs += ROLLUP_MS;
      ledger.advance(nowMs);
      return judgeBudget(slo, ledger, firedAt, nowMs);
    },
    judge: () => judgeBudget(slo, ledger, firedAt, nowMs),
  };
}

function verdicts({ tiers }: BudgetReading): string[] {
  return tiers.map(({ verdict }) => verdict);
}

test('the tiers of 30 days are those of the workbook', () => {
  const tiers = burnTiers(30 * DAY_MS);
  assert.deepEqual(
    tiers.map(({ name, severity, longMs, shortMs, burn }) => [name, severity, longMs, shortMs, burn]),
    [
      ['1h', 'page', HOUR_MS, 5 * 60_000, 14.4],
      ['6h', 'page', 6 * HOUR_MS, 30 * 60_000, 6],
      ['3d', 'ticket', 3 * DAY_MS, 6 * HOUR_MS, 1],
    ],
  );
});

test('four weeks keep the windows, and shorter periods shrink them', () => {
  assert.deepEqual(
    burnTiers(28 * DAY_MS).map(({ burn }) => Math.round(burn * 1_000) / 1_000),
    [13.44, 5.6, 0.933],
  );
  const week = burnTiers(7 * DAY_MS);
  assert.deepEqual(
    week.map(({ longMs }) => longMs),
    [840_000, 84 * 60_000, 16.8 * HOUR_MS],
  );
  assert.deepEqual(
    week.map(({ burn }) => Math.round(burn * 1_000) / 1_000),
    [14.4, 6, 1],
  );
});

test('the time to detect follows the formula', () => {
  const times = (share: number) =>
    burnTiers(30 * DAY_MS).map((tier) => Math.round(detectionMs(tier, 0.999, share)));
  assert.deepEqual(times(1), [51_840, 129_600, 259_200]);
  assert.deepEqual(times(0.1), [518_400, 1_296_000, 2_592_000]);
});

describe('detection in virtual time is within one step of the formula', () => {
  for (const method of ['Occurrences', 'RatioTimeslices'] as const)
    for (const historyMs of [0, 10 * 60_000, 2 * HOUR_MS])
      for (const share of [1, 0.1])
        test(`${method}, ${historyMs / 60_000} min of history, ${share * 100} % errors`, () => {
          const slo = sloOf({ method });
          const own = run(slo);
          while (own.now() < START_MS + historyMs) assert.equal(own.step(200, 0).tiers[0]?.verdict, 'calm');
          const faultAtMs = own.now();
          while (own.step(200, share).tiers[0]?.verdict !== 'burning')
            assert.ok(own.now() - faultAtMs < HOUR_MS, 'detected at all');
          const lateMs = own.now() - faultAtMs - detectionMs(slo.tiers[0] as never, slo.target, share);
          assert.ok(lateMs > 0 && lateMs <= ROLLUP_MS, `${lateMs} ms after the formula`);
        });
});

test('a slice below its target is bad as a whole, and the budget is counted in slices', () => {
  // OpenSLO's example: a week at 99.95 % allows 5 min 2.4 s.
  const slo = sloOf({ method: 'Timeslices', target: 0.9995, sliceTarget: 0.9, periodMs: 7 * DAY_MS });
  const own = run(slo);
  own.step(100, 0.05);
  const reading = own.step(100, 0.2);
  assert.equal(reading.bad, 1);
  assert.equal(Math.round(reading.allowed * ROLLUP_MS), 302_400);
});

test('one bad event of one in an hour of minutes burns sixty times less than it naively would', () => {
  const slo = sloOf({ method: 'Timeslices', sliceMs: 60_000, eventsMin: 1 });
  const own = run(slo);
  const [hour] = own.step(1, 1).tiers;
  assert.equal(hour?.longBurn, 1 / 60 / (1 - 0.999));
});

test('few events never call anybody', () => {
  const own = run(sloOf({ eventsMin: 30 }));
  for (let slice = 0; slice < 28; slice += 1) own.step(1, 1);
  assert.deepEqual(verdicts(own.step(1, 1)), ['too-few-events', 'too-few-events', 'calm']);
  assert.deepEqual(verdicts(own.step(1, 1)), ['burning', 'held-back', 'calm']);
});

test('a quiet hour with one bad request in ten thousand pages nobody', () => {
  const prng = createPrng(7);
  for (const method of ['Occurrences', 'RatioTimeslices'] as const) {
    const own = run(sloOf({ method }));
    for (let slice = 0; slice < 720; slice += 1) {
      const total = 20 + Math.floor(prng() * 200);
      const bad = prng() < total / 10_000 ? 1 : 0;
      const [hour, sixHours] = own.step(total, bad / total).tiers;
      assert.notEqual(hour?.verdict, 'burning');
      assert.notEqual(sixHours?.verdict, 'burning');
    }
  }
});

test('slower tiers are held back while a faster one fires, and do not repeat it afterwards', () => {
  const own = run(sloOf());
  for (let slice = 0; slice < 720; slice += 1) own.step(200, 0);
  let reading = own.judge();
  for (let slice = 0; slice < 60; slice += 1) reading = own.step(200, 1);
  assert.deepEqual(verdicts(reading), ['burning', 'held-back', 'held-back']);
  // The fault ends; nobody asks here any more, so that nothing says that it is well.
  let pages = 0;
  for (let slice = 0; slice < 4_320; slice += 1) {
    reading = own.step(0, 0);
    if (reading.tiers[0]?.verdict === 'burning') pages += 1;
    assert.notEqual(reading.tiers[1]?.verdict, 'burning');
  }
  assert.ok(pages * ROLLUP_MS <= 5 * 60_000, 'over when the short window has forgotten');
});

test('a burn that goes on below the fast limit is told by the slower tier', () => {
  const own = run(sloOf());
  let firstAtMs: number | null = null;
  for (let slice = 0; slice < 4_320; slice += 1) {
    const reading = own.step(200, 0.008);
    assert.notEqual(reading.tiers[0]?.verdict, 'burning');
    if (reading.tiers[1]?.verdict === 'burning') firstAtMs ??= own.now();
  }
  const expectedMs = detectionMs({ longMs: 6 * HOUR_MS, burn: 6 }, 0.999, 0.008);
  const lateMs = (firstAtMs ?? Number.NaN) - START_MS - expectedMs;
  assert.ok(lateMs > 0 && lateMs <= ROLLUP_MS, `${lateMs} ms after the formula`);
});

test('a minute of good events ends a fast burn, long before its short window has forgotten', () => {
  const own = run(sloOf());
  for (let slice = 0; slice < 24; slice += 1) own.step(200, 1);
  const endedAtMs = own.now();
  while (own.step(200, 0).tiers[0]?.verdict === 'burning') assert.ok(own.now() - endedAtMs < 70_000);
  assert.equal(own.judge().tiers[0]?.verdict, 'over');
  // It comes back: at once, since the windows remember.
  assert.equal(own.step(200, 1).tiers[0]?.verdict, 'burning');
});

test('late points correct their slice and every sum', () => {
  for (const method of ['Occurrences', 'Timeslices', 'RatioTimeslices'] as const) {
    const slo = sloOf({ method });
    const inOrder = new BudgetLedger(slo);
    const late = new BudgetLedger(slo);
    const prng = createPrng(3);
    const points = Array.from({ length: 500 }, (_, index) => {
      const total = 1 + Math.floor(prng() * 50);
      return { atMs: START_MS + index * ROLLUP_MS, total, good: Math.floor(prng() * (total + 1)) };
    });
    for (const { atMs, good, total } of points) inOrder.add(atMs, good, total);
    const shuffled = points
      .flatMap((point) => [
        { ...point, good: Math.min(1, point.good), total: 1 },
        { ...point, good: point.good - Math.min(1, point.good), total: point.total - 1 },
      ])
      .map((point) => ({ point, order: prng() }))
      .sort((left, right) => left.order - right.order);
    for (const { point } of shuffled) late.add(point.atMs, point.good, point.total);
    const endMs = START_MS + 500 * ROLLUP_MS;
    for (const ledger of [inOrder, late]) ledger.advance(endMs);
    const sums = (ledger: BudgetLedger) =>
      [...ledger.tiers().flatMap(({ long, short, recent }) => [long, short, recent]), ledger.period()].map(
        ({ bad, events }) => [Math.round(bad * 1e6) / 1e6, events],
      );
    assert.deepEqual(sums(late), sums(inOrder), method);
  }
});

test('a ledger goes on after a restart as if nothing had been, with its newest hour told again', () => {
  for (const method of ['Occurrences', 'Timeslices', 'RatioTimeslices'] as const) {
    const slo = sloOf({ method });
    const first = run(slo);
    const badShareOf = (slice: number) => (slice % 50 === 0 ? 0.5 : 0);
    for (let slice = 0; slice < 2_000; slice += 1) first.step(100, badShareOf(slice));
    const state = JSON.parse(JSON.stringify(first.ledger.state(first.now())));
    const second = new BudgetLedger(slo);
    assert.ok(second.restore(state));
    // Everything is told again: what the state covers is left out.
    for (let slice = 0; slice < 2_000; slice += 1)
      second.recall(START_MS + slice * ROLLUP_MS, 100 * (1 - badShareOf(slice)), 100);
    second.advance(first.now());
    const read = (ledger: BudgetLedger) =>
      [...ledger.tiers().flatMap(({ long, short }) => [long, short]), ledger.period()].map(
        ({ bad, events }) => [bad.toFixed(6), events],
      );
    assert.deepEqual(read(second), read(first.ledger), method);
    assert.equal(second.firstAtMs, first.ledger.firstAtMs);
    assert.equal(new BudgetLedger({ ...slo, tiers: slo.tiers.slice(1, 2) }).restore(state), false);
  }
});

test('running sums are what adding up anew would give, across gaps and turns of the ring', () => {
  const ring = new SlotRing(10, [50, 200]);
  const prng = createPrng(11);
  const values = new Map<number, number>();
  let head = 1_000;
  for (let round = 0; round < 2_000; round += 1) {
    if (prng() < 0.3) head += prng() < 0.05 ? 25 : 1;
    ring.advance(head * 10);
    const slot = head - Math.floor(prng() * 25);
    const isTaken = ring.add(slot * 10, 1, 2);
    assert.equal(isTaken, head - slot < 20);
    if (isTaken) values.set(slot, (values.get(slot) ?? 0) + 1);
    for (const [index, slots] of [5, 20].entries()) {
      let expected = 0;
      for (let at = head - slots + 1; at <= head; at += 1) expected += values.get(at) ?? 0;
      assert.deepEqual(ring.read(index), { bad: expected, events: expected * 2 });
    }
  }
});
