// Access: sessions of the console, API tokens, projects, the audit trail.

import { z } from 'zod';
import { projectIdSchema, regionIdSchema, timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';

export const apiRoleSchema = z.enum(['viewer', 'operator', 'admin']);

const regionIdsSchema = z
  .array(regionIdSchema)
  .min(1)
  .max(64)
  .nullable()
  .describe('Regions in which an operator may act; null: all');

const identitySchema = z.object({
  name: z.string(),
  role: apiRoleSchema,
  projectId: projectIdSchema.nullable().describe('null: all projects'),
  regionIds: regionIdsSchema,
  expiresAtMs: timestampMsSchema.nullable(),
  breakGlass: z
    .object({ id: z.string(), endsAtMs: timestampMsSchema })
    .nullable()
    .describe('Admin for a while; null: with the role of the credential'),
});

const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: apiRoleSchema,
  projectId: projectIdSchema.nullable(),
  regionIds: regionIdsSchema,
  createdAtMs: timestampMsSchema,
  lastUsedAtMs: timestampMsSchema.nullable(),
  expiresAtMs: timestampMsSchema.nullable(),
});

export const accessRoutes = defineRoutes({
  'GET /v1/sign-in': {
    summary: 'How people can sign in besides with an API token',
    tag: 'access',
    permission: 'anyone',
    response: z.object({
      provider: z
        .object({ label: z.string(), path: z.string().describe('Where the browser goes, at control') })
        .nullable()
        .describe('Of identities (OpenID Connect); null: none'),
    }),
  },
  'POST /v1/session': {
    summary: 'Log in to the console with an API token; sets a cookie',
    tag: 'access',
    permission: 'anyone',
    body: z.object({ token: z.string().min(1).max(256) }),
    response: identitySchema,
    errors: ['wrong_credential', 'rate_limited'],
  },
  'GET /v1/session': { summary: 'Who am I', tag: 'access', permission: 'viewer', response: identitySchema },
  'DELETE /v1/session': {
    summary: 'Log out',
    tag: 'access',
    permission: 'viewer',
    response: z.object({
      isLoggedOut: z.literal(true),
      path: z
        .string()
        .nullable()
        .describe('Where the browser goes, at control, to log out at the provider too; null: nowhere'),
    }),
  },
  'GET /v1/projects': {
    summary: 'Projects',
    tag: 'access',
    permission: 'viewer',
    response: z.object({
      projects: z.array(
        z.object({
          id: projectIdSchema,
          name: z.string(),
          createdAtMs: timestampMsSchema,
          assetCount: z.number(),
          targetLufs: z
            .number()
            .nullable()
            .describe('Loudness to which uploads are brought; null: as they are'),
        }),
      ),
    }),
  },
  'POST /v1/projects': {
    summary: 'Create a project',
    tag: 'access',
    permission: 'admin',
    body: z.object({ id: projectIdSchema, name: z.string().min(1).max(100) }),
    response: z.object({ id: projectIdSchema, name: z.string() }),
    errors: ['conflict'],
  },
  'PUT /v1/projects/{projectId}/loudness': {
    summary: 'Bring the sound of future uploads to a loudness, or leave it as it is',
    tag: 'access',
    permission: 'admin',
    params: z.object({ projectId: projectIdSchema }),
    body: z.strictObject({
      targetLufs: z.number().min(-31).max(-9).nullable().describe('EBU R 128; null: as it is (the default)'),
    }),
    response: z.object({ projectId: projectIdSchema, targetLufs: z.number().nullable() }),
  },
  'POST /v1/projects/{projectId}/keys': {
    summary:
      'Make a signing key for the project’s own backend, which can then sign tokens offline; the private key is shown once',
    tag: 'access',
    permission: 'admin',
    params: z.object({ projectId: projectIdSchema }),
    body: z.object({ use: z.enum(['playback', 'upload']) }),
    response: z.object({ keyId: z.string(), privateKeyPem: z.string(), usableFromMs: timestampMsSchema }),
  },
  'GET /v1/tokens': {
    summary: 'API tokens',
    tag: 'access',
    permission: 'admin',
    response: z.object({ tokens: z.array(tokenViewSchema) }),
  },
  'POST /v1/tokens': {
    summary: 'Make an API token; it is shown once',
    tag: 'access',
    permission: 'admin',
    body: z.object({
      name: z.string().min(1).max(100),
      role: apiRoleSchema,
      projectId: projectIdSchema.nullable().default(null),
      regionIds: regionIdsSchema.default(null),
      ttlMs: z.number().int().min(60_000).nullable().default(null),
    }),
    response: z.object({ token: z.string(), view: tokenViewSchema }),
  },
  'DELETE /v1/tokens/{tokenId}': {
    summary: 'Revoke an API token',
    tag: 'access',
    permission: 'admin',
    params: z.object({ tokenId: z.string().max(64) }),
    response: z.object({ isDeleted: z.literal(true) }),
  },
  'GET /v1/audit': {
    summary: 'Who changed what, newest first',
    tag: 'access',
    permission: 'admin',
    query: z.object({
      actor: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe(
          'Only by those whose name begins so, e.g. first admin; or the whole actor as entries tell it',
        ),
      action: z
        .string()
        .regex(/^[a-z0-9_.-]{1,64}$/, 'an action is like asset.rename')
        .optional()
        .describe('Only these, or what begins so, e.g. runbook.'),
      subject: z.string().min(1).max(200).optional().describe('Only what was done to this'),
      fromMs: z.coerce.number().int().nonnegative().optional(),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Exclusive'),
      before: z.coerce.number().int().optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({
      nextBefore: z.number().nullable().describe('Of the next page; null: there is none'),
      entries: z.array(
        z.object({
          id: z.number(),
          atMs: timestampMsSchema,
          actor: z.string(),
          action: z.string(),
          subject: z.string(),
          projectId: z.string().nullable(),
          details: z.record(z.string(), z.unknown()),
        }),
      ),
    }),
  },
});
