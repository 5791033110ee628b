// On-call for people: the rota and its versions, who has duty and why, what a draft would do, overrides, calendars,
// and pages that are open.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { channelIdSchema, oncallIdSchema, ROTA_BYTES_MAX } from '../rota.ts';
import { defineRoutes } from '../route.ts';
import { severitySchema } from './incidents.ts';

/** The year 2223: nobody plans further, and zones are not known further. */
const MOMENT_MS_MAX = 8e12;
/** Spans that are rendered: a leap year and a month. */
const SPAN_MS_MAX = 400 * 86_400_000;

const reasonSchema = z.object({
  code: z.string().describe('What was found, e.g. turn, override, outside_hours'),
  subject: z.string().describe('The layer, override, schedule, policy or channel that it is about'),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type OncallReasonView = z.infer<typeof reasonSchema>;

export const dutyViewSchema = z.object({
  scheduleId: oncallIdSchema,
  atMs: timestampMsSchema,
  userId: oncallIdSchema.nullable().describe('null: nobody'),
  overrideId: z.string().nullable(),
  layer: z.string().nullable(),
  reasons: z.array(reasonSchema).describe('What was looked at, in order'),
});
export type DutyView = z.infer<typeof dutyViewSchema>;

export const shiftViewSchema = z.object({
  scheduleId: oncallIdSchema,
  userId: oncallIdSchema.nullable().describe('null: nobody has duty'),
  layer: z.string().nullable(),
  turn: z.number().int().nullable().describe('Number of the turn in the layer'),
  overrideId: z.string().nullable(),
  fromMs: timestampMsSchema,
  untilMs: timestampMsSchema,
});
export type ShiftView = z.infer<typeof shiftViewSchema>;

const findingSchema = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  line: z.number().int().nullable().describe('In the text, from 1'),
  fromMs: timestampMsSchema.nullable(),
  untilMs: timestampMsSchema.nullable(),
});
export type RotaFindingView = z.infer<typeof findingSchema>;

const userViewSchema = z.object({
  id: oncallIdSchema,
  name: z.string(),
  timeZone: z.string(),
  contacts: z.array(z.object({ channelId: channelIdSchema, afterMs: z.number() })),
});

const targetViewSchema = z.union([
  z.object({ kind: z.literal('schedule'), scheduleId: oncallIdSchema }),
  z.object({ kind: z.literal('user'), userId: oncallIdSchema }),
  z.object({ kind: z.literal('channel'), channelId: channelIdSchema }),
]);

const policyViewSchema = z.object({
  id: oncallIdSchema,
  name: z.string(),
  steps: z.array(z.object({ targets: z.array(targetViewSchema), acknowledgeWithinMs: z.number() })),
  repeats: z.number().int(),
  lastResort: z.object({ targets: z.array(targetViewSchema), everyMs: z.number() }),
  acknowledgementExpiresMs: z.number().nullable(),
});

const versionSchema = z.object({
  version: z.number().int().positive(),
  appliedAtMs: timestampMsSchema,
  actor: z.string(),
  comment: z.string(),
});

export const rotaViewSchema = z.object({
  /** null: no rota was applied yet. */
  current: versionSchema.nullable(),
  text: z.string().describe('The YAML as it was applied, with its comments'),
  users: z.array(userViewSchema),
  schedules: z.array(
    z.object({
      id: oncallIdSchema,
      name: z.string(),
      mayHaveGaps: z.boolean(),
      layers: z.array(z.object({ name: z.string(), timeZone: z.string(), userIds: z.array(oncallIdSchema) })),
    }),
  ),
  policies: z.array(policyViewSchema),
  defaultPolicyId: z.string().nullable(),
});
export type RotaView = z.infer<typeof rotaViewSchema>;

export const overrideViewSchema = z.object({
  id: z.string(),
  scheduleId: oncallIdSchema,
  userId: oncallIdSchema,
  fromMs: timestampMsSchema,
  untilMs: timestampMsSchema,
  kind: z.enum(['override', 'swap', 'take']),
  reason: z.string(),
  createdAtMs: timestampMsSchema,
  createdBy: z.string(),
});
export type OverrideView = z.infer<typeof overrideViewSchema>;

