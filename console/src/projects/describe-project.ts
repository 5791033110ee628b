// What a project uses, against what it may. Pure.

import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { RouteResult } from '../../../src/contract/route.ts';
import type { Part } from '../ui/part.ts';

export type Usage = RouteResult<ApiRoutes['GET /v1/storage/usage']>['projects'][number];
export type Quotas = Usage['quotas'];

const CLASSES: readonly { readonly class: string; readonly label: string; readonly hue: string }[] = [
  { class: 'source', label: 'Sources', hue: 'hue-0' },
  { class: 'renditions', label: 'Renditions', hue: 'hue-3' },
  { class: 'other', label: 'Captions, posters, set aside', hue: 'hue-5' },
];

/** Stored bytes by class, in all regions or in one. */
export function storedParts(usage: Usage, regionId?: string): readonly Part[] {
  return CLASSES.map(({ class: name, label, hue }) => ({
    label,
    hue,
    value: usage.stored
      .filter((row) => row.class === name && (regionId === undefined || row.regionId === regionId))
      .reduce((sum, { bytes }) => sum + bytes, 0),
  }));
}

/** What was sent in the last thirty days, in all regions. */
export function egressOf(usage: Usage): { readonly bytes: number; readonly cost: number } {
  return usage.egress.reduce(
    (sum, { bytesLast30Days, cost }) => ({ bytes: sum.bytes + bytesLast30Days, cost: sum.cost + cost }),
    { bytes: 0, cost: 0 },
  );
}

/** Storage of a month and egress of the last thirty days together. */
export function costOf(usage: Usage): number {
  return usage.storedCostPerMonth + egressOf(usage).cost;
}

/** "0.42"; small sums keep what makes them more than nothing. */
export function formatCost(cost: number): string {
  if (cost === 0) return '0';
  return cost < 0.01
    ? '< 0.01'
    : cost.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** How near a limit is, as the class of its bar. */
export function toneOf(share: number): '' | 'warn' | 'bad' {
  return share >= 1 ? 'bad' : share >= 0.85 ? 'warn' : '';
}

const GIGABYTE = 1e9;

/** Bytes as a field shows them, in gigabytes; empty for no limit. */
export function toGigabytes(bytes: number | null): string {
  return bytes === null ? '' : String(bytes / GIGABYTE);
}

/** A field's gigabytes as bytes; null for none, undefined for what is no number. */
export function fromGigabytes(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const bytes = Math.round(Number(text) * GIGABYTE);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : undefined;
}

/** A field's whole number; null for none, undefined for what is no such number. */
export function fromCount(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const count = Number(text);
  return Number.isInteger(count) && count > 0 ? count : undefined;
}
