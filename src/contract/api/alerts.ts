// Alerts: what fires, what is kept quiet, which rules there are, and what other systems send in.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { recurrenceSchema, WEEKDAYS } from '../recurrence.ts';
import { defineRoutes } from '../route.ts';
import { matchersSchema } from './notifications.ts';

const alertIdSchema = z
  .string()
  .regex(/^alt_[0-9a-z]{26}$/)
  .describe('Alert');
const silenceIdSchema = z
  .string()
  .regex(/^sil_[0-9a-z]{26}$/)
  .describe('Silence');
const senderIdSchema = z
  .string()
  .regex(/^snd_[0-9a-z]{26}$/)
  .describe('System that sends alerts');
const ruleNameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/)
  .describe('Rule, also the label alertname, e.g. RegionLost');

const severitySchema = z.enum(['page', 'ticket', 'info']);
const labelsSchema = z.record(z.string(), z.string());

export const alertViewSchema = z.object({
  id: alertIdSchema,
  fingerprint: z.string(),
  state: z.enum(['firing', 'suppressed', 'resolved']).describe('suppressed: it fires, and is kept quiet'),
  severity: severitySchema,
  source: z.string().describe('slo, rules, or the sender'),
  labels: labelsSchema,
  annotations: labelsSchema,
  evidence: z.array(z.object({ name: z.string(), value: z.number(), limit: z.number(), unit: z.string() })),
  quietReason: z.string().nullable(),
  pendingSinceMs: timestampMsSchema,
  startsAtMs: timestampMsSchema,
  endsAtMs: timestampMsSchema.nullable(),
});

const silenceViewSchema = z.object({
  id: silenceIdSchema,
  kind: z.enum(['silence', 'maintenance']),
  matchers: z.array(z.string()),
  startsAtMs: timestampMsSchema,
  endsAtMs: timestampMsSchema
    .nullable()
    .describe('null: until what it matches has resolved; of one that recurs: it goes on'),
  recurrence: z
    .object({
      weekdays: z.array(z.enum(WEEKDAYS)),
      startTime: z.string(),
      timeZone: z.string(),
      durationMs: z.number().int(),
    })
    .nullable()
    .describe('It is in force during its occurrences alone'),
  occurrence: z
    .object({ startsAtMs: timestampMsSchema, endsAtMs: timestampMsSchema })
    .nullable()
    .describe('Of one that recurs: the occurrence in force, else the next one'),
  isInForce: z.boolean(),
  comment: z.string(),
  createdBy: z.string(),
  matchingAlerts: z.number().int(),
});
export type SilenceView = z.infer<typeof silenceViewSchema>;

const seriesSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
const labelNameSchema = z.string().regex(/^[a-z_][a-z0-9_]{0,31}$/);
const waitMs = z.number().int().min(0).max(86_400_000);

const commonRuleShape = {
  name: ruleNameSchema,
  severity: severitySchema,
  summary: z.string().min(1).max(300).describe('For people; {label} is filled in'),
  runbook: z.string().max(500).nullable().default(null),
  series: seriesSchema,
  labels: z.record(labelNameSchema, z.string().max(100)).default({}),
  by: z.array(labelNameSchema).max(5).default([]).describe('One alert for each set of values of these'),
  afterMs: waitMs.default(0).describe('How long it must hold before it fires'),
  keepMs: waitMs.default(30_000).describe('How long it must be over before it resolves'),
};

export const alertRuleSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('threshold'),
    ...commonRuleShape,
    windowMs: z.number().int().min(5_000).max(3_600_000).multipleOf(5_000),
    measure: z.enum(['sum', 'perSecond', 'mean']),
    op: z.enum(['gt', 'lt']),
    limit: z.number(),
    clearLimit: z.number().nullable().default(null).describe('While it fires, it ends only past this value'),
  }),
  z.strictObject({
    kind: z.literal('absence'),
    ...commonRuleShape,
    silentMs: z.number().int().min(10_000).max(3_600_000),
    lost: z
      .enum(['region', 'site', 'node'])
      .nullable()
      .default(null)
      .describe('What is lost when it falls silent; alerts of what is within stay quiet'),
  }),
]);

