// Which role groups give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseRole, groupsIn, type RoleRule } from './choose-role.ts';

const RULES: readonly RoleRule[] = [
  { group: 'everybody', role: 'viewer' },
  { group: 'ops-eu', role: 'operator', regions: ['dublin'] },
  { group: 'ops-asia', role: 'operator', regions: ['singapore'] },
  { group: 'ops', role: 'operator' },
  { group: 'sre', role: 'admin' },
  { group: 'films', role: 'operator', project: 'films' },
];

test('the highest role counts, regions add up, a rule for all beats one for a project', () => {
  const cases: readonly [string[], ReturnType<typeof chooseRole>][] = [
    [[], null],
    [['strangers'], null],
    [['everybody'], { role: 'viewer', regionIds: null, projectId: null }],
    [['ops-eu'], { role: 'operator', regionIds: ['dublin'], projectId: null }],
    [['ops-asia', 'ops-eu'], { role: 'operator', regionIds: ['dublin', 'singapore'], projectId: null }],
    [['ops-eu', 'ops'], { role: 'operator', regionIds: null, projectId: null }],
    [['everybody', 'ops-eu'], { role: 'operator', regionIds: ['dublin'], projectId: null }],
    [['ops-eu', 'sre'], { role: 'admin', regionIds: null, projectId: null }],
    [['films'], { role: 'operator', regionIds: null, projectId: 'films' }],
    [['films', 'everybody'], { role: 'viewer', regionIds: null, projectId: null }],
  ];
  for (const [groups, expected] of cases)
    assert.deepEqual(chooseRole(groups, RULES), expected, groups.join());
});

test('only texts are groups', () => {
  assert.deepEqual(groupsIn(['a', 1, null, '', { b: 'c' }, 'd']), ['a', 'd']);
  assert.deepEqual(groupsIn('sre'), ['sre']);
  assert.deepEqual(groupsIn(undefined), []);
});
