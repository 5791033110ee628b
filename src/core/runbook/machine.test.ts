import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { startRun, step } from './machine.ts';
import type { Action, Condition, Observation, Runbook, RunEvent, RunState, Step } from './types.ts';
import { isOver } from './wanted.ts';

const AT_MS = 1_000_000;
const ACTOR = 'token:ann';

const condition = (target: string, changes: Partial<Condition> = {}): Condition =>
  ({ kind: 'sites_ready', target, holdMs: 0, withoutData: 'unmet', ...changes }) as Condition;

const frame = (id: string) => ({
  id,
  title: id,
  before: [],
  after: [],
  gate: [],
  onFailure: 'stop' as const,
  rollback: [],
  timeoutMs: 60_000,
});

const action = (id: string, changes: Partial<Step> = {}): Step =>
  ({ ...frame(id), kind: 'action', action: { kind: 'drain', target: id }, ...changes }) as Step;
const wait = (id: string, changes: Partial<Step> = {}): Step =>
  ({ ...frame(id), kind: 'wait', conditions: [condition(id)], ...changes }) as Step;
const check = (id: string, changes: Partial<Step> = {}): Step =>
  ({ ...frame(id), kind: 'check', conditions: [condition(id)], ...changes }) as Step;
const approval = (id: string, changes: Partial<Step> = {}): Step =>
  ({ ...frame(id), kind: 'approval', role: 'operator', ask: 'Go on?', ...changes }) as Step;
const undone = (target: string): Action => ({ kind: 'restore', target, share: 1 });

function book(...steps: Step[]): Runbook {
  return {
    id: 'test',
    version: 1,
    title: 'Test',
    description: 'Test',
    parameters: {},
    guards: { isAutomatic: false, runsPerHourMax: 1, viewerShareMax: 1 },
    steps,
  };
}

const seen = (isMet: boolean | null, text = isMet ? 'good' : 'bad'): Observation => ({
  isMet,
  value: null,
  limit: null,
  text,
});

/** A run under a hand: each call is one event, at a time of its own. */
function play(runbook: Runbook) {
  let state = startRun(runbook, ACTOR, AT_MS);
  let nowMs = AT_MS;
  const take = (event: RunEvent) => {
    // What survives a crash is what survives a database.
    const result = step(runbook, JSON.parse(JSON.stringify(state)) as RunState, event, nowMs);
    state = result.state;
    return result;
  };
  const open = () => take({ kind: 'tick' }).effects.filter(({ kind }) => kind !== 'tell');
  return {
    take,
    open,
    state: () => state,
    later(milliseconds: number) {
      nowMs += milliseconds;
    },
    /** Answers the open look, every condition alike or one by one. */
    see(...isMet: (boolean | null)[]) {
      const [effect] = open();
      assert.equal(effect?.kind, 'observe');
      const { at, conditions } = effect as Extract<typeof effect, { kind: 'observe' }>;
      const observations = conditions.map((_, index) => seen(isMet[index] ?? isMet[0] ?? null));
      return take({ kind: 'observed', at, observations });
    },
    act() {
      const [effect] = open();
      assert.equal(effect?.kind, 'act');
      const { key } = effect as Extract<typeof effect, { kind: 'act' }>;
      take({ kind: 'acted', key, isChange: true, text: `did ${key}` });
      return key;
    },
    refuse(reason: string) {
      const [effect] = open();
      const { key } = effect as Extract<typeof effect, { kind: 'act' }>;
      take({ kind: 'refused', key, reason });
    },
    reason: (index = state.position) => state.steps[index]?.reason,
  };
}

