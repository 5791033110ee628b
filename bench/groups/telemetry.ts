// Players' events into one region's edge and through to rollups: 20,000 a second of 4,000 viewings, in batches of five.
// What it costs in processor time (the node and control together, PostgreSQL apart) and whether every event is there
// afterwards.

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import { cpuSeconds } from '../edge/processes.ts';
import { type Group, type Row, rounded } from '../row.ts';

const EVENTS_PER_SECOND = 20_000;
const VIEWINGS = 4_000;
const BATCH_EVENTS = 5;
const SECONDS = 15;
const CONNECTIONS = 16;
/** Posts go out in steps, so that timers cost nothing. */
const STEP_MS = 10;
const POSTS_PER_STEP = (EVENTS_PER_SECOND / BATCH_EVENTS / 1_000) * STEP_MS;

interface Poster {
  readonly socket: Socket;
  answers: number;
}

function openPoster(port: number): Promise<Poster> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const poster: Poster = { socket, answers: 0 };
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const text = rest + chunk.toString('latin1');
      const answers = text.split('\r\n\r\n');
      rest = answers.pop() ?? '';
      poster.answers += answers.filter((answer) => answer.startsWith('HTTP/1.1 204')).length;
    });
    socket.once('connect', () => resolve(poster));
    socket.once('error', reject);
  });
}

/** One batch of a viewing: a state, an interval, three requests. */
function batchOf(edgeUrl: string, run: string, viewing: number, round: number, atMs: number): string {
  const sid = `${run}-${viewing}`;
  const sn = round * BATCH_EVENTS;
  const url = `${edgeUrl}/m/default/ast_bench/v1/a1/v720/${round}.m4s`;
  const common = `meridian-pathway="dublin-1",sf=h,sid="${sid}"`;
  return [
    `bl=(12000),br=(3000),cid="default/ast_bench",e=t,${common},sn=${sn},st=v,sta=p,ts=${atMs - 900},v=2`,
    `bl=(12000),br=(3000),e=ps,${common},sn=${sn + 1},st=v,sta=p,ts=${atMs - 800},v=2`,
    ...[2, 3, 4].map(
      (index) =>
        `dl=12000,e=rr,rc=200,sf=h,sid="${sid}",sn=${sn + index},st=v,ts=${atMs - 700},ttfb=12,ttlb=80,url="${url}",v=2`,
    ),
  ].join('\n');
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const world = await context.world();
  const dublin = defined(
    world.regions.find(({ id }) => id === 'dublin'),
    'dublin',
  );
  const pids = world.pids();
  const name = defined(
    Object.keys(pids).find((key) => key.startsWith('dublin-1')),
    'the node of dublin',
  );
  const servers = [name, 'control'].map((key) => defined(pids[key] ?? undefined, `the process ${key}`));
  const posters = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => openPoster(Number(new URL(dublin.edgeUrl).port))),
  );
  const runId = `b${Date.now()}`;
  const startedAtMs = Date.now();
  const before = await Promise.all(servers.map(cpuSeconds));
  const beganMs = performance.now();
  const steps = (SECONDS * 1_000) / STEP_MS;
  let posts = 0;
  for (let step = 0; step < steps; step += 1) {
    for (let index = 0; index < POSTS_PER_STEP; index += 1) {
      const poster = defined(posters[posts % CONNECTIONS], 'a connection');
      const nowMs = Date.now();
      const viewing = posts % VIEWINGS;
      const body = batchOf(dublin.edgeUrl, runId, viewing, Math.floor(posts / VIEWINGS), nowMs);
      poster.socket.write(
        `POST /cmcd?t=${nowMs} HTTP/1.1\r\nHost: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      );
      posts += 1;
    }
    const aheadMs = beganMs + (step + 1) * STEP_MS - performance.now();
    if (aheadMs > 0) await sleep(aheadMs);
  }
  await waitFor(
    'every post to be answered',
    () => posters.reduce((sum, { answers }) => sum + answers, 0) === posts,
    60_000,
  );
  const tookSeconds = (performance.now() - beganMs) / 1_000;
  const stored = async (): Promise<number> => {
    const query = {
      name: 'viewer_requests',
      labels: 'site:dublin-1',
      fromMs: Math.floor(startedAtMs / 5_000) * 5_000 - 5_000,
      toMs: Math.ceil(Date.now() / 5_000) * 5_000,
      stepMs: 5_000,
    };
    const { points } = await world.client.call('GET /v1/telemetry/series', { query });
    return points.reduce((sum, { count }) => sum + count, 0);
  };
  const wanted = posts * 3;
  await waitFor('every response in the rollups', async () => (await stored()) >= wanted, 60_000).catch(
    () => undefined,
  );
  const after = await Promise.all(servers.map(cpuSeconds));
  for (const { socket } of posters) socket.destroy();
  const events = posts * BATCH_EVENTS;
  const used = after.map((seconds, index) => seconds - (before[index] ?? 0));
  const perCore = (seconds: number): number => rounded((seconds * EVENTS_PER_SECOND) / events, 2);
  const peer = `${events} events of ${VIEWINGS} viewings in ${rounded(tookSeconds, 1)} s; node ${perCore(used[0] ?? 0)}, control ${perCore(used[1] ?? 0)}`;
  return [
    {
      name: 'telemetry-cores',
      value: perCore(used.reduce((sum, seconds) => sum + seconds, 0)),
      unit: 'cores for 20,000 events/s',
      op: '<=',
      goal: 1,
      peer,
    },
    {
      name: 'telemetry-lost',
      value: wanted - (await stored()),
      unit: `of ${wanted} responses`,
      op: '==',
      goal: 0,
      peer: 'read back from the rollups',
    },
  ];
}

export const telemetryGroup: Group = {
  names: ['telemetry-cores', 'telemetry-lost'],
  budgetMs: 120_000,
  run,
};
