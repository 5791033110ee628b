// Routes every request of the player to a pathway. It owns the failover state, runs the races, and tells those in
// flight when their pathway is lost. All decisions are in failover.ts and request-race.ts.

import { type AttemptVerdict, verdictOf } from '../../src/core/playback/attempt-verdict.ts';
import {
  type FailoverEvent,
  type FailoverState,
  type FailureReason,
  initialFailover,
  isBadPathway,
  orderOf,
  type Switch,
  stepFailover,
} from '../../src/core/playback/failover.ts';
import {
  heldLimits,
  type RequestKind,
  requestLimits,
  withFirstByte,
} from '../../src/core/playback/request-limits.ts';
import {
  type RaceEffect,
  type RaceEvent,
  type RaceLimits,
  type RaceStep,
  startRace,
  stepRace,
} from '../../src/core/playback/request-race.ts';
import type { AnsweredRequest } from '../../src/core/playback/viewing-events.ts';
import { type AttemptResult, openAttempt } from './attempt.ts';
import { addressOn, type Route } from './presentation.ts';

export type RoutedRequest = {
  readonly url: string;
  readonly kind: RequestKind;
  readonly headers: Readonly<Record<string, string>>;
  readonly onProgress?: (loaded: number, total: number) => void;
  readonly onDone: (result: AttemptResult & { readonly url: string }) => void;
  readonly onFailed: (reason: FailureReason) => void;
};

export type Router = {
  /** Runs a request; the function returned aborts it. */
  readonly request: (request: RoutedRequest) => () => void;
  readonly learn: (routes: readonly Route[], preferred: string) => void;
  readonly steer: (priority: readonly string[], routes: readonly Route[]) => void;
  readonly routes: () => readonly Route[];
  readonly current: () => string;
  readonly switches: () => readonly Switch[];
  readonly isBad: (pathwayId: string) => boolean;
  readonly stop: () => void;
};

/** Hears how each request to a pathway ended, as far as that says something of the pathway. */
export type RequestTelling = {
  /** A request was answered as a whole; times of performance.now(). */
  readonly answered: (request: AnsweredRequest) => void;
  readonly judged: (url: string, startedAtMs: number, verdict: AttemptVerdict) => void;
};

export type RouterOptions = {
  /** Where playlists may be found before any has been read; the first is the viewer's own edge. */
  readonly startRoutes: readonly [Route, ...Route[]];
  readonly bufferedMs: () => number;
  /** Whether what is asked for now is for later. */
  readonly isPrefetch: () => boolean;
  readonly onMoved: (moved: Switch) => void;
  /** What the edges are told of requests. */
  readonly telling: RequestTelling;
};

type Flight = { readonly lose: (pathwayId: string) => void; readonly abort: () => void };

/** Creates a router that knows no pathway yet. */
export function createRouter(options: RouterOptions): Router {
  let state: FailoverState = initialFailover();
  let routes: readonly Route[] = [];
  let usualFirstByteMs = 0;
  const flights = new Set<Flight>();

  const apply = (event: FailoverEvent): void => {
    const step = stepFailover(state, event, performance.now());
    state = step.state;
    for (const effect of step.effects) {
      if (effect.type === 'moved') options.onMoved(effect.switch);
      else for (const flight of [...flights]) flight.lose(effect.pathwayId);
    }
  };

  const observe = (firstByteMs: number): void => {
    usualFirstByteMs = withFirstByte(usualFirstByteMs, firstByteMs);
  };

  const learn = (next: readonly Route[], preferred: string): void => {
    const before = { routes, state };
    routes = next;
    apply({ type: 'known', pathwayIds: next.map((route) => route.pathwayId), preferred });
    // An edge known only by its address has a name now; what was learnt about it at the start still holds.
    for (const old of before.routes) {
      const renamed = next.find((route) => route.prefix === old.prefix && route.pathwayId !== old.pathwayId);
      if (renamed !== undefined && isBadPathway(before.state, old.pathwayId, performance.now()))
        apply({ type: 'failed', pathwayId: renamed.pathwayId, reason: { code: 'unreachable' } });
    }
  };

  learn(options.startRoutes, options.startRoutes[0].pathwayId);

  return {
    request: (request) => {
      // Playlists of the start may also lie at edges that are no pathway.
      const start = request.kind === 'manifest' ? options.startRoutes : [];
      const addresses = addressesOf(request.url, orderOf(state, performance.now()), routes, start);
      const flight = fly(
        request,
        { addresses, isPrefetch: options.isPrefetch() },
        heldLimits(
          requestLimits(request.kind, options.bufferedMs(), usualFirstByteMs),
          heldMsOf(request.url),
        ),
        { apply, observe, telling: options.telling, bufferedMs: options.bufferedMs() },
        () => flights.delete(flight),
      );
      flights.add(flight);
      flight.start();
      return flight.abort;
    },
    learn,
    steer: (priority, next) => {
      if (next.length !== routes.length) learn(next, priority[0] ?? state.current);
      apply({ type: 'steered', priority });
    },
    routes: () => routes,
    current: () => state.current,
    switches: () => state.switches,
    isBad: (pathwayId) => isBadPathway(state, pathwayId, performance.now()),
    stop: () => {
      for (const flight of [...flights]) flight.abort();
    },
  };
}

