// The shape of a runbook in YAML, once its parameters are filled in. Durations are written as people say them ("30s").
// What a shape cannot say (a hold where nothing waits, a step id used twice) is judged by core/runbook/lint.ts.

import { z } from 'zod';
import { parseDurationMs } from '../base/duration.ts';
import type { Runbook } from '../core/runbook/types.ts';
import {
  assetIdSchema,
  broadcastIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  siteIdSchema,
} from './identifiers.ts';
import { encoderCountSchema, throttleFloorSchema } from './orders.ts';

/** Steps of one runbook: what a person can follow, and a run's state stays below 200 kB. */
export const RUNBOOK_STEPS_MAX = 40;
/** Bytes of a definition: the longest shipped one has 3 kB. */
export const RUNBOOK_BYTES_MAX = 64 << 10;
/** A step that waits longer than a day has been forgotten. */
const TIMEOUT_MS_MAX = 86_400_000;
/** Windows of series: what is kept in steps of five seconds. */
const WINDOW_MS_MAX = 3_600_000;

export const runbookIdSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  .describe('Runbook, e.g. drain-region');
export const runbookRunIdSchema = z
  .string()
  .regex(/^run_[0-9a-z]{26}$/)
  .describe('Run of a runbook, e.g. run_01jd…');

const durationSchema = (mostMs: number) =>
  z.string().transform((text, context) => {
    const milliseconds = parseDurationMs(text);
    if (milliseconds !== undefined && milliseconds <= mostMs) return milliseconds;
    const message =
      milliseconds === undefined
        ? `"${text.slice(0, 40)}" is not a duration such as 30s or 5m`
        : `longer than ${mostMs / 1_000} s`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const targetSchema = z.union([siteIdSchema, regionIdSchema]);
const shareSchema = z.number().min(0).max(1);
const labelsSchema = z.record(z.string().max(64), z.string().max(200));

const throttleScope = {
  region: regionIdSchema.nullable().default(null),
  project: projectIdSchema.nullable().default(null),
};
/** A change of the list of changes; a parameter brings it as a text. */
const changeNumberSchema = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
]);

const channelFields = { broadcast: broadcastIdSchema, region: regionIdSchema };
const channelActions = [
  z.strictObject({ kind: z.literal('add_channel'), ...channelFields }),
  z.strictObject({ kind: z.literal('move_channel'), ...channelFields }),
  z.strictObject({ kind: z.literal('return_channel'), ...channelFields }),
  z.strictObject({ kind: z.literal('remove_channel'), ...channelFields }),
] as const;

export const runbookActionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drain'), target: targetSchema }),
  z.strictObject({ kind: z.literal('restore'), target: targetSchema, share: shareSchema.default(1) }),
  z.strictObject({ kind: z.literal('pause_encoding'), region: regionIdSchema }),
  z.strictObject({ kind: z.literal('resume_encoding'), region: regionIdSchema }),
  z.strictObject({ kind: z.literal('scale_encoders'), region: regionIdSchema, count: encoderCountSchema }),
  z.strictObject({ kind: z.literal('unscale_encoders'), region: regionIdSchema }),
  z.strictObject({
    kind: z.literal('lead_broadcast'),
    broadcast: broadcastIdSchema,
    region: regionIdSchema,
  }),
  ...channelActions,
  z.strictObject({ kind: z.literal('leave_broadcasts'), target: targetSchema }),
  z.strictObject({
    kind: z.literal('purge'),
    project: projectIdSchema,
    asset: assetIdSchema.nullable().default(null),
  }),
  z.strictObject({ kind: z.literal('restart_node'), node: nodeIdSchema }),
  z.strictObject({ kind: z.literal('throttle'), ...throttleScope, floor: throttleFloorSchema }),
  z.strictObject({ kind: z.literal('end_throttle'), ...throttleScope }),
  z.strictObject({ kind: z.literal('shift_traffic'), site: siteIdSchema, share: shareSchema }),
  z.strictObject({ kind: z.literal('revert_change'), change: changeNumberSchema }),
]);

