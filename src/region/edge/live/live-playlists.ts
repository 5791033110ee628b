// Playlists of live renditions, written from the parts that have arrived. A request for what is not there yet is held
// until it is (rfc8216bis section 6.2.5.2). Thousands of viewers who waited for one part get one text, over HTTP/1.1 in
// one piece with its head, and without a request object each: see waiting-room.ts.

import { MeridianError } from '#contract/errors.ts';
import {
  type LivePlaylistInput,
  liveTargetSeconds,
  type RenditionReport,
  writeLivePlaylist,
} from '#media/hls/live-playlist.ts';
import { decideLiveRequest, isListed, type LiveEdge, parseDirectives } from '#media/hls/live-request.ts';
import type { Clock } from '#platform/clock.ts';
import { headText } from '../cached-object.ts';
import type { HeldAnswer } from '../held-answer.ts';
import type { MediaCall } from '../playback.ts';
import { textHeaders } from '../send.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { HOLD_TARGET_DURATIONS, QUERIES_KEPT_MAX } from './limits.ts';
import { initName } from './live-address.ts';
import type { LiveStation } from './live-station.ts';
import type { WaitingRoom } from './waiting-room.ts';

export const HLS_TYPE = 'application/vnd.apple.mpegurl';

export interface LivePlaylists {
  /** The text that answers a request; may be held. Throws MeridianError for what may not be asked. */
  textFor(call: MediaCall, station: LiveStation, follower: RenditionFollower): Promise<string>;
  /** The same for a plain GET, as bytes that all who ask alike get; null when too many wait. */
  find(query: string, station: LiveStation, follower: RenditionFollower): Buffer | HeldAnswer | null;
}

/** How the texts of an edge are sent. */
export interface PlaylistsDependencies {
  readonly clock: Clock;
  readonly room: WaitingRoom;
  /** So many viewers were sent a playlist of so many bytes. */
  onSent(station: LiveStation, count: number, bytes: number): void;
}

/** What `Cache-Control` says of a playlist. */
export function playlistCaching({ window }: RenditionFollower): string {
  return window.isEnded ? 'max-age=60' : 'no-cache';
}

/** What was worked out for the newest version of a playlist. */
interface Newest {
  readonly version: number;
  /** Texts by their form. */
  readonly texts: Map<string, string>;
  /** The same with their heads, by the text. */
  readonly answers: Map<string, Answer>;
  /** What queries come to, by the query. */
  readonly asked: Map<string, Asked>;
}

interface Asked {
  readonly isDelta: boolean;
  readonly wait: Wanted | undefined;
}

/** What a playlist must list before it is sent. */
interface Wanted {
  readonly segment: number;
  readonly part: number | undefined;
  /** Names it among all that may be waited for. */
  readonly key: string;
}

/** A text with its head, as it goes over HTTP/1.1; the date in it is of this second. */
interface Answer {
  readonly second: number;
  readonly bytes: Buffer;
}

