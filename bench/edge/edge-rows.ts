// CPU per request of our edge against its peers: warm, 32 connections, 1,000 tokens, no access log on any side, the same
// response headers, one worker each. Rounds alternate, so that whatever else the machine does meets both; the row is the
// median of the rounds' ratios. CPU is the time that the scheduler has booked for the server process alone, user and
// system. The figures of a quiet machine count: on one that is busy with other work both servers cost more, and ours
// the more so.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { median, type Row, rounded } from '../row.ts';
import type { LoadProtocol, LoadResult, LoadTask } from './load-process.ts';
import { startNginx } from './nginx-peer.ts';
import { type BenchProcess, cpuSeconds, type Peer, type ServerUnderLoad, startScript } from './processes.ts';
import { type BenchMode, sizeOf } from './setup.ts';
import { startVarnish } from './varnish-peer.ts';

/** One row: what is asked for, how, and what our share of the peer's CPU may be. */
export interface EdgeRow {
  readonly name: string;
  /** Index into SIZES. */
  readonly size: number;
  readonly goal: number;
}

/** Rows that share their servers. */
export interface EdgeRowSet {
  readonly mode: BenchMode;
  readonly protocol: LoadProtocol;
  readonly peer: 'nginx' | 'varnish';
  readonly rows: readonly EdgeRow[];
}

/** Rounds per row. */
const ROUNDS = 19;
/** Short, so that the two of a pair meet the same machine: what else runs there changes within seconds. */
const ROUND_SECONDS = 0.3;
const WARM_SECONDS = 0.25;
/** Requests after which the compiler of the runtime has seen enough; large bodies need fewer. */
const WARM_REQUESTS = 12_000;
const WARM_ROUNDS = 8;
/** Objects get to the disk in the background; when they are not there by now, the disk cannot keep up. */
const WARM_ROUNDS_MAX = 240;

function startOrigin(): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const number = Number(/(\d+)\.m4s$/.exec(request.url ?? '')?.[1]);
    const body = Buffer.alloc(sizeOf(number).bytes, 0x61);
    response.writeHead(200, { 'content-type': 'video/iso.segment', 'content-length': body.length });
    response.end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

/** A folder with a certificate that both servers use: the kind that most sites have. */
async function makeCertificates(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'meridian-bench-tls-'));
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=127.0.0.1', ...files], { stdio: 'ignore' });
  return folder;
}

type Load = (server: ServerUnderLoad, size: number, seconds: number) => Promise<LoadResult>;

function loadBy(generator: BenchProcess, protocol: LoadProtocol): Load {
  return async (server, size, seconds) => {
    const paths = defined(server.paths[size], 'the paths of a size');
    const task: LoadTask = { protocol, port: server.port, paths, seconds };
    generator.child.stdin.write(`${JSON.stringify(task)}\n`);
    return JSON.parse(await generator.next()) as LoadResult;
  };
}

/** CPU microseconds per request of one round. */
async function measure(load: Load, server: ServerUnderLoad, size: number): Promise<number> {
  const before = await cpuSeconds(server.pid);
  const { requests, failures } = await load(server, size, ROUND_SECONDS);
  const used = (await cpuSeconds(server.pid)) - before;
  if (failures > 0 || requests === 0) throw new Error(`${failures} requests failed of ${requests}`);
  return (used * 1e6) / requests;
}

interface Ours extends ServerUnderLoad {
  /** Requests so far that it could not answer from what it keeps. */
  misses(): Promise<number>;
}

/** Lets the peer fill its cache. */
async function warmPeer(load: Load, peer: Peer, size: number): Promise<void> {
  for (let round = 0; round < WARM_ROUNDS; round += 1) await load(peer, size, WARM_SECONDS);
}

/** Fills our cache until nothing is missing, and lets the runtime compile the path: that takes requests, not time. */
async function warmOurs(load: Load, ours: Ours, size: number): Promise<void> {
  let sent = 0;
  let misses = -1;
  for (let round = 0; round < WARM_ROUNDS_MAX; round += 1) {
    sent += (await load(ours, size, WARM_SECONDS)).requests;
    const before = misses;
    misses = await ours.misses();
    if (misses === before && (sent >= WARM_REQUESTS || round >= WARM_ROUNDS)) return;
  }
  throw new Error(`the edge still misses after ${sent} requests: its disk does not keep up`);
}

async function compare(load: Load, ours: Ours, peer: Peer, row: EdgeRow): Promise<Row> {
  await warmPeer(load, peer, row.size);
  await warmOurs(load, ours, row.size);
  const ratios: number[] = [];
  const ourMicros: number[] = [];
  const peerMicros: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const own = await measure(load, ours, row.size);
    const other = await measure(load, peer, row.size);
    ourMicros.push(own);
    peerMicros.push(other);
    ratios.push(own / other);
  }
  return {
    name: row.name,
    value: rounded(median(ratios), 3),
    unit: `of ${peer.name.split(/[ ,]/)[0]} CPU per request`,
    op: '<=',
    goal: row.goal,
    peer: `${peer.name}: ${median(peerMicros).toFixed(1)} µs; edge: ${median(ourMicros).toFixed(1)} µs`,
  };
}

/** Runs both servers and a load generator; throws when the peer is not installed. */
export async function measureRows({ mode, protocol, peer: peerName, rows }: EdgeRowSet): Promise<Row[]> {
  const origin = await startOrigin();
  const certificates = protocol === 'http1' ? undefined : await makeCertificates();
  const generator = startScript('load-process.ts');
  const edge = startScript('edge-process.ts', mode, ...(certificates === undefined ? [] : [certificates]));
  let peer: Peer | undefined;
  try {
    const ours: Ours = {
      ...(JSON.parse(await edge.next()) as ServerUnderLoad),
      async misses() {
        edge.child.stdin.write('\n');
        return (JSON.parse(await edge.next()) as { misses: number }).misses;
      },
    };
    const originPort = origin.port;
    peer =
      peerName === 'nginx'
        ? await startNginx({ mode, originPort, certificates })
        : await startVarnish({ mode, originPort });
    if (peer === undefined) throw new Error(`${peerName} is not installed: there is nothing to compare with`);
    const load = loadBy(generator, protocol);
    const measured: Row[] = [];
    for (const row of rows) measured.push(await compare(load, ours, peer, row));
    return measured;
  } finally {
    await Promise.all([peer?.stop(), edge.stop(), generator.stop()]);
    origin.server.close();
    origin.server.closeAllConnections();
    if (certificates !== undefined) await rm(certificates, { recursive: true, force: true });
  }
}
