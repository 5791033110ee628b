// Rules of the text of playlists: encoding, lines, attribute lists, tags. What is wrong with a line is found while
// reading (`media/hls`); here it gets its clause.
// Source: draft-pantos-hls-rfc8216bis-22, sections 4.1 to 4.4 and 8.

import type { TagLine } from '#media/hls/parse-lines.ts';
import type { PlaylistProblem, PlaylistProblemCode } from '#media/hls/parse-problem.ts';
import { PLAYLIST_TAGS } from '#media/hls/parse-tag-table.ts';
import type { HlsFacts } from '../facts.ts';
import { BIS, type Evidence, hlsRule, type Rule, type Severity, section } from './rule.ts';

interface Document {
  readonly url: string;
  readonly version: number;
  readonly tags: readonly TagLine[];
  readonly problems: readonly PlaylistProblem[];
}

/** Every playlist of the presentation. */
function documentsOf(facts: HlsFacts): Document[] {
  const documents: Document[] = [];
  if (facts.multivariant !== null)
    documents.push({ url: facts.multivariant.url, ...facts.multivariant.playlist });
  for (const { url, playlist } of facts.playlists.values())
    if (playlist !== null) documents.push({ url, ...playlist });
  return documents;
}

/** A rule for one kind of problem; the clause is that of the tag where there is one and `place` names none. */
function problemRule(
  id: string,
  code: PlaylistProblemCode,
  place: string | null,
  title: string,
  severity: Severity = 'error',
): Rule {
  const head = { id, severity, clause: section(BIS, place ?? '4.4'), title };
  return hlsRule(head, (facts) =>
    documentsOf(facts).flatMap(({ url, problems }) =>
      problems
        .filter((problem) => problem.code === code)
        .map(({ line, detail, tag }): Evidence => {
          const clause = place === null ? PLAYLIST_TAGS.get(tag)?.clause : undefined;
          const evidence = { where: url, line, message: detail };
          return clause === undefined ? evidence : { ...evidence, clause: section(BIS, clause) };
        }),
    ),
  );
}

interface Need {
  readonly version: number;
  readonly what: string;
  readonly isMet: (tag: TagLine, all: readonly TagLine[]) => boolean;
}

const has = (tags: readonly TagLine[], name: string): boolean => tags.some((tag) => tag.name === name);

/** Section 8: which version each feature needs. */
const NEEDS: readonly Need[] = [
  {
    version: 2,
    what: 'the IV attribute of EXT-X-KEY',
    isMet: ({ name, attributes }) => name === 'EXT-X-KEY' && attributes.has('IV'),
  },
  {
    version: 3,
    what: 'a duration with decimals in EXTINF',
    isMet: ({ name, value }) => name === 'EXTINF' && /^\d*\./.test(value),
  },
  {
    version: 4,
    what: 'EXT-X-BYTERANGE or EXT-X-I-FRAMES-ONLY',
    isMet: ({ name }) => name === 'EXT-X-BYTERANGE' || name === 'EXT-X-I-FRAMES-ONLY',
  },
  {
    version: 5,
    what: 'KEYFORMAT or SAMPLE-AES in EXT-X-KEY, or EXT-X-MAP',
    isMet: ({ name, attributes }) =>
      name === 'EXT-X-MAP' ||
      (name === 'EXT-X-KEY' &&
        (attributes.has('KEYFORMAT') || attributes.get('METHOD')?.value === 'SAMPLE-AES')),
  },
  {
    version: 6,
    what: 'EXT-X-MAP without EXT-X-I-FRAMES-ONLY',
    isMet: ({ name }, all) => name === 'EXT-X-MAP' && !has(all, 'EXT-X-I-FRAMES-ONLY'),
  },
  {
    version: 7,
    what: 'a SERVICE value of INSTREAM-ID',
    isMet: ({ attributes }) => attributes.get('INSTREAM-ID')?.value.startsWith('SERVICE') === true,
  },
  { version: 8, what: 'EXT-X-DEFINE', isMet: ({ name }) => name === 'EXT-X-DEFINE' },
  { version: 9, what: 'EXT-X-SKIP', isMet: ({ name }) => name === 'EXT-X-SKIP' },
  {
    version: 11,
    what: 'QUERYPARAM of EXT-X-DEFINE',
    isMet: ({ name, attributes }) => name === 'EXT-X-DEFINE' && attributes.has('QUERYPARAM'),
  },
  {
    version: 12,
    what: 'an attribute whose name begins with REQ-',
    isMet: ({ attributes }) => [...attributes.keys()].some((name) => name.startsWith('REQ-')),
  },
];

