// What the machine has.

import { availableParallelism } from 'node:os';

/** Processor cores that this process may use. */
export const CORE_COUNT = availableParallelism();
