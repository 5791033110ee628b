// <meridian-player src="https://edge/m/…/main.m3u8" edges="https://edge-b,https://edge-c" poster autoplay muted loop
//   start="12" group="dublin" keys>: the player as an element. `keys` lets it answer keys pressed anywhere on the page.

import { edgesFromAttribute } from './edges.ts';
import { createPlayer, type Player, type PlayerOptions } from './player.ts';

export class MeridianPlayerElement extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ['src'];
  #player: Player | undefined;
  #options: Partial<PlayerOptions> = {};

  /** The player behind the element, while it is in a page and has an address. */
  get player(): Player | undefined {
    return this.#player;
  }

  /** Sets what attributes cannot say (such as the edges with their names) and plays. */
  play(options: PlayerOptions): Player {
    this.#player?.destroy();
    this.#options = options;
    this.#player = createPlayer(this, { ...this.#fromAttributes(), ...options });
    return this.#player;
  }

  connectedCallback(): void {
    const src = this.getAttribute('src');
    if (src !== null && src !== '' && this.#player === undefined) this.play({ ...this.#options, src });
  }

  disconnectedCallback(): void {
    // Moving an element in the page disconnects it for a moment; only a removal ends the player.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#player?.destroy();
      this.#player = undefined;
    });
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after || after === null || after === '') return;
    this.play({ ...this.#options, src: after });
  }

  #fromAttributes(): Partial<PlayerOptions> {
    const edges = this.getAttribute('edges');
    const group = this.getAttribute('group');
    const poster = this.getAttribute('poster');
    const status = this.getAttribute('status');
    return {
      ...(edges === null ? {} : { edges: edgesFromAttribute(edges) }),
      ...(group === null ? {} : { group }),
      ...(poster === null ? {} : { poster }),
      ...(status === null ? {} : { statusUrl: status }),
      startPositionSeconds: Number(this.getAttribute('start') ?? 0) || 0,
      isAutoplay: this.hasAttribute('autoplay'),
      isMuted: this.hasAttribute('muted'),
      isLooped: this.hasAttribute('loop'),
    };
  }
}