describe('the runbook machine', () => {
  test('goes through checks, actions, waits and approvals to a good end', () => {
    const run = play(
      book(check('room'), action('drain', { after: [condition('x')] }), wait('left'), approval('go')),
    );
    run.see(true);
    assert.equal(run.act(), 'drain');
    run.see(true);
    run.see(false);
    assert.equal(run.state().status, 'running');
    run.see(true);
    assert.deepEqual(run.open(), [], 'nothing to do but wait for a person');
    run.take({ kind: 'approve', stepId: 'go', actor: ACTOR });
    assert.equal(run.state().status, 'succeeded');
    assert.equal(run.state().steps[3]?.approvedBy, ACTOR);
    assert.deepEqual(
      run.state().steps.map(({ state }) => state),
      ['done', 'done', 'done', 'done'],
    );
  });

  test('fails a check and a pre-condition at the first look, and says what was missing', () => {
    for (const first of [check('room'), action('drain', { before: [condition('x')] })]) {
      const run = play(book(first));
      run.see(false);
      assert.equal(run.state().status, 'failed');
      assert.equal(run.reason(), 'bad');
      assert.match(run.state().failure ?? '', /: bad$/);
    }
  });

  test('counts what cannot be measured as each condition says', () => {
    const strict = play(book(check('room')));
    strict.see(null);
    assert.equal(strict.state().status, 'failed');
    const lenient = play(book(check('room', { conditions: [condition('x', { withoutData: 'met' })] })));
    lenient.see(null);
    assert.equal(lenient.state().status, 'succeeded');
  });

  test('waits until a condition has held without a break', () => {
    const run = play(book(wait('left', { conditions: [condition('x', { holdMs: 5_000 })] })));
    run.see(true);
    run.later(4_000);
    run.see(true);
    run.later(500);
    run.see(false);
    run.later(4_900);
    run.see(true);
    run.later(4_999);
    run.see(true);
    assert.equal(run.state().status, 'running');
    run.later(1);
    run.see(true);
    assert.equal(run.state().status, 'succeeded');
  });

  test('gives up a wait, a post-condition and an approval after their timeout', () => {
    const waiting = play(book(wait('left')));
    waiting.later(60_000);
    waiting.see(false);
    assert.equal(waiting.reason(0), 'bad within 60 s');
    const after = play(book(action('drain', { after: [condition('x')] })));
    after.act();
    after.later(60_000);
    after.see(false);
    assert.equal(after.reason(0), 'bad within 60 s');
    const asking = play(book(approval('go')));
    asking.later(60_000);
    asking.take({ kind: 'tick' });
    assert.equal(asking.reason(0), 'nobody answered within 60 s');
  });

  test('a condition that is met too late but holds counts as the timeout found it', () => {
    const run = play(book(wait('left', { conditions: [condition('x', { holdMs: 10_000 })] })));
    run.later(59_000);
    run.see(true);
    run.later(2_000);
    run.see(true);
    assert.equal(run.reason(0), 'it did not hold long enough within 60 s');
  });

  test('a broken health gate ends a step in every stage; what the gate cannot measure does not', () => {
    const gate = [condition('others', { withoutData: 'met' })];
    const before = play(book(action('drain', { gate })));
    before.see(false);
    assert.equal(before.reason(0), 'the health gate is broken: bad');
    const during = play(book(wait('left', { gate })));
    during.see(null);
    during.see(true, false);
    assert.equal(during.reason(0), 'the health gate is broken: bad');
    const after = play(book(action('drain', { gate })));
    after.see(null);
    after.act();
    after.see(false);
    assert.equal(after.reason(0), 'the health gate is broken: bad');
    const asking = play(book(approval('go', { gate })));
    asking.see(true);
    asking.see(false);
    assert.equal(asking.reason(0), 'the health gate is broken: bad');
  });

  test('undoes what was done, newest first, and then ends as rolled back', () => {
    const run = play(
      book(
        action('one', { rollback: [undone('one')] }),
        action('two', { rollback: [undone('two'), undone('two-more')] }),
        wait('left', { onFailure: 'rollback' }),
      ),
    );
    run.act();
    run.act();
    run.later(60_000);
    run.see(false);
    assert.equal(run.state().status, 'rolling_back');
    assert.deepEqual([run.act(), run.act(), run.act()], ['two~0', 'two~1', 'one~0']);
    assert.equal(run.state().status, 'rolled_back');
    assert.deepEqual(
      run.state().steps.map(({ isRolledBack }) => isRolledBack),
      [true, true, false],
    );
  });

  test('returns a channel to where its step has moved it from, and nowhere when it had moved none', () => {
    const place = { broadcast: 'brd_news', region: 'los-angeles' };
    const back: Action = { kind: 'return_channel', ...place };
    const move = action('move', { action: { kind: 'move_channel', ...place }, rollback: [back] });
    const undoAfter = (outcome: { leftRegionId?: string }) => {
      const run = play(book(move, action('other', { rollback: [back] }), wait('left')));
      run.take({ kind: 'acted', key: 'move', isChange: true, text: 'moved', ...outcome });
      run.act();
      run.take({ kind: 'cancel', actor: ACTOR, isUndone: true });
      const other = run.open();
      run.act();
      return [...other, ...run.open()];
    };
    assert.deepEqual(undoAfter({ leftRegionId: 'singapore' }), [
      { kind: 'act', key: 'other~0', action: back },
      { kind: 'act', key: 'move~0', action: { ...back, to: 'singapore' } },
    ]);
    assert.deepEqual(undoAfter({}).at(-1), { kind: 'act', key: 'move~0', action: back });
  });

  test('does not undo an action that was refused, and fails when undoing is refused', () => {
    const refused = play(book(action('one', { rollback: [undone('one')], onFailure: 'rollback' })));
    refused.refuse('no room');
    assert.equal(refused.state().status, 'failed');
    assert.equal(refused.reason(0), 'no room');
    const stuck = play(
      book(action('one', { rollback: [undone('one')] }), check('x', { onFailure: 'rollback' })),
    );
    stuck.act();
    stuck.see(false);
    stuck.refuse('the database says no');
    assert.equal(stuck.state().status, 'failed');
    assert.match(stuck.state().failure ?? '', /undoing: the database says no$/);
  });

  test('goes on after a failure where the step says so', () => {
    const run = play(book(check('nice', { onFailure: 'continue' }), action('drain')));
    run.see(false);
    run.act();
    assert.equal(run.state().status, 'succeeded');
    assert.deepEqual(
      run.state().steps.map(({ state }) => state),
      ['failed', 'done'],
    );
  });

  test('pausing stops looks and timeouts; what was under way is still taken in', () => {
    const run = play(book(action('drain'), wait('left')));
    const [effect] = run.open();
    run.take({ kind: 'pause', actor: ACTOR });
    assert.deepEqual(run.open(), []);
    assert.equal(effect?.kind, 'act');
    run.take({ kind: 'acted', key: 'drain', isChange: true, text: 'done' });
    assert.equal(run.state().position, 1);
    run.later(3_600_000);
    run.take({ kind: 'tick' });
    run.take({ kind: 'resume', actor: ACTOR });
    run.later(59_000);
    run.see(false);
    assert.equal(run.state().status, 'running', 'the hour did not count');
    run.later(1_000);
    run.see(false);
    assert.equal(run.state().status, 'failed');
  });

  test('cancelling stops at once, or undoes first', () => {
    const steps = [action('one', { rollback: [undone('one')] }), wait('left')];
    const kept = play(book(...steps));
    kept.act();
    kept.take({ kind: 'cancel', actor: ACTOR, isUndone: false });
    assert.equal(kept.state().status, 'cancelled');
    assert.deepEqual(kept.open(), []);
    const back = play(book(...steps));
    back.act();
    back.take({ kind: 'cancel', actor: ACTOR, isUndone: true });
    assert.equal(back.state().status, 'rolling_back');
    back.take({ kind: 'cancel', actor: ACTOR, isUndone: true });
    assert.equal(back.act(), 'one~0');
    assert.equal(back.state().status, 'cancelled');
  });

  test('an action that was handed out and not answered is undone too when the run is cancelled', () => {
    const run = play(book(action('one', { rollback: [undone('one')] })));
    run.open();
    run.take({ kind: 'cancel', actor: ACTOR, isUndone: true });
    assert.equal(
      run.take({ kind: 'acted', key: 'one', isChange: true, text: 'late' }).state.status,
      'rolling_back',
    );
    assert.equal(run.act(), 'one~0');
  });

  test('events that do not fit change nothing', () => {
    const run = play(book(wait('left'), approval('go')));
    const before = run.state();
    const strangers: RunEvent[] = [
      { kind: 'tick' },
      { kind: 'acted', key: 'left', isChange: true, text: '' },
      { kind: 'refused', key: 'left', reason: '' },
      { kind: 'approve', stepId: 'go', actor: ACTOR },
      { kind: 'reject', stepId: 'go', actor: ACTOR },
      { kind: 'resume', actor: ACTOR },
      { kind: 'observed', at: '1/work', observations: [seen(true)] },
      { kind: 'observed', at: '0/work', observations: [] },
      { kind: 'stuck', stepId: 'go', limitMs: 1 },
    ];
    for (const event of strangers) assert.deepEqual(run.take(event).state, before, JSON.stringify(event));
    run.take({ kind: 'cancel', actor: ACTOR, isUndone: false });
    const ended = run.state();
    for (const event of [...strangers, { kind: 'pause' as const, actor: ACTOR }])
      assert.deepEqual(run.take(event).state, ended);
  });

  test('a rejected approval fails its step and names who rejected it', () => {
    const run = play(book(approval('go')));
    run.take({ kind: 'reject', stepId: 'go', actor: ACTOR });
    assert.equal(run.reason(0), `${ACTOR} rejected it`);
  });

  test('a stuck step is noted once', () => {
    const run = play(book(wait('left')));
    run.take({ kind: 'stuck', stepId: 'left', limitMs: 20_000 });
    const { journal } = run.state();
    run.take({ kind: 'stuck', stepId: 'left', limitMs: 20_000 });
    assert.equal(run.state().journal.length, journal.length);
    assert.match(journal.at(-1)?.text ?? '', /longer than the 20 s that are usual/);
  });

  test('lines are told until they are acknowledged, and the journal stays bounded', () => {
    const run = play(book(approval('go')));
    for (let index = 0; index < 400; index += 1)
      run.take({ kind: index % 2 === 0 ? 'pause' : 'resume', actor: ACTOR });
    const { effects } = run.take({ kind: 'tick' });
    const [tell] = effects;
    assert.equal(tell?.kind, 'tell');
    assert.equal(run.state().journal.length, 300);
    assert.equal(run.state().journal.at(-1)?.number, 401);
    run.take({ kind: 'told', number: 401 });
    assert.deepEqual(run.take({ kind: 'tick' }).effects, []);
  });
});

