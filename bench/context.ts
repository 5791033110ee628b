// What the groups share: one running world, one browser, one asset to watch, and a place to say what goes on.

import type { AssetView } from '#contract/api/assets.ts';
import { startBrowser, type TestBrowser } from '../test/support/browser.ts';
import { clip } from '../test/support/media.ts';
import { type RunningWorld, startWorld } from '../test/support/world.ts';

export interface BenchContext {
  /** The world, started at the first call. */
  world(): Promise<RunningWorld>;
  /** Ctrl-C and a second start on the same data. */
  restartWorld(): Promise<RunningWorld>;
  browser(): Promise<TestBrowser>;
  /** A processed video that several groups play. */
  asset(): Promise<AssetView>;
  /** A line for whoever watches; stderr, since stdout carries the table. */
  note(text: string): void;
  /** Ends everything that was started; the next call of a method starts anew. */
  close(): Promise<void>;
}

/** Long enough that a player with 30 s of buffer still loads when its region dies in the tenth second. */
const ASSET_SECONDS = 60;

/** Creates the context; nothing runs yet. */
export function createContext(): BenchContext {
  let world: Promise<RunningWorld> | undefined;
  let browser: Promise<TestBrowser> | undefined;
  let asset: Promise<AssetView> | undefined;

  const context: BenchContext = {
    world() {
      world ??= startWorld();
      return world;
    },
    async restartWorld() {
      const running = await context.world();
      await running.stop();
      world = startWorld({}, running);
      return world;
    },
    browser() {
      browser ??= startBrowser();
      return browser;
    },
    asset() {
      asset ??= context.world().then((running) => {
        context.note(`processing a clip of ${ASSET_SECONDS} s to watch`);
        return running.upload(clip({ seconds: ASSET_SECONDS, width: 854, height: 480 }), '--name', 'bench');
      });
      return asset;
    },
    note(text) {
      process.stderr.write(`  ${text}\n`);
    },
    async close() {
      const ended = [browser?.then((it) => it.close()), world?.then((it) => it.remove())];
      browser = undefined;
      world = undefined;
      asset = undefined;
      await Promise.allSettled(ended);
    },
  };
  return context;
}
