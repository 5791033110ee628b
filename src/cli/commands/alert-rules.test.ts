import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRules } from './alert-rules.ts';

const RULE = `kind: threshold
name: ManyStalls
severity: ticket
summary: Viewers of {region} wait
series: session_stalls
by: [region]
windowMs: 300000
measure: perSecond
op: gt
limit: 3
`;

test('a file holds one rule or a list, as YAML or JSON; what is left out has its default', () => {
  const [rule] = readRules(RULE, 'rules.yaml');
  assert.equal(rule?.name, 'ManyStalls');
  assert.equal(rule?.keepMs, 30_000);
  const list = readRules(JSON.stringify([rule, { ...rule, name: 'More' }]), 'rules.json');
  assert.deepEqual(
    list.map(({ name }) => name),
    ['ManyStalls', 'More'],
  );
});

test('a mistake names the file, the rule and the field, and that nothing was applied', () => {
  const reason = (text: string): string => {
    try {
      readRules(text, 'rules.yaml');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return 'no error';
  };
  assert.match(
    reason(RULE.replace('300000', '300001')),
    /rules\.yaml: rule 1: windowMs: .*nothing was applied/,
  );
  assert.match(reason(`${RULE}colour: red\n`), /rules\.yaml: rule 1: .*colour/);
  assert.match(reason('{'), /rules\.yaml is neither YAML nor JSON/);
  assert.match(reason('[]'), /holds 0 rules/);
});
