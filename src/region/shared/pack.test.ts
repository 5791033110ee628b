import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPackIndex, writePack } from './pack.ts';

const segments = [5, 6, 7].map((segment) => ({ segment, data: Buffer.alloc(segment * 100, segment) }));

test('a pack gives its segments back by its index', () => {
  const pack = writePack(segments);
  const index = readPackIndex(pack.subarray(-500));
  assert.deepEqual(
    index?.map(({ segment, offset, bytes }) => [segment, offset, bytes]),
    [
      [5, 0, 500],
      [6, 500, 600],
      [7, 1_100, 700],
    ],
  );
  assert.deepEqual(pack.subarray(500, 1_100), segments[1]?.data);
});

test('a damaged or cut index is noticed', () => {
  const pack = writePack(segments);
  const damaged = Buffer.from(pack);
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
  assert.equal(readPackIndex(damaged), undefined);
  assert.equal(readPackIndex(pack.subarray(0, -1)), undefined);
  assert.equal(readPackIndex(pack.subarray(-30)), undefined);
  assert.equal(readPackIndex(Buffer.alloc(0)), undefined);
});
