// Tells the edges what the viewer sees, as CMCD events: how requests ended, whether the picture moves, which pathway it comes
// from. Posted to whichever edge takes them, so that a site in trouble is told of by way of the others. What is told and
// when is decided in src/core/playback; here are the timers and the requests. hls.js could post some of it, but it knows
// one address only, and nothing of the requests that were given up.

import {
  addEvent,
  type EventQueue,
  initialQueue,
  type QueueEvent,
  stepQueue,
} from '../../src/core/playback/event-queue.ts';
import {
  answeredEvent,
  errorEvent,
  INTERVAL_MS,
  intervalEvent,
  type LineOf,
  type PlayerState,
  pathwayEvent,
  stateEvent,
  type ViewingIdentity,
  type ViewingMoment,
  verdictEvent,
} from '../../src/core/playback/viewing-events.ts';
import type { RequestTelling } from './router.ts';

/** An edge that does not take events within this is passed over for the next one. */
const POST_MS_MAX = 3_000;

/** How the viewing is; without a state nobody watches yet. */
export type Glance = Omit<ViewingMoment, 'atMs' | 'pathwayId'> & { readonly startupMs: number | undefined };

export type Telling = RequestTelling & {
  /** Looks whether something has changed; cheap, called many times a second. */
  readonly look: (glance: () => Glance) => void;
  readonly stop: () => void;
};

export type TellingOptions = ViewingIdentity & {
  /** Base addresses without a slash at the end, the one to tell first. */
  readonly edgeBaseUrls: () => readonly string[];
  readonly pathwayId: () => string;
};

/** For players that tell nothing. */
export const TELLS_NOTHING: Telling = {
  answered: () => undefined,
  judged: () => undefined,
  look: () => undefined,
  stop: () => undefined,
};

const epochNowMs = (): number => performance.timeOrigin + performance.now();

/** A post that needs no preflight, and that outlives the page when the viewer leaves. */
async function post(url: string, body: string, isLast: boolean): Promise<boolean> {
  try {
    const { status } = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
      credentials: 'omit',
      keepalive: isLast,
      signal: AbortSignal.timeout(POST_MS_MAX),
    });
    // What an edge cannot read another one cannot either.
    return (status >= 200 && status < 300) || status === 400 || status === 413;
  } catch {
    return false;
  }
}

/** Starts telling. */
export function createTelling(options: TellingOptions): Telling {
  let queue: EventQueue = initialQueue();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: PlayerState | undefined;
  let pathwayId: string | undefined;
  let toldAtMs = 0;
  let hasStarted = false;
  let glance: (() => Glance) | undefined;

  const moment = (of: Glance): ViewingMoment => ({
    ...of,
    atMs: epochNowMs(),
    pathwayId: options.pathwayId(),
  });

  function step(event: QueueEvent): void {
    const edges = options.edgeBaseUrls();
    const next = stepQueue(queue, event, edges.length, performance.now());
    queue = next.queue;
    for (const { body, attempt } of next.effects) {
      const base = edges[attempt % Math.max(1, edges.length)] ?? '';
      post(`${base}/cmcd?t=${Math.round(epochNowMs())}`, body, queue.isClosed)
        .then((isTaken) => step({ type: isTaken ? 'posted' : 'failed' }))
        .catch(() => undefined);
    }
    clearTimeout(timer);
    if (Number.isFinite(next.wakeAtMs))
      timer = setTimeout(() => step({ type: 'wake' }), Math.max(0, next.wakeAtMs - performance.now()));
  }

  function tell(lineOf: LineOf, isUrgent: boolean): void {
    queue = addEvent(queue, lineOf, isUrgent, performance.now());
    step({ type: 'wake' });
  }

  function tellState(now: Glance): void {
    state = now.state;
    const startupMs = state === 'p' && !hasStarted ? now.startupMs : undefined;
    hasStarted ||= state === 'p';
    toldAtMs = performance.now();
    if (state === 'f') tell(errorEvent(options, moment(now), 'failed'), true);
    tell(stateEvent(options, moment(now), startupMs), state === 'r' || state === 'f');
  }

  /** The viewer has left the page, or goes elsewhere in it. */
  function leave(): void {
    if (glance !== undefined && state !== 'q' && state !== 'e' && state !== 'f')
      tellState({ ...glance(), state: 'q' });
    step({ type: 'close' });
  }
  addEventListener('pagehide', leave);

  return {
    answered: (request) =>
      tell(
        answeredEvent(options, { ...request, startedAtMs: performance.timeOrigin + request.startedAtMs }),
        false,
      ),
    judged: (url, startedAtMs, verdict) =>
      tell(verdictEvent(options, url, performance.timeOrigin + startedAtMs, epochNowMs(), verdict), true),
    look(next) {
      glance = next;
      const now = next();
      if (now.state !== state) tellState(now);
      const current = options.pathwayId();
      const hasMoved = pathwayId !== undefined && pathwayId !== current;
      pathwayId = current;
      if (hasMoved) tell(pathwayEvent(options, moment(now)), false);
      if (performance.now() - toldAtMs < INTERVAL_MS) return;
      toldAtMs = performance.now();
      tell(intervalEvent(options, moment(now)), false);
    },
    stop() {
      removeEventListener('pagehide', leave);
      leave();
    },
  };
}
