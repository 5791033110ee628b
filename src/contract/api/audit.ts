// The chain of the audit trail: the check, page by page, and the rows as a check elsewhere needs them.

import { z } from 'zod';
import { timestampMsSchema } from '../identifiers.ts';
import { defineRoutes } from '../route.ts';

/** Rows in one page of a check: some thirty milliseconds of hashing. */
export const AUDIT_CHECK_PAGE_MAX = 5_000;
/** Rows in one page of an export; details are small, so that a page stays near a megabyte. */
export const AUDIT_EXPORT_PAGE_MAX = 1_000;

const position = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const sealedAuditRowSchema = z.object({
  position: position.describe('Place in the chain, from 1'),
  id: z.number().int(),
  atMs: timestampMsSchema,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  projectId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  previousHash: hash,
  hash: hash.describe('SHA-256 of the previous hash and the row'),
});

const headSchema = z.object({ position, hash }).describe('Where the chain ends: note it elsewhere');

const after = z.coerce.number().int().min(0).default(0).describe('Go on behind this place');

export const auditRoutes = defineRoutes({
  'GET /v1/audit/verify': {
    summary: 'Check a page of the chain of the audit trail: is each row what was sealed, and is none missing',
    tag: 'access',
    permission: 'admin',
    query: z.object({
      after,
      limit: z.coerce.number().int().min(1).max(AUDIT_CHECK_PAGE_MAX).default(AUDIT_CHECK_PAGE_MAX),
    }),
    response: z.object({
      checkedCount: z.number().int().describe('Rows of this page that are right'),
      nextAfter: position
        .nullable()
        .describe('Where the next page begins; null: the chain was checked to its end'),
      problem: z
        .object({
          kind: z.enum(['changed', 'removed', 'inserted', 'truncated']),
          position,
          id: z.number().int().nullable(),
          message: z.string(),
        })
        .nullable()
        .describe('The first row that is wrong'),
      head: headSchema,
      openCount: z.number().int().describe('Rows that are not sealed yet'),
    }),
    errors: ['wrong_project', 'not_found'],
  },
  'GET /v1/audit/chain': {
    summary: 'Rows of the audit trail in the order of the chain, with their hashes',
    tag: 'access',
    permission: 'admin',
    query: z.object({
      after,
      limit: z.coerce.number().int().min(1).max(AUDIT_EXPORT_PAGE_MAX).default(AUDIT_EXPORT_PAGE_MAX),
    }),
    response: z.object({ rows: z.array(sealedAuditRowSchema), legacyPosition: position, head: headSchema }),
    errors: ['wrong_project'],
  },
});
