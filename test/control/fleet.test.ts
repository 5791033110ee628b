// Join, signatures, beats, liveness, snapshots and their waves, through the real HTTP API.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { SNAPSHOT_BYTES_MAX } from '#contract/limits.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import { generateSigningKey, signNodeRequest, verifyText } from '#platform/identity.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase, settle } from './support.ts';

onEveryDatabase('joining the fleet', (suite) => {
  test('a node joins with the token of its site, once, and receives a snapshot signed by the root', async () => {
    const world = await suite.start();
    const { joinToken } = await world.admin.call('POST /v1/join-tokens', { body: { siteId: 'dublin-1' } });
    const node = world.fakeNode('dublin-1');
    await node.join(joinToken);
    const signed = defined(node.signed, 'a snapshot');
    assert.equal(verifyText(node.rootPublicKey, signed.payload, signed.signature), true);
    assert.deepEqual(
      node.snapshot?.nodes.map(({ id }) => id),
      ['dublin-1-a'],
    );
    assert.equal(node.snapshot?.controlUrl, world.url);
    assert.deepEqual(node.snapshot?.pathways, [
      { id: 'dublin-1', regionId: 'dublin', siteId: 'dublin-1', baseUrl: 'http://dublin-1-a.test' },
    ]);
    assert.deepEqual(node.snapshot?.keys.map(({ use }) => use).sort(), ['playback', 'upload']);

    const second = world.fakeNode('dublin-1', 'dublin-1-b');
    assert.equal(await codeOf(second.join(joinToken)), 'join_token_used');
    const { joinToken: fresh } = await world.admin.call('POST /v1/join-tokens', {
      body: { siteId: 'dublin-1' },
    });
    assert.equal(await codeOf(world.fakeNode('singapore-1').join(fresh)), 'join_token_used');
    world.clock.advance(3_600_001);
    assert.equal(await codeOf(second.join(fresh)), 'join_token_used');
    assert.equal(await codeOf(second.join('mrj_invented')), 'join_token_used');
  });

  test('a joined node changes its addresses with its key alone, and nobody else can', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    await node.join('', { edgeUrl: 'http://moved.test' });
    await settle([node]);
    assert.equal(node.snapshot?.pathways[0]?.baseUrl, 'http://moved.test');

    const thief = world.fakeNode('dublin-1', node.id);
    const stolen = { publicKey: node.key.publicKey, edgeUrl: 'http://thief.test' };
    assert.equal(await codeOf(thief.join('', stolen)), 'join_token_used');
    assert.equal(await codeOf(thief.join('')), 'join_token_used');
  });

  test('a node that lost its key comes back with a new token, and its old key is worth nothing', async () => {
    const world = await suite.start();
    const old = await world.node('dublin-1');
    const reborn = await world.node('dublin-1');
    assert.notEqual(old.key.publicKey, reborn.key.publicKey);
    await reborn.beat();
    assert.equal(await codeOf(old.beat()), 'node_signature');
  });

  test('sites without a node find a join token in the data directory, which works once', async () => {
    const world = await suite.start();
    const path = join(world.dataDirectory, 'join-tokens', 'singapore-1');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await world.fakeNode('singapore-1').join(readFileSync(path, 'utf8').trim());
    assert.throws(() => statSync(path), /ENOENT/);
    assert.ok(statSync(join(world.dataDirectory, 'join-tokens', 'dublin-1')).size > 40);
  });

  test('a join that contradicts the configuration or has no usable key is refused', async () => {
    const world = await suite.start();
    const { joinToken } = await world.admin.call('POST /v1/join-tokens', { body: { siteId: 'dublin-1' } });
    const node = world.fakeNode('dublin-1');
    assert.equal(await codeOf(node.join(joinToken, { regionId: 'singapore' })), 'invalid_request');
    assert.equal(await codeOf(node.join(joinToken, { siteId: 'atlantis-1' })), 'not_found');
    assert.equal(await codeOf(node.join(joinToken, { publicKey: 'AAAA' })), 'invalid_request');
    await node.join(joinToken);
  });

  test('requests that are not signed by a known node are refused', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const path = '/node/v1/records?after=0&limit=500';
    const { host } = new URL(world.url);
    const ask = async (header: string | undefined): Promise<string> => {
      const response = await fetch(world.url + path, {
        headers: header === undefined ? {} : { [NODE_SIGNATURE_HEADER]: header },
      });
      return response.ok ? 'accepted' : ((await response.json()) as { code: string }).code;
    };
    const sign = (changes: object, key = node.key, id = node.id, nowMs = world.clock.nowMs()): string =>
      signNodeRequest(id, key, { method: 'GET', host, path, ...changes }, nowMs);

    const good = sign({});
    assert.equal(await ask(good), 'accepted');
    assert.equal(await ask(good), 'node_signature', 'a replay');
    assert.equal(await ask(undefined), 'node_signature');
    assert.equal(await ask('nonsense'), 'node_signature');
    assert.equal(await ask(sign({}, generateSigningKey())), 'node_signature', 'another key');
    assert.equal(await ask(sign({}, node.key, 'dublin-1-x')), 'node_unknown');
    assert.equal(await ask(sign({ path: '/node/v1/records?after=1' })), 'node_signature', 'another path');
    assert.equal(await ask(sign({ method: 'POST' })), 'node_signature', 'another method');
    assert.equal(
      await ask(sign({}, node.key, node.id, world.clock.nowMs() - 31_000)),
      'node_signature',
      'too old',
    );
    const other = { ...node.report, nodeId: 'dublin-1-x' };
    assert.equal(await codeOf(node.beat(other)), 'invalid_request');
  });
});

