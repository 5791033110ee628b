// The world as operators see it: regions, sites, nodes, traffic, steering with its reasons, drains.

import { z } from 'zod';
import { nodeIdSchema, regionIdSchema, siteIdSchema, timestampMsSchema } from '../identifiers.ts';
import { defineRoutes } from '../route.ts';
import { roleSchema, siteStateSchema, steeringPlanSchema } from '../snapshot.ts';

const nodeViewSchema = z.object({
  id: nodeIdSchema,
  siteId: siteIdSchema,
  roles: z.array(roleSchema),
  isAlive: z.boolean(),
  isReady: z.boolean(),
  notReadyReason: z.string().nullable(),
  lastBeatAtMs: timestampMsSchema.nullable(),
  clockOffsetMs: z.number().nullable(),
  adopted: z.object({ term: z.number(), sequence: z.number() }).nullable(),
  refusal: z.string().nullable(),
  version: z.string().nullable(),
});

const siteViewSchema = z.object({
  id: siteIdSchema,
  regionId: regionIdSchema,
  state: siteStateSchema,
  isHealthy: z.boolean(),
  capacityBps: z.number(),
  egressBps: z.number(),
  requestsPerSecond: z.number(),
  hitRatio: z.number().nullable().describe('Requests answered from memory; null without traffic'),
  edgeUrl: z.string(),
  nodes: z.array(nodeViewSchema),
});

export const worldSchema = z.object({
  term: z.number(),
  sequence: z.number(),
  publishedAtMs: timestampMsSchema.nullable(),
  nowMs: timestampMsSchema,
  regions: z.array(
    z.object({
      id: regionIdSchema,
      name: z.string(),
      latitude: z.number(),
      longitude: z.number(),
      costPerGb: z.number(),
      isHealthy: z.boolean(),
      sites: z.array(siteViewSchema),
    }),
  ),
  traffic: z
    .array(z.object({ atMs: timestampMsSchema, egressBpsByRegion: z.record(z.string(), z.number()) }))
    .describe('Egress of the last minutes, oldest first'),
  steering: steeringPlanSchema,
  assets: z.object({ total: z.number(), processing: z.number(), failed: z.number() }),
});
export type WorldView = z.infer<typeof worldSchema>;

const targetParams = z.object({
  target: z.union([siteIdSchema, regionIdSchema]).describe('A site, or a region for all its sites'),
});
const drainResult = z.object({
  sites: z.array(z.object({ id: siteIdSchema, state: siteStateSchema })),
  warnings: z.array(z.string()),
});

export const worldRoutes = defineRoutes({
  'GET /v1/world': {
    summary: 'Regions, health, traffic and steering',
    tag: 'world',
    permission: 'viewer',
    response: worldSchema,
  },
  'POST /v1/drains/{target}': {
    summary: 'Drain a site or a region: viewers are steered away first, then media is refused there',
    tag: 'world',
    permission: 'operator',
    params: targetParams,
    body: z.object({
      isForced: z.boolean().default(false).describe('Also when it is the last healthy site'),
    }),
    response: drainResult,
    errors: ['conflict', 'wrong_region'],
  },
  'DELETE /v1/drains/{target}': {
    summary: 'End a drain',
    tag: 'world',
    permission: 'operator',
    params: targetParams,
    response: drainResult,
    errors: ['wrong_region'],
  },
  'GET /v1/steering': {
    summary: 'The steering plan in force, and what its checker says',
    tag: 'world',
    permission: 'viewer',
    response: z.object({
      plan: steeringPlanSchema,
      findings: z.array(z.object({ code: z.string(), message: z.string() })),
    }),
  },
  'POST /v1/join-tokens': {
    summary: 'Make a one-time token with which a node joins',
    tag: 'world',
    permission: 'admin',
    body: z.object({
      siteId: siteIdSchema,
      ttlMs: z.number().int().min(10_000).max(86_400_000).default(3_600_000),
    }),
    response: z.object({ joinToken: z.string(), expiresAtMs: timestampMsSchema }),
  },
});
