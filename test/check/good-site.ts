// A presentation in which every rule finds nothing: two video renditions and one of audio, in HLS and DASH, at two
// pathways with steering. Its media is built from boxes, so that every byte is known.

import { AAC_STEREO, aacEntry, avcEntry, fragment, moov } from '../../src/media/cmaf/box-fixture.ts';
import { box, bytesOf, u32 } from '../../src/media/cmaf/box-writer.ts';
import { Site } from './site.ts';

export const A = 'https://a.example';
export const B = 'https://b.example';
export const STEER = 'https://steer.example';
export const MAIN = `${A}/main.m3u8`;
export const MPD = `${A}/manifest.mpd`;
export const SINGLE = `${A}/v720/index.m3u8`;
export const HLS_STEERING = `${STEER}/hls.json`;
export const DASH_STEERING = `${STEER}/dash.json`;

export interface TrackPlan {
  readonly id: string;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  readonly frameTicks: number;
  readonly frameBytes: number;
  /** Frames of each segment. */
  readonly frames: readonly number[];
  readonly width: number;
  readonly height: number;
}

export interface SitePlan {
  readonly frameRate?: number;
  readonly frames360?: readonly number[];
}

/** All media starts at ten seconds, as Meridian's does. */
export const START_SECONDS = 10;

export function tracksOf(plan: SitePlan = {}): { v720: TrackPlan; v360: TrackPlan; audio: TrackPlan } {
  const frameRate = plan.frameRate ?? 30;
  const video = { kind: 'video' as const, timescale: 90_000, frameTicks: 90_000 / frameRate };
  const frames = Array.from({ length: 6 }, () => frameRate * 2);
  return {
    v720: { ...video, id: 'v720', frameBytes: 500, frames, width: 1_280, height: 720 },
    v360: {
      ...video,
      id: 'v360',
      frameBytes: 200,
      frames: plan.frames360 ?? frames,
      width: 640,
      height: 360,
    },
    audio: {
      id: 'audio',
      kind: 'audio',
      timescale: 48_000,
      frameTicks: 1_000,
      frameBytes: 50,
      frames: Array.from({ length: 6 }, () => 96),
      width: 0,
      height: 0,
    },
  };
}

/** ftyp with the brand of CMAF, and moov. */
export function initOf(track: TrackPlan, brand = 'cmfc'): Uint8Array {
  const isVideo = track.kind === 'video';
  const entry = isVideo ? avcEntry(track.width, track.height) : aacEntry(AAC_STEREO);
  const tracks = [{ handler: isVideo ? 'vide' : 'soun', timescale: track.timescale, entry }];
  return bytesOf(box('ftyp', 'iso6', u32(0), 'iso6', brand), moov(tracks));
}

export interface SegmentTweak {
  readonly shiftTicks?: number;
  readonly frames?: number;
  readonly isFirstSync?: boolean;
  /** In two fragments, the second this much too late. */
  readonly gapTicks?: number;
}

/** The bytes of one segment. */
export function segmentOf(track: TrackPlan, index: number, tweak: SegmentTweak = {}): Uint8Array {
  const before = track.frames.slice(0, index).reduce((sum, count) => sum + count, 0);
  const start = START_SECONDS * track.timescale + before * track.frameTicks + (tweak.shiftTicks ?? 0);
  const count = tweak.frames ?? track.frames[index] ?? 0;
  const samples = Array.from({ length: count }, (_, frame) => ({
    durationTicks: track.frameTicks,
    payload: new Uint8Array(track.frameBytes).fill(index + 1),
    isSync: frame === 0 ? tweak.isFirstSync !== false : track.kind === 'audio',
  }));
  if (tweak.gapTicks === undefined) return fragment(start, samples);
  const half = count / 2;
  const second = start + half * track.frameTicks + tweak.gapTicks;
  return bytesOf(fragment(start, samples.slice(0, half)), fragment(second, samples.slice(half)));
}

const durationsOf = ({ frames, frameTicks, timescale }: TrackPlan): number[] =>
  frames.map((count) => (count * frameTicks) / timescale);

const segmentsOf = (track: TrackPlan): Uint8Array[] =>
  track.frames.map((_, index) => segmentOf(track, index));

function ratesOf(track: TrackPlan): { peak: number; average: number } {
  const durations = durationsOf(track);
  const bits = segmentsOf(track).map(({ length }) => length * 8);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    peak: Math.ceil(Math.max(...bits.map((value, index) => value / (durations[index] ?? 1)))),
    average: Math.ceil(total(bits) / total(durations)),
  };
}

