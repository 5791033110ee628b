// Events: what happened to assets, regions and incidents, and the webhooks that tell other systems. The form on the wire is
// CloudEvents 1.0; the signature is that of Standard Webhooks. docs/webhooks.md is the receiver's side of this file.

import { z } from 'zod';
import {
  assetIdSchema,
  broadcastIdSchema,
  incidentIdSchema,
  projectIdSchema,
  regionIdSchema,
  siteIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { stageSchema } from '../jobs.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { broadcastStateSchema } from '../live.ts';
import { visibilitySchema } from '../media.ts';
import { defineRoutes } from '../route.ts';

/** Everything that may happen, with a sentence for people. `webhook.test` comes only when somebody asks for it. */
export const EVENT_TYPES = {
  'asset.created': 'An upload is complete, kept in two regions, and waits for processing',
  'asset.playable': 'The first segments can be watched; processing goes on',
  'asset.ready': 'Processing is complete',
  'asset.failed': 'Processing failed for good',
  'asset.retried': 'Failed processing was started again',
  'asset.renamed': 'The name was changed',
  'asset.visibility_changed': 'It became public or private',
  'asset.deleted': 'It was deleted everywhere',
  'broadcast.on_air': 'It can be watched, for the first time or again',
  'broadcast.interrupted': 'The publisher is away; the broadcast goes on when it returns in time',
  'broadcast.ended': 'It is over; a recording becomes an asset',
  'region.draining': 'Sites of a region are being drained: viewers are sent elsewhere',
  'region.restored': 'A drain of sites of a region has ended',
  'incident.opened': 'An incident was opened, by alerts or by hand',
  'incident.acknowledged': 'Somebody has the incident',
  'incident.severity_changed': 'An incident turned out better or worse than it was taken for',
  'incident.resolved': 'An incident is over',
  'incident.reopened': 'An incident that was over is not',
  'incident.merged': 'An incident goes on as part of another one',
  'webhook.test': 'Somebody asked for a test',
} as const;

export type EventType = keyof typeof EVENT_TYPES;
export const eventTypeSchema = z.enum(Object.keys(EVENT_TYPES) as [EventType, ...EventType[]]);

/** `data` of asset.*: the asset right after the change. */
export const assetEventDataSchema = z.object({
  assetId: assetIdSchema,
  projectId: projectIdSchema,
  name: z.string(),
  version: z.number().int(),
  visibility: visibilitySchema,
  stage: stageSchema,
  isPlayable: z.boolean(),
  durationMs: z.number().nullable(),
  sourceBytes: z.number(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  previousName: z.string().optional().describe('asset.renamed'),
  previousVisibility: visibilitySchema.optional().describe('asset.visibility_changed'),
});
export type AssetEventData = z.infer<typeof assetEventDataSchema>;

/** `data` of broadcast.*. */
export const broadcastEventDataSchema = z.object({
  broadcastId: broadcastIdSchema,
  projectId: projectIdSchema,
  name: z.string(),
  state: broadcastStateSchema,
  reason: z.string().nullable(),
  recordingAssetId: assetIdSchema.nullable(),
  startedAtMs: timestampMsSchema.nullable(),
  endedAtMs: timestampMsSchema.nullable(),
});

/** `data` of region.*. */
export const regionEventDataSchema = z.object({
  regionId: regionIdSchema,
  siteIds: z
    .array(siteIdSchema)
    .describe('Sites that the change concerns; others of the region are untouched'),
  isForced: z.boolean().optional().describe('region.draining: also as the last healthy site'),
});
export type RegionEventData = z.infer<typeof regionEventDataSchema>;

/** `data` of incident.*: the incident right after the change. */
export const incidentEventDataSchema = z.object({
  incidentId: incidentIdSchema,
  title: z.string(),
  state: z.enum(['open', 'acknowledged', 'resolved', 'merged']),
  severity: z.enum(['sev1', 'sev2', 'sev3', 'sev4']),
  labels: z.record(z.string(), z.string()).describe('What its alerts have in common, e.g. region'),
  url: z.string().describe('Where people look at it'),
  actor: z.string().nullable().describe('Who changed it; null: it changed by itself'),
  openedBy: z.string(),
  openedAtMs: timestampMsSchema,
  acknowledgedBy: z.string().nullable(),
  acknowledgedAtMs: timestampMsSchema.nullable(),
  resolvedAtMs: timestampMsSchema.nullable(),
  resolution: z.string().nullable(),
  mergedInto: incidentIdSchema.nullable(),
  reopenedCount: z.number().int(),
  previousSeverity: z.enum(['sev1', 'sev2', 'sev3', 'sev4']).optional().describe('incident.severity_changed'),
});
export type IncidentEventData = z.infer<typeof incidentEventDataSchema>;

const eventIdSchema = z
  .string()
  .regex(/^evt_[0-9a-z]{26}$/)
  .describe('Event; also the header webhook-id');

const eventViewSchema = z.object({
  id: eventIdSchema,
  sequence: z.number().int().describe('Grows; of one subject, also in the order of its changes'),
  type: eventTypeSchema,
  subject: z.string().describe('The asset, broadcast, region, incident or webhook that it is about'),
  projectId: projectIdSchema.nullable(),
  atMs: timestampMsSchema,
  data: z.record(z.string(), z.unknown()),
});

export const webhookFormatSchema = z
  .enum(['structured', 'binary'])
  .describe(
    'CloudEvents: everything in a JSON body, or attributes in ce-* headers and only the data in the body',
  );

const webhookIdSchema = z
  .string()
  .regex(/^whk_[0-9a-z]{26}$/)
  .describe('Webhook');

const urlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .describe('Where events are posted to, http(s)');
const eventTypesSchema = z
  .array(eventTypeSchema)
  .max(50)
  .describe('Which events are sent; none named: all, also those of later versions');

export const webhookViewSchema = z.object({
  id: webhookIdSchema,
  url: z.string(),
  description: z.string(),
  projectId: projectIdSchema
    .nullable()
    .describe('null: all projects, and what concerns none, such as regions'),
  eventTypes: z.array(z.string()),
  format: webhookFormatSchema,
  state: z.enum(['active', 'paused']),
  pausedReason: z.string().nullable().describe('Why it is paused, a sentence'),
  failingSinceMs: timestampMsSchema
    .nullable()
    .describe('Since when nothing was delivered although it was tried'),
  lastSuccessAtMs: timestampMsSchema.nullable(),
  waitingCount: z.number().int().describe('Deliveries still to be made; counted up to 10,000'),
  deadCount: z.number().int().describe('Deliveries given up; counted up to 10,000'),
  previousSecretUntilMs: timestampMsSchema
    .nullable()
    .describe('After a rotation: until when the old secret signs too'),
  createdAtMs: timestampMsSchema,
});
export type WebhookView = z.infer<typeof webhookViewSchema>;

export const deliveryStateSchema = z
  .enum(['waiting', 'held', 'sending', 'delivered', 'dead'])
  .describe('held: an earlier event of the same asset has to be delivered first');

const deliveryViewSchema = z.object({
  id: z.number().int(),
  eventId: eventIdSchema,
  type: eventTypeSchema,
  subject: z.string(),
  state: deliveryStateSchema,
  attempts: z.number().int(),
  eventAtMs: timestampMsSchema,
  nextAttemptAtMs: timestampMsSchema.nullable(),
  endedAtMs: timestampMsSchema.nullable(),
  reason: z.string().nullable().describe('Why the newest attempt failed, or why it was given up; a sentence'),
  lastStatus: z.number().int().nullable().describe('HTTP status of the newest answer'),
});
export type DeliveryView = z.infer<typeof deliveryViewSchema>;

const attemptViewSchema = z.object({
  number: z.number().int(),
  atMs: timestampMsSchema,
  durationMs: z.number(),
  status: z.number().int().nullable().describe('null: no answer came'),
  problem: z.string().nullable().describe('What went wrong, a sentence; null when it was delivered'),
  answer: z.string().describe('First bytes of the answer’s body'),
});
export type AttemptView = z.infer<typeof attemptViewSchema>;

const webhookParams = z.object({ webhookId: webhookIdSchema });
const deliveryParams = z.object({
  webhookId: webhookIdSchema,
  deliveryId: z.coerce.number().int().positive(),
});
const withSecret = z.object({
  webhook: webhookViewSchema,
  secret: z.string().describe('whsec_…; shown only this once'),
});

/** How long two secrets sign after a rotation, at most: a week is enough for any deployment. */
const OVERLAP_MS_MAX = 604_800_000;

export const eventRoutes = defineRoutes({
  'GET /v1/events': {
    summary: 'What happened, newest first',
    tag: 'events',
    permission: 'viewer',
    query: z.object({
      type: eventTypeSchema.optional(),
      subject: z.string().max(64).optional().describe('An asset, a region or an incident'),
      before: z.coerce.number().int().optional().describe('Events with a smaller sequence'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ events: z.array(eventViewSchema) }),
  },
  'GET /v1/webhooks': {
    summary: 'Webhooks',
    tag: 'events',
    permission: 'operator',
    response: z.object({ webhooks: z.array(webhookViewSchema) }),
  },
  'POST /v1/webhooks': {
    summary: 'Add a webhook; its secret is shown once',
    tag: 'events',
    permission: 'admin',
    body: z.strictObject({
      url: urlSchema,
      description: z.string().max(200).default(''),
      projectId: projectIdSchema.nullable().default(null),
      eventTypes: eventTypesSchema.default([]),
      format: webhookFormatSchema.default('structured'),
    }),
    response: withSecret,
    errors: ['conflict', 'not_found'],
  },
  'GET /v1/webhooks/{webhookId}': {
    summary: 'One webhook',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    response: webhookViewSchema,
  },
  'PATCH /v1/webhooks/{webhookId}': {
    summary: 'Change address, events, description or form',
    tag: 'events',
    permission: 'admin',
    params: webhookParams,
    body: z.strictObject({
      url: urlSchema.optional(),
      description: z.string().max(200).optional(),
      eventTypes: eventTypesSchema.optional(),
      format: webhookFormatSchema.optional(),
    }),
    response: webhookViewSchema,
  },
  'DELETE /v1/webhooks/{webhookId}': {
    summary: 'Remove a webhook with its deliveries',
    tag: 'events',
    permission: 'admin',
    params: webhookParams,
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'POST /v1/webhooks/{webhookId}/pause': {
    summary: 'Pause: events go on being kept for it, up to a week, but are not sent',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    response: webhookViewSchema,
  },
  'POST /v1/webhooks/{webhookId}/resume': {
    summary: 'Go on sending, first what waited meanwhile',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    response: webhookViewSchema,
  },
  'POST /v1/webhooks/{webhookId}/rotate-secret': {
    summary: 'Make a new secret; the old one signs as well until the overlap is over',
    tag: 'events',
    permission: 'admin',
    params: webhookParams,
    body: z.object({ overlapMs: z.number().int().min(0).max(OVERLAP_MS_MAX).default(86_400_000) }),
    response: withSecret,
  },
  'POST /v1/webhooks/{webhookId}/test': {
    summary: 'Send a test event now, once, also while it is paused',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    response: z.object({ deliveryId: z.number().int() }),
  },
  'GET /v1/webhooks/{webhookId}/deliveries': {
    summary: 'Deliveries, newest first',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    query: z.object({
      state: deliveryStateSchema.optional(),
      before: z.coerce.number().int().optional().describe('Deliveries with a smaller id'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ deliveries: z.array(deliveryViewSchema) }),
  },
  'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}': {
    summary: 'One delivery: every attempt, and the body that is sent',
    tag: 'events',
    permission: 'operator',
    params: deliveryParams,
    response: z.object({
      delivery: deliveryViewSchema,
      attempts: z.array(attemptViewSchema).describe('Oldest first'),
      body: z.string(),
    }),
  },
  'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay': {
    summary: 'Deliver once more, with the same webhook-id',
    tag: 'events',
    permission: 'operator',
    params: deliveryParams,
    response: deliveryViewSchema,
    errors: ['conflict'],
  },
  'POST /v1/webhooks/{webhookId}/replay': {
    summary: 'Deliver once more the events of a span of time, in their order, with the same webhook-ids',
    tag: 'events',
    permission: 'operator',
    params: webhookParams,
    body: z.object({
      fromMs: timestampMsSchema,
      toMs: timestampMsSchema,
      which: z
        .enum(['failed', 'all'])
        .default('failed')
        .describe(
          'failed: those given up; all: also those delivered, and those from before the webhook was added',
        ),
    }),
    response: z.object({ count: z.number().int() }),
    errors: ['conflict'],
  },
});
