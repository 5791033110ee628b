// Orders against a real fleet of fake nodes: what the snapshot carries, who tells what, and how orders end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { OrderInput } from '#contract/api/orders.ts';
import type { ApiClient } from '#contract/client.ts';
import { SMALL_ROTA } from '../oncall/oncall-things.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, type FakeNode, makeRecord, onEveryDatabase, settle, type TestControl } from './support.ts';

async function start(suite: { start(): Promise<TestControl> }) {
  const world = await suite.start();
  return { world, nodes: await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1') };
}

const LOOK = `
id: look
version: 1
title: Look
description: Looks whether a site is ready
parameters:
  site: { type: site, description: Where }
steps:
  - { id: ready, kind: check, title: Ready, conditions: [{ kind: sites_ready, target: $site }] }
`;

const place = (client: ApiClient, body: OrderInput) => client.call('POST /v1/orders', { body });
const show = (world: TestControl, orderId: string) =>
  world.admin.call('GET /v1/orders/{orderId}', { params: { orderId } });

/** Beats until every node has a snapshot that looks so. */
async function carried(
  nodes: readonly FakeNode[],
  is: (orders: NonNullable<NonNullable<FakeNode['snapshot']>['orders']>) => boolean,
): Promise<void> {
  await waitFor('the orders to reach every node', async () => {
    await settle(nodes);
    return nodes.every(({ snapshot }) => snapshot?.orders !== undefined && is(snapshot.orders));
  });
}

/** Lets time run, the nodes alive, until the plan gives the site such a share of its own group. */
function planned(
  world: TestControl,
  nodes: readonly FakeNode[],
  siteId: string,
  is: (share: number) => boolean,
): Promise<unknown> {
  return waitFor(`another share for ${siteId}`, async () => {
    world.clock.advance(2_000);
    for (const node of nodes) await node.beat();
    const { plan } = await world.admin.call('GET /v1/steering');
    const group = plan.groups.find(({ id }) => `${id}-1` === siteId);
    return is(group?.shares.find(({ pathwayId }) => pathwayId === siteId)?.share ?? 0);
  });
}

onEveryDatabase('orders', (suite) => {
  test('a purge travels to every edge and is done when each that is alive has told what it dropped', async () => {
    const { world, nodes } = await start(suite);
    const { order, text } = await place(world.admin, { kind: 'purge', projectId: 'default' });
    const { id } = defined(order, 'an order');
    assert.equal(text, 'Edges drop all of default');
    await carried(nodes, ({ purges }) => purges.some((purge) => purge.id === id && purge.assetId === null));
    const [first, ...rest] = nodes;
    const told = { orders: [{ id, count: 3, bytes: 3_000 }] };
    await defined(first, 'a node').beat(told);
    const waiting = await waitFor('the first report', async () => {
      const now = await show(world, id);
      return now.reports.length === 1 && now;
    });
    assert.deepEqual([waiting.isDone, waiting.endedAtMs], [false, null]);
    assert.deepEqual(waiting.missingNodeIds.toSorted(), ['los-angeles-1-a', 'singapore-1-a']);
    for (const node of rest) await node.beat(told);
    const done = await waitFor('the purge to be done', async () => {
      const now = await show(world, id);
      return now.endedAtMs !== null && now;
    });
    assert.deepEqual([done.isDone, done.reports.length, done.missingNodeIds], [true, 3, []]);
    const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'config' } });
    assert.ok(changes.some(({ summary }) => summary === 'Edges drop all of default'));
    // Edges that come back within a day still learn of it.
    await carried(nodes, ({ purges }) => purges.length === 1);
    assert.equal(await codeOf(place(world.admin, { kind: 'purge', projectId: 'no-such' })), 'not_found');
  });

  test('a runbook purges and waits for the proof; its dry run names the edges', async () => {
    const { world, nodes } = await start(suite);
    const record = makeRecord();
    await defined(nodes[0], 'a node').api.call('POST /node/v1/uploads', { body: { record } });
    const parameters = { project: 'default', asset: record.assetId };
    const plan = await world.admin.call('POST /v1/runbooks/{runbookId}/dry-run', {
      params: { runbookId: 'purge-edges' },
      body: { parameters },
    });
    assert.deepEqual(plan.radius.others, [`Edges that drop default/${record.assetId} and fetch it anew: 3`]);
    const run = await world.admin.call('POST /v1/runbooks/{runbookId}/runs', {
      params: { runbookId: 'purge-edges' },
      body: { parameters, incidentId: null },
    });
    const ended = await waitFor('the end of the run', async () => {
      world.clock.advance(1_000);
      for (const node of nodes)
        await node.beat({
          orders: (node.snapshot?.orders?.purges ?? []).map(({ id }) => ({ id, count: 1, bytes: 1 })),
        });
      const now = await world.admin.call('GET /v1/runbook-runs/{runId}', { params: { runId: run.id } });
      return now.endedAtMs !== null && now;
    });
    assert.equal(ended.status, 'succeeded', ended.failure ?? '');
    assert.match(ended.steps[0]?.observations[0]?.text ?? '', /^3 of 3 edges have dropped/);
  });

  test('a restart reaches its node alone, ends with its word, and is refused where the rest could not carry on', async () => {
    const { world, nodes } = await start(suite);
    const { order } = await place(world.admin, { kind: 'restart', nodeId: 'dublin-1-a' });
    const { id } = defined(order, 'an order');
    const again = await place(world.admin, { kind: 'restart', nodeId: 'dublin-1-a' });
    assert.equal(again.order?.id, id, 'one restart of a node at a time');
    await carried(nodes, ({ restarts }) => restarts[0]?.nodeId === 'dublin-1-a');
    const node = defined(nodes[0], 'a node');
    node.reboot();
    await node.beat({ orders: [{ id, count: 0, bytes: 0 }] });
    await waitFor('its end', async () => (await show(world, id)).isDone);
    await carried(nodes, ({ restarts }) => restarts.length === 0);

    await world.admin.call('POST /v1/drains/{target}', { params: { target: 'singapore' }, body: {} });
    const guarded = { kind: 'restart', nodeId: 'dublin-1-a' } as const;
    assert.equal(await codeOf(place(world.admin, guarded)), 'conflict');
    const forced = await place(world.admin, { ...guarded, isForced: true });
    const orderId = defined(forced.order, 'an order').id;
    assert.equal(await codeOf(place(world.admin, { kind: 'restart', nodeId: 'no-such' })), 'not_found');
    world.clock.advance(601_000);
    for (const each of nodes) await each.beat();
    const late = await waitFor('the order to be given up', async () => {
      const now = await show(world, orderId);
      return now.endedAtMs !== null && now;
    });
    assert.equal(late.isDone, false);
  });

  test('a site that is eased keeps its part, and gets the rest back; both are changes that can be taken back', async () => {
    const { world, nodes } = await start(suite);
    const own = 'dublin-1';
    await planned(world, nodes, own, (share) => share === 1);
    await place(world.admin, { kind: 'shift', siteId: own, share: 0.5 });
    await planned(world, nodes, own, (share) => Math.abs(share - 0.5) < 0.06);
    const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'config' } });
    const change = defined(
      changes.find(({ labels }) => labels.site === own),
      'the change',
    );
    const revert = () =>
      world.admin.call('POST /v1/changes/{changeId}/revert', { params: { changeId: change.id } });
    assert.equal((await revert()).isChange, true);
    assert.equal((await revert()).isChange, false);
    await planned(world, nodes, own, (share) => share > 0.94);
    assert.equal((await place(world.admin, { kind: 'shift', siteId: own, share: 1 })).order, null);
  });

  test('a throttle is replaced by the next of its scope, and ended by hand', async () => {
    const { world, nodes } = await start(suite);
    const throttle = { kind: 'throttle', regionId: 'dublin' } as const;
    const { order } = await place(world.admin, { ...throttle, floor: 'video' });
    const same = await place(world.admin, { ...throttle, floor: 'video' });
    assert.equal(same.order?.id, order?.id);
    const other = defined((await place(world.admin, { ...throttle, floor: 'live' })).order, 'an order');
    await carried(nodes, ({ throttles }) => throttles.length === 1 && throttles[0]?.floor === 'live');
    const end = () => world.admin.call('DELETE /v1/orders/{orderId}', { params: { orderId: other.id } });
    assert.notEqual((await end()).endedAtMs, null);
    assert.equal(await codeOf(end()), 'conflict');
    await carried(nodes, ({ throttles }) => throttles.length === 0);
    assert.equal(
      await codeOf(place(world.admin, { ...throttle, regionId: 'atlantis', floor: 'video' })),
      'not_found',
    );
  });

  test('a preview names nodes, guards and what it would replace, and changes nothing', async () => {
    const { world } = await start(suite);
    const preview = (body: OrderInput) => world.admin.call('POST /v1/orders/preview', { body });
    const throttle = { kind: 'throttle', regionId: 'dublin', floor: 'video' } as const;
    const { order } = await place(world.admin, throttle);
    const same = await preview(throttle);
    assert.deepEqual([same.isChange, same.replaces, same.isRoom], [false, null, true]);
    const stricter = await preview({ ...throttle, floor: 'live' });
    assert.deepEqual([stricter.isChange, stricter.replaces?.id], [true, order?.id]);
    assert.deepEqual(stricter.nodes, [{ nodeId: 'dublin-1-a', regionId: 'dublin', isAlive: true }]);
    assert.deepEqual(stricter.guards, []);
    const purge = await preview({ kind: 'purge', projectId: 'default' });
    assert.equal(purge.nodes.length, 3);
    const shift = await preview({ kind: 'shift', siteId: 'singapore-1', share: 0, isForced: true });
    assert.deepEqual(
      shift.nodes.map(({ nodeId }) => nodeId),
      ['singapore-1-a'],
    );
    assert.ok(shift.guards.length > 0, 'guards are judged also where they would not count');
    assert.equal((await preview({ kind: 'shift', siteId: 'singapore-1', share: 1 })).isChange, false);
    assert.equal(await codeOf(preview({ kind: 'restart', nodeId: 'no-such' })), 'not_found');
    assert.equal(await codeOf(preview({ kind: 'purge', projectId: 'no-such' })), 'not_found');
    const { orders } = await world.admin.call('GET /v1/orders', { query: {} });
    assert.equal(orders.length, 1);
  });

  test('orders are paged from the newest on, and filtered by kind', async () => {
    const { world } = await start(suite);
    const made: string[] = [];
    for (const regionId of ['dublin', 'singapore', 'los-angeles']) {
      const { order } = await place(world.admin, { kind: 'throttle', regionId, floor: 'video' });
      made.unshift(defined(order, 'an order').id);
      world.clock.advance(1);
    }
    await place(world.admin, { kind: 'purge', projectId: 'default' });
    const ask = (query: object) =>
      world.admin.call('GET /v1/orders', { query: { kind: 'throttle', ...query } });
    const first = await ask({ limit: 2 });
    assert.deepEqual(
      first.orders.map(({ id }) => id),
      made.slice(0, 2),
    );
    const rest = await ask({ limit: 2, before: first.nextBefore });
    assert.deepEqual(
      rest.orders.map(({ id }) => id),
      made.slice(2),
    );
    assert.equal(rest.nextBefore, null);
  });

  test('the encoders of a region take no more at once than was ordered, and more once that is taken back', async () => {
    const { world, nodes } = await start(suite);
    const node = defined(nodes[0], 'a node');
    const gauges = { encoder_slots: 1, encoder_slots_max: 4 };
    const say = async (report: typeof gauges): Promise<void> => {
      for (const each of nodes) {
        each.report = { gauges: report };
        await each.beat();
      }
    };
    await say(gauges);
    const region = async () =>
      defined(
        (await world.admin.call('GET /v1/encoding')).regions.find(({ id }) => id === 'dublin'),
        'the region',
      );
    const before = await region();
    assert.deepEqual([before.slots, before.slotsMax, before.scaledTo], [1, 4, null]);
    await say(gauges);
    const scale = (count: number, regionId = 'dublin') =>
      place(world.admin, { kind: 'scale', regionId, count });
    assert.equal(await codeOf(scale(5)), 'conflict', 'more than its cores');
    assert.equal(await codeOf(scale(1, 'atlantis')), 'not_found');
    assert.equal(await codeOf(scale(0)), 'invalid_request', 'that is a pause');
    const viewer = await world.clientFor('viewer');
    assert.equal(await codeOf(place(viewer, { kind: 'scale', regionId: 'dublin', count: 2 })), 'forbidden');
    await say(gauges);
    await scale(3);
    await scale(2);
    await carried(nodes, ({ scales = [] }) => scales.length === 1 && scales[0]?.count === 2);
    await say({ ...gauges, encoder_slots: 2 });
    const after = await region();
    assert.deepEqual([after.slots, after.scaledTo], [2, 2]);

    for (let job = 0; job < 4; job += 1)
      await node.api.call('POST /node/v1/uploads', { body: { record: makeRecord() } });
    const claim = () => node.claim({ slots: 4, waitMs: 0 });
    assert.equal((await claim()).length, 2, 'whatever a node asks for');
    assert.equal((await claim()).length, 0);

    const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'config' } });
    const [second, first] = changes.filter(({ labels }) => labels.region === 'dublin');
    const revert = (change: typeof first) =>
      world.admin.call('POST /v1/changes/{changeId}/revert', {
        params: { changeId: defined(change, 'a change').id },
      });
    assert.equal(await codeOf(revert(first)), 'conflict', 'it was changed again since');
    assert.equal((await revert(second)).isChange, true);
    assert.equal((await region()).scaledTo, 3, 'the number of before');
    assert.equal((await claim()).length, 1);
    assert.equal((await revert(second)).isChange, false);

    const again = await world.restart();
    const [kept] = (await again.admin.call('GET /v1/encoding')).regions.filter(({ id }) => id === 'dublin');
    assert.equal(kept?.scaledTo, 3, 'it survives a restart');
    await again.stop();
  });

  test('an objective goes back to the version of before; a dry run names what differs, and changes nothing', async () => {
    const { world } = await start(suite);
    const { admin } = world;
    const [shipped] = (await admin.call('GET /v1/slos')).slos;
    const { name } = defined(shipped, 'an objective');
    const read = () => admin.call('GET /v1/slos/{name}', { params: { name } });
    const { yaml } = await read();
    const apply = (title: string) =>
      admin.call('PUT /v1/slos', {
        body: { yaml: yaml.replace(/^ {2}displayName: .*$/m, `  displayName: ${title}`) },
      });
    await apply('First');
    await apply('Second');
    const { changes } = await admin.call('GET /v1/changes', { query: { kind: 'config' } });
    const [second, first] = changes
      .filter(({ isRevertible, summary }) => isRevertible && summary === `The objective ${name} was set`)
      .map(({ id }) => id);
    const revert = (changeId: number | undefined, isDryRun: 'true' | 'false' = 'false') =>
      admin.call('POST /v1/changes/{changeId}/revert', {
        params: { changeId: defined(changeId, 'a change') },
        query: { isDryRun },
      });
    assert.equal(await codeOf(revert(first)), 'conflict', 'something newer was built on it');
    const planned = await revert(second, 'true');
    assert.deepEqual(planned.differences, [
      { field: 'document.metadata.displayName', from: '"Second"', to: '"First"' },
    ]);
    assert.equal((await read()).slo.displayName, 'Second', 'a dry run');
    assert.deepEqual((await revert(second)).differences, planned.differences);
    assert.equal((await read()).slo.displayName, 'First');
    assert.equal((await revert(second)).isChange, false);
    await revert(first);
    assert.deepEqual(await read(), { slo: (await read()).slo, yaml }, 'as it came with the program');
    assert.equal((await read()).slo.origin, 'shipped');

    const params = { runbookId: 'drain-region' };
    const policyOf = async () =>
      (await admin.call('GET /v1/runbooks')).runbooks.find(({ id }) => id === 'drain-region')?.policy;
    const before = await policyOf();
    const policy = { isAutomatic: false, runsPerHourMax: 1, viewerShareMax: 0.1 };
    await admin.call('PUT /v1/runbooks/{runbookId}/policy', { params, body: policy });
    const [newest] = (await admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } })).changes;
    await revert(newest?.id);
    assert.deepEqual(await policyOf(), before);
  });

  test('runbooks and the rota go back by version, and forth again, unless a newer version is in force', async () => {
    const { world } = await start(suite);
    const { admin } = world;
    const newest = async (): Promise<number> => {
      const { changes } = await admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } });
      return defined(changes[0], 'a change').id;
    };
    const revert = (changeId: number, isDryRun: 'true' | 'false' = 'false') =>
      admin.call('POST /v1/changes/{changeId}/revert', { params: { changeId }, query: { isDryRun } });

    const params = { runbookId: 'look' };
    const save = async (version: number): Promise<number> => {
      const text = LOOK.replace('version: 1', `version: ${version}`).replace('Look', `Look ${version}`);
      await admin.call('PUT /v1/runbooks/{runbookId}', { params, body: { text } });
      return newest();
    };
    const title = async () => (await admin.call('GET /v1/runbooks/{runbookId}', { params })).title;
    const versions = async () =>
      (await admin.call('GET /v1/runbooks/{runbookId}/versions', { params })).versions.map((each) => [
        each.version,
        each.isInForce,
      ]);
    const first = await save(1);
    const second = await save(2);
    assert.equal(await codeOf(revert(first)), 'conflict', 'something newer was built on it');
    const planned = await revert(second, 'true');
    assert.deepEqual(planned.differences, [
      { field: 'title', from: '"Look 2"', to: '"Look 1"' },
      { field: 'version', from: '2', to: '1' },
    ]);
    assert.equal(await title(), 'Look 2', 'a dry run');
    assert.deepEqual(await revert(second), planned);
    assert.deepEqual(await versions(), [[1, true]]);
    assert.equal((await revert(second)).isChange, false);
    await revert(await newest());
    assert.equal(await title(), 'Look 2', 'the taking back was taken back');
    await revert(await newest());
    assert.equal(await codeOf(save(2)), 'conflict', 'a number is not given out twice');
    const third = await save(3);
    assert.equal(await codeOf(revert(second)), 'conflict');
    await revert(third);
    await revert(first);
    assert.equal(await codeOf(title()), 'not_found');

    const shipped = { runbookId: 'restart-node' };
    const { version, text } = defined(
      (await admin.call('GET /v1/runbooks/{runbookId}/versions', { params: shipped })).versions[0],
      'the shipped version',
    );
    const own = text.replace(`version: ${version}`, `version: ${version + 1}`);
    await admin.call('PUT /v1/runbooks/{runbookId}', { params: shipped, body: { text: own } });
    await revert(await newest());
    const inForce = await admin.call('GET /v1/runbooks/{runbookId}', { params: shipped });
    assert.deepEqual([inForce.version, inForce.isShipped], [version, true], 'as it came with the program');
  });

  test('a rota goes back to the version before, and the first one leaves none', async () => {
    const { world } = await start(suite);
    const { admin } = world;
    const apply = async (body: string): Promise<number> => {
      await admin.call('PUT /v1/oncall', { body: { text: body, isForced: true } });
      const { changes } = await admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } });
      return defined(changes[0], 'a change').id;
    };
    const revert = (changeId: number) =>
      admin.call('POST /v1/changes/{changeId}/revert', { params: { changeId } });
    const inForce = async () => (await admin.call('GET /v1/oncall')).current?.version;
    const first = await apply(SMALL_ROTA);
    const second = await apply(`${SMALL_ROTA}# the same in other words\n`);
    assert.equal(await codeOf(revert(first)), 'conflict');
    assert.deepEqual((await revert(second)).differences, []);
    assert.equal(await inForce(), 1);
    const { versions } = await admin.call('GET /v1/oncall/versions');
    assert.deepEqual(
      versions.map(({ version }) => version),
      [1],
    );
    const { changes } = await admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } });
    assert.equal(changes[0]?.summary, 'The rota was changed: version 1 is in force');
    const removed = await revert(first);
    assert.ok(removed.differences.some(({ field, to }) => field.startsWith('users.') && to === null));
    assert.equal(await inForce(), undefined);
    await apply(SMALL_ROTA);
    assert.equal(await inForce(), 3);
  });

  test('a setting goes back to what it was, unless it was changed again since', async () => {
    const { world } = await start(suite);
    const set = (targetLufs: number | null) =>
      world.admin.call('PUT /v1/projects/{projectId}/loudness', {
        params: { projectId: 'default' },
        body: { targetLufs },
      });
    const newest = async (): Promise<number> => {
      const { changes } = await world.admin.call('GET /v1/changes', { query: { kind: 'config', limit: 1 } });
      return defined(changes[0], 'a change').id;
    };
    const revert = (changeId: number) =>
      world.admin.call('POST /v1/changes/{changeId}/revert', { params: { changeId } });
    const loudness = async (): Promise<number | null> =>
      (await world.database.selectFrom('projects').select('target_lufs').executeTakeFirstOrThrow())
        .target_lufs;
    await set(-16);
    const first = await newest();
    await set(-23);
    const second = await newest();
    assert.equal(await codeOf(revert(first)), 'conflict');
    assert.equal(await loudness(), -23);
    assert.equal((await revert(second)).isChange, true);
    assert.equal(await loudness(), -16);
    assert.equal((await revert(first)).isChange, true);
    assert.equal(await loudness(), null);
    assert.equal(await codeOf(revert(1_000_000)), 'not_found');
  });
});
