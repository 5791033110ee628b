// A browser with the console in it: Chromium with a fresh profile, a fake control plane behind, and a record of
// everything that the page complained about.

import assert from 'node:assert/strict';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type FakeControl, startFakeControl } from './fake-control.ts';
import { ADMIN_TOKEN } from './fake-state.ts';

const CHROMIUM = process.env.MERIDIAN_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Waits of the page: generous, since machines that run tests are busy. */
const TIMEOUT_MS = 15_000;

/** Starts Chromium; playwright gives it a new profile directory and removes it at the end. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

export interface ConsoleOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { width: number; height: number };
  readonly isLoggedIn?: boolean;
  readonly path?: string;
}

export interface OpenConsole {
  readonly page: Page;
  readonly control: FakeControl;
  /** Console errors, page errors and violations of the content security policy. */
  readonly complaints: string[];
  /** Fails when the page complained or the contract was broken; closes everything. */
  close(): Promise<void>;
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Opens the console in a context of its own. */
export async function openConsole(
  browser: Browser,
  prepare: (control: FakeControl) => void | Promise<void> = () => {},
  options: ConsoleOptions = {},
): Promise<OpenConsole> {
  const control = await startFakeControl();
  await prepare(control);
  const context = await browser.newContext({
    viewport: options.viewport ?? DESKTOP,
    colorScheme: options.colorScheme ?? 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  if (options.isLoggedIn !== false) await logInByCookie(context, control);
  const page = await context.newPage();
  const complaints = collectComplaints(page);
  await page.goto(`${control.url}/${options.path ?? ''}`);
  return {
    page,
    control,
    complaints,
    close: async () => {
      await context.close();
      await control.close();
      assert.deepEqual(control.drift, [], 'requests and answers fit the contract');
      assert.deepEqual(complaints, [], 'the page complained about nothing');
    },
  };
}

async function logInByCookie(context: BrowserContext, control: FakeControl): Promise<void> {
  const response = await context.request.post(`${control.url}/v1/session`, { data: { token: ADMIN_TOKEN } });
  assert.equal(response.status(), 200);
}

function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // The browser itself reports requests that were refused or lost; tests that cause them expect them.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
    else if (text.includes('Content Security Policy')) complaints.push(text);
  });
  return complaints;
}
