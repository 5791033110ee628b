// One virtual viewer from click to end: a sans-I/O machine over delivery (which pathway) and playback (what is asked for
// and shown). The shell opens requests, feeds in what happens to them, and wakes the machine.

import type { FailureReason, Switch } from '#core/playback/failover.ts';
import { isBadPathway } from '#core/playback/failover.ts';
import { questionUrls } from '#core/playback/steering.ts';
import {
  initialRecovery,
  type RecoveryEvent,
  type RecoveryState,
  STUCK_AFTER_MS,
  stepRecovery,
} from '../../core/playback/recovery.ts';
import { estimatedBps } from './bandwidth-estimate.ts';
import {
  type DeliveryEffect,
  type DeliveryEvent,
  type DeliveryState,
  initialDelivery,
  type Loaded,
  stepDelivery,
} from './delivery.ts';
import { type PlaybackEvent, type Progress, retryPauseMs } from './playback.ts';
import type { Stall } from './playback-state.ts';
import { stallsOf } from './playhead.ts';
import {
  bufferedMsOfPlaying,
  initialPlaying,
  type LiveFigures,
  liveFiguresOf,
  type Playing,
  positionOfPlaying,
  restartedPlaying,
  stepPlaying,
} from './playing.ts';

/** An edge that a viewer may start from. */
export type ViewerEdge = { readonly pathwayId: string; readonly baseUrl: string };

export type ViewerOptions = {
  readonly sessionId: string;
  readonly group: string | undefined;
  /** The viewer's own edge first. */
  readonly edges: readonly [ViewerEdge, ...ViewerEdge[]];
  /** Path of the multivariant playlist at any edge, with its slash. */
  readonly path: string;
  /** What the connection is believed to carry before anything was measured. */
  readonly throughputBps: number;
  /** For a broadcast, the time of the clock when the swarm's was 0. */
  readonly live?: { readonly epochMs: number };
};

/** Tries of the multivariant playlist before the whole start is repeated, as in the player's settings. */
const MANIFEST_RETRIES_MAX = 2;
/** The video is private; nobody else will answer differently. */
const REFUSALS: readonly number[] = [401, 403];

export type Outcome = 'watching' | 'finished' | 'left' | 'lost';

export type ViewerState = {
  readonly options: ViewerOptions;
  readonly startedAtMs: number;
  readonly delivery: DeliveryState;
  readonly playback: Playing | undefined;
  /** Requests of the multivariant playlist so far; they are numbered downwards from -1. */
  readonly manifests: number;
  readonly manifestTries: number;
  /** When the multivariant playlist is asked for; infinity while nobody waits for it. */
  readonly manifestAtMs: number;
  readonly playbackWakeAtMs: number;
  readonly recovery: RecoveryState;
  readonly sampledSeconds: number;
  /** When the presentation is started again; infinity while all is well. */
  readonly reloadAtMs: number;
  readonly reloads: number;
  readonly outcome: Outcome;
  /** Infinity while watching. */
  readonly endedAtMs: number;
  readonly lostReason: string | undefined;
  /** Attempts that went wrong, by `pathway code`. */
  readonly errors: ReadonlyMap<string, number>;
};

export type ViewerEvent =
  | Extract<DeliveryEvent, { type: 'heard' | 'done' | 'failed' | 'answered' }>
  | { readonly type: 'wake' }
  | { readonly type: 'leave' };

export type ViewerEffect =
  | Extract<
      DeliveryEffect,
      { type: 'open' | 'cancel' | 'ask' | 'cancel-ask' | 'told-answer' | 'told-verdict' }
    >
  | { readonly type: 'ended'; readonly outcome: Exclude<Outcome, 'watching'> };

export type ViewerStep = {
  readonly state: ViewerState;
  readonly effects: readonly ViewerEffect[];
  readonly wakeAtMs: number;
};

