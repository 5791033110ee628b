// What live rules share: the playlists that were watched, each version of them, and evidence that says a thing once
// although many versions show it.

import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import type { HlsFacts } from '../facts.ts';
import { LIVE_TOLERANCE_MS, LIVE_TOLERANCE_RATIO } from '../limits.ts';
import { hasParts, type LiveFacts, type LivePlaylistFacts, type LiveUpdate } from '../live-facts.ts';
import { BIS, type Evidence, hlsRule, type Rule, section } from './rule.ts';

/** Where an update shows a version of the playlist. */
export interface LiveVersion {
  readonly playlist: ParsedMediaPlaylist;
  readonly update: LiveUpdate;
}

/** The versions that were seen, oldest first; a broken one that could not be read is no version. */
export function versionsOf({ updates }: LivePlaylistFacts): LiveVersion[] {
  return updates.flatMap((update) =>
    update.playlist === null ? [] : [{ playlist: update.playlist, update }],
  );
}

/** The first piece of evidence of each message at each place. */
function once(evidence: readonly Evidence[]): Evidence[] {
  const seen = new Set<string>();
  return evidence.filter(({ where, message }) => {
    const key = `${where} ${message}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

const headOf = (id: string, place: string, title: string, severity: Rule['severity']) => ({
  id: `live.${id}`,
  severity,
  clause: section(BIS, place),
  title,
});

/** A rule of each playlist that was watched. */
export function watchRule(
  id: string,
  place: string,
  title: string,
  check: (watched: LivePlaylistFacts, live: LiveFacts, facts: HlsFacts) => Evidence[],
  severity: Rule['severity'] = 'error',
): Rule {
  return hlsRule(headOf(id, place, title, severity), (facts) => {
    const { live } = facts;
    if (live === null) return [];
    return once([...live.playlists.values()].flatMap((watched) => check(watched, live, facts)));
  });
}

/** A rule of each version of each playlist that was watched. */
export function versionRule(
  id: string,
  place: string,
  title: string,
  check: (playlist: ParsedMediaPlaylist, url: string) => Evidence[],
  severity: Rule['severity'] = 'error',
): Rule {
  return watchRule(
    id,
    place,
    title,
    (watched) => versionsOf(watched).flatMap(({ playlist }) => check(playlist, watched.url)),
    severity,
  );
}

/** A rule of versions with parts. */
export function partsRule(...[id, place, title, check, severity]: Parameters<typeof versionRule>): Rule {
  return versionRule(
    id,
    place,
    title,
    (playlist, url) => (hasParts(playlist) && !playlist.isEnded ? check(playlist, url) : []),
    severity,
  );
}

/** What may pass beyond a limit before something counts as late: the way here, and what encoders need. */
export function withTolerance(limitMs: number): number {
  return limitMs * (1 + LIVE_TOLERANCE_RATIO) + LIVE_TOLERANCE_MS;
}
