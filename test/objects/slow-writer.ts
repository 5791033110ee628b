// Begins a put that never ends, so that a test can kill it in the middle. Usage: node slow-writer.ts DIRECTORY

import { Readable } from 'node:stream';
import { createDiskStore } from '#platform/objects/disk-store.ts';

const [directory = ''] = process.argv.slice(2);
const store = await createDiskStore(directory);
const endless = new Readable({ read() {} });
endless.push(Buffer.alloc(1_000_000));
setInterval(() => undefined, 60_000);
await store.put('slow', endless);
