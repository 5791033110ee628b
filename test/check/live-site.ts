// A live server that keeps every rule: two video renditions and one of audio at two pathways, parts of 200 ms, blocking
// reload, hints, delta updates, reports. Everything it answers follows from the time alone. A flaw changes one thing.

import { Readable } from 'node:stream';
import type { Clock } from '#platform/clock.ts';
import {
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from '#platform/http/transport.ts';
import { fragment } from '../../src/media/cmaf/box-fixture.ts';
import { bytesOf } from '../../src/media/cmaf/box-writer.ts';
import { initOf, type TrackPlan } from './good-site.ts';

const VIDEO = { kind: 'video' as const, timescale: 90_000, frameTicks: 3_000, frames: [] };
const TRACKS: Readonly<Record<RenditionId, TrackPlan>> = {
  v720: { ...VIDEO, id: 'v720', frameBytes: 40, width: 1_280, height: 720 },
  v360: { ...VIDEO, id: 'v360', frameBytes: 20, width: 640, height: 360 },
  audio: {
    id: 'audio',
    kind: 'audio',
    timescale: 48_000,
    frameTicks: 960,
    frameBytes: 8,
    frames: [],
    width: 0,
    height: 0,
  },
};

export const LIVE_A = 'https://a.example';
export const LIVE_B = 'https://b.example';
export const LIVE_MAIN = `${LIVE_A}/live/main.m3u8`;
/** Some moment at which a segment begins: number 1000. */
export const LIVE_START_MS = 1_800_000_000_000;
const FIRST_NUMBER = 1_000;

export type RenditionId = 'v720' | 'v360' | 'audio';
const RENDITIONS: readonly RenditionId[] = ['v720', 'v360', 'audio'];

export interface Place {
  readonly pathway: string;
  readonly rendition: RenditionId;
}

/** What a server does; a test changes what it breaks. */
export interface LiveServer {
  /** When segment 1000 begins. */
  readonly startMs: number;
  readonly segmentMs: number;
  readonly partMs: number;
  /** Whether it writes parts at all. */
  readonly hasParts: boolean;
  readonly windowSegments: number;
  readonly segmentsWithParts: number;
  /** How much later than it should anything is there. */
  readonly delayMs: (place: Place, segment: number, part: number) => number;
  /** The text of a playlist before it is sent. */
  readonly rewrite: (text: string, place: Place, query: URLSearchParams, timeMs: number) => string;
  /** The status of requests for playlists that are refused. */
  readonly refuses: { readonly partAlone: boolean; readonly segmentFar: boolean; readonly partFar: boolean };
  /** How late requests for parts beyond the limit arrive, and what is asked for after them. */
  readonly farWayMs: number;
  readonly blocks: boolean;
  /** Whether requests are held, which is what `blocks` promises. */
  readonly holds: boolean;
  readonly skips: boolean;
  /** How many segments a delta update leaves out. */
  readonly skipped: (windowSegments: number) => number;
  readonly skipsUnasked: boolean;
  readonly playlistStatus: (timeMs: number) => number;
  readonly main: (text: string) => string;
  readonly reportAgeMs: number;
  readonly hasSync: (place: Place, part: number) => boolean;
  /** Changes a body of media. */
  readonly media: (bytes: Uint8Array, name: string, place: Place) => Uint8Array;
  /** How old media may be before it is gone. */
  readonly keptMs: { readonly part: number; readonly segment: number };
  readonly hint: 'held' | 'refused' | 'short' | 'trickled';
  /** From when on the broadcast is over; null while it goes on. */
  readonly endsAtMs: number | null;
}

export const GOOD_SERVER: LiveServer = {
  startMs: LIVE_START_MS,
  segmentMs: 1_000,
  partMs: 200,
  hasParts: true,
  windowSegments: 12,
  segmentsWithParts: 3,
  delayMs: () => 0,
  rewrite: (text) => text,
  refuses: { partAlone: true, segmentFar: true, partFar: true },
  farWayMs: 0,
  blocks: true,
  holds: true,
  skips: true,
  skipped: (windowSegments) => Math.max(0, windowSegments - 6),
  skipsUnasked: false,
  playlistStatus: () => 200,
  main: (text) => text,
  reportAgeMs: 0,
  hasSync: (_, part) => part === 0,
  media: (bytes) => bytes,
  keptMs: { part: 7_000, segment: 60_000 },
  hint: 'held',
  endsAtMs: null,
};

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  /** Over how long the body comes. */
  readonly overMs?: number;
}

