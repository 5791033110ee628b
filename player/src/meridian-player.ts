// The one script a page needs: defines <meridian-player> and window.Meridian, and starts Meridian's own pages.

import { allPlayers, createPlayer } from './player.ts';
import { MeridianPlayerElement } from './player-element.ts';
import { startPage } from './watch-page.ts';

export type Meridian = {
  readonly createPlayer: typeof createPlayer;
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
  get players() {
    return allPlayers();
  },
};

if (customElements.get('meridian-player') === undefined)
  customElements.define('meridian-player', MeridianPlayerElement);

if (document.readyState === 'loading')
  document.addEventListener('DOMContentLoaded', () => {
    startPage().catch(reportError);
  });
else startPage().catch(reportError);
