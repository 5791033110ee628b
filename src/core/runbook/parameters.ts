// Parameters of a runbook: `$name` in any text of its steps stands for the value that a run was started with. What is
// filled in is the document before its shape is checked, so that a value ends up in a field of the right kind or the
// start is refused.

import { nearestWord } from '#base/nearest.ts';
import type { ParameterSpec, ParameterType } from './types.ts';

/** Longest value: identifiers have at most 63 characters, a text is a name. */
const VALUE_LENGTH_MAX = 200;

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SHAPES: Readonly<Record<ParameterType, { readonly pattern: RegExp; readonly what: string }>> = {
  region: { pattern: SLUG, what: 'a region' },
  site: { pattern: SLUG, what: 'a site' },
  place: { pattern: SLUG, what: 'a site or a region' },
  node: { pattern: SLUG, what: 'a node' },
  broadcast: { pattern: /^brd_[0-9a-z]{26}$/, what: 'a broadcast such as brd_01jd…' },
  project: { pattern: SLUG, what: 'a project' },
  asset: { pattern: /^ast_[0-9a-z]{26}$/, what: 'an asset such as ast_01jd…' },
  count: { pattern: /^[1-9]\d{0,3}$/, what: 'a number from 1 to 9999' },
  change: { pattern: /^[1-9]\d{0,14}$/, what: 'the number of a change' },
  text: { pattern: /^[^\p{Cc}]*$/u, what: 'a text without control characters' },
  share: { pattern: /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, what: 'a share from 0 to 1' },
  duration: { pattern: /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/, what: 'a duration such as 30s or 5m' },
};

/** What exists, for parameters that name something. */
export interface KnownPlaces {
  readonly regions: readonly string[];
  readonly sites: readonly string[];
  readonly nodes: readonly string[];
}

export type BoundParameters =
  | { readonly isGood: true; readonly values: Readonly<Record<string, string>> }
  | { readonly isGood: false; readonly problems: readonly string[] };

/** Checks the values that a run is to be started with, and adds defaults. */
export function bindParameters(
  specs: Readonly<Record<string, ParameterSpec>>,
  given: Readonly<Record<string, string>>,
  known: KnownPlaces,
): BoundParameters {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(specs, name)) continue;
    problems.push(`there is no parameter ${name.slice(0, 64)}${hint(name, Object.keys(specs))}`);
  }
  for (const [name, spec] of Object.entries(specs)) {
    const value = Object.hasOwn(given, name) ? given[name] : spec.default;
    if (value === undefined) problems.push(`the parameter ${name} is missing (${SHAPES[spec.type].what})`);
    else {
      const problem = problemOf(name, spec.type, value, known);
      if (problem === null) values[name] = value;
      else problems.push(problem);
    }
  }
  return problems.length === 0 ? { isGood: true, values } : { isGood: false, problems };
}

function problemOf(name: string, type: ParameterType, value: string, known: KnownPlaces): string | null {
  const { pattern, what } = SHAPES[type];
  if (value.length > VALUE_LENGTH_MAX || !pattern.test(value))
    return `${name}: "${value.slice(0, 64)}" is not ${what}`;
  const names = namesOf(type, known);
  if (names === null || names.includes(value)) return null;
  return `${name}: there is no ${type === 'place' ? 'site or region' : type} ${value}${hint(value, names)}`;
}

function namesOf(type: ParameterType, { regions, sites, nodes }: KnownPlaces): readonly string[] | null {
  if (type === 'region') return regions;
  if (type === 'site') return sites;
  if (type === 'place') return [...regions, ...sites];
  return type === 'node' ? nodes : null;
}

function hint(word: string, candidates: readonly string[]): string {
  const nearest = nearestWord(word.slice(0, 64), candidates);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/** A value that passes every check of shape and reads well, to judge and to show a runbook without starting it. */
export function sampleOf(name: string, { type, default: own }: ParameterSpec): string {
  if (own !== undefined) return own;
  if (type === 'broadcast') return `brd_${'0'.repeat(26)}`;
  if (type === 'asset') return `ast_${'0'.repeat(26)}`;
  if (type === 'change') return '1';
  if (type === 'count') return '2';
  if (type === 'share') return '0.5';
  return type === 'duration' ? '30s' : `some-${name.toLowerCase()}`;
}

const PLACEHOLDER = /\$([a-z][a-zA-Z0-9]*)/g;

/**
 * Fills in `$name` everywhere in a value made of objects, lists and texts. A text that is nothing but one share or
 * count becomes a number. Names that are not among the values are left as they are and reported with their path.
 */
export function fillIn(
  value: unknown,
  values: Readonly<Record<string, string>>,
  specs: Readonly<Record<string, ParameterSpec>>,
): { readonly value: unknown; readonly unknown: readonly { path: (string | number)[]; name: string }[] } {
  const unknown: { path: (string | number)[]; name: string }[] = [];
  const visit = (part: unknown, path: (string | number)[]): unknown => {
    if (Array.isArray(part)) return part.map((item, index) => visit(item, [...path, index]));
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(
        Object.entries(part).map(([key, item]) => [key, visit(item, [...path, key])]),
      );
    if (typeof part !== 'string') return part;
    const whole = /^\$([a-z][a-zA-Z0-9]*)$/.exec(part)?.[1];
    const type = whole === undefined ? undefined : specs[whole]?.type;
    if (whole !== undefined && (type === 'share' || type === 'count') && Object.hasOwn(values, whole))
      return Number(values[whole]);
    return part.replace(PLACEHOLDER, (text, name: string) => {
      if (Object.hasOwn(values, name)) return values[name] ?? '';
      unknown.push({ path, name });
      return text;
    });
  };
  return { value: visit(value, []), unknown };
}
