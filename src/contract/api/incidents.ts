// Incidents for people: what is wrong, how bad it is and why, who does what, what happened, what is left to do.

import { z } from 'zod';
import { incidentIdSchema, regionIdSchema, timestampMsSchema } from '../identifiers.ts';
import { labelsSchema } from '../labels.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';
import { reasonSchema } from '../snapshot.ts';
import { noticeImpactSchema, noticeStateSchema, publicStatusSchema } from '../status.ts';
import { rankedChangeSchema } from './changes.ts';

export const incidentStateSchema = z.enum(['open', 'acknowledged', 'resolved', 'merged']);
export const incidentFilterSchema = z
  .enum([...incidentStateSchema.options, 'live', 'ended'])
  .describe('live: open or acknowledged; ended: resolved or merged');
export const severitySchema = z.enum(['sev1', 'sev2', 'sev3', 'sev4']).describe('sev1 is the worst');
export const incidentRoleSchema = z.enum(['commander', 'scribe', 'communications']);
export const entryKindSchema = z.enum([
  'alert',
  'change',
  'steering',
  'drain',
  'action',
  'note',
  'page',
  'acknowledge',
  'state',
]);

const personSchema = z.string().min(1).max(128);
const textSchema = z.string().min(1).max(4_000);

export const incidentAlertSchema = z.object({
  id: z.string(),
  state: z.enum(['firing', 'suppressed', 'resolved']),
  severity: z.enum(['page', 'ticket', 'info']),
  labels: labelsSchema,
  annotations: z.record(z.string(), z.string()),
  evidence: z.array(z.object({ name: z.string(), value: z.number(), limit: z.number(), unit: z.string() })),
  startsAtMs: timestampMsSchema,
  endsAtMs: timestampMsSchema.nullable(),
  reasons: z.array(reasonSchema).describe('Why it belongs to this incident'),
});

export const responseTaskSchema = z.object({
  kind: z.enum(['page', 'acknowledge', 'stop', 'runbook']),
  subject: z.string().describe('Runbook or escalation policy'),
  state: z.enum(['waiting', 'done', 'failed']),
  attempts: z.number().int(),
  problem: z.string().nullable(),
  runId: z.string().nullable(),
  createdAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable(),
});

export const actionItemStateSchema = z.enum(['open', 'done', 'dropped']);
export const actionItemSchema = z.object({
  id: z.number().int().positive(),
  incidentId: incidentIdSchema,
  title: z.string(),
  owner: z.string(),
  dueAtMs: timestampMsSchema,
  state: actionItemStateSchema,
  isOverdue: z.boolean(),
  createdAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable(),
});
export type ActionItem = z.infer<typeof actionItemSchema>;

export const incidentSchema = z.object({
  id: incidentIdSchema,
  title: z.string(),
  state: incidentStateSchema,
  severity: severitySchema,
  severityReasons: z.array(reasonSchema).describe('Empty when a person set it'),
  labels: labelsSchema,
  openedBy: z.string(),
  openedAtMs: timestampMsSchema,
  impactStartedAtMs: timestampMsSchema.describe(
    'When users began to feel it: the first harm that telemetry shows, else the first alert, unless a person knows better',
  ),
  impactReasons: z
    .array(reasonSchema)
    .describe('What telemetry shows of the first harm; empty when a person said when it began'),
  acknowledgedAtMs: timestampMsSchema.nullable(),
  acknowledgedBy: z.string().nullable(),
  quietSinceMs: timestampMsSchema.nullable().describe('Since when all of its alerts are quiet'),
  resolvesAtMs: timestampMsSchema
    .nullable()
    .describe('When it resolves by itself unless an alert comes back'),
  resolvedAtMs: timestampMsSchema.nullable(),
  resolution: z.string().nullable(),
  mergedInto: incidentIdSchema.nullable(),
  reopenedCount: z.number().int(),
  roles: z.object({
    commander: z.string().nullable(),
    scribe: z.string().nullable(),
    communications: z.string().nullable(),
  }),
  impact: z.object({
    users: z.number().nullable(),
    budgetShare: z.number().nullable(),
    burnRate: z.number().nullable(),
  }),
  alertCount: z.number().int(),
  firingCount: z.number().int(),
  revision: z.number().int().describe('Grows with each change, its timeline included'),
});
export type IncidentView = z.infer<typeof incidentSchema>;

export const incidentDetailSchema = incidentSchema.extend({
  alerts: z.array(incidentAlertSchema),
  tasks: z.array(responseTaskSchema).describe('Pages and runbooks that it asked for'),
  actionItems: z.array(actionItemSchema),
});
export type IncidentDetail = z.infer<typeof incidentDetailSchema>;

