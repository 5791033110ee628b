import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { createEncoder } from '../../src/region/encoder/create-encoder.ts';
import { FakeControl, FakePeers, jobFor, testContext, testEngine } from './support.ts';
const dir = mkdtempSync('/tmp/meas/run-');
const store = await createDiskStore(join(dir, 'objects'));
const control = new FakeControl();
const engine = await testEngine();
const t: Record<string, number> = {};
const wrapped = { name: engine.name, version: engine.version,
  probe: async (p: string, o: any) => { t.probeStart = performance.now(); const r = await engine.probe(p, o); t.probeEnd = performance.now(); return r; },
  encode: (r: any) => { t.encode = performance.now(); const e = engine.encode(r); for (const [id, o] of e.outputs) o.once('data', () => { t['first-' + id] = performance.now(); }); return e; },
  poster: async (r: any) => { t.posterStart = performance.now(); const p = await engine.poster(r); t.posterEnd = performance.now(); return p; } };
const puts: string[] = [];
const s2 = { ...store, put: async (k: string, b: any, o: any) => { const at = performance.now(); const r = await store.put(k, b, o); if (puts.length < 14) puts.push(`${k.split('/').slice(3).join('/')} at ${(at - control.claimedAtMs).toFixed(0)} took ${(performance.now() - at).toFixed(1)}`); return r; }, get: (k: string, r: any) => store.get(k, r), head: (k: string) => store.head(k), list: (k: string) => store.list(k), delete: (k: string) => store.delete(k), stream: (k: string, r: any) => store.stream(k, r), localPath: (k: string) => store.localPath(k), freeBytes: () => store.freeBytes(), adoptFile: (a: string, b: string, c: any) => store.adoptFile(a, b, c) };
const ctx = testContext(join(dir, 'node'), s2 as any);
const role = createEncoder(ctx, { engine: wrapped as any, jobs: control, peers: new FakePeers() });
const job = await jobFor(store, '/tmp/meas/c60.mp4');
await role.start();
control.offer(job);
while (control.playableAtMs === 0) await systemClock.sleep(5);
console.log('playable heartbeat after', (control.playableAtMs - control.claimedAtMs).toFixed(0), 'ms');
for (const [k, v] of Object.entries(t)) console.log(k, (v - control.claimedAtMs).toFixed(0));
console.log(puts.join('\n'));
if (process.argv[2] === 'full') { const c0 = process.resourceUsage(); while (control.results.length + control.failures.length === 0) await systemClock.sleep(50); console.log('done after', (performance.now() - control.claimedAtMs).toFixed(0), control.failures, 'own cpu ms', (process.resourceUsage().userCPUTime + process.resourceUsage().systemCPUTime) / 1000); }
await role.stop(); ctx.transport.close(); rmSync(dir, { recursive: true });
