// What the public is told of incidents. It travels in the world snapshot, so that every edge can show it while control
// is away; so it is small, and holds nothing that is not meant for everybody.

import { z } from 'zod';
import { regionIdSchema, timestampMsSchema } from './identifiers.ts';

export const noticeStateSchema = z.enum(['investigating', 'identified', 'monitoring', 'resolved']);
export const noticeImpactSchema = z.enum(['degraded', 'outage']);

export const publicNoticeSchema = z.object({
  title: z.string(),
  impact: noticeImpactSchema,
  regionIds: z.array(regionIdSchema).describe('Empty: everywhere'),
  updates: z
    .array(z.object({ atMs: timestampMsSchema, state: noticeStateSchema, text: z.string() }))
    .describe('Newest first'),
});
export type PublicNotice = z.infer<typeof publicNoticeSchema>;

export const publicStatusSchema = z.object({
  title: z.string(),
  notices: z.array(publicNoticeSchema).describe('Current ones first, then those of the last day'),
});
export type PublicStatus = z.infer<typeof publicStatusSchema>;
