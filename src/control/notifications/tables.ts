// Tables of channels and of what goes out through them, as Kysely sees them, and the migration that makes them.

import type { ColumnType, Generated } from 'kysely';
import type { ChannelSettings } from '#contract/api/notifications.ts';
import type { Notification } from '#core/notification/notification.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface NotificationChannelsTable {
  id: string;
  name: string;
  settings: Json<ChannelSettings>;
  /** Of webhooks: signs what goes out. */
  secret: string;
  /** Alerts that go out here by themselves; null: only what somebody sends. */
  alert_matchers: string[] | null;
  alert_group_by: string[];
  /** removed: nothing goes out any more; what was sent can still be seen. */
  state: 'active' | 'removed';
  created_at_ms: number;
  last_success_at_ms: number | null;
  failing_since_ms: number | null;
}

/** One message to one channel, until it is delivered or given up. */
export interface NotificationsTable {
  id: Generated<number>;
  channel_id: string;
  /** Chosen by whoever sends it; the same for every attempt, so that receivers can tell repetitions. */
  key: string;
  /** What it is about: messages of one subject arrive in their order. */
  lane: string;
  message: Json<Notification>;
  state: 'waiting' | 'sending' | 'delivered' | 'dead';
  created_at_ms: number;
  due_at_ms: number;
  attempts: Generated<number>;
  round_attempts: Generated<number>;
  first_attempt_at_ms: number | null;
  lease_until_ms: number | null;
  /** Term of the leader that is sending it. */
  claim_term: number | null;
  ended_at_ms: number | null;
  reason: string | null;
  last_status: number | null;
}

export interface NotificationAttemptsTable {
  notification_id: number;
  number: number;
  at_ms: number;
  duration_ms: number;
  status: number | null;
  problem: string | null;
  answer: string;
}

export interface NotificationTables {
  notification_channels: NotificationChannelsTable;
  notifications: NotificationsTable;
  notification_attempts: NotificationAttemptsTable;
}

export const NOTIFICATION_MIGRATION = [
  `create table notification_channels (
    id text primary key,
    name text not null,
    settings jsonb not null,
    secret text not null,
    alert_matchers text[],
    alert_group_by text[] not null,
    state text not null check (state in ('active', 'removed')),
    created_at_ms bigint not null,
    last_success_at_ms bigint,
    failing_since_ms bigint
  )`,
  "create unique index notification_channels_by_name on notification_channels (name) where state = 'active'",
  `create table notifications (
    id bigint generated always as identity primary key,
    channel_id text not null references notification_channels (id),
    key text not null,
    lane text not null,
    message jsonb not null,
    state text not null check (state in ('waiting', 'sending', 'delivered', 'dead')),
    created_at_ms bigint not null,
    due_at_ms bigint not null,
    attempts integer not null default 0,
    round_attempts integer not null default 0,
    first_attempt_at_ms bigint,
    lease_until_ms bigint,
    claim_term bigint,
    ended_at_ms bigint,
    reason text,
    last_status integer,
    unique (channel_id, key)
  )`,
  "create index notifications_open on notifications (channel_id, lane, id) where state in ('waiting', 'sending')",
  'create index notifications_by_end on notifications (ended_at_ms)',
  'create index notifications_by_lane on notifications (lane, id)',
  `create table notification_attempts (
    notification_id bigint not null references notifications (id) on delete cascade,
    number integer not null,
    at_ms bigint not null,
    duration_ms double precision not null,
    status integer,
    problem text,
    answer text not null,
    primary key (notification_id, number)
  )`,
];
