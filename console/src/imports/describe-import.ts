// What an import's state means in words, and how far it is. Pure.

import type { ImportView } from '../../../src/contract/api/imports.ts';
import { formatBytes, formatCount } from '../ui/format.ts';

export const IMPORT_LABELS: Readonly<Record<ImportView['state'], string>> = {
  waiting: 'Waiting',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const IMPORT_TONES: Readonly<Record<ImportView['state'], string>> = {
  waiting: '',
  running: 'busy',
  done: 'good',
  failed: 'bad',
  cancelled: '',
};

/** Whether it can still be cancelled. */
export function isOpen({ state }: Pick<ImportView, 'state'>): boolean {
  return state === 'waiting' || state === 'running';
}

/** What it is called: its own name, or the last part of where it lies. */
export function nameOf({ kind, location, name }: ImportView): string {
  if (name !== null) return name;
  if (kind === 'bucket') return location;
  const last = location.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || location;
  } catch {
    return last;
  }
}

/** Done of all: objects of a bucket, bytes of a file; null while the whole is not known. */
export function shareOf({ objects, receivedBytes, totalBytes }: ImportView): number | null {
  if (objects !== null) {
    const all = objects.waiting + objects.running + objects.done + objects.failed + objects.cancelled;
    return all === 0 ? null : (objects.done + objects.failed + objects.cancelled) / all;
  }
  return totalBytes === null || totalBytes === 0 ? null : Math.min(1, receivedBytes / totalBytes);
}

/** Below the name: where it lies, or of a bucket what of it was known before. */
export function noteOf({ kind, location, objects }: ImportView): string {
  if (kind !== 'bucket' || objects === null) return location;
  const found = `${formatCount(objects.found)} media found`;
  return objects.skipped === 0 ? found : `${found}, ${formatCount(objects.skipped)} imported before`;
}

/** "3 of 120 objects, 2 failed"; "4.2 GB of 18 GB". */
export function amountText({ objects, receivedBytes, totalBytes }: ImportView): string {
  if (objects !== null) {
    const all = objects.waiting + objects.running + objects.done + objects.failed + objects.cancelled;
    const parts = [`${formatCount(objects.done)} of ${formatCount(all)} objects`];
    if (objects.failed > 0) parts.push(`${formatCount(objects.failed)} failed`);
    return parts.join(', ');
  }
  if (totalBytes === null) return receivedBytes === 0 ? 'size not known yet' : formatBytes(receivedBytes);
  return receivedBytes >= totalBytes
    ? formatBytes(totalBytes)
    : `${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`;
}
