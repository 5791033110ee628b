import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import type { Drop, HoldingsPage } from '#contract/storage.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { initKey, mediaKey, packKey, recordKey, sourceKey } from '../../shared/keys.ts';
import { createMediaReader } from '../../shared/media-store.ts';
import { writePack } from '../../shared/pack.ts';
import { createRecordBook } from '../record-book.ts';
import { checkObject } from './check-object.ts';
import type { ControlLink } from './control-link.ts';
import { createInventory } from './inventory.ts';
import { createLedger } from './ledger.ts';
import { createPacer } from './pacer.ts';

const assetId = (letter: string): string => `ast_${letter.repeat(26)}`;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const SOURCE = Buffer.from('a source');

function recordOf(letter: string, changes: Partial<AssetRecord> = {}): AssetRecord {
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: assetId(letter),
    version: 1,
    revision: 1,
    name: 'A clip',
    visibility: 'public',
    isDeleted: false,
    createdAtMs: 0,
    source: {
      bytes: SOURCE.length,
      sha256: sha256(SOURCE),
      fileName: 'x.mp4',
      contentType: 'video/mp4',
      regionIds: [],
    },
    ...changes,
  };
}

const PACK = writePack([{ segment: 0, data: Buffer.from('the only segment') }]);
const INIT = Buffer.from('an init');

function documentOf(letter: string): MediaDocument {
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: assetId(letter),
    version: 1,
    attempt: 1,
    revision: 4,
    state: 'complete',
    timelineStartMs: 0,
    segmentDurationMs: 2_000,
    durationMs: 2_000,
    holders: ['dublin'],
    hasPoster: false,
    renditions: [
      {
        id: 'v720',
        kind: 'video',
        codecs: 'avc1.64001f',
        bandwidthBps: 1,
        averageBandwidthBps: 1,
        timescale: 1_000,
        firstSegment: 0,
        firstTimeTicks: 0,
        durationRuns: [[2_000, 1]],
        frameCount: 60,
        packs: [{ firstSegment: 0, segmentCount: 1, bytes: PACK.length, sha256: sha256(PACK) }],
        initSha256: sha256(INIT),
      },
    ],
  };
}

async function putAsset(store: ObjectStore, letter: string): Promise<MediaDocument> {
  const document = documentOf(letter);
  await store.put(recordKey('default', assetId(letter)), Buffer.from(JSON.stringify(recordOf(letter))));
  await store.put(sourceKey('default', assetId(letter), 1), SOURCE);
  await store.put(mediaKey(document), Buffer.from(JSON.stringify(document)));
  await store.put(initKey(document, 'v720'), INIT);
  await store.put(packKey(document, 'v720', 0), PACK);
  return document;
}

/** An inventory over a store, with a control that keeps the pages and answers with drops. */
function inventoryOf(store: ObjectStore, drops: () => readonly Drop[] | Promise<readonly Drop[]> = () => []) {
  const pages: HoldingsPage[] = [];
  const refuse = (): never => {
    throw new Error('not here');
  };
  const link: ControlLink = {
    async report(page) {
      pages.push(page);
      return drops();
    },
    claim: refuse,
    heartbeat: refuse,
    complete: refuse,
    fail: refuse,
  };
  const ledger = createLedger({ clock: systemClock, log: silentLog, metrics: createMetrics() });
  const records = createRecordBook(store, systemClock);
  const inventory = createInventory({
    store,
    clock: systemClock,
    log: silentLog,
    nodeId: 'dublin-1-a',
    records,
    ledger,
    link,
    scrubState: () => ({
      roundStartedAtMs: null,
      lastRoundEndedAtMs: null,
      position: '',
      bytesRead: 0,
      damagedObjects: 0,
      repairedObjects: 0,
      bytesPerSecond: 1,
    }),
  });
  return { inventory, ledger, pages, records };
}

const holdingsOf = (page: HoldingsPage | undefined): string[] =>
  defined(page, 'a page').holdings.map(
    (each) => `${each.assetId.slice(4, 5)} ${each.class} ${each.bytes} ${each.isComplete}`,
  );
const keysOf = async (store: ObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
};
const never = new AbortController().signal;

test('the inventory names what is whole and what is not, and a document alone is no holding', async () => {
  const store = createMemoryStore();
  const whole = await putAsset(store, '1');
  const partial = await putAsset(store, '2');
  await store.delete(packKey(partial, 'v720', 0));
  const document = await putAsset(store, '3');
  for (const key of [packKey(document, 'v720', 0), initKey(document, 'v720')]) await store.delete(key);
  await store.put(sourceKey('default', assetId('3'), 1), Buffer.from('short'));
  const { inventory, pages } = inventoryOf(store);
  await inventory.reportAll(never);
  const documentBytes = JSON.stringify(whole).length;
  assert.deepEqual([pages[0]?.from, pages[0]?.until, pages.length], ['', '~', 1]);
  assert.deepEqual(holdingsOf(pages[0]).sort(), [
    `1 renditions ${documentBytes + INIT.length + PACK.length} true`,
    `1 source ${SOURCE.length} true`,
    `2 renditions ${documentBytes + INIT.length} false`,
    `2 source ${SOURCE.length} true`,
    '3 source 5 false',
  ]);
  assert.equal(pages[0]?.holdings.find(({ class: of }) => of === 'renditions')?.documentRevision, 4);
});

