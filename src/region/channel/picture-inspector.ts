// Watches what a channel makes: whether its picture is black, or has stood still. It sees every frame, a few thousand
// pixels large, as the encoder's child has it before encoding, so a decoder that brings nothing out any more shows as a
// picture that stands still: the child fills its places with copies. Sizes of encoded frames would not tell: an encoder
// spends what a still picture saves on making it finer.
// Limits: a scene without any motion and noise is frozen too. That is the content's matter: whoever compares channels
// sees it in both.

import { BLACK_LUMA_MAX } from './limits.ts';

/** Counts frames that are black, and frames that are copies of the one before them. */
export class PictureInspector {
  #before: Uint8Array | undefined;
  #black = 0;
  #frozen = 0;

  /** Takes the next picture: luma in full range, always of one size. Keeps it until the next one. */
  push(luma: Uint8Array): void {
    this.#black = luma.every((value) => value <= BLACK_LUMA_MAX) ? this.#black + 1 : 0;
    // Copies of a frame do not differ at all; the noise of any camera does.
    const isStill = this.#before !== undefined && Buffer.compare(this.#before, luma) === 0;
    this.#frozen = isStill ? this.#frozen + 1 : 0;
    this.#before = luma;
  }

  /** Frames in a row by now. */
  get frames(): { readonly black: number; readonly frozen: number } {
    return { black: this.#black, frozen: this.#frozen };
  }
}
