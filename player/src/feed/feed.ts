// A feed: many videos, one picture. The video element, and so its decoder, stays the same for all of them; a swipe
// gives it the next engine. Neighbours are prepared as feed-plan.ts says.

import type { Edge } from '../edges.ts';
import { createEngine, type Engine } from '../engine.ts';
import { type Preloaded, preload } from '../preload.ts';
import { bufferedMsOf } from '../viewing.ts';
import { planFeed } from './feed-plan.ts';

export type FeedItem = { readonly src: string };

export type FeedOptions = {
  readonly items: readonly FeedItem[];
  readonly edges?: readonly Edge[];
  readonly group?: string | undefined;
  /** Fewer videos prepared, and no rendition above SAVING_BPS_MAX. Default: what the browser says. */
  readonly isSavingData?: boolean;
  readonly onShown?: (index: number) => void;
};

export type FeedStart = {
  readonly index: number;
  /** From the swipe to the first frame. */
  readonly startupMs: number;
  readonly wasPrepared: boolean;
};

export type Feed = {
  readonly index: () => number;
  readonly show: (index: number) => void;
  readonly engine: () => Engine | undefined;
  /** Every start so far. */
  readonly starts: () => readonly FeedStart[];
  /** Those whose first segments are there. */
  readonly prepared: () => readonly number[];
  readonly setSavingData: (isSaving: boolean) => void;
  readonly isSavingData: () => boolean;
  readonly destroy: () => void;
};

/** How often the plan is looked at. */
const PLAN_EVERY_MS = 200;
/** About 480p of ours. */
const SAVING_BPS_MAX = 1_500_000;
/** The end of a video is as good as any cushion. */
const END_SLACK_SECONDS = 0.3;

/** Whether the viewer has asked the browser to save data. */
function browserSavesData(): boolean {
  const connection: unknown = Reflect.get(navigator, 'connection');
  return (
    typeof connection === 'object' && connection !== null && Reflect.get(connection, 'saveData') === true
  );
}

function cushionMs(video: HTMLVideoElement): number {
  const { buffered, duration } = video;
  const end = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
  return end > 0 && end >= duration - END_SLACK_SECONDS ? Number.POSITIVE_INFINITY : bufferedMsOf(video);
}

/** Plays a feed in one video element, from its first item on. */
export function createFeed(video: HTMLVideoElement, options: FeedOptions): Feed {
  const { items, edges = [], group } = options;
  const neighbours = new Map<number, Preloaded>();
  const starts: FeedStart[] = [];
  let isSaving = options.isSavingData ?? browserSavesData();
  let index = -1;
  let engine: Engine | undefined;

  const optionsOf = (item: FeedItem) => ({
    src: item.src,
    edges,
    group,
    bitrateBpsMax: isSaving ? SAVING_BPS_MAX : undefined,
    throughputBps: engine?.hls()?.bandwidthEstimate,
  });
  const prepared = (): number[] =>
    [...neighbours].filter(([, neighbour]) => neighbour.isReady() || neighbour.hasFailed()).map(([at]) => at);

  const letGo = (at: number): void => {
    neighbours.get(at)?.destroy();
    neighbours.delete(at);
  };
  const plan = (): void => {
    if (engine === undefined || engine.stats().startupMs === null) return;
    const { load, drop } = planFeed({
      index,
      count: items.length,
      bufferedMs: cushionMs(video),
      isSavingData: isSaving,
      known: [...neighbours.keys()],
      ready: prepared(),
    });
    for (const at of drop) letGo(at);
    for (const at of load) {
      const item = items[at];
      if (item !== undefined) neighbours.set(at, preload(optionsOf(item)));
    }
  };
  const show = (wanted: number): void => {
    const at = Math.max(0, Math.min(items.length - 1, wanted));
    const item = items[at];
    if (item === undefined || at === index) return;
    const given = optionsOf(item);
    engine?.destroy();
    const neighbour = neighbours.get(at);
    neighbours.delete(at);
    const wasPrepared = neighbour?.isReady() ?? false;
    index = at;
    const started = createEngine(video, { ...given, preloaded: neighbour });
    engine = started;
    started.subscribe((notice) => {
      if (notice !== 'first-frame' || engine !== started) return;
      starts.push({ index: at, startupMs: started.stats().startupMs ?? 0, wasPrepared });
      options.onShown?.(at);
      plan();
    });
  };

  video.autoplay = true;
  video.loop = true;
  const timer = setInterval(plan, PLAN_EVERY_MS);
  return {
    index: () => index,
    show,
    engine: () => engine,
    starts: () => starts,
    prepared,
    isSavingData: () => isSaving,
    setSavingData: (next) => {
      isSaving = next;
      plan();
    },
    destroy: () => {
      clearInterval(timer);
      engine?.destroy();
      for (const at of [...neighbours.keys()]) letGo(at);
    },
  };
}
