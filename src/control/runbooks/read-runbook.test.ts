import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RUNBOOK_BYTES_MAX } from '#contract/runbook.ts';
import { problemText } from '#platform/yaml-document.ts';
import { readShipped } from './definitions.ts';
import { runbookPages } from './pages.ts';
import { readRunbook } from './read-runbook.ts';

const HEAD = 'id: mine\nversion: 1\ntitle: Mine\ndescription: Mine\n';
const GOOD = `${HEAD}parameters:
  target: { type: region, description: Where }
  limit: { type: share, description: How much, default: '0.1' }
  patience: { type: duration, description: How long, default: 5m }
steps:
  - id: left
    kind: wait
    title: Left
    conditions: [{ kind: traffic_share, target: $target, below: $limit, hold: 10s }]
    timeout: $patience
`;

function problemsOf(text: string): string[] {
  const read = readRunbook(text);
  return read.isGood ? [] : read.problems.map(problemText);
}

describe('reading runbooks', () => {
  test('fills in parameters with their kind', () => {
    const read = readRunbook(GOOD);
    assert.ok(read.isGood, JSON.stringify(read));
    const book = read.source.bind({ target: 'dublin', limit: '0.5', patience: '2m' });
    assert.deepEqual(book.steps[0], {
      id: 'left',
      kind: 'wait',
      title: 'Left',
      before: [],
      after: [],
      gate: [],
      onFailure: 'stop',
      rollback: [],
      timeoutMs: 120_000,
      conditions: [
        { kind: 'traffic_share', target: 'dublin', below: 0.5, holdMs: 10_000, withoutData: 'unmet' },
      ],
    });
  });

  test('refuses values that make a step impossible when it is started with them', () => {
    const read = readRunbook(GOOD);
    assert.ok(read.isGood);
    assert.throws(() => read.source.bind({ target: 'dublin', limit: '0.5', patience: '5s' }), {
      code: 'invalid_request',
      message: /steps\[0\]\.conditions\[0\]\.hold.*cannot hold that long/,
    });
  });

  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    [
      'a key that does not exist',
      GOOD.replace('timeout:', 'timeot:'),
      /^line 14: steps\[0\].timeot: unknown key/,
    ],
    [
      'a kind that does not exist',
      GOOD.replace('traffic_share', 'traffic'),
      /^line 13: steps\[0\].conditions\[0\]\.kind/,
    ],
    [
      'an action that is not offered',
      `${HEAD}steps: [{ id: a, kind: action, title: x, action: { kind: reboot_world } }]`,
      /steps\[0\]\.action\.kind/,
    ],
    [
      'a parameter that does not exist',
      GOOD.replace('$target', '$tarjet'),
      /there is no parameter tarjet \(did you mean \$target\?\)/,
    ],
    [
      'a parameter that nothing uses',
      GOOD.replace('timeout: $patience', 'timeout: 5m'),
      /^line 8: parameters\.patience: no step uses \$patience/,
    ],
    ['a share that is none', GOOD.replace('$limit', '2'), /"?2"? is not allowed here/],
    ['a duration that is none', GOOD.replace('10s', 'ages'), /"ages" is not a duration/],
    ['a missing title', GOOD.replace('    title: Left\n', ''), /steps\[0\]\.title: this is missing/],
    ['no steps', `${HEAD}steps: []`, /steps/],
    ['a step that can never hold', GOOD.replace('10s', '10m'), /cannot hold that long/],
    ['broken YAML', 'id: [', /this is not valid YAML/],
    ['a list where a document is asked for', '- 1', /./],
    ['nothing', '', /./],
    ['an alias', `${HEAD}steps: &a [*a]`, /./],
    ['an alias bomb', `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n${HEAD}steps: *c`, /./],
    ['a document that is too large', `${HEAD}#${' '.repeat(RUNBOOK_BYTES_MAX)}`, /larger than 65536 bytes/],
    ['brackets without end', '['.repeat(30_000), /./],
    ['a prototype', `${HEAD}__proto__: { steps: [] }\nsteps: []`, /./],
  ];
  for (const [title, text, expected] of mistakes)
    test(`names ${title}`, () => {
      const problems = problemsOf(text);
      assert.ok(problems.length > 0 && problems.length <= 20);
      assert.match(problems.join('\n'), expected);
    });
});

test('the example of docs/runbooks.md is sound', () => {
  const page = readFileSync(new URL('../../../docs/runbooks.md', import.meta.url), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  assert.deepEqual(problemsOf(example), []);
});

test('the shipped runbooks are sound, named after their files, and undo what incidents may start', () => {
  const shipped = readShipped();
  const folder = fileURLToPath(new URL('shipped/', import.meta.url));
  assert.deepEqual(
    [...shipped.keys()].map((id) => `${id}.yaml`),
    readdirSync(folder).sort(),
  );
  for (const { sample } of shipped.values())
    if (sample.guards.isAutomatic)
      for (const step of sample.steps)
        if (step.kind === 'action' && step.action.kind === 'drain')
          assert.ok(step.rollback.length > 0, `${sample.id}: ${step.id}`);
});

test('docs/operating/runbooks is what `npm run runbook-pages` writes', () => {
  const folder = fileURLToPath(new URL('../../../docs/operating/runbooks/', import.meta.url));
  const pages = runbookPages();
  assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
  for (const [name, text] of pages) assert.equal(readFileSync(`${folder}${name}`, 'utf8'), text, name);
});
