// Priorities as the database keeps them: numbers, so that they sort.

import type { JobPriority } from '#contract/priority.ts';

const PRIORITIES: readonly JobPriority[] = ['high', 'normal', 'low'];

/** As kept: smaller comes first. */
export const rankOf = (priority: JobPriority): number => PRIORITIES.indexOf(priority);

/** As shown. */
export const priorityOf = (rank: number): JobPriority => PRIORITIES[rank] ?? 'normal';