function mediaPlaylist(track: TrackPlan): string {
  const segments = durationsOf(track).flatMap((duration, index) => [
    `#EXTINF:${duration.toFixed(5)},`,
    `${index}.m4s`,
  ]);
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="init.mp4"',
    ...segments,
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

function multivariant(plan: SitePlan): string {
  const { v720, v360, audio } = tracksOf(plan);
  const sound = ratesOf(audio);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="A test"',
    `#EXT-X-CONTENT-STEERING:SERVER-URI="${HLS_STEERING}",PATHWAY-ID="a"`,
  ];
  for (const [pathway, base] of [
    ['a', A],
    ['b', B],
  ] as const) {
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${pathway}",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",STABLE-RENDITION-ID="audio",URI="${base}/audio/index.m3u8"`,
    );
    for (const track of [v720, v360]) {
      const rates = ratesOf(track);
      lines.push(
        `#EXT-X-STREAM-INF:BANDWIDTH=${rates.peak + sound.peak},AVERAGE-BANDWIDTH=${rates.average + sound.average},CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=${track.width}x${track.height},FRAME-RATE=${(plan.frameRate ?? 30).toFixed(3)},AUDIO="audio-${pathway}",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="${track.id}",PATHWAY-ID="${pathway}"`,
        `${base}/${track.id}/index.m3u8`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function representation(track: TrackPlan, frameRate: number): string {
  const entries = track.frames.map((count, index) => {
    const start = index === 0 ? ` t="${START_SECONDS * track.timescale}"` : '';
    return `<S${start} d="${count * track.frameTicks}"/>`;
  });
  const isEven = new Set(track.frames).size === 1;
  const first = entries[0]?.replace('/>', ` r="${entries.length - 1}"/>`) ?? '';
  const own =
    track.kind === 'video'
      ? `codecs="avc1.64001f" width="${track.width}" height="${track.height}" frameRate="${frameRate}"`
      : 'codecs="mp4a.40.2" audioSamplingRate="48000"';
  const channels =
    track.kind === 'video'
      ? ''
      : '<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>';
  return `<Representation id="${track.id}" bandwidth="${ratesOf(track).peak}" ${own}>${channels}
<SegmentTemplate timescale="${track.timescale}" presentationTimeOffset="${START_SECONDS * track.timescale}" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s">
<SegmentTimeline>${isEven ? first : entries.join('')}</SegmentTimeline>
</SegmentTemplate>
</Representation>`;
}

function manifest(plan: SitePlan): string {
  const { v720, v360, audio } = tracksOf(plan);
  const longest = Math.ceil(Math.max(...durationsOf(v360), ...durationsOf(v720)));
  const frameRate = plan.frameRate ?? 30;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- A good manifest. -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" mediaPresentationDuration="PT12.000S" maxSegmentDuration="PT${longest}S" minBufferTime="PT2S">
<BaseURL serviceLocation="a">${A}/</BaseURL>
<BaseURL serviceLocation="b">${B}/</BaseURL>
<ContentSteering defaultServiceLocation="a" queryBeforeStart="true">${DASH_STEERING}</ContentSteering>
<Period id="0" start="PT0S">
<AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
${representation(v720, frameRate)}
${representation(v360, frameRate)}
</AdaptationSet>
<AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
${representation(audio, frameRate)}
</AdaptationSet>
</Period>
</MPD>
`;
}

/** A steering manifest; HLS may replace single addresses. */
export function steeringOf(form: 'hls' | 'dash'): Record<string, unknown> {
  const replacement = { HOST: 'c.example', PARAMS: { token: 'x' } };
  const perVariant = { 'PER-VARIANT-URIS': { v720: 'https://d.example/v720/index.m3u8' } };
  const clone = {
    'BASE-ID': 'a',
    ID: 'c',
    'URI-REPLACEMENT': form === 'hls' ? { ...replacement, ...perVariant } : replacement,
  };
  return {
    VERSION: 1,
    TTL: 300,
    'RELOAD-URI': form === 'hls' ? HLS_STEERING : DASH_STEERING,
    'PATHWAY-PRIORITY': ['a', 'b'],
    'PATHWAY-CLONES': [clone],
  };
}

const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable', 'accept-ranges': 'bytes' };

/** Serves the presentation. */
export function goodSite(plan: SitePlan = {}): Site {
  const site = new Site();
  const playlistType = { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-cache' };
  site.put(MAIN, multivariant(plan), playlistType);
  site.put(MPD, manifest(plan), { 'content-type': 'application/dash+xml' });
  for (const form of ['hls', 'dash'] as const)
    site.put(form === 'hls' ? HLS_STEERING : DASH_STEERING, JSON.stringify(steeringOf(form)), {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
  for (const base of [A, B])
    for (const track of Object.values(tracksOf(plan))) {
      const media = { ...IMMUTABLE, 'content-type': `${track.kind}/mp4` };
      site.put(`${base}/${track.id}/index.m3u8`, mediaPlaylist(track), playlistType);
      site.put(`${base}/${track.id}/init.mp4`, initOf(track), media);
      for (const [index, bytes] of segmentsOf(track).entries())
        site.put(`${base}/${track.id}/${index}.m4s`, bytes, media);
    }
  return site;
}
