// The one script a page needs: defines <meridian-player> and window.Meridian, and starts Meridian's own pages.

import { createFeed } from './feed/feed.ts';
import { startFeedPage } from './feed/feed-page.ts';
import { keepLatency } from './keep-latency.ts';
import { allPlayers, createPlayer } from './player.ts';
import { MeridianPlayerElement } from './player-element.ts';
import { preload } from './preload.ts';
import { startPage } from './watch-page.ts';

export type Meridian = {
  readonly createPlayer: typeof createPlayer;
  /** Many videos in one video element, the next ones prepared. */
  readonly createFeed: typeof createFeed;
  /** Fetches what a start needs; give the result to `createPlayer` as `preloaded`. */
  readonly preload: typeof preload;
  /** Keeps an hls.js instance of your own near the live edge; see player/README.md. */
  readonly keepLatency: typeof keepLatency;
  /** Every player of the page, oldest first. */
  readonly players: readonly ReturnType<typeof createPlayer>[];
};

declare global {
  interface Window {
    Meridian: Meridian;
  }
}

window.Meridian = {
  createPlayer,
  createFeed,
  preload,
  keepLatency,
  get players() {
    return allPlayers();
  },
};

if (customElements.get('meridian-player') === undefined)
  customElements.define('meridian-player', MeridianPlayerElement);

function startPages(): void {
  startPage().catch(reportError);
  startFeedPage().catch(reportError);
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', startPages);
else startPages();