function versionEvidence({ url, tags, version }: Document): Evidence[] {
  const unmet = NEEDS.filter((need) => need.version > version).flatMap((need) => {
    const tag = tags.find((candidate) => need.isMet(candidate, tags));
    return tag === undefined ? [] : [{ need, tag }];
  });
  const highest = unmet.at(-1);
  if (highest === undefined) return [];
  const { need, tag } = highest;
  const message = `${need.what} needs version ${need.version}; the playlist says ${version}`;
  return [{ where: url, line: tag.line, message }];
}

export const HLS_SYNTAX_RULES: readonly Rule[] = [
  problemRule('hls.first-line', 'first-line', '4.4.1.1', 'The first line of a playlist is #EXTM3U.'),
  problemRule(
    'hls.encoding',
    'encoding',
    '4.1',
    'A playlist is UTF-8 without a byte order mark or control characters.',
  ),
  problemRule('hls.white-space', 'line', '4.1', 'Lines have no white space around what they say.'),
  problemRule('hls.uri', 'uri', '4.1', 'A line that is neither empty nor begins with # is a URI.'),
  problemRule('hls.too-large', 'too-large', '4.1', 'A playlist is of a size that players read.', 'warning'),
  problemRule(
    'hls.mixed',
    'mixed',
    '4.1',
    'Tags of media playlists and of multivariant playlists are not mixed.',
  ),
  problemRule(
    'hls.attribute-list',
    'attribute-list',
    '4.2',
    'Attribute lists are NAME=value pairs between commas.',
  ),
  problemRule('hls.attribute-repeated', 'attribute-repeated', '4.2', 'An attribute stands once in its list.'),
  problemRule('hls.attribute-type', 'attribute-type', '4.2', 'Values have the type of their attribute.'),
  problemRule(
    'hls.attribute-value',
    'attribute-value',
    null,
    'Enumerated values are those of the specification.',
  ),
  problemRule('hls.attribute-missing', 'attribute-missing', null, 'Required attributes are there.'),
  problemRule('hls.variable', 'variable', '4.3', 'Variables are defined before they are used.'),
  problemRule(
    'hls.tag-unknown',
    'tag-unknown',
    '6.3.1',
    'Tags are those of the specification; players pass over others.',
    'warning',
  ),
  problemRule('hls.tag-repeated', 'tag-repeated', null, 'Tags that may stand once stand once.'),
  problemRule('hls.tag-value', 'tag-value', null, 'Tags have values of their form.'),
  problemRule('hls.tag-late', 'tag-late', null, 'Sequence numbers stand before the first segment.'),
  problemRule('hls.extinf-missing', 'extinf-missing', '4.4.4.1', 'Every segment has its #EXTINF.'),
  problemRule(
    'hls.byterange',
    'byterange',
    '4.4.4.2',
    'A range without an offset goes on from a range of the same resource.',
  ),
  problemRule(
    'hls.stream-inf-uri',
    'stream-inf-uri',
    '4.4.6.2',
    '#EXT-X-STREAM-INF and its URI line stand together.',
  ),
  hlsRule(
    {
      id: 'hls.version-needed',
      severity: 'error',
      clause: section(BIS, '8'),
      title: 'EXT-X-VERSION is at least what the features of the playlist need.',
    },
    (facts) => documentsOf(facts).flatMap(versionEvidence),
  ),
];
