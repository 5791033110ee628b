// Which alerts are meant: `region=dublin`, `site!=dublin-1`, `slo=vod-*|live-*`. A value may name several, divided by
// |, with * for any text. There are no regular expressions, so that no pattern of anybody can hold the process up.

import type { Labels } from './alert.ts';

export interface Matcher {
  readonly label: string;
  readonly isNegated: boolean;
  /** Any of these, each with * for any text. */
  readonly patterns: readonly string[];
}

export const MATCHERS_MAX = 10;
const TEXT_MAX = 500;

/** Reads one matcher; a string says what is wrong with it. */
export function parseMatcher(text: string): Matcher | string {
  if (text.length > TEXT_MAX) return `a matcher has at most ${TEXT_MAX} characters`;
  const parts = /^\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*(!?=)\s*(.*?)\s*$/s.exec(text);
  if (parts === null) return `"${text}" is not a matcher such as region=dublin or site!=dublin-1`;
  const [, label = '', operator, value = ''] = parts;
  return { label, isNegated: operator === '!=', patterns: value.split('|') };
}

/** As it was written. */
export function formatMatcher({ label, isNegated, patterns }: Matcher): string {
  return `${label}${isNegated ? '!=' : '='}${patterns.join('|')}`;
}

/** Whether all of them match; a label that is missing has an empty value. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every(({ label, isNegated, patterns }) => {
    const value = labels[label] ?? '';
    return patterns.some((pattern) => matchesPattern(pattern, value)) !== isNegated;
  });
}

/** Whether a text fits a pattern with stars: the parts between them must follow one another. */
function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return text === first;
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
