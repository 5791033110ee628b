// What a check knows of a presentation: answers of servers, documents read from them, and what boxes say of segments.
// Rules are judged from these facts alone, so that they can be tested, and repeated, without any server.

import type { FragmentInspection, InitInspection, SegmentInspection } from '#media/cmaf/inspect-segment.ts';
import type {
  ParsedAdaptationSet,
  ParsedMpd,
  ParsedPeriod,
  ParsedRepresentation,
} from '#media/dash/parse-mpd.ts';
import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import type { ParsedMultivariant } from '#media/hls/parse-multivariant.ts';
import type { LiveFacts } from './live-facts.ts';

/** A `reload` is a request for a live playlist that the server may hold; what it may answer, live rules judge. */
export type ResourceRole = 'manifest' | 'playlist' | 'init' | 'segment' | 'steering' | 'probe' | 'reload';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** One answer, or its absence. */
export interface ResourceFacts {
  readonly role: ResourceRole;
  readonly url: string;
  /** After redirects. */
  readonly finalUrl: string;
  readonly range: ByteRange | null;
  /** Null when no answer came. */
  readonly status: number | null;
  /** Why there is no body; null when there is one. */
  readonly failure: string | null;
  /** The check's own limits kept it from being fetched, which says nothing about the server. */
  readonly isSkipped: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came over the network. */
  readonly bodyBytes: number;
  readonly elapsedMs: number;
}

/** A segment as its playlist or manifest names it. */
export interface DeclaredSegment {
  readonly url: string;
  readonly range: ByteRange | null;
  /** From the start of the presentation. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** When it begins by the clock, in seconds since the epoch; null when that is not declared. */
  readonly dateSeconds: number | null;
  readonly isDiscontinuity: boolean;
  readonly init: { readonly url: string; readonly range: ByteRange | null } | null;
  readonly isEncrypted: boolean;
}

export interface InitFacts {
  readonly resource: ResourceFacts;
  readonly inspection: InitInspection | null;
  /** What breaks it; null when it is whole, or was not read. */
  readonly problem: string | null;
  /** Why it was not looked into although nothing is wrong with it. */
  readonly unread: string | null;
}

export interface SegmentFacts {
  readonly index: number;
  readonly declared: DeclaredSegment;
  readonly resource: ResourceFacts;
  readonly init: InitFacts | null;
  readonly inspection: SegmentInspection | null;
  readonly problem: string | null;
  readonly unread: string | null;
  /** The bytes begin like ISO boxes. */
  readonly hasBoxes: boolean;
}

/** One rendition at one pathway: what is declared of it, and the segments that were fetched, in order. */
export interface TrackFacts {
  readonly label: string;
  readonly declared: readonly DeclaredSegment[];
  readonly inits: readonly InitFacts[];
  readonly segments: readonly SegmentFacts[];
}

export interface HlsPlaylistFacts {
  readonly url: string;
  readonly resource: ResourceFacts;
  /** Null when it could not be fetched, or is no media playlist. */
  readonly playlist: ParsedMediaPlaylist | null;
  readonly isMultivariant: boolean;
  readonly track: TrackFacts | null;
}

export interface SteeringAnswer {
  readonly resource: ResourceFacts;
  readonly manifest: Readonly<Record<string, unknown>> | null;
  /** Why there is no manifest. */
  readonly problem: string | null;
}

export interface SteeringFacts {
  readonly form: 'hls' | 'dash' | 'unknown';
  readonly first: SteeringAnswer;
  /** What RELOAD-URI answers; null without one. */
  readonly reload: SteeringAnswer | null;
}

interface CommonFacts {
  readonly url: string;
  readonly resources: readonly ResourceFacts[];
  /** The answer to a request for the first hundred bytes of the first segment. */
  readonly rangeProbe: ResourceFacts | null;
  readonly steering: SteeringFacts | null;
  /** What was left out, and why; the check is as good as the rest. */
  readonly notChecked: readonly string[];
}

export interface HlsFacts extends CommonFacts {
  readonly kind: 'hls';
  readonly multivariant: { readonly url: string; readonly playlist: ParsedMultivariant } | null;
  /** Media playlists by their absolute address. */
  readonly playlists: ReadonlyMap<string, HlsPlaylistFacts>;
  /** What was seen of live playlists over a while; null when none was watched. */
  readonly live: LiveFacts | null;
}

export interface DashTrackFacts {
  readonly period: ParsedPeriod;
  readonly set: ParsedAdaptationSet;
  readonly representation: ParsedRepresentation;
  /** Null for the location that is fetched first; the name of another one. */
  readonly serviceLocation: string | null;
  readonly track: TrackFacts;
  /** Declared times in ticks of the manifest, beside `track.declared`. */
  readonly startTicks: readonly number[];
}

