import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ROTA_BYTES_MAX } from '#contract/rota.ts';
import { judgeDraft, readDraft, requireDraft } from './drafts.ts';

const EXAMPLE = readFileSync(new URL('../../../docs/examples/rota.yaml', import.meta.url), 'utf8');

test('the shipped rota of three continents is clean, whenever it is put in force', () => {
  const draft = requireDraft(EXAMPLE);
  for (let month = 0; month < 36; month += 2) {
    const findings = judgeDraft(draft, [], Date.UTC(2026, month, 1, 5, 17), null);
    assert.deepEqual(findings, [], `from month ${month} of 2026 on`);
  }
});

test('findings name the line in the text', () => {
  const text = EXAMPLE.replace('users: [sam, kim, dana]', 'users: [sam, sam, sam]');
  const findings = judgeDraft(requireDraft(text), [], Date.UTC(2027, 0, 1), null);
  const lineOf = (needle: string): number => text.split('\n').findIndex((line) => line.includes(needle)) + 1;
  const booked = findings.filter(({ code }) => code === 'double_booked');
  assert.ok(booked.length > 0);
  assert.ok(booked.every(({ line, severity }) => line === lineOf('  video:') && severity === 'error'));
});

test('a channel that there is not is an error on its line, with what was meant or what exists', () => {
  const text = `
users:
  ann: { name: Ann, timeZone: UTC, contacts: [ann-push, { channel: pager, after: 2m }] }
schedules:
  small: { layers: [{ name: All, users: [ann], rotation: daily }] }
policies:
  small:
    steps:
      - notify: [{ schedule: small }]
      - notify:
          - channel: chn_1
          - channel: anne-push
    lastResort: { notify: [{ channel: everybody }, { channel: anne-push }] }
`;
  const judged = (names: readonly string[]) =>
    judgeDraft(
      requireDraft(text),
      [],
      Date.UTC(2027, 0, 1),
      names.map((name, index) => ({ id: `chn_${index + 1}`, name })),
    )
      .filter(({ code }) => code === 'unknown_channel')
      .map(({ severity, line, message }) => `${severity} ${line} ${message}`);
  assert.deepEqual(judged(['ann-push', 'pager', 'everybody', 'anne-push']), []);
  assert.deepEqual(judged(['ann-push', 'operations']), [
    'error 3 there is no notification channel "pager"; there are ann-push, operations',
    'error 12 there is no notification channel "anne-push" (named 2 times); did you mean "ann-push"?',
    'error 13 there is no notification channel "everybody"; there are ann-push, operations',
  ]);
  assert.match(
    judged([])[0] ?? '',
    /^error 3 there is no notification channel "ann-push"; there is none yet$/,
  );
});

test('a text that is too large or holds what no database keeps is refused before it is read', () => {
  for (const [text, expected] of [
    [`${EXAMPLE}# ${'x'.repeat(ROTA_BYTES_MAX)}`, /larger than 262144 bytes/],
    [`${EXAMPLE}# \0`, /NUL/],
  ] as const) {
    const draft = readDraft(text);
    assert.ok('findings' in draft);
    assert.match(draft.findings[0]?.message ?? '', expected);
  }
});
