// An encoder in a process of its own, for a test that kills it: takes one job on its command line, says "playable"
// when the first segment of every rendition is stored, and would go on if it were let.

import { join } from 'node:path';
import type { LeasedJob } from '#contract/jobs.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { createEncoder } from '../../src/region/encoder/create-encoder.ts';
import { FakeControl, FakePeers, testContext, testEngine } from './support.ts';

const [directory = '', job = ''] = process.argv.slice(2);
const store = await createDiskStore(join(directory, 'objects'));
const control = new FakeControl();
const heartbeat = control.heartbeat.bind(control);
control.heartbeat = async (leased, progress) => {
  if (progress.isPlayable) process.stdout.write('playable\n');
  return heartbeat(leased, progress);
};
const context = testContext(join(directory, 'doomed'), store);
const role = createEncoder(context, { engine: await testEngine(), jobs: control, peers: new FakePeers() });
await role.start();
control.offer(JSON.parse(job) as LeasedJob);
