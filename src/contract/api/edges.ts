// Edges as operators see them: what each answers and from where, what it owns of its site's cache, what is hot.

import { z } from 'zod';
import { nodeIdSchema, regionIdSchema, siteIdSchema, timestampMsSchema } from '../identifiers.ts';
import { defineRoutes } from '../route.ts';

const perSecond = z.number().nonnegative();

export const edgeViewSchema = z.object({
  nodeId: nodeIdSchema,
  siteId: siteIdSchema,
  regionId: regionIdSchema,
  isAlive: z.boolean(),
  isReady: z.boolean(),
  version: z.string().nullable(),
  lastBeatAtMs: timestampMsSchema.nullable(),
  egressBps: z.number(),
  requestsPerSecond: perSecond,
  objects: z
    .object({
      memoryPerSecond: perSecond,
      diskPerSecond: perSecond,
      fetchedPerSecond: perSecond.describe('Not there: fetched, one fetch for all who ask meanwhile'),
    })
    .describe('Objects for viewers, by where they were'),
  fetches: z
    .object({ matePerSecond: perSecond, originPerSecond: perSecond, hedgePerSecond: perSecond })
    .describe('Fetches by whom they asked: another edge of the site, an origin, a second origin to be safe'),
  shedPerSecond: perSecond.describe('Fetches turned away under overload'),
  cutPerSecond: perSecond.describe('Slow viewers cut off to keep memory bounded'),
  connections: z.number().nullable(),
  cacheBytes: z.number().nullable().describe('Memory; null: not reported'),
  diskBytes: z.number().nullable(),
  isDiskFailing: z.boolean(),
  fills: z.number().nullable().describe('Objects being fetched'),
  fillLimit: z.number().nullable().describe('How many may be, as the overload limit has adapted'),
  ownedShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Share of all objects that it owns at its site, by consistent hashing; null: it is not alive'),
  hotObjects: z.array(z.object({ path: z.string(), requestsPerSecond: perSecond })),
});
export type EdgeView = z.infer<typeof edgeViewSchema>;

export const edgeRoutes = defineRoutes({
  'GET /v1/edges': {
    summary: 'Each edge: traffic, where objects came from, shares of the ring, hot objects',
    tag: 'world',
    permission: 'viewer',
    response: z.object({ nowMs: timestampMsSchema, edges: z.array(edgeViewSchema) }),
  },
});
