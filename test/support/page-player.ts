// Three players on three pages of one browser: Meridian's own (hls.js), Shaka and dash.js, each with the settings that
// Meridian recommends. The pages come from a small server of their own, so that every request to an edge crosses
// origins as it does in production. What is measured is in bench-players.js.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { dashSettings, shakaFailover, shakaSettings } from '../../player/src/recommended-settings.ts';

export const PLAYERS = ['hls', 'shaka', 'dash'] as const;
export type PlayerKind = (typeof PLAYERS)[number];

export interface Stall {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly durationMs: number;
  /** The least that was buffered meanwhile. */
  readonly bufferedMs: number;
}

export interface PlayerReport {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly firstFrameAtMs: number | null;
  readonly positionSeconds: number;
  readonly bufferedEndSeconds: number;
  readonly bufferedMs: number;
  /** Where the newest segment came from. */
  readonly mediaOrigin: string | null;
  readonly stalls: readonly Stall[];
  readonly fatal: readonly string[];
  /** Whether everything to the end is loaded. */
  readonly isWhole: boolean;
}

export interface PlayerServer {
  readonly url: string;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SETTINGS_PATH = '/recommended-settings.js';
const SETTINGS_SOURCE = 'player/src/recommended-settings.ts';
/** 5 Mbit/s for each player: a line on which a buffer takes a while to fill, and a lost segment counts. */
const LINE_BYTES_PER_SECOND = 625_000;
const LINE_LATENCY_MS = 20;
const FILES: Readonly<Record<string, string>> = {
  '/bench-players.js': 'test/support/bench-players.js',
  '/hls.js': 'player/dist/meridian-player.js',
  '/shaka.js': 'node_modules/shaka-player/dist/shaka-player.compiled-es2021.js',
  '/dash.js': 'node_modules/dashjs/dist/modern/umd/dash.all.min.js',
};

function pageOf(kind: string): string {
  return `<!doctype html><title>${kind}</title><body style="margin:0"><video muted autoplay playsinline width="640" height="360"></video>
<script src="/${kind}.js"></script><script src="/bench-players.js"></script>`;
}

/** What is published for other players' pages, as a module that a browser reads: the functions themselves. */
async function settingsModule(): Promise<string> {
  const source = await readFile(ROOT + SETTINGS_SOURCE, 'utf8');
  const numbers = source.match(/^const \w+ = [\d_]+;$/gm) ?? [];
  return [
    ...numbers,
    `export const shakaSettings = ${JSON.stringify(shakaSettings)};`,
    `export const dashSettings = ${JSON.stringify(dashSettings)};`,
    `export ${shakaFailover.toString()}`,
  ].join('\n');
}

async function contentOf(url: URL): Promise<{ type: string; content: string | Buffer }> {
  const script = 'text/javascript; charset=utf-8';
  if (url.pathname === SETTINGS_PATH) return { type: script, content: await settingsModule() };
  const file = FILES[url.pathname];
  if (file !== undefined) return { type: script, content: await readFile(ROOT + file) };
  return { type: 'text/html; charset=utf-8', content: pageOf(url.searchParams.get('player') ?? '') };
}

/** Serves the pages on a free port. */
export async function startPlayerServer(): Promise<PlayerServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://pages');
    contentOf(url).then(
      ({ type, content }) => {
        response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' });
        response.end(content);
      },
      (error: unknown) => {
        response.writeHead(500);
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export interface PlayerAddresses {
  readonly hls: string;
  readonly dash: string;
  /** Which of the two Shaka is to play; it can do both. */
  readonly shaka: string;
  /** Answer of /player/edges.json: what a page that embeds Meridian's player gives it. */
  readonly edges: readonly unknown[];
}

export interface PlayerPages {
  /** Opens all three at once; resolves when each has been told to play. */
  start(addresses: PlayerAddresses): Promise<void>;
  reports(): Promise<Record<PlayerKind, PlayerReport>>;
  /** Leaves the pages, so that nothing plays any more. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a page per player; they are used again for each start. */
export async function openPlayerPages(context: BrowserContext, server: PlayerServer): Promise<PlayerPages> {
  const pages = new Map<PlayerKind, Page>();
  for (const kind of PLAYERS) {
    const page = await context.newPage();
    await slowLine(context, page);
    pages.set(kind, page);
  }

  function each<T>(use: (kind: PlayerKind, page: Page) => Promise<T>): Promise<T[]> {
    return Promise.all([...pages].map(([kind, page]) => use(kind, page)));
  }

  return {
    async start(addresses) {
      await each(async (kind, page) => {
        await page.goto(`${server.url}/?player=${kind}`, { waitUntil: 'load' });
        const options = { src: addresses[kind], edges: addresses.edges };
        await page.evaluate(`window.bench.start(${JSON.stringify(kind)}, ${JSON.stringify(options)})`);
      });
    },
    async reports() {
      const found = await each(
        async (kind, page) => [kind, await page.evaluate<PlayerReport>('window.bench.report()')] as const,
      );
      return Object.fromEntries(found) as Record<PlayerKind, PlayerReport>;
    },
    async leave() {
      await each((_, page) => page.goto('about:blank'));
    },
    async close() {
      await each((_, page) => page.close());
    },
  };
}

async function slowLine(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LINE_LATENCY_MS,
    downloadThroughput: LINE_BYTES_PER_SECOND,
    uploadThroughput: LINE_BYTES_PER_SECOND,
  });
}
