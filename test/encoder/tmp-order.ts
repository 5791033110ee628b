import { mkdtempSync } from 'node:fs';
import { FragmentSplitter } from '#media/cmaf/splitter.ts';
import { planLadder } from '#media/ladder/plan-ladder.ts';
import { testEngine } from './support.ts';
const engine = await testEngine();
const dir = mkdtempSync('/tmp/meas/o-');
const probe = await engine.probe('/tmp/meas/c60.mp4', { workDirectory: dir, signal: new AbortController().signal });
const r = planLadder(probe); if (r.kind !== 'plan') throw 1;
const t0 = performance.now();
const e = engine.encode({ inputPath: '/tmp/meas/c60.mp4', workDirectory: dir, ...r.plan, niceness: 0 });
let n = 0;
for (const [id, o] of e.outputs) { const s = new FragmentSplitter(); o.on('data', (c) => { for (const i of s.push(c)) { if (i.kind === 'fragment') { console.log(id, (performance.now() - t0).toFixed(0), 'frag', i.samples.length, 'from', ((i.samples[0]?.presentationTicks ?? 0) / i.track.timescale - 10).toFixed(3)); if (++n > 14) { e.kill(); } } else console.log(id, 'init', (performance.now() - t0).toFixed(0)); } }); }
await e.done.catch((x) => console.log(String(x)));
