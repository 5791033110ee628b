// What the world page follows besides the world itself: traffic as viewers see it, what needs a person, what steering did.
// All of it concerns the whole installation, so a token of a single project sees the page without.

import { call } from '../api.ts';
import { useLive } from '../ui/use-live.ts';
import { askBurning, askDuties, askOpenIncidents, askWaitingRuns } from './ask-attention.ts';
import { askViewerHistory, askWatched, HISTORY_MS } from './ask-traffic.ts';

/** Players report every five seconds. */
const TRAFFIC_MS = 5_000;
const SLOW_MS = 15_000;
const GENERATIONS_SHOWN = 50;

/** Everything; undefined while it is not known. */
export function useWorldLive() {
  const watched = useLive('traffic', 'watched', askWatched, TRAFFIC_MS);
  const history = useLive('traffic', 'viewer-history', askViewerHistory, SLOW_MS);
  const generations = useLive('changes', 'generations', (signal) => {
    const query = { kind: 'generation' as const, fromMs: Date.now() - HISTORY_MS, limit: GENERATIONS_SHOWN };
    return call('GET /v1/changes', { query }, signal);
  });
  const incidents = useLive('incidents', 'open-incidents', askOpenIncidents);
  const burning = useLive('slos', 'burning', askBurning);
  const waitingRuns = useLive('runs', 'waiting-runs', askWaitingRuns);
  const duties = useLive('oncall', 'duties', askDuties, SLOW_MS);
  return {
    watched: watched.data,
    history: history.data,
    generations: generations.data?.changes,
    incidents: incidents.data,
    burning: burning.data,
    waitingRuns: waitingRuns.data,
    duties: duties.data,
  };
}
