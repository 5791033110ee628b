// Preloaded into every process of a world (node --import): the wall clock runs as it does until the instant in the
// file named by MERIDIAN_TEST_CLOCK; from then on it jumps ahead with each step, in all processes at once.
// The file holds { "startAtMs", "stepMs", "steps", "hoursPerStep" }. Clocks that never jump (performance.now, timers) are left alone.

import { readFileSync } from 'node:fs';

const HOUR_MS = 3_600_000;
const LOOK_EVERY_MS = 100;
const RealDate = Date;
const realNow = Date.now;
let plan;
let lookedAtMs = 0;

function look(nowMs) {
  if (nowMs - lookedAtMs < LOOK_EVERY_MS) return;
  lookedAtMs = nowMs;
  try {
    plan = JSON.parse(readFileSync(process.env.MERIDIAN_TEST_CLOCK, 'utf8'));
  } catch {
    // Not yet.
  }
}

function now() {
  const nowMs = realNow();
  if (plan === undefined) look(nowMs);
  if (plan === undefined || nowMs < plan.startAtMs) return nowMs;
  const steps = 1 + Math.floor((nowMs - plan.startAtMs) / plan.stepMs);
  return nowMs + Math.min(steps, plan.steps) * plan.hoursPerStep * HOUR_MS;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
