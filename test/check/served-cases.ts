// Ways to break steering and the way in which things are served, one for each rule.

import type { BrokenCase } from './case.ts';
import { A, B, HLS_STEERING, MAIN, MPD, SINGLE, segmentOf, steeringOf, tracksOf } from './good-site.ts';

const { v720 } = tracksOf();

const edited = (rule: string, how: string, url: string, from: string | RegExp, to: string): BrokenCase => ({
  rule,
  how,
  entry: url === MPD ? MPD : MAIN,
  break: (site) => site.edit(url, from, to),
});

/** Another steering manifest. */
const answered = (rule: string, how: string, change: Record<string, unknown>): BrokenCase => ({
  rule,
  how,
  break: (site) => site.write(HLS_STEERING, JSON.stringify({ ...steeringOf('hls'), ...change })),
});

const cloned = (rule: string, how: string, change: Record<string, unknown>): BrokenCase => {
  const [clone] = steeringOf('hls')['PATHWAY-CLONES'] as Record<string, unknown>[];
  return answered(rule, how, { 'PATHWAY-CLONES': [{ ...clone, ...change }] });
};

const STEERING: readonly BrokenCase[] = [
  {
    rule: 'steering.pathway-id',
    how: 'an exclamation mark in a name',
    break: (site) => {
      site.edit(MAIN, 'PATHWAY-ID="b"', 'PATHWAY-ID="b!"');
      site.edit(HLS_STEERING, '"b"', '"b!"');
    },
  },
  edited(
    'steering.initial-pathway',
    'a pathway of no variant',
    MAIN,
    /(STEERING:.*)PATHWAY-ID="a"/,
    '$1PATHWAY-ID="z"',
  ),
  edited(
    'steering.initial-pathway-missing',
    'no initial pathway',
    MAIN,
    /(STEERING:.*),PATHWAY-ID="a"/,
    '$1',
  ),
  edited(
    'steering.pathways-unequal',
    'a pathway without a variant',
    MAIN,
    /#EXT-X-STREAM-INF.*\nhttps:\/\/b.example\/v360.*\n/,
    '',
  ),
  {
    rule: 'steering.stable-content',
    how: 'other segments at the other pathway',
    break: (site) => {
      for (const id of ['v720', 'v360'])
        site.edit(`${B}/${id}/index.m3u8`, '#EXTINF:2.00000,\n3.m4s', '#EXTINF:1.90000,\n3.m4s');
    },
  },
  edited(
    'steering.default-location',
    'a location of no address',
    MPD,
    'defaultServiceLocation="a"',
    'defaultServiceLocation="z"',
  ),
  edited(
    'steering.location-missing',
    'an address without a location',
    MPD,
    '<ContentSteering',
    `<BaseURL>${A}/</BaseURL><ContentSteering`,
  ),
  edited('steering.dash-repeated', 'two steering servers', MPD, /<ContentSteering.*\n/, '$&$&'),
  {
    rule: 'steering.unavailable',
    how: 'a server that is overloaded',
    break: (site) => {
      site.file(HLS_STEERING).status = 503;
    },
  },
  answered('steering.unavailable', 'nothing at the next address', { 'RELOAD-URI': '/nothing.json' }),
  { rule: 'steering.json', how: 'a list', break: (site) => site.write(HLS_STEERING, '[]') },
  { rule: 'steering.json', how: 'a page', break: (site) => site.write(HLS_STEERING, '<html></html>') },
  {
    rule: 'steering.media-type',
    how: 'plain text',
    break: (site) => site.header(/hls\.json/, 'content-type', 'text/plain'),
  },
  {
    rule: 'steering.cached',
    how: 'kept for longer than it holds',
    break: (site) => site.header(/hls\.json/, 'cache-control', 'public, max-age=600'),
  },
  answered('steering.version', 'a version to come', { VERSION: 2 }),
  answered('steering.ttl', 'seconds as a text', { TTL: '300' }),
  answered('steering.ttl', 'no seconds', { TTL: undefined }),
  answered('steering.reload-uri', 'a number', { 'RELOAD-URI': 5 }),
  answered('steering.priority', 'an empty list', { 'PATHWAY-PRIORITY': [] }),
  answered('steering.priority', 'no list', { 'PATHWAY-PRIORITY': undefined }),
  answered('steering.priority-repeated', 'a name twice', { 'PATHWAY-PRIORITY': ['a', 'b', 'a'] }),
  answered('steering.priority-useless', 'strangers alone', { 'PATHWAY-PRIORITY': ['x', 'y'] }),
  answered('steering.priority-unknown', 'a stranger', { 'PATHWAY-PRIORITY': ['a', 'b', 'x'] }),
  cloned('steering.clone-base', 'a clone of nothing', { 'BASE-ID': 'z' }),
  cloned('steering.clone-id', 'a name that is taken', { ID: 'b' }),
  cloned('steering.clone-replacement', 'a host with a port', {
    'URI-REPLACEMENT': { HOST: 'c.example:8443' },
  }),
  cloned('steering.clone-replacement', 'a number as a parameter', {
    'URI-REPLACEMENT': { PARAMS: { t: 1 } },
  }),
  cloned('steering.clone-replacement', 'a relative address', {
    'URI-REPLACEMENT': { 'PER-VARIANT-URIS': { v720: 'v720/index.m3u8' } },
  }),
  cloned('steering.clone-stable-id', 'a variant that is not there', {
    'URI-REPLACEMENT': { 'PER-VARIANT-URIS': { v999: 'https://c.example/index.m3u8' } },
  }),
];