/** What was measured at one viewer. */
export type ViewerReport = {
  readonly outcome: Outcome;
  readonly lostReason: string | undefined;
  readonly startupMs: number | undefined;
  readonly stalls: readonly Stall[];
  readonly levelSwitches: number;
  readonly pathwaySwitches: readonly Switch[];
  readonly errors: ReadonlyMap<string, number>;
  readonly reloads: number;
  readonly bufferedMs: number;
  readonly pathwayId: string;
  readonly isStalled: boolean;
  /** Seconds of video loaded, and the bits that it took, sound included. */
  readonly loadedSeconds: number;
  readonly loadedBits: number;
  /** Of a broadcast alone. */
  readonly live: LiveFigures | undefined;
};

type Draft = { state: ViewerState; effects: ViewerEffect[]; readonly nowMs: number };

/** The viewer clicks: asks for the multivariant playlist at its own edge, and soon at the others. */
export function startViewer(options: ViewerOptions, nowMs: number): ViewerStep {
  const pathwayIds = options.edges.map(({ pathwayId }) => pathwayId);
  const state: ViewerState = {
    options,
    startedAtMs: nowMs,
    delivery: initialDelivery(pathwayIds, options.edges[0].pathwayId, nowMs),
    playback: undefined,
    manifests: 0,
    manifestTries: 0,
    manifestAtMs: nowMs,
    playbackWakeAtMs: Number.POSITIVE_INFINITY,
    recovery: initialRecovery(nowMs),
    sampledSeconds: 0,
    reloadAtMs: Number.POSITIVE_INFINITY,
    reloads: 0,
    outcome: 'watching',
    endedAtMs: Number.POSITIVE_INFINITY,
    lostReason: undefined,
    errors: new Map(),
  };
  return stepViewer(state, { type: 'wake' }, nowMs);
}

/** One step: the next state, what the shell must do, and when to wake the machine. */
export function stepViewer(state: ViewerState, event: ViewerEvent, nowMs: number): ViewerStep {
  const draft: Draft = { state, effects: [], nowMs };
  if (state.outcome !== 'watching') return close(draft);
  if (event.type === 'leave') end(draft, 'left');
  else if (event.type === 'wake') wake(draft);
  else deliver(draft, event);
  if (draft.state.playback?.condition === 'ended') end(draft, 'finished');
  if (draft.state.outcome === 'watching') sample(draft);
  return close(draft);
}

function close({ state, effects }: Draft): ViewerStep {
  if (state.outcome !== 'watching') return { state, effects, wakeAtMs: Number.POSITIVE_INFINITY };
  const { dueAtMs, askUntilMs } = state.delivery.rounds;
  const own = Math.min(state.playbackWakeAtMs, state.manifestAtMs, state.reloadAtMs, stuckAtMs(state));
  let wakeAtMs = Math.min(dueAtMs, askUntilMs, own);
  for (const { race } of state.delivery.flights) wakeAtMs = Math.min(wakeAtMs, race.wakeAtMs);
  return { state, effects, wakeAtMs };
}

/** When a viewer without a picture starts again. */
function stuckAtMs({ playback, recovery }: ViewerState): number {
  return playback?.condition !== 'playing'
    ? recovery.progressAtMs + STUCK_AFTER_MS
    : Number.POSITIVE_INFINITY;
}

function wake(draft: Draft): void {
  const { nowMs } = draft;
  if (nowMs >= draft.state.reloadAtMs) reload(draft);
  if (nowMs >= draft.state.manifestAtMs) askManifest(draft);
  deliver(draft, { type: 'wake' });
  if (nowMs >= draft.state.playbackWakeAtMs) play(draft, { type: 'wake' });
}

/** Tells the last resort whether the picture moves, as the player does several times a second. */
function sample(draft: Draft): void {
  const { playback, sampledSeconds } = draft.state;
  const position = playback === undefined ? 0 : positionOfPlaying(playback, draft.nowMs);
  const hasProgressed = position !== sampledSeconds;
  draft.state = { ...draft.state, sampledSeconds: position };
  const bufferedMs = playback === undefined ? 0 : bufferedMsOfPlaying(playback, draft.nowMs);
  recover(draft, { type: 'sample', bufferedMs, hasProgressed, isWaiting: true });
}

