// What a rule is: one demand of a specification, judged from facts alone. Severity follows the words of the
// specification: what MUST be (shall) and is not is an error; what SHOULD be, or what players are known to need, is a
// warning.

import type { DashFacts, HlsFacts, HlsPlaylistFacts, PresentationFacts } from '../facts.ts';

export type Severity = 'error' | 'warning';

/** One place where a rule is broken. */
export interface Evidence {
  /** Address of the document or segment. */
  readonly where: string;
  /** Of the document, counted from 1; null where there are no lines. */
  readonly line: number | null;
  readonly message: string;
  /** Where the clause depends on what was found. */
  readonly clause?: string;
}

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly clause: string;
  /** What is demanded, in one sentence. */
  readonly title: string;
  readonly check: (facts: PresentationFacts) => Evidence[];
}

export interface Finding extends Omit<Evidence, 'clause'> {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly clause: string;
  readonly title: string;
}

export const BIS = 'draft-pantos-hls-rfc8216bis-22';
export const DASH = 'ISO/IEC 23009-1';
export const CMAF = 'ISO/IEC 23000-19';
export const STEERING = 'draft-pantos-content-steering-05';
export const ETSI = 'ETSI TS 103 998';

/** A section of a document, as findings cite it. */
export const section = (document: string, place: string): string => `${document}, ${place}`;

/** Evidence at an address. */
export function at(where: string, message: string, line: number | null = null): Evidence {
  return { where, line, message };
}

type Head = Omit<Rule, 'check'>;

/** A rule that only speaks of HLS. */
export function hlsRule(head: Head, check: (facts: HlsFacts) => Evidence[]): Rule {
  return { ...head, check: (facts) => (facts.kind === 'hls' ? check(facts) : []) };
}

/** A rule of each media playlist. */
export function playlistRule(
  head: Head,
  check: (playlist: NonNullable<HlsPlaylistFacts['playlist']>, facts: HlsPlaylistFacts) => Evidence[],
): Rule {
  return hlsRule(head, ({ playlists }) =>
    [...playlists.values()].flatMap((facts) => (facts.playlist === null ? [] : check(facts.playlist, facts))),
  );
}

export type MultivariantFacts = NonNullable<HlsFacts['multivariant']>;

/** A rule of the multivariant playlist. */
export function multivariantRule(
  head: Head,
  check: (playlist: MultivariantFacts['playlist'], url: string, facts: HlsFacts) => Evidence[],
): Rule {
  return hlsRule(head, (facts) =>
    facts.multivariant === null ? [] : check(facts.multivariant.playlist, facts.multivariant.url, facts),
  );
}

/** A rule that only speaks of DASH, once there is a manifest to speak of. */
export function dashRule(
  head: Head,
  check: (mpd: NonNullable<DashFacts['mpd']>, facts: DashFacts) => Evidence[],
): Rule {
  return {
    ...head,
    check: (facts) => (facts.kind === 'dash' && facts.mpd !== null ? check(facts.mpd, facts) : []),
  };
}

/** Items whose key has been seen before, with that key. */
export function repeated<T>(items: readonly T[], keyOf: (item: T) => string | null): [T, string][] {
  const seen = new Set<string>();
  const found: [T, string][] = [];
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    if (seen.has(key)) found.push([item, key]);
    seen.add(key);
  }
  return found;
}

/** Whether a language tag is well-formed (RFC 5646). */
export function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

export const seconds = (value: number): string => `${value.toFixed(3)} s`;
export const kilobits = (bps: number): string => `${(bps / 1_000).toFixed(0)} kbit/s`;
