// Channels: where people and paging services are told, and what was said to whom.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';

export const channelIdSchema = z
  .string()
  .regex(/^chn_[0-9a-z]{26}$/)
  .describe('Channel');

const urlSchema = z.url({ protocol: /^https?$/ }).max(2_048);

export const channelSettingsSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('webhook'), url: urlSchema }),
    z.strictObject({ kind: z.literal('slack'), url: urlSchema.describe('Incoming webhook; it is a secret') }),
    z.strictObject({
      kind: z.literal('pagerduty'),
      routingKey: z.string().min(1).max(100).describe('Integration key of the service; it is a secret'),
      url: urlSchema.default('https://events.pagerduty.com/v2/enqueue'),
    }),
    z.strictObject({
      kind: z.literal('alertmanager'),
      url: urlSchema.describe(
        'Whatever takes webhooks of Alertmanager, version 4; an Alertmanager itself when it ends in /api/v2/alerts',
      ),
    }),
    z.strictObject({
      kind: z.literal('email'),
      server: z.string().min(1).max(63).describe('Name of a mail server in the configuration'),
      to: z.array(z.email().max(320)).min(1).max(20),
    }),
  ])
  .describe('What kind of receiver it is, and where');
export type ChannelSettings = z.infer<typeof channelSettingsSchema>;

const matcherSchema = z
  .string()
  .min(1)
  .max(500)
  .describe('e.g. severity=page, region=dublin|singapore, slo=vod-*');
export const matchersSchema = z.array(matcherSchema).max(10);

const alertsSchema = z
  .strictObject({
    matchers: matchersSchema.describe('All of them must match; none: every alert'),
    groupBy: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]{0,31}$/i))
      .max(5)
      .default(['alertname', 'region'])
      .describe('Alerts with the same values of these labels are told together and in order'),
  })
  .describe('Alerts that go out here by themselves');

const nameSchema = z.string().trim().min(1).max(100);

export const channelViewSchema = z.object({
  id: channelIdSchema,
  name: nameSchema,
  kind: z.enum(['webhook', 'slack', 'pagerduty', 'alertmanager', 'email']),
  target: z.string().describe('Where it goes to, without what is secret'),
  mail: z
    .object({ server: z.string(), to: z.array(z.string()) })
    .nullable()
    .describe('Of the kind email, which has no secret; null otherwise'),
  alerts: alertsSchema.nullable(),
  waitingCount: z.number().int(),
  deadCount: z.number().int(),
  failingSinceMs: timestampMsSchema.nullable(),
  lastSuccessAtMs: timestampMsSchema.nullable(),
  createdAtMs: timestampMsSchema,
});
export type ChannelView = z.infer<typeof channelViewSchema>;

const stateSchema = z.enum(['waiting', 'sending', 'delivered', 'dead']);

export const notificationViewSchema = z.object({
  id: z.number().int(),
  channelId: channelIdSchema,
  key: z.string(),
  subjectId: z.string(),
  title: z.string(),
  severity: z.string(),
  state: stateSchema,
  attempts: z.number().int(),
  createdAtMs: timestampMsSchema,
  nextAttemptAtMs: timestampMsSchema.nullable(),
  endedAtMs: timestampMsSchema.nullable(),
  reason: z.string().nullable(),
  lastStatus: z.number().int().nullable(),
});
export type NotificationView = z.infer<typeof notificationViewSchema>;

const channelParams = z.object({ channelId: channelIdSchema });
const notificationParams = z.object({ notificationId: z.coerce.number().int().positive() });

export const notificationRoutes = defineRoutes({
  'GET /v1/notification-channels': {
    summary: 'Channels, and whether they work',
    tag: 'notifications',
    permission: 'viewer',
    response: z.object({
      channels: z.array(channelViewSchema),
      mailServers: z.array(z.string()).describe('Names of mail servers that the configuration has'),
    }),
  },
  'POST /v1/notification-channels': {
    summary: 'Add a channel; the signing secret of a webhook is shown only this once',
    tag: 'notifications',
    permission: 'admin',
    body: z.strictObject({
      name: nameSchema,
      settings: channelSettingsSchema,
      alerts: alertsSchema.nullable().default(null),
    }),
    response: z.object({ channel: channelViewSchema, secret: z.string().nullable() }),
    errors: ['conflict'],
  },
  'PATCH /v1/notification-channels/{channelId}': {
    summary: 'Change a channel; what is left out stays, secrets too',
    tag: 'notifications',
    permission: 'admin',
    params: channelParams,
    body: z.strictObject({
      name: nameSchema.optional(),
      settings: channelSettingsSchema.optional().describe('Of the same kind as before'),
      alerts: alertsSchema.nullable().optional(),
    }),
    response: channelViewSchema,
    errors: ['conflict'],
  },
  'DELETE /v1/notification-channels/{channelId}': {
    summary: 'Remove a channel; what waits for it is given up',
    tag: 'notifications',
    permission: 'admin',
    params: channelParams,
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'POST /v1/notification-channels/{channelId}/test': {
    summary: 'Send a test, once',
    tag: 'notifications',
    permission: 'operator',
    params: channelParams,
    response: z.object({ notificationId: z.number().int() }),
  },
  'GET /v1/notifications': {
    summary: 'What was said to whom, newest first',
    tag: 'notifications',
    permission: 'viewer',
    query: z.object({
      channelId: channelIdSchema.optional(),
      subjectId: z.string().max(200).optional(),
      state: stateSchema.optional(),
      before: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ notifications: z.array(notificationViewSchema) }),
  },
  'GET /v1/notifications/{notificationId}': {
    summary: 'One of them with every attempt',
    tag: 'notifications',
    permission: 'viewer',
    params: notificationParams,
    response: z.object({
      notification: notificationViewSchema,
      text: z.string(),
      attempts: z.array(
        z.object({
          number: z.number().int(),
          atMs: timestampMsSchema,
          durationMs: z.number(),
          status: z.number().int().nullable(),
          problem: z.string().nullable(),
          answer: z.string(),
        }),
      ),
    }),
  },
  'POST /v1/notifications/{notificationId}/retry': {
    summary: 'Send once more what was given up',
    tag: 'notifications',
    permission: 'operator',
    params: notificationParams,
    response: notificationViewSchema,
    errors: ['conflict'],
  },
});
