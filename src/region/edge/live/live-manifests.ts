// What a player reads first of a broadcast: the multivariant playlist, the DASH manifest, and the status that the watch
// page polls. Made per viewer, as those of videos are: they carry the viewer's token and session.

import { randomBytes } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { ChannelDocument } from '#contract/live.ts';
import { writeLiveMpd } from '#media/dash/live-mpd.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import type { MediaPathway } from '#media/rendition.ts';
import type { Clock } from '#platform/clock.ts';
import type { EdgeCounters } from '../counters.ts';
import { tokenPrefix } from '../manifests.ts';
import { TIME_PATH } from '../other-pages.ts';
import type { MediaCall } from '../playback.ts';
import { sendText } from '../send.ts';
import {
  LIVE_QUERY,
  pathwaysOf,
  type SteeringView,
  sessionOf,
  startingOrder,
  steeringQuery,
} from '../steering.ts';
import type { ViewerHints } from '../viewer-group.ts';
import { initName } from './live-address.ts';
import type { LiveStation } from './live-station.ts';

export interface LiveManifests {
  serve(call: MediaCall, station: LiveStation, kind: 'multivariant' | 'dash' | 'status'): Promise<void>;
}

/** Creates the maker of manifests of broadcasts. */
export function createLiveManifests(dependencies: {
  clock: Clock;
  counters: EdgeCounters;
  steeringView(): SteeringView;
  groupOf(viewer: ViewerHints): string;
}): LiveManifests {
  const { clock, counters, steeringView, groupOf } = dependencies;

  function send(call: MediaCall, text: string, contentType: string): void {
    counters.bytesSent.value += sendText(call.request, call.response, text, contentType, 'private, no-store');
    counters.request('manifest', 'hit');
  }

  /** Pathways with this viewer's addresses, and where to ask for steering. */
  function placesOf(call: MediaCall, station: LiveStation, form: 'hls' | 'dash') {
    const view = steeringView();
    const { projectId, broadcastId } = station.record;
    const place = `${tokenPrefix(call.token)}/l/${projectId}/${broadcastId}`;
    const edges = startingOrder(view);
    const pathways = edges.map(({ id, baseUrl }): MediaPathway => ({ id, baseUrl: `${baseUrl}${place}` }));
    const query = new URLSearchParams(call.query);
    const viewer = {
      groupId: groupOf({
        query,
        headers: call.request.headers,
        remoteAddress: call.request.socket.remoteAddress,
      }),
      session: sessionOf(query) ?? randomBytes(9).toString('base64url'),
    };
    const steeringBase = pathwaysOf(view)[0]?.baseUrl ?? view.ownBaseUrl;
    return {
      pathways,
      clockUrls: edges.map(({ baseUrl }) => `${baseUrl}${TIME_PATH}`),
      steering: `${steeringBase}/steering/${form}.json?${steeringQuery(viewer)}${LIVE_QUERY}`,
    };
  }

  async function onAir(station: LiveStation): Promise<ChannelDocument> {
    const document = await station.document();
    if (document === undefined) throw new MeridianError('not_found', { what: 'such broadcast on air' });
    return document;
  }

  function mpdOf(call: MediaCall, station: LiveStation, document: ChannelDocument): string {
    const { pathways, clockUrls, steering } = placesOf(call, station, 'dash');
    const { segmentDurationMs, partsPerSegment, dvrWindowMs, holdBackMs } = station.record.settings;
    const ended = station
      .followed()
      .find(({ window }) => window.isEnded)
      ?.window.edge();
    return writeLiveMpd({
      renditions: document.renditions.map((rendition) => ({
        ...rendition,
        initName: initName(rendition.initSha256),
      })),
      pathways,
      steeringUrl: steering,
      clockUrls,
      segmentDurationMs,
      partDurationMs: segmentDurationMs / partsPerSegment,
      // A chunk is asked for as it is made, so a player of DASH needs a part more than one that is told of each.
      latencyMs: holdBackMs + Math.round(segmentDurationMs / partsPerSegment),
      dvrWindowMs,
      firstSegment: document.firstSegment,
      nowMs: clock.nowMs(),
      endSegment: ended === undefined ? undefined : ended.lastSegment + 1,
    });
  }

  return {
    async serve(call, station, kind) {
      if (kind === 'status') {
        const document = await station.document();
        return send(call, JSON.stringify(statusOf(station, document)), 'application/json');
      }
      const document = await onAir(station);
      if (kind === 'dash') return send(call, mpdOf(call, station, document), 'application/dash+xml');
      const { pathways, steering } = placesOf(call, station, 'hls');
      const renditions = document.renditions.map((rendition) => ({
        ...rendition,
        firstSegment: 0,
        firstTimeTicks: 0,
        durationRuns: [],
      }));
      const text = writeMultivariant({ renditions, pathways, steeringUri: steering });
      send(call, text, 'application/vnd.apple.mpegurl');
    },
  };
}

/** What the watch page polls. */
function statusOf({ record }: LiveStation, document: ChannelDocument | undefined): Record<string, unknown> {
  const isOver = record.state === 'ended';
  return {
    kind: 'broadcast',
    name: record.name,
    state: isOver ? 'ended' : document === undefined ? 'waiting' : document.state,
    isPlayable: document !== undefined,
    holdBackMs: record.settings.holdBackMs,
    dvrWindowMs: record.settings.dvrWindowMs,
    recording: isOver && record.recording !== null ? record.recording.assetId : null,
  };
}