export const incidentEntrySchema = z.object({
  id: z.number().int().positive(),
  atMs: timestampMsSchema,
  kind: entryKindSchema,
  text: z.string(),
  actor: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type IncidentEntry = z.infer<typeof incidentEntrySchema>;

export const statusUpdateSchema = z.object({
  id: z.number().int().positive(),
  atMs: timestampMsSchema,
  state: noticeStateSchema,
  impact: noticeImpactSchema,
  regionIds: z.array(regionIdSchema),
  title: z.string(),
  text: z.string(),
  author: z.string(),
});
export type StatusUpdate = z.infer<typeof statusUpdateSchema>;
const statusUpdatesSchema = z.object({ updates: z.array(statusUpdateSchema) });

/** Text that people write into a postmortem, each of its two parts: some twenty pages. */
const POSTMORTEM_TEXT_MAX = 40_000;

export const postmortemSchema = z.object({
  markdown: z.string(),
  times: z.object({
    detectMs: z.number().describe('From the first harm to the opening'),
    respondMs: z.number().nullable().describe('From the opening to the first action'),
    respondedBy: z.string().nullable(),
    recoverMs: z.number().nullable().describe('From the first harm until all alerts were quiet'),
    resolveMs: z.number().nullable().describe('From the first harm to the end'),
  }),
  summary: z.string().describe('What people wrote, in Markdown'),
  lessons: z.string().describe('Causes and lessons, as people wrote them, in Markdown'),
  version: z.number().int().describe('Of what people wrote; 0: nothing yet'),
  editedBy: z.string().nullable(),
  editedAtMs: timestampMsSchema.nullable(),
  pictures: z
    .array(z.object({ title: z.string(), svg: z.string() }))
    .describe('SVG documents, as they stand in the Markdown'),
  changes: z.array(rankedChangeSchema).describe('What may have caused it, the likeliest first'),
  automation: z.array(incidentEntrySchema).describe('What was done without a person'),
});
export type Postmortem = z.infer<typeof postmortemSchema>;

const params = z.object({ incidentId: incidentIdSchema });
const common = { tag: 'incidents', params, response: incidentDetailSchema } as const;

export const incidentRoutes = defineRoutes({
  'GET /v1/incidents': {
    summary: 'Incidents, the newest first',
    tag: 'incidents',
    permission: 'viewer',
    query: z.object({
      state: incidentFilterSchema.optional(),
      severity: severitySchema.optional(),
      text: z.string().trim().max(100).optional().describe('Only those whose title, labels or id have it'),
      alertId: z.string().max(64).optional().describe('Only those that hold this alert'),
      before: incidentIdSchema.optional().describe('Only older ones'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ nowMs: timestampMsSchema, incidents: z.array(incidentSchema) }),
  },
  'POST /v1/incidents': {
    summary: 'Open an incident by hand; alerts of the same place join it',
    tag: 'incidents',
    permission: 'operator',
    body: z.strictObject({
      title: z.string().min(1).max(200),
      severity: severitySchema.default('sev3'),
      labels: labelsSchema.default({}),
      note: textSchema.optional(),
      escalationPolicyId: z
        .string()
        .max(128)
        .optional()
        .describe('Who is paged; default: by `incidents.policies`'),
    }),
    response: incidentDetailSchema,
  },
  'GET /v1/incidents/{incidentId}': {
    ...common,
    summary: 'An incident with its alerts, pages, runbooks and action items',
    permission: 'viewer',
    errors: ['not_found'],
  },
  'PATCH /v1/incidents/{incidentId}': {
    ...common,
    summary: 'Change what people know better: title, severity, when the impact began',
    permission: 'operator',
    body: z.strictObject({
      title: z.string().min(1).max(200).optional(),
      severity: severitySchema.optional().describe('From then on it is no longer judged'),
      impactStartedAtMs: timestampMsSchema.optional(),
    }),
    errors: ['not_found', 'conflict'],
  },
  'GET /v1/incidents/{incidentId}/timeline': {
    summary: 'What happened, in the order of its times',
    tag: 'incidents',
    permission: 'viewer',
    params,
    query: z.object({
      after: z.coerce.number().int().nonnegative().default(0).describe('Only entries written after this one'),
      limit: z.coerce.number().int().min(1).max(1_000).default(500),
    }),
    response: z.object({ revision: z.number().int(), entries: z.array(incidentEntrySchema) }),
    errors: ['not_found'],
  },
  'GET /v1/incidents/{incidentId}/changes': {
    summary: 'Changes that may have caused it, the likeliest first',
    tag: 'incidents',
    permission: 'viewer',
    params,
    query: z.object({ limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(20) }),
    response: z.object({ changes: z.array(rankedChangeSchema) }),
    errors: ['not_found'],
  },
  'POST /v1/incidents/{incidentId}/acknowledge': {
    ...common,
    summary: 'Take it: nobody else is paged',
    permission: 'operator',
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/escalate': {
    ...common,
    summary: 'Page again, by another escalation policy if one is named',
    permission: 'operator',
    body: z.strictObject({ escalationPolicyId: z.string().max(128).optional(), reason: textSchema }),
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/notes': {
    ...common,
    summary: 'Add a note, or a message of a chat, to the timeline',
    permission: 'operator',
    body: z.strictObject({
      text: textSchema,
      atMs: timestampMsSchema.optional().describe('When it was said; default: now'),
      author: personSchema.optional().describe('Who said it, when a program relays it'),
    }),
    errors: ['not_found'],
  },
  'PUT /v1/incidents/{incidentId}/roles/{role}': {
    ...common,
    summary: 'Give a role to somebody, or take it back',
    permission: 'operator',
    params: params.extend({ role: incidentRoleSchema }),
    body: z.strictObject({ person: personSchema.nullable() }),
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/merge': {
    ...common,
    summary: 'Merge it into another one, which gets its alerts and timeline',
    permission: 'operator',
    body: z.strictObject({ into: incidentIdSchema }),
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/resolve': {
    ...common,
    summary: 'Resolve it; pages stop',
    permission: 'operator',
    body: z.strictObject({ reason: textSchema }),
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/reopen': {
    ...common,
    summary: 'Reopen it; people are paged again',
    permission: 'operator',
    body: z.strictObject({ reason: textSchema }),
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/incidents/{incidentId}/action-items': {
    ...common,
    summary: 'Note what is to be done so that it does not happen again, by whom and until when',
    permission: 'operator',
    body: z.strictObject({
      title: z.string().min(1).max(500),
      owner: personSchema,
      dueAtMs: timestampMsSchema,
    }),
    errors: ['not_found', 'conflict'],
  },
  'GET /v1/action-items': {
    summary: 'Action items of all incidents, what is due first',
    tag: 'incidents',
    permission: 'viewer',
    query: z.object({
      state: actionItemStateSchema.default('open'),
      owner: personSchema.optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ actionItems: z.array(actionItemSchema) }),
  },
  'PATCH /v1/action-items/{itemId}': {
    summary: 'Finish an action item, drop it, or change it',
    tag: 'incidents',
    permission: 'operator',
    params: z.object({ itemId: z.coerce.number().int().positive() }),
    body: z.strictObject({
      title: z.string().min(1).max(500).optional(),
      owner: personSchema.optional(),
      dueAtMs: timestampMsSchema.optional(),
      state: actionItemStateSchema.optional(),
    }),
    response: actionItemSchema,
    errors: ['not_found'],
  },
  'GET /v1/incidents/{incidentId}/postmortem': {
    summary: 'A draft of the postmortem from the timeline, as Markdown with inline SVG',
    tag: 'incidents',
    permission: 'viewer',
    params,
    response: postmortemSchema,
    errors: ['not_found'],
  },
  'PUT /v1/incidents/{incidentId}/postmortem': {
    summary: 'Write what only people know: a summary, causes and lessons',
    tag: 'incidents',
    permission: 'operator',
    params,
    body: z.strictObject({
      summary: z.string().max(POSTMORTEM_TEXT_MAX).describe('Markdown; empty: none'),
      lessons: z.string().max(POSTMORTEM_TEXT_MAX).describe('Markdown; empty: none'),
      basedOn: z.number().int().nonnegative().describe('The version that was changed'),
    }),
    response: postmortemSchema,
    errors: ['not_found', 'conflict'],
  },
  'GET /v1/status': {
    summary: 'What the public is told, as every edge shows it under /status',
    tag: 'incidents',
    permission: 'anyone',
    response: publicStatusSchema,
  },
  'GET /v1/incidents/{incidentId}/status-updates': {
    summary: 'What the public was told of an incident, newest first',
    tag: 'incidents',
    permission: 'viewer',
    params,
    response: statusUpdatesSchema,
  },
  'POST /v1/incidents/{incidentId}/status-updates': {
    summary: 'Tell the public; what is left out stays as it was, or a template says it',
    tag: 'incidents',
    permission: 'operator',
    params,
    body: z.strictObject({
      state: noticeStateSchema,
      impact: noticeImpactSchema.optional(),
      title: z.string().min(1).max(100).optional(),
      text: z.string().min(1).max(300).optional(),
      regionIds: z.array(regionIdSchema).max(64).optional().describe('Empty: everywhere'),
    }),
    response: statusUpdatesSchema,
    errors: ['not_found', 'conflict'],
  },
  'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}': {
    summary: 'Take back what the public was told',
    tag: 'incidents',
    permission: 'operator',
    params: params.extend({ updateId: z.coerce.number().int().positive() }),
    response: statusUpdatesSchema,
    errors: ['not_found'],
  },
});
