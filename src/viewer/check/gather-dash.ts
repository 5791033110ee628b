// Gathers a DASH presentation: the manifest, the segments of every representation at the first location as chosen, and
// the first segment of each representation at the other ones.
// Source: ISO/IEC 23009-1, 5.3.9 (addresses of segments) and 5.6 (base addresses).

import { CmafError } from '#media/cmaf/cmaf-error.ts';
import { parseSegmentIndex } from '#media/cmaf/inspect-segment.ts';
import {
  MPD_NAMESPACE,
  type ParsedBaseUrl,
  type ParsedMpd,
  type ParsedPeriod,
  type ParsedRepresentation,
  type ParsedSegmentInfo,
  parseMpd,
  rangeOf,
  regularTimes,
  timelineTimes,
} from '#media/dash/parse-mpd.ts';
import { expandTemplate } from '#media/dash/parse-mpd-values.ts';
import { XmlError } from '#media/dash/parse-xml.ts';
import type { ByteRange, DashFacts, DashTrackFacts, DeclaredSegment } from './facts.ts';
import { resolveUrl } from './facts.ts';
import { type Fetched, type Fetcher, mapInParallel } from './fetcher.ts';
import { gatherSteering } from './gather-steering.ts';
import { gatherTrack, type SegmentChoice } from './gather-track.ts';
import { PARALLEL_MAX, PLAYLISTS_MAX } from './limits.ts';

interface Addressed {
  readonly declared: readonly DeclaredSegment[];
  readonly startTicks: readonly number[];
}

const NOTHING: Addressed = { declared: [], startTicks: [] };

/** One address per level: the one of the wanted location, else the first (5.6.4). */
function baseOf(
  levels: readonly (readonly ParsedBaseUrl[])[],
  location: string | null,
  from: string,
): string {
  let base = from;
  for (const urls of levels) {
    const chosen = urls.find(({ serviceLocation }) => serviceLocation === location) ?? urls[0];
    base = (chosen === undefined ? null : resolveUrl(chosen.url, base)) ?? base;
  }
  return base;
}

function declare(
  info: ParsedSegmentInfo,
  period: ParsedPeriod,
  times: readonly { readonly startTicks: number; readonly durationTicks: number }[],
  addressOf: (index: number, time: number) => { url: string | null; range: ByteRange | null },
  init: DeclaredSegment['init'],
  isEncrypted: boolean,
): Addressed {
  const declared: DeclaredSegment[] = [];
  const startTicks: number[] = [];
  for (const [index, time] of times.entries()) {
    const { url, range } = addressOf(index, time.startTicks);
    if (url === null) continue;
    const offsetTicks = time.startTicks - info.presentationTimeOffset;
    declared.push({
      url,
      range,
      startSeconds: period.startSeconds + offsetTicks / info.timescale,
      durationSeconds: time.durationTicks / info.timescale,
      dateSeconds: null,
      isDiscontinuity: false,
      init,
      isEncrypted,
    });
    startTicks.push(time.startTicks);
  }
  return { declared, startTicks };
}

function timesOf(info: ParsedSegmentInfo, period: ParsedPeriod) {
  if (info.timeline === null) return regularTimes(info, period.durationSeconds);
  const end =
    period.durationSeconds === null
      ? null
      : info.presentationTimeOffset + period.durationSeconds * info.timescale;
  return timelineTimes(info.timeline, end);
}

function listOrTemplate(
  info: ParsedSegmentInfo,
  period: ParsedPeriod,
  representation: ParsedRepresentation,
  base: string,
): Addressed {
  const bandwidth = Number(representation.attributes.get('bandwidth') ?? Number.NaN);
  const fill = (template: string, number: number | null, time: number | null): string | null => {
    const bandwidthBps = Number.isFinite(bandwidth) ? bandwidth : null;
    const values = { representationId: representation.id, bandwidthBps, number, time };
    return resolveUrl(expandTemplate(template, values), base);
  };
  const initUrl =
    info.initialization === null
      ? info.initializationRange === null
        ? null
        : base
      : fill(info.initialization, null, null);
  const init = initUrl === null ? null : { url: initUrl, range: rangeOf(info.initializationRange) };
  const addressOf = (index: number, time: number) => {
    if (info.kind === 'template')
      return {
        url: info.media === null ? null : fill(info.media, info.startNumber + index, time),
        range: null,
      };
    const entry = info.segmentUrls[index];
    if (entry === undefined) return { url: null, range: null };
    return {
      url: entry.media === null ? base : resolveUrl(entry.media, base),
      range: rangeOf(entry.mediaRange),
    };
  };
  return declare(info, period, timesOf(info, period), addressOf, init, representation.isProtected);
}

