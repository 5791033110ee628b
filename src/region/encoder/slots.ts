// How many jobs and chunks this encoder takes at once: as configured, or as control ordered for its region, and then never
// more than the machine has cores, since more would only slow each other. The order says what the region does as a whole;
// control hands out no more than that, whoever of its nodes asks. With control away the order of the last snapshot holds.

import { CORE_COUNT } from '#platform/machine.ts';
import type { NodeContext } from '../shared/node-context.ts';

export interface Slots {
  /** Now; at least one where the node encodes at all. */
  now(): number;
  /** Most that can be ordered. */
  readonly most: number;
  /** Resolves when a snapshot changes the number. */
  changed(): Promise<void>;
  stop(): void;
}

/** Creates the count of slots of an encoder. */
export function createSlots(
  { config, region, world }: Pick<NodeContext, 'config' | 'region' | 'world'>,
  cores = CORE_COUNT,
): Slots {
  const configured = config.limits.encoderSlots;
  // A node that is configured to encode nothing is not ordered to.
  const most = configured === 0 ? 0 : cores;
  const now = (): number => {
    const scale = world.current()?.orders?.scales?.find(({ regionId }) => regionId === region.id);
    return scale === undefined ? configured : Math.min(most, scale.count);
  };
  let last = now();
  let change = Promise.withResolvers<void>();
  const stop = world.onChange(() => {
    if (now() === last) return;
    last = now();
    change.resolve();
    change = Promise.withResolvers();
  });
  return { now, most, stop, changed: () => change.promise };
}
