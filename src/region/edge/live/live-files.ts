// Parts, segments and init segments of broadcasts. What is here goes through the edge's memory cache, so that a second
// viewer's request is an ordinary hit; a part that a playlist has hinted at is waited for, and so is the next segment,
// which players of DASH ask for by the clock, whatever encoders and distances have put on top; a segment that is being
// made is sent part by part; older ones are fetched once.

import { createHash } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectGate } from '../asset-gates.ts';
import { type CachedObject, CORS_HEADERS, cacheControl, createCachedObject } from '../cached-object.ts';
import type { EdgeCounters } from '../counters.ts';
import type { HeldAnswer } from '../held-answer.ts';
import type { ObjectCache } from '../object-cache.ts';
import type { MediaCall } from '../playback.ts';
import { sendObject } from '../send.ts';
import type { Viewers } from '../viewers.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { HOLD_TARGET_DURATIONS, SEGMENTS_AHEAD_MAX } from './limits.ts';
import { livePartPath } from './live-address.ts';
import type { LiveStation } from './live-station.ts';
import type { HeldPart, PartPlace } from './live-window.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface LiveFiles {
  /** Keeps a part that has arrived where requests are answered fastest: whoever is told of it asks at once. */
  keepPart(station: LiveStation, renditionId: string, place: PartPlace, data: Buffer): void;
  /** Makes room: old parts would fill the cache of an edge with what nobody asks for again. */
  forgetParts(station: LiveStation, renditionId: string, segment: number, partCount: number): void;
  /** The part that a playlist hints at, for a plain GET; null when it is not that one, or too many wait. */
  findPart(
    path: string,
    station: LiveStation,
    follower: RenditionFollower,
    place: PartPlace,
  ): HeldAnswer | null;
  servePart(
    call: MediaCall,
    station: LiveStation,
    follower: RenditionFollower,
    place: PartPlace,
  ): Promise<void>;
  serveSegment(
    call: MediaCall,
    station: LiveStation,
    follower: RenditionFollower,
    segment: number,
  ): Promise<void>;
  serveInit(call: MediaCall, station: LiveStation, renditionId: string, hash: string): Promise<void>;
}

export interface LiveFilesDependencies {
  readonly clock: Clock;
  readonly cache: ObjectCache;
  readonly viewers: Viewers;
  readonly counters: EdgeCounters;
  readonly room: WaitingRoom;
  gateOf(station: LiveStation): ObjectGate;
}