const served = (rule: string, how: string, pattern: RegExp, name: string, value?: string): BrokenCase => ({
  rule,
  how,
  entry: SINGLE,
  break: (site) => site.header(pattern, name, value),
});

const HTTP: readonly BrokenCase[] = [
  {
    rule: 'http.unavailable',
    how: 'a segment that is gone',
    entry: SINGLE,
    break: (site) => {
      site.files.delete(`${A}/v720/5.m4s`);
    },
  },
  served('http.cors', 'no word on other sites', /a\.example\/v720/, 'access-control-allow-origin'),
  served(
    'http.cors',
    'another site',
    /a\.example\/v720/,
    'access-control-allow-origin',
    'https://other.example',
  ),
  {
    rule: 'http.playlist-type',
    how: 'plain text of no name',
    entry: `${A}/v720/list`,
    break: (site) => {
      const { headers } = site.file(SINGLE);
      site.put(`${A}/v720/list`, site.text(SINGLE), { ...headers, 'content-type': 'text/plain' });
    },
  },
  served('http.playlist-type-misleading', 'plain text', /v720\/index/, 'content-type', 'text/plain'),
  { ...served('http.manifest-type', 'some XML', /\.mpd/, 'content-type', 'text/xml'), entry: MPD },
  served('http.segment-type', 'a page', /v720\/1\.m4s/, 'content-type', 'text/html'),
  served('http.segment-uncacheable', 'never kept', /v720\/1\.m4s/, 'cache-control', 'no-store'),
  {
    ...served('http.playlist-stale', 'kept while it grows', /v720\/index/, 'cache-control', 'max-age=60'),
    break: (site) => {
      site.header(/v720\/index/, 'cache-control', 'max-age=60');
      site.edit(SINGLE, 'TYPE:VOD', 'TYPE:EVENT');
      site.edit(SINGLE, '#EXT-X-ENDLIST\n', '');
    },
  },
  {
    rule: 'http.range-broken',
    how: 'other bytes than asked for',
    entry: SINGLE,
    break: (site) => {
      site.file(`${A}/v720/0.m4s`).ranges = 'wrong';
    },
  },
  {
    rule: 'http.range-ignored',
    how: 'ranges announced and not served',
    entry: SINGLE,
    break: (site) => {
      site.file(`${A}/v720/0.m4s`).ranges = 'ignored';
    },
  },
  {
    rule: 'http.range-needed',
    how: 'segments in one file without ranges',
    entry: SINGLE,
    break: (site) => {
      const segments = v720.frames.map((_, index) => segmentOf(v720, index));
      site.put(`${A}/v720/all.mp4`, Buffer.concat(segments), { 'content-type': 'video/mp4', etag: '"1"' });
      site.file(`${A}/v720/all.mp4`).ranges = 'ignored';
      let offset = 0;
      for (const [index, { length }] of segments.entries()) {
        site.edit(SINGLE, `${index}.m4s`, `#EXT-X-BYTERANGE:${length}@${offset}\nall.mp4`);
        offset += length;
      }
    },
  },
  {
    rule: 'http.downgrade',
    how: 'a segment over http',
    entry: SINGLE,
    break: (site) => {
      const { body, headers } = site.file(`${A}/v720/1.m4s`);
      site.put('http://a.example/1.m4s', body, headers);
      site.edit(SINGLE, '1.m4s', 'http://a.example/1.m4s');
    },
  },
];

export const SERVED_CASES: readonly BrokenCase[] = [...STEERING, ...HTTP];
