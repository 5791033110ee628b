// Sessions of people who signed in through a provider of identities.

import type { OidcConfig } from '#contract/access.ts';
import { type ChosenRole, chooseRole } from '#core/access/choose-role.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { SESSIONS_PER_TOKEN_MAX } from '../limits.ts';
import type { UserPrincipal } from './principal.ts';

/** What the provider vouches for. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** Cookies of such sessions begin with it. */
export const PERSON_SESSION_PREFIX = 'mro_';

/** The person as one who calls. */
export function principalOfPerson(
  { subject, name }: Person,
  { role, regionIds, projectId }: ChosenRole,
  expiresAtMs: number,
  sessionHash: string | null,
): UserPrincipal {
  return {
    kind: 'user',
    isPerson: true,
    tokenId: `oidc:${subject}`,
    name,
    role,
    regionIds,
    projectId,
    expiresAtMs,
    sessionHash,
  };
}

/** The holder of an unexpired session, with the role that the configuration of now gives; undefined without one. */
export async function findPerson(
  database: ControlDatabase,
  oidc: OidcConfig | undefined,
  hash: string,
  nowMs: number,
): Promise<UserPrincipal | undefined> {
  if (oidc === undefined) return undefined;
  const row = await database
    .selectFrom('person_sessions')
    .selectAll()
    .where('hash', '=', hash)
    .where('issuer', '=', oidc.issuer)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const chosen = chooseRole(row.groups, oidc.roles);
  return chosen === null ? undefined : principalOfPerson(row, chosen, row.expires_at_ms, hash);
}

/** Adds a session and drops the oldest of the person beyond the limit. */
export async function addPersonSession(
  transaction: ControlTransaction,
  session: Person & { readonly hash: string; readonly nowMs: number; readonly expiresAtMs: number },
): Promise<void> {
  const { issuer, subject } = session;
  await transaction
    .insertInto('person_sessions')
    .values({
      hash: session.hash,
      issuer,
      subject,
      name: session.name,
      groups: [...session.groups],
      created_at_ms: session.nowMs,
      expires_at_ms: session.expiresAtMs,
    })
    .execute();
  await transaction
    .deleteFrom('person_sessions')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('hash', 'not in', (query) =>
      query
        .selectFrom('person_sessions')
        .select('hash')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .orderBy('created_at_ms', 'desc')
        .limit(SESSIONS_PER_TOKEN_MAX),
    )
    .execute();
}
