// Rules of the manifest alone: its attributes, periods, adaptation sets and representations.
// Source: ISO/IEC 23009-1, clauses 5.3.1 to 5.3.5, 5.3.7, 5.6, 5.8.5 and 8.4; its schema, Annex B.

import { durationOf, MPD_NAMESPACE } from '#media/dash/parse-mpd.ts';
import { parseFrameRate, parseXmlDuration } from '#media/dash/parse-mpd-values.ts';
import type { XmlElement } from '#media/dash/parse-xml.ts';
import { type DashFacts, resolveUrl } from '../facts.ts';
import { TIME_TOLERANCE_SECONDS } from '../limits.ts';
import {
  at,
  DASH,
  dashRule,
  type Evidence,
  isLanguage,
  type Rule,
  repeated,
  seconds,
  section,
} from './rule.ts';

type Mpd = NonNullable<DashFacts['mpd']>;
type Check = (mpd: Mpd, url: string) => Evidence[];
type Period = Mpd['periods'][number];
type AdaptationSet = Period['adaptationSets'][number];
type Representation = AdaptationSet['representations'][number];

const rule = (id: string, place: string, title: string, check: Check, severity: Rule['severity'] = 'error') =>
  dashRule({ id, severity, clause: section(DASH, place), title }, (mpd, { url }) =>
    // Of a document that is no manifest nothing else can be said.
    mpd.root.name === 'MPD' && mpd.root.namespace === MPD_NAMESPACE ? check(mpd, url) : [],
  );

const setsOf = (mpd: Mpd): AdaptationSet[] => mpd.periods.flatMap(({ adaptationSets }) => adaptationSets);

/** A rule of each representation alone. */
function representationRule(
  id: string,
  place: string,
  title: string,
  problemOf: (representation: Representation, mpd: Mpd) => string | null,
  severity: Rule['severity'] = 'error',
): Rule {
  const check: Check = (mpd, url) =>
    setsOf(mpd)
      .flatMap(({ representations }) => representations)
      .flatMap((representation) => {
        const problem = problemOf(representation, mpd);
        return problem === null
          ? []
          : [at(url, `Representation ${representation.id}: ${problem}`, representation.line)];
      });
  return rule(id, place, title, check, severity);
}

const DURATIONS: Readonly<Record<string, readonly string[]>> = {
  MPD: [
    'mediaPresentationDuration',
    'minBufferTime',
    'maxSegmentDuration',
    'maxSubsegmentDuration',
    'minimumUpdatePeriod',
    'timeShiftBufferDepth',
    'suggestedPresentationDelay',
  ],
  Period: ['start', 'duration'],
};

function malformedDurations(mpd: Mpd, url: string): Evidence[] {
  const elements: XmlElement[] = [mpd.root, ...mpd.root.children.filter(({ name }) => name === 'Period')];
  return elements.flatMap(({ name, attributes, line }) =>
    (DURATIONS[name] ?? [])
      .filter((attribute) => parseXmlDuration(attributes.get(attribute) ?? 'PT0S') === null)
      .map((attribute) =>
        at(url, `${name}@${attribute} is ${JSON.stringify(attributes.get(attribute))}`, line),
      ),
  );
}

function missingRootAttributes({ attributes }: Mpd, url: string): Evidence[] {
  return ['profiles', 'minBufferTime']
    .filter((name) => !attributes.has(name))
    .map((name) => at(url, `MPD has no @${name}`, 1));
}

/** Periods beyond the end of the presentation, or behind one another. */
function periodTimes({ periods, durationSeconds }: Mpd, url: string): Evidence[] {
  const found: Evidence[] = [];
  for (const [index, period] of periods.entries()) {
    const before = periods[index - 1];
    const end = period.startSeconds + (period.durationSeconds ?? 0);
    const own = durationOf(period.attributes, 'duration');
    if (durationSeconds !== null && own !== null && end > durationSeconds + TIME_TOLERANCE_SECONDS) {
      const text = `a period ends at ${seconds(end)}, the presentation at ${seconds(durationSeconds)}`;
      found.push(at(url, text, period.line));
    } else if (before !== undefined && period.startSeconds < before.startSeconds)
      found.push(at(url, 'a period starts before the one in front of it', period.line));
  }
  return found;
}

function rangeProblems(set: AdaptationSet, url: string): Evidence[] {
  const number = (attributes: ReadonlyMap<string, string>, name: string): number | null => {
    const text = attributes.get(name);
    return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
  };
  return ['Width', 'Height', 'Bandwidth'].flatMap((what) => {
    const least = number(set.attributes, `min${what}`) ?? 0;
    const most = number(set.attributes, `max${what}`) ?? Number.POSITIVE_INFINITY;
    return set.representations.flatMap(({ id, attributes, line }) => {
      const value = number(attributes, what.toLowerCase());
      if (value === null || (value >= least && value <= most)) return [];
      return [
        at(
          url,
          `Representation ${id}: @${what.toLowerCase()} ${value} is not within ${least} to ${most}`,
          line,
        ),
      ];
    });
  });
}

