// Runbooks in words: what they change, how long they take, what their parameters are. Pure.

import type { RunbookView } from '../../../src/contract/api/runbooks.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { formatShare } from '../ui/format.ts';

export type ListedRunbook = Omit<RunbookView, 'text'>;
export type StepKind = RunbookView['steps'][number]['kind'];
export type ParameterSpec = RunbookView['parameters'][string];

export const SERVICE_LABELS: Readonly<Record<RunbookView['services'][number], string>> = {
  delivery: 'Delivery',
  encoding: 'Encoding',
  live: 'Live',
};

export const STEP_WORDS: Readonly<Record<StepKind, string>> = {
  check: 'Check',
  action: 'Action',
  wait: 'Wait',
  approval: 'Approval',
};

export const TYPE_WORDS: Readonly<Record<ParameterSpec['type'], string>> = {
  region: 'Region',
  site: 'Site',
  place: 'Region or site',
  node: 'Node',
  broadcast: 'Broadcast',
  project: 'Project',
  asset: 'Video',
  change: 'Number of a change',
  text: 'Text',
  share: 'Share, 0 to 1',
  count: 'Number, 1 or more',
  duration: 'Duration, like 30s or 5m',
};

/** "92 % of 25"; a dash while none has ended. */
export function successText({ endedCount, succeededCount }: RunbookView['stats']): string {
  return endedCount === 0 ? '–' : `${formatShare(succeededCount / endedCount, 0)} of ${endedCount}`;
}

/** What a field for a parameter offers; null: it is written. */
export function choicesOf(
  spec: ParameterSpec,
  world: WorldView | undefined,
  broadcasts: readonly { readonly id: string; readonly name: string }[],
): { value: string; label: string }[] | null {
  const regions = world?.regions.map(({ id, name }) => ({ value: id, label: `${name} (${id})` })) ?? [];
  const sites =
    world?.regions.flatMap((region) =>
      region.sites.map(({ id }) => ({ value: id, label: `${id} in ${region.name}` })),
    ) ?? [];
  switch (spec.type) {
    case 'region':
      return regions;
    case 'site':
      return sites;
    case 'place':
      return [...regions, ...sites];
    case 'broadcast':
      return broadcasts.map(({ id, name }) => ({ value: id, label: name }));
    default:
      return null;
  }
}

/** What is wrong with a value that is written; null: nothing that can be seen here. */
export function problemOf(spec: ParameterSpec, value: string): string | null {
  if (value === '') return spec.default === undefined ? 'It is needed' : null;
  if (spec.type === 'share') {
    const share = Number(value);
    return Number.isFinite(share) && share >= 0 && share <= 1 ? null : 'A number from 0 to 1, such as 0.5';
  }
  if (spec.type === 'count') return /^[1-9]\d{0,3}$/.test(value) ? null : 'A number from 1 to 9999';
  if (spec.type === 'duration')
    return /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value) ? null : 'A duration such as 30s, 5m or 1h';
  return null;
}

/** Values to send: what is left empty takes its default. */
export function givenValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
