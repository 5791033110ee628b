// Plays one presentation in one video element: hls.js above, delivery below, recovery behind. It has no looks; ui/
// shows it. What it does is decided in failover.ts, request-race.ts, steering.ts, recovery.ts.

import Hls, { type ErrorData } from 'hls.js';
import type { Switch } from '../../src/core/playback/failover.ts';
import { initialRecovery, type RecoveryEvent, stepRecovery } from '../../src/core/playback/recovery.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { type Edge, probeEdges } from './edges.ts';
import { keepLatency } from './keep-latency.ts';
import { createHls, createSessionId, type Preloaded, toldOf } from './preload.ts';
import { type AssetStatus, waitUntilPlayable } from './readiness.ts';
import { rememberedThroughput, rememberThroughput } from './settings.ts';
import { STALL_MIN_MS, type Stall } from './stall-meter.ts';
import type { Glance } from './telling.ts';
import { bufferedMsOf, type Viewing, watchViewing } from './viewing.ts';

/** The throughput kept for the next visit changes slowly. */
const REMEMBER_EVERY_MS = 10_000;

export type EngineOptions = {
  readonly src: string;
  /** A broadcast rather than a video: it starts at its live edge and stays there. */
  readonly isLive?: boolean | undefined;
  readonly edges?: readonly Edge[];
  /** Asked until the asset is playable, when given. */
  readonly statusUrl?: string;
  /** Viewer group for steering; measured when the page knows none. */
  readonly group?: string | undefined;
  readonly startPositionSeconds?: number;
  /** CMCD v2 on playlists and segments, and as events that the edges are told; on by default. */
  readonly hasCmcd?: boolean;
  /** Where hls.js posts CMCD events of its own besides; nowhere by default. */
  readonly cmcdEventUrl?: string;
  /** No rendition above this bitrate, to spare a viewer's data. */
  readonly bitrateBpsMax?: number | undefined;
  /** What `preload` has fetched of the same address; the engine owns it from now on. */
  readonly preloaded?: Preloaded | undefined;
};

export type PlayerStats = {
  readonly currentTime: number;
  /** Times are milliseconds since the player was made. */
  readonly stalls: readonly Stall[];
  readonly longestStallMs: number;
  readonly startupMs: number | null;
  readonly pathway: string;
  readonly switches: readonly Switch[];
  readonly reloads: number;
  readonly fatal: string | null;
  readonly bufferedMs: number;
  readonly throughputBps: number;
  readonly bitrateBps: number;
  readonly level: string;
  readonly droppedFrames: number;
};

export type Failure = { readonly message: string; readonly canRetry: boolean };
export type EngineNotice = 'changed' | 'moved' | 'reloading' | 'first-frame' | 'failed';

export type Engine = {
  readonly video: HTMLVideoElement;
  readonly sessionId: string;
  /** Address of the multivariant playlist. */
  readonly src: string;
  readonly isLive: boolean;
  /** Goes to the live edge of a broadcast. */
  readonly seekToLive: () => void;
  /** An address of the presentation on each pathway, the one of now first. */
  readonly addresses: (url: string) => readonly string[];
  readonly hls: () => Hls | undefined;
  readonly stats: () => PlayerStats;
  readonly failure: () => Failure | undefined;
  /** State of an asset that is not playable yet. */
  readonly assetState: () => AssetStatus['state'] | undefined;
  readonly edgeName: () => string;
  /** Whether the viewer wants the picture to move. */
  readonly isPlayingWanted: () => boolean;
  readonly subscribe: (listener: (notice: EngineNotice) => void) => void;
  readonly retry: () => void;
  readonly destroy: () => void;
};

/** What the parts of one engine share. */
type Core = {
  readonly video: HTMLVideoElement;
  readonly src: string;
  readonly options: EngineOptions;
  readonly sessionId: string;
  readonly nowMs: () => number;
  readonly listeners: Set<(notice: EngineNotice) => void>;
  hls: Hls | undefined;
  recovery: ReturnType<typeof initialRecovery>;
  failure: Failure | undefined;
  assetState: AssetStatus['state'] | undefined;
  reloadTimer: ReturnType<typeof setTimeout> | undefined;
  stopWaiting: (() => void) | undefined;
  /** When the picture moved last, or was not meant to. */
  movedAtMs: number;
  /** Until the first load takes it. */
  preloaded: Preloaded | undefined;
};

function notify(core: Core, notice: EngineNotice): void {
  for (const listener of core.listeners) listener(notice);
}

function giveUp(core: Core, failure: Failure): void {
  core.failure = failure;
  core.hls?.stopLoad();
  notify(core, 'failed');
}

