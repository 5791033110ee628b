// What happened to one asset, from every table that remembers something of it, in one list.

import { z } from 'zod';
import { assetIdSchema, timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';

export const timelineEntrySchema = z.object({
  atMs: timestampMsSchema,
  kind: z
    .enum(['event', 'change', 'job', 'version', 'repair', 'store', 'deletion'])
    .describe(
      'event: as webhooks hear it; change: by a person or a program; store: what a region found in its store',
    ),
  code: z.string().describe('What happened, e.g. asset.ready, job.started, repair.done, region.gone'),
  actor: z.string().nullable().describe('Who changed it; shown to admins, as the audit trail is'),
  nodeId: z.string().nullable(),
  regionId: z.string().nullable(),
  version: z.number().int().nullable(),
  detail: z.string().nullable().describe('A failure, a name, an object key'),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const timelineRoutes = defineRoutes({
  'GET /v1/assets/{assetId}/timeline': {
    summary: 'What happened to an asset, also a deleted one, newest first',
    tag: 'assets',
    permission: 'viewer',
    params: z.object({ assetId: assetIdSchema }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(100) }),
    response: z.object({ entries: z.array(timelineEntrySchema) }),
    errors: ['not_found'],
  },
});
