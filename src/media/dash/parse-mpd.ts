// A static manifest as a player sees it: periods, adaptation sets, representations with everything inherited, and how
// segments are addressed. Attributes are kept as written; judging them is for whoever asks.
// Source: ISO/IEC 23009-1, clauses 5.3.1 to 5.3.9 and 5.6.

import { parseByteRange, parseXmlDuration } from './parse-mpd-values.ts';
import { childrenOf, parseXml, type XmlElement } from './parse-xml.ts';

export const MPD_NAMESPACE = 'urn:mpeg:dash:schema:mpd:2011';

export interface ParsedBaseUrl {
  readonly url: string;
  readonly serviceLocation: string | null;
  readonly line: number;
}

export interface ParsedTimelineEntry {
  readonly t: number | null;
  readonly d: number | null;
  readonly r: number;
  readonly line: number;
}

export interface ParsedSegmentUrl {
  readonly media: string | null;
  readonly mediaRange: string | null;
}

/** SegmentTemplate, SegmentList or SegmentBase with what outer levels say. */
export interface ParsedSegmentInfo {
  readonly kind: 'template' | 'list' | 'base';
  readonly line: number;
  readonly timescale: number;
  readonly presentationTimeOffset: number;
  readonly startNumber: number;
  /** Ticks; null when it is missing. */
  readonly duration: number | null;
  readonly timeline: readonly ParsedTimelineEntry[] | null;
  readonly media: string | null;
  readonly initialization: string | null;
  readonly initializationRange: string | null;
  readonly indexRange: string | null;
  readonly segmentUrls: readonly ParsedSegmentUrl[];
}

export interface ParsedRepresentation {
  readonly id: string;
  readonly line: number;
  /** Own attributes over those of the adaptation set, for the ones that both may have (5.3.7). */
  readonly attributes: ReadonlyMap<string, string>;
  readonly ownAttributes: ReadonlyMap<string, string>;
  readonly baseUrls: readonly ParsedBaseUrl[];
  readonly channelConfigurations: readonly { readonly scheme: string; readonly value: string }[];
  /** How many of template, list and base stand on its own level. */
  readonly ownSegmentInfoCount: number;
  readonly segmentInfo: ParsedSegmentInfo | null;
  readonly isProtected: boolean;
}

export interface ParsedAdaptationSet {
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly baseUrls: readonly ParsedBaseUrl[];
  readonly ownSegmentInfoCount: number;
  readonly representations: readonly ParsedRepresentation[];
}

export interface ParsedPeriod {
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly startSeconds: number;
  /** Null when nothing says how long it is. */
  readonly durationSeconds: number | null;
  readonly baseUrls: readonly ParsedBaseUrl[];
  readonly ownSegmentInfoCount: number;
  readonly adaptationSets: readonly ParsedAdaptationSet[];
}

export interface ParsedDashSteering {
  readonly line: number;
  readonly serverUri: string;
  readonly defaultServiceLocation: string | null;
}

export interface ParsedMpd {
  readonly root: XmlElement;
  readonly attributes: ReadonlyMap<string, string>;
  readonly isStatic: boolean;
  readonly profiles: readonly string[];
  readonly durationSeconds: number | null;
  readonly baseUrls: readonly ParsedBaseUrl[];
  readonly steering: readonly ParsedDashSteering[];
  readonly periods: readonly ParsedPeriod[];
}

const SEGMENT_INFO = { SegmentTemplate: 'template', SegmentList: 'list', SegmentBase: 'base' } as const;

/** Attributes of a manifest that hold durations. */
export function durationOf(attributes: ReadonlyMap<string, string>, name: string): number | null {
  const text = attributes.get(name);
  return text === undefined ? null : parseXmlDuration(text);
}

function numberOf(text: string | undefined, fallback: number): number {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : fallback;
}

function baseUrlsOf(element: XmlElement): ParsedBaseUrl[] {
  return childrenOf(element, 'BaseURL').map(({ text, attributes, line }) => ({
    url: text.trim(),
    serviceLocation: attributes.get('serviceLocation') ?? null,
    line,
  }));
}

