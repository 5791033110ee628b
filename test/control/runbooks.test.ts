// Runbooks against a real fleet: what runs change, what guards refuse, who may decide, and that a killed control does
// nothing twice. Nodes are fake, and time runs faster than it does.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { RunView } from '#contract/api/runbooks.ts';
import type { ApiClient } from '#contract/client.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { readStepHistory } from '#control/runbooks/history.ts';
import { openDatabase } from '#platform/database/database.ts';
import { silentLog } from '#platform/log.ts';
import { claimPorts } from '../support/free-ports.ts';
import { waitFor } from '../support/wait-for.ts';
import { addressOf, startChild } from './child.ts';
import type { ChildOptions } from './control-child.ts';
import { runbooksAlone } from './runbook-world.ts';
import { codeOf, type FakeNode, onEveryDatabase, settle, type TestControl } from './support.ts';

async function start(suite: { start(): Promise<TestControl> }) {
  const world = await suite.start();
  return { world, nodes: await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1') };
}

const begin = (
  admin: ApiClient,
  runbookId: string,
  parameters: Record<string, string>,
  incidentId: string | null = null,
) =>
  admin.call('POST /v1/runbooks/{runbookId}/runs', {
    params: { runbookId },
    body: { parameters, incidentId },
  });

const show = (admin: ApiClient, runId: string) =>
  admin.call('GET /v1/runbook-runs/{runId}', { params: { runId } });

/** Beats until the run looks as it should. */
function reach(
  world: TestControl,
  nodes: readonly FakeNode[],
  runId: string,
  is: (run: RunView) => boolean,
): Promise<RunView> {
  return waitFor('the run to get there', async () => {
    world.clock.advance(2_000);
    for (const node of nodes) await node.beat();
    const run = await show(world.admin, runId);
    return is(run) ? run : undefined;
  });
}

const isAsking = ({ waitsFor }: RunView): boolean => waitsFor === 'approval';
const isEnded = ({ endedAtMs }: RunView): boolean => endedAtMs !== null;

const drained = async (database: TestControl['database']): Promise<string[]> =>
  (await database.selectFrom('drains').select('site_id').execute()).map(({ site_id }) => site_id);

const outcomes = (run: RunView) => run.actions.map(({ key, outcome }) => [key, outcome]);

/** A runbook that asks before it drains, so that a test knows the moment. */
const ASK_FIRST = `
id: ask-first
version: 1
title: Ask first
description: Drains after a question
parameters:
  target: { type: place, description: Where }
steps:
  - { id: ask, kind: approval, role: admin, title: Ask, ask: Drain it? }
  - id: drain
    kind: action
    title: Drain
    action: { kind: drain, target: $target }
    rollback: [{ kind: restore, target: $target }]
`;

const save = (admin: ApiClient, runbookId: string, text: string) =>
  admin.call('PUT /v1/runbooks/{runbookId}', { params: { runbookId }, body: { text } });

const decide = (admin: ApiClient, runId: string, stepId: string, isApproved = true, note = '') =>
  admin.call('POST /v1/runbook-runs/{runId}/decide', {
    params: { runId },
    body: { stepId, isApproved, note },
  });

onEveryDatabase('runbooks', (suite) => {
  test('draining a region is judged, done once, watched to its end and told; restoring brings it back', async () => {
    const { world, nodes } = await start(suite);
    const incident = await world.admin.call('POST /v1/incidents', { body: { title: 'Dublin is slow' } });
    const started = await begin(world.admin, 'drain-region', { target: 'dublin' }, incident.id);
    assert.ok(started.guards.every(({ isHeld }) => isHeld));
    assert.deepEqual(started.radius.siteIds, ['dublin-1']);
    const again = await begin(world.admin, 'drain-region', { target: 'dublin' });
    assert.equal(again.id, started.id, 'one run of the same at a time');
    const run = await reach(world, nodes, started.id, isEnded);
    assert.equal(run.status, 'succeeded', run.failure ?? '');
    assert.deepEqual(await drained(world.database), ['dublin-1']);
    assert.deepEqual(outcomes(run), [
      ['broadcasts', 'unchanged'],
      ['drain', 'changed'],
    ]);
    assert.ok(run.steps.every(({ state }) => state === 'done'));
    const { entries } = await world.admin.call('GET /v1/audit');
    const entry = defined(
      entries.find(({ action }) => action === 'drain.start'),
      'an audit entry',
    );
    assert.match(entry.actor, new RegExp(`^runbook:drain-region \\(${run.id}\\) for token:`));
    const told = await waitFor('the timeline to hear the end', async () => {
      const { entries } = await world.admin.call('GET /v1/incidents/{incidentId}/timeline', {
        params: { incidentId: incident.id },
      });
      const lines = entries.map(({ kind, text }) => `${kind} ${text}`);
      return lines.includes('note The run has succeeded') && lines;
    });
    assert.ok(told.includes('action Draining dublin-1'), told.join('\n'));
    const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'runbook' } });
    assert.deepEqual(
      changes.map(({ summary, labels }) => [summary, labels.region]),
      [['Drain a region: Draining dublin-1', 'dublin']],
    );

    const parameters = { target: 'dublin', settle: '3s' };
    const { id } = await begin(world.admin, 'restore-region', parameters);
    const back = await reach(world, nodes, id, isEnded);
    assert.equal(back.status, 'succeeded', back.failure ?? '');
    assert.deepEqual(outcomes(back), [
      ['one', 'changed'],
      ['half', 'unchanged'],
      ['all', 'unchanged'],
    ]);
    assert.deepEqual(await drained(world.database), []);
  });

  test('a drain that would leave no room for one more loss is refused, and changes nothing', async () => {
    const { world, nodes } = await start(suite);
    const first = await begin(world.admin, 'drain-region', { target: 'dublin' });
    const parameters = { target: 'singapore-1' };
    const plan = await world.admin.call('POST /v1/runbooks/{runbookId}/dry-run', {
      params: { runbookId: 'drain-region' },
      body: { parameters },
    });
    assert.equal(plan.isAllowed, false);
    assert.deepEqual(
      plan.guards.filter(({ isHeld }) => !isHeld).map(({ code }) => code),
      ['spare_capacity'],
    );
    assert.equal(plan.steps[0]?.observations[0]?.isMet, false);
    assert.equal(await codeOf(begin(world.admin, 'drain-region', parameters)), 'conflict');
    assert.equal(await codeOf(begin(world.admin, 'drain-region', { target: 'atlantis' })), 'invalid_request');
    assert.equal(await codeOf(begin(world.admin, 'drain-region', {})), 'invalid_request');
    assert.equal(await codeOf(begin(world.admin, 'no-such', {})), 'not_found');
    await reach(world, nodes, first.id, isEnded);
    assert.deepEqual(await drained(world.database), ['dublin-1']);
  });

  test('the world may change while a run waits: the action is judged again when its moment comes', async () => {
    const { world, nodes } = await start(suite);
    await save(world.admin, 'ask-first', ASK_FIRST);
    const run = await begin(world.admin, 'ask-first', { target: 'dublin' });
    await world.admin.call('POST /v1/drains/{target}', { params: { target: 'singapore' }, body: {} });
    await settle(nodes);
    const ended = await decide(world.admin, run.id, 'ask');
    assert.equal(ended.status, 'failed');
    assert.match(ended.failure ?? '', /Only 1 healthy site is left/);
    assert.deepEqual(outcomes(ended), [['drain', 'refused']]);
    assert.deepEqual(await drained(world.database), ['singapore-1']);
  });

  test('people decide, pause, resume and cancel; cancelling with undo restores the site', async () => {
    const { world, nodes } = await start(suite);
    const operator = await world.clientFor('operator');
    const viewer = await world.clientFor('viewer');
    const run = await begin(operator, 'shift-traffic', { site: 'dublin-1' });
    const params = { runId: run.id };
    const asking = await reach(world, nodes, run.id, isAsking);
    assert.equal(asking.stepId, 'work');
    const pause = (client: ApiClient) => client.call('POST /v1/runbook-runs/{runId}/pause', { params });
    assert.equal(await codeOf(pause(viewer)), 'forbidden');
    assert.equal((await pause(operator)).waitsFor, 'resume');
    assert.equal(await codeOf(pause(operator)), 'conflict');
    assert.equal(await codeOf(decide(operator, run.id, 'work')), 'conflict');
    await operator.call('POST /v1/runbook-runs/{runId}/resume', { params });
    assert.deepEqual(await drained(world.database), ['dublin-1']);
    await operator.call('POST /v1/runbook-runs/{runId}/cancel', { params, body: { isUndone: true } });
    const ended = await reach(world, nodes, run.id, isEnded);
    assert.equal(ended.status, 'cancelled');
    assert.deepEqual(outcomes(ended).at(-1), ['drain~0', 'changed']);
    assert.deepEqual(await drained(world.database), []);

    await save(world.admin, 'ask-first', ASK_FIRST);
    const asked = await begin(operator, 'ask-first', { target: 'dublin' });
    assert.equal(await codeOf(decide(operator, asked.id, 'ask')), 'forbidden', 'the step asks an admin');
    const rejected = await decide(world.admin, asked.id, 'ask', false, 'the provider says no');
    assert.equal(rejected.status, 'failed');
    assert.match(rejected.journal.map(({ text }) => text).join('\n'), /rejected: the provider says no/);
    assert.deepEqual(await drained(world.database), []);
  });

  test('encoders rest until the run is undone, and a last region that encodes is never paused', async () => {
    const { world, nodes } = await start(suite);
    const paused = async () =>
      (await world.admin.call('GET /v1/encoding')).regions
        .filter(({ isPaused }) => isPaused)
        .map(({ id }) => id);
    for (const region of ['dublin', 'singapore']) {
      const run = await begin(world.admin, 'pause-encoding', { region });
      const ended = await reach(world, nodes, run.id, isEnded);
      assert.equal(ended.status, 'succeeded', ended.failure ?? '');
    }
    assert.deepEqual((await paused()).sort(), ['dublin', 'singapore']);
    assert.equal(await codeOf(begin(world.admin, 'pause-encoding', { region: 'los-angeles' })), 'conflict');
  });

  test('encoders are scaled when their nodes have followed, and get the number of before when they do not', async () => {
    const { world, nodes } = await start(suite);
    const gauges = { encoder_slots: 1, encoder_slots_max: 4 };
    for (const node of nodes) node.report = { gauges };
    await settle(nodes);
    const scaledTo = async () =>
      (await world.admin.call('GET /v1/encoding')).regions.find(({ id }) => id === 'dublin')?.scaledTo;
    const params = { runbookId: 'scale-encoders' };
    const body = { parameters: { region: 'dublin', count: '5' } };
    const plan = await world.admin.call('POST /v1/runbooks/{runbookId}/dry-run', { params, body });
    assert.equal(plan.isAllowed, false);
    assert.match(plan.guards.find(({ isHeld }) => !isHeld)?.text ?? '', /: 5; the cores .* allow at most 4$/);
    assert.equal(await scaledTo(), null, 'a dry run changes nothing');

    const run = await begin(world.admin, 'scale-encoders', { region: 'dublin', count: '2' });
    for (const node of nodes) node.report = { gauges: { ...gauges, encoder_slots: 2 } };
    const ended = await reach(world, nodes, run.id, isEnded);
    assert.equal(ended.status, 'succeeded', ended.failure ?? '');
    assert.equal(await scaledTo(), 2);

    const late = await begin(world.admin, 'scale-encoders', {
      region: 'dublin',
      count: '4',
      patience: '10s',
    });
    assert.equal(await scaledTo(), 4);
    const failed = await reach(world, nodes, late.id, isEnded);
    assert.equal(failed.status, 'rolled_back');
    assert.deepEqual(outcomes(failed), [
      ['scale', 'changed'],
      ['scale~0', 'changed'],
    ]);
    assert.equal(await scaledTo(), 2);
  });

  test('broadcasts change over to a channel elsewhere, one by one or when their region is drained', async () => {
    const world = await suite.start();
    const nodes: FakeNode[] = [];
    for (const siteId of ['dublin-1', 'singapore-1', 'los-angeles-1'])
      nodes.push(
        await world.node(siteId, { join: { rtmpUrl: `rtmp://${siteId}.test:1935`, channelSlots: 2 } }),
      );
    await settle(nodes);
    const body = { name: 'News', publisherRegionId: 'dublin' };
    const made = await world.admin.call('POST /v1/broadcasts', { body });
    const params = { broadcastId: made.id };
    const leads = async (): Promise<string[]> => {
      const { schedule } = await world.admin.call('GET /v1/broadcasts/{broadcastId}', { params });
      return schedule.channels.map(({ regionId }) => regionId);
    };
    const [first, second] = await leads();
    const region = defined(second, 'a second channel');
    const move = await begin(world.admin, 'move-broadcast', { broadcast: made.id, region });
    assert.equal((await reach(world, nodes, move.id, isEnded)).status, 'succeeded');
    assert.deepEqual(await leads(), [region, first]);

    const nowhere = nodes
      .map(({ siteId }) => siteId.replace(/-1$/, ''))
      .find((id) => id !== first && id !== region);
    const lost = await begin(world.admin, 'move-broadcast', {
      broadcast: made.id,
      region: defined(nowhere, 'a third'),
    });
    assert.match((await reach(world, nodes, lost.id, isEnded)).failure ?? '', /has channels in/);

    const drain = await begin(world.admin, 'drain-region', { target: region });
    assert.deepEqual(drain.actions.map(({ key, detail }) => [key, detail])[0], [
      'broadcasts',
      `Broadcasts led from elsewhere than ${region} from now on: 1`,
    ]);
    assert.notEqual((await leads())[0], region);
  });

  test('a broadcast gets a channel in a region that is named, is moved there, and is refused where there is no room', async () => {
    const world = await suite.start();
    const nodes: FakeNode[] = [];
    for (const [siteId, channelSlots] of [
      ['dublin-1', 2],
      ['singapore-1', 2],
      ['los-angeles-1', 1],
    ] as const)
      nodes.push(await world.node(siteId, { join: { rtmpUrl: `rtmp://${siteId}.test:1935`, channelSlots } }));
    await settle(nodes);
    const { admin } = world;
    const make = async (name: string, publisherRegionId: string) =>
      (await admin.call('POST /v1/broadcasts', { body: { name, publisherRegionId } })).id;
    const news = await make('News', 'singapore');
    const channels = async (broadcastId: string) =>
      (
        await admin.call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId } })
      ).schedule.channels.map(({ channel, regionId }) => [channel, regionId]);
    const [primary, backup] = await channels(news);
    const third = defined(
      ['dublin', 'singapore', 'los-angeles'].find((id) => id !== primary?.[1] && id !== backup?.[1]),
      'a third region',
    );
    const parameters = { broadcast: news, region: third };
    const dryRun = (runbookId: string, given: Record<string, string>) =>
      admin.call('POST /v1/runbooks/{runbookId}/dry-run', {
        params: { runbookId },
        body: { parameters: given },
      });
    const plan = await dryRun('move-backup', parameters);
    assert.equal(plan.isAllowed, true);
    assert.deepEqual(plan.radius.others, [
      `Channels of ${news}: ${primary?.[1]}, ${third}; before ${primary?.[1]}, ${backup?.[1]}`,
    ]);
    const added = await begin(admin, 'add-channel', parameters);
    assert.equal((await reach(world, nodes, added.id, isEnded)).status, 'succeeded');
    assert.deepEqual(await channels(news), [primary, backup, [3, third]], 'the plan keeps it');

    const inRegion = (broadcastId: string, regionId: string) => ({ params: { broadcastId, regionId } });
    const remove = (regionId: string) =>
      admin.call('DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}', inRegion(news, regionId));
    const removed = await remove(third);
    assert.equal(removed.schedule.channels.length, 2);
    assert.equal(await codeOf(remove(String(backup?.[1]))), 'conflict', 'two are left at least');

    const place = (broadcastId: string, regionId: string, isMoved: boolean) =>
      admin.call('POST /v1/broadcasts/{broadcastId}/channels/{regionId}', {
        ...inRegion(broadcastId, regionId),
        body: { isMoved },
      });
    const moved = await place(news, third, true);
    assert.deepEqual(
      moved.schedule.channels.map(({ channel, regionId }) => [channel, regionId]),
      [primary, [4, third]],
    );
    assert.ok(moved.schedule.reasons.some(({ code, values }) => code === 'placed' && values.channel === 4));
    assert.equal(await codeOf(place(news, 'atlantis', true)), 'not_found');
    const changes = (await admin.call('GET /v1/changes', { query: { kind: 'config' } })).changes;
    assert.ok(changes.some(({ details }) => details.leftRegionId === backup?.[1]));

    const run = await begin(admin, 'move-backup', { broadcast: news, region: String(backup?.[1]) });
    assert.deepEqual(await channels(news), [primary, [5, backup?.[1]]]);
    const cancel = { params: { runId: run.id }, body: { isUndone: true } };
    await admin.call('POST /v1/runbook-runs/{runId}/cancel', cancel);
    const undone = await reach(world, nodes, run.id, isEnded);
    assert.deepEqual(outcomes(undone), [
      ['channel', 'changed'],
      ['channel~0', 'changed'],
    ]);
    assert.deepEqual(await channels(news), [primary, [6, third]], 'back to where it was');

    if ((await channels(news)).every(([, id]) => id !== 'los-angeles'))
      await place(news, 'los-angeles', false);
    const match = await make('Match', 'dublin');
    assert.ok((await channels(match)).every(([, id]) => id !== 'los-angeles'));
    const full = { broadcast: match, region: 'los-angeles' };
    const refused = await dryRun('add-channel', full);
    assert.deepEqual(
      refused.guards.filter(({ isHeld }) => !isHeld).map(({ code, values }) => [code, values.room]),
      [['channel_room', 0]],
    );
    assert.equal(await codeOf(begin(admin, 'add-channel', full)), 'conflict');
    await assert.rejects(
      place(match, 'los-angeles', false),
      /No room for a channel in los-angeles: 1 of 1 are taken/,
    );
  });

  test('definitions and guards are judged, versioned and changed by admins', async () => {
    const { world } = await start(suite);
    const { admin } = world;
    assert.equal(
      await codeOf(save(admin, 'ask-first', ASK_FIRST.replace('kind: drain', 'kind: explode'))),
      'invalid_request',
    );
    assert.equal(await codeOf(save(admin, 'other', ASK_FIRST)), 'invalid_request');
    await save(admin, 'ask-first', ASK_FIRST);
    assert.equal(await codeOf(save(admin, 'ask-first', ASK_FIRST)), 'conflict');
    const second = await save(admin, 'ask-first', ASK_FIRST.replace('version: 1', 'version: 2'));
    assert.equal(second.version, 2);
    assert.deepEqual(second.services, ['delivery']);
    const { versions } = await admin.call('GET /v1/runbooks/{runbookId}/versions', {
      params: { runbookId: 'ask-first' },
    });
    assert.deepEqual(
      versions.map(({ version, isInForce, isShipped }) => [version, isInForce, isShipped]),
      [
        [2, true, false],
        [1, false, false],
      ],
    );
    const drain = { params: { runbookId: 'drain-region' } };
    const own = await admin.call('GET /v1/runbooks/{runbookId}/versions', drain);
    assert.deepEqual(
      own.versions.map(({ actor, isInForce, isShipped }) => [actor, isInForce, isShipped]),
      [[null, true, true]],
    );
    const { runbooks } = await admin.call('GET /v1/runbooks');
    assert.ok(runbooks.some(({ id, isShipped }) => id === 'drain-region' && isShipped));
    assert.ok(runbooks.some(({ id, isShipped }) => id === 'ask-first' && !isShipped));
    const policy = { isAutomatic: false, runsPerHourMax: 1, viewerShareMax: 1 };
    const params = { runbookId: 'ask-first' };
    await admin.call('PUT /v1/runbooks/{runbookId}/policy', { params, body: policy });
    const run = await begin(admin, 'ask-first', { target: 'dublin' });
    const cancel = { params: { runId: run.id }, body: {} };
    assert.equal((await admin.call('POST /v1/runbook-runs/{runId}/cancel', cancel)).status, 'cancelled');
    assert.equal(await codeOf(admin.call('POST /v1/runbook-runs/{runId}/cancel', cancel)), 'conflict');
    assert.equal(await codeOf(begin(admin, 'ask-first', { target: 'dublin' })), 'conflict', 'one an hour');
    const { runs } = await admin.call('GET /v1/runbook-runs', { query: { runbookId: 'ask-first' } });
    assert.deepEqual(
      runs.map(({ id, status }) => [id, status]),
      [[run.id, 'cancelled']],
    );
    const { stats } = await admin.call('GET /v1/runbooks/{runbookId}', { params });
    assert.deepEqual(stats, {
      runCount: 1,
      endedCount: 1,
      succeededCount: 0,
      openCount: 0,
      durationMsTypical: null,
      lastRun: { id: run.id, status: 'cancelled', createdAtMs: run.createdAtMs },
    });
  });

  test('incidents start what the policy lets them; timelines and changes hear of it, also after failures', async () => {
    const own = await runbooksAlone(suite);
    const { changes, lines, runbooks } = own;
    const request = { incidentId: 'inc_1', actor: 'incident:inc_1' };
    const restoring = { ...request, runbookId: 'restore-region', parameters: { target: 'dublin' } };
    assert.equal(await codeOf(runbooks.start(restoring)), 'conflict', 'only people restore');
    own.deafTimes = 3;
    const draining = { ...request, runbookId: 'drain-region', parameters: { target: 'dublin' } };
    const { runId } = await runbooks.start(draining);
    assert.equal((await runbooks.start(draining)).runId, runId);
    await own.reach(runId, ({ status }) => status !== 'running');
    await waitFor('the timeline to hear the end', async () => {
      await runbooks.tick();
      return lines.some((line) => line.includes('The run has succeeded'));
    });
    assert.deepEqual(lines, [
      'inc_1 note Drain a region: the run begins',
      'inc_1 note The rest can carry everything, even after one more loss: done',
      'inc_1 note No broadcast with a channel elsewhere was led from dublin',
      'inc_1 note Lead live broadcasts from elsewhere: done',
      'inc_1 action Draining dublin-1',
      'inc_1 note Steer viewers away: done',
      'inc_1 note Viewers have left: done',
      'inc_1 note The run has succeeded',
    ]);
    assert.deepEqual(changes, [
      { summary: 'Drain a region: Draining dublin-1', labels: { runbook: 'drain-region', region: 'dublin' } },
    ]);
    await own.close();
  });

  test('a region that is bad for players when it comes back is drained again', async () => {
    const own = await runbooksAlone(suite);
    const { runbooks } = own;
    const principal = { kind: 'automation' as const, name: 'token:ann' };
    const common = { incidentId: null, principal, isAutomatic: false };
    const drain = await runbooks.begin({
      ...common,
      runbookId: 'drain-region',
      parameters: { target: 'dublin' },
    });
    await own.reach(drain, ({ status }) => status === 'succeeded');
    const parameters = { target: 'dublin', settle: '10s' };
    const id = await runbooks.begin({ ...common, runbookId: 'restore-region', parameters });
    assert.deepEqual(await drained(own.database), []);
    own.outcomes = { ok: 980, late: 20 };
    const run = await own.reach(id, ({ status }) => status !== 'running' && status !== 'rolling_back');
    assert.equal(run.status, 'rolled_back');
    assert.match(
      run.state.failure ?? '',
      /health gate is broken: 20 of 1000 viewer_requests were bad within 30 s \(2 %\)/,
    );
    assert.deepEqual(own.asked, { region: 'dublin' });
    assert.deepEqual(await drained(own.database), ['dublin-1']);
    await own.close();
  });

  test('a step that takes longer than it ever did is called stuck, once', async () => {
    const own = await runbooksAlone(suite);
    const principal = { kind: 'automation' as const, name: 'token:ann' };
    const waiting = (version: number, is: string): string => `
id: waiting
version: ${version}
title: Waiting
description: Waits
guards: { runsPerHourMax: 100 }
steps: [{ id: it, kind: wait, title: It, timeout: 1h, conditions: [{ kind: site_state, target: dublin, is: ${is} }] }]
`;
    const request = { runbookId: 'waiting', parameters: {}, incidentId: null, principal, isAutomatic: false };
    await own.runbooks.definitions.save(principal, 'waiting', waiting(1, 'up'));
    for (let count = 0; count < 5; count += 1) {
      const id = await own.runbooks.begin(request);
      await own.reach(id, ({ status }) => status === 'succeeded');
    }
    const history = (await readStepHistory(own.database, 'waiting')).get('it');
    assert.equal(history?.stuckAfterMs, 10_000, 'the floor: tiny durations vary most');
    assert.ok((history?.durationMsTypical ?? -1) >= 0);
    await own.runbooks.definitions.save(principal, 'waiting', waiting(2, 'down'));
    const id = await own.runbooks.begin(request);
    own.clock.advance(10_000);
    const before = await own.reach(id, () => true);
    assert.equal(before.state.steps[0]?.stuckSinceMs, null);
    own.clock.advance(1);
    const run = await own.reach(id, ({ state }) => state.steps[0]?.stuckSinceMs !== null);
    await own.runbooks.tick();
    assert.equal(run.state.journal.filter(({ text }) => text.includes('usual for it')).length, 1);
    await own.close();
  });

  test('control is killed between the intent of an action and its end; the next one does it, once', async () => {
    let address: ChildOptions['address'] | undefined;
    const [port] = await claimPorts(1);
    const config = { control: { port } };
    const world = await suite.start({
      config,
      address: (database) => {
        address = addressOf(suite, database);
        return address;
      },
    });
    const { admin } = world;
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    await save(admin, 'ask-first', ASK_FIRST);
    const { id } = await begin(admin, 'ask-first', { target: 'dublin' });
    const own = { address: defined(address, 'an address'), dataDirectory: world.dataDirectory, config };
    await world.stop();
    const database = await openDatabase<ControlTables>(own.address, { log: silentLog, connectionsMax: 2 });

    const first = await startChild(own);
    for (const node of nodes) await node.beat();
    // Whoever drains locks this row first: the action stands still in the middle of its transaction.
    const held = Promise.withResolvers<void>();
    const isLocked = Promise.withResolvers<void>();
    const blocker = database.kysely.transaction().execute(async (transaction) => {
      await transaction.selectFrom('leadership').select('id').forUpdate().execute();
      isLocked.resolve();
      await held.promise;
    });
    await isLocked.promise;
    const approving = codeOf(decide(admin, id, 'ask'));
    const actions = () => database.kysely.selectFrom('runbook_actions').select(['key', 'outcome']).execute();
    await waitFor('the intent', async () => (await actions()).length === 1);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    assert.equal(await approving, 'unavailable');
    held.resolve();
    await blocker;
    assert.deepEqual(await actions(), [{ key: 'drain', outcome: null }]);
    assert.deepEqual(await drained(database.kysely), []);

    const second = await startChild(own);
    for (const node of nodes) await node.beat();
    const run = await waitFor('the run to end', async () => {
      const seen = await show(admin, id);
      return isEnded(seen) && seen;
    });
    assert.equal(run.status, 'succeeded', run.failure ?? '');
    assert.deepEqual(await actions(), [{ key: 'drain', outcome: 'changed' }]);
    assert.deepEqual(await drained(database.kysely), ['dublin-1']);
    const events = await database.kysely
      .selectFrom('events')
      .select('subject')
      .where('type', '=', 'region.draining')
      .execute();
    assert.deepEqual(events, [{ subject: 'dublin' }]);
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    await database.close();
  });
});
