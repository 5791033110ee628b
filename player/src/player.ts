// createPlayer: an engine with Meridian's controls around it, or a bare engine for a page's own video element.

import { createEngine, type Engine, type EngineOptions, type PlayerStats } from './engine.ts';
import { createPlayerView } from './ui/player-view.ts';

export type PlayerOptions = EngineOptions & {
  readonly poster?: string | undefined;
  readonly isAutoplay?: boolean;
  readonly isMuted?: boolean;
  readonly isLooped?: boolean;
};

export type Player = {
  readonly engine: Engine;
  readonly video: HTMLVideoElement;
  readonly stats: () => PlayerStats;
  readonly destroy: () => void;
};

const players: Player[] = [];

/** All players of this page, oldest first. */
export function allPlayers(): readonly Player[] {
  return players;
}

/**
 * Plays `options.src` in `element`: a video element keeps its own controls, anything else becomes Meridian's player.
 * The start is measured from this call.
 */
export function createPlayer(element: HTMLElement, options: PlayerOptions): Player {
  const view =
    element instanceof HTMLVideoElement ? undefined : createPlayerView(element, options.poster ?? null);
  const video = view?.video ?? element;
  if (!(video instanceof HTMLVideoElement)) throw new TypeError('a video element is needed');
  video.muted = options.isMuted ?? video.muted;
  video.loop = options.isLooped ?? video.loop;
  video.autoplay = options.isAutoplay ?? video.autoplay;
  const engine = createEngine(video, options);
  view?.show(engine);
  const player: Player = {
    engine,
    video,
    stats: engine.stats,
    destroy: () => {
      engine.destroy();
      view?.destroy();
      const at = players.indexOf(player);
      if (at >= 0) players.splice(at, 1);
    },
  };
  players.push(player);
  return player;
}