export interface DashFacts extends CommonFacts {
  readonly kind: 'dash';
  readonly mpd: ParsedMpd | null;
  readonly xmlProblem: { readonly message: string; readonly line: number } | null;
  readonly tracks: readonly DashTrackFacts[];
}

/** A steering manifest alone. */
export interface SteeringOnlyFacts extends CommonFacts {
  readonly kind: 'steering';
}

export type PresentationFacts = HlsFacts | DashFacts | SteeringOnlyFacts;

/** Every track of a presentation. */
export function tracksOf(facts: PresentationFacts): readonly TrackFacts[] {
  if (facts.kind === 'hls')
    return [...facts.playlists.values()].flatMap(({ track }) => (track === null ? [] : [track]));
  return facts.kind === 'dash' ? facts.tracks.map(({ track }) => track) : [];
}

/** An address as a player resolves it; null when it is none. */
export function resolveUrl(uri: string, base: string): string | null {
  return URL.canParse(uri, base) ? new URL(uri, base).href : null;
}

/** Whether every declared segment was fetched and read. */
export function isWhollyRead(track: TrackFacts): boolean {
  return (
    track.segments.length === track.declared.length &&
    track.segments.every(({ resource }) => resource.failure === null)
  );
}

export interface MediaSpan {
  /** Decode time of the first sample. */
  readonly decodeSeconds: number;
  /** Sum of the durations of all samples. */
  readonly durationSeconds: number;
  /** When it is shown, after edit lists. */
  readonly presentationSeconds: number;
  /** How long it is shown: the duration without what an edit list cuts off its beginning. */
  readonly presentedSeconds: number;
  readonly longestSampleSeconds: number;
  readonly sampleCount: number;
  readonly startsWithSync: boolean;
}

/** The media time at which the track of a segment begins. */
function editOf({ init, inspection }: SegmentFacts): number {
  const tracks = init?.inspection?.tracks ?? [];
  const index = tracks.findIndex(({ id }) => id === inspection?.track.id);
  return init?.inspection?.editTicks[index] ?? 0;
}

/** What the boxes of a segment say of its time; null when they were not read. */
export function spanOf(segment: SegmentFacts): MediaSpan | null {
  const fragments = segment.inspection?.fragments ?? [];
  const first = fragments[0];
  const timescale = segment.inspection?.track.timescale;
  if (first === undefined || timescale === undefined) return null;
  const sum = (of: (fragment: FragmentInspection) => number): number =>
    fragments.reduce((total, fragment) => total + of(fragment), 0);
  const edit = editOf(segment);
  const earliest = Math.min(...fragments.map((fragment) => fragment.earliestPresentationTicks));
  const longest = Math.max(...fragments.map((fragment) => fragment.longestSampleTicks));
  const duration = sum(({ durationTicks }) => durationTicks);
  return {
    decodeSeconds: first.decodeTicks / timescale,
    durationSeconds: duration / timescale,
    presentationSeconds: (Math.max(earliest, edit) - edit) / timescale,
    presentedSeconds: (duration - Math.max(0, edit - earliest)) / timescale,
    longestSampleSeconds: longest / timescale,
    sampleCount: sum(({ sampleCount }) => sampleCount),
    startsWithSync: first.startsWithSync,
  };
}

export interface MeasuredRates {
  /** The highest of any window; null when no segment was fetched. */
  readonly peakBps: number | null;
  /** Of all segments; null unless all were fetched. */
  readonly averageBps: number | null;
}

/**
 * Bit rates as the specification defines them: the peak is that of any run of segments that lasts between half and
 * one and a half target durations (rfc8216bis, 4.1).
 */
export function measuredRates(track: TrackFacts, targetSeconds: number): MeasuredRates {
  let peakBps: number | null = null;
  const fetched = track.segments.filter(({ resource }) => resource.failure === null);
  for (const [first, start] of fetched.entries()) {
    let bits = 0;
    let seconds = 0;
    for (let index = first; index < fetched.length; index += 1) {
      const segment = fetched[index];
      if (segment === undefined || segment.index - start.index !== index - first) break;
      bits += segment.resource.bodyBytes * 8;
      seconds += segment.declared.durationSeconds;
      if (seconds > 1.5 * targetSeconds + 0.5) break;
      if (seconds >= 0.5 * targetSeconds) peakBps = Math.max(peakBps ?? 0, bits / seconds);
    }
  }
  const seconds = track.declared.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const bits = fetched.reduce((sum, { resource }) => sum + resource.bodyBytes * 8, 0);
  return { peakBps, averageBps: isWhollyRead(track) && seconds > 0 ? bits / seconds : null };
}
