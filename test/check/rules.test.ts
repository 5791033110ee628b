// Every rule is broken by a presentation in exactly one way, and is the only one that sees it; the good presentation
// breaks none. A rule that no case breaks fails the test, so that there is no rule that cannot fail.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RULES } from '#viewer/check/rules/all-rules.ts';
import { type BrokenCase, checkCase, checkSite } from './case.ts';
import { DASH_CASES } from './dash-cases.ts';
import { DASH_STEERING, goodSite, HLS_STEERING, MAIN, MPD, SINGLE } from './good-site.ts';
import { HLS_CASES } from './hls-cases.ts';
import { LIVE_CASES } from './live-cases.ts';
import { SERVED_CASES } from './served-cases.ts';

const CASES: readonly BrokenCase[] = [...HLS_CASES, ...DASH_CASES, ...SERVED_CASES];

for (const entry of [MAIN, SINGLE, MPD, HLS_STEERING, DASH_STEERING])
  for (const segments of ['sample', 'all'] as const)
    test(`nothing is found in the good presentation at ${entry} (${segments})`, async () => {
      const { facts, findings } = await checkSite(goodSite(), entry, segments);
      assert.deepEqual(findings, []);
      assert.deepEqual(facts.notChecked, []);
    });

test('a good presentation of sixty frames a second is good too', async () => {
  for (const entry of [MAIN, MPD])
    assert.deepEqual((await checkSite(goodSite({ frameRate: 60 }), entry, 'all')).findings, []);
});

for (const broken of CASES)
  test(`${broken.rule} sees ${broken.how}`, async () => {
    const findings = await checkCase(broken);
    const found = [...new Set(findings.map(({ ruleId }) => ruleId))];
    assert.deepEqual(found, [broken.rule], JSON.stringify(findings, null, 2));
    if (broken.says === undefined) return;
    const texts = findings.map(({ clause, message }) => `${clause} ${message}`);
    assert.ok(
      texts.some((text) => broken.says?.test(text)),
      texts.join('\n'),
    );
  });

test('every rule is broken by a case, and every case breaks a rule that is there', () => {
  const ids = RULES.map(({ id }) => id);
  const broken = new Set([...CASES, ...LIVE_CASES].map(({ rule }) => rule));
  assert.deepEqual(
    ids.filter((id) => !broken.has(id)),
    [],
  );
  assert.deepEqual(
    [...broken].filter((rule) => !ids.includes(rule)),
    [],
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length >= 60, `${ids.length} rules`);
  for (const { id, clause, title } of RULES) {
    assert.match(clause, /\d/, `${id} has a clause with a number`);
    assert.match(title, /\.$/, `${id} has a sentence as its title`);
  }
});

test('the documentation lists the rules as they are', () => {
  const text = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');
  const listed = text.split('\n').filter((line) => /^\| `[a-z]+\.[a-z-]+` \|/.test(line));
  const expected = RULES.map(
    ({ id, severity, clause, title }) => `| \`${id}\` | ${severity} | ${clause} | ${title} |`,
  );
  assert.deepEqual(listed, expected);
});
