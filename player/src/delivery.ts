// Everything below hls.js: the router, the loader it is given, and the steering loop, for one presentation.

import type { HlsConfig } from 'hls.js';
import type { Switch } from '../../src/core/playback/failover.ts';
import { withClones } from '../../src/core/playback/steering.ts';
import type { ViewingIdentity } from '../../src/core/playback/viewing-events.ts';
import type { Edge } from './edges.ts';
import { addressOn, type Route, readPresentation } from './presentation.ts';
import { createRacingLoader } from './racing-loader.ts';
import { createRouter, type Router } from './router.ts';
import { createSteeringLoop } from './steering-loop.ts';
import { createTelling, TELLS_NOTHING, type Telling } from './telling.ts';

export type DeliveryOptions = {
  readonly src: string;
  readonly edges: readonly Edge[];
  readonly sessionId: string;
  readonly group: () => string | undefined;
  readonly bufferedMs: () => number;
  readonly throughputBps: () => number;
  /** Whether what is asked for now is for later. */
  readonly isPrefetch: () => boolean;
  readonly onMoved: (moved: Switch) => void;
  /** What is watched, for the events that the edges are told; undefined: they are told nothing. */
  readonly told: Omit<ViewingIdentity, 'sessionId'> | undefined;
};

export type Delivery = {
  readonly router: Router;
  readonly loader: HlsConfig['loader'];
  /** Name of the edge the bytes come from now. */
  readonly edgeName: () => string;
  /** An address on each pathway, the one of now first, those in trouble last. */
  readonly addresses: (url: string) => readonly string[];
  readonly telling: Telling;
  readonly stop: () => void;
};

/** Routes known before any playlist: the address's own edge first, then all other edges. */
export function startRoutes(src: string, edges: readonly Edge[]): readonly [Route, ...Route[]] {
  const routes = edges.map((edge) => ({ pathwayId: edge.pathwayId, prefix: `${edge.baseUrl}/` }));
  const origin = `${new URL(src).origin}/`;
  const first = routes.find((route) => src.startsWith(route.prefix)) ?? { pathwayId: origin, prefix: origin };
  return [first, ...routes.filter((route) => route.prefix !== first.prefix)];
}

/** Creates the delivery of the presentation at `options.src`. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { edges } = options;
  const first = startRoutes(options.src, edges);
  const telling =
    options.told === undefined
      ? TELLS_NOTHING
      : createTelling({
          ...options.told,
          sessionId: options.sessionId,
          pathwayId: () => router.current(),
          edgeBaseUrls: () => {
            const bases =
              edges.length > 0 ? edges : [{ pathwayId: first[0].pathwayId, baseUrl: first[0].prefix }];
            const rank = (pathwayId: string): number =>
              router.isBad(pathwayId) ? 2 : Number(pathwayId !== router.current());
            return [...bases]
              .sort((a, b) => rank(a.pathwayId) - rank(b.pathwayId))
              .map(({ baseUrl }) => baseUrl.replace(/\/+$/, ''));
          },
        });
  const router = createRouter({
    telling,
    startRoutes: first,
    bufferedMs: options.bufferedMs,
    isPrefetch: options.isPrefetch,
    onMoved: (moved) => {
      if (moved.reason.code !== 'steering' && moved.reason.code !== 'start') steering.hurry();
      options.onMoved(moved);
    },
  });
  const steering = createSteeringLoop({
    edgeBaseUrls: () => {
      // An edge that has just failed would cost its whole timeout, so it is asked last.
      const all = [...router.routes(), ...first];
      const isBad = (route: Route): number => Number(router.isBad(route.pathwayId));
      return [...new Set(all.sort((a, b) => isBad(a) - isBad(b)).map((route) => route.prefix))];
    },
    question: () => ({
      pathwayId: router.current(),
      throughputBps: options.throughputBps(),
      sessionId: options.sessionId,
      group: options.group(),
    }),
    onAnswer: (answer) => router.steer(answer.priority, withClones(router.routes(), answer.clones)),
  });
  const loader = createRacingLoader({
    request: router.request,
    readMultivariant: (text, url) => {
      const presentation = readPresentation(text, url);
      if (presentation.routes.length === 0) return text;
      router.learn(presentation.routes, presentation.preferred);
      if (presentation.steeringUrl !== undefined) steering.start(presentation.steeringUrl);
      return presentation.text;
    },
  });
  return {
    router,
    loader,
    edgeName: () => {
      const current = router.current();
      const route = router.routes().find((candidate) => candidate.pathwayId === current);
      const edge = edges.find((candidate) => candidate.pathwayId === current);
      const host = route === undefined ? '' : new URL(route.prefix).host;
      return edge === undefined || edge.name === host ? host : `${edge.name} (${host})`;
    },
    addresses: (url) => {
      const rank = ({ pathwayId }: Route): number =>
        router.isBad(pathwayId) ? 2 : pathwayId === router.current() ? 0 : 1;
      const ids = [...router.routes()].sort((a, b) => rank(a) - rank(b)).map(({ pathwayId }) => pathwayId);
      const found = ids.map((id) => addressOn(router.routes(), url, id));
      return [...new Set([...found.filter((address) => address !== undefined), url])];
    },
    telling,
    stop: () => {
      telling.stop();
      steering.stop();
      router.stop();
    },
  };
}
