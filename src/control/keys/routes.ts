// A project's own signing keys, and revocations of single tokens.

import { makeId } from '#base/ids.ts';
import type { accessRoutes } from '#contract/api/access.ts';
import type { assetRoutes } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { generateSigningKey, signingKeyPem } from '#platform/identity.ts';
import { requireProject } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';
import {
  KEY_LEAD_MS,
  KEY_LIFE_MS,
  KEYS_MAX,
  KEYS_PER_PROJECT_MAX,
  REVOCATIONS_MAX,
  TOKEN_TTL_MS_MAX,
} from '../limits.ts';
import type { Keys, KeyUse } from './keys.ts';

/** Makes a project's signing key. */
export function createKeyHandlers(
  { clock, database, random }: ControlContext,
  keys: Keys,
): Handlers<typeof accessRoutes, 'POST /v1/projects/{projectId}/keys'> {
  return {
    async 'POST /v1/projects/{projectId}/keys'({ params, body, principal }) {
      requireProject(principal, params.projectId);
      const nowMs = clock.nowMs();
      const usableFromMs = nowMs + KEY_LEAD_MS;
      const keyId = makeId('key', nowMs, random(10));
      const signing = generateSigningKey();
      await database.transaction().execute(async (transaction) => {
        if (!(await hasProject(transaction, params.projectId)))
          throw new MeridianError('not_found', { what: `project ${params.projectId}` });
        await requireRoom(transaction, params.projectId, body.use, nowMs);
        await transaction
          .insertInto('signing_keys')
          .values({
            id: keyId,
            use: body.use,
            project_id: params.projectId,
            public_key: signing.publicKey,
            created_at_ms: nowMs,
            not_before_ms: usableFromMs,
            not_after_ms: nowMs + KEY_LIFE_MS,
          })
          .execute();
        await recordAudit(transaction, principal, nowMs, {
          action: 'key.create',
          subject: keyId,
          projectId: params.projectId,
          details: { use: body.use },
        });
      });
      await keys.reload();
      return { keyId, privateKeyPem: signingKeyPem(signing), usableFromMs };
    },
  };
}

async function requireRoom(
  transaction: ControlTransaction,
  projectId: string,
  use: KeyUse,
  nowMs: number,
): Promise<void> {
  const counts = await transaction
    .selectFrom('signing_keys')
    .select(({ fn }) => [
      fn.countAll<number>().as('all'),
      fn.countAll<number>().filterWhere('project_id', '=', projectId).filterWhere('use', '=', use).as('own'),
    ])
    .where('not_after_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  if (counts.own >= KEYS_PER_PROJECT_MAX)
    throw new MeridianError('conflict', {
      reason: `The project has ${KEYS_PER_PROJECT_MAX} ${use} keys already; the oldest must expire first`,
    });
  if (counts.all >= KEYS_MAX)
    throw new MeridianError('conflict', {
      reason: `There are ${KEYS_MAX} keys already, as many as a snapshot may carry`,
    });
}

/** Revokes a playback token or an upload grant. */
export function createRevocationHandlers(
  { clock, database }: ControlContext,
  keys: Keys,
): Handlers<typeof assetRoutes, 'POST /v1/revocations'> {
  return {
    async 'POST /v1/revocations'({ body, principal }) {
      const nowMs = clock.nowMs();
      const latestMs = nowMs + TOKEN_TTL_MS_MAX;
      const expiresAtMs = Math.min(body.expiresAtMs ?? latestMs, latestMs);
      await database.transaction().execute(async (transaction) => {
        // Tokens that we issued are known with their project; those that a project signed itself are not.
        const issued = await transaction
          .selectFrom('issued_tokens')
          .select('project_id')
          .where('id', '=', body.tokenId)
          .executeTakeFirst();
        if (issued !== undefined) requireProject(principal, issued.project_id);
        const { count } = await transaction
          .selectFrom('revocations')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('expires_at_ms', '>', nowMs)
          .executeTakeFirstOrThrow();
        if (count >= REVOCATIONS_MAX)
          throw new MeridianError('overloaded', {
            reason: `${REVOCATIONS_MAX} tokens are revoked already; wait until some expire, or rotate the key`,
          });
        const projectId = issued?.project_id ?? principal.projectId;
        await transaction
          .insertInto('revocations')
          .values({
            token_id: body.tokenId,
            project_id: projectId,
            created_at_ms: nowMs,
            expires_at_ms: expiresAtMs,
          })
          .onConflict((conflict) =>
            conflict.column('token_id').doUpdateSet(({ fn, ref }) => ({
              expires_at_ms: fn<number>('greatest', [
                ref('revocations.expires_at_ms'),
                ref('excluded.expires_at_ms'),
              ]),
            })),
          )
          .execute();
        await recordAudit(transaction, principal, nowMs, {
          action: 'token.revoke',
          subject: body.tokenId,
          projectId,
          details: { expiresAtMs },
        });
      });
      await keys.reload();
      return { tokenId: body.tokenId, expiresAtMs };
    },
  };
}
