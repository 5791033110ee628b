// The story of a fault that no server admits: one region's edges answer every media request too late and call themselves
// healthy. Players leave by themselves, their telling burns the site's budget, somebody is paged, a runbook drains the
// region, and when the fault is lifted it comes back step by step. Nobody touches anything in between.

import { readFileSync } from 'node:fs';
import { defined } from '#base/assert.ts';
import type { IncidentDetail, IncidentEntry, incidentRoutes } from '#contract/api/incidents.ts';
import type { RunView } from '#contract/api/runbooks.ts';
import type { RouteResult } from '#contract/route.ts';
import type { Swarm } from '#viewer/swarm/swarm.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorld } from '../support/world.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import {
  BAD,
  formulaOf,
  STEP_MS,
  type Stage,
  slicesOf,
  startStage,
  startViewers,
  waitUntilWatched,
} from './stage.ts';

/** Longer than any player waits. */
const LATE_MS = 8_000;
type Postmortem = RouteResult<(typeof incidentRoutes)['GET /v1/incidents/{incidentId}/postmortem']>;

/** Without a bad request for so long it is over: the gates of restore-region look back as far. */
const QUIET_MS = 30_000;

export interface StoryResult {
  /** From the fault to the page, and what the burn table says for the measured share of bad slices. */
  readonly pageMs: number;
  readonly formulaMs: number;
  readonly errorRatio: number;
  /** From the page to the region drained, steering changed and no more bad requests. */
  readonly repairMs: number;
  readonly incident: IncidentDetail;
  readonly timeline: readonly IncidentEntry[];
  readonly drainRun: RunView;
  readonly restoreRun: RunView;
  readonly postmortem: Postmortem;
  /** Who had duty when the page went out, and the paths at the receiver that were told of it. */
  readonly onDuty: string;
  readonly toldPaths: readonly string[];
  readonly incidentCount: number;
  readonly lostViewers: number;
}

/** Quiet for ten seconds is quiet enough for a story. */
const CONFIG = {
  notifications: { allowPrivateAddresses: true },
  incidents: {
    holdMs: 10_000,
    policies: [
      {
        name: 'a place that hurts its viewers is drained',
        match: { slo: '*', region: '*' },
        severityMin: 'sev4',
        runbook: 'drain-region',
        parameters: { target: '{region}' },
      },
    ],
  },
};

/** One channel for each person of the shipped example of a rota, and the rota. */
async function putOnDuty({ client }: RunningWorld, receiver: Receiver): Promise<void> {
  const text = readFileSync(new URL('../../docs/examples/rota.yaml', import.meta.url), 'utf8');
  const names = new Set([...text.matchAll(/\b([a-z]+-(?:push|phone)|everybody)\b/g)].map(([name]) => name));
  for (const name of names) {
    const settings = { kind: 'webhook', url: `${receiver.url}/${name}` } as const;
    await client.call('POST /v1/notification-channels', { body: { name, settings } });
  }
  await client.call('PUT /v1/oncall', { body: { text } });
}

const reasonOf = ({ failure }: RunView): string => (failure === null ? '' : `: ${failure}`);

/** Plays the story; `say` gets each chapter as it comes true. */
export async function playStory(say: (text: string) => void, viewers = 200): Promise<StoryResult> {
  const receiver = await startReceiver();
  let stage: Stage | undefined;
  let swarm: Swarm | undefined;
  try {
    stage = await startStage(CONFIG);
    await putOnDuty(stage.world, receiver);
    swarm = await startViewers(stage, viewers);
    return await playChapters(stage, swarm, receiver, say);
  } finally {
    swarm?.stop();
    await swarm?.ended;
    await stage?.remove();
    await receiver.close();
  }
}