/** Conditions; in a health gate what cannot be measured is no harm, elsewhere it is not met. */
function conditionSchema(withoutData: 'met' | 'unmet') {
  const frame = {
    hold: durationSchema(TIMEOUT_MS_MAX).default(0),
    withoutData: z.enum(['met', 'unmet']).default(withoutData),
  };
  return z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('site_state'),
        target: targetSchema,
        is: z.enum(['up', 'draining', 'down']),
        ...frame,
      }),
      z.strictObject({ kind: z.literal('sites_ready'), target: targetSchema, ...frame }),
      z.strictObject({ kind: z.literal('node_ready'), node: nodeIdSchema, ...frame }),
      z.strictObject({ kind: z.literal('node_at'), node: nodeIdSchema, target: targetSchema, ...frame }),
      z.strictObject({
        kind: z.literal('traffic_share'),
        target: targetSchema,
        below: shareSchema,
        ...frame,
      }),
      z.strictObject({
        kind: z.literal('steered_share'),
        target: targetSchema,
        below: shareSchema,
        ...frame,
      }),
      z.strictObject({ kind: z.literal('spare_capacity'), without: targetSchema, ...frame }),
      z.strictObject({
        kind: z.literal('bad_share'),
        series: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
        target: targetSchema.nullable().default(null),
        labels: labelsSchema.default({}),
        bad: z.array(z.string().max(64)).min(1).max(8),
        window: durationSchema(WINDOW_MS_MAX),
        below: shareSchema,
        ...frame,
      }),
      z.strictObject({ kind: z.literal('alerts_quiet'), labels: labelsSchema.default({}), ...frame }),
      z.strictObject({
        kind: z.literal('encoding'),
        region: regionIdSchema,
        is: z.enum(['paused', 'running']),
        ...frame,
      }),
      z.strictObject({
        kind: z.literal('encoders_scaled'),
        region: regionIdSchema,
        count: encoderCountSchema,
        ...frame,
      }),
      z.strictObject({ kind: z.literal('encoders_idle'), region: regionIdSchema, ...frame }),
      z.strictObject({
        kind: z.literal('broadcast_channel'),
        broadcast: broadcastIdSchema,
        region: regionIdSchema,
        ...frame,
      }),
      z.strictObject({
        kind: z.literal('broadcast_led'),
        broadcast: broadcastIdSchema,
        region: regionIdSchema,
        ...frame,
      }),
      z.strictObject({ kind: z.literal('broadcasts_left'), target: targetSchema, ...frame }),
      z.strictObject({
        kind: z.literal('purged'),
        project: projectIdSchema,
        asset: assetIdSchema.nullable().default(null),
        ...frame,
      }),
      z.strictObject({ kind: z.literal('node_restarted'), node: nodeIdSchema, ...frame }),
    ])
    .transform(({ hold, ...condition }) =>
      condition.kind === 'bad_share'
        ? { ...withWindow(condition), holdMs: hold }
        : { ...condition, holdMs: hold },
    );
}

function withWindow<T extends { window: number }>({
  window,
  ...rest
}: T): Omit<T, 'window'> & { windowMs: number } {
  return { ...rest, windowMs: window };
}

const neededSchema = z.array(conditionSchema('unmet')).max(10).default([]);
const stepFrame = {
  id: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/)
    .describe('Within the runbook, e.g. traffic-left'),
  title: z.string().min(1).max(120),
  before: neededSchema,
  after: neededSchema,
  gate: z.array(conditionSchema('met')).max(10).default([]),
  onFailure: z.enum(['stop', 'rollback', 'continue']).default('stop'),
  rollback: z.array(runbookActionSchema).max(10).default([]),
  timeout: durationSchema(TIMEOUT_MS_MAX).default(60_000),
};

const stepSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('check'),
      conditions: z.array(conditionSchema('unmet')).min(1).max(10),
      ...stepFrame,
    }),
    z.strictObject({ kind: z.literal('action'), action: runbookActionSchema, ...stepFrame }),
    z.strictObject({
      kind: z.literal('wait'),
      conditions: z.array(conditionSchema('unmet')).min(1).max(10),
      ...stepFrame,
    }),
    z.strictObject({
      kind: z.literal('approval'),
      role: z.enum(['operator', 'admin']).default('operator'),
      ask: z.string().min(1).max(1_000),
      ...stepFrame,
    }),
  ])
  .transform(({ timeout, ...step }) => ({ ...step, timeoutMs: timeout }));

export const parameterSpecSchema = z.strictObject({
  type: z.enum([
    'region',
    'site',
    'place',
    'node',
    'broadcast',
    'project',
    'asset',
    'change',
    'text',
    'share',
    'count',
    'duration',
  ]),
  description: z.string().min(1).max(200),
  default: z.string().max(200).optional(),
});

export const guardPolicySchema = z.strictObject({
  isAutomatic: z.boolean().describe('Incidents may start it without a person'),
  runsPerHourMax: z.number().int().min(1).max(1_000),
  viewerShareMax: shareSchema.describe('Share of all viewers that a run may touch'),
});
const ownPolicySchema = z.strictObject({
  isAutomatic: guardPolicySchema.shape.isAutomatic.default(false),
  runsPerHourMax: guardPolicySchema.shape.runsPerHourMax.default(4),
  viewerShareMax: guardPolicySchema.shape.viewerShareMax.default(1),
});

/** Parameters as they stand in the document, read before anything is filled in. */
export const runbookParametersSchema = z
  .record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,31}$/), parameterSpecSchema)
  .refine((specs) => Object.keys(specs).length <= 16, 'at most 16 parameters')
  .default({});

export const runbookSchema = z.strictObject({
  id: runbookIdSchema,
  version: z.number().int().min(1).max(1_000_000),
  title: z.string().min(1).max(120),
  description: z.string().min(1).max(2_000),
  parameters: runbookParametersSchema,
  guards: ownPolicySchema.prefault({}),
  steps: z.array(stepSchema).min(1).max(RUNBOOK_STEPS_MAX),
}) satisfies z.ZodType<Runbook>;
