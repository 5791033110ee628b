// A process that keeps objects and says so, once it believes that they are safe; it is killed again and again. First it
// says what of its earlier lives is there and whole. Its second argument names the way in which it writes: one is right,
// each of the others forgets one thing.

import { globSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '#platform/disk.ts';
import { loadOrCreateSigningKey, parseSigningKey } from '#platform/identity.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';

const [root = '', way = ''] = process.argv.slice(2);
const store = await createDiskStore(join(root, 'store'));
const keys = join(root, 'keys');
const life = Date.now().toString(36);

/** Every object holds its own name many times over, so that a torn one can be told. */
const bodyOf = (key: string): Buffer => Buffer.from(`${key}\n`.repeat(500));
const keyOf = (count: number): string => `${life}-${Math.floor(count / 4)}/${count}`;

async function writeFileAt(path: string, body: Buffer, isSynced: boolean): Promise<void> {
  const handle = await open(path, 'w');
  await handle.writeFile(body);
  if (isSynced) await handle.sync();
  await handle.close();
}

async function writeByHand(
  key: string,
  synced: { file: boolean; folder: boolean; parent: boolean },
): Promise<void> {
  const folder = join(root, 'store', key.slice(0, key.indexOf('/')));
  await mkdir(folder, { recursive: true });
  const path = join(root, 'store', key);
  await writeFileAt(`${path}.new`, bodyOf(key), synced.file);
  await rename(`${path}.new`, path);
  if (synced.folder) await syncDirectory(folder);
  if (synced.parent) await syncDirectory(join(root, 'store'));
}

const WAYS: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
  'the disk store': (key) => store.put(key, bodyOf(key)),
  'the disk store, scratch beside': (key) =>
    Promise.all([
      store.put(`${key}-scratch`, bodyOf(key), { isDurable: false }),
      store.put(key, bodyOf(key)),
      store.put(`${key}-twin`, bodyOf(`${key}-twin`)),
    ]),
  'files taken over': async (key) => {
    const path = join(root, 'arriving');
    await writeFileAt(path, bodyOf(key), false);
    await store.adoptFile(key, path);
  },
  'signing keys': (key) => loadOrCreateSigningKey(join(keys, key)),
  'by hand': (key) => writeByHand(key, { file: true, folder: true, parent: true }),
  'no fsync at all': (key) => store.put(key, bodyOf(key), { isDurable: false }),
  'no fsync of files': (key) => writeByHand(key, { file: false, folder: true, parent: true }),
  'no fsync of folders': (key) => writeByHand(key, { file: true, folder: false, parent: false }),
  'no fsync of the folder above a new one': (key) =>
    writeByHand(key, { file: true, folder: true, parent: false }),
};

for await (const { key } of store.list('')) {
  const bytes = await readFile(join(root, 'store', key));
  if (bytes.equals(bodyOf(key))) process.stdout.write(`whole ${key}\n`);
}
for (const key of globSync('*/[!.]*', { cwd: keys }))
  if (parseSigningKey(await readFile(join(keys, key), 'utf8')).publicKey !== '')
    process.stdout.write(`whole ${key}\n`);
process.stdout.write('ready\n');
const write = WAYS[way];
if (write === undefined) throw new Error(`there is no way "${way}"`);
for (let count = 0; ; count += 1) {
  await write(keyOf(count));
  process.stdout.write(`safe ${keyOf(count)}\n`);
}