const plannedPageSchema = z.object({
  atMs: timestampMsSchema,
  kind: z.enum(['page', 'nobody']),
  userId: oncallIdSchema.nullable(),
  channelId: channelIdSchema.nullable(),
  reasons: z.array(reasonSchema),
});

const escalationStatusSchema = z.enum(['paging', 'acknowledged', 'stopped', 'exhausted']);
const subjectIdSchema = z
  .string()
  .regex(/^[a-z]{3}_[0-9a-z]{26}$/)
  .describe('Incident, or a page that was made by hand');

export const escalationViewSchema = z.object({
  incidentId: subjectIdSchema,
  title: z.string(),
  severity: severitySchema,
  url: z.string(),
  policyId: z.string().nullable(),
  status: escalationStatusSchema,
  round: z.number().int(),
  step: z.number().int().describe('From 1; one more than there are: the last resort'),
  steps: z.number().int(),
  nextAtMs: timestampMsSchema.nullable().describe('When something happens next unless somebody acknowledges'),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAtMs: timestampMsSchema.nullable(),
  startedAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable(),
});
export type EscalationView = z.infer<typeof escalationViewSchema>;

const escalationEntrySchema = z.object({
  key: z.string().describe('The same in every repetition'),
  atMs: timestampMsSchema,
  kind: z.string().describe('page, nobody, acknowledged, acknowledgement_expired, stopped, exhausted'),
  userId: z.string().nullable(),
  channelId: z.string().nullable(),
  text: z.string(),
  reasons: z.array(reasonSchema),
  state: z.enum(['waiting', 'done', 'void']).describe('void: acknowledged or stopped before it was sent'),
  doneAtMs: timestampMsSchema.nullable(),
  attempts: z.number().int(),
  problem: z.string().nullable().describe('Why the last attempt failed'),
});
export type EscalationEntryView = z.infer<typeof escalationEntrySchema>;

const shareSchema = z.object({
  userId: oncallIdSchema,
  shifts: z.number().int(),
  hours: z.number(),
  nightHours: z.number().describe('22:00 to 06:00 in the zone of the person'),
  nights: z.number().int(),
  weekendHours: z.number(),
  weekends: z.number().int(),
  longestHours: z.number(),
  ratio: z.number().describe('Hours against an equal share; 1 is exactly fair'),
});
export type FairShareView = z.infer<typeof shareSchema>;

const feedSchema = z.object({
  id: z.string(),
  scheduleId: oncallIdSchema.nullable(),
  userId: oncallIdSchema.nullable(),
  createdAtMs: timestampMsSchema,
  createdBy: z.string(),
});

const rotaTextSchema = z.string().min(1).max(ROTA_BYTES_MAX).describe('YAML; see docs/oncall.md');
const momentSchema = timestampMsSchema.max(MOMENT_MS_MAX);
const queryMomentSchema = z.coerce.number().int().nonnegative().max(MOMENT_MS_MAX);
const spanSchema = z
  .object({ fromMs: queryMomentSchema, untilMs: queryMomentSchema })
  .refine(({ fromMs, untilMs }) => untilMs > fromMs && untilMs - fromMs <= SPAN_MS_MAX, {
    path: ['untilMs'],
    message: 'it lies after fromMs, by at most 400 days',
  });
const reasonTextSchema = z.string().max(500).default('');
const scheduleParams = z.object({ scheduleId: oncallIdSchema });
const escalationParams = z.object({ incidentId: subjectIdSchema });

