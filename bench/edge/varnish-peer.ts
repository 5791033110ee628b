// Varnish as the peer: objects in memory, nothing written to its log, the response headers of our edge. It has no
// check of tokens without further modules; so it does less per request than our edge and nginx do.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { freePort, type Peer, reachable, workerOf } from './processes.ts';
import { ASSET_ID, type BenchMode, MEMORY_FOLDER, numbersOf } from './setup.ts';

const BINARY = ['/usr/sbin/varnishd', '/usr/local/sbin/varnishd'].find(existsSync);

/** What it would write about each request. */
const UNLOGGED = [
  ...['Begin', 'End', 'Link', 'Timestamp', 'ReqAcct', 'ReqStart', 'ReqMethod', 'ReqURL', 'ReqProtocol'],
  ...['ReqHeader', 'ReqUnset', 'RespProtocol', 'RespStatus', 'RespReason', 'RespHeader', 'RespUnset'],
  ...['VCL_call', 'VCL_return', 'Hit', 'Filters', 'SessOpen', 'SessClose'],
];

const vclOf = (originPort: number): string => `
vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "${originPort}"; }
sub vcl_recv {
  if (req.method != "GET") { return (synth(405)); }
  set req.url = regsub(req.url, "^/s/[0-9]+/", "/");
  return (hash);
}
sub vcl_hash { hash_data(req.url); return (lookup); }
sub vcl_backend_response { set beresp.ttl = 1h; set beresp.do_gzip = false; return (deliver); }
sub vcl_deliver {
  set resp.http.Cache-Control = "private, max-age=31536000, immutable";
  set resp.http.Access-Control-Allow-Origin = "*";
  set resp.http.Access-Control-Expose-Headers = "Content-Length, Content-Range, Age, Date, ETag, X-Cache";
  set resp.http.Timing-Allow-Origin = "*";
  set resp.http.X-Cache = "HIT";
  return (deliver);
}
`;

/** Starts Varnish; undefined when it is not installed. */
export async function startVarnish(options: {
  readonly mode: BenchMode;
  readonly originPort: number;
}): Promise<Peer | undefined> {
  if (BINARY === undefined) return undefined;
  const folder = await mkdtemp(join(MEMORY_FOLDER, 'meridian-bench-varnish-'));
  // Its worker is another user.
  await chmod(folder, 0o755);
  const port = await freePort();
  await writeFile(join(folder, 'bench.vcl'), vclOf(options.originPort));
  const parameters = [
    `vsl_mask=${UNLOGGED.map((tag) => `-${tag}`).join(',')}`,
    'timeout_idle=75',
    'vcc_allow_inline_c=off',
  ].flatMap((text) => ['-p', text]);
  const child = spawn(
    BINARY,
    [
      '-F',
      '-n',
      join(folder, 'work'),
      '-a',
      `127.0.0.1:${port}`,
      '-f',
      join(folder, 'bench.vcl'),
      '-s',
      'malloc,1g',
      ...parameters,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Before it serves, its only children compile the configuration.
  await reachable(port);
  const pid = await workerOf(defined(child.pid, 'a started varnishd'));
  return {
    name: 'Varnish, no token checked',
    pid,
    port,
    paths: numbersOf(options.mode).map((numbers) =>
      numbers.map((number, index) => `/s/${index}/m/default/${ASSET_ID}/v1/a1/v720/${number}.m4s`),
    ),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