function ownSegmentInfos(element: XmlElement): XmlElement[] {
  return Object.keys(SEGMENT_INFO).flatMap((name) => childrenOf(element, name));
}

function timelineOf(element: XmlElement): ParsedTimelineEntry[] {
  const number = (text: string | undefined): number | null =>
    text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) : null;
  return childrenOf(element, 'S').map(({ attributes, line }) => ({
    t: number(attributes.get('t')),
    d: number(attributes.get('d')),
    r: number(attributes.get('r')) ?? 0,
    line,
  }));
}

/** What is said on the levels from the outermost in; inner attributes and elements win (5.3.9.1). */
function segmentInfoOf(levels: readonly XmlElement[]): ParsedSegmentInfo | null {
  const infos = levels.flatMap(ownSegmentInfos);
  const inner = infos.at(-1);
  if (inner === undefined) return null;
  const sameKind = infos.filter(({ name }) => name === inner.name);
  const attributes = new Map(sameKind.flatMap((info) => [...info.attributes]));
  const last = (name: string): XmlElement | undefined =>
    sameKind.flatMap((info) => childrenOf(info, name)).at(-1);
  const timeline = last('SegmentTimeline');
  const initialization = last('Initialization');
  return {
    kind: SEGMENT_INFO[inner.name as keyof typeof SEGMENT_INFO],
    line: inner.line,
    timescale: Math.max(1, numberOf(attributes.get('timescale'), 1)),
    presentationTimeOffset: numberOf(attributes.get('presentationTimeOffset'), 0),
    startNumber: numberOf(attributes.get('startNumber'), 1),
    duration: attributes.has('duration') ? numberOf(attributes.get('duration'), 0) : null,
    timeline: timeline === undefined ? null : timelineOf(timeline),
    media: attributes.get('media') ?? null,
    initialization: attributes.get('initialization') ?? initialization?.attributes.get('sourceURL') ?? null,
    initializationRange: initialization?.attributes.get('range') ?? null,
    indexRange: attributes.get('indexRange') ?? null,
    segmentUrls: sameKind
      .flatMap((info) => childrenOf(info, 'SegmentURL'))
      .map((url) => ({
        media: url.attributes.get('media') ?? null,
        mediaRange: url.attributes.get('mediaRange') ?? null,
      })),
  };
}

function representationOf(
  element: XmlElement,
  set: XmlElement,
  outer: readonly XmlElement[],
): ParsedRepresentation {
  const channels = [element, set].map((level) => childrenOf(level, 'AudioChannelConfiguration'));
  const protections = [element, set].flatMap((level) => childrenOf(level, 'ContentProtection'));
  return {
    id: element.attributes.get('id') ?? '',
    line: element.line,
    attributes: new Map([...set.attributes, ...element.attributes]),
    ownAttributes: element.attributes,
    baseUrls: baseUrlsOf(element),
    channelConfigurations: (channels.find(({ length }) => length > 0) ?? []).map(({ attributes }) => ({
      scheme: attributes.get('schemeIdUri') ?? '',
      value: attributes.get('value') ?? '',
    })),
    ownSegmentInfoCount: ownSegmentInfos(element).length,
    segmentInfo: segmentInfoOf([...outer, set, element]),
    isProtected: protections.length > 0,
  };
}

function adaptationSetOf(set: XmlElement, outer: readonly XmlElement[]): ParsedAdaptationSet {
  return {
    line: set.line,
    attributes: set.attributes,
    baseUrls: baseUrlsOf(set),
    ownSegmentInfoCount: ownSegmentInfos(set).length,
    representations: childrenOf(set, 'Representation').map((element) =>
      representationOf(element, set, outer),
    ),
  };
}