function baseUrlProblems(mpd: Mpd, url: string): Evidence[] {
  const periods = mpd.periods.flatMap((period) => [
    period.baseUrls,
    ...period.adaptationSets.flatMap((set) => [
      set.baseUrls,
      ...set.representations.map(({ baseUrls }) => baseUrls),
    ]),
  ]);
  return [mpd.baseUrls, ...periods]
    .flat()
    .filter((base) => base.url === '' || resolveUrl(base.url, url) === null)
    .map(({ url: text, line }) => at(url, `BaseURL ${JSON.stringify(text)} is no address`, line));
}

const ROOT_RULES: readonly Rule[] = [
  {
    id: 'dash.xml',
    severity: 'error',
    clause: 'W3C XML 1.0, 2.1',
    title: 'A manifest is well-formed XML.',
    check: (facts) =>
      facts.kind === 'dash' && facts.xmlProblem !== null
        ? [at(facts.url, facts.xmlProblem.message, facts.xmlProblem.line)]
        : [],
  },
  dashRule(
    {
      id: 'dash.root',
      severity: 'error',
      clause: section(DASH, '5.2.2'),
      title: `The root element is MPD in the namespace ${MPD_NAMESPACE}.`,
    },
    ({ root }, { url }) =>
      root.name === 'MPD' && root.namespace === MPD_NAMESPACE
        ? []
        : [at(url, `the root is ${root.name} in the namespace ${JSON.stringify(root.namespace)}`, root.line)],
  ),
  rule('dash.attributes-missing', '5.3.1.2', 'MPD has @profiles and @minBufferTime.', missingRootAttributes),
  rule(
    'dash.duration-syntax',
    '5.3.1.3',
    'Durations are xs:duration of days, hours, minutes and seconds.',
    malformedDurations,
  ),
  rule(
    'dash.presentation-duration',
    '5.3.1.2',
    'A static manifest says how long the presentation lasts.',
    (mpd, url) => {
      const last = mpd.periods.at(-1)?.attributes.has('duration') === true;
      const isSaid = mpd.attributes.has('mediaPresentationDuration') || last;
      return mpd.isStatic && !isSaid
        ? [at(url, 'there is neither MPD@mediaPresentationDuration nor Period@duration', 1)]
        : [];
    },
  ),
  rule(
    'dash.static-attributes',
    '5.3.1.2',
    'A static manifest has no attributes of live presentations.',
    (mpd, url) =>
      ['minimumUpdatePeriod', 'timeShiftBufferDepth', 'suggestedPresentationDelay']
        .filter((name) => mpd.isStatic && mpd.attributes.has(name))
        .map((name) => at(url, `a static MPD has @${name}`, 1)),
  ),
  rule('dash.period-none', '5.3.2.1', 'A manifest has a period.', ({ periods }, url) =>
    periods.length === 0 ? [at(url, 'there is no Period')] : [],
  ),
  rule('dash.period-id', '5.3.2.2', 'Identifiers of periods are unique.', ({ periods }, url) =>
    repeated(periods, ({ attributes }) => attributes.get('id') ?? null).map(([{ line }, id]) =>
      at(url, `Period ${id} stands twice`, line),
    ),
  ),
  rule('dash.period-start', '5.3.2.1', 'The first period of a static manifest starts at 0.', (mpd, url) => {
    const [first] = mpd.periods;
    return mpd.isStatic && first !== undefined && first.startSeconds !== 0
      ? [at(url, `the first period starts at ${seconds(first.startSeconds)}`, first.line)]
      : [];
  }),
  rule('dash.period-times', '5.3.2.1', 'Periods follow each other within the presentation.', periodTimes),
  rule('dash.base-url', '5.6', 'BaseURL is an address.', baseUrlProblems),
];

