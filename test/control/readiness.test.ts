// The scorecard of services as control judges it: shipped objectives, the configuration, the rota, runbooks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { SMALL_ROTA } from '../oncall/oncall-things.ts';
import { onEveryDatabase } from './support.ts';

const today = new Date().toISOString().slice(0, 10);

onEveryDatabase('readiness', (suite) => {
  test('a service that is declared completely is ready once there is a rota; others say what they lack', async () => {
    const live = {
      owner: 'Media',
      runbooks: ['move-broadcast'],
      dashboards: ['https://grafana.example/d/live'],
      backup: { description: 'nightly', restoreTested: today },
    };
    const world = await suite.start({ config: { services: { live, billing: {} } } });
    const read = async (name: string) => {
      const { services } = await world.admin.call('GET /v1/readiness');
      const service = defined(
        services.find((each) => each.name === name),
        name,
      );
      const missing = service.findings.filter(({ state }) => state === 'missing').map(({ check }) => check);
      return { service, missing };
    };
    assert.deepEqual((await read('live')).missing, ['oncall']);
    await world.admin.call('PUT /v1/oncall', { body: { text: SMALL_ROTA, isForced: true } });
    const { service } = await read('live');
    assert.equal(service.isReady, true, JSON.stringify(service.findings));
    assert.match(service.findings.find(({ check }) => check === 'slo')?.text ?? '', /live-latency/);
    assert.match(service.findings.at(-1)?.text ?? '', /^Never/);
    assert.deepEqual((await read('playback')).missing, ['owner', 'dashboards', 'backup']);
    assert.deepEqual((await read('billing')).missing, ['slo', 'owner', 'runbook', 'dashboards', 'backup']);
  });
});
