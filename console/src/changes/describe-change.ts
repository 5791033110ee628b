// Changes in words and pictures, and where the thing that changed is shown. Pure.

import type { ChangeView } from '../../../src/contract/api/changes.ts';

export type ChangeKind = ChangeView['kind'];

export const KIND_NAMES: Readonly<Record<ChangeKind, string>> = {
  deploy: 'Deploy',
  config: 'Setting',
  drain: 'Drain',
  restore: 'Restore',
  runbook: 'Runbook step',
  drill: 'Drill',
  experiment: 'Experiment',
  generation: 'Steering plan',
  incident: 'Incident',
};

/** Names of icons. */
export const KIND_ICONS = {
  deploy: 'upload',
  config: 'pencil',
  drain: 'drain',
  restore: 'restore',
  runbook: 'play',
  drill: 'retry',
  experiment: 'film',
  generation: 'edges',
  incident: 'fire',
} as const satisfies Readonly<Record<ChangeKind, string>>;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const addressOf = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;

/** The page of what changed; null when there is none. */
export function changeLink({ kind, labels, details }: ChangeView): string | null {
  const incidentId = textOf(details.incidentId);
  if (kind === 'incident' && incidentId !== null) return addressOf('incidents', incidentId);
  const runId = textOf(details.runId);
  if (runId !== null) return addressOf('runs', runId);
  if (kind === 'runbook' && incidentId !== null) return addressOf('incidents', incidentId);
  const broadcastId = textOf(details.broadcastId) ?? labels.broadcast ?? null;
  if (broadcastId !== null) return addressOf('live', broadcastId);
  if (kind === 'config' && labels.project !== undefined) return addressOf('projects', labels.project);
  if (labels.region !== undefined || labels.site !== undefined || kind === 'generation')
    return addressOf('world');
  return null;
}

/** The moment that an address names; null when it names none. */
export function readMoment(text: string | null): number | null {
  const atMs = Number(text ?? Number.NaN);
  return Number.isSafeInteger(atMs) && atMs >= 0 && atMs <= 8.64e15 && text !== '' ? atMs : null;
}
