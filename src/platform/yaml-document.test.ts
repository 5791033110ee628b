import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { checkYaml, tellProblems } from './yaml-document.ts';

const schema = z.strictObject({
  name: z.string(),
  people: z.record(z.string(), z.strictObject({ zone: z.string(), age: z.number().optional() })).default({}),
});

test('each mistake has its line, its place and the nearest right word', () => {
  const text = ['name: 7', 'people:', '  ann:', '    zon: UTC', '  bob: { zone: UTC, age: old }'].join('\n');
  const { value, problems } = checkYaml(text, schema);
  assert.equal(value, undefined);
  assert.deepEqual(
    problems.map(({ line, place }) => [line, place]),
    [
      [1, 'name'],
      [3, 'people.ann.zone'],
      [4, 'people.ann.zon'],
      [5, 'people.bob.age'],
    ],
  );
  assert.match(problems[2]?.message ?? '', /unknown key "zon" \(did you mean "zone"\?\)/);
  assert.match(
    tellProblems('rota', problems),
    /^rota has 4 mistakes:\n {2}line 1: name: 7 is not allowed here/,
  );
});

test('a right text comes back with the lines of its parts', () => {
  const { value, problems, lineOf } = checkYaml('name: x\n\npeople:\n  ann: { zone: UTC }\n', schema);
  assert.deepEqual(problems, []);
  assert.equal(value?.people.ann?.zone, 'UTC');
  assert.equal(lineOf(['people', 'ann']), 4);
  assert.equal(lineOf(['people', 'nobody']), 3);
});

test('a key that stands twice is a mistake', () => {
  const { problems } = checkYaml('name: x\npeople:\n  ann: { zone: UTC }\n  ann: { zone: UTC }\n', schema);
  assert.deepEqual(problems, [
    { line: 4, place: '', message: 'this is not valid YAML: Map keys must be unique' },
  ]);
});

test('what would exhaust the reader is a mistake like any other', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 20 }, (_, index) => {
    const from = index === 0 ? 'a' : `a${index - 1}`;
    return `a${index}: &a${index} [${`*${from},`.repeat(10)}]`;
  }).join('\n')}`;
  const manyKeys = Array.from({ length: 2_000 }, (_, index) => `k${index}: 1`).join('\n');
  for (const text of [bomb, manyKeys, '['.repeat(5_000), `${'- '.repeat(5_000)}x`, '\0', '%', '&a *a']) {
    const { value, problems } = checkYaml(text, schema);
    assert.equal(value, undefined, text.slice(0, 20));
    assert.ok(problems.length > 0 && problems.length <= 50);
  }
});
