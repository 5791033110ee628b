// What low-latency viewers cost an edge, beside nginx that serves the same playlists and parts as files, and how often an
// edge asks for a part that hundreds wait for. Each viewer asks for a playlist and a part of both tracks three times a
// second. Rounds alternate; CPU is the time that the scheduler has booked for the server process alone, so that of
// following the channel is in ours, and that of writing the files not in nginx's.

import { setTimeout as delay } from 'node:timers/promises';
import { type BenchProcess, cpuSeconds, startScript } from '../edge/processes.ts';
import {
  BASE_PATH,
  nextPart,
  type PartName,
  RENDITIONS,
  type ViewersResult,
  type ViewersTask,
} from '../live/edge-setup.ts';
import { type FakeChannel, startFakeChannel } from '../live/fake-channel.ts';
import { type NginxFiles, startNginxFiles } from '../live/nginx-files.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const VIEWERS = Number(process.env.MERIDIAN_BENCH_EDGE_VIEWERS ?? 300);
const WAITING_VIEWERS = 500;
const ROUNDS = 7;
const ROUND_SECONDS = 3;
/** The runtime has compiled the paths by then. */
const WARM_SECONDS = 12;
const WAIT_SECONDS = 6;
const GOAL = 1.2;

interface Rig {
  readonly channel: FakeChannel;
  readonly edge: BenchProcess;
  readonly edgeAt: { readonly port: number; readonly pid: number };
  readonly viewers: BenchProcess;
}

/** A part that is certainly still to come when viewers ask. */
function soon({ channel }: Rig): PartName {
  return nextPart(nextPart(channel.newest()));
}

async function watch(rig: Rig, task: Pick<ViewersTask, 'port' | 'viewers' | 'seconds' | 'mode'>) {
  // A hint names the very next part, and no other may be asked for.
  const from = task.mode === 'hinted' ? nextPart(rig.channel.newest()) : soon(rig);
  const order: ViewersTask = { ...task, from };
  rig.viewers.child.stdin.write(`${JSON.stringify(order)}\n`);
  const result = JSON.parse(await rig.viewers.next()) as ViewersResult;
  if (result.failures > 0)
    throw new Error(`${result.failures} requests failed, the first: ${result.firstFailure}`);
  return result;
}

/** CPU seconds that a server used per second for a thousand viewers. */
async function measure(
  rig: Rig,
  server: { readonly pid: number; readonly port: number },
  mode: 'held' | 'told',
): Promise<number> {
  const [beforeSeconds, beganMs] = [await cpuSeconds(server.pid), performance.now()];
  const { bytes } = await watch(rig, {
    port: server.port,
    viewers: VIEWERS,
    seconds: ROUND_SECONDS,
    mode,
  });
  const used = (await cpuSeconds(server.pid)) - beforeSeconds;
  const seconds = (performance.now() - beganMs) / 1_000;
  const bytesPerViewer = RENDITIONS.reduce(
    (sum, { averageBandwidthBps }) => sum + averageBandwidthBps / 8,
    0,
  );
  // What falls behind has not cost what it should have.
  if (bytes < bytesPerViewer * VIEWERS * ROUND_SECONDS * 0.6)
    throw new Error(`viewers got ${rounded(bytes / 1e6)} MB: this machine cannot carry ${VIEWERS}`);
  return ((used / seconds) * 1_000) / VIEWERS;
}

