import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedKeys, configMarks } from './config-marks.ts';

const config = {
  host: '::1',
  tls: undefined,
  regions: [
    { id: 'dublin', costPerGb: 0.05, sites: [{ id: 'dublin-1', capacityBps: 1 }] },
    { id: 'singapore', costPerGb: 0.08, sites: [] },
  ],
  roles: ['edge', 'origin'],
};

test('a change of the configuration names its keys, by the ids of what lies in lists', () => {
  const [dublin, singapore] = config.regions;
  const after = {
    ...config,
    regions: [singapore, { ...dublin, costPerGb: 0.06, sites: [] }],
    roles: ['edge'],
    log: 'warn',
  };
  assert.deepEqual(changedKeys(configMarks(config), configMarks(after)), [
    'log',
    'regions.dublin.costPerGb',
    'regions.dublin.sites.dublin-1.capacityBps',
    'regions.dublin.sites.dublin-1.id',
    'roles',
  ]);
});

test('the same configuration has no changed keys, in whatever order its lists of named things are', () => {
  const after = { ...config, regions: [...config.regions].reverse() };
  assert.deepEqual(changedKeys(configMarks(config), configMarks(after)), []);
});

test('marks hold no value', () => {
  const marks = configMarks({ control: { databaseUrl: 'postgres://meridian:hunter2@db/meridian' } });
  assert.deepEqual(Object.keys(marks), ['control.databaseUrl']);
  assert.doesNotMatch(JSON.stringify(marks), /hunter2/);
});