onEveryDatabase('beats and snapshots', (suite) => {
  test('a site whose node misses three beats is down, leaves the plan, and comes back', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const [dublin, singapore, angeles] = nodes;
    assert.ok(dublin && singapore && angeles);
    assert.deepEqual(
      dublin.snapshot?.sites.map(({ state }) => state),
      ['up', 'up', 'up'],
    );

    world.clock.advance(5_000);
    for (const node of [singapore, angeles]) await node.beat();
    world.clock.advance(1_500);
    await waitFor('the survivors to learn it', async () => {
      await settle([singapore, angeles]);
      return singapore.snapshot?.sites.find(({ id }) => id === 'dublin-1')?.state === 'down';
    });
    assert.equal(singapore.snapshot?.nodes.find(({ id }) => id === dublin.id)?.isAlive, false);
    assert.equal(singapore.snapshot?.pathways.length, 3, 'a dead site keeps its pathway');
    for (const group of defined(singapore.snapshot, 'a snapshot').steering.groups)
      assert.equal(group.order.includes('dublin-1'), false);
    const view = await world.admin.call('GET /v1/world');
    assert.deepEqual(
      view.regions.map(({ id, isHealthy }) => [id, isHealthy]),
      [
        ['singapore', true],
        ['dublin', false],
        ['los-angeles', true],
      ],
    );

    await dublin.beat();
    await waitFor('dublin to be up again', async () => {
      await settle(nodes);
      return angeles.snapshot?.sites.every(({ state }) => state === 'up');
    });
  });

  test('a snapshot is published at least every ten seconds, each with a higher sequence', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const before = defined(node.snapshot, 'a snapshot');
    await node.beat();
    assert.equal(node.snapshot?.sequence, before.sequence, 'nothing changed');
    world.clock.advance(5_000);
    await node.beat();
    world.clock.advance(5_000);
    await waitFor('a refresh', async () => {
      await node.beat();
      return defined(node.snapshot, 'a snapshot').sequence > before.sequence;
    });
    assert.ok(Buffer.byteLength(defined(node.signed, 'a snapshot').payload) < SNAPSHOT_BYTES_MAX);
  });

  test('a change goes to one site, then to the others', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    await world.admin.call('POST /v1/revocations', { body: { tokenId: 'tok_to_revoke' } });
    for (const node of nodes) await node.beat();
    const having = () => nodes.filter(({ snapshot }) => snapshot?.revocations.length === 1);
    await waitFor('the first site', async () => {
      for (const node of nodes) await node.beat({ adopted: null });
      return having().length >= 1;
    });
    assert.equal(having().length, 1, 'only one while it has not confirmed');
    await settle(nodes);
    assert.equal(having().length, 3);
  });

  test('a snapshot that the first site refuses reaches nobody else, and the world shows who refused', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    for (const node of nodes) node.refuses = 'contradiction: made up';
    await world.admin.call('POST /v1/revocations', { body: { tokenId: 'tok_to_revoke' } });
    const offered = new Set<string>();
    for (let round = 0; round < 6; round += 1)
      for (const node of nodes) {
        await node.beat();
        if (defined(node.signed, 'a snapshot').payload.includes('tok_to_revoke')) offered.add(node.id);
      }
    assert.equal(offered.size, 1);
    const view = await world.admin.call('GET /v1/world');
    const shown = view.regions.flatMap(({ sites }) => sites.flatMap(({ nodes: own }) => own));
    assert.deepEqual(
      shown.map(({ refusal }) => refusal),
      nodes.map(() => 'contradiction: made up'),
    );
    const metrics = await (await fetch(`${world.url}/metrics`)).text();
    assert.match(metrics, /^control_wave_stopped 1$/m);
  });

  test('a restarted control raises the term, goes on with the plan and keeps protecting with waves', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const before = defined(nodes[0]?.snapshot, 'a snapshot');
    await waitFor('it is written down', () =>
      world.database.selectFrom('published_snapshots').selectAll().executeTakeFirst(),
    );
    const next = await world.restart();
    try {
      const again = nodes.map(({ siteId, id, key }) => next.fakeNode(siteId, id, key));
      const first = defined(again[0], 'a node');
      await first.beat({ adopted: { term: before.term, sequence: before.sequence } });
      await settle(again);
      assert.equal(first.snapshot?.term, before.term + 1);
      assert.ok(defined(first.snapshot, 'a snapshot').steering.generation >= before.steering.generation);
      assert.deepEqual(
        first.snapshot?.sites.map(({ state }) => state),
        ['up', 'up', 'up'],
      );
      assert.deepEqual(first.snapshot?.keys, before.keys);
      assert.equal(first.rootPublicKey, '');
      const signed = defined(first.signed, 'a snapshot');
      assert.equal(
        verifyText(defined(nodes[0], 'a node').rootPublicKey, signed.payload, signed.signature),
        true,
      );
    } finally {
      await next.stop();
    }
  });

  test('egress, requests and hits of the world come from cumulative counters', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    await node.beat();
    world.clock.advance(4_000);
    await node.beat({
      counters: {
        edge_bytes_sent_total: 5_000_000,
        edge_requests_total: 40,
        edge_hits_total: 30,
        edge_misses_total: 10,
      },
    });
    const view = await world.admin.call('GET /v1/world');
    const site = view.regions.find(({ id }) => id === 'dublin')?.sites[0];
    assert.ok(site);
    assert.ok(site.egressBps > 5_000_000 && site.egressBps <= 10_000_000, String(site.egressBps));
    assert.equal(site.hitRatio, 0.75);
  });
});
