// A real browser for tests: Debian's Chromium, driven by playwright-core, with a profile of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { CHROMIUM, CHROMIUM_SHELL, PLAYING_ARGUMENTS } from './chromium.ts';

export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** A camera with a clock and a microphone that beeps, which nobody has to allow. */
export const FAKE_CAMERA = ['--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'];

/** Starts Chromium; a machine without it fails the test, since a page that nobody opened is not tested. */
export async function startBrowser(
  viewport = { width: 1280, height: 800 },
  args: readonly string[] = [],
): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'meridian-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: args.some((arg) => FAKE_CAMERA.includes(arg)) ? CHROMIUM : CHROMIUM_SHELL,
    headless: true,
    viewport,
    args: [...PLAYING_ARGUMENTS, ...args],
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
