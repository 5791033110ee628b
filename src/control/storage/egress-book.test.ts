import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgressLedger } from '../fleet/egress-ledger.ts';
import { unbookedBytes } from './egress-book.ts';

const totals = (bootId: string, bytesByProject: Record<string, number>) => ({
  nodeId: 'dublin-1-a',
  regionId: 'dublin',
  bootId,
  bytesByProject,
});

test('only what came since the last booking of the same boot is booked', () => {
  const mark = { bootId: 'one', bytesByProject: { first: 100 } };
  assert.deepEqual(
    [...unbookedBytes(mark, totals('one', { first: 150, second: 7 }))],
    [
      ['first', 50],
      ['second', 7],
    ],
  );
  assert.deepEqual([...unbookedBytes(mark, totals('one', { first: 100 }))], []);
});

test('another boot counts from zero, and so does a node that was never booked', () => {
  const mark = { bootId: 'one', bytesByProject: { first: 100 } };
  assert.deepEqual([...unbookedBytes(mark, totals('two', { first: 30 }))], [['first', 30]]);
  assert.deepEqual([...unbookedBytes(undefined, totals('one', { first: 30 }))], [['first', 30]]);
});

test('a ledger keeps the last word of a boot that ended, and what could not be booked', () => {
  const ledger = createEgressLedger();
  ledger.note(totals('one', { first: 10 }));
  ledger.note(totals('one', { first: 20 }));
  ledger.note(totals('two', { first: 5 }));
  const taken = ledger.take();
  assert.deepEqual(taken, [totals('one', { first: 20 }), totals('two', { first: 5 })]);
  assert.deepEqual(ledger.take(), []);
  ledger.note(totals('two', { first: 9 }));
  ledger.putBack(taken);
  assert.deepEqual(ledger.take(), [totals('one', { first: 20 }), totals('two', { first: 9 })]);
});
