// Runbooks: definitions with their guards, what a run would do, and runs with every step, what was seen and why.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';
import {
  guardPolicySchema,
  parameterSpecSchema,
  RUNBOOK_BYTES_MAX,
  runbookIdSchema,
  runbookRunIdSchema,
} from '../runbook.ts';

export const runStatusSchema = z.enum([
  'running',
  'rolling_back',
  'succeeded',
  'failed',
  'rolled_back',
  'cancelled',
]);

const incidentIdSchema = z.string().min(1).max(64).describe('Incident that it belongs to');

const outlineSchema = z.object({
  id: z.string(),
  kind: z.enum(['check', 'action', 'wait', 'approval']),
  title: z.string(),
  lines: z.array(z.string()).describe('What it looks at, does and undoes, as sentences'),
});
export type RunbookOutline = z.infer<typeof outlineSchema>;

const statsSchema = z.object({
  runCount: z.number().int().describe('Of the 90 days for which runs are kept'),
  endedCount: z.number().int(),
  succeededCount: z.number().int(),
  openCount: z.number().int(),
  durationMsTypical: z.number().nullable().describe('Median of those that succeeded'),
  lastRun: z
    .object({ id: runbookRunIdSchema, status: runStatusSchema, createdAtMs: timestampMsSchema })
    .nullable(),
});
export type RunbookStats = z.infer<typeof statsSchema>;

const versionSchema = z.object({
  version: z.number().int(),
  actor: z.string().nullable().describe('Who saved it; null: it comes with the program'),
  createdAtMs: timestampMsSchema.nullable(),
  isShipped: z.boolean(),
  isInForce: z.boolean(),
  text: z.string().describe('YAML'),
});
export type RunbookVersion = z.infer<typeof versionSchema>;

export const runbookViewSchema = z.object({
  id: runbookIdSchema,
  version: z.number().int(),
  title: z.string(),
  description: z.string(),
  isShipped: z.boolean().describe('It comes with the program'),
  parameters: z.record(z.string(), parameterSpecSchema),
  policy: guardPolicySchema.describe('The guards in force'),
  services: z
    .array(z.enum(['delivery', 'encoding', 'live']))
    .describe('What its actions change; empty: it only looks and asks'),
  stats: statsSchema,
  steps: z.array(outlineSchema),
  text: z.string().describe('YAML'),
});
export type RunbookView = z.infer<typeof runbookViewSchema>;

const observationSchema = z.object({
  isMet: z.boolean().nullable().describe('null: nothing to measure'),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  text: z.string(),
});

const guardFindingSchema = z.object({
  code: z.string(),
  isHeld: z.boolean(),
  values: z.record(z.string(), z.number()),
  text: z.string(),
});

const blastRadiusSchema = z.object({
  siteIds: z.array(z.string()).describe('Pathways that stop taking new sessions'),
  viewerCount: z.number().describe('Connections that their edges hold now'),
  viewerShare: z.number(),
  egressBps: z.number(),
  egressShare: z.number(),
  capacityBps: z.number(),
  capacityShare: z.number(),
  pausedRegionIds: z.array(z.string()),
  broadcastIds: z.array(z.string()).describe('On air, and changed over to another channel'),
  others: z.array(z.string()).describe('Whatever else it touches, as sentences'),
});

export const dryRunSchema = z.object({
  runbookId: runbookIdSchema,
  version: z.number().int(),
  parameters: z.record(z.string(), z.string()),
  isAllowed: z.boolean(),
  guards: z.array(guardFindingSchema),
  radius: blastRadiusSchema,
  steps: z.array(
    outlineSchema.extend({
      observations: z.array(observationSchema).describe('Of all its conditions, as they are now'),
    }),
  ),
});
export type DryRunView = z.infer<typeof dryRunSchema>;

const stepViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['check', 'action', 'wait', 'approval']),
  title: z.string(),
  ask: z.string().nullable().describe('Of an approval: what is to be decided'),
  role: z.enum(['operator', 'admin']).nullable().describe('Of an approval: who may decide'),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  startedAtMs: timestampMsSchema.nullable(),
  endedAtMs: timestampMsSchema.nullable(),
  reason: z.string().nullable().describe('Why it failed'),
  observations: z.array(observationSchema).describe('Of the newest look'),
  approvedBy: z.string().nullable(),
  isRolledBack: z.boolean(),
  stuckSinceMs: timestampMsSchema.nullable().describe('It takes longer than it ever did'),
  durationMsTypical: z.number().nullable().describe('Median of earlier runs; null: none is known'),
  stuckAfterMs: z.number().nullable().describe('Beyond it the step is stuck; null: too few runs are known'),
});

