// Labels and times as incidents and changes take them on the command line.

import { labelsOf, labelsTextSchema } from '#contract/labels.ts';
import { type Invocation, refuse } from './command.ts';

/** The labels of `--labels`, e.g. region=dublin,site=dublin-1. */
export function labelsFrom(invocation: Invocation): Record<string, string> {
  return labelsOf(labelsTextFrom(invocation));
}

/** The text of `--labels`, when it is well formed. */
export function labelsTextFrom(invocation: Invocation): string | undefined {
  const text = labelsTextSchema.optional().safeParse(invocation.text('labels'));
  if (!text.success) throw refuse('--labels are NAME=VALUE, separated by commas, e.g. region=dublin,slo=vod');
  return text.data;
}

/** A time in milliseconds, from ISO 8601. */
export function timeFrom(invocation: Invocation, name: string): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw refuse(`--${name}: "${text}" is not a time such as 2027-01-31T20:00:00Z`);
  return atMs;
}