export const oncallRoutes = defineRoutes({
  'GET /v1/oncall': {
    summary: 'The rota that is in force',
    tag: 'oncall',
    permission: 'viewer',
    response: rotaViewSchema,
  },
  'PUT /v1/oncall': {
    summary: 'Put a rota in force; one with errors is refused, line by line',
    tag: 'oncall',
    permission: 'admin',
    body: z.strictObject({
      text: rotaTextSchema,
      comment: z.string().max(500).default(''),
      basedOn: z
        .number()
        .int()
        .nonnegative()
        .optional()
        .describe('Version that was edited, 0 for none; refused when another one is in force'),
      isForced: z.boolean().default(false).describe('Also with errors of coverage; never with mistakes'),
    }),
    response: z.object({ current: versionSchema, findings: z.array(findingSchema) }),
    errors: ['rota_invalid', 'conflict'],
  },
  'GET /v1/oncall/versions': {
    summary: 'Versions of the rota, the newest first',
    tag: 'oncall',
    permission: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50) }),
    response: z.object({ versions: z.array(versionSchema) }),
  },
  'GET /v1/oncall/versions/{version}': {
    summary: 'A version of the rota as it was written',
    tag: 'oncall',
    permission: 'viewer',
    params: z.object({
      version: z.coerce
        .number()
        .int()
        .positive()
        .max(2 ** 31 - 1),
    }),
    response: versionSchema.extend({ text: z.string() }),
  },
  'POST /v1/oncall/lint': {
    summary: 'What is wrong with a rota, or with the one in force',
    tag: 'oncall',
    permission: 'operator',
    body: z.strictObject({ text: rotaTextSchema.optional() }),
    response: z.object({ isGood: z.boolean(), findings: z.array(findingSchema) }),
    errors: ['not_found'],
  },
  'POST /v1/oncall/simulate': {
    summary: 'Who has duty and who is paged when, and why, for a draft or the rota in force',
    tag: 'oncall',
    permission: 'operator',
    body: z.strictObject({
      text: rotaTextSchema.optional(),
      atMs: momentSchema,
      policyId: oncallIdSchema.optional().describe('Default: the default policy'),
    }),
    response: z.object({
      atMs: timestampMsSchema,
      policyId: oncallIdSchema,
      duties: z.array(dutyViewSchema),
      pages: z.array(plannedPageSchema).describe('When nobody acknowledges, up to the first last resort'),
    }),
    errors: ['rota_invalid', 'not_found'],
  },
  'GET /v1/oncall/now': {
    summary: 'Who has duty, until when, who comes next, and why',
    tag: 'oncall',
    permission: 'viewer',
    query: z.object({ atMs: queryMomentSchema.optional() }),
    response: z.object({
      atMs: timestampMsSchema,
      duties: z.array(
        dutyViewSchema.extend({
          untilMs: timestampMsSchema.nullable().describe('null: for longer than is looked ahead'),
          next: shiftViewSchema.nullable(),
        }),
      ),
    }),
  },
  'GET /v1/oncall/shifts': {
    summary: 'Shifts in a span of time',
    tag: 'oncall',
    permission: 'viewer',
    query: spanSchema.safeExtend({
      scheduleId: oncallIdSchema.optional(),
      userId: oncallIdSchema.optional(),
    }),
    response: z.object({ shifts: z.array(shiftViewSchema) }),
    errors: ['not_found'],
  },
  'GET /v1/oncall/fairness': {
    summary: 'Hours, nights and weekends per person',
    tag: 'oncall',
    permission: 'viewer',
    query: spanSchema.safeExtend({ scheduleId: oncallIdSchema.optional() }),
    response: z.object({ shares: z.array(shareSchema) }),
    errors: ['not_found'],
  },
  'GET /v1/oncall/overrides': {
    summary: 'Overrides that run or come',
    tag: 'oncall',
    permission: 'viewer',
    response: z.object({ overrides: z.array(overrideViewSchema) }),
  },
  'POST /v1/oncall/overrides': {
    summary: 'Give a schedule to somebody for a while',
    tag: 'oncall',
    permission: 'operator',
    body: z.strictObject({
      scheduleId: oncallIdSchema,
      userId: oncallIdSchema,
      fromMs: momentSchema,
      untilMs: momentSchema,
      reason: reasonTextSchema,
    }),
    response: overrideViewSchema,
    errors: ['not_found', 'conflict'],
  },
  'DELETE /v1/oncall/overrides/{overrideId}': {
    summary: 'Take back an override',
    tag: 'oncall',
    permission: 'operator',
    params: z.object({ overrideId: z.string().regex(/^ovr_[0-9a-z]{26}$/) }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'POST /v1/oncall/schedules/{scheduleId}/take': {
    summary: 'Take the shift that runs now',
    tag: 'oncall',
    permission: 'operator',
    params: scheduleParams,
    body: z.strictObject({
      userId: oncallIdSchema,
      untilMs: momentSchema.optional().describe('Default: the end of the shift'),
      reason: reasonTextSchema,
    }),
    response: overrideViewSchema,
    errors: ['conflict'],
  },
  'POST /v1/oncall/schedules/{scheduleId}/swap': {
    summary: 'Swap two shifts',
    tag: 'oncall',
    permission: 'operator',
    params: scheduleParams,
    body: z.strictObject({
      oneAtMs: momentSchema.describe('Any time within the one shift'),
      otherAtMs: momentSchema.describe('Any time within the other'),
      reason: reasonTextSchema,
    }),
    response: z.object({ overrides: z.array(overrideViewSchema) }),
    errors: ['conflict'],
  },
  'GET /v1/oncall/feeds': {
    summary: 'Calendar feeds',
    tag: 'oncall',
    permission: 'operator',
    response: z.object({ feeds: z.array(feedSchema) }),
  },
  'POST /v1/oncall/feeds': {
    summary: 'Make a calendar feed; its address holds a secret and is shown only now',
    tag: 'oncall',
    permission: 'operator',
    body: z.strictObject({ scheduleId: oncallIdSchema.optional(), userId: oncallIdSchema.optional() }),
    response: z.object({ feed: feedSchema, path: z.string().describe('Below the address of control') }),
    errors: ['not_found', 'conflict'],
  },
  'DELETE /v1/oncall/feeds/{feedId}': {
    summary: 'Close a calendar feed',
    tag: 'oncall',
    permission: 'operator',
    params: z.object({ feedId: z.string().regex(/^fed_[0-9a-z]{26}$/) }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'GET /v1/oncall/escalations': {
    summary: 'Pages, the newest first',
    tag: 'oncall',
    permission: 'viewer',
    query: z.object({
      status: escalationStatusSchema.optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ escalations: z.array(escalationViewSchema) }),
  },
  'POST /v1/oncall/escalations': {
    summary: 'Page whoever has duty, without an incident',
    tag: 'oncall',
    permission: 'operator',
    body: z.strictObject({
      title: z.string().min(1).max(200),
      severity: severitySchema.default('sev3'),
      policyId: oncallIdSchema.optional(),
    }),
    response: escalationViewSchema,
    errors: ['not_found', 'conflict'],
  },
  'GET /v1/oncall/escalations/{incidentId}': {
    summary: 'One page: whom it reached, by which channel, and why',
    tag: 'oncall',
    permission: 'viewer',
    params: escalationParams,
    response: escalationViewSchema.extend({ entries: z.array(escalationEntrySchema) }),
  },
  'POST /v1/oncall/escalations/{incidentId}/acknowledge': {
    summary: 'Say that somebody has taken it; nobody else is paged',
    tag: 'oncall',
    permission: 'operator',
    params: escalationParams,
    body: z.strictObject({ userId: oncallIdSchema }),
    response: escalationViewSchema,
  },
  'POST /v1/oncall/escalations/{incidentId}/escalate': {
    summary: 'Page the next step now',
    tag: 'oncall',
    permission: 'operator',
    params: escalationParams,
    response: escalationViewSchema,
    errors: ['conflict'],
  },
  'POST /v1/oncall/escalations/{incidentId}/stop': {
    summary: 'End a page',
    tag: 'oncall',
    permission: 'operator',
    params: escalationParams,
    body: z.strictObject({ reason: reasonTextSchema }),
    response: escalationViewSchema,
  },
});
