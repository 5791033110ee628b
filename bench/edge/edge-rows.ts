// CPU per request of our edge against nginx with proxy_cache and secure_link: warm, 32 connections, 1,000 tokens,
// no access log on either side, the same response headers, one worker each. Rounds alternate, so that whatever else
// the machine does meets both; the row is the median of the rounds' ratios. CPU is the time that the scheduler has
// booked for the server process alone, user and system. The figures of a quiet machine count: on one
// that is busy with other work both servers cost more, and ours the more so.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import type { LoadResult, LoadTask } from './load-process.ts';
import { ASSET_ID, DISK_GOAL, DISK_OBJECTS, objectNumber, SIZES, sizeOf, TOKEN_COUNT } from './setup.ts';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly op: '<=' | '>=' | '==';
  readonly goal: number;
  readonly peer: string;
}

/** Rounds per size; with the seconds below the whole bench takes about 40 s. */
const ROUNDS = 19;
/** Short, so that the two of a pair meet the same machine: what else runs there changes within seconds. */
const ROUND_SECONDS = 0.3;
/** Requests after which the compiler of the runtime has seen enough. */
const WARM_REQUESTS = 12_000;
/** Large bodies need fewer: the path is the same, and compiled by then. */
const WARM_ROUNDS_MAX = 8;
/** The way of a disk hit is another one, and first the objects must get to the disk. */
const DISK_WARM_ROUNDS_MAX = 32;
const SECRET = 'bench-secret';

interface Process {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: Interface;
  next(): Promise<string>;
  stop(): Promise<void>;
}

interface ServerUnderLoad {
  readonly pid: number;
  readonly port: number;
  /** Addresses by size. */
  readonly paths: readonly (readonly string[])[];
}

function startScript(name: string, ...args: string[]): Process {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const iterator = lines[Symbol.asyncIterator]();
  return {
    child,
    lines,
    async next() {
      const { value, done } = await iterator.next();
      if (done) throw new Error(`${name} ended early`);
      return value;
    },
    stop() {
      return new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      });
    },
  };
}

