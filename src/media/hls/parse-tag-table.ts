// The tags of playlists as data: where each may stand, how often, what its value is, and which clause says so.
// Source: draft-pantos-hls-rfc8216bis, section 4.4.

import type { AttributeType } from './parse-attributes.ts';

export interface AttributeSpec {
  readonly type: AttributeType;
  readonly isRequired?: boolean;
  readonly values?: readonly string[];
}

export interface TagSpec {
  /** Which playlists it may stand in; `segment` tags apply to segments of media playlists. */
  readonly scope: 'any' | 'media' | 'segment' | 'multivariant';
  readonly clause: string;
  /** At most one in a playlist. */
  readonly isOnce?: boolean;
  /** What its value must look like; a tag with neither value nor attributes stands alone. */
  readonly value?: RegExp;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
}

const must = (type: AttributeType, values?: readonly string[]): AttributeSpec =>
  values === undefined ? { type, isRequired: true } : { type, isRequired: true, values };
const may = (type: AttributeType, values?: readonly string[]): AttributeSpec =>
  values === undefined ? { type } : { type, values };

const KEY: Readonly<Record<string, AttributeSpec>> = {
  METHOD: must('enumerated', ['NONE', 'AES-128', 'AES-256-GCM', 'SAMPLE-AES', 'SAMPLE-AES-CTR']),
  URI: may('quoted'),
  IV: may('hex'),
  KEYFORMAT: may('quoted'),
  KEYFORMATVERSIONS: may('quoted'),
};

const STREAM: Readonly<Record<string, AttributeSpec>> = {
  BANDWIDTH: must('integer'),
  'AVERAGE-BANDWIDTH': may('integer'),
  SCORE: may('decimal'),
  CODECS: may('quoted'),
  'SUPPLEMENTAL-CODECS': may('quoted'),
  RESOLUTION: may('resolution'),
  'HDCP-LEVEL': may('enumerated', ['NONE', 'TYPE-0', 'TYPE-1']),
  'ALLOWED-CPC': may('quoted'),
  'VIDEO-RANGE': may('enumerated', ['SDR', 'HLG', 'PQ']),
  'REQ-VIDEO-LAYOUT': may('quoted'),
  'STABLE-VARIANT-ID': may('quoted'),
  VIDEO: may('quoted'),
  'PATHWAY-ID': may('quoted'),
};

const INTEGER = /^\d{1,20}$/;
const ALONE = /^$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?$/;

const BASIC: Readonly<Record<string, TagSpec>> = {
  EXTM3U: { scope: 'any', clause: '4.4.1.1', isOnce: true, value: ALONE },
  'EXT-X-VERSION': { scope: 'any', clause: '4.4.1.2', isOnce: true, value: INTEGER },
  'EXT-X-INDEPENDENT-SEGMENTS': { scope: 'any', clause: '4.4.2.1', isOnce: true, value: ALONE },
  'EXT-X-START': {
    scope: 'any',
    clause: '4.4.2.2',
    isOnce: true,
    attributes: { 'TIME-OFFSET': must('signed'), PRECISE: may('yes-no') },
  },
  'EXT-X-DEFINE': {
    scope: 'any',
    clause: '4.4.2.3',
    attributes: {
      NAME: may('quoted'),
      VALUE: may('quoted'),
      IMPORT: may('quoted'),
      QUERYPARAM: may('quoted'),
    },
  },
};

