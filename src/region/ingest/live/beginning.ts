// A publisher until its media has a timeline: one that is known is looked for while its first packets come in, and if
// there is none, one is minted as soon as they say enough. Packets are kept meanwhile and handed over with the timeline.

import type { BroadcastTimeline } from '#contract/live.ts';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { createOpening, type KeptUnit, type OpeningFormat } from '#media/contribution/opening.ts';
import type { Clock } from '#platform/clock.ts';
import { OPENING_BYTES_MAX } from './limits.ts';

export interface BeginningOptions {
  readonly clock: Clock;
  find(): Promise<BroadcastTimeline | undefined>;
  /** Makes a timeline of what the publisher sends; returns the one that holds. */
  mint(format: OpeningFormat): Promise<BroadcastTimeline>;
  /** Called once, unless onProblem is. */
  onTimeline(timeline: BroadcastTimeline, kept: readonly KeptUnit[]): void;
  onProblem(why: string): void;
}

export interface Beginning {
  /** @throws ContributionError when a configuration cannot be understood */
  take(unit: FeedUnit): void;
  announceFrameRate(framesPerSecond: number): void;
}

/** Begins to look for a timeline. */
export function createBeginning(options: BeginningOptions): Beginning {
  const { clock } = options;
  const opening = createOpening();
  let isSearchDone = false;
  let isMinting = false;

  const begin = (timeline: BroadcastTimeline): void => options.onTimeline(timeline, opening.kept());

  function tryMint(): void {
    if (!isSearchDone || isMinting) return;
    const format = opening.format(clock.nowMs());
    if (format === undefined) return;
    isMinting = true;
    options.mint(format).then(begin, (error: unknown) => {
      options.onProblem(`its timeline could not be kept: ${String(error)}`);
    });
  }

  options.find().then(
    (timeline) => {
      isSearchDone = true;
      if (timeline === undefined) tryMint();
      else begin(timeline);
    },
    (error: unknown) => options.onProblem(`its timeline could not be looked for: ${String(error)}`),
  );

  return {
    take(unit) {
      opening.take(unit, clock.nowMs());
      if (opening.keptBytes() > OPENING_BYTES_MAX)
        options.onProblem('it sent too much before it could be told what it sends');
      else tryMint();
    },
    announceFrameRate: (framesPerSecond) => opening.announceFrameRate(framesPerSecond),
  };
}
