// The browsers of tests and benchmarks, as Debian has them.

import { existsSync } from 'node:fs';

/** The whole browser: with cameras, permissions, windows. `MERIDIAN_CHROMIUM` names another one. */
export const CHROMIUM = process.env.MERIDIAN_CHROMIUM ?? '/usr/bin/chromium';

const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell';

/**
 * The same engine without windows, for viewers side by side: a context costs a fraction of the CPU, which is what small
 * machines are short of. The whole browser where it is not installed.
 */
export const CHROMIUM_SHELL = existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : CHROMIUM;

/** Nothing that would call out, and no sandbox, so that it also starts as root. */
export const CHROMIUM_ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/** For pages that play videos: they start by themselves, unheard. */
export const PLAYING_ARGUMENTS = [
  ...CHROMIUM_ARGUMENTS,
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
] as const;