/** Time on a CPU of all threads of a process, in seconds, to the nanosecond. */
async function cpuSeconds(pid: number): Promise<number> {
  let nanoseconds = 0;
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8');
    nanoseconds += Number(text.split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

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

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const nginxConfig = (folder: string, port: number, originPort: number): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
daemon off;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  proxy_cache_path ${folder}/cache keys_zone=media:10m max_size=1g use_temp_path=off;
  server {
    listen 127.0.0.1:${port};
    location ~ ^/s/([A-Za-z0-9_-]+)/([0-9]+)/(.*)$ {
      secure_link $1,$2;
      secure_link_md5 "$secure_link_expires/$3 ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
      proxy_cache media;
      proxy_cache_key $3;
      proxy_cache_valid 200 1h;
      proxy_pass http://127.0.0.1:${originPort}/$3;
      add_header Cache-Control "private, max-age=31536000, immutable";
      add_header Accept-Ranges bytes;
      add_header Access-Control-Allow-Origin "*";
      add_header Access-Control-Expose-Headers "Content-Length, Content-Range, Age, Date, ETag, X-Cache";
      add_header Timing-Allow-Origin "*";
      add_header X-Cache $upstream_cache_status;
    }
  }
}
`;

/** Addresses that secure_link lets through, each with an expiry and thus a token of its own. */
function nginxPaths(objects: number): string[][] {
  const firstExpiryS = Math.floor(Date.now() / 1_000) + 3_600;
  return SIZES.map((_, size) =>
    Array.from({ length: TOKEN_COUNT }, (__, index) => {
      const path = `m/default/${ASSET_ID}/v1/a1/v720/${objectNumber(size, index, objects)}.m4s`;
      const expires = firstExpiryS + index;
      const token = createHash('md5').update(`${expires}/${path} ${SECRET}`).digest('base64url');
      return `/s/${token}/${expires}/${path}`;
    }),
  );
}

async function startNginx(
  originPort: number,
  objects: number,
): Promise<ServerUnderLoad & { stop(): Promise<void> }> {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = await mkdtemp(join(parent, 'meridian-bench-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), nginxConfig(folder, port, originPort));
  const binary = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
  const child = spawn(binary, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = await workerOf(defined(child.pid, 'a started nginx'));
  return {
    pid,
    port,
    paths: nginxPaths(objects),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The master's child: the process that serves. */
async function workerOf(masterPid: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent === masterPid) return Number(name);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('nginx started no worker');
}

async function load(generator: Process, task: LoadTask): Promise<LoadResult> {
  generator.child.stdin.write(`${JSON.stringify(task)}\n`);
  return JSON.parse(await generator.next()) as LoadResult;
}

/** CPU microseconds per request of one round. */
async function measure(
  generator: Process,
  server: ServerUnderLoad,
  size: number,
  seconds: number,
): Promise<number> {
  const paths = defined(server.paths[size], 'the paths of a size');
  const before = await cpuSeconds(server.pid);
  const { requests, failures } = await load(generator, { port: server.port, paths, seconds });
  const used = (await cpuSeconds(server.pid)) - before;
  if (failures > 0 || requests === 0) throw new Error(`${failures} requests failed of ${requests}`);
  return (used * 1e6) / requests;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return defined(sorted[Math.floor(sorted.length / 2)], 'a value');
}

/** Fills the cache, and lets the runtime compile the path: that takes requests, not time. */
async function warm(
  generator: Process,
  server: ServerUnderLoad,
  size: number,
  roundsMax: number,
): Promise<void> {
  const paths = defined(server.paths[size], 'the paths of a size');
  let sent = 0;
  for (let round = 0; round < roundsMax && sent < WARM_REQUESTS; round += 1)
    sent += (await load(generator, { port: server.port, paths, seconds: 0.25 })).requests;
}

async function compare(
  generator: Process,
  ours: ServerUnderLoad,
  nginx: ServerUnderLoad,
  size: number,
  row: { readonly name: string; readonly goal: number; readonly warmRoundsMax: number },
): Promise<BenchRow> {
  // Ours last: it closes what is idle for 15 s, nginx after 75.
  await warm(generator, nginx, size, row.warmRoundsMax);
  await warm(generator, ours, size, row.warmRoundsMax);
  const ratios: number[] = [];
  const ourMicros: number[] = [];
  const nginxMicros: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const own = await measure(generator, ours, size, ROUND_SECONDS);
    const peer = await measure(generator, nginx, size, ROUND_SECONDS);
    ourMicros.push(own);
    nginxMicros.push(peer);
    ratios.push(own / peer);
  }
  return {
    name: row.name,
    value: Math.round(median(ratios) * 1_000) / 1_000,
    unit: 'of nginx CPU per request',
    op: '<=',
    goal: row.goal,
    peer: `nginx proxy_cache + secure_link: ${median(nginxMicros).toFixed(1)} µs; edge: ${median(ourMicros).toFixed(1)} µs`,
  };
}

/** Runs both servers and a load generator. */
async function withServers(
  mode: 'memory' | 'disk',
  measureAll: (generator: Process, ours: ServerUnderLoad, nginx: ServerUnderLoad) => Promise<BenchRow[]>,
): Promise<BenchRow[]> {
  const origin = await startOrigin();
  const generator = startScript('load-process.ts');
  const edge = startScript('edge-process.ts', mode);
  try {
    const ours = JSON.parse(await edge.next()) as ServerUnderLoad;
    const nginx = await startNginx(origin.port, mode === 'disk' ? DISK_OBJECTS : 1);
    try {
      return await measureAll(generator, ours, nginx);
    } finally {
      await nginx.stop();
    }
  } finally {
    await Promise.all([edge.stop(), generator.stop()]);
    origin.server.close();
    origin.server.closeAllConnections();
  }
}

/** The rows of the edge: CPU per request by body size. */
export function edgeRows(): Promise<BenchRow[]> {
  return withServers('memory', async (generator, ours, nginx) => {
    const rows: BenchRow[] = [];
    for (const [size, { name, goal }] of SIZES.entries())
      rows.push(
        await compare(generator, ours, nginx, size, {
          name: `edge-cpu-${name}`,
          goal,
          warmRoundsMax: WARM_ROUNDS_MAX,
        }),
      );
    return rows;
  });
}

/** The same for an edge whose memory is too small for any of the objects: every answer is read from disk. */
export function diskRows(): Promise<BenchRow[]> {
  return withServers('disk', async (generator, ours, nginx) => {
    const rows: BenchRow[] = [];
    for (const [size, { name }] of SIZES.entries())
      if (size > 0)
        rows.push(
          await compare(generator, ours, nginx, size, {
            name: `edge-disk-cpu-${name}`,
            goal: DISK_GOAL,
            warmRoundsMax: DISK_WARM_ROUNDS_MAX,
          }),
        );
    return rows;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await edgeRows());
