import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayBackOf } from './way-back.ts';

const [before, after] = [{ target_lufs: -16 }, { target_lufs: -23 }];

const CASES: readonly {
  readonly what: string;
  readonly labels?: Record<string, string>;
  readonly details: Record<string, unknown>;
  readonly kind: string | undefined;
}[] = [
  {
    what: 'a setting of a project',
    labels: { project: 'default' },
    details: { action: 'project.loudness', before, after },
    kind: 'project',
  },
  {
    what: 'a setting of a project from before values were kept',
    labels: { project: 'default' },
    details: { action: 'project.loudness', after },
    kind: undefined,
  },
  { what: 'a pause', labels: { region: 'dublin' }, details: { action: 'encoding.pause' }, kind: 'pause' },
  { what: 'a throttle', details: { action: 'order.throttle', orderId: 'ord_1' }, kind: 'order' },
  { what: 'a purge', details: { action: 'order.purge', orderId: 'ord_1' }, kind: undefined },
  {
    what: 'an objective that was not there before',
    details: { action: 'slo.apply', subject: 'vod', before: null, after: {} },
    kind: 'row',
  },
  {
    what: 'a version of a runbook',
    details: { action: 'runbook.save', subject: 'look', before: { version: 1 }, after: { version: 2 } },
    kind: 'version',
  },
  { what: 'an objective without values', details: { action: 'slo.apply', subject: 'vod' }, kind: undefined },
  { what: 'a deploy', labels: { region: 'dublin' }, details: { version: '1.5.0' }, kind: undefined },
];

for (const { what, labels = {}, details, kind } of CASES)
  test(`${what} ${kind === undefined ? 'cannot be taken back' : `is taken back as a ${kind}`}`, () => {
    assert.equal(wayBackOf({ details, labels })?.kind, kind);
  });
