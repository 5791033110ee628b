// Routes every request of the player to a pathway. It owns the failover state, runs the races, and tells those in
// flight when their pathway is lost. All decisions are in failover.ts and request-race.ts.

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
import { type RequestKind, requestLimits, withFirstByte } from '../../src/core/playback/request-limits.ts';
import {
  type RaceEvent,
  type RaceLimits,
  type RaceStep,
  startRace,
  stepRace,
} from '../../src/core/playback/request-race.ts';
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

export type RouterOptions = {
  /** Where playlists may be found before any has been read; the first is the viewer's own edge. */
  readonly startRoutes: readonly [Route, ...Route[]];
  readonly bufferedMs: () => number;
  readonly onMoved: (moved: Switch) => void;
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
        addresses,
        requestLimits(request.kind, options.bufferedMs(), usualFirstByteMs),
        { apply, observe },
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

type Reports = {
  readonly apply: (event: FailoverEvent) => void;
  readonly observe: (firstByteMs: number) => void;
};

/** Runs one race: turns its effects into requests and reports, and what happens into its events. */
function fly(
  request: RoutedRequest,
  addresses: ReadonlyMap<string, string>,
  limits: RaceLimits,
  reports: Reports,
  onEnd: () => void,
): Flight & { readonly start: () => void } {
  const cancels: (() => void)[] = [];
  const results: AttemptResult[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let race: RaceStep | undefined;

  const step = (event: RaceEvent): void => {
    if (race !== undefined) perform(stepRace(race.state, event, performance.now()));
  };

  const open = (attempt: number, candidate: string): void => {
    cancels[attempt] = openAttempt(addresses.get(candidate) ?? request.url, request.headers, {
      onHeard: (loaded, total) => {
        step({ type: 'heard', attempt });
        if (loaded > 0) request.onProgress?.(loaded, total);
      },
      onDone: (result) => {
        results[attempt] = result;
        step({ type: 'done', attempt });
      },
      onFailed: (reason) => step({ type: 'failed', attempt, reason }),
    });
  };

  const perform = (next: RaceStep): void => {
    race = next;
    for (const effect of next.effects) {
      if (effect.type === 'open') open(effect.attempt, effect.candidate);
      else if (effect.type === 'cancel') cancels[effect.attempt]?.();
      else if (effect.type === 'report-late') reports.apply({ type: 'late', pathwayId: effect.candidate });
      else if (effect.type === 'report-failed')
        reports.apply({ type: 'failed', pathwayId: effect.candidate, reason: effect.reason });
      else if (effect.type === 'report-answered') {
        if (request.kind === 'media') reports.observe(effect.firstByteMs);
        reports.apply({ type: 'answered', pathwayId: effect.candidate });
      } else if (effect.type === 'fail') request.onFailed(effect.reason);
      else {
        const result = results[effect.attempt];
        const candidate = next.state.attempts[effect.attempt]?.candidate ?? '';
        const url = addresses.get(candidate) ?? request.url;
        if (result !== undefined) request.onDone({ ...result, url });
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
    start: () => perform(startRace([...addresses.keys()], limits, performance.now())),
    lose: (candidate) => step({ type: 'lost', candidate }),
    abort: () => step({ type: 'abort' }),
  };
}
