// Which keys of the configuration differ from those of the last start. Values are kept and compared as hashes, since
// some of them are secrets; a change names keys and never tells values.

import { createHash } from 'node:crypto';

/** Key, e.g. `regions.dublin.costPerGb`, to the hash of its value. */
export type ConfigMarks = Readonly<Record<string, string>>;

/** The marks of a configuration. Elements of lists go by their `id` or `name` where they have one. */
export function configMarks(config: unknown): ConfigMarks {
  const marks: Record<string, string> = {};
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.some((element) => typeof element === 'object')) {
      for (const [index, element] of value.entries()) walk(element, `${path}.${nameOf(element) ?? index}`);
      return;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, own] of Object.entries(value)) walk(own, path === '' ? key : `${path}.${key}`);
      return;
    }
    // An empty list is like none: what was in it is missed by its own keys.
    if (value !== undefined && !(Array.isArray(value) && value.length === 0))
      marks[path] = createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
  };
  walk(config, '');
  return marks;
}

function nameOf(element: unknown): string | undefined {
  if (typeof element !== 'object' || element === null) return undefined;
  if ('id' in element && typeof element.id === 'string') return element.id;
  return 'name' in element && typeof element.name === 'string' ? element.name : undefined;
}

/** Keys that were set, changed or taken away, in alphabetical order. */
export function changedKeys(before: ConfigMarks, after: ConfigMarks): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).sort();
}