test('what was touched is reported alone, with what the scrubber knows of it', async () => {
  const store = createMemoryStore();
  await putAsset(store, '1');
  await putAsset(store, '2');
  const { inventory, ledger, pages } = inventoryOf(store);
  const place = `default/${assetId('2')}`;
  ledger.verified(place, { class: 'source', version: 1, attempt: 0 }, []);
  ledger.verified(place, { class: 'renditions', version: 1, attempt: 1 }, ['a pack']);
  inventory.touch(place);
  await inventory.untilTouched();
  await inventory.reportTouched(never);
  assert.deepEqual([pages[0]?.from, pages[0]?.until], [place, place]);
  const [source, renditions] = ['source', 'renditions'].map((of) =>
    pages[0]?.holdings.find((each) => each.class === of),
  );
  assert.ok(source?.verifiedAtMs !== null && source?.damagedObjects === 0);
  assert.ok(renditions?.verifiedAtMs === null && renditions.damagedObjects === 1);
});

test('two reports at once tell a finding once, and one that failed leaves it to the next', async () => {
  const store = createMemoryStore();
  await putAsset(store, '1');
  const { promise: answer, reject } = Promise.withResolvers<readonly Drop[]>();
  const answers = [answer];
  const { inventory, ledger, pages } = inventoryOf(store, () => answers.shift() ?? []);
  ledger.note('damaged', 'a key', 'rotten');
  ledger.note('repaired', 'a key', 'from dublin');
  const told = (page: number): string[] => defined(pages[page], 'a page').findings.map(({ kind }) => kind);
  const first = inventory.reportAll(never);
  while (pages.length === 0) await new Promise(setImmediate);
  await inventory.reportAll(never);
  assert.deepEqual([told(0), told(1)], [['damaged', 'repaired'], []]);
  reject(new Error('control is away'));
  await assert.rejects(first, /control is away/);
  ledger.note('dropped', 'another key', 'old');
  await inventory.reportAll(never);
  assert.deepEqual(told(2), ['damaged', 'repaired', 'dropped']);
});

test('bytes beside a tombstone are removed before the region says that nothing is left', async () => {
  const store = createMemoryStore();
  await putAsset(store, '1');
  const { inventory, pages, records } = inventoryOf(store);
  const tombstone = recordOf('1', { revision: 2, isDeleted: true });
  await records.apply({ ...tombstone, keepsBytes: true });
  await inventory.reportAll(never);
  assert.deepEqual([pages[0]?.gone, pages[0]?.holdings.length], [[], 2], 'the deletion can still be undone');
  await records.apply({ ...tombstone, revision: 3 });
  await store.put(sourceKey('default', assetId('1'), 1), SOURCE);
  await inventory.reportAll(never);
  assert.deepEqual(pages[1]?.gone, [{ projectId: 'default', assetId: assetId('1'), revision: 3 }]);
  assert.deepEqual(pages[1]?.holdings, []);
  assert.deepEqual(await keysOf(store), [recordKey('default', assetId('1'))]);
});

test('a deletion that is undone has lost nothing', async () => {
  const store = createMemoryStore();
  await putAsset(store, '1');
  const before = await keysOf(store);
  const { records } = inventoryOf(store);
  await records.apply(recordOf('1', { revision: 2, isDeleted: true, keepsBytes: true }));
  await records.apply(recordOf('1', { revision: 3 }));
  assert.deepEqual(await keysOf(store), before);
});

test('control’s orders to drop are followed for what is not served, and refused for what is', async () => {
  const store = createMemoryStore();
  const document = await putAsset(store, '1');
  await store.put(
    recordKey('default', assetId('1')),
    Buffer.from(JSON.stringify(recordOf('1', { version: 2 }))),
  );
  await store.put(sourceKey('default', assetId('1'), 2), SOURCE);
  const reason = { code: 'version_replaced', subject: 'x', values: {} };
  const drop = (version: number, attempt: number | null): Drop => ({
    projectId: 'default',
    assetId: assetId('1'),
    version,
    attempt,
    reason,
  });
  let drops = [drop(2, null), drop(3, 1)];
  const { inventory } = inventoryOf(store, () => drops);
  const before = await keysOf(store);
  await inventory.reportAll(never);
  assert.deepEqual(await keysOf(store), before, 'what is served, or newer, stays');
  drops = [drop(1, 1)];
  await inventory.reportAll(never);
  assert.equal(await store.head(packKey(document, 'v720', 0)), undefined);
  assert.notEqual(await store.head(sourceKey('default', assetId('1'), 1)), undefined);
  drops = [drop(1, null)];
  await inventory.reportAll(never);
  assert.deepEqual(await keysOf(store), [
    recordKey('default', assetId('1')),
    sourceKey('default', assetId('1'), 2),
  ]);
});

