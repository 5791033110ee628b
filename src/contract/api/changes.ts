// Every change in one list: deploys, configuration, drains, runbook steps, drills, experiments, steering plans; ranked by
// closeness for the moment when something broke.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { labelsSchema, labelsTextSchema } from '../labels.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';
import { reasonSchema } from '../snapshot.ts';

export const changeKindSchema = z.enum([
  'deploy',
  'config',
  'drain',
  'restore',
  'runbook',
  'drill',
  'experiment',
  'generation',
  'incident',
]);

export const changeSchema = z.object({
  id: z.number().int().positive(),
  kind: changeKindSchema,
  summary: z.string(),
  actor: z
    .string()
    .describe('Who made it: a person or program by the name of its token, a node, control itself'),
  labels: labelsSchema,
  atMs: timestampMsSchema,
  details: z.record(z.string(), z.unknown()),
  isRevertible: z
    .boolean()
    .describe(
      'Whether it kept what was there before, so that it can be taken back until it is changed again',
    ),
  movement: z
    .object({
      count: z.number().int().min(2),
      firstAtMs: timestampMsSchema,
      lastAtMs: timestampMsSchema,
    })
    .nullable()
    .describe('Of steering plans that follow one another within a minute: they are one change; else null'),
});
export type ChangeView = z.infer<typeof changeSchema>;

export const rankedChangeSchema = changeSchema.extend({
  score: z.number().min(0).max(1).describe('How close it is in time, place and kind'),
  reasons: z.array(reasonSchema).describe('The factors whose product the score is'),
});

export const changeRoutes = defineRoutes({
  'GET /v1/changes': {
    summary:
      'Changes, the newest first; steering plans of one movement as one, unless only plans are asked for',
    tag: 'changes',
    permission: 'viewer',
    query: z.object({
      fromMs: z.coerce.number().int().nonnegative().optional(),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Exclusive'),
      kind: changeKindSchema.optional(),
      labels: labelsTextSchema.optional().describe('Only those with these labels'),
      text: z.string().trim().max(100).optional().describe('Only those whose summary or actor has it'),
      before: z.coerce.number().int().positive().optional().describe('Only those with a smaller id'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({
      changes: z.array(changeSchema),
      nextBefore: z
        .number()
        .int()
        .nullable()
        .describe('`before` of the next page; null: this is the last one'),
    }),
  },
  'GET /v1/changes/near': {
    summary: 'Changes that may have caused what broke at a moment, the likeliest first',
    tag: 'changes',
    permission: 'viewer',
    query: z.object({
      atMs: z.coerce.number().int().nonnegative().describe('When it broke'),
      labels: labelsTextSchema.optional().describe('What broke'),
      withinMs: z.coerce.number().int().min(1_000).max(604_800_000).default(7_200_000),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(20),
    }),
    response: z.object({ changes: z.array(rankedChangeSchema) }),
  },
  'POST /v1/changes': {
    summary: 'Tell of a change that was made elsewhere: a deploy by a pipeline, a network, a supplier',
    tag: 'changes',
    permission: 'operator',
    body: z.strictObject({
      kind: z.enum(['deploy', 'config', 'drill', 'experiment']),
      summary: z.string().min(1).max(500),
      labels: labelsSchema.default({}),
      atMs: timestampMsSchema.optional().describe('Default: now; at most a week ago'),
      details: z
        .record(z.string().max(64), z.union([z.string().max(1_000), z.number(), z.boolean()]))
        .default({}),
    }),
    response: changeSchema,
  },
  'POST /v1/changes/{changeId}/revert': {
    summary:
      'Take back a change of a setting: of a project, an objective, an alert rule, a runbook, its guards, the rota, encoders, a throttle or a shift',
    tag: 'changes',
    permission: 'admin',
    params: z.object({ changeId: z.coerce.number().int().positive() }),
    query: z.object({
      isDryRun: z.enum(['true', 'false']).default('false').describe('Only say what would change'),
    }),
    response: z.object({
      isChange: z.boolean().describe('false: it was taken back already'),
      text: z.string().describe('A sentence without its full stop'),
      differences: z
        .array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() }))
        .describe('Fields of the setting that change, their values as JSON; none of an order or a pause'),
    }),
    errors: ['conflict'],
  },
});