const NOT_FOUND: Answer = { status: 404 };
const PLAYLIST = { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-cache' };

export class LiveSite {
  readonly #clock: Clock;
  readonly #server: LiveServer;
  readonly #parts = new Map<string, Uint8Array>();

  constructor(clock: Clock, flaw: Partial<LiveServer> = {}) {
    this.#clock = clock;
    this.#server = { ...GOOD_SERVER, ...flaw };
  }

  get #partsPerSegment(): number {
    return this.#server.segmentMs / this.#server.partMs;
  }

  #startMs(segment: number): number {
    return this.#server.startMs + (segment - FIRST_NUMBER) * this.#server.segmentMs;
  }

  /** When a part is there. */
  #readyMs(place: Place, segment: number, part: number): number {
    return (
      this.#startMs(segment) + (part + 1) * this.#server.partMs + this.#server.delayMs(place, segment, part)
    );
  }

  /** The newest part at a time. */
  #newest(place: Place, timeMs: number): { segment: number; part: number } {
    const { endsAtMs, partMs } = this.#server;
    const now = Math.min(timeMs, endsAtMs ?? timeMs);
    let ordinal = Math.floor((now - this.#startMs(0)) / partMs);
    const at = (): { segment: number; part: number } => ({
      segment: Math.floor(ordinal / this.#partsPerSegment),
      part: ordinal % this.#partsPerSegment,
    });
    while (this.#readyMs(place, at().segment, at().part) > now) ordinal -= 1;
    return at();
  }

  #partLines(place: Place, segment: number, count: number): string[] {
    return Array.from({ length: count }, (_, part) => {
      const isIndependent = place.rendition === 'audio' || part === 0;
      const flag = isIndependent ? ',INDEPENDENT=YES' : '';
      return `#EXT-X-PART:DURATION=${(this.#server.partMs / 1_000).toFixed(5)},URI="${segment}.${part}.m4s"${flag}`;
    });
  }

  #head(first: number, skipped: number): string[] {
    const { partMs, hasParts, blocks, skips, segmentMs } = this.#server;
    const target = segmentMs / 1_000;
    const control = [
      ...(blocks ? ['CAN-BLOCK-RELOAD=YES'] : []),
      ...(skips ? [`CAN-SKIP-UNTIL=${(6 * target).toFixed(3)}`] : []),
      `HOLD-BACK=${(3 * target).toFixed(3)}`,
      ...(hasParts ? [`PART-HOLD-BACK=${((3 * partMs) / 1_000).toFixed(3)}`] : []),
    ];
    return [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      `#EXT-X-TARGETDURATION:${target}`,
      `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
      ...(hasParts ? [`#EXT-X-PART-INF:PART-TARGET=${(partMs / 1_000).toFixed(5)}`] : []),
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      '#EXT-X-INDEPENDENT-SEGMENTS',
      skipped > 0 ? `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}` : '#EXT-X-MAP:URI="init.mp4"',
    ];
  }

  #playlist(place: Place, query: URLSearchParams, timeMs: number): string {
    const { hasParts, windowSegments, segmentsWithParts, endsAtMs, skips } = this.#server;
    const newest = this.#newest(place, timeMs);
    const isWhole = newest.part === this.#partsPerSegment - 1;
    const last = isWhole ? newest.segment : newest.segment - 1;
    const first = last - windowSegments + 1;
    const isEnded = endsAtMs !== null && timeMs >= endsAtMs;
    const isAsked = query.has('_HLS_skip') || (query.has('_HLS_msn') && this.#server.skipsUnasked);
    const skipped = skips && isAsked && !isEnded ? this.#server.skipped(windowSegments) : 0;
    const lines = this.#head(first, skipped);
    const date = (segment: number): string =>
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(this.#startMs(segment)).toISOString()}`;
    for (let segment = first + skipped; segment <= last; segment += 1) {
      const isListed = hasParts && !isEnded && segment > last - segmentsWithParts;
      lines.push(date(segment), ...(isListed ? this.#partLines(place, segment, this.#partsPerSegment) : []));
      lines.push(`#EXTINF:${(this.#server.segmentMs / 1_000).toFixed(5)},`, `${segment}.m4s`);
    }
    if (isEnded) return `${[...lines, '#EXT-X-ENDLIST'].join('\n')}\n`;
    if (!hasParts) return `${lines.join('\n')}\n`;
    const open = isWhole ? 0 : newest.part + 1;
    if (open > 0) lines.push(date(last + 1), ...this.#partLines(place, last + 1, open));
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${last + 1}.${open}.m4s"`);
    for (const rendition of RENDITIONS.filter((id) => id !== place.rendition)) {
      const other = this.#newest({ ...place, rendition }, timeMs - this.#server.reportAgeMs);
      lines.push(
        `#EXT-X-RENDITION-REPORT:URI="../${rendition}/index.m3u8",LAST-MSN=${other.segment},LAST-PART=${other.part}`,
      );
    }
    return `${lines.join('\n')}\n`;
  }

  /** Parts from the newest to the one that is asked for. */
  #ahead(place: Place, query: URLSearchParams): number {
    const newest = this.#newest(place, this.#clock.nowMs());
    const segments = Number(query.get('_HLS_msn')) - newest.segment;
    return segments * this.#partsPerSegment + Number(query.get('_HLS_part')) - newest.part;
  }

  async #playlistAnswer(place: Place, query: URLSearchParams, signal?: AbortSignal): Promise<Answer> {
    const { refuses, blocks, holds, partMs, hasParts } = this.#server;
    const msn = query.get('_HLS_msn');
    const wanted = query.get('_HLS_part');
    if (msn === null && wanted !== null && refuses.partAlone) return { status: 400 };
    const { farWayMs } = this.#server;
    if (farWayMs > 0 && (msn === null || this.#ahead(place, query) > 3_000 / partMs))
      await this.#clock.sleep(farWayMs, signal);
    const nowMs = this.#clock.nowMs();
    if (blocks && msn !== null) {
      const newest = this.#newest(place, nowMs);
      const segment = Number(msn);
      const part = wanted === null ? this.#partsPerSegment - 1 : Number(wanted);
      if (segment > newest.segment + 2 && refuses.segmentFar) return { status: 400 };
      const isFar = this.#ahead(place, query) > 3_000 / partMs;
      if (hasParts && wanted !== null && isFar && refuses.partFar) return { status: 400 };
      const isPast = part >= this.#partsPerSegment;
      const readyMs = isPast ? this.#readyMs(place, segment + 1, 0) : this.#readyMs(place, segment, part);
      const untilMs = Math.min(readyMs, this.#server.endsAtMs ?? readyMs);
      if (untilMs > nowMs && holds) await this.#clock.sleep(untilMs - nowMs, signal);
    }
    const timeMs = this.#clock.nowMs();
    const status = this.#server.playlistStatus(timeMs);
    if (status !== 200) return { status };
    const text = this.#playlist(place, query, timeMs);
    return { status: 200, headers: PLAYLIST, body: this.#server.rewrite(text, place, query, timeMs) };
  }

  /** The bytes of one part: epoch time, a sync sample where there should be one. */
  #partBytes(place: Place, segment: number, part: number): Uint8Array {
    const key = `${place.rendition} ${segment} ${part}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const { timescale, frameTicks, frameBytes, kind } = TRACKS[place.rendition];
    const { partMs } = this.#server;
    const count = Math.round(((partMs / 1_000) * timescale) / frameTicks);
    // From a round moment on, since the boxes of this fixture have times of 32 bits.
    const startTicks = (segment * this.#server.segmentMs + part * partMs) * (timescale / 1_000);
    const samples = Array.from({ length: count }, (_, frame) => ({
      durationTicks: frameTicks,
      payload: new Uint8Array(frameBytes).fill(segment + part),
      isSync: kind === 'audio' || (frame === 0 && this.#server.hasSync(place, part)),
    }));
    const bytes = fragment(startTicks, samples);
    this.#parts.set(key, bytes);
    return bytes;
  }

  async #mediaAnswer(place: Place, name: string, signal?: AbortSignal): Promise<Answer> {
    const track = TRACKS[place.rendition];
    const headers = {
      'content-type': `${track.kind}/mp4`,
      'cache-control': 'public, max-age=31536000, immutable',
    };
    const { media, keptMs, hint } = this.#server;
    if (name === 'init.mp4') return { status: 200, headers, body: initOf(track) };
    const [, number, own] = /^(\d+)(?:\.(\d+))?\.m4s$/.exec(name) ?? [];
    if (number === undefined) return NOT_FOUND;
    const segment = Number(number);
    const parts = Array.from({ length: this.#partsPerSegment }, (_, part) => part);
    const last = own === undefined ? this.#partsPerSegment - 1 : Number(own);
    const readyMs = this.#readyMs(place, segment, last);
    const nowMs = this.#clock.nowMs();
    if (nowMs - readyMs > (own === undefined ? keptMs.segment : keptMs.part)) return NOT_FOUND;
    const body = bytesOf(
      ...(own === undefined ? parts : [last]).map((part) => this.#partBytes(place, segment, part)),
    );
    const sent = media(body, name, place);
    if (readyMs <= nowMs) return { status: 200, headers, body: sent };
    const newest = this.#newest(place, nowMs);
    const isNext = (segment - newest.segment) * this.#partsPerSegment + last - newest.part === 1;
    if (own === undefined || !isNext || hint === 'refused') return NOT_FOUND;
    if (hint === 'trickled') return { status: 200, headers, body: sent, overMs: readyMs - nowMs };
    await this.#clock.sleep(readyMs - nowMs, signal);
    return { status: 200, headers, body: hint === 'short' ? sent.subarray(0, sent.length - 100) : sent };
  }

  #main(): string {
    const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
    for (const [pathway, base] of [
      ['a', LIVE_A],
      ['b', LIVE_B],
    ]) {
      lines.push(
        `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${pathway}",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",STABLE-RENDITION-ID="audio",URI="${base}/live/audio/index.m3u8"`,
      );
      for (const id of ['v720', 'v360'] as const) {
        const { width, height } = TRACKS[id];
        lines.push(
          `#EXT-X-STREAM-INF:BANDWIDTH=60000,AVERAGE-BANDWIDTH=40000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=${width}x${height},FRAME-RATE=30.000,AUDIO="audio-${pathway}",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="${id}",PATHWAY-ID="${pathway}"`,
          `${base}/live/${id}/index.m3u8`,
        );
      }
    }
    return `${lines.join('\n')}\n`;
  }

  async #answer(url: URL, signal?: AbortSignal): Promise<Answer> {
    if (url.pathname === '/live/main.m3u8')
      return { status: 200, headers: PLAYLIST, body: this.#server.main(this.#main()) };
    const [, id, name] = /^\/live\/([a-z0-9]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    const rendition = RENDITIONS.find((known) => known === id);
    if (rendition === undefined || name === undefined) return NOT_FOUND;
    const place = { pathway: url.hostname.charAt(0), rendition };
    if (name === 'index.m3u8') return this.#playlistAnswer(place, url.searchParams, signal);
    return this.#mediaAnswer(place, name, signal);
  }

  async *#bytes(body: Uint8Array, overMs: number): AsyncGenerator<Buffer> {
    const half = Math.floor(body.length / 2);
    yield Buffer.from(body.subarray(0, half));
    if (overMs > 0) await this.#clock.sleep(overMs);
    yield Buffer.from(body.subarray(half));
  }

  /** A transport that asks this site. */
  transport(): Transport {
    return {
      request: async (request: TransportRequest): Promise<TransportResponse> => {
        try {
          const answer = await this.#answer(new URL(request.url), request.signal);
          const { status, headers = {}, body = '', overMs = 0 } = answer;
          const bytes = typeof body === 'string' ? Buffer.from(body) : body;
          const common = { 'access-control-allow-origin': '*' };
          return {
            status,
            headers: { ...common, ...headers },
            body: Readable.from(this.#bytes(bytes, overMs)),
          };
        } catch (error) {
          if (request.signal?.aborted) throw new TransportError('aborted', `${request.url} was aborted`);
          throw error;
        }
      },
      close: () => undefined,
    };
  }
}