async function playChapters(
  stage: Stage,
  swarm: Swarm,
  receiver: Receiver,
  say: (text: string) => void,
): Promise<StoryResult> {
  const { world, front } = stage;
  const { client } = world;
  await waitUntilWatched(stage);
  say(`${swarm.viewersNow().length} viewers watch; ${BAD.regionId} answers in time`);

  front.setFaults([{ kind: 'late_answer', pathPrefix: '/m/', probability: 1, delayMs: LATE_MS }]);
  const faultAtMs = Date.now();
  const since = (atMs: number): string => `${((atMs - faultAtMs) / 1_000).toFixed(1)} s`;
  say(`the edges of ${BAD.regionId} answer all media ${LATE_MS / 1_000} s late and call themselves healthy`);

  const page = await waitFor(
    'the page',
    async () => {
      const { alerts } = await client.call('GET /v1/alerts', { query: { state: 'firing' } });
      return alerts.find(({ severity, labels }) => severity === 'page' && labels.site === BAD.siteId);
    },
    150_000,
  );
  say(`${since(page.startsAtMs)}: ${page.annotations.summary}`);
  const { errorRatio, formulaMs } = await formulaOf(stage, faultAtMs, page.startsAtMs);
  say(
    `the burn table says ${(formulaMs / 1_000).toFixed(1)} s for a share of ${errorRatio.toFixed(2)} bad slices`,
  );

  const incident = await waitFor('the incident', async () => {
    const { incidents } = await client.call('GET /v1/incidents', { query: {} });
    return incidents[0];
  });
  const params = { incidentId: incident.id };
  say(`${since(incident.openedAtMs)}: ${incident.id} opens: ${incident.title}`);
  const { duties } = await client.call('GET /v1/oncall/now', { query: { atMs: incident.openedAtMs } });
  const duty = defined(duties.find(({ scheduleId }) => scheduleId === 'primary')?.userId, 'somebody on duty');
  await waitFor('the page to arrive', () => receiver.told.some(({ body }) => body.includes(incident.id)));
  const told = receiver.told.filter(({ body }) => body.includes(incident.id));
  say(
    `${since(told[0]?.atMs ?? 0)}: ${duty} has duty and is told at ${told.map(({ path }) => path).join(', ')}`,
  );

  const drainRun = await waitFor(
    'the runbook to have drained the region',
    async () => {
      const { runs } = await client.call('GET /v1/runbook-runs', { query: {} });
      const run = runs.find(({ runbookId }) => runbookId === 'drain-region');
      if (run === undefined || run.endedAtMs === null) return undefined;
      return client.call('GET /v1/runbook-runs/{runId}', { params: { runId: run.id } });
    },
    240_000,
  );
  const drainedAtMs = defined(
    drainRun.steps.find(({ id }) => id === 'drain')?.endedAtMs ?? undefined,
    'the end of the drain',
  );
  say(
    `${since(drainedAtMs)}: steering leads nobody to ${BAD.regionId}; run ${drainRun.status}${reasonOf(drainRun)}`,
  );
  const cleanAtMs = await waitFor(
    'no more bad requests',
    async () => {
      const nowMs = Date.now();
      const bad = [...(await slicesOf(world, page.startsAtMs, nowMs))].filter((slice) => slice[1].bad > 0);
      const lastBadMs = Math.max(page.startsAtMs, ...bad.map(([atMs]) => atMs + STEP_MS));
      return nowMs - lastBadMs > QUIET_MS ? lastBadMs : undefined;
    },
    120_000,
  );
  say(`${since(cleanAtMs)}: the last request that was late`);

  front.setFaults([]);
  say(`${since(Date.now())}: the fault is lifted`);
  const { runId } = await client
    .call('POST /v1/runbooks/{runbookId}/runs', {
      params: { runbookId: 'restore-region' },
      body: { parameters: { target: BAD.regionId, settle: '5s' }, incidentId: incident.id },
    })
    .then((run) => ({ runId: run.id }));
  const restoreRun = await waitFor(
    'the region to be restored',
    async () => {
      const run = await client.call('GET /v1/runbook-runs/{runId}', { params: { runId } });
      return run.endedAtMs === null ? undefined : run;
    },
    240_000,
  );
  say(
    `${since(restoreRun.endedAtMs ?? 0)}: restored step by step; run ${restoreRun.status}${reasonOf(restoreRun)}`,
  );

  await waitFor(
    'the incident to resolve by itself',
    async () => (await client.call('GET /v1/incidents/{incidentId}', { params })).state === 'resolved',
    420_000,
  );
  const resolved = await client.call('GET /v1/incidents/{incidentId}', { params });
  say(`${since(resolved.resolvedAtMs ?? 0)}: the incident is resolved: ${resolved.resolution}`);
  const { entries } = await client.call('GET /v1/incidents/{incidentId}/timeline', { params, query: {} });
  const { incidents } = await client.call('GET /v1/incidents', { query: {} });
  for (const { atMs, kind, text } of [...entries].sort((one, other) => one.atMs - other.atMs))
    say(`  ${since(atMs).padStart(9)}  ${kind.padEnd(11)} ${text}`);
  return {
    pageMs: page.startsAtMs - faultAtMs,
    formulaMs,
    errorRatio,
    repairMs: Math.max(drainedAtMs, cleanAtMs) - page.startsAtMs,
    incident: resolved,
    timeline: entries,
    drainRun,
    restoreRun,
    postmortem: await client.call('GET /v1/incidents/{incidentId}/postmortem', { params }),
    onDuty: duty,
    toldPaths: told.map(({ path }) => path),
    incidentCount: incidents.length,
    lostViewers: swarm.report().viewers.lost,
  };
}
