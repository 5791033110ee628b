// nginx as the peer of a live edge: the same playlists and parts as files in memory, one worker, no access log, the
// response headers of our edge. It cannot hold a request, so whoever asks has to know when a file is there.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defined } from '#base/assert.ts';
import { freePort, reachable, workerOf } from '../edge/processes.ts';
import { MEMORY_FOLDER } from '../edge/setup.ts';

const BINARY = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find(existsSync);

export interface NginxFiles {
  readonly pid: number;
  readonly port: number;
  /** Puts a file in its place at once. */
  put(path: string, body: string | Buffer): Promise<void>;
  remove(path: string): Promise<void>;
  stop(): Promise<void>;
}

const configOf = (folder: string, port: number): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
daemon off;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder}/files;
    add_header Access-Control-Allow-Origin "*";
    add_header Access-Control-Expose-Headers "Content-Length, Content-Range, Age, Date, ETag, X-Cache";
    add_header Timing-Allow-Origin "*";
    location ~ \\.m3u8$ { add_header Access-Control-Allow-Origin "*"; add_header Cache-Control "no-cache"; }
    location ~ \\.m4s$ {
      add_header Access-Control-Allow-Origin "*";
      add_header Cache-Control "public, max-age=31536000, immutable";
      open_file_cache max=256; open_file_cache_min_uses 1;
    }
  }
}
`;

/** Starts nginx; throws when it is not installed, since there is then nothing to compare with. */
export async function startNginxFiles(): Promise<NginxFiles> {
  const binary = defined(BINARY, 'nginx, which is not installed');
  const folder = await mkdtemp(join(MEMORY_FOLDER, 'meridian-bench-files-'));
  const files = join(folder, 'files');
  await mkdir(files);
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configOf(folder, port));
  const child = spawn(binary, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = await workerOf(defined(child.pid, 'a started nginx'));
  await reachable(port);
  return {
    pid,
    port,
    async put(path, body) {
      const place = join(files, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(`${place}.new`, body);
      await rename(`${place}.new`, place);
    },
    remove: (path) => rm(join(files, path), { force: true }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
