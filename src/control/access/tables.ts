// Tables of access beyond tokens and their sessions.

export interface AccessTables {
  person_sessions: PersonSessionsTable;
  break_glass: BreakGlassRow;
  recovery_codes: RecoveryCodesTable;
}

/** Sessions of people who signed in through a provider of identities. */
interface PersonSessionsTable {
  /** SHA-256 of the cookie. */
  hash: string;
  issuer: string;
  subject: string;
  name: string;
  /** Those that the configuration knew at the sign-in. */
  groups: string[];
  created_at_ms: number;
  expires_at_ms: number;
}

/** Operators of certain regions, and people of a provider. */
export const ACCESS_MIGRATION = [
  'alter table api_tokens add column region_ids text[]',
  `create table person_sessions (
    hash text primary key,
    issuer text not null,
    subject text not null,
    name text not null,
    groups text[] not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
  )`,
  'create index person_sessions_by_person on person_sessions (issuer, subject, created_at_ms)',
  'create index person_sessions_by_expiry on person_sessions (expires_at_ms)',
];

/** Somebody who is, or was, admin for a while. */
export interface BreakGlassRow {
  id: string;
  /** The `tokenId` of the principal. */
  subject: string;
  name: string;
  reason: string;
  how: 'person' | 'code';
  started_at_ms: number;
  ends_at_ms: number;
  ended_at_ms: number | null;
  ended_by: string | null;
  page_id: string | null;
}

interface RecoveryCodesTable {
  hash: string;
  number: number;
  created_at_ms: number;
  created_by: string;
  used_at_ms: number | null;
}

export const BREAK_GLASS_MIGRATION = [
  `create table break_glass (
    id text primary key,
    subject text not null,
    name text not null,
    reason text not null,
    how text not null check (how in ('person', 'code')),
    started_at_ms bigint not null,
    ends_at_ms bigint not null,
    ended_at_ms bigint,
    ended_by text,
    page_id text
  )`,
  // What every request looks up.
  'create index break_glass_active on break_glass (subject) where ended_at_ms is null',
  `create table recovery_codes (
    hash text primary key,
    number integer not null,
    created_at_ms bigint not null,
    created_by text not null,
    used_at_ms bigint
  )`,
];