/** A world in which actions happen under their keys, as in a transaction: their outcome is remembered with them. */
function crashingRun(runbook: Runbook, seed: number) {
  const prng = createPrng(seed);
  const performed = new Map<string, number>();
  let stored = JSON.stringify(startRun(runbook, ACTOR, AT_MS));
  let nowMs = AT_MS;
  let crashCount = 0;
  const crashes = (): boolean => {
    const isCrash = prng() < 0.3;
    if (isCrash) crashCount += 1;
    return isCrash;
  };
  for (let round = 0; round < 2_000; round += 1) {
    const state = JSON.parse(stored) as RunState;
    if (isOver(state.status)) return { state, performed, crashCount };
    nowMs += 1_000;
    const { effects } = step(runbook, state, { kind: 'tick' }, nowMs);
    const [effect] = effects.filter(({ kind }) => kind !== 'tell');
    if (effect === undefined || crashes()) continue;
    if (effect.kind === 'observe') {
      const observations = effect.conditions.map(() => seen(prng() < 0.7));
      if (crashes()) continue;
      stored = JSON.stringify(
        step(runbook, state, { kind: 'observed', at: effect.at, observations }, nowMs).state,
      );
    } else if (effect.kind === 'act') {
      performed.set(effect.key, (performed.get(effect.key) ?? 0) + 1);
      const event = { kind: 'acted' as const, key: effect.key, isChange: true, text: 'done' };
      stored = JSON.stringify(step(runbook, state, event, nowMs).state);
    }
  }
  throw new Error(`seed ${seed}: the run did not end`);
}

test('a run that crashes anywhere goes on where it stopped and does nothing twice', () => {
  const runbook = book(
    wait('ready'),
    action('one', { rollback: [undone('one')], after: [condition('x')] }),
    action('two', { rollback: [undone('two'), undone('more')] }),
    wait('left', { onFailure: 'rollback', timeoutMs: 2_000 }),
    action('three'),
  );
  const ends = new Set<string>();
  let crashCount = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const run = crashingRun(runbook, seed);
    ends.add(run.state.status);
    crashCount += run.crashCount;
    const keys = [...run.performed.keys()];
    assert.ok(
      [...run.performed.values()].every((count) => count === 1),
      `seed ${seed}: ${keys.join(' ')}`,
    );
    const expected = {
      succeeded: ['one', 'two', 'three'],
      rolled_back: ['one', 'two', 'two~0', 'two~1', 'one~0'],
    }[run.state.status as 'succeeded' | 'rolled_back'];
    if (expected !== undefined) assert.deepEqual(keys, expected, `seed ${seed}`);
  }
  assert.ok(ends.has('succeeded') && ends.has('rolled_back'), [...ends].join(' '));
  assert.ok(crashCount > 300);
});
