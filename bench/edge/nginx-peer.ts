// nginx as the peer: proxy_cache with secure_link, no access log, the response headers of our edge, one worker.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { freePort, type Peer, workerOf } from './processes.ts';
import { ASSET_ID, type BenchMode, MEMORY_FOLDER, numbersOf } from './setup.ts';

const SECRET = 'bench-secret';
const BINARY = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find(existsSync);

interface Options {
  readonly mode: BenchMode;
  readonly originPort: number;
  /** Folder with cert.pem and key.pem: serves TLS with HTTP/2 and HTTP/1.1 as our edge does. */
  readonly certificates: string | undefined;
}

const configOf = (folder: string, port: number, { originPort, certificates }: Options): string => `
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
  proxy_cache_path ${folder}/cache keys_zone=media:10m max_size=2g use_temp_path=off;
  server {
    ${
      certificates === undefined
        ? `listen 127.0.0.1:${port};`
        : `listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${certificates}/cert.pem; ssl_certificate_key ${certificates}/key.pem;
    ssl_protocols TLSv1.3; ssl_session_tickets on;`
    }
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
function pathsOf(mode: BenchMode): string[][] {
  const firstExpiryS = Math.floor(Date.now() / 1_000) + 3_600;
  return numbersOf(mode).map((numbers) =>
    numbers.map((number, index) => {
      const path = `m/default/${ASSET_ID}/v1/a1/v720/${number}.m4s`;
      const expires = firstExpiryS + index;
      const token = createHash('md5').update(`${expires}/${path} ${SECRET}`).digest('base64url');
      return `/s/${token}/${expires}/${path}`;
    }),
  );
}

/** Starts nginx; undefined when it is not installed. */
export async function startNginx(options: Options): Promise<Peer | undefined> {
  if (BINARY === undefined) return undefined;
  const folder = await mkdtemp(join(MEMORY_FOLDER, 'meridian-bench-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configOf(folder, port, options));
  const child = spawn(BINARY, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = await workerOf(defined(child.pid, 'a started nginx'));
  return {
    name: 'nginx proxy_cache + secure_link',
    pid,
    port,
    paths: pathsOf(options.mode),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
