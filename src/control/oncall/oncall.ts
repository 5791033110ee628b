// On-call as a whole: the rota, escalations and the outbox of pages. Only the leader pages; whoever serves may change.

import type { ControlContext } from '../context.ts';
import { createEscalationEngine, type EscalationEngine } from './escalations.ts';
import { ESCALATIONS_KEPT_MS, OVERRIDES_KEPT_MS } from './limits.ts';
import { createOutbox } from './outbox.ts';
import type { Escalations, OncallPorts } from './ports.ts';
import { createRotaStore, type RotaStore } from './store.ts';

export interface Oncall {
  readonly rotas: RotaStore;
  readonly engine: EscalationEngine;
  /** For incidents. */
  readonly escalations: Escalations;
  /** Takes forward what is due and hands on what waits. */
  tick(): Promise<void>;
}

export interface OncallDependencies {
  readonly context: ControlContext;
  readonly ports: OncallPorts;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
}

/** Creates on-call; the owner calls `tick` in a loop. */
export function createOncall({ context, ports, mayWork }: OncallDependencies): Oncall {
  const rotas = createRotaStore();
  const engine = createEscalationEngine(context, rotas);
  const handOn = createOutbox(context, ports, () => rotas.current(context.database, context.clock.nowMs()));
  return {
    rotas,
    engine,
    escalations: engine,
    async tick() {
      if (!mayWork()) return;
      await engine.advance();
      await handOn();
    },
  };
}

/** Removes overrides and escalations that nobody asks about any more. */
export async function tidyOncall({ clock, database }: ControlContext): Promise<void> {
  const nowMs = clock.nowMs();
  await database
    .deleteFrom('oncall_overrides')
    .where('until_ms', '<', nowMs - OVERRIDES_KEPT_MS)
    .execute();
  await database
    .deleteFrom('oncall_escalations')
    .where('ended_at_ms', '<', nowMs - ESCALATIONS_KEPT_MS)
    .execute();
}
