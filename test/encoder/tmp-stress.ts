import { execSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { createEncoder } from '../../src/region/encoder/create-encoder.ts';
import { FakeControl, FakePeers, jobFor, testContext, testEngine, footage } from './support.ts';
const file = process.argv[2] ?? footage('kelloggs.mp4');
for (let i = 0; i < Number(process.argv[3] ?? 10); i += 1) {
  const dir = mkdtempSync('/tmp/meas/run-');
  const store = await createDiskStore(join(dir, 'objects'));
  const control = new FakeControl();
  const ctx = testContext(join(dir, 'node'), store);
  const role = createEncoder(ctx, { engine: await testEngine(), jobs: control, peers: new FakePeers() });
  await role.start();
  control.offer(await jobFor(store, file));
  const at = performance.now();
  let warned = false;
  while (control.results.length + control.failures.length === 0) {
    await systemClock.sleep(50);
    if (!warned && performance.now() - at > 60_000) {
      warned = true;
      console.log('SLOW', JSON.stringify(control.progress.at(-1)));
      console.log(execSync(`ps -eo pid,ppid,stat,wchan:20,time,args --forest | grep -v grep | grep -A6 ${process.pid} | cut -c1-200; find ${dir} -type f | tail -30`).toString());
      for (const p of execSync('pgrep -x ffmpeg || true').toString().trim().split('\n').filter(Boolean)) console.log(execSync(`ls -l /proc/${p}/fd; cat /proc/${p}/wchan; cat /proc/${p}/task/*/wchan`).toString());
    }
    if (performance.now() - at > 100_000) break;
  }
  console.log(i, ((performance.now() - at) / 1000).toFixed(1), control.failures);
  await role.stop(); ctx.transport.close(); rmSync(dir, { recursive: true });
}
