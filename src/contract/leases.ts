// What all leased work has in common, whatever it is: jobs, copies, imports. A node claims, keeps its lease with
// heartbeats, and ends it; each request bears the fence of its lease, so that whoever lost it is refused.

import { z } from 'zod';
import { nodeIdSchema, timestampMsSchema } from './identifiers.ts';
import { CLAIM_WAIT_MS_MAX } from './limits.ts';

/** Fields of work that is given out. */
export const leaseFields = {
  fence: z.number().int().positive().describe('Grows with each lease; a smaller one is refused'),
  leaseUntilMs: timestampMsSchema,
};

/** The fence as requests bear it. */
export const fence = z.number().int().positive();

/** A claim that waits a while when there is no work. */
export const claimSchema = z.object({
  nodeId: nodeIdSchema,
  slots: z.number().int().min(1).max(64),
  waitMs: z.number().int().min(0).max(CLAIM_WAIT_MS_MAX),
});

/** The answer to a heartbeat. */
export const leaseKeptSchema = z.object({ leaseUntilMs: timestampMsSchema, isCancelled: z.boolean() });

/** The answer to what needs none. */
export const acceptedSchema = z.object({ isAccepted: z.literal(true) });
