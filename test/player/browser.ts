// Chromium for player tests: one browser per file, one fresh page (with its own storage) per case.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM_SHELL, PLAYING_ARGUMENTS } from '../support/chromium.ts';
import type { FakeEdge } from '../support/fake-edge.ts';
import { waitFor } from '../support/wait-for.ts';

export type Stats = {
  readonly currentTime: number;
  readonly stalls: readonly {
    readonly atMs: number;
    readonly durationMs: number;
    readonly bufferedMs: number;
  }[];
  readonly longestStallMs: number;
  readonly startupMs: number | null;
  readonly pathway: string;
  readonly switches: readonly {
    readonly from: string;
    readonly to: string;
    readonly atMs: number;
    readonly reason: { readonly code: string; readonly status?: number };
  }[];
  readonly reloads: number;
  readonly fatal: string | null;
  readonly bufferedMs: number;
};

/** Starts Chromium. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM_SHELL,
    headless: true,
    args: [...PLAYING_ARGUMENTS],
  });
}

/** Runs `use` with a fresh page and closes it, whatever happens. */
export async function withPage<T>(
  browser: Browser,
  use: (page: Page, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

/** What the page's player measured. */
export async function statsOf(page: Page): Promise<Stats> {
  return await page.evaluate<Stats>('window.Meridian.players[0].stats()');
}

/** Waits until the player's figures satisfy `check`. */
export async function waitForStats(
  page: Page,
  what: string,
  check: (stats: Stats) => boolean,
  timeoutMs = 20_000,
): Promise<Stats> {
  let last: Stats | undefined;
  try {
    return await waitFor(
      what,
      async () => {
        last = await statsOf(page);
        return check(last) ? last : undefined;
      },
      timeoutMs,
    );
  } catch (error) {
    throw new Error(`${what}: ${JSON.stringify(last)}`, { cause: error });
  }
}

/** Address of the watch page at an edge. */
export function watchUrl(edge: FakeEdge, token?: string): string {
  return `${edge.baseUrl}/watch/default/ast_1${token === undefined ? '' : `?token=${token}`}`;
}