const SET_RULES: readonly Rule[] = [
  rule('dash.empty', '5.3.3.1', 'Periods have adaptation sets, and these representations.', (mpd, url) => [
    ...mpd.periods
      .filter(
        ({ adaptationSets, attributes }) =>
          adaptationSets.length === 0 && attributes.get('duration') !== 'PT0S',
      )
      .map(({ line }) => at(url, 'a period has no AdaptationSet', line)),
    ...setsOf(mpd)
      .filter(({ representations }) => representations.length === 0)
      .map(({ line }) => at(url, 'an AdaptationSet has no Representation', line)),
  ]),
  rule(
    'dash.adaptation-id',
    '5.3.3.2',
    'Identifiers of adaptation sets are unique in their period.',
    (mpd, url) =>
      mpd.periods.flatMap(({ adaptationSets }) =>
        repeated(adaptationSets, ({ attributes }) => attributes.get('id') ?? null).map(([{ line }, id]) =>
          at(url, `AdaptationSet ${id} stands twice`, line),
        ),
      ),
  ),
  rule('dash.language', '5.3.3.2', '@lang is a tag of RFC 5646.', (mpd, url) =>
    setsOf(mpd).flatMap(({ attributes, line }) => {
      const language = attributes.get('lang');
      if (language === undefined || isLanguage(language)) return [];
      return [at(url, `@lang is ${JSON.stringify(language)}`, line)];
    }),
  ),
  rule(
    'dash.range',
    '5.3.3.2',
    'Representations lie within the ranges of their adaptation set.',
    (mpd, url) => setsOf(mpd).flatMap((set) => rangeProblems(set, url)),
  ),
  rule(
    'dash.segment-info-many',
    '5.3.9.1',
    'A level has one of SegmentBase, SegmentList and SegmentTemplate.',
    (mpd, url) =>
      mpd.periods
        .flatMap((period) => [
          period,
          ...period.adaptationSets.flatMap((set) => [set, ...set.representations]),
        ])
        .filter(({ ownSegmentInfoCount }) => ownSegmentInfoCount > 1)
        .map(({ line }) =>
          at(url, 'a level has several of SegmentBase, SegmentList and SegmentTemplate', line),
        ),
  ),
];

const REPRESENTATION_RULES: readonly Rule[] = [
  rule(
    'dash.representation-id',
    '5.3.5.2',
    'Representations have identifiers, unique in their period.',
    (mpd, url) =>
      mpd.periods.flatMap(({ adaptationSets }) => {
        const all = adaptationSets.flatMap(({ representations }) => representations);
        const nameless = all.filter(({ id }) => id === '' || /\s/.test(id));
        return [
          ...nameless.map(({ line }) => at(url, 'a Representation has no @id, or one with spaces', line)),
          ...repeated(all, ({ id }) => (id === '' ? null : id)).map(([{ line }, id]) =>
            at(url, `Representation ${id} stands twice`, line),
          ),
        ];
      }),
  ),
  representationRule(
    'dash.bandwidth-missing',
    '5.3.5.2',
    'Representations have @bandwidth.',
    ({ ownAttributes }) =>
      /^[1-9]\d*$/.test(ownAttributes.get('bandwidth') ?? '')
        ? null
        : `@bandwidth is ${ownAttributes.get('bandwidth') ?? 'missing'}`,
  ),
  representationRule(
    'dash.mime-type-missing',
    '5.3.7.2',
    'Representations have @mimeType.',
    ({ attributes }) =>
      attributes.has('mimeType') || attributes.has('containerProfiles') ? null : '@mimeType is missing',
  ),
  representationRule(
    'dash.codecs-missing',
    '5.3.7.2',
    'Representations have @codecs, so that players need not fetch them to know.',
    ({ attributes }) =>
      attributes.has('codecs') || !/^(video|audio)\//.test(attributes.get('mimeType') ?? '')
        ? null
        : '@codecs is missing',
    'warning',
  ),
  representationRule(
    'dash.frame-rate-syntax',
    '5.3.7.2',
    '@frameRate is a whole number or a fraction.',
    ({ attributes }) => {
      const text = attributes.get('frameRate');
      return text === undefined || parseFrameRate(text) !== null
        ? null
        : `@frameRate is ${JSON.stringify(text)}`;
    },
  ),
  representationRule(
    'dash.segment-info-missing',
    '5.3.9.1',
    'A Representation says where its segments are.',
    ({ segmentInfo, baseUrls }) =>
      segmentInfo === null && baseUrls.length === 0
        ? 'there is neither segment information nor BaseURL'
        : null,
  ),
  representationRule(
    'dash.live-profile',
    '8.4.2',
    'In the live profile segments are addressed by SegmentTemplate.',
    ({ attributes, segmentInfo, baseUrls }, { profiles }) => {
      // Captions may be one file beside the media (DASH-IF IOP, side-loaded text).
      const isMedia = !(attributes.get('mimeType') ?? '').startsWith('text/');
      const isLive = isMedia && profiles.includes('urn:mpeg:dash:profile:isoff-live:2011');
      const isKnown = segmentInfo !== null || baseUrls.length > 0;
      return isLive && isKnown && segmentInfo?.kind !== 'template' ? 'there is no SegmentTemplate' : null;
    },
  ),
];

export const DASH_MANIFEST_RULES: readonly Rule[] = [...ROOT_RULES, ...SET_RULES, ...REPRESENTATION_RULES];
