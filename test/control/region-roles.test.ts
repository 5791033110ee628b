// Operators of certain regions: each act on a region is allowed in their own and refused in another, with an error that
// names both. The table lists every route that acts on a region.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '#contract/client.ts';
import { MeridianError } from '#contract/errors.ts';
import { regionsOf } from '#control/runbooks/regions.ts';
import type { Runbook } from '#core/runbook/types.ts';
import { codeOf, onEveryDatabase } from './support.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Act {
  readonly what: string;
  readonly act: (client: ApiClient, regionId: string) => Promise<unknown>;
}

const ACTS: readonly Act[] = [
  {
    what: 'drain a region',
    act: (client, target) => client.call('POST /v1/drains/{target}', { params: { target }, body: {} }),
  },
  {
    what: 'restore a region',
    act: (client, target) => client.call('DELETE /v1/drains/{target}', { params: { target } }),
  },
  {
    what: 'drain a site',
    act: (client, region) =>
      client.call('POST /v1/drains/{target}', { params: { target: `${region}-1` }, body: {} }),
  },
  {
    what: 'restore a site',
    act: (client, region) => client.call('DELETE /v1/drains/{target}', { params: { target: `${region}-1` } }),
  },
  {
    what: 'pause encoders',
    act: (client, regionId) =>
      client.call('PUT /v1/regions/{regionId}/encoding', { params: { regionId }, body: { isPaused: true } }),
  },
  {
    what: 'resume encoders',
    act: (client, regionId) =>
      client.call('PUT /v1/regions/{regionId}/encoding', { params: { regionId }, body: { isPaused: false } }),
  },
  {
    what: 'restart a node',
    act: (client, region) =>
      client.call('POST /v1/orders', { body: { kind: 'restart', nodeId: `${region}-1-a`, isForced: true } }),
  },
  {
    what: 'throttle',
    act: (client, regionId) =>
      client.call('POST /v1/orders', { body: { kind: 'throttle', regionId, floor: 'live' } }),
  },
  {
    what: 'shift traffic',
    act: (client, region) =>
      client.call('POST /v1/orders', {
        body: { kind: 'shift', siteId: `${region}-1`, share: 0.9, isForced: true },
      }),
  },
  {
    what: 'run a runbook',
    act: (client, region) =>
      client.call('POST /v1/runbooks/{runbookId}/runs', {
        params: { runbookId: 'pause-encoding' },
        body: { parameters: { region } },
      }),
  },
];

