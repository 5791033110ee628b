import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng, type Prng } from '#base/prng.ts';
import { DAY_MS, findTimeZone, HOUR_MS, MINUTE_MS } from '#base/time-zone.ts';
import { createWallClock, daily, layer, MONDAY_MS, naiveUser, schedule, viewOf } from './oncall-fixture.ts';
import { renderShifts, stretches } from './render.ts';
import { resolveDuty } from './resolve.ts';
import type { Layer, Override, Schedule } from './rota.ts';

const ZONES = ['Europe/Dublin', 'America/Los_Angeles', 'Asia/Singapore', 'Australia/Sydney'];

function pick<T>(prng: Prng, items: readonly T[]): T {
  return items[Math.floor(prng() * items.length)] as T;
}

/** A layer with hours and handovers by day, whole hours from six to midnight. */
function randomLayer(prng: Prng, name: string): Layer {
  const length = pick(prng, [DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 36 * HOUR_MS]);
  const handoffHour = 6 + Math.floor(prng() * 6);
  const fromHour = 6 + Math.floor(prng() * 10);
  const windows = daily(fromHour, fromHour + 1 + Math.floor(prng() * 8)).filter(() => prng() < 0.8);
  return layer({
    name,
    timeZone: pick(prng, ZONES),
    userIds: Array.from({ length: 1 + Math.floor(prng() * 4) }, (_, index) => `${name}-${index}`),
    rotation: { anchorWallMs: MONDAY_MS + handoffHour * HOUR_MS, stepMs: length },
    windows: prng() < 0.3 ? [] : windows,
  });
}

function randomOverrides(prng: Prng, own: Schedule, fromMs: number): Override[] {
  const users = own.layers.flatMap(({ userIds }) => userIds);
  return Array.from({ length: 12 }, (_, index) => {
    const startMs = fromMs + Math.floor(prng() * 400 * 1_440) * MINUTE_MS;
    return {
      id: `ovr_${index}`,
      scheduleId: prng() < 0.8 ? own.id : 'another',
      userId: prng() < 0.9 ? pick(prng, users) : 'nobody-known',
      fromMs: startMs,
      untilMs: startMs + Math.floor(1 + prng() * 3_000) * MINUTE_MS,
      createdAtMs: Math.floor(prng() * 5),
      reason: '',
    };
  });
}

/** Who has duty at an instant, from the rules alone. */
function naiveDuty(
  overrides: readonly Override[],
  own: Schedule,
  clocks: ReadonlyMap<string, (atMs: number) => number>,
  atMs: number,
): string | null {
  let best: Override | undefined;
  for (const override of overrides) {
    if (atMs < override.fromMs || atMs >= override.untilMs) continue;
    if (
      best === undefined ||
      override.createdAtMs > best.createdAtMs ||
      (override.createdAtMs === best.createdAtMs && override.id > best.id)
    )
      best = override;
  }
  if (best !== undefined) return best.userId;
  for (const part of own.layers) {
    const userId = naiveUser(part, clocks.get(part.timeZone)?.(atMs) ?? 0);
    if (userId !== null) return userId;
  }
  return null;
}

test('every minute of 400 days has exactly the person that the rules say', () => {
  const fromMs = Date.UTC(2027, 0, 1, 0, 7);
  const clocks = new Map(ZONES.map((name) => [name, createWallClock(name)]));
  // One seed minute by minute, others in steps that meet every minute of an hour.
  for (const [seed, stepMinutes] of [
    [1, 1],
    [2, 7],
    [3, 7],
    [4, 11],
  ] as const) {
    const prng = createPrng(seed);
    // A layer without hours in the hour that comes twice has no boundary there either: handovers are at six or later.
    const own = schedule('primary', randomLayer(prng, 'a'), randomLayer(prng, 'b'), randomLayer(prng, 'c'));
    const overrides = randomOverrides(prng, own, fromMs);
    const view = viewOf([own], { overrides });
    const span = { fromMs, untilMs: fromMs + 400 * DAY_MS };
    const shifts = renderShifts(view, own, span);
    assert.equal(shifts[0]?.fromMs, span.fromMs);
    assert.equal(shifts.at(-1)?.untilMs, span.untilMs);
    const counting = overrides.filter(
      ({ scheduleId, userId }) => scheduleId === own.id && userId !== 'nobody-known',
    );
    let index = 0;
    for (let atMs = fromMs; atMs < span.untilMs; atMs += stepMinutes * MINUTE_MS) {
      while ((shifts[index]?.untilMs ?? span.untilMs) <= atMs) index += 1;
      const shift = shifts[index];
      if (shift?.userId !== naiveDuty(counting, own, clocks, atMs) || shift === undefined)
        assert.fail(`seed ${seed}: ${shift?.userId} at ${new Date(atMs).toISOString()}`);
    }
  }
});