/** A live playlist that is asked for by its next part is held until that is made: a part is a second at most. */
const HELD_RELOAD_MS = 1_000;

function heldMsOf(url: string): number {
  return url.includes('_HLS_msn=') ? HELD_RELOAD_MS : 0;
}

/** Where an address can be asked for, best first: by pathways in their order, then by further routes. */
function addressesOf(
  url: string,
  order: readonly string[],
  routes: readonly Route[],
  further: readonly Route[],
): ReadonlyMap<string, string> {
  const known = [
    ...routes,
    ...further.filter((route) => !routes.some(({ prefix }) => prefix === route.prefix)),
  ];
  const addresses = new Map<string, string>();
  for (const pathwayId of new Set([...order, ...known.map((route) => route.pathwayId)])) {
    const address = addressOn(known, url, pathwayId);
    if (address !== undefined) addresses.set(pathwayId, address);
  }
  if (addresses.size === 0) addresses.set('', url);
  return addresses;
}

/** An edge that turns a prefetch away is well, and its load is not to be carried to the others. */
const isShed = (reason: FailureReason): boolean => reason.code === 'status' && reason.status === 503;

type Reports = {
  readonly apply: (event: FailoverEvent) => void;
  readonly observe: (firstByteMs: number) => void;
  readonly telling: RequestTelling;
  /** When the bytes have to be there. */
  readonly bufferedMs: number;
};

/** Runs one race: turns its effects into requests and reports, and what happens into its events. */
function fly(
  request: RoutedRequest,
  {
    addresses,
    isPrefetch,
  }: { readonly addresses: ReadonlyMap<string, string>; readonly isPrefetch: boolean },
  limits: RaceLimits,
  reports: Reports,
  onEnd: () => void,
): Flight & { readonly start: () => void } {
  const cancels: (() => void)[] = [];
  const results: AttemptResult[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let race: RaceStep | undefined;

  const step = (event: RaceEvent): void => {
    if (race !== undefined) perform(stepRace(race.state, event, performance.now()), event.type);
  };

  const open = (attempt: number, candidate: string): void => {
    cancels[attempt] = openAttempt(
      addresses.get(candidate) ?? request.url,
      { headers: request.headers, isPrefetch },
      {
        onHeard: (loaded, total) => {
          step({ type: 'heard', attempt });
          if (loaded > 0) request.onProgress?.(loaded, total);
        },
        onDone: (result) => {
          results[attempt] = result;
          step({ type: 'done', attempt });
        },
        onFailed: (reason) => step({ type: 'failed', attempt, reason }),
      },
    );
  };

  const judge = (effect: RaceEffect, { state }: RaceStep, cause: RaceEvent['type']): void => {
    if (effect.type === 'report-failed' && isPrefetch && isShed(effect.reason)) return;
    const verdict = verdictOf(effect, state, cause, performance.now());
    const attempt = verdict === undefined ? undefined : state.attempts[verdict.attempt];
    if (verdict === undefined || attempt === undefined) return;
    reports.telling.judged(addresses.get(attempt.candidate) ?? request.url, attempt.startedAtMs, verdict);
  };

  const tellAnswer = (url: string, { startedAtMs, firstByteAtMs }: AttemptResult): void => {
    const lastByteMs = performance.now() - startedAtMs;
    const firstByteMs = firstByteAtMs - startedAtMs;
    const deadlineMs = request.kind === 'media' && !isPrefetch ? reports.bufferedMs : undefined;
    reports.telling.answered({ url, startedAtMs, firstByteMs, lastByteMs, deadlineMs });
  };

  const perform = (next: RaceStep, cause: RaceEvent['type']): void => {
    race = next;
    for (const effect of next.effects) {
      judge(effect, next, cause);
      if (effect.type === 'open') open(effect.attempt, effect.candidate);
      else if (effect.type === 'cancel') cancels[effect.attempt]?.();
      else if (effect.type === 'report-late') reports.apply({ type: 'late', pathwayId: effect.candidate });
      else if (effect.type === 'report-failed') {
        if (!isPrefetch || !isShed(effect.reason))
          reports.apply({ type: 'failed', pathwayId: effect.candidate, reason: effect.reason });
      } else if (effect.type === 'report-answered') {
        if (request.kind === 'media') reports.observe(effect.firstByteMs);
        reports.apply({ type: 'answered', pathwayId: effect.candidate });
      } else if (effect.type === 'fail') request.onFailed(effect.reason);
      else {
        const result = results[effect.attempt];
        const candidate = next.state.attempts[effect.attempt]?.candidate ?? '';
        const url = addresses.get(candidate) ?? request.url;
        if (result === undefined) continue;
        tellAnswer(url, result);
        request.onDone({ ...result, url });
      }
    }
    // An effect may have stepped the machine again; only the newest state decides about the timer.
    if (race !== next) return;
    clearTimeout(timer);
    if (Number.isFinite(next.wakeAtMs))
      timer = setTimeout(() => step({ type: 'wake' }), Math.max(0, next.wakeAtMs - performance.now()));
    else onEnd();
  };

  return {
    start: () => perform(startRace([...addresses.keys()], limits, performance.now()), 'wake'),
    lose: (candidate) => step({ type: 'lost', candidate }),
    abort: () => step({ type: 'abort' }),
  };
}