onEveryDatabase('operators of certain regions', (suite) => {
  test('act in their regions and are refused in others', async () => {
    const world = await suite.start();
    await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const body = { name: 'dublin crew', role: 'operator' as const, regionIds: ['dublin'] };
    const { token, view } = await world.admin.call('POST /v1/tokens', { body });
    assert.deepEqual(view.regionIds, ['dublin']);
    const dublin = world.client(token);
    assert.deepEqual((await dublin.call('GET /v1/session')).regionIds, ['dublin']);
    for (const { what, act } of ACTS) {
      await act(dublin, 'dublin');
      await assert.rejects(act(dublin, 'singapore'), (error) => {
        assert.ok(error instanceof MeridianError);
        assert.equal(error.code, 'wrong_region', what);
        assert.match(error.message, /singapore.*dublin/, what);
        return true;
      });
    }
    assert.deepEqual(await world.database.selectFrom('drains').selectAll().execute(), []);

    // Runs of others: who may not start one may not steer it either.
    const run = await world.admin.call('POST /v1/runbooks/{runbookId}/runs', {
      params: { runbookId: 'pause-encoding' },
      body: { parameters: { region: 'singapore' } },
    });
    const params = { runId: run.id };
    for (const act of [
      () => dublin.call('POST /v1/runbook-runs/{runId}/pause', { params }),
      () => dublin.call('POST /v1/runbook-runs/{runId}/resume', { params }),
      () => dublin.call('POST /v1/runbook-runs/{runId}/cancel', { params, body: { isUndone: true } }),
    ])
      assert.equal(await codeOf(act()), 'wrong_region');
  });

  test('only operators of the whole installation can be limited, to regions that exist', async () => {
    const world = await suite.start();
    const make = (body: object) =>
      codeOf(world.admin.call('POST /v1/tokens', { body: { name: 'x', role: 'operator', ...body } }));
    assert.equal(await make({ role: 'admin', regionIds: ['dublin'] }), 'invalid_request');
    assert.equal(await make({ role: 'viewer', regionIds: ['dublin'] }), 'invalid_request');
    assert.equal(await make({ projectId: 'default', regionIds: ['dublin'] }), 'invalid_request');
    assert.equal(await make({ regionIds: ['atlantis'] }), 'not_found');
    assert.equal(await make({ regionIds: [] }), 'invalid_request');
  });

  test('the command line makes an operator of certain regions, lists and revokes it', async () => {
    const world = await suite.start();
    const token = readFileSync(`${world.dataDirectory}/admin-token`, 'utf8').trim();
    const env = { ...process.env, MERIDIAN_CONTROL: world.url, MERIDIAN_TOKEN: token };
    const run = (...args: string[]) =>
      new Promise<{ code: number; out: string }>((resolve) => {
        execFile(
          process.execPath,
          [MAIN, 'tokens', ...args],
          { env, cwd: world.dataDirectory },
          (error, out, err) => resolve({ code: Number(error?.code ?? 0), out: `${out}${err}` }),
        );
      });
    const limited = ['--role', 'operator', '--regions'];
    const made = await run('create', 'night shift', ...limited, 'dublin, singapore', '--for', '12h');
    const [, id = '', secret] =
      /^Made (\S+) \(operator of dublin, singapore\)\. Token .*: (\S+)$/m.exec(made.out) ?? [];
    const session = await world.client(secret).call('GET /v1/session');
    assert.deepEqual([session.role, session.regionIds], ['operator', ['dublin', 'singapore']]);
    assert.match((await run()).out, /night shift +operator +all +dublin,singapore +20/);
    for (const [args, told] of [
      [['create', 'x', ...limited, 'atlantis'], /atlantis/],
      [['create', 'x', ...limited, 'dublin,'], /--regions: "dublin," is no list/],
      [['create', 'x', '--role', 'king'], /"king" is none of viewer, operator, admin/],
      [['create', 'x', '--for', 'long'], /"long" is no duration/],
    ] as const) {
      const { code, out } = await run(...args);
      assert.notEqual(code, 0);
      assert.match(out, told);
    }
    assert.equal((await run('revoke', id)).code, 0);
    assert.equal(await codeOf(world.client(secret).call('GET /v1/session')), 'wrong_credential');
  });
});

test('a run acts where its parameters and its actions are, also those that undo others', () => {
  const places = new Map([
    ['dublin-1', 'dublin'],
    ['singapore-1', 'singapore'],
  ]);
  const fleet = {
    sites: () => [...places].map(([id, regionId]) => ({ id, regionId })),
    node: (id: string) => (id === 'dublin-1-a' ? { regionId: 'dublin' } : undefined),
  } as unknown as Parameters<typeof regionsOf>[0];
  const book = (parameters: object, steps: object[] = []): Runbook =>
    ({ parameters, steps: steps.map((step) => ({ rollback: [], ...step })) }) as unknown as Runbook;
  const cases: readonly [Runbook, Record<string, string>, string[]][] = [
    [book({ where: { type: 'region' } }), { where: 'dublin' }, ['dublin']],
    [book({ where: { type: 'site' } }), { where: 'singapore-1' }, ['singapore']],
    [book({ where: { type: 'node' } }), { where: 'dublin-1-a' }, ['dublin']],
    [book({ where: { type: 'place' } }), { where: 'atlantis' }, ['atlantis']],
    [book({ patience: { type: 'duration' } }), { patience: '3m' }, []],
    [book({}, [{ kind: 'action', action: { kind: 'drain', target: 'dublin-1' } }]), {}, ['dublin']],
    [
      book({}, [{ kind: 'action', action: { kind: 'purge', project: 'default', asset: null } }]),
      {},
      ['dublin', 'singapore'],
    ],
    [
      book({}, [{ kind: 'check', rollback: [{ kind: 'resume_encoding', region: 'singapore' }] }]),
      {},
      ['singapore'],
    ],
  ];
  for (const [one, parameters, expected] of cases)
    assert.deepEqual([...regionsOf(fleet, one, parameters)], expected);
});
