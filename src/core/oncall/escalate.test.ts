import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { MINUTE_MS } from '#base/time-zone.ts';
import {
  type EscalationEffect,
  type EscalationEvent,
  type EscalationState,
  type EscalationStep,
  LAST_RESORTS_MAX,
  NEW_ESCALATION,
  stepEscalation,
} from './escalate.ts';
import { layer, MONDAY_MS, policy, schedule, user, viewOf } from './oncall-fixture.ts';
import type { Policy, RotaView } from './rota.ts';
import { simulatePage } from './simulate.ts';

const NOW_MS = MONDAY_MS + 12 * 60 * MINUTE_MS;
const primary = schedule('primary', layer({ userIds: ['ann'] }));
const secondary = schedule('secondary', layer({ userIds: ['bob'] }));
const toSchedule = (scheduleId: string) => ({ kind: 'schedule' as const, scheduleId });
const TWO_STEPS = policy({
  steps: [
    { targets: [toSchedule('primary')], acknowledgeWithinMs: 5 * MINUTE_MS },
    { targets: [toSchedule('secondary')], acknowledgeWithinMs: 10 * MINUTE_MS },
  ],
  repeats: 1,
});

/** Runs the machine as control does: a tick whenever it asks for one, until a time; events in between. */
function play(
  own: Policy,
  view: RotaView,
  untilMs: number,
  events: readonly (readonly [number, EscalationEvent])[] = [],
): { log: [number, EscalationEffect][]; state: EscalationState } {
  const log: [number, EscalationEffect][] = [];
  const waiting = [...events];
  let step: EscalationStep = { state: NEW_ESCALATION, effects: [], wakeAtMs: NOW_MS };
  const apply = (atMs: number, event: EscalationEvent): void => {
    step = stepEscalation(step.state, event, atMs, own, view);
    for (const effect of step.effects) log.push([(atMs - NOW_MS) / MINUTE_MS, effect]);
  };
  apply(NOW_MS, { kind: 'start' });
  for (;;) {
    const next = waiting[0];
    const wakeAtMs = step.wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (next !== undefined && next[0] <= wakeAtMs) {
      waiting.shift();
      apply(...next);
    } else if (wakeAtMs <= untilMs) apply(wakeAtMs, { kind: 'tick' });
    else return { log, state: step.state };
  }
}

/** `5 1.2 bob bob-push`: minute, place, user, channel. */
function pagesOf(log: readonly [number, EscalationEffect][]): string[] {
  return log.flatMap(([minute, effect]) =>
    effect.kind === 'page'
      ? [`${minute} ${effect.key.split('/')[0]} ${effect.userId} ${effect.channelId}`]
      : [],
  );
}

const at = (minutes: number): number => NOW_MS + minutes * MINUTE_MS;

test('steps, repeats, then the last resort again and again', () => {
  const { log, state } = play(TWO_STEPS, viewOf([primary, secondary]), at(60));
  assert.deepEqual(pagesOf(log), [
    '0 1.1 ann ann-push',
    '5 1.2 bob bob-push',
    '15 2.1 ann ann-push',
    '20 2.2 bob bob-push',
    '30 2.last.1 null everybody',
    '45 2.last.2 null everybody',
    '60 2.last.3 null everybody',
  ]);
  assert.equal(state.status, 'paging');
});

test('an acknowledgement ends it, also the pages that would have come later', () => {
  const contacts = [
    { channelId: 'ann-push', afterMs: 0 },
    { channelId: 'ann-phone', afterMs: 2 * MINUTE_MS },
  ];
  const view = viewOf([primary, secondary], { users: [user('ann', { contacts })] });
  const early = play(TWO_STEPS, view, at(60), [[at(1), { kind: 'acknowledge', userId: 'ann' }]]);
  assert.deepEqual(pagesOf(early.log), ['0 1.1 ann ann-push']);
  assert.deepEqual([early.state.status, early.state.acknowledgedBy], ['acknowledged', 'ann']);
  const later = play(TWO_STEPS, view, at(4));
  assert.deepEqual(pagesOf(later.log), ['0 1.1 ann ann-push', '2 1.1 ann ann-phone']);
});

test('an acknowledgement that is not followed by an end expires, and pages under new keys', () => {
  const own = { ...TWO_STEPS, acknowledgementExpiresMs: 30 * MINUTE_MS };
  const { log } = play(own, viewOf([primary, secondary]), at(40), [
    [at(1), { kind: 'acknowledge', userId: 'ann' }],
  ]);
  assert.deepEqual(pagesOf(log), ['0 1.1 ann ann-push', '31 2.1 ann ann-push', '36 2.2 bob bob-push']);
  assert.ok(log.some(([minute, { kind }]) => minute === 31 && kind === 'acknowledgement_expired'));
});