test('a document that was left alone is told to control, and goes when control says so', async () => {
  const store = createMemoryStore();
  const document = await putAsset(store, '1');
  const place = { projectId: 'default', assetId: assetId('1'), version: 1 };
  await store.delete(packKey(document, 'v720', 0));
  await store.delete(initKey(document, 'v720'));
  let drops: Drop[] = [];
  const { inventory, pages, records } = inventoryOf(store, () => drops);
  await records.apply(recordOf('1'));
  await inventory.reportAll(never);
  assert.deepEqual(pages[0]?.loneDocuments, [], 'of what is served every region has the document');
  await records.apply(recordOf('1', { version: 2, revision: 2 }));
  await store.put(mediaKey({ ...place, version: 2, attempt: 1 }), Buffer.from('{}'));
  await store.put(mediaKey({ ...place, version: 2, attempt: 2 }), Buffer.from('{}'));
  const reason = { code: 'version_replaced', subject: 'x', values: {} };
  drops = [{ ...place, attempt: null, reason }];
  await inventory.reportAll(never);
  assert.deepEqual(pages[1]?.loneDocuments, [
    { ...place, attempt: 1 },
    { ...place, version: 2, attempt: 1 },
  ]);
  assert.deepEqual(await keysOf(store), [
    recordKey('default', assetId('1')),
    mediaKey({ ...place, version: 2, attempt: 1 }),
    mediaKey({ ...place, version: 2, attempt: 2 }),
  ]);
});

test('an object is judged by its checksum, else by its own form', async () => {
  const store = createMemoryStore();
  const flip = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const judge = async (key: string, bytes: Buffer, expected?: string): Promise<string> => {
    await store.put(key, bytes);
    const object = expected === undefined ? undefined : { key, sha256: expected };
    return (await checkObject(store, key, object, async () => {})).kind;
  };
  const key = 'default/x/v1/a1/v720/pack-0.bin';
  assert.equal(await judge(key, PACK, sha256(PACK)), 'good');
  assert.equal(await judge(key, PACK), 'good');
  for (const at of [0, PACK.length - 20, PACK.length - 1]) {
    assert.equal(await judge(key, flip(PACK, at), sha256(PACK)), 'damaged', `byte ${at}`);
    assert.equal(await judge(key, flip(PACK, at)), 'damaged', `byte ${at}, by its own CRC`);
  }
  assert.equal(await judge('default/x/v1/a1/v720/init.mp4', INIT), 'readable');
  assert.equal(await judge('default/x/v1/a1/media.json', Buffer.from('{"formatVersion":1')), 'damaged');
  assert.equal((await checkObject(store, 'default/none', undefined, async () => {})).kind, 'missing');
});

test('an init with a wrong checksum is not served', async () => {
  const store = createMemoryStore();
  const document = await putAsset(store, '1');
  const damaged: string[] = [];
  const reader = createMediaReader({ store, clock: systemClock, onCorruption: (key) => damaged.push(key) });
  assert.deepEqual(await reader.readInit(document, 'v720'), INIT);
  await store.put(initKey(document, 'v720'), Buffer.from('an inIt'));
  assert.equal(await reader.readInit(document, 'v720'), undefined);
  assert.deepEqual(damaged, [initKey(document, 'v720')]);
});

test('an init whose document is rotten is not served, since nobody can vouch for it', async () => {
  const store = createMemoryStore();
  const document = await putAsset(store, '1');
  await store.put(mediaKey(document), Buffer.from('{"formatVersion":1,'));
  const reader = createMediaReader({ store, clock: systemClock });
  assert.equal(await reader.readInit(document, 'v720'), undefined);
});

test('a pacer lets a second’s worth through and then keeps to its rate', async () => {
  const time = { nowMs: 0 };
  const clock: Clock = {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    async sleep(milliseconds) {
      time.nowMs += milliseconds;
    },
  };
  const now = (): number => time.nowMs;
  const pacer = createPacer(clock, 1_000);
  await pacer.take(1_000, never);
  assert.equal(now(), 0);
  for (let taken = 0; taken < 10; taken += 1) await pacer.take(500, never);
  assert.equal(now(), 5_000);
  time.nowMs += 60_000;
  await pacer.take(1_000, never);
  assert.equal(now(), 65_000, 'a long rest saves up no more than a second');
  await pacer.take(1_000, never);
  assert.equal(now(), 66_000);
});
