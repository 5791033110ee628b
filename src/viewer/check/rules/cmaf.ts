// Rules of init and media segments by their boxes, for HLS and DASH alike.
// Sources: ISO/IEC 23000-19, section 7.3; ISO/IEC 23009-1, section 6.3; ISO/IEC 14496-12.

import { type PresentationFacts, spanOf, type TrackFacts, tracksOf } from '../facts.ts';
import { TIME_TOLERANCE_SECONDS } from '../limits.ts';
import { at, CMAF, DASH, type Evidence, type Rule, seconds, section } from './rule.ts';

const rule = (id: string, clause: string, title: string, check: (track: TrackFacts) => Evidence[]): Rule => ({
  id,
  severity: 'error',
  clause,
  title,
  check: (facts) => tracksOf(facts).flatMap(check),
});

/** Decode times inside a segment; between segments it is a matter of playlists and manifests. */
function decodeTimes({ segments }: TrackFacts): Evidence[] {
  return segments.flatMap(({ declared, inspection }) => {
    const fragments = inspection?.fragments ?? [];
    const timescale = inspection?.track.timescale ?? 1;
    return fragments.slice(1).flatMap((fragment, index) => {
      const before = fragments[index];
      const gap =
        (fragment.decodeTicks - (before?.decodeTicks ?? 0) - (before?.durationTicks ?? 0)) / timescale;
      if (Math.abs(gap) <= TIME_TOLERANCE_SECONDS) return [];
      return [
        at(declared.url, `fragment ${index + 1} begins ${seconds(gap)} after the end of the one before`),
      ];
    });
  });
}

/** Whether somebody promises already that segments can be decoded alone; then that promise is judged, not this rule. */
function isPromised(facts: PresentationFacts, track: TrackFacts): boolean {
  if (facts.kind === 'dash') {
    const own = facts.tracks.find((candidate) => candidate.track === track);
    return own?.representation.attributes.has('startWithSAP') === true;
  }
  if (facts.kind !== 'hls') return false;
  if (facts.multivariant?.playlist.isIndependent === true) return true;
  return [...facts.playlists.values()].some(
    (playlist) => playlist.track === track && playlist.playlist?.isIndependent === true,
  );
}

export const CMAF_RULES: readonly Rule[] = [
  rule(
    'cmaf.init-broken',
    section(CMAF, '7.3.2.1'),
    'An init segment has ftyp and moov that can be read.',
    (track) =>
      track.inits
        .filter(({ problem }) => problem !== null)
        .map(({ resource, problem }) => at(resource.url, problem ?? '')),
  ),
  rule('cmaf.init-media', section(DASH, '6.3.3'), 'An init segment holds no media.', ({ inits }) =>
    inits
      .filter(({ inspection }) => inspection?.boxTypes.some((type) => type === 'moof' || type === 'mdat'))
      .map(({ resource }) => at(resource.url, 'the init segment holds moof or mdat')),
  ),
  rule(
    'cmaf.segment-broken',
    section(CMAF, '7.3.2.3'),
    'A segment is whole fragments of the track of its init segment.',
    (track) =>
      track.segments
        .filter(({ problem }) => problem !== null)
        .map(({ declared, problem }) => at(declared.url, problem ?? '')),
  ),
  rule(
    'cmaf.decode-time',
    section(CMAF, '7.3.2.2'),
    'Fragments begin where the one before ends.',
    decodeTimes,
  ),
  {
    id: 'cmaf.sync-start',
    severity: 'error',
    clause: section(CMAF, '7.3.2.4'),
    title: 'A video segment begins with a sync sample.',
    check: (facts) =>
      tracksOf(facts)
        .filter((track) => !isPromised(facts, track))
        .flatMap(({ segments }) => segments)
        .filter(
          (segment) =>
            segment.inspection?.track.kind === 'video' && spanOf(segment)?.startsWithSync === false,
        )
        .map(({ declared }) => at(declared.url, 'the segment does not begin with a sync sample')),
  },
];
