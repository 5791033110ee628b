// What an asset's stage means in words, and its addresses. Pure.

import { ERRORS } from '../../../src/contract/errors.ts';
import type { Stage } from '../../../src/contract/jobs.ts';

export const STAGE_ORDER: readonly Stage[] = ['queued', 'probing', 'encoding', 'replicating', 'ready'];

export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  queued: 'Queued',
  probing: 'Probing',
  encoding: 'Encoding',
  replicating: 'Replicating',
  ready: 'Ready',
  failed: 'Failed',
};

export const STAGE_NOTES: Readonly<Record<Stage, string>> = {
  queued: 'Waits for a free encoder',
  probing: 'Looks at what the file holds',
  encoding: 'Makes the renditions; playable from the first segment on',
  replicating: 'Copies to a second region',
  ready: 'Complete',
  failed: 'Stopped',
};

/** What to do about a failure: the error table's advice for its code. */
export function failureAdvice(code: string): string {
  return code in ERRORS && code !== 'internal'
    ? ERRORS[code as keyof typeof ERRORS].action
    : 'Try again; if it fails once more, look at the log of the encoder.';
}

/** The folder of an asset's media at an edge, from one of its addresses there. */
export function mediaFolder(address: string): string {
  return address.slice(0, address.lastIndexOf('/') + 1);
}

/** The same page without its surroundings, for an iframe. */
export function embedUrl(watchUrl: string): string {
  return watchUrl.replace('/watch/', '/embed/');
}

/** What a web page needs to show the asset. */
export function embedCode(watchUrl: string, name: string): string {
  const title = name.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
  return `<iframe src="${embedUrl(watchUrl)}" title="${title}" width="960" height="540" style="border:0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`;
}