/** A single file with an index of its segments. */
async function indexed(
  fetcher: Fetcher,
  info: ParsedSegmentInfo,
  period: ParsedPeriod,
  representation: ParsedRepresentation,
  base: string,
): Promise<Addressed | string> {
  const indexRange = rangeOf(info.indexRange);
  if (indexRange === null) return 'it has no index, so its segments are not known';
  const { facts, body } = await fetcher.get(base, 'segment', indexRange);
  if (body === null) return `its index could not be fetched: ${facts.failure}`;
  try {
    const index = parseSegmentIndex(body, indexRange.offset);
    let startTicks = index.earliestPresentationTicks;
    const times = index.entries.map(({ durationTicks }) => {
      const time = { startTicks, durationTicks };
      startTicks += durationTicks;
      return time;
    });
    const initRange = rangeOf(info.initializationRange) ?? { offset: 0, length: indexRange.offset };
    const own = { ...info, timescale: index.timescale };
    const addressOf = (position: number) => ({ url: base, range: index.entries[position] ?? null });
    const init = { url: base, range: initRange };
    return declare(own, period, times, addressOf, init, representation.isProtected);
  } catch (error) {
    if (error instanceof CmafError) return `its index cannot be read: ${error.message}`;
    throw error;
  }
}

/** Captions in one file beside the media: it is fetched as what it is, one piece as long as its period. */
function textFile(period: ParsedPeriod, url: string): Addressed {
  const durationSeconds = period.durationSeconds ?? 0;
  const whole = { range: null, dateSeconds: null, isDiscontinuity: false, init: null, isEncrypted: false };
  return {
    declared: [{ ...whole, url, startSeconds: period.startSeconds, durationSeconds }],
    startTicks: [0],
  };
}

interface Wanted extends Pick<DashTrackFacts, 'period' | 'set' | 'representation' | 'serviceLocation'> {
  readonly base: string;
  readonly choice: SegmentChoice;
}

function wantedTracks(mpd: ParsedMpd, manifestUrl: string, choice: SegmentChoice): Wanted[] {
  const locations = [...new Set(mpd.baseUrls.map(({ serviceLocation }) => serviceLocation))];
  const others = locations.slice(1).filter((location) => location !== null);
  const wanted: Wanted[] = [];
  for (const period of mpd.periods)
    for (const set of period.adaptationSets)
      for (const representation of set.representations) {
        const levels = [mpd.baseUrls, period.baseUrls, set.baseUrls, representation.baseUrls];
        const common = { period, set, representation };
        const first = baseOf(levels, locations[0] ?? null, manifestUrl);
        wanted.push({ ...common, serviceLocation: null, base: first, choice });
        for (const location of others)
          wanted.push({
            ...common,
            serviceLocation: location,
            base: baseOf(levels, location, manifestUrl),
            choice: 'first',
          });
      }
  return wanted;
}

async function gatherRepresentation(
  fetcher: Fetcher,
  wanted: Wanted,
  notChecked: string[],
): Promise<DashTrackFacts> {
  const { base, choice, ...common } = wanted;
  const { representation, period } = wanted;
  const info = representation.segmentInfo;
  const label = `Representation ${representation.id}${wanted.serviceLocation === null ? '' : ` at ${wanted.serviceLocation}`}`;
  let addressed: Addressed | string = NOTHING;
  const isText = (representation.attributes.get('mimeType') ?? '').startsWith('text/');
  if (info === null) addressed = isText ? textFile(period, base) : 'it is one file without an index';
  else if (info.kind === 'base') addressed = await indexed(fetcher, info, period, representation, base);
  else addressed = listOrTemplate(info, period, representation, base);
  if (typeof addressed === 'string') notChecked.push(`segments of ${label}: ${addressed}`);
  const { declared, startTicks } = typeof addressed === 'string' ? NOTHING : addressed;
  return { ...common, track: await gatherTrack(fetcher, label, declared, choice), startTicks };
}

/** Gathers what a manifest names. */
export async function gatherDash(
  fetcher: Fetcher,
  entry: Fetched,
  text: string,
  choice: SegmentChoice,
): Promise<Omit<DashFacts, 'rangeProbe' | 'resources'>> {
  const common = { kind: 'dash' as const, url: entry.facts.url };
  let mpd: ParsedMpd;
  try {
    mpd = parseMpd(text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const xmlProblem = { message: error.message, line: error.line };
    return { ...common, mpd: null, xmlProblem, tracks: [], steering: null, notChecked: [] };
  }
  const notChecked: string[] = [];
  const isOurs = mpd.root.name === 'MPD' && mpd.root.namespace === MPD_NAMESPACE;
  if (!mpd.isStatic) notChecked.push('segments: the manifest is of a live presentation (type dynamic)');
  const all = isOurs && mpd.isStatic ? wantedTracks(mpd, entry.facts.finalUrl, choice) : [];
  if (all.length > PLAYLISTS_MAX)
    notChecked.push(`${all.length - PLAYLISTS_MAX} representations: more than ${PLAYLISTS_MAX}`);
  const tracks = await mapInParallel(all.slice(0, PLAYLISTS_MAX), PARALLEL_MAX, (wanted) =>
    gatherRepresentation(fetcher, wanted, notChecked),
  );
  const [steering] = mpd.steering;
  const serverUrl = steering === undefined ? null : resolveUrl(steering.serverUri, entry.facts.finalUrl);
  const location = steering?.defaultServiceLocation ?? mpd.baseUrls[0]?.serviceLocation ?? null;
  return {
    ...common,
    mpd,
    xmlProblem: null,
    tracks,
    steering: serverUrl === null ? null : await gatherSteering(fetcher, 'dash', serverUrl, location),
    notChecked,
  };
}
