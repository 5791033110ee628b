// What channels say of their past, and what nobody has of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChannelPast, findKnownGaps } from './known-gaps.ts';

const past = (firstSegment: number, ...marks: readonly (readonly [number, string])[]): ChannelPast => ({
  firstSegment,
  marks: marks.map(([segment, fault]) => ({ segment, renditionId: 'v720', faults: [fault] })),
});

test('a segment is lost when one channel marks it as a gap and no other channel has it', () => {
  const table: readonly (readonly [string, readonly ChannelPast[], readonly number[]])[] = [
    ['both lack it', [past(10, [12, 'gap'], [13, 'gap']), past(10, [13, 'gap'])], [13]],
    ['the other one began later', [past(10, [12, 'gap']), past(20)], [12]],
    ['the other one has it', [past(10, [12, 'gap']), past(10)], []],
    ['it is damaged, and there', [past(10, [12, 'damaged']), past(10, [12, 'damaged'])], []],
    ['the other one says nothing', [past(10, [12, 'gap'])], []],
  ];
  for (const [name, pasts, lost] of table)
    assert.deepEqual([...(findKnownGaps(pasts, 2).get('v720') ?? [])], lost, name);
});

test('a gap of one rendition is none of another', () => {
  const marks = [{ segment: 12, renditionId: 'audio', faults: ['gap'] }];
  const gaps = findKnownGaps([{ firstSegment: 10, marks }], 1);
  assert.deepEqual([...gaps.keys()], ['audio']);
});
