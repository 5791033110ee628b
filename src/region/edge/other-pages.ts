// What an edge answers besides media: steering, the probe, the time, the status page, and the pages of the player. None
// of it is refused while the site drains: viewers who are still here must learn where to go.

import type { Clock } from '#platform/clock.ts';
import type { EdgeCounters } from './counters.ts';
import { STALE_AFTER_MS } from './limits.ts';
import type { MediaCall } from './playback.ts';
import { sendText } from './send.ts';
import type { StaticFiles } from './static-files.ts';
import { statusDocument, statusPage } from './status-page.ts';
import { currentPathwayOf, type SteeringView, sessionOf, startingOrder, steeringAnswer } from './steering.ts';
import type { GroupFinder, ViewerHints } from './viewer-group.ts';

const STEERING = /^\/steering\/(hls|dash)\.json$/;

/** Edges for the player, also written into its pages. */
const EDGES_PATH = '/player/edges.json';

/** The moment, with milliseconds: what players of low-latency DASH set their clocks by. */
export const TIME_PATH = '/time';

function hintsOf(call: MediaCall): ViewerHints & { readonly query: URLSearchParams } {
  const { request, query } = call;
  return {
    query: new URLSearchParams(query),
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress,
  };
}

/** Creates the handler; it resolves to false when there is no such address. */
export function createOtherPages(dependencies: {
  clock: Clock;
  counters: EdgeCounters;
  files: StaticFiles;
  steeringView(): SteeringView;
  /** How long control has been silent. */
  controlSilentMs(): number;
  groups: GroupFinder;
}): (call: MediaCall) => Promise<boolean> {
  const { clock, counters, files, groups } = dependencies;

  function steer(call: MediaCall, form: 'hls' | 'dash'): void {
    const { request, response } = call;
    const hints = hintsOf(call);
    const { query, remoteAddress } = hints;
    const viewer = {
      groupId: groups.groupOf(hints),
      // Without a session the address keeps a viewer's answers stable.
      session: sessionOf(query) ?? (remoteAddress ?? 'viewer').replaceAll(/[^A-Za-z0-9]/g, '-'),
      currentPathwayId: currentPathwayOf(query),
    };
    const isLive = query.get('t') === 'live';
    const isExplained = query.get('explain') === '1';
    const answer = steeringAnswer(form, dependencies.steeringView(), viewer, isExplained, isLive);
    const body = JSON.stringify(answer);
    counters.bytesSent.value += sendText(request, response, body, 'application/json', 'no-store');
    counters.request('steering', 'hit');
    counters.steering[dependencies.controlSilentMs() > STALE_AFTER_MS ? 'stale' : 'ok'].value += 1;
  }

  /** A crowd looks at it when something is wrong: anything between may keep it for some seconds. */
  function showStatus({ request, response }: MediaCall, isJson: boolean): void {
    const document = statusDocument(dependencies.steeringView().snapshot);
    const [text, type] = isJson
      ? [JSON.stringify(document), 'application/json']
      : [statusPage(document), 'text/html; charset=utf-8'];
    counters.bytesSent.value += sendText(request, response, text, type, 'max-age=10');
    counters.request('page', 'hit');
  }

  /** The edges among which a page starts; the group only when something tells it, else the player measures. */
  function edgeList(call: MediaCall): Record<string, unknown> {
    const view = dependencies.steeringView();
    const names = new Map(view.snapshot?.regions.map(({ id, name }) => [id, name]));
    const edges = startingOrder(view)
      .filter(({ siteId }) => siteId !== null)
      .map(({ id, regionId, baseUrl }) => ({
        pathwayId: id,
        regionId,
        name: names.get(regionId) ?? regionId,
        baseUrl,
      }));
    return { edges, group: groups.toldGroup(hintsOf(call)) };
  }

  return async (call) => {
    const { request, response, path, token } = call;
    if (token !== null) return false;
    const form = STEERING.exec(path)?.[1];
    if (form === 'hls' || form === 'dash') {
      steer(call, form);
      return true;
    }
    if (path === '/probe') {
      response.writeHead(204, ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-store']);
      response.end();
      return true;
    }
    if (path === TIME_PATH) {
      const text = new Date(clock.nowMs()).toISOString();
      counters.bytesSent.value += sendText(request, response, text, 'text/plain', 'no-store');
      return true;
    }
    if (path === EDGES_PATH) {
      const text = JSON.stringify(edgeList(call));
      counters.bytesSent.value += sendText(request, response, text, 'application/json', 'no-store');
      return true;
    }
    if (path === '/status' || path === '/status.json') {
      showStatus(call, path === '/status.json');
      return true;
    }
    if (!/^\/(?:watch|embed|feed|player)\//.test(path)) return false;
    counters.bytesSent.value += await files.serve(request, response, path, () => edgeList(call));
    counters.request('page', 'hit');
    return true;
  };
}
