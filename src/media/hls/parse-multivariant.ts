// A multivariant playlist as a player sees it: variants, renditions in groups, and steering.
// Source: draft-pantos-hls-rfc8216bis, section 4.4.6.

import type { Attribute } from './parse-attributes.ts';
import type { PlaylistLines, TagLine } from './parse-lines.ts';
import type { PlaylistProblem } from './parse-problem.ts';

export interface ParsedVariant {
  readonly uri: string;
  readonly line: number;
  readonly bandwidthBps: number | null;
  readonly averageBandwidthBps: number | null;
  /** Null when the attribute is missing. */
  readonly codecs: readonly string[] | null;
  readonly resolution: { readonly width: number; readonly height: number } | null;
  readonly frameRate: number | null;
  readonly audioGroupId: string | null;
  readonly videoGroupId: string | null;
  readonly subtitlesGroupId: string | null;
  readonly closedCaptions: { readonly groupId: string | null } | null;
  readonly stableId: string | null;
  /** `.` is the pathway of variants without the attribute. */
  readonly pathwayId: string;
}

export interface ParsedRendition {
  readonly line: number;
  readonly type: string;
  readonly groupId: string;
  readonly name: string;
  readonly uri: string | null;
  readonly language: string | null;
  readonly isDefault: boolean;
  /** As written; null without the attribute. */
  readonly autoselect: string | null;
  readonly hasForced: boolean;
  readonly instreamId: string | null;
  readonly channels: string | null;
  readonly stableId: string | null;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface ParsedSteering {
  readonly serverUri: string;
  readonly pathwayId: string | null;
  readonly line: number;
}

export interface ParsedMultivariant {
  readonly kind: 'multivariant';
  readonly isPlaylist: boolean;
  readonly version: number;
  readonly isIndependent: boolean;
  readonly variants: readonly ParsedVariant[];
  readonly renditions: readonly ParsedRendition[];
  readonly steering: ParsedSteering | null;
  readonly tags: readonly TagLine[];
  readonly problems: readonly PlaylistProblem[];
  readonly variables: ReadonlyMap<string, string>;
}

function numberOf(tag: TagLine, name: string): number | null {
  const value = tag.attributes.get(name)?.value;
  return value === undefined || !/^\d*\.?\d+$/.test(value) ? null : Number(value);
}

function textOf(tag: TagLine, name: string): string | null {
  return tag.attributes.get(name)?.value ?? null;
}

function variantOf(tag: TagLine, uri: string): ParsedVariant {
  const size = /^(\d{1,6})x(\d{1,6})$/.exec(textOf(tag, 'RESOLUTION') ?? '');
  const captions = tag.attributes.get('CLOSED-CAPTIONS');
  return {
    uri,
    line: tag.line,
    bandwidthBps: numberOf(tag, 'BANDWIDTH'),
    averageBandwidthBps: numberOf(tag, 'AVERAGE-BANDWIDTH'),
    codecs:
      textOf(tag, 'CODECS')
        ?.split(',')
        .map((codec) => codec.trim()) ?? null,
    resolution: size === null ? null : { width: Number(size[1]), height: Number(size[2]) },
    frameRate: numberOf(tag, 'FRAME-RATE'),
    audioGroupId: textOf(tag, 'AUDIO'),
    videoGroupId: textOf(tag, 'VIDEO'),
    subtitlesGroupId: textOf(tag, 'SUBTITLES'),
    closedCaptions: captions === undefined ? null : { groupId: captions.isQuoted ? captions.value : null },
    stableId: textOf(tag, 'STABLE-VARIANT-ID'),
    pathwayId: textOf(tag, 'PATHWAY-ID') ?? '.',
  };
}

function renditionOf(tag: TagLine): ParsedRendition {
  return {
    line: tag.line,
    type: textOf(tag, 'TYPE') ?? '',
    groupId: textOf(tag, 'GROUP-ID') ?? '',
    name: textOf(tag, 'NAME') ?? '',
    uri: textOf(tag, 'URI'),
    language: textOf(tag, 'LANGUAGE'),
    isDefault: textOf(tag, 'DEFAULT') === 'YES',
    autoselect: textOf(tag, 'AUTOSELECT'),
    hasForced: tag.attributes.has('FORCED'),
    instreamId: textOf(tag, 'INSTREAM-ID'),
    channels: textOf(tag, 'CHANNELS'),
    stableId: textOf(tag, 'STABLE-RENDITION-ID'),
    attributes: tag.attributes,
  };
}

function steeringOf(tags: readonly TagLine[]): ParsedSteering | null {
  const tag = tags.find(({ name }) => name === 'EXT-X-CONTENT-STEERING');
  const serverUri = tag?.attributes.get('SERVER-URI')?.value;
  if (tag === undefined || serverUri === undefined) return null;
  return { serverUri, pathwayId: textOf(tag, 'PATHWAY-ID'), line: tag.line };
}

/** Reads a multivariant playlist from its lines. */
export function parseMultivariant(source: PlaylistLines): ParsedMultivariant {
  const tags = source.lines.filter((line) => line.kind === 'tag');
  const variants: ParsedVariant[] = [];
  const problems: PlaylistProblem[] = [...source.problems];
  const note = (line: number, detail: string): void => {
    problems.push({ code: 'stream-inf-uri', line, tag: 'EXT-X-STREAM-INF', detail });
  };
  let open: TagLine | null = null;
  for (const line of source.lines) {
    if (line.kind === 'uri') {
      if (open === null) note(line.line, `${line.uri} follows no #EXT-X-STREAM-INF`);
      else variants.push(variantOf(open, line.uri));
      open = null;
      continue;
    }
    if (open !== null) note(open.line, '#EXT-X-STREAM-INF is not followed by a URI line');
    open = line.name === 'EXT-X-STREAM-INF' ? line : null;
  }
  if (open !== null) note(open.line, '#EXT-X-STREAM-INF is not followed by a URI line');
  const version = tags.find(({ name }) => name === 'EXT-X-VERSION')?.value ?? '1';
  return {
    kind: 'multivariant',
    isPlaylist: source.isPlaylist,
    version: /^\d{1,6}$/.test(version) ? Number(version) : 1,
    isIndependent: tags.some(({ name }) => name === 'EXT-X-INDEPENDENT-SEGMENTS'),
    variants,
    renditions: tags.filter(({ name }) => name === 'EXT-X-MEDIA').map(renditionOf),
    steering: steeringOf(tags),
    tags,
    problems,
    variables: source.variables,
  };
}