const MEDIA: Readonly<Record<string, TagSpec>> = {
  'EXT-X-TARGETDURATION': { scope: 'media', clause: '4.4.3.1', isOnce: true, value: INTEGER },
  'EXT-X-MEDIA-SEQUENCE': { scope: 'media', clause: '4.4.3.2', isOnce: true, value: INTEGER },
  'EXT-X-DISCONTINUITY-SEQUENCE': { scope: 'media', clause: '4.4.3.3', isOnce: true, value: INTEGER },
  'EXT-X-ENDLIST': { scope: 'media', clause: '4.4.3.4', isOnce: true, value: ALONE },
  'EXT-X-PLAYLIST-TYPE': { scope: 'media', clause: '4.4.3.5', isOnce: true, value: /^(EVENT|VOD)$/ },
  'EXT-X-I-FRAMES-ONLY': { scope: 'media', clause: '4.4.3.6', isOnce: true, value: ALONE },
  'EXT-X-PART-INF': {
    scope: 'media',
    clause: '4.4.3.7',
    isOnce: true,
    attributes: { 'PART-TARGET': must('decimal') },
  },
  'EXT-X-SERVER-CONTROL': {
    scope: 'media',
    clause: '4.4.3.8',
    isOnce: true,
    attributes: {
      'CAN-SKIP-UNTIL': may('decimal'),
      'CAN-SKIP-DATERANGES': may('yes-no'),
      'HOLD-BACK': may('decimal'),
      'PART-HOLD-BACK': may('decimal'),
      'CAN-BLOCK-RELOAD': may('yes-no'),
    },
  },
  EXTINF: { scope: 'segment', clause: '4.4.4.1', value: /^(\d+(\.\d*)?|\.\d+),/ },
  'EXT-X-BYTERANGE': { scope: 'segment', clause: '4.4.4.2', value: /^\d{1,16}(@\d{1,16})?$/ },
  'EXT-X-DISCONTINUITY': { scope: 'segment', clause: '4.4.4.3', value: ALONE },
  'EXT-X-KEY': { scope: 'segment', clause: '4.4.4.4', attributes: KEY },
  'EXT-X-MAP': {
    scope: 'segment',
    clause: '4.4.4.5',
    attributes: { URI: must('quoted'), BYTERANGE: may('quoted') },
  },
  'EXT-X-PROGRAM-DATE-TIME': { scope: 'segment', clause: '4.4.4.6', value: DATE_TIME },
  'EXT-X-GAP': { scope: 'segment', clause: '4.4.4.7', value: ALONE },
  'EXT-X-BITRATE': { scope: 'segment', clause: '4.4.4.8', value: INTEGER },
  'EXT-X-PART': {
    scope: 'segment',
    clause: '4.4.4.9',
    attributes: {
      URI: must('quoted'),
      DURATION: must('decimal'),
      INDEPENDENT: may('enumerated', ['YES']),
      BYTERANGE: may('quoted'),
      GAP: may('enumerated', ['YES']),
    },
  },
  'EXT-X-DATERANGE': {
    scope: 'media',
    clause: '4.4.5.1',
    attributes: {
      ID: must('quoted'),
      CLASS: may('quoted'),
      'START-DATE': may('quoted'),
      'END-DATE': may('quoted'),
      DURATION: may('decimal'),
      'PLANNED-DURATION': may('decimal'),
      'END-ON-NEXT': may('enumerated', ['YES']),
    },
  },
  'EXT-X-SKIP': {
    scope: 'media',
    clause: '4.4.5.2',
    isOnce: true,
    attributes: { 'SKIPPED-SEGMENTS': must('integer'), 'RECENTLY-REMOVED-DATERANGES': may('quoted') },
  },
  'EXT-X-PRELOAD-HINT': {
    scope: 'media',
    clause: '4.4.5.3',
    attributes: {
      TYPE: must('enumerated', ['PART', 'MAP']),
      URI: must('quoted'),
      'BYTERANGE-START': may('integer'),
      'BYTERANGE-LENGTH': may('integer'),
    },
  },
  'EXT-X-RENDITION-REPORT': {
    scope: 'media',
    clause: '4.4.5.4',
    attributes: { URI: must('quoted'), 'LAST-MSN': must('integer'), 'LAST-PART': may('integer') },
  },
};

const MULTIVARIANT: Readonly<Record<string, TagSpec>> = {
  'EXT-X-MEDIA': {
    scope: 'multivariant',
    clause: '4.4.6.1',
    attributes: {
      TYPE: must('enumerated', ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS']),
      'GROUP-ID': must('quoted'),
      NAME: must('quoted'),
      URI: may('quoted'),
      LANGUAGE: may('quoted'),
      'ASSOC-LANGUAGE': may('quoted'),
      'STABLE-RENDITION-ID': may('quoted'),
      DEFAULT: may('yes-no'),
      AUTOSELECT: may('yes-no'),
      FORCED: may('yes-no'),
      'INSTREAM-ID': may('quoted'),
      'BIT-DEPTH': may('integer'),
      'SAMPLE-RATE': may('integer'),
      CHARACTERISTICS: may('quoted'),
      CHANNELS: may('quoted'),
    },
  },
  'EXT-X-STREAM-INF': {
    scope: 'multivariant',
    clause: '4.4.6.2',
    attributes: {
      ...STREAM,
      'FRAME-RATE': may('decimal'),
      AUDIO: may('quoted'),
      SUBTITLES: may('quoted'),
      'CLOSED-CAPTIONS': may('quoted-or-none'),
    },
  },
  'EXT-X-I-FRAME-STREAM-INF': {
    scope: 'multivariant',
    clause: '4.4.6.3',
    attributes: { ...STREAM, URI: must('quoted') },
  },
  'EXT-X-SESSION-DATA': {
    scope: 'multivariant',
    clause: '4.4.6.4',
    attributes: {
      'DATA-ID': must('quoted'),
      VALUE: may('quoted'),
      URI: may('quoted'),
      FORMAT: may('enumerated', ['JSON', 'RAW']),
      LANGUAGE: may('quoted'),
    },
  },
  'EXT-X-SESSION-KEY': { scope: 'multivariant', clause: '4.4.6.5', attributes: KEY },
  'EXT-X-CONTENT-STEERING': {
    scope: 'multivariant',
    clause: '4.4.6.6',
    isOnce: true,
    attributes: { 'SERVER-URI': must('quoted'), 'PATHWAY-ID': may('quoted') },
  },
};

/** Every tag of the specification by its name without the #. */
export const PLAYLIST_TAGS: ReadonlyMap<string, TagSpec> = new Map(
  Object.entries({ ...BASIC, ...MEDIA, ...MULTIVARIANT }),
);
