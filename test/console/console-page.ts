// A browser with the console in it: Chromium with a fresh profile, a fake control plane behind, and a record of
// everything that the page complained about.

import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { CHROMIUM, CHROMIUM_ARGUMENTS } from '../support/chromium.ts';
import { type FakeControl, startFakeControl } from './fake-control.ts';
import { ADMIN_TOKEN } from './fake-state.ts';

/** Waits of the page: generous, since machines that run tests are busy. */
const TIMEOUT_MS = 20_000;

/** Starts Chromium; playwright gives it a new profile directory and removes it at the end. */
async function launchBrowser(args: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS, ...args] });
}

export interface ConsoleOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { width: number; height: number };
  readonly isLoggedIn?: boolean;
  readonly path?: string;
  /** What the page may use besides the clipboard. */
  readonly permissions?: readonly string[];
}

export interface OpenConsole {
  readonly page: Page;
  readonly control: FakeControl;
}

export interface Consoles {
  /** Opens the console in a context of its own, in front of a fake control plane of its own. */
  open(
    prepare?: (control: FakeControl) => void | Promise<void>,
    options?: ConsoleOptions,
  ): Promise<OpenConsole>;
  /** Has `close` called after the test, however it ends. */
  cleanUp(close: () => Promise<void>): void;
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/**
 * One browser for the tests of a file, with these arguments besides the usual ones. After each test everything that it
 * opened is closed, and the test fails when a page complained or a request or answer did not fit the contract.
 */
export function useConsoles(args: readonly string[] = []): Consoles {
  let browser: Browser | undefined;
  const closers: (() => Promise<void>)[] = [];
  const findings: string[] = [];
  before(async () => {
    browser = await launchBrowser(args);
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    assert.deepEqual(findings.splice(0), [], 'nothing was complained about');
  });
  after(async () => {
    await browser?.close();
  });
  return {
    async open(prepare = () => {}, options = {}) {
      const control = await startFakeControl();
      closers.push(async () => {
        await control.close();
        findings.push(...control.drift);
      });
      await prepare(control);
      const context = await defined(browser, 'a browser').newContext({
        viewport: options.viewport ?? DESKTOP,
        colorScheme: options.colorScheme ?? 'light',
        permissions: ['clipboard-read', 'clipboard-write', ...(options.permissions ?? [])],
      });
      closers.push(() => context.close());
      context.setDefaultTimeout(TIMEOUT_MS);
      if (options.isLoggedIn !== false) await logInByCookie(context, control);
      const page = await context.newPage();
      collectComplaints(page, findings);
      await page.goto(`${control.url}/${options.path ?? ''}`);
      return { page, control };
    },
    cleanUp(close) {
      closers.push(close);
    },
  };
}

async function logInByCookie(context: BrowserContext, control: FakeControl): Promise<void> {
  const response = await context.request.post(`${control.url}/v1/session`, { data: { token: ADMIN_TOKEN } });
  assert.equal(response.status(), 200);
}

/** Console errors, page errors and violations of the content security policy. */
function collectComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // The browser itself reports requests that were refused or lost; tests that cause them expect them.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
    else if (text.includes('Content Security Policy')) complaints.push(text);
  });
}
