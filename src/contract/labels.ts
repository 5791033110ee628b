// Labels tell what a change, an alert or an incident is about: where (`region`, `site`, `node`), whose (`project`), which
// (`alertname`, `slo`, `broadcast`). Few and short, so that they can be compared and indexed.

import { z } from 'zod';
import { LABELS_MAX } from './limits.ts';

export const labelNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'a label is letters, digits and _, not starting with a digit')
  .describe('Name of a label, e.g. region');
export const labelsSchema = z
  .record(labelNameSchema, z.string().max(256))
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`)
  .describe('What it is about, e.g. { "region": "dublin" }');

/** In a query: `region=dublin,site=dublin-1`. */
export const labelsTextSchema = z
  .string()
  .max(1_000)
  .regex(/^(?:[A-Za-z_][A-Za-z0-9_]*=[^,=]*)(?:,[A-Za-z_][A-Za-z0-9_]*=[^,=]*)*$/, 'labels are NAME=VALUE,…')
  .describe('Labels, e.g. region=dublin,site=dublin-1');

/** Labels of a query's text. */
export function labelsOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name, value];
    }),
  );
}
