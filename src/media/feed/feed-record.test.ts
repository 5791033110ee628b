import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFeedHeader, FeedError, FeedReader } from './feed-record.ts';
import { FEED_DATA_BYTES_MAX, FEED_HEADER_BYTES_MAX } from './limits.ts';

function parseKind(header: unknown): { kind: string } {
  if (typeof header !== 'object' || header === null || !('kind' in header)) throw new Error('no kind');
  return { kind: String(header.kind) };
}

function record(header: object, data = new Uint8Array(0)): Buffer {
  return Buffer.concat([encodeFeedHeader(header, data.length), data]);
}

test('records come out whole and in order, however the bytes are cut', () => {
  const data = Uint8Array.from({ length: 1_000 }, (_, index) => index & 255);
  const bytes = Buffer.concat([
    record({ kind: 'rendition' }),
    record({ kind: 'part' }, data),
    record({ kind: 'end' }),
  ]);
  for (const size of [1, 3, 7, 64, bytes.length]) {
    const reader = new FeedReader(parseKind);
    const records = [];
    for (let at = 0; at < bytes.length; at += size)
      records.push(...reader.push(bytes.subarray(at, at + size)));
    assert.deepEqual(
      records.map(({ header }) => header.kind),
      ['rendition', 'part', 'end'],
      `cut every ${size} bytes`,
    );
    assert.deepEqual(records[1]?.data, data);
    assert.ok(reader.isBetweenRecords);
  }
});

test('a feed that breaks off in a record says so, and keeps that record back', () => {
  const reader = new FeedReader(parseKind);
  const bytes = record({ kind: 'part' }, new Uint8Array(10));
  assert.deepEqual(reader.push(bytes.subarray(0, bytes.length - 1)), []);
  assert.equal(reader.isBetweenRecords, false);
});

const lengths = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

for (const [title, bytes] of [
  ['a header without an end', lengths(FEED_HEADER_BYTES_MAX + 1)],
  ['no header', lengths(0)],
  ['a header that is not JSON', Buffer.concat([lengths(2), Buffer.from('{x'), lengths(0)])],
  ['a header that the contract does not know', record({ other: 1 })],
  [
    'more data than a part may have',
    Buffer.concat([lengths(12), Buffer.from('{"kind":"x"}'), lengths(FEED_DATA_BYTES_MAX + 1)]),
  ],
] as const) {
  test(`a reader refuses ${title}, and everything after it`, () => {
    const reader = new FeedReader(parseKind);
    assert.throws(() => reader.push(bytes), FeedError);
    assert.throws(() => reader.push(record({ kind: 'end' })), FeedError);
  });
}
