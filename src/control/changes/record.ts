// Writes changes. A change that is made in the database is recorded in the same transaction, so that neither exists
// alone. What the audit trail knows of as a change to how video is served becomes one by the table below.

import type { ChangeKind } from '#core/changes/rank-changes.ts';
import type { ControlTransaction } from '../database/schema.ts';

export interface NewChange {
  readonly kind: ChangeKind;
  /** One sentence for people, without a full stop. */
  readonly summary: string;
  readonly actor: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Adds a change to a transaction and returns its number. */
export async function recordChange(
  transaction: ControlTransaction,
  { kind, summary, actor, labels, atMs, details = {} }: NewChange,
  nowMs = atMs,
): Promise<number> {
  const { id } = await transaction
    .insertInto('changes')
    .values({
      at_ms: atMs,
      kind,
      summary,
      actor,
      labels: JSON.stringify(labels),
      details: JSON.stringify(details),
      recorded_at_ms: nowMs,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

interface AuditedAction {
  readonly summary: (subject: string) => string;
  readonly labels: (subject: string, projectId: string | null) => Record<string, string>;
}

const ofProject = (_: string, projectId: string | null): Record<string, string> =>
  projectId === null ? {} : { project: projectId };
const ofRegion = (region: string): Record<string, string> => ({ region });

/** Actions of the audit trail that change how video is made or served. */
const AUDITED: Readonly<Record<string, AuditedAction>> = {
  'project.loudness': { summary: (id) => `The loudness of project ${id} was set`, labels: ofProject },
  'project.encoding': { summary: (id) => `The encoding of project ${id} was set`, labels: ofProject },
  'project.quotas': { summary: (id) => `The quotas of project ${id} were set`, labels: ofProject },
  'slo.apply': { summary: (name) => `The objective ${name} was set`, labels: () => ({}) },
  'slo.delete': { summary: (name) => `The objective ${name} was removed`, labels: () => ({}) },
  'alert-rule.apply': { summary: (name) => `The alert rule ${name} was set`, labels: () => ({}) },
  'alert-rule.delete': { summary: (name) => `The alert rule ${name} was removed`, labels: () => ({}) },
  'runbook.save': { summary: (id) => `The definition of runbook ${id} was set`, labels: () => ({}) },
  'runbook.policy': { summary: (id) => `The guards of runbook ${id} were set`, labels: () => ({}) },
  'key.create': { summary: (id) => `The signing key ${id} was made`, labels: ofProject },
  'oncall.apply': {
    summary: (version) => `The rota was changed: ${version} is in force`,
    labels: () => ({}),
  },
  'encoding.pause': { summary: (id) => `Encoders of ${id} rest`, labels: ofRegion },
  'encoding.resume': { summary: (id) => `Encoders of ${id} work again`, labels: ofRegion },
  'order.purge': { summary: (prefix) => `Edges drop all of ${prefix}`, labels: ofProject },
  'order.restart': { summary: (node) => `${node} is restarted`, labels: (node) => ({ node }) },
  'order.throttle': { summary: (scope) => `Requests are throttled, ${scope}`, labels: ofProject },
  'order.shift': {
    summary: (site) => `A part of the traffic of ${site} is shifted elsewhere`,
    labels: (site) => ({ site }),
  },
  'order.scale': { summary: (region) => `The encoders of ${region} were scaled`, labels: ofRegion },
  'order.end': { summary: (subject) => `An order for ${subject} ended`, labels: ofProject },
  'broadcast.channel': {
    summary: (id) => `The channels of broadcast ${id} were placed by hand`,
    labels: (broadcast, projectId) => ({ broadcast, ...ofProject(broadcast, projectId) }),
  },
  'broadcast.switch': {
    summary: (id) => `The backup of broadcast ${id} became its primary`,
    labels: (broadcast, projectId) => ({ broadcast, ...ofProject(broadcast, projectId) }),
  },
};

/** Adds the change that an entry of the audit trail stands for, if it is one. */
export async function recordAuditedChange(
  transaction: ControlTransaction,
  actor: string,
  atMs: number,
  entry: {
    readonly action: string;
    readonly subject: string;
    readonly projectId: string | null;
    readonly details?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const audited = AUDITED[entry.action];
  if (audited === undefined) return;
  await recordChange(transaction, {
    kind: 'config',
    summary: audited.summary(entry.subject),
    actor,
    labels: audited.labels(entry.subject, entry.projectId),
    atMs,
    details: { action: entry.action, subject: entry.subject, ...entry.details },
  });
}
