// Tells the edges of one virtual viewing what its real player would tell: CMCD events, in batches, to whichever edge takes
// them. What is told and when is decided in core/playback; here are the timers.

import {
  addEvent,
  type EventQueue,
  initialQueue,
  type QueueEvent,
  stepQueue,
} from '#core/playback/event-queue.ts';
import {
  errorEvent,
  INTERVAL_MS,
  intervalEvent,
  type LineOf,
  type PlayerState,
  pathwayEvent,
  stateEvent,
  type ViewingIdentity,
  type ViewingMoment,
} from '#core/playback/viewing-events.ts';
import type { Timers } from './timers.ts';

export type ViewingReporterOptions = {
  readonly identity: ViewingIdentity;
  readonly nowMs: () => number;
  /** The clock's time when `nowMs` was 0. */
  readonly epochMs: number;
  readonly timers: Timers;
  /** Base addresses of edges, the one to tell first. */
  readonly edges: () => readonly string[];
  readonly post: (url: string, body: string, onEnd: (isTaken: boolean) => void) => void;
  /** State and pathway of now: asked at each step, so it must be cheap. */
  readonly glance: () => { readonly state: PlayerState; readonly pathwayId: string };
  /** How the viewing is now; `startupMs` is known from its first picture on. */
  readonly moment: () => ViewingMoment & { readonly startupMs: number | undefined };
};

export type ViewingReporter = {
  /** Looks whether the state or the pathway has changed, and tells it. */
  readonly look: () => void;
  readonly tell: (lineOf: LineOf, isUrgent: boolean) => void;
  /** Tells the end; resolves when the last batch was taken or nobody takes it. */
  readonly close: () => Promise<void>;
};

/** Starts telling. */
export function createViewingReporter(options: ViewingReporterOptions): ViewingReporter {
  const { identity, nowMs, epochMs, timers } = options;
  let queue: EventQueue = initialQueue();
  let forgetWake = (): void => undefined;
  let state: PlayerState | undefined;
  let pathwayId: string | undefined;
  let hasStarted = false;
  let closed: (() => void) | undefined;
  let forgetInterval = timers.after(INTERVAL_MS, tellInterval);

  function tellInterval(): void {
    forgetInterval = timers.after(INTERVAL_MS, tellInterval);
    if (state !== undefined) tell(intervalEvent(identity, options.moment()), false);
  }

  function step(event: QueueEvent): void {
    const edges = options.edges();
    const next = stepQueue(queue, event, edges.length, nowMs());
    queue = next.queue;
    for (const { body, attempt } of next.effects) {
      const base = edges[attempt % Math.max(1, edges.length)] ?? '';
      const url = `${base}/cmcd?t=${Math.round(epochMs + nowMs())}`;
      options.post(url, body, (isTaken) => step({ type: isTaken ? 'posted' : 'failed' }));
    }
    forgetWake();
    if (Number.isFinite(next.wakeAtMs)) {
      const waitMs = Math.max(0, Math.ceil(next.wakeAtMs - nowMs()));
      forgetWake = timers.after(waitMs, () => step({ type: 'wake' }));
    }
    if (queue.lines.length === 0) closed?.();
  }

  function tell(lineOf: LineOf, isUrgent: boolean): void {
    queue = addEvent(queue, lineOf, isUrgent, nowMs());
    step({ type: 'wake' });
  }

  function look(): void {
    const now = options.glance();
    if (now.state !== state) {
      const moment = options.moment();
      state = now.state;
      const startupMs = state === 'p' && !hasStarted ? moment.startupMs : undefined;
      hasStarted ||= state === 'p';
      if (state === 'f') tell(errorEvent(identity, moment, 'lost'), true);
      tell(stateEvent(identity, moment, startupMs), state === 'r' || state === 'f');
    }
    const hasMoved = pathwayId !== undefined && now.pathwayId !== pathwayId;
    pathwayId = now.pathwayId;
    if (hasMoved) tell(pathwayEvent(identity, options.moment()), false);
  }

  return {
    look,
    tell,
    close() {
      forgetInterval();
      return new Promise((resolve) => {
        closed = () => {
          forgetWake();
          resolve();
        };
        step({ type: 'close' });
      });
    },
  };
}
