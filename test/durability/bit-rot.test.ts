// Bytes rot on the disks of a region. The scrubber finds every kind of object, puts a good copy in its place and sets the
// bad one aside; viewers get right bytes all the while.

import assert from 'node:assert/strict';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetRecord } from '#contract/media.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  copiesOf,
  digestMedia,
  filesOf,
  holdersOf,
  sha256OfFile,
  startFastWorld,
  storeOf,
  waitForCopies,
} from './support.ts';

/** Turns one bit in the middle of a file, as a failing disk would. */
async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, Math.floor(size / 2));
    byte.writeUInt8(byte.readUInt8(0) ^ 0x10, 0);
    await file.write(byte, 0, 1, Math.floor(size / 2));
  } finally {
    await file.close();
  }
}

test('rotten packs, inits, sources, documents and records are found, set aside and replaced', async () => {
  const world = await startFastWorld();
  try {
    const asset = await world.upload(clip({ seconds: 12, width: 640, height: 360 }));
    await waitForCopies(world, asset.id, 'source', 3);
    const holders = await waitForCopies(world, asset.id, 'renditions', 2);
    const rotten = defined(holders[0], 'a holder');
    const other = defined(
      world.regions.find(({ id }) => id !== rotten),
      'another region',
    );
    const wanted = await digestMedia(other.edgeUrl, asset);
    const directory = join(storeOf(world, rotten), asset.projectId, asset.id);
    const files = filesOf(world, rotten, asset);
    const pick = (pattern: RegExp): string =>
      defined(
        files.find((name) => pattern.test(name)),
        `${pattern} among ${files.join(' ')}`,
      );
    const bits = [
      pick(/v\d+\/pack-0\.bin$|v\d{3}\/pack-0\.bin$/),
      pick(/init\.mp4$/),
      pick(/source$/),
      pick(/poster\.jpg$/),
    ];
    const digests = new Map(bits.map((name) => [name, sha256OfFile(join(directory, name))]));
    const forms = [pick(/media\.json$/), 'record.json'];
    // The record changes once more when the last copy of the source is known; one that comes later would hide the damage.
    const record = await waitFor('the record to be the last', async () => {
      const text = await readFile(join(directory, 'record.json'), 'utf8');
      const now = JSON.parse(text) as Pick<AssetRecord, 'revision' | 'source'>;
      return now.source.regionIds.length === 3 ? now : undefined;
    });
    for (const name of bits) await flipBit(join(directory, name));
    for (const name of forms) await writeFile(join(directory, name), '{"formatVersion":1,');

    const edge = defined(
      world.regions.find(({ id }) => id === rotten),
      'the rotten region',
    ).edgeUrl;
    assert.deepEqual(await digestMedia(edge, asset), wanted, 'right bytes although the own store is rotten');

    await waitFor(
      'every object to be repaired',
      () => bits.every((name) => sha256OfFile(join(directory, name)) === digests.get(name)),
      30_000,
    );
    await waitFor('the record to be repaired', async () => {
      const now = JSON.parse(await readFile(join(directory, 'record.json'), 'utf8')) as typeof record;
      return now.revision >= record.revision;
    });
    await waitFor('the document to be repaired', async () => {
      const now = JSON.parse(await readFile(join(directory, forms[0] ?? ''), 'utf8')) as { assetId: string };
      return now.assetId === asset.id;
    });
    const quarantined = filesOf(world, rotten, asset).filter((name) => name.startsWith('quarantine/'));
    assert.equal(quarantined.length, bits.length + forms.length, quarantined.join(' '));
    const scrub = await waitFor('the findings to be reported', async () => {
      const seen = await world.client.call('GET /v1/storage/scrub', { query: { limit: 100 } });
      return seen.findings.filter(({ kind }) => kind === 'repaired').length >= 6 ? seen : undefined;
    });
    for (const kind of ['damaged', 'repaired'] as const)
      assert.deepEqual(
        scrub.findings
          .filter((finding) => finding.kind === kind)
          .map(({ key, regionId }) => `${regionId} ${key.slice(`${asset.projectId}/${asset.id}/`.length)}`)
          .sort(),
        [...bits, ...forms].map((name) => `${rotten} ${name}`).sort(),
        kind,
      );
    await waitFor('the copies to be whole and verified', async () => {
      const { copies } = await copiesOf(world, asset.id);
      const own = copies.filter(({ regionId, class: of }) => regionId === rotten && of !== 'other');
      return own.length === 2 && own.every((copy) => copy.damagedObjects === 0 && copy.verifiedAtMs !== null);
    });
    assert.ok((await holdersOf(world, asset.id, 'renditions')).includes(rotten));
    assert.deepEqual(await digestMedia(edge, asset), wanted);
  } finally {
    await world.remove();
  }
});