function recover(draft: Draft, event: RecoveryEvent): void {
  const step = stepRecovery(draft.state.recovery, event, draft.nowMs);
  draft.state = { ...draft.state, recovery: step.state };
  for (const effect of step.effects) {
    if (effect.type === 'reload') draft.state = { ...draft.state, reloadAtMs: draft.nowMs + effect.afterMs };
    else if (effect.type === 'give-up') lose(draft, 'no region answered');
  }
}

/** The same video from where it stands, beginning with the multivariant playlist. */
function reload(draft: Draft): void {
  for (const { id } of draft.state.delivery.flights) deliver(draft, { type: 'abort', id });
  draft.state = {
    ...draft.state,
    reloadAtMs: Number.POSITIVE_INFINITY,
    reloads: draft.state.reloads + 1,
    manifestTries: 0,
    manifestAtMs: draft.nowMs,
    playbackWakeAtMs: Number.POSITIVE_INFINITY,
  };
}

function askManifest(draft: Draft): void {
  const { edges, path } = draft.state.options;
  const manifests = draft.state.manifests + 1;
  draft.state = { ...draft.state, manifestAtMs: Number.POSITIVE_INFINITY, manifests };
  const addresses = new Map(edges.map(({ pathwayId, baseUrl }) => [pathwayId, `${baseUrl}${path}`]));
  deliver(draft, { type: 'request', id: -manifests, kind: 'manifest', addresses, bufferedMs: 0 });
}

function deliver(draft: Draft, event: DeliveryEvent): void {
  const step = stepDelivery(draft.state.delivery, event, draft.nowMs);
  draft.state = { ...draft.state, delivery: step.state };
  for (const effect of step.effects) {
    if (effect.type === 'loaded') arrive(draft, effect.id, effect.result);
    else if (effect.type === 'gave-up') giveUp(draft, effect.id, effect.reason);
    else if (effect.type === 'round')
      deliver(draft, { type: 'round', addresses: questionsFor(draft, effect.url) });
    else if (effect.type === 'error') count(draft, effect.pathwayId, effect.reason);
    else draft.effects.push(effect);
  }
}

function count(draft: Draft, pathwayId: string, reason: FailureReason): void {
  const code = reason.code === 'status' ? `status ${reason.status}` : reason.code;
  const key = `${pathwayId} ${code}`;
  const errors = new Map([...draft.state.errors, [key, (draft.state.errors.get(key) ?? 0) + 1]]);
  draft.state = { ...draft.state, errors };
}

/** An edge that has just failed would cost its whole timeout, so it is asked last. */
function questionsFor(draft: Draft, url: string): readonly string[] {
  const { options, delivery, playback } = draft.state;
  const badness = ({ pathwayId }: ViewerEdge): number =>
    Number(isBadPathway(delivery.failover, pathwayId, draft.nowMs));
  const bases = [...options.edges].sort((a, b) => badness(a) - badness(b)).map(({ baseUrl }) => baseUrl);
  return questionUrls(url, bases, {
    pathwayId: delivery.failover.current,
    throughputBps: playback === undefined ? options.throughputBps : estimatedBps(playback.estimate),
    sessionId: options.sessionId,
    group: options.group,
  });
}

function arrive(draft: Draft, id: number, result: Loaded): void {
  if (id > 0) {
    play(draft, { type: 'loaded', id, result });
    return;
  }
  if (result.content?.type !== 'presentation') {
    giveUp(draft, id, { code: 'invalid' });
    return;
  }
  const { presentation } = result.content;
  const { pathwayIds, preferred, steeringUrl } = presentation;
  deliver(draft, { type: 'known', pathwayIds, preferred });
  if (steeringUrl !== undefined) deliver(draft, { type: 'steering', url: steeringUrl });
  const { startedAtMs, options } = draft.state;
  const isLive = options.live !== undefined;
  const begin = { startedAtMs, throughputBps: options.throughputBps, firstId: 1, isLive };
  const before = draft.state.playback;
  const playback =
    before === undefined
      ? initialPlaying(presentation, begin, draft.nowMs)
      : restartedPlaying(before, presentation, draft.nowMs);
  draft.state = { ...draft.state, playback };
  play(draft, { type: 'wake' });
}