const ruleViewSchema = z.object({
  rule: alertRuleSchema,
  origin: z.enum(['shipped', 'own']),
  updatedAtMs: timestampMsSchema,
  updatedBy: z.string(),
});

const senderViewSchema = z.object({
  id: senderIdSchema,
  name: z.string(),
  labels: labelsSchema,
  createdAtMs: timestampMsSchema,
  lastUsedAtMs: timestampMsSchema.nullable(),
});

/** Alerts of one request of a sender: Alertmanager's own default has no limit; ours names it. */
export const RECEIVED_ALERTS_MAX = 1_000;

const looseLabels = z
  .record(z.string().max(200), z.string().max(5_000))
  .refine((labels) => Object.keys(labels).length <= 64, { error: 'an alert has at most 64 labels' });
const timeSchema = z.string().max(40);

/** Alertmanager's webhook, version 4; Grafana says version 1 and adds fields, which are ignored. */
const alertmanagerSchema = z.object({
  version: z.string().max(10).optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: looseLabels,
        annotations: looseLabels.default({}),
        startsAt: timeSchema.optional(),
        endsAt: timeSchema.optional(),
        generatorURL: z.string().max(2_048).optional(),
      }),
    )
    .max(
      RECEIVED_ALERTS_MAX,
      `at most ${RECEIVED_ALERTS_MAX} alerts at once: set max_alerts of the receiver`,
    ),
});

/** PagerDuty's Events API v2. */
const pagerDutySchema = z
  .object({
    routing_key: z.string().min(1).max(256).describe('Token of the sender'),
    event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
    dedup_key: z.string().min(1).max(255).optional(),
    client: z.string().max(1_024).optional(),
    client_url: z.string().max(2_048).optional(),
    payload: z
      .object({
        summary: z.string().min(1).max(1_024),
        source: z.string().min(1).max(1_024),
        severity: z.enum(['critical', 'error', 'warning', 'info']),
        timestamp: timeSchema.optional(),
        component: z.string().max(1_024).optional(),
        group: z.string().max(1_024).optional(),
        class: z.string().max(1_024).optional(),
        custom_details: z.unknown().optional(),
      })
      .optional(),
  })
  .refine(({ event_action, payload }) => event_action !== 'trigger' || payload !== undefined, {
    error: 'a trigger needs a payload',
    path: ['payload'],
  })
  .refine(({ event_action, dedup_key }) => event_action === 'trigger' || dedup_key !== undefined, {
    error: 'it needs the dedup_key of its trigger',
    path: ['dedup_key'],
  });

/** CloudEvents 1.0 in structured form. */
const cloudEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  type: z.string().min(1).max(200).describe('Ends in .resolved when what it tells of is over'),
  subject: z.string().max(500).optional(),
  time: timeSchema.optional(),
  data: z
    .object({
      summary: z.string().max(1_024).optional(),
      severity: severitySchema.optional(),
      labels: looseLabels.optional(),
    })
    .optional(),
});

export type AlertmanagerWebhook = z.output<typeof alertmanagerSchema>;
export type PagerDutyEvent = z.output<typeof pagerDutySchema>;
export type ReceivedCloudEvent = z.output<typeof cloudEventSchema>;

const received = z.object({ received: z.number().int() });
/** What PagerDuty takes of one event. */
const PAGERDUTY_BODY_BYTES_MAX = 512_000;

