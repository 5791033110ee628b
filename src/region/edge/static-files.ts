// The watch, embed and feed pages and the player: a few small files, read once into memory, compressed once.
// Pages carry the list of edges, so that a start needs no request for it.
// Missing files are looked for again at each request, since an operator may build them while the edge runs.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { MeridianError } from '#contract/errors.ts';
import { CORS_HEADERS } from './cached-object.ts';
import { STATIC_BYTES_MAX } from './limits.ts';
import { matchesEtag } from './send.ts';

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  map: 'application/json',
};

/** Scripts from here only; media, steering and beacons go to every pathway, whose hosts are not known beforehand. */
const policy = (frameAncestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    'img-src * data: blob:',
    'connect-src *',
    // data: for the empty track that hls.js fills with cues.
    'media-src * blob: data:',
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ');

interface StaticFile {
  readonly headers: readonly string[];
  readonly etag: string;
  readonly body: Buffer;
  readonly compressed: Buffer;
}

export interface StaticFiles {
  /** Serves a page or script; throws MeridianError when there is none. Returns the bytes of the body. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    edgeList: () => Record<string, unknown>,
  ): Promise<number>;
}

/** File of an address, or undefined. */
function fileOf(path: string): string | undefined {
  if (/^\/watch\/[a-z0-9-]+\/(?:ast|brd)_[0-9a-z]{26}\/?$/.test(path)) return 'watch.html';
  if (/^\/embed\/[a-z0-9-]+\/(?:ast|brd)_[0-9a-z]{26}\/?$/.test(path)) return 'embed.html';
  if (/^\/feed\/[a-z0-9-]+\/?$/.test(path)) return 'feed.html';
  return /^\/player\/([a-z0-9-]+(?:\.[a-z0-9-]+){1,3})$/.exec(path)?.[1];
}

/** Serves the files of a folder. */
export function createStaticFiles(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>();

  async function load(name: string): Promise<StaticFile> {
    const known = files.get(name);
    if (known !== undefined) return known;
    const extension = name.slice(name.lastIndexOf('.') + 1);
    const type = Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined;
    if (type === undefined) throw new MeridianError('not_found', { what: 'such file' });
    const path = join(folder, name);
    let body: Buffer;
    try {
      if ((await stat(path)).size > STATIC_BYTES_MAX) throw new Error('the file is too large');
      body = await readFile(path);
    } catch (error) {
      const isOwn = ['watch.html', 'embed.html', 'feed.html', 'meridian-player.js'].includes(name);
      if (!isOwn) throw new MeridianError('not_found', { what: 'such file' }, { cause: error });
      const what = 'The player (it has not been built; `npm run build` makes it)';
      throw new MeridianError('unavailable', { what }, { cause: error });
    }
    const file = await prepare(name, type, body);
    files.set(name, file);
    return file;
  }

  return {
    async serve(request, response, path, edgeList) {
      const name = fileOf(path);
      if (name === undefined) throw new MeridianError('not_found', { what: 'such page' });
      const file = await load(name);
      if (name.endsWith('.html')) return sendPage(request, response, file, edgeList());
      if (matchesEtag(request.headers['if-none-match'], file.etag)) {
        response.writeHead(304, [...file.headers]);
        response.end();
        return 0;
      }
      const isGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      const body = isGzip ? file.compressed : file.body;
      const headers = [...file.headers, 'Content-Length', String(body.length)];
      if (isGzip) headers.push('Content-Encoding', 'gzip');
      response.writeHead(200, headers);
      if (request.method === 'HEAD') response.end();
      else response.end(body);
      return request.method === 'HEAD' ? 0 : body.length;
    },
  };
}

/** Pages mark where the list belongs; without the mark they ask for it. */
const EDGES_MARK = '<!--meridian-edges-->';

function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile,
  edgeList: Record<string, unknown>,
): number {
  // Within a script element only `<` could end it.
  const json = JSON.stringify(edgeList).replaceAll('<', '\\u003c');
  const element = `<script type="application/json" id="meridian-edges">${json}</script>`;
  const body = Buffer.from(file.body.toString('utf8').replace(EDGES_MARK, () => element));
  response.writeHead(200, [...file.headers, 'Content-Length', String(body.length)]);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  return request.method === 'HEAD' ? 0 : body.length;
}

async function prepare(name: string, type: string, body: Buffer): Promise<StaticFile> {
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 24)}"`;
  const headers = ['Content-Type', type, ...CORS_HEADERS, 'X-Content-Type-Options', 'nosniff'];
  if (name.endsWith('.html')) {
    headers.push('Content-Security-Policy', policy(name === 'embed.html' ? '*' : "'self'"));
    // A private asset's page carries its token in the address.
    headers.push('Referrer-Policy', 'no-referrer', 'Cache-Control', 'no-cache');
  } else headers.push('ETag', etag, 'Vary', 'Accept-Encoding', 'Cache-Control', 'public, max-age=300');
  return { headers, etag, body, compressed: await compress(body, { level: 9 }) };
}