/** Gives nginx each part and the playlist that our edge has with it, then wakes who waits for it. */
function mirror(rig: Rig, nginx: NginxFiles): () => Promise<void> {
  let writing = Promise.resolve();
  const write = async (name: PartName): Promise<void> => {
    for (const { id, partBytes } of RENDITIONS) {
      const address = `http://127.0.0.1:${rig.edgeAt.port}${BASE_PATH}/${id}/index.m3u8?_HLS_msn=${name.segment}&_HLS_part=${name.part}`;
      const playlist = await (await fetch(address)).text();
      await nginx.put(`${BASE_PATH}/${id}/${name.segment}.${name.part}.m4s`, Buffer.alloc(partBytes, 0x61));
      await nginx.put(`${BASE_PATH}/${id}/index.m3u8`, playlist);
      await nginx.remove(`${BASE_PATH}/${id}/${name.segment - 10}.${name.part}.m4s`);
    }
    rig.viewers.child.stdin.write(`${JSON.stringify({ told: name })}\n`);
  };
  rig.channel.onPart = (name) => {
    writing = writing.then(() => write(name)).catch(() => undefined);
  };
  return async () => {
    rig.channel.onPart = undefined;
    await writing;
  };
}

async function cpuRow(rig: Rig): Promise<Row> {
  const nginx = await startNginxFiles();
  const stopMirror = mirror(rig, nginx);
  try {
    await watch(rig, { port: rig.edgeAt.port, viewers: VIEWERS, seconds: WARM_SECONDS, mode: 'held' });
    await watch(rig, { port: nginx.port, viewers: VIEWERS, seconds: 1, mode: 'told' });
    const ratios: number[] = [];
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const own = await measure(rig, rig.edgeAt, 'held');
      const other = await measure(rig, nginx, 'told');
      ours.push(own);
      theirs.push(other);
      ratios.push(own / other);
    }
    return {
      name: 'live-edge-cpu',
      value: rounded(median(ratios), 3),
      unit: 'of nginx CPU for the same viewers',
      op: '<=',
      goal: GOAL,
      peer: `CPU seconds a second for 1,000 viewers: nginx with files ${median(theirs).toFixed(3)}, edge ${median(ours).toFixed(3)}; ${VIEWERS} viewers`,
    };
  } finally {
    await stopMirror();
    await nginx.stop();
  }
}

async function upstreamRow(rig: Rig): Promise<Row> {
  const othersBefore = rig.channel.otherRequests();
  const watching = watch(rig, {
    port: rig.edgeAt.port,
    viewers: WAITING_VIEWERS,
    seconds: WAIT_SECONDS,
    mode: 'hinted',
  });
  // Feeds are open and told what was there.
  await delay(1_000);
  const from = soon(rig);
  let waitingMost = 0;
  let isOver = false;
  const ended = watching.finally(() => {
    isOver = true;
  });
  // It is awaited below; a failure before that is told there.
  ended.catch(() => undefined);
  while (!isOver) {
    rig.edge.child.stdin.write('\n');
    const { waiting } = JSON.parse(await rig.edge.next()) as { waiting: number };
    waitingMost = Math.max(waitingMost, waiting);
    await delay(50);
  }
  await ended;
  const sent = rig.channel.sent(from);
  const others = rig.channel.otherRequests() - othersBefore;
  if (sent.size === 0) throw new Error('no part was sent');
  return {
    name: 'live-upstream-per-part',
    value: Math.max(...sent.values()) + others,
    unit: 'times at most',
    op: '==',
    goal: 1,
    peer: `${sent.size} parts, up to ${waitingMost} requests of ${WAITING_VIEWERS} viewers waiting at one edge of the region; ${others} other requests`,
  };
}

async function run(): Promise<readonly Row[]> {
  const channel = await startFakeChannel();
  const edge = startScript('../live/edge-process.ts', channel.url);
  const viewers = startScript('../live/viewers-process.ts');
  try {
    const edgeAt = JSON.parse(await edge.next()) as { port: number; pid: number };
    const rig: Rig = { channel, edge, edgeAt, viewers };
    return [await upstreamRow(rig), await cpuRow(rig)];
  } finally {
    await Promise.all([edge.stop(), viewers.stop()]);
    channel.stop();
  }
}

export const liveEdgeGroup: Group = {
  names: ['live-upstream-per-part', 'live-edge-cpu'],
  budgetMs: 90_000,
  run,
};