/** Creates the server of an edge's live files. */
export function createLiveFiles(dependencies: LiveFilesDependencies): LiveFiles {
  const { clock, cache, counters, gateOf, room, viewers } = dependencies;

  function keep(path: string, body: Buffer, gate: ObjectGate): CachedObject {
    const known = cache.get(path);
    if (known !== undefined) return known;
    const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
    const content = { body, etag, cacheClass: 'immutable', contentType: 'video/mp4', isLive: true } as const;
    const object = createCachedObject(path, content, gate, clock.nowMs());
    cache.set(object);
    return object;
  }

  function send(call: MediaCall, station: LiveStation, body: Buffer, outcome: 'hit' | 'miss'): void {
    const gate = gateOf(station);
    const object = keep(call.path, body, gate);
    const { request, response } = call;
    const sent = sendObject(request, response, object, !gate.isPublic, clock.nowMs(), viewers);
    counters.bytesSent.value += sent;
    gate.sent.value += sent;
    counters.request('immutable', outcome);
  }

  const holdMsOf = ({ record }: LiveStation): number =>
    record.settings.segmentDurationMs * HOLD_TARGET_DURATIONS;

  /** A part; undefined while it is the one that a playlist hints at, null when it is neither here nor hinted at. */
  function lookFor({ window }: RenditionFollower, { segment, part }: PartPlace): HeldPart | null | undefined {
    const next = window.next();
    const isHinted = next !== undefined && next.segment === segment && next.part === part;
    return window.part({ segment, part }) ?? (isHinted && !window.isEnded ? undefined : null);
  }

  /** The segment that is made next, once something of it is here; null for any other that is not here. */
  async function comingSegment(
    call: MediaCall,
    station: LiveStation,
    follower: RenditionFollower,
    segment: number,
  ) {
    const { window } = follower;
    const next = window.next();
    if (next === undefined || segment < next.segment || segment > next.segment + SEGMENTS_AHEAD_MAX)
      return null;
    return room.wait(call, follower, holdMsOf(station), () => {
      const held = window.segment(segment);
      return held ?? (window.isEnded ? null : undefined);
    });
  }

  /** What low-latency DASH asks for. */
  async function streamSegment(
    { response }: MediaCall,
    station: LiveStation,
    follower: RenditionFollower,
    segment: number,
  ): Promise<void> {
    const gate = gateOf(station);
    const caching = cacheControl('immutable', !gate.isPublic);
    response.writeHead(200, ['Content-Type', 'video/mp4', 'Cache-Control', caching, ...CORS_HEADERS]);
    const { window } = follower;
    for (let index = 0; !response.destroyed; ) {
      const change = follower.changed();
      const held = window.segment(segment);
      for (const { data } of held?.parts.slice(index) ?? []) {
        response.write(data);
        counters.bytesSent.value += data.length;
        gate.sent.value += data.length;
        index += 1;
      }
      if (held === undefined || window.isEnded || held.isWhole) break;
      // What is not going to be whole is broken off, so that nobody takes it for whole.
      if (station.isStale(follower)) {
        response.destroy();
        return;
      }
      await change;
    }
    response.end();
  }

  return {
    keepPart(station, renditionId, { segment, part }, data) {
      const { projectId, broadcastId } = station.record;
      keep(livePartPath(projectId, broadcastId, renditionId, { segment, part }), data, gateOf(station));
    },
    forgetParts(station, renditionId, segment, partCount) {
      const { projectId, broadcastId } = station.record;
      for (let part = 0; part < partCount; part += 1)
        cache.delete(livePartPath(projectId, broadcastId, renditionId, { segment, part }));
    },
    findPart(path, station, follower, place) {
      if (lookFor(follower, place) !== undefined) return null;
      const gate = gateOf(station);
      return room.hold(follower, {
        key: `part ${place.segment}.${place.part}`,
        milliseconds: holdMsOf(station),
        look() {
          const part = lookFor(follower, place);
          if (part === null) throw new MeridianError('not_found', { what: 'such part' });
          return part === undefined ? undefined : keep(path, part.data, gate);
        },
        onTold({ body }, count) {
          counters.bytesSent.value += count * body.length;
          counters.hitsOf.immutable.value += count;
          gate.sent.value += count * body.length;
        },
      });
    },
    async servePart(call, station, follower, place) {
      const part = await room.wait(call, follower, holdMsOf(station), () => lookFor(follower, place));
      if (part === null) throw new MeridianError('not_found', { what: 'such part' });
      send(call, station, part.data, 'hit');
    },
    async serveSegment(call, station, follower, segment) {
      const held =
        follower.window.segment(segment) ?? (await comingSegment(call, station, follower, segment));
      if (held === null || held.isGap) throw new MeridianError('not_found', { what: 'such segment' });
      if (held.parts.length === 0 && held.isWhole) {
        const body = await station.fetch(follower.window.rendition.id, `${segment}.m4s`);
        if (body === undefined) throw new MeridianError('not_found', { what: 'such segment any more' });
        return send(call, station, body, 'miss');
      }
      if (!held.isWhole) return streamSegment(call, station, follower, segment);
      send(call, station, Buffer.concat(held.parts.map(({ data }) => data)), 'hit');
    },
    async serveInit(call, station, renditionId, hash) {
      const document = await station.document();
      const rendition = document?.renditions.find(({ id }) => id === renditionId);
      if (rendition === undefined || !rendition.initSha256.startsWith(hash))
        throw new MeridianError('not_found', { what: 'such init segment' });
      const body = await station.fetch(renditionId, 'init.mp4');
      if (body === undefined || createHash('sha256').update(body).digest('hex') !== rendition.initSha256)
        throw new MeridianError('unavailable', { what: 'The init segment' });
      send(call, station, body, 'miss');
    },
  };
}