test('shifts follow each other without holes, and asking at any instant gives the same answer', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const prng = createPrng(seed);
    const own = schedule('primary', randomLayer(prng, 'a'), randomLayer(prng, 'b'));
    const fromMs = Date.UTC(2027, Math.floor(prng() * 12), 1 + Math.floor(prng() * 28), 3, 11);
    const view = viewOf([own], { overrides: randomOverrides(prng, own, fromMs) });
    const shifts = renderShifts(view, own, { fromMs, untilMs: fromMs + 60 * DAY_MS });
    for (const [index, shift] of shifts.entries()) {
      assert.ok(shift.untilMs > shift.fromMs);
      if (index > 0) assert.equal(shift.fromMs, shifts[index - 1]?.untilMs);
      for (const atMs of [shift.fromMs, shift.untilMs - 1, Math.floor((shift.fromMs + shift.untilMs) / 2)]) {
        const duty = resolveDuty(view, own, atMs);
        assert.deepEqual(
          [duty.userId, duty.layer, duty.overrideId],
          [shift.userId, shift.layer, shift.overrideId],
          `seed ${seed} at ${new Date(atMs).toISOString()}`,
        );
      }
    }
  }
});

test('a handover by the wall clock makes shifts of 23 and 25 hours when the clocks change', () => {
  const changes: [string, number, number, number][] = [
    ['Europe/Dublin', 2, 27, 23],
    ['Europe/Dublin', 9, 30, 25],
    ['America/Los_Angeles', 2, 13, 23],
    ['America/Los_Angeles', 10, 6, 25],
    ['Australia/Sydney', 3, 3, 25],
    ['Australia/Sydney', 9, 2, 23],
    ['Asia/Singapore', 2, 27, 24],
  ];
  for (const [timeZone, month, day, hours] of changes) {
    const own = schedule(
      'primary',
      layer({
        timeZone,
        userIds: ['a', 'b'],
        rotation: { anchorWallMs: MONDAY_MS + 9 * HOUR_MS, stepMs: DAY_MS },
      }),
    );
    const startMs = findTimeZone(timeZone)?.instantMs(Date.UTC(2027, month, day, 9)) ?? 0;
    const shifts = renderShifts(viewOf([own]), own, {
      fromMs: startMs - DAY_MS,
      untilMs: startMs + 3 * DAY_MS,
    });
    const shift = shifts.find(({ fromMs }) => fromMs === startMs);
    assert.equal(((shift?.untilMs ?? 0) - startMs) / HOUR_MS, hours, timeZone);
  }
});

test('hours that begin in an hour that is skipped begin at the jump; those in one that comes twice, once', () => {
  const own = schedule('primary', layer({ timeZone: 'Europe/Dublin', userIds: ['a'], windows: daily(1, 2) }));
  const on = (year: number, month: number, day: number) =>
    renderShifts(viewOf([own]), own, {
      fromMs: Date.UTC(year, month, day, -3),
      untilMs: Date.UTC(year, month, day, 12),
    })
      .filter(({ userId }) => userId !== null)
      .map(({ fromMs, untilMs }) => [new Date(fromMs).toISOString(), (untilMs - fromMs) / HOUR_MS]);
  assert.deepEqual(on(2027, 2, 28), []);
  assert.deepEqual(on(2027, 9, 31), [['2027-10-31T00:00:00.000Z', 2]]);
  assert.deepEqual(on(2027, 5, 1), [['2027-06-01T00:00:00.000Z', 1]]);
});

test('of overrides at once the newest counts, and the reasons name the older ones', () => {
  const own = schedule('primary', layer({ userIds: ['a', 'b'] }));
  const base = { scheduleId: 'primary', fromMs: MONDAY_MS, untilMs: MONDAY_MS + DAY_MS, reason: 'ill' };
  const overrides: Override[] = [
    { ...base, id: 'ovr_1', userId: 'a', createdAtMs: 1 },
    { ...base, id: 'ovr_2', userId: 'b', createdAtMs: 2, untilMs: MONDAY_MS + HOUR_MS },
  ];
  const view = viewOf([own], { overrides });
  const duty = resolveDuty(view, own, MONDAY_MS);
  assert.equal(duty.userId, 'b');
  assert.deepEqual(
    duty.reasons.map(({ code, subject }) => [code, subject]),
    [
      ['override', 'ovr_2'],
      ['older_override', 'ovr_1'],
    ],
  );
  assert.equal(resolveDuty(view, own, MONDAY_MS + HOUR_MS).userId, 'a');
  assert.equal(resolveDuty(view, own, MONDAY_MS + DAY_MS).overrideId, null);
});

test('what touches is one stretch, whatever gave it', () => {
  const own = schedule('primary', layer({ userIds: ['a'], windows: daily(0, 24) }));
  const shifts = renderShifts(viewOf([own]), own, { fromMs: MONDAY_MS, untilMs: MONDAY_MS + 30 * DAY_MS });
  assert.deepEqual(stretches(shifts), [{ userId: 'a', fromMs: MONDAY_MS, untilMs: MONDAY_MS + 30 * DAY_MS }]);
});

test('a year of a schedule is rendered in milliseconds', () => {
  const own = schedule('primary', ...['a', 'b', 'c'].map((name) => randomLayer(createPrng(7), name)));
  const startedAt = process.cpuUsage();
  renderShifts(viewOf([own]), own, { fromMs: MONDAY_MS, untilMs: MONDAY_MS + 366 * DAY_MS });
  const used = process.cpuUsage(startedAt);
  assert.ok((used.user + used.system) / 1_000 < 500, 'of CPU time, with much to spare');
});