/** Plays `options.src` in the video element until destroyed. */
export function createEngine(video: HTMLVideoElement, options: EngineOptions): Engine {
  const createdAtMs = performance.now();
  const core: Core = {
    video,
    src: new URL(options.src, location.href).href,
    options,
    sessionId: options.preloaded?.sessionId ?? createSessionId(),
    nowMs: () => performance.now() - createdAtMs,
    listeners: new Set(),
    hls: undefined,
    recovery: initialRecovery(0),
    failure: undefined,
    assetState: undefined,
    reloadTimer: undefined,
    stopWaiting: undefined,
    movedAtMs: 0,
    preloaded: options.preloaded,
  };
  const viewing: Viewing = watchViewing(video, {
    nowMs: core.nowMs,
    onFirstFrame: () => notify(core, 'first-frame'),
    onSample: (sample) => {
      const { hasProgressed, isWaiting } = sample;
      if (hasProgressed || !isWaiting) core.movedAtMs = core.nowMs();
      delivery.telling.look(() => glanceOf(core, viewing));
      if (core.failure === undefined && core.hls !== undefined)
        recover(core, delivery, viewing, {
          type: 'sample',
          bufferedMs: bufferedMsOf(video),
          ...sample,
        });
    },
  });
  const delivery = takeDelivery(core);
  begin(core, delivery, viewing);
  const stopHousekeeping = keepHouse(core, delivery, viewing);
  return {
    video,
    sessionId: core.sessionId,
    src: core.src,
    isLive: options.isLive ?? false,
    seekToLive: () => {
      const position = core.hls?.liveSyncPosition;
      if (typeof position === 'number') video.currentTime = position;
      video.play().catch(() => undefined);
    },
    addresses: delivery.addresses,
    hls: () => core.hls,
    stats: () => statsOf(core, delivery, viewing, createdAtMs),
    failure: () => core.failure,
    assetState: () => core.assetState,
    edgeName: delivery.edgeName,
    isPlayingWanted: viewing.isPlayingWanted,
    subscribe: (listener) => core.listeners.add(listener),
    retry: () => retry(core, delivery, viewing),
    destroy: () => {
      stopHousekeeping();
      clearTimeout(core.reloadTimer);
      core.stopWaiting?.();
      core.hls?.destroy();
      viewing.stop();
      delivery.stop();
      core.listeners.clear();
    },
  };
}

/** The delivery of what was preloaded, or a new one. */
function takeDelivery(core: Core): Delivery {
  const { options, video, sessionId, src } = core;
  const host = {
    group: chooseGroup(options),
    bufferedMs: () => bufferedMsOf(video),
    isPrefetch: () => false,
    onMoved: () => notify(core, 'moved'),
  };
  if (core.preloaded !== undefined) {
    Object.assign(core.preloaded.host, host);
    return core.preloaded.delivery;
  }
  const throughputBps = () => core.hls?.bandwidthEstimate ?? 0;
  const told = toldOf(options, src);
  return createDelivery({ src, edges: options.edges ?? [], sessionId, throughputBps, told, ...host });
}

/** The page's group, else the region nearest by round trip, once that is measured. */
function chooseGroup(options: EngineOptions): () => string | undefined {
  let group = options.group;
  const edges = options.edges ?? [];
  if (group === undefined && edges.length > 1)
    probeEdges(edges)
      .then((probed) => {
        group ??= probed[0]?.edge.regionId;
      })
      .catch(() => undefined);
  return () => group;
}

/** Waits for the asset when there is a status to ask, then loads it. */
function begin(core: Core, delivery: Delivery, viewing: Viewing): void {
  core.stopWaiting?.();
  const { statusUrl, startPositionSeconds } = core.options;
  const start = (): void => {
    core.assetState = undefined;
    load(core, delivery, viewing, startPositionSeconds ?? 0);
    notify(core, 'changed');
  };
  if (statusUrl === undefined) {
    start();
    return;
  }
  core.stopWaiting = waitUntilPlayable({
    url: new URL(statusUrl, location.href).href,
    request: delivery.router.request,
    onPlayable: start,
    onStatus: ({ state, isPlayable, failure }) => {
      core.assetState = isPlayable ? undefined : state;
      if (state === 'failed')
        giveUp(core, { message: failure ?? 'Processing this video has failed.', canRetry: false });
      if (state === 'deleted') giveUp(core, { message: 'This video was deleted.', canRetry: false });
      notify(core, 'changed');
    },
  });
}

function load(core: Core, delivery: Delivery, viewing: Viewing, startPositionSeconds: number): void {
  const { video, options, src, sessionId } = core;
  const throughputBps = core.hls?.bandwidthEstimate ?? rememberedThroughput();
  core.hls?.destroy();
  core.failure = undefined;
  const { preloaded } = core;
  core.preloaded = undefined;
  const isPrepared = preloaded !== undefined && !preloaded.hasFailed();
  if (preloaded?.hasFailed()) preloaded.hls.destroy();
  const hls = isPrepared
    ? preloaded.hls
    : createHls({ ...options, startPositionSeconds, throughputBps }, src, sessionId, delivery);
  core.hls = hls;
  const { Events } = Hls;
  hls.on(Events.ERROR, (_event, data) => onHlsError(core, delivery, viewing, data));
  for (const event of [
    Events.MANIFEST_PARSED,
    Events.AUDIO_TRACKS_UPDATED,
    Events.SUBTITLE_TRACKS_UPDATED,
    Events.LEVEL_SWITCHED,
  ] as const)
    hls.on(event, () => notify(core, 'changed'));
  if (!isPrepared) hls.loadSource(src);
  hls.attachMedia(video);
  if (options.isLive) keepLatency(hls, video);
  viewing.expectFrame();
  if (viewing.isPlayingWanted()) video.play().catch(() => undefined);
}

