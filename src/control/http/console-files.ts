// The console's files. Hashed names under /assets/ are kept for ever by browsers; every other address is the page
// itself, since the console routes in the browser. Only files found at start-up of a request's path are served: the
// path is resolved and must stay inside the directory.

import { readFile, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { MeridianError } from '#contract/errors.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Serves the file for a path, or the console's page. */
export async function consoleResponse(directory: string, path: string): Promise<Response> {
  const file = await findFile(directory, path);
  if (file !== undefined) return fileResponse(file, path.startsWith('/assets/'));
  if (extname(path) !== '') throw new MeridianError('not_found', { what: 'such file' });
  const page = await findFile(directory, '/index.html');
  if (page === undefined)
    throw new MeridianError('not_found', { what: 'console here; build it with `npm run build`' });
  return fileResponse(page, false);
}

async function findFile(directory: string, path: string): Promise<string | undefined> {
  const root = resolve(directory);
  let plain: string;
  try {
    plain = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (plain.includes('\0')) return undefined;
  const file = resolve(join(root, plain));
  if (!file.startsWith(root + sep)) return undefined;
  const info = await stat(file).catch(() => undefined);
  return info?.isFile() === true ? file : undefined;
}

async function fileResponse(file: string, isImmutable: boolean): Promise<Response> {
  return new Response(new Uint8Array(await readFile(file)), {
    headers: {
      'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
      'cache-control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}
