// How the files that a record names come into a region, and go.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import type { AssetRecord } from '#contract/media.ts';
import { systemClock } from '#platform/clock.ts';
import { type Transport, TransportError } from '#platform/http/transport.ts';
import { silentLog } from '#platform/log.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { createRecordFiles } from '../../src/region/origin/record-files.ts';
import { fileKey, filesPrefix } from '../../src/region/shared/keys.ts';

const ASSET = 'ast_01jd0000000000000000000000';
const HOUR_MS = 3_600_000;
const directory = mkdtempSync(join(tmpdir(), 'meridian-record-files-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

function record(revision: number, texts: readonly string[], changes: Partial<AssetRecord> = {}): AssetRecord {
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: ASSET,
    version: 1,
    revision,
    name: 'a',
    visibility: 'public',
    isDeleted: false,
    createdAtMs: 1,
    source: {
      bytes: 1,
      sha256: '0'.repeat(64),
      fileName: 'a',
      contentType: 'video/mp4',
      regionIds: ['dublin'],
    },
    captions: texts.map((text, index) => ({
      ...{
        id: `subtitles-x${index}`,
        language: 'en',
        kind: 'subtitles' as const,
        label: 'x',
        isDefault: false,
      },
      ...{ sha256: sha256Of(text), bytes: text.length, cueCount: 1 },
    })),
    ...changes,
  };
}

/** A region's files in front of a control that has these texts. */
async function createCase(name: string) {
  const store = await createDiskStore(join(directory, name));
  const control = { texts: new Map<string, string>(), isAway: false, asked: 0 };
  let offsetMs = 0;
  const transport: Transport = {
    async request({ url }) {
      control.asked += 1;
      if (control.isAway) throw new TransportError('refused', 'control is away');
      const text = control.texts.get(/files\/([0-9a-f]{64})$/.exec(url)?.[1] ?? '');
      const answer =
        text === undefined ? { code: 'not_found' } : { base64: Buffer.from(text).toString('base64') };
      const body = Readable.from([Buffer.from(JSON.stringify(answer))]);
      return { status: text === undefined ? 404 : 200, headers: {}, body };
    },
    close() {},
  };
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + offsetMs };
  const files = createRecordFiles({ clock, log: silentLog, store, transport });
  return {
    control,
    ensure: (next: AssetRecord, previous?: AssetRecord) => files.ensure(next, previous, 'http://control'),
    read: async (text: string) => (await store.get(fileKey('default', ASSET, sha256Of(text))))?.toString(),
    async count() {
      let count = 0;
      for await (const _ of store.list(filesPrefix('default', ASSET))) count += 1;
      return count;
    },
    pass: (milliseconds: number) => {
      offsetMs += milliseconds;
    },
    offer: (...texts: string[]) => {
      for (const text of texts) control.texts.set(sha256Of(text), text);
    },
  };
}

test('what a record names is fetched once', async () => {
  const region = await createCase('once');
  region.offer('one', 'two');
  await region.ensure(record(1, ['one', 'two']));
  await region.ensure(record(2, ['one', 'two']), record(1, ['one', 'two']));
  assert.deepEqual(
    [await region.read('one'), await region.read('two'), region.control.asked],
    ['one', 'two', 2],
  );
});

test('an asset without files, and a deleted one, ask nobody', async () => {
  const region = await createCase('none');
  await region.ensure(record(5, []));
  await region.ensure(record(6, ['one'], { isDeleted: true }));
  assert.equal(region.control.asked, 0);
});

test('a control that is away, and bytes that arrive damaged, are told; what control no longer has is not', async () => {
  const region = await createCase('trouble');
  region.control.isAway = true;
  await assert.rejects(region.ensure(record(1, ['one'])), /away/);
  region.control.isAway = false;
  region.control.texts.set(sha256Of('one'), 'not one');
  await assert.rejects(region.ensure(record(1, ['one'])), /damaged/);
  assert.equal(await region.count(), 0);
  region.control.texts.clear();
  await region.ensure(record(1, ['one']));
  assert.equal(await region.count(), 0);
});

test('a file that lost its name stays for an hour from then on, and goes with a later change', async () => {
  const region = await createCase('unnamed');
  region.offer('one', 'two', 'three');
  await region.ensure(record(1, ['one']));
  region.pass(10 * HOUR_MS);
  await region.ensure(record(2, ['two']), record(1, ['one']));
  assert.equal(await region.read('one'), 'one', 'whoever watches keeps it');
  region.pass(-9.5 * HOUR_MS);
  await region.ensure(record(3, ['two', 'three']), record(2, ['two']));
  assert.equal(await region.read('one'), 'one', 'half an hour later too');
  region.pass(HOUR_MS);
  await region.ensure(record(4, ['two']), record(3, ['two', 'three']));
  assert.equal(await region.read('one'), undefined);
  assert.deepEqual([await region.read('two'), await region.read('three')], ['two', 'three']);
});