export const runSummarySchema = z.object({
  id: runbookRunIdSchema,
  runbookId: runbookIdSchema,
  version: z.number().int(),
  title: z.string(),
  parameters: z.record(z.string(), z.string()),
  status: runStatusSchema,
  isPaused: z.boolean(),
  failure: z.string().nullable(),
  stepId: z.string().nullable().describe('The current step; null when the run is over'),
  waitsFor: z.enum(['approval', 'condition', 'action', 'resume']).nullable(),
  stepCount: z.number().int(),
  doneCount: z.number().int(),
  isStuck: z.boolean(),
  incidentId: z.string().nullable(),
  actor: z.string(),
  isAutomatic: z.boolean(),
  createdAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runViewSchema = runSummarySchema.extend({
  guards: z.array(guardFindingSchema).describe('As they were when it started'),
  radius: blastRadiusSchema,
  steps: z.array(stepViewSchema),
  actions: z.array(
    z.object({
      key: z.string(),
      text: z.string(),
      intendedAtMs: timestampMsSchema,
      endedAtMs: timestampMsSchema.nullable(),
      outcome: z.enum(['changed', 'unchanged', 'refused', 'withdrawn']).nullable(),
      detail: z.string().nullable(),
    }),
  ),
  journal: z.array(
    z.object({
      number: z.number().int(),
      atMs: timestampMsSchema,
      stepId: z.string().nullable(),
      text: z.string(),
      actor: z.string().nullable(),
      isChange: z.boolean(),
    }),
  ),
});
export type RunView = z.infer<typeof runViewSchema>;

const runbookParams = z.object({ runbookId: runbookIdSchema });
const runParams = z.object({ runId: runbookRunIdSchema });
const parameterValues = z
  .record(z.string().max(64), z.string().max(200))
  .refine((values) => Object.keys(values).length <= 16, 'at most 16 parameters')
  .default({});

export const runbookRoutes = defineRoutes({
  'GET /v1/runbooks': {
    summary: 'Runbooks in force',
    tag: 'runbooks',
    permission: 'viewer',
    response: z.object({ runbooks: z.array(runbookViewSchema.omit({ text: true })) }),
  },
  'GET /v1/runbooks/{runbookId}': {
    summary: 'A runbook with its steps and its text',
    tag: 'runbooks',
    permission: 'viewer',
    params: runbookParams,
    response: runbookViewSchema,
  },
  'GET /v1/runbooks/{runbookId}/versions': {
    summary: 'Versions of a runbook with their texts, newest first',
    tag: 'runbooks',
    permission: 'viewer',
    params: runbookParams,
    response: z.object({ versions: z.array(versionSchema) }),
  },
  'PUT /v1/runbooks/{runbookId}': {
    summary: 'Save a version of a runbook; it must be higher than every earlier one',
    tag: 'runbooks',
    permission: 'admin',
    params: runbookParams,
    body: z.strictObject({ text: z.string().min(1).max(RUNBOOK_BYTES_MAX).describe('YAML') }),
    response: runbookViewSchema,
    errors: ['conflict', 'overloaded'],
  },
  'PUT /v1/runbooks/{runbookId}/policy': {
    summary: 'Change the guards of a runbook',
    tag: 'runbooks',
    permission: 'admin',
    params: runbookParams,
    body: guardPolicySchema,
    response: runbookViewSchema,
  },
  'POST /v1/runbooks/{runbookId}/dry-run': {
    summary: 'What a run would do, whom it would touch, and whether the guards allow it; changes nothing',
    tag: 'runbooks',
    permission: 'viewer',
    params: runbookParams,
    body: z.strictObject({ parameters: parameterValues }),
    response: dryRunSchema,
  },
  'POST /v1/runbooks/{runbookId}/runs': {
    summary: 'Start a run; the open one of the same runbook and parameters is given back where there is one',
    tag: 'runbooks',
    permission: 'operator',
    params: runbookParams,
    body: z.strictObject({
      parameters: parameterValues,
      incidentId: incidentIdSchema.nullable().default(null),
    }),
    response: runViewSchema,
    errors: ['conflict', 'overloaded', 'wrong_region'],
  },
  'GET /v1/runbook-runs': {
    summary: 'Runs of runbooks, newest first',
    tag: 'runbooks',
    permission: 'viewer',
    query: z.object({
      runbookId: runbookIdSchema.optional(),
      incidentId: incidentIdSchema.optional(),
      status: runStatusSchema.optional(),
      before: runbookRunIdSchema.optional().describe('Runs older than this one'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ runs: z.array(runSummarySchema), nextBefore: runbookRunIdSchema.nullable() }),
  },
  'GET /v1/runbook-runs/{runId}': {
    summary: 'One run: steps, what was seen, what was done, and when',
    tag: 'runbooks',
    permission: 'viewer',
    params: runParams,
    response: runViewSchema,
  },
  'POST /v1/runbook-runs/{runId}/decide': {
    summary: 'Approve or reject the step that waits for a decision',
    tag: 'runbooks',
    permission: 'operator',
    params: runParams,
    body: z.strictObject({
      stepId: z.string().min(1).max(64),
      isApproved: z.boolean(),
      note: z.string().max(1_000).default('').describe('Why; it stands in the journal of the run'),
    }),
    response: runViewSchema,
    errors: ['conflict', 'wrong_region'],
  },
  'POST /v1/runbook-runs/{runId}/pause': {
    summary: 'Pause a run: nothing new is begun, and its timeouts stand still',
    tag: 'runbooks',
    permission: 'operator',
    params: runParams,
    response: runViewSchema,
    errors: ['conflict', 'wrong_region'],
  },
  'POST /v1/runbook-runs/{runId}/resume': {
    summary: 'Go on with a paused run',
    tag: 'runbooks',
    permission: 'operator',
    params: runParams,
    response: runViewSchema,
    errors: ['conflict', 'wrong_region'],
  },
  'POST /v1/runbook-runs/{runId}/cancel': {
    summary: 'End a run, and undo what it did where that is asked for',
    tag: 'runbooks',
    permission: 'operator',
    params: runParams,
    body: z.strictObject({ isUndone: z.boolean().default(false).describe('Undo its actions, newest first') }),
    response: runViewSchema,
    errors: ['conflict', 'wrong_region'],
  },
});
