// Matchers that somebody wrote.

import { MeridianError } from '#contract/errors.ts';
import { formatMatcher, type Matcher, parseMatcher } from '#core/alerting/matchers.ts';

/** Reads them; throws for the first that is none. */
export function requireMatchers(texts: readonly string[]): readonly Matcher[] {
  return texts.map((text) => {
    const parsed = parseMatcher(text);
    if (typeof parsed === 'string')
      throw new MeridianError('invalid_request', { reason: `body.matchers: ${parsed}` });
    return parsed;
  });
}

/** In one form, for storing. */
export function matcherTexts(texts: readonly string[]): string[] {
  return requireMatchers(texts).map(formatMatcher);
}