test('a step that reaches nobody is left at once, and says why', () => {
  const empty = schedule('primary', layer({ userIds: ['ann'], windows: [{ startMinute: 0, minutes: 1 }] }));
  const silent = viewOf([empty, secondary]);
  const { log } = play(TWO_STEPS, silent, at(1));
  assert.deepEqual(pagesOf(log), ['0 1.2 bob bob-push']);
  const [nobody] = log;
  assert.equal(nobody?.[1].kind, 'nobody');
  assert.deepEqual(nobody?.[1].kind === 'nobody' ? nobody[1].reasons.map(({ code }) => code) : [], [
    'step',
    'outside_hours',
    'uncovered',
  ]);
  const unreachable = viewOf([primary, secondary], { users: [user('ann', { contacts: [] })] });
  assert.deepEqual(pagesOf(play(TWO_STEPS, unreachable, at(1)).log), ['0 1.2 bob bob-push']);
  const gone = viewOf([secondary]);
  assert.deepEqual(pagesOf(play(TWO_STEPS, gone, at(1)).log), ['0 1.2 bob bob-push']);
  const noneAtAll = play(TWO_STEPS, viewOf([]), at(1));
  assert.deepEqual(pagesOf(noneAtAll.log), ['0 2.last.1 null everybody']);
});

test('somebody whom two targets lead to is paged once', () => {
  const own = policy({
    steps: [
      {
        targets: [
          toSchedule('primary'),
          { kind: 'user', userId: 'ann' },
          { kind: 'channel', channelId: 'room' },
        ],
        acknowledgeWithinMs: 5 * MINUTE_MS,
      },
    ],
  });
  assert.deepEqual(pagesOf(play(own, viewOf([primary]), at(1)).log), [
    '0 1.1 null room',
    '0 1.1 ann ann-push',
  ]);
});

test('whoever has duty at a step is paged: a handover in between pages the next person', () => {
  const own = schedule(
    'primary',
    layer({ userIds: ['ann', 'eve'], rotation: { anchorWallMs: at(3), stepMs: 24 * 60 * MINUTE_MS } }),
  );
  const single = policy({
    steps: [{ targets: [toSchedule('primary')], acknowledgeWithinMs: 5 * MINUTE_MS }],
    repeats: 1,
  });
  assert.deepEqual(pagesOf(play(single, viewOf([own]), at(6)).log), [
    '0 1.1 eve eve-push',
    '5 2.1 ann ann-push',
  ]);
});

test('escalating by hand goes to the next step at once, also after an acknowledgement', () => {
  const view = viewOf([primary, secondary]);
  const { log } = play(TWO_STEPS, view, at(4), [
    [at(1), { kind: 'acknowledge', userId: 'ann' }],
    [at(2), { kind: 'escalate', actor: 'ops' }],
  ]);
  assert.deepEqual(pagesOf(log), ['0 1.1 ann ann-push', '2 1.2 bob bob-push']);
});

test('nothing moves what was stopped; what was given up can still be acknowledged', () => {
  const view = viewOf([primary, secondary]);
  const stopped = play(TWO_STEPS, view, at(600), [[at(1), { kind: 'stop', reason: 'resolved' }]]);
  assert.deepEqual(pagesOf(stopped.log), ['0 1.1 ann ann-push']);
  for (const event of [
    { kind: 'tick' },
    { kind: 'acknowledge', userId: 'ann' },
    { kind: 'escalate', actor: 'x' },
    { kind: 'start' },
  ] as const)
    assert.deepEqual(stepEscalation(stopped.state, event, at(700), TWO_STEPS, view), {
      state: stopped.state,
      effects: [],
      wakeAtMs: null,
    });
  const given = play(TWO_STEPS, view, at(100_000));
  assert.equal(given.state.status, 'exhausted');
  assert.equal(pagesOf(given.log).length, 4 + LAST_RESORTS_MAX);
  const taken = stepEscalation(
    given.state,
    { kind: 'acknowledge', userId: 'bob' },
    at(100_000),
    TWO_STEPS,
    view,
  );
  assert.equal(taken.state.status, 'acknowledged');
});

test('whatever happens, keys are never given to two pages, and a repeated transition gives the same ones', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const prng = createPrng(seed);
    const view = viewOf([primary, secondary]);
    const own = { ...TWO_STEPS, repeats: seed % 3, acknowledgementExpiresMs: seed % 2 === 0 ? 60_000 : null };
    const keys = new Set<string>();
    let state = NEW_ESCALATION;
    let nowMs = NOW_MS;
    for (let turn = 0; turn < 60; turn += 1) {
      nowMs += Math.floor(prng() * 20) * MINUTE_MS;
      const events: readonly EscalationEvent[] = [
        { kind: 'start' },
        { kind: 'tick' },
        { kind: 'tick' },
        { kind: 'escalate', actor: 'x' },
        { kind: 'acknowledge', userId: 'ann' },
      ];
      const event = events[turn === 0 ? 0 : Math.floor(prng() * events.length)] as EscalationEvent;
      const step = stepEscalation(state, event, nowMs, own, view);
      assert.deepEqual(stepEscalation(state, event, nowMs, own, view), step);
      for (const effect of step.effects)
        if (effect.kind === 'page') {
          assert.ok(!keys.has(effect.key), `seed ${seed}: ${effect.key} twice`);
          keys.add(effect.key);
        }
      if (step.state.status === 'paging') assert.notEqual(step.wakeAtMs, null);
      state = step.state;
    }
  }
});

test('a simulated page is what would happen, up to the first last resort', () => {
  const view = viewOf([primary, secondary]);
  const planned = simulatePage(view, TWO_STEPS, NOW_MS).map(
    ({ atMs, effect }): [number, EscalationEffect] => [(atMs - NOW_MS) / MINUTE_MS, effect],
  );
  assert.deepEqual(pagesOf(planned), pagesOf(play(TWO_STEPS, view, at(44)).log));
});