function periodsOf(root: XmlElement, totalSeconds: number | null): ParsedPeriod[] {
  const elements = childrenOf(root, 'Period');
  const periods: ParsedPeriod[] = [];
  let nextStart = 0;
  for (const [index, element] of elements.entries()) {
    const startSeconds = durationOf(element.attributes, 'start') ?? nextStart;
    const following = elements[index + 1];
    const end = following === undefined ? totalSeconds : durationOf(following.attributes, 'start');
    const durationSeconds =
      durationOf(element.attributes, 'duration') ?? (end === null ? null : end - startSeconds);
    nextStart = startSeconds + (durationSeconds ?? 0);
    periods.push({
      line: element.line,
      attributes: element.attributes,
      startSeconds,
      durationSeconds,
      baseUrls: baseUrlsOf(element),
      ownSegmentInfoCount: ownSegmentInfos(element).length,
      adaptationSets: childrenOf(element, 'AdaptationSet').map((set) => adaptationSetOf(set, [element])),
    });
  }
  return periods;
}

/** Reads a manifest; throws XmlError when it is not well-formed. A root of another name gives a manifest of nothing. */
export function parseMpd(text: string): ParsedMpd {
  const root = parseXml(text);
  const durationSeconds = durationOf(root.attributes, 'mediaPresentationDuration');
  return {
    root,
    attributes: root.attributes,
    isStatic: (root.attributes.get('type') ?? 'static') === 'static',
    profiles: (root.attributes.get('profiles') ?? '').split(/[\s,]+/).filter((profile) => profile !== ''),
    durationSeconds,
    baseUrls: baseUrlsOf(root),
    steering: childrenOf(root, 'ContentSteering').map((element) => ({
      line: element.line,
      serverUri: element.text.trim(),
      defaultServiceLocation: element.attributes.get('defaultServiceLocation') ?? null,
    })),
    periods: periodsOf(root, durationSeconds),
  };
}

export interface DashSegment {
  readonly url: string;
  readonly range: { readonly offset: number; readonly length: number } | null;
  /** On the media timeline of the representation. */
  readonly startTicks: number;
  readonly durationTicks: number;
}

/** More segments than a week of two-second ones is not worth a list. */
export const DASH_SEGMENTS_MAX = 400_000;

/** Start and duration of each segment, in ticks; a negative repeat lasts to the next entry or the end of the period. */
export function timelineTimes(
  timeline: readonly ParsedTimelineEntry[],
  endTicks: number | null,
): { readonly startTicks: number; readonly durationTicks: number }[] {
  const times: { startTicks: number; durationTicks: number }[] = [];
  let next = 0;
  for (const [index, { t, d, r }] of timeline.entries()) {
    if (d === null || d <= 0) continue;
    let startTicks = t ?? next;
    const until = timeline[index + 1]?.t ?? endTicks;
    const count = r >= 0 ? r + 1 : Math.max(1, Math.ceil(((until ?? startTicks) - startTicks) / d));
    for (let repeat = 0; repeat < count && times.length < DASH_SEGMENTS_MAX; repeat += 1) {
      times.push({ startTicks, durationTicks: d });
      startTicks += d;
    }
    next = startTicks;
  }
  return times;
}

/** Times by @duration: as many segments as the period takes; the last may be shorter. */
export function regularTimes(
  info: ParsedSegmentInfo,
  periodSeconds: number | null,
): { readonly startTicks: number; readonly durationTicks: number }[] {
  const { duration, timescale, presentationTimeOffset } = info;
  if (duration === null || duration <= 0) return [];
  const total = (periodSeconds ?? 0) * timescale;
  const count = info.kind === 'list' ? info.segmentUrls.length : Math.ceil(total / duration - 1e-6);
  return Array.from({ length: Math.min(count, DASH_SEGMENTS_MAX) }, (_, index) => ({
    startTicks: presentationTimeOffset + index * duration,
    durationTicks: periodSeconds === null ? duration : Math.min(duration, total - index * duration),
  }));
}

/** The range that an attribute names, or null. */
export function rangeOf(text: string | null): { readonly offset: number; readonly length: number } | null {
  return text === null ? null : parseByteRange(text);
}
