// Breaking the glass: somebody becomes admin for an hour at most, in front of everybody.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { defineRoutes } from '../route.ts';

/** Longest time behind broken glass: an emergency that lasts longer is worth breaking it again, and another page. */
export const BREAK_GLASS_MS_MAX = 3_600_000;

const breakGlassIdSchema = z
  .string()
  .regex(/^glass_[0-9a-z]{26}$/)
  .describe('A time behind broken glass, e.g. glass_01jd…');

const viewSchema = z.object({
  id: breakGlassIdSchema,
  name: z.string().describe('Who'),
  reason: z.string(),
  how: z.enum(['person', 'code']).describe('With a credential of their own, or with a recovery code'),
  startedAtMs: timestampMsSchema,
  endsAtMs: timestampMsSchema.describe('By itself, at the latest'),
  endedAtMs: timestampMsSchema.nullable().describe('null: it lasts'),
  endedBy: z.string().nullable(),
  isOwn: z.boolean().describe('Whether it is that of the caller'),
  pageId: z.string().nullable().describe('The page that it sent; null: there were too many open ones'),
});
export type BreakGlassView = z.infer<typeof viewSchema>;

const reason = z
  .string()
  .trim()
  .min(8)
  .max(500)
  .describe('Why; stands in the page, the banner and the audit trail');
const ttlMs = z
  .number()
  .int()
  .min(60_000)
  .max(BREAK_GLASS_MS_MAX)
  .default(BREAK_GLASS_MS_MAX / 2)
  .describe('How long at most');

export const breakGlassRoutes = defineRoutes({
  'GET /v1/break-glass': {
    summary: 'Who is admin behind broken glass now, and who was',
    tag: 'access',
    permission: 'viewer',
    response: z.object({ active: z.array(viewSchema), ended: z.array(viewSchema).describe('Newest first') }),
  },
  'POST /v1/break-glass': {
    summary: 'Become admin for a while; pages whoever is on call',
    tag: 'access',
    permission: 'operator',
    body: z.strictObject({ reason, ttlMs }),
    response: viewSchema,
    errors: ['conflict'],
  },
  'POST /v1/break-glass/recover': {
    summary:
      'Become admin for a while with a recovery code, without any other credential; pages whoever is on call',
    tag: 'access',
    permission: 'anyone',
    body: z.strictObject({
      code: z.string().min(1).max(100),
      name: z.string().trim().min(1).max(100).describe('Who you are'),
      reason,
      ttlMs,
    }),
    response: z.object({
      token: z.string().describe('API token, valid as long as it lasts'),
      view: viewSchema,
    }),
    errors: ['wrong_credential', 'rate_limited'],
  },
  'POST /v1/break-glass/{breakGlassId}/end': {
    summary: 'End it early: one’s own, or as an admin anybody’s',
    tag: 'access',
    permission: 'viewer',
    params: z.object({ breakGlassId: breakGlassIdSchema }),
    response: viewSchema,
    errors: ['conflict'],
  },
  'GET /v1/recovery-codes': {
    summary: 'How many recovery codes are left, and when they were made and used',
    tag: 'access',
    permission: 'admin',
    response: z.object({
      codes: z.array(
        z.object({
          number: z.number().int(),
          createdAtMs: timestampMsSchema,
          createdBy: z.string(),
          usedAtMs: timestampMsSchema.nullable(),
        }),
      ),
    }),
  },
  'POST /v1/recovery-codes': {
    summary: 'Make new recovery codes, shown once; those from before count no longer',
    tag: 'access',
    permission: 'admin',
    response: z.object({ codes: z.array(z.string()) }),
    errors: ['conflict'],
  },
});
