// The last resort: bounded, patient, and honest at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  initialRecovery,
  RELOADS_MAX,
  type RecoveryEvent,
  type RecoveryState,
  STUCK_AFTER_MS,
  stepRecovery,
  WELL_AFTER_MS,
} from './recovery.ts';

const FATAL: RecoveryEvent = { type: 'fatal', isMediaError: false, details: 'fragLoadError' };

function fatals(count: number): { readonly state: RecoveryState; readonly pauses: readonly number[] } {
  let state = initialRecovery(0);
  const pauses: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const step = stepRecovery(state, FATAL, 1_000 + i);
    state = step.state;
    for (const effect of step.effects) if (effect.type === 'reload') pauses.push(effect.afterMs);
  }
  return { state, pauses };
}

test('a fatal error reloads at once, then with growing pauses', () => {
  assert.deepEqual(fatals(RELOADS_MAX).pauses, [0, 500, 1_000, 2_000, 4_000]);
});

test('after the last reload the viewer is told, once', () => {
  const { state } = fatals(RELOADS_MAX);
  const step = stepRecovery(state, FATAL, 9_000);
  assert.equal(step.effects[0]?.type, 'give-up');
  assert.deepEqual(stepRecovery(step.state, FATAL, 9_001).effects, []);
});

test('the first media error is repaired in place', () => {
  const step = stepRecovery(initialRecovery(0), { ...FATAL, isMediaError: true }, 10);
  assert.deepEqual(step.effects, [{ type: 'recover-media' }]);
  assert.equal(stepRecovery(step.state, { ...FATAL, isMediaError: true }, 20).effects[0]?.type, 'reload');
});

test('no progress with a low buffer reloads; a full buffer, a pause or progress does not', () => {
  const stuck = { type: 'sample', bufferedMs: 100, hasProgressed: false, isWaiting: true } as const;
  const at = (event: RecoveryEvent) => stepRecovery(initialRecovery(0), event, STUCK_AFTER_MS).effects.length;
  assert.equal(at(stuck), 1);
  assert.equal(at({ ...stuck, bufferedMs: 5_000 }), 0);
  assert.equal(at({ ...stuck, hasProgressed: true }), 0);
  assert.equal(at({ ...stuck, isWaiting: false }), 0);
});

test('reloads are forgiven after undisturbed playing, and a viewer may always ask again', () => {
  const { state } = fatals(3);
  const playing = { type: 'sample', bufferedMs: 9_000, hasProgressed: true, isWaiting: true } as const;
  assert.equal(stepRecovery(state, playing, 2_000).state.reloads, 3);
  assert.equal(stepRecovery(state, playing, 2_000 + WELL_AFTER_MS).state.reloads, 0);
  const given = stepRecovery(fatals(RELOADS_MAX).state, FATAL, 9_000).state;
  assert.equal(stepRecovery(given, { type: 'retry' }, 10_000).effects[0]?.type, 'reload');
});
