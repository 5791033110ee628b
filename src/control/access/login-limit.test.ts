import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLoginLimit } from './login-limit.ts';

test('an address must wait after ten failures, and only until its minute is over', () => {
  const limit = createLoginLimit();
  for (let index = 0; index < 10; index += 1) {
    assert.equal(limit.waitSeconds('a', 1_000), null);
    limit.fail('a', 1_000);
  }
  assert.equal(limit.waitSeconds('a', 31_000), 30);
  assert.equal(limit.waitSeconds('b', 31_000), null);
  assert.equal(limit.waitSeconds('a', 61_000), null);
});

test('a success forgets the failures before it', () => {
  const limit = createLoginLimit();
  for (let index = 0; index < 9; index += 1) limit.fail('a', 0);
  limit.succeed('a');
  limit.fail('a', 0);
  assert.equal(limit.waitSeconds('a', 0), null);
});

test('a flood of addresses does not fill memory, and the newest are the ones remembered', () => {
  const limit = createLoginLimit(100);
  for (let index = 0; index < 1_000; index += 1) limit.fail(`address ${index}`, 0);
  assert.equal(limit.size(), 100);
  for (let index = 0; index < 9; index += 1) limit.fail('address 999', 0);
  assert.notEqual(limit.waitSeconds('address 999', 0), null);
});
