// OpenSLO in and out: what is shipped, what is wrong, and what would unfold to too much.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { readShippedSlos } from './shipped.ts';
import { readSloText, writeSloText } from './slo-text.ts';

const GOOD = `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: playback
spec:
  service: playback
  indicatorRef: requests
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Timeslices
  objectives: [{ target: 0.999, timeSliceTarget: 0.99, timeSliceWindow: 1m }]
---
apiVersion: openslo/v1
kind: SLI
metadata:
  name: requests
spec:
  ratioMetric:
    counter: true
    good: { metricSource: { type: Meridian, spec: { series: viewer_requests, labels: { outcome: ok } } } }
    total: { metricSource: { type: Meridian, spec: { series: viewer_requests } } }
`;

test('every shipped objective goes out and comes back as it was', () => {
  const shipped = readShippedSlos();
  assert.deepEqual(
    shipped.map(({ document }) => document.metadata.name),
    [
      'ingest-continuity',
      'live-latency',
      'live-playback',
      'stall-ratio',
      'start-success',
      'startup-time',
      'steering-freshness',
      'time-to-playable',
      'upload-success',
      'vod-playback',
    ],
  );
  const text = shipped.map(({ document }) => writeSloText(document)).join('---\n');
  const { slos, problems } = readSloText(text);
  assert.deepEqual([slos, problems], [shipped, []]);
});

test('an indicator of the same file is found, and travels inside from then on', () => {
  const { slos, problems } = readSloText(GOOD);
  assert.deepEqual(problems, []);
  const [slo] = slos;
  assert.deepEqual(slo?.definitions[0]?.indicator, {
    kind: 'ratio',
    good: { series: ['viewer_requests'], labels: { outcome: ['ok'] } },
    total: { series: ['viewer_requests'], labels: {} },
  });
  assert.equal(slo?.definitions[0]?.sliceMs, 60_000);
  const again = readSloText(writeSloText(defined(slo, 'an objective').document));
  assert.deepEqual(again.slos[0]?.definitions, slo?.definitions);
});

test('alert policies of the file replace the tiers of the workbook', () => {
  const policy = `  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: fast }
      spec:
        conditions:
          - kind: AlertCondition
            metadata: { name: fast }
            spec:
              severity: ticket
              condition: { kind: burnrate, op: gt, threshold: 3, lookbackWindow: 1d, alertAfter: 5m }
`;
  const { slos, problems } = readSloText(GOOD.replace('---\n', `${policy}---\n`));
  assert.deepEqual(problems, []);
  assert.deepEqual(slos[0]?.definitions[0]?.tiers, [
    { name: '1d', severity: 'ticket', longMs: 86_400_000, shortMs: 7_200_000, burn: 3, afterMs: 300_000 },
  ]);
});

test('several objectives of one document have names of their own', () => {
  const both = GOOD.replace('objectives: [', 'objectives: [{ targetPercent: 99, timeSliceTarget: 0.9 }, ');
  assert.deepEqual(
    readSloText(both).slos[0]?.definitions.map(({ name, target }) => [name, target]),
    [
      ['playback/1', 0.99],
      ['playback/2', 0.999],
    ],
  );
});

describe('what is wrong is named with its place', () => {
  for (const [what, from, to, path, message] of [
    ['a typo in a key', 'service:', 'servce:', 'spec', /servce/],
    ['a target of one', 'target: 0.999', 'target: 1', 'spec.objectives.0.target', /<1|less/i],
    [
      'a calendar window',
      'isRolling: true',
      'isRolling: false',
      'spec.timeWindow.0.isRolling',
      /isRolling: true/,
    ],
    ['a month', '30d', '1M', 'spec.timeWindow.0.duration', /calendar/],
    [
      'a missing slice target',
      'timeSliceTarget: 0.99, ',
      '',
      'spec.objectives.0.timeSliceTarget',
      /Timeslices/,
    ],
    ['a long slice', '1m }', '6h }', 'spec.objectives.0.timeSliceWindow', /shorter/],
    [
      'an indicator that is not there',
      'indicatorRef: requests',
      'indicatorRef: other',
      'spec.indicatorRef',
      /no SLI other/,
    ],
    [
      'a series that nobody reports',
      /viewer_requests/g,
      'viewer_request',
      'spec.indicator',
      /did you mean viewer_requests/,
    ],
    ['another kind', 'kind: SLO', 'kind: Deployment', 'kind', /expected an SLO/],
    ['broken YAML', 'spec:', 'spec: [', '', /line/],
  ] as const)
    test(what, () => {
      const { problems } = readSloText(GOOD.replace(from, to));
      const found = problems.find((problem) => problem.path === path);
      assert.match(found?.message ?? JSON.stringify(problems), message);
      assert.equal(found?.severity, 'error');
    });
});

test('two of one name, too many documents and a bomb of aliases are refused', () => {
  const [slo = ''] = GOOD.split('---');
  const twice = readSloText(`${GOOD}---${slo}`);
  assert.match(twice.problems[0]?.message ?? '', /two SLOs/);
  assert.match(readSloText('a: 1\n---\n'.repeat(600)).problems[0]?.message ?? '', /documents/);
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghi']
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
    .join('\n')}\n`;
  const startedAt = performance.now();
  assert.match(readSloText(bomb).problems[0]?.message ?? '', /alias/i);
  assert.ok(performance.now() - startedAt < 2_000);
  assert.match(readSloText('# nothing\n').problems[0]?.message ?? '', /no document/);
});
