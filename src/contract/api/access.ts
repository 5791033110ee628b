// Access: sessions of the console, API tokens, projects, the audit trail.

import { z } from 'zod';
import { projectIdSchema, timestampMsSchema } from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';

export const apiRoleSchema = z.enum(['viewer', 'operator', 'admin']);

const identitySchema = z.object({
  name: z.string(),
  role: apiRoleSchema,
  projectId: projectIdSchema.nullable().describe('null: all projects'),
  expiresAtMs: timestampMsSchema.nullable(),
});

const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: apiRoleSchema,
  projectId: projectIdSchema.nullable(),
  createdAtMs: timestampMsSchema,
  lastUsedAtMs: timestampMsSchema.nullable(),
  expiresAtMs: timestampMsSchema.nullable(),
});

export const accessRoutes = defineRoutes({
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
    response: z.object({ isLoggedOut: z.literal(true) }),
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
      before: z.coerce.number().int().optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({
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