export const alertRoutes = defineRoutes({
  'GET /v1/alerts': {
    summary: 'Alerts, newest first',
    tag: 'alerts',
    permission: 'viewer',
    query: z.object({
      state: z.enum(['firing', 'suppressed', 'resolved', 'live']).optional().describe('live: not resolved'),
      matcher: z.string().max(500).optional().describe('e.g. region=dublin'),
      fromMs: z.coerce.number().int().nonnegative().optional().describe('Only those not over before'),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Only those that began before'),
      before: alertIdSchema.optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ alerts: z.array(alertViewSchema) }),
  },
  'GET /v1/alerts/{alertId}': {
    summary: 'One alert with its evidence',
    tag: 'alerts',
    permission: 'viewer',
    params: z.object({ alertId: alertIdSchema }),
    response: alertViewSchema,
  },
  'GET /v1/silences': {
    summary: 'Silences and maintenance windows in force or to come',
    tag: 'alerts',
    permission: 'viewer',
    response: z.object({ silences: z.array(silenceViewSchema) }),
  },
  'POST /v1/silences': {
    summary: 'Keep alerts quiet for a time, or until they resolve',
    tag: 'alerts',
    permission: 'operator',
    body: z.strictObject({
      kind: z.enum(['silence', 'maintenance']).default('silence'),
      matchers: matchersSchema.min(1),
      startsAtMs: timestampMsSchema
        .optional()
        .describe('Default: now; of one that recurs: occurrences count from then on'),
      durationMs: z
        .number()
        .int()
        .min(1_000)
        .max(90 * 86_400_000)
        .nullable()
        .describe(
          'null: until what it matches has resolved; with a recurrence: of each occurrence, at most a day',
        ),
      recurrence: recurrenceSchema.optional().describe('Of maintenance that comes again every week'),
      comment: z.string().trim().min(1).max(500),
    }),
    response: silenceViewSchema,
    errors: ['conflict'],
  },
  'DELETE /v1/silences/{silenceId}': {
    summary: 'End a silence now',
    tag: 'alerts',
    permission: 'operator',
    params: z.object({ silenceId: silenceIdSchema }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'GET /v1/alert-rules': {
    summary: 'Rules on thresholds and on silence; those on burn are the objectives',
    tag: 'alerts',
    permission: 'viewer',
    response: z.object({ rules: z.array(ruleViewSchema) }),
  },
  'PUT /v1/alert-rules': {
    summary: 'Add or replace a rule',
    tag: 'alerts',
    permission: 'operator',
    body: alertRuleSchema,
    response: ruleViewSchema,
    errors: ['conflict'],
  },
  'DELETE /v1/alert-rules/{name}': {
    summary: 'Remove a rule; its alerts resolve',
    tag: 'alerts',
    permission: 'operator',
    params: z.object({ name: ruleNameSchema }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'GET /v1/alert-senders': {
    summary: 'Systems that send alerts',
    tag: 'alerts',
    permission: 'viewer',
    response: z.object({ senders: z.array(senderViewSchema) }),
  },
  'POST /v1/alert-senders': {
    summary: 'Let a system send alerts; its token is shown only this once',
    tag: 'alerts',
    permission: 'admin',
    body: z.strictObject({
      name: z.string().trim().min(1).max(100),
      labels: z
        .record(labelNameSchema, z.string().max(200))
        .default({})
        .describe('Added to each of its alerts'),
    }),
    response: z.object({ sender: senderViewSchema, token: z.string() }),
    errors: ['conflict'],
  },
  'DELETE /v1/alert-senders/{senderId}': {
    summary: 'Take a sender its token; its alerts expire',
    tag: 'alerts',
    permission: 'admin',
    params: z.object({ senderId: senderIdSchema }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'POST /v1/alerts/alertmanager': {
    summary: "Alertmanager's webhook (version 4), and Grafana's",
    tag: 'alerts',
    permission: 'sender',
    body: alertmanagerSchema,
    response: received,
  },
  'POST /v1/alerts/pagerduty/v2/enqueue': {
    summary:
      "PagerDuty's Events API v2: senders only change their address; the routing key is the sender's token",
    tag: 'alerts',
    permission: 'anyone',
    body: pagerDutySchema,
    bodyBytesMax: PAGERDUTY_BODY_BYTES_MAX,
    status: 202,
    response: z.object({ status: z.literal('success'), message: z.string(), dedup_key: z.string() }),
    errors: ['wrong_credential', 'rate_limited'],
  },
  'POST /v1/alerts/cloudevents': {
    summary: 'CloudEvents 1.0 in structured form',
    tag: 'alerts',
    permission: 'sender',
    body: cloudEventSchema,
    response: received,
  },
});