/** Creates the writer of an edge. */
export function createLivePlaylists({ clock, room, onSent }: PlaylistsDependencies): LivePlaylists {
  const newest = new WeakMap<RenditionFollower, Newest>();

  function bytesOf(station: LiveStation, follower: RenditionFollower, isDelta: boolean): Buffer {
    const text = write(station, follower, isDelta);
    const { answers } = newestOf(follower);
    const nowMs = clock.nowMs();
    const second = Math.floor(nowMs / 1_000);
    let answer = answers.get(text);
    if (answer?.second !== second) {
      const headers = textHeaders(Buffer.byteLength(text), HLS_TYPE, playlistCaching(follower));
      answer = { second, bytes: Buffer.from(headText(headers, nowMs) + text) };
      answers.set(text, answer);
    }
    return answer.bytes;
  }

  function newestOf(follower: RenditionFollower): Newest {
    const { version } = follower.window;
    let known = newest.get(follower);
    if (known === undefined || known.version !== version) {
      known = { version, texts: new Map(), answers: new Map(), asked: new Map() };
      newest.set(follower, known);
    }
    return known;
  }

  /** Most viewers ask for the next part, in the same words. */
  function askedOf(query: string, follower: RenditionFollower): Asked {
    const { asked } = newestOf(follower);
    let known = asked.get(query);
    if (known === undefined) {
      known = askedFor(query, follower.window.edge());
      if (asked.size < QUERIES_KEPT_MAX) asked.set(query, known);
    }
    return known;
  }

  function write(station: LiveStation, follower: RenditionFollower, isDelta: boolean): string {
    const { texts } = newestOf(follower);
    const reports = reportsOf(station, follower);
    const form = [isDelta, ...reports.map(({ lastSegment, lastPart }) => `${lastSegment}.${lastPart}`)].join(
      ' ',
    );
    let text = texts.get(form);
    if (text === undefined) {
      text = writeLivePlaylist(inputOf(station, follower, isDelta, reports));
      texts.set(form, text);
    }
    return text;
  }

  return {
    async textFor(call, station, follower) {
      const { isDelta, wait } = askedOf(call.query, follower);
      if (wait !== undefined)
        await room.wait(call, follower, holdMsOf(station), () => (lists(follower, wait) ? true : undefined));
      return write(station, follower, isDelta);
    },
    find(query, station, follower) {
      const { isDelta, wait } = askedOf(query, follower);
      if (wait === undefined) {
        const bytes = bytesOf(station, follower, isDelta);
        onSent(station, 1, bytes.length);
        return bytes;
      }
      return room.hold(follower, {
        key: wait.key,
        milliseconds: holdMsOf(station),
        look: () => (lists(follower, wait) ? bytesOf(station, follower, isDelta) : undefined),
        onTold: (bytes, count) => onSent(station, count, bytes.length),
      });
    },
  };
}

/** What a query asks for. Throws MeridianError for what may not be asked. */
function askedFor(query: string, edge: LiveEdge | undefined): Asked {
  const directives = parseDirectives(new URLSearchParams(query));
  if (typeof directives === 'string') throw new MeridianError('invalid_request', { reason: directives });
  const outcome = edge === undefined ? undefined : decideLiveRequest(directives, edge);
  if (outcome?.kind === 'refuse') throw new MeridianError('invalid_request', { reason: outcome.reason });
  const { isDelta } = directives;
  if (outcome?.kind !== 'wait') return { isDelta, wait: undefined };
  const { segment, part } = outcome;
  return { isDelta, wait: { segment, part, key: `playlist ${segment}.${part} ${isDelta}` } };
}

/** Whether the playlist of a rendition lists what is wanted. */
function lists({ window }: RenditionFollower, { segment, part }: Wanted): boolean {
  const edge = window.edge();
  return edge !== undefined && isListed(segment, part, edge);
}

function holdMsOf(station: LiveStation): number {
  return HOLD_TARGET_DURATIONS * liveTargetSeconds(station.record.settings.segmentDurationMs) * 1_000;
}

/** The newest parts of the other renditions that this edge follows. */
function reportsOf(station: LiveStation, { window }: RenditionFollower): RenditionReport[] {
  return station.followed().flatMap(({ window: other }) => {
    const edge = other === window ? undefined : other.edge();
    return edge === undefined
      ? []
      : [{ renditionId: other.rendition.id, lastSegment: edge.lastSegment, lastPart: edge.lastPart }];
  });
}

function inputOf(
  station: LiveStation,
  { window }: RenditionFollower,
  isDelta: boolean,
  reports: readonly RenditionReport[],
): LivePlaylistInput {
  const { rendition } = window;
  const { segmentDurationMs, holdBackMs } = station.record.settings;
  return {
    kind: rendition.kind,
    timescale: rendition.timescale,
    segmentDurationMs,
    partTargetTicks: rendition.partTargetTicks,
    holdBackMs,
    initName: initName(rendition.initSha256),
    ...window.listing(),
    isEnded: window.isEnded,
    reports,
    isDelta,
  };
}