function onHlsError(core: Core, delivery: Delivery, viewing: Viewing, data: ErrorData): void {
  if (!data.fatal) return;
  const status = data.response?.code;
  if (status === 401 || status === 403)
    giveUp(core, { message: 'This video is private, or its link has expired.', canRetry: false });
  else if (status === 404 && data.details === Hls.ErrorDetails.MANIFEST_LOAD_ERROR)
    giveUp(core, { message: 'There is no such video.', canRetry: true });
  else
    recover(core, delivery, viewing, {
      type: 'fatal',
      isMediaError: data.type === Hls.ErrorTypes.MEDIA_ERROR,
      details: data.details,
    });
}

function recover(core: Core, delivery: Delivery, viewing: Viewing, event: RecoveryEvent): void {
  const step = stepRecovery(core.recovery, event, core.nowMs());
  core.recovery = step.state;
  for (const effect of step.effects) {
    if (effect.type === 'recover-media') core.hls?.recoverMediaError();
    else if (effect.type === 'give-up') giveUp(core, { message: effect.message, canRetry: true });
    else {
      notify(core, 'reloading');
      const positionSeconds = core.video.currentTime;
      clearTimeout(core.reloadTimer);
      core.reloadTimer = setTimeout(() => load(core, delivery, viewing, positionSeconds), effect.afterMs);
    }
  }
}

function retry(core: Core, delivery: Delivery, viewing: Viewing): void {
  const hasPlayed = core.hls !== undefined && viewing.startupMs() !== null;
  core.failure = undefined;
  notify(core, 'changed');
  if (hasPlayed) recover(core, delivery, viewing, { type: 'retry' });
  else begin(core, delivery, viewing);
}

/** Tries again when the network is back, and remembers what the connection carries. */
function keepHouse(core: Core, delivery: Delivery, viewing: Viewing): () => void {
  const onOnline = (): void => {
    if (core.failure?.canRetry === true) retry(core, delivery, viewing);
  };
  addEventListener('online', onOnline);
  const keeper = setInterval(() => {
    if (core.hls !== undefined && viewing.startupMs() !== null)
      rememberThroughput(core.hls.bandwidthEstimate);
  }, REMEMBER_EVERY_MS);
  return () => {
    removeEventListener('online', onOnline);
    clearInterval(keeper);
  };
}

/** The viewer's state as the edges are told it. */
function glanceOf(core: Core, viewing: Viewing): Glance {
  const { hls, video } = core;
  const startupMs = viewing.startupMs() ?? undefined;
  const latencySeconds = core.options.isLive === true ? hls?.latency : undefined;
  return {
    state: stateOf(core, viewing, startupMs !== undefined),
    bufferedMs: bufferedMsOf(video),
    bitrateBps: hls?.levels[hls.currentLevel]?.bitrate,
    latencyMs: latencySeconds === undefined || latencySeconds <= 0 ? undefined : latencySeconds * 1_000,
    startupMs,
  };
}

function stateOf(core: Core, viewing: Viewing, hasStarted: boolean): Glance['state'] {
  const { video } = core;
  if (core.failure !== undefined) return 'f';
  if (video.ended) return 'e';
  if (!hasStarted) return 's';
  if (!viewing.isPlayingWanted()) return 'a';
  if (video.seeking) return 'k';
  return core.nowMs() - core.movedAtMs > STALL_MIN_MS ? 'r' : 'p';
}

function statsOf(core: Core, delivery: Delivery, viewing: Viewing, createdAtMs: number): PlayerStats {
  const { hls, video } = core;
  const { router } = delivery;
  const stalls = viewing.stalls();
  const level = hls?.levels[hls.currentLevel];
  return {
    currentTime: video.currentTime,
    stalls,
    longestStallMs: stalls.reduce((longest, stall) => Math.max(longest, stall.durationMs), 0),
    startupMs: viewing.startupMs(),
    pathway: router.current(),
    switches: router.switches().map((entry) => ({ ...entry, atMs: Math.round(entry.atMs - createdAtMs) })),
    reloads: core.recovery.reloads,
    fatal: core.failure?.message ?? null,
    bufferedMs: bufferedMsOf(video),
    throughputBps: Math.round(hls?.bandwidthEstimate ?? 0),
    bitrateBps: level?.bitrate ?? 0,
    level: level === undefined ? '' : `${level.height}p`,
    droppedFrames: video.getVideoPlaybackQuality().droppedVideoFrames,
  };
}
