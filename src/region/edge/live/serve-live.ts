// Answers viewers of broadcasts: address, drain, broadcast, token, then playlist, part, segment or manifest. An edge that
// is cut off from every channel says 404 for playlists and parts, so that players go to another pathway.

import { MeridianError } from '#contract/errors.ts';
import type { BroadcastRecord } from '#contract/live.ts';
import type { Clock } from '#platform/clock.ts';
import type { Counter } from '#platform/metrics.ts';
import type { ObjectGate } from '../asset-gates.ts';
import type { EdgeCounters } from '../counters.ts';
import type { HeldAnswer } from '../held-answer.ts';
import type { ObjectCache } from '../object-cache.ts';
import type { MediaCall } from '../playback.ts';
import { sendText } from '../send.ts';
import type { Viewers } from '../viewers.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { FIRST_SEGMENT_MS_MAX } from './limits.ts';
import { type LiveAddress, parseLiveAddress } from './live-address.ts';
import { createLiveFiles } from './live-files.ts';
import type { LiveManifests } from './live-manifests.ts';
import { createLivePlaylists, HLS_TYPE, playlistCaching } from './live-playlists.ts';
import type { LiveStation } from './live-station.ts';
import type { PartPlace } from './live-window.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface ServeLiveDependencies {
  readonly clock: Clock;
  readonly cache: ObjectCache;
  readonly viewers: Viewers;
  readonly counters: EdgeCounters;
  readonly manifests: LiveManifests;
  readonly room: WaitingRoom;
  /** The broadcast, or undefined when control has told of none. */
  stationOf(projectId: string, broadcastId: string): LiveStation | undefined;
  /** Throws MeridianError when the token does not open the broadcast. */
  checkToken(token: string, record: BroadcastRecord, nowMs: number): void;
  drainedAtMs(): number;
  /** Where bytes sent of a project are counted. */
  bytesOf(projectId: string): Counter;
}

export interface ServeLive {
  serve(call: MediaCall): Promise<void>;
  /** See LiveDelivery. */
  findHeld(path: string, token: string | null, query: string): Buffer | HeldAnswer | null;
  /** A part has arrived. */
  keepPart(station: LiveStation, renditionId: string, place: PartPlace, data: Buffer): void;
  /** The parts of a segment have left the window. */
  forgetParts(station: LiveStation, renditionId: string, segment: number, partCount: number): void;
}

/** Creates the live side of an edge. */
export function createServeLive(dependencies: ServeLiveDependencies): ServeLive {
  const { clock, counters, manifests, room } = dependencies;
  const gates = new WeakMap<LiveStation, ObjectGate & { isPublic: boolean }>();
  const files = createLiveFiles({ ...dependencies, gateOf });
  const playlists = createLivePlaylists({
    clock,
    room,
    onSent(station, count, bytes) {
      counters.bytesSent.value += count * bytes;
      gateOf(station).sent.value += count * bytes;
      counters.manifests.value += count;
    },
  });

  /** What a hit in memory looks at; one per broadcast, so that it follows the broadcast's visibility. */
  function gateOf(station: LiveStation): ObjectGate {
    let gate = gates.get(station);
    if (gate === undefined) {
      const { projectId, broadcastId } = station.record;
      const never = Number.POSITIVE_INFINITY;
      const sent = dependencies.bytesOf(projectId);
      const common = { projectId, assetId: broadcastId, isDeleted: false, sent };
      gate = { ...common, isPublic: false, refreshAtMs: never, freshUntilMs: never };
      gates.set(station, gate);
    }
    gate.isPublic = station.record.visibility === 'public';
    return gate;
  }

  function openStation(
    { projectId, broadcastId }: Pick<LiveAddress, 'projectId' | 'broadcastId'>,
    token: string | null,
  ): LiveStation {
    const station = dependencies.stationOf(projectId, broadcastId);
    if (station === undefined) throw new MeridianError('not_found', { what: 'such broadcast' });
    const { record } = station;
    if (record.visibility === 'public') return station;
    if (token === null) throw new MeridianError('token_required');
    dependencies.checkToken(token, record, clock.nowMs());
    return station;
  }

  async function followerOf(
    call: MediaCall,
    station: LiveStation,
    renditionId: string,
  ): Promise<RenditionFollower> {
    const follower = await station.follow(renditionId);
    if (follower === undefined) {
      const isOnAir = (await station.document()) !== undefined;
      throw new MeridianError('not_found', { what: isOnAir ? 'such rendition' : 'such broadcast on air' });
    }
    // A playlist that stands still would hold its players here.
    if (station.isStale(follower)) throw new MeridianError('not_found', { what: 'new part at this site' });
    const holdMs = station.record.settings.segmentDurationMs + FIRST_SEGMENT_MS_MAX;
    await room.wait(call, follower, holdMs, () =>
      follower.isCaughtUp() && follower.window.hasWhole ? true : undefined,
    );
    return follower;
  }

  async function serve(call: MediaCall): Promise<void> {
    const address = parseLiveAddress(call.path);
    if (address === undefined) throw new MeridianError('not_found', { what: 'such address' });
    if (clock.nowMs() >= dependencies.drainedAtMs()) throw new MeridianError('draining');
    const station = openStation(address, call.token);
    const { target } = address;
    if (!('renditionId' in target)) return manifests.serve(call, station, target.kind);
    const { renditionId } = target;
    if (target.kind === 'init') return files.serveInit(call, station, renditionId, target.hash);
    const follower = await followerOf(call, station, renditionId);
    if (target.kind === 'part') return files.servePart(call, station, follower, target);
    if (target.kind === 'segment') return files.serveSegment(call, station, follower, target.segment);
    const text = await playlists.textFor(call, station, follower);
    const sent = sendText(call.request, call.response, text, HLS_TYPE, playlistCaching(follower));
    counters.bytesSent.value += sent;
    gateOf(station).sent.value += sent;
    counters.manifests.value += 1;
  }

  return {
    serve,
    findHeld(path, token, query) {
      const address = parseLiveAddress(path);
      if (address === undefined || clock.nowMs() >= dependencies.drainedAtMs()) return null;
      const { target } = address;
      if (target.kind !== 'playlist' && target.kind !== 'part') return null;
      const station = openStation(address, token);
      const follower = station.running(target.renditionId);
      if (follower === undefined || station.isStale(follower)) return null;
      if (!follower.isCaughtUp() || !follower.window.hasWhole) return null;
      return target.kind === 'playlist'
        ? playlists.find(query, station, follower)
        : files.findPart(path, station, follower, target);
    },
    keepPart: files.keepPart,
    forgetParts: files.forgetParts,
  };
}
