// What a page would do: the policy's machine run in imagined time, with nobody who acknowledges.

import { type EscalationEffect, NEW_ESCALATION, stepEscalation } from './escalate.ts';
import type { Policy, RotaView } from './rota.ts';

/** Ten steps eleven times with ten contacts each would be more; nobody reads further. */
const TICKS_MAX = 500;

export interface PlannedPage {
  readonly atMs: number;
  readonly effect: Extract<EscalationEffect, { kind: 'page' | 'nobody' }>;
}

/** Whom a page that begins at an instant reaches when, up to the first last resort. */
export function simulatePage(view: RotaView, policy: Policy, startMs: number): readonly PlannedPage[] {
  const pages: PlannedPage[] = [];
  let step = stepEscalation(NEW_ESCALATION, { kind: 'start' }, startMs, policy, view);
  let atMs = startMs;
  for (let tick = 0; tick < TICKS_MAX; tick += 1) {
    for (const effect of step.effects)
      if (effect.kind === 'page' || effect.kind === 'nobody') pages.push({ atMs, effect });
    const isOver = step.state.lastResorts > 0 && step.state.pending.length === 0;
    if (isOver || step.wakeAtMs === null) break;
    atMs = step.wakeAtMs;
    if (step.state.lastResorts > 0 && atMs >= step.state.enteredAtMs + policy.lastResort.everyMs) break;
    step = stepEscalation(step.state, { kind: 'tick' }, atMs, policy, view);
  }
  return pages;
}