function giveUp(draft: Draft, id: number, reason: FailureReason): void {
  if (id > 0) {
    play(draft, { type: 'gave-up', id });
    return;
  }
  const isRefused = reason.code === 'status' && REFUSALS.includes(reason.status);
  if (isRefused || (reason.code === 'status' && reason.status === 404)) {
    lose(draft, `status ${reason.status}`);
    return;
  }
  const { manifestTries } = draft.state;
  if (manifestTries >= MANIFEST_RETRIES_MAX) {
    recover(draft, { type: 'fatal', isMediaError: false, details: reason.code });
    return;
  }
  const manifestAtMs = draft.nowMs + retryPauseMs(manifestTries);
  draft.state = { ...draft.state, manifestTries: manifestTries + 1, manifestAtMs };
}

function play(draft: Draft, event: PlaybackEvent): void {
  const { playback, delivery } = draft.state;
  if (playback === undefined) return;
  const step = stepPlaying(playback, event, draft.nowMs, (id) => progressOf(delivery, id));
  draft.state = { ...draft.state, playback: step.state, playbackWakeAtMs: step.wakeAtMs };
  for (const effect of step.effects) {
    if (effect.type === 'fatal')
      recover(draft, { type: 'fatal', isMediaError: false, details: effect.details });
    else deliver(draft, effect);
  }
}

/** How far a request has come: its leading attempt. */
function progressOf(delivery: DeliveryState, id: number): Progress | undefined {
  const flight = delivery.flights.find((candidate) => candidate.id === id);
  const index = flight?.race.state.attempts.findIndex(({ condition, hasBytes }) => {
    return condition === 'running' && hasBytes;
  });
  const leading = index === undefined || index < 0 ? 0 : index;
  const attempt = flight?.attempts[leading];
  return attempt === undefined
    ? undefined
    : { ...attempt, pathwayId: flight?.race.state.attempts[leading]?.candidate ?? '' };
}

function lose(draft: Draft, reason: string): void {
  if (draft.state.outcome !== 'watching') return;
  draft.state = { ...draft.state, lostReason: reason };
  end(draft, 'lost');
}

function end(draft: Draft, outcome: Exclude<Outcome, 'watching'>): void {
  deliver(draft, { type: 'stop' });
  draft.state = { ...draft.state, outcome, endedAtMs: draft.nowMs };
  draft.effects.push({ type: 'ended', outcome });
}

/** What has been measured at the viewer so far. */
export function reportOf(state: ViewerState, nowMs: number): ViewerReport {
  const { playback, delivery } = state;
  return {
    outcome: state.outcome,
    lostReason: state.lostReason,
    startupMs: playback?.startupMs,
    stalls: playback === undefined ? [] : stallsOf(playback, Math.min(nowMs, state.endedAtMs)),
    levelSwitches: playback?.levelSwitches ?? 0,
    pathwaySwitches: delivery.failover.switches.filter(({ reason }) => reason.code !== 'start'),
    errors: state.errors,
    reloads: state.reloads,
    bufferedMs: playback === undefined ? 0 : bufferedMsOfPlaying(playback, nowMs),
    pathwayId: delivery.failover.current,
    isStalled: playback?.condition === 'stalled',
    loadedSeconds: playback?.loadedSeconds ?? 0,
    loadedBits: playback?.loadedBits ?? 0,
    live: liveFiguresOf(playback, state.options.live?.epochMs ?? 0, nowMs),
  };
}
