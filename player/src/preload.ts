// Prepares a presentation before anybody watches it: playlists, init and first segments are fetched and wait in an
// hls.js without a picture. Given to an engine, it starts within the time that a decoder needs. Nothing more than the
// first segments is fetched until then, so that a video nobody swipes to costs a second of media.

import Hls from 'hls.js';
import type { Switch } from '../../src/core/playback/failover.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { Edge } from './edges.ts';
import { guardParts } from './guard-parts.ts';
import { hlsSettings, rememberedThroughput } from './settings.ts';

export type PreloadOptions = {
  readonly src: string;
  /** A broadcast rather than a video. */
  readonly isLive?: boolean | undefined;
  readonly edges?: readonly Edge[];
  readonly group?: string | undefined;
  readonly startPositionSeconds?: number;
  /** CMCD v2 on playlists and segments, and as events that the edges are told; on by default. */
  readonly hasCmcd?: boolean;
  readonly cmcdEventUrl?: string | undefined;
  /** What the connection carries as far as is known; remembered from earlier visits otherwise. */
  readonly throughputBps?: number | undefined;
  /** No rendition above this bitrate, to spare a viewer's data. */
  readonly bitrateBpsMax?: number | undefined;
};

/** What an engine tells the delivery once it has taken over. */
export type SourceHost = {
  bufferedMs: () => number;
  onMoved: (moved: Switch) => void;
  group: () => string | undefined;
  isPrefetch: () => boolean;
};

export type Preloaded = {
  readonly src: string;
  readonly sessionId: string;
  readonly delivery: Delivery;
  readonly hls: Hls;
  readonly host: SourceHost;
  /** Whether the first segments are there. */
  readonly isReady: () => boolean;
  /** Whether it has failed; an engine then begins anew. */
  readonly hasFailed: () => boolean;
  readonly destroy: () => void;
};

export function createSessionId(): string {
  // randomUUID exists on secure origins only, and edges without TLS are real.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Project and id out of …/m/{project}/{asset}/v… or …/l/{project}/{broadcast}/…, for CMCD's content id. */
function contentIdOf(src: string): string | undefined {
  return /\/[ml]\/([^/]+\/[^/]+)\//.exec(new URL(src).pathname)?.[1];
}

/** What the edges are told of a viewing, besides its session. */
export function toldOf(
  { hasCmcd, isLive }: Pick<PreloadOptions, 'hasCmcd' | 'isLive'>,
  src: string,
): { contentId: string | undefined; isLive: boolean } | undefined {
  return hasCmcd === false ? undefined : { contentId: contentIdOf(src), isLive: isLive ?? false };
}

/** An hls.js over a delivery, not loaded yet. */
export function createHls(options: PreloadOptions, src: string, sessionId: string, delivery: Delivery): Hls {
  const hls = new Hls({
    ...hlsSettings({
      isLive: options.isLive ?? false,
      startPositionSeconds: options.startPositionSeconds ?? 0,
      throughputBps: options.throughputBps ?? rememberedThroughput(),
      sessionId,
      contentId: contentIdOf(src),
      hasCmcd: options.hasCmcd ?? true,
      cmcdEventUrl: options.cmcdEventUrl,
    }),
    loader: delivery.loader,
  });
  guardParts(hls, Hls.Events);
  const { bitrateBpsMax } = options;
  if (bitrateBpsMax !== undefined)
    hls.on(Hls.Events.MANIFEST_PARSED, (_event, { levels }) => {
      hls.autoLevelCapping = Math.max(
        0,
        levels.findLastIndex(({ bitrate }) => bitrate <= bitrateBpsMax),
      );
    });
  return hls;
}

/** Fetches what a start needs and keeps it until an engine takes it or `destroy` is called. */
export function preload(options: PreloadOptions): Preloaded {
  const src = new URL(options.src, location.href).href;
  const sessionId = createSessionId();
  const host: SourceHost = {
    bufferedMs: () => 0,
    onMoved: () => undefined,
    group: () => options.group,
    isPrefetch: () => true,
  };
  const delivery = createDelivery({
    src,
    edges: options.edges ?? [],
    sessionId,
    group: () => host.group(),
    bufferedMs: () => host.bufferedMs(),
    isPrefetch: () => host.isPrefetch(),
    throughputBps: () => hls.bandwidthEstimate,
    onMoved: (moved) => host.onMoved(moved),
    told: toldOf(options, src),
  });
  const hls = createHls(options, src, sessionId, delivery);
  const loaded = new Set<string>();
  let hasFailed = false;
  hls.on(Hls.Events.ERROR, (_event, { fatal }) => {
    hasFailed ||= fatal;
  });
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }) => {
    if (frag.sn !== 'initSegment') loaded.add(frag.type);
  });
  hls.loadSource(src);
  return {
    src,
    sessionId,
    delivery,
    hls,
    host,
    isReady: () => loaded.has('main') && (hls.audioTracks.length === 0 || loaded.has('audio')),
    hasFailed: () => hasFailed,
    destroy: () => {
      hls.destroy();
      delivery.stop();
    },
  };
}
