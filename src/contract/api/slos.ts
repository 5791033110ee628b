// Service level objectives: read and written as OpenSLO, shown with their budgets and how fast these burn.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';

/** Text of one request: some hundred objectives. */
export const SLO_TEXT_MAX = 500_000;
/** Points of one graph. */
export const HISTORY_POINTS_MAX = 2_000;

const nameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  .describe('Name of the SLO document, e.g. vod-playback');
const labelsSchema = z.record(z.string(), z.string());

const tierSchema = z.object({
  name: z.string().describe('The long window, e.g. 1h'),
  severity: z.enum(['page', 'ticket']),
  longMs: z.number(),
  shortMs: z.number(),
  limit: z.number().describe('Burn from which on it fires, in both windows'),
  longBurn: z.number(),
  shortBurn: z.number(),
  events: z.number().describe('Events in the long window'),
  verdict: z
    .enum(['burning', 'held-back', 'over', 'too-few-events', 'calm'])
    .describe('held-back: a faster tier says so already; over: the newest stretch is well again'),
});

const budgetSchema = z.object({
  labels: labelsSchema,
  isWatched: z.boolean().describe('Whether it raises alerts; the others are sums for people'),
  usedShare: z.number().describe('Share of the budget that is used; above 1: the objective is missed'),
  events: z.number(),
  bad: z.number().describe('Bad events; of slices, the sum of their bad shares'),
  allowed: z.number().describe('Bad ones that the period allows'),
  newestAtMs: timestampMsSchema.nullable().describe('Begin of the newest slice that was heard of'),
  tiers: z.array(tierSchema),
});

const objectiveSchema = z.object({
  name: z.string(),
  displayName: z.string(),
  target: z.number(),
  periodMs: z.number(),
  sliceMs: z.number(),
  method: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
  eventsMin: z.number(),
  refusedPoints: z.number().describe('Points whose labels found no room for a budget'),
  budgets: z.array(budgetSchema),
});

export const sloViewSchema = z.object({
  name: nameSchema,
  displayName: z.string(),
  description: z.string(),
  service: z.string(),
  origin: z.enum(['shipped', 'own']),
  updatedAtMs: timestampMsSchema,
  updatedBy: z.string(),
  objectives: z.array(objectiveSchema),
});
export type SloView = z.infer<typeof sloViewSchema>;
export type BudgetView = z.infer<typeof budgetSchema>;

const problemSchema = z.object({
  severity: z.enum(['error', 'warning']),
  document: z.string(),
  path: z.string(),
  message: z.string(),
});

const textBody = z.strictObject({
  yaml: z.string().min(1).max(SLO_TEXT_MAX).describe('OpenSLO v1 documents'),
});
const params = z.object({ name: nameSchema });

export const sloRoutes = defineRoutes({
  'GET /v1/slos': {
    summary: 'Objectives with their budgets, by name',
    tag: 'slos',
    permission: 'viewer',
    query: z.object({
      service: z.string().max(63).optional(),
      after: nameSchema.optional().describe('Continue behind this name'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(100),
    }),
    response: z.object({ slos: z.array(sloViewSchema) }),
  },
  'PUT /v1/slos': {
    summary: 'Add or replace objectives; all of them or, when one is wrong, none',
    tag: 'slos',
    permission: 'operator',
    body: textBody,
    response: z.object({ applied: z.array(nameSchema), warnings: z.array(problemSchema) }),
    errors: ['slo_invalid', 'conflict'],
  },
  'POST /v1/slos/lint': {
    summary: 'What is wrong with objectives, without applying them',
    tag: 'slos',
    permission: 'viewer',
    body: textBody,
    response: z.object({
      isValid: z.boolean(),
      problems: z.array(problemSchema),
      slos: z.array(
        z.object({
          name: z.string(),
          tiers: z.array(
            z.object({
              name: z.string(),
              severity: z.string(),
              burn: z.number(),
              outageDetectedMs: z.number().describe('How long a total outage lasts before it fires'),
            }),
          ),
        }),
      ),
    }),
  },
  'GET /v1/slos/{name}': {
    summary: 'One objective with its document',
    tag: 'slos',
    permission: 'viewer',
    params,
    response: z.object({ slo: sloViewSchema, yaml: z.string().describe('As OpenSLO v1') }),
  },
  'DELETE /v1/slos/{name}': {
    summary: 'Remove an objective; its alerts resolve',
    tag: 'slos',
    permission: 'operator',
    params,
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'GET /v1/slos/{name}/history': {
    summary: 'Good and all events by step, and the burn of each, for graphs',
    tag: 'slos',
    permission: 'viewer',
    params,
    query: z.object({
      objective: z.coerce.number().int().min(1).max(5).default(1),
      labels: z.string().max(300).default('').describe('Only these, e.g. region=dublin,site=dublin-1'),
      fromMs: z.coerce.number().int().nonnegative(),
      toMs: z.coerce.number().int().nonnegative(),
      stepMs: z.coerce.number().int().min(5_000).multipleOf(5_000),
    }),
    response: z.object({
      points: z.array(
        z.object({ atMs: timestampMsSchema, good: z.number(), total: z.number(), burn: z.number() }),
      ),
    }),
  },
});
