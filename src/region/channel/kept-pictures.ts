// The last few seconds of a contribution's picture, from a key frame on: what an encoder that begins again is fed first,
// so that it loses no segment that it could still make.

import type { PictureFrame } from './picture-child.ts';

interface Group {
  /** The configuration in force. */
  readonly config: Uint8Array;
  readonly frames: PictureFrame[];
  bytes: number;
}

/** Whole groups of pictures, oldest first. */
export class KeptPictures {
  readonly #framesMin: number;
  readonly #bytesMax: number;
  #groups: Group[] = [];
  #config: Uint8Array | undefined;

  constructor(framesMin: number, bytesMax: number) {
    this.#framesMin = framesMin;
    this.#bytesMax = bytesMax;
  }

  get config(): Uint8Array | undefined {
    return this.#config;
  }

  setConfig(config: Uint8Array): void {
    this.#config = config;
  }

  push(frame: PictureFrame): void {
    if (frame.isKey && this.#config !== undefined)
      this.#groups.push({ config: this.#config, frames: [], bytes: 0 });
    const group = this.#groups.at(-1);
    if (group === undefined) return;
    group.frames.push(frame);
    group.bytes += frame.data.length;
    this.#forget(frame.index);
  }

  /** What an encoder is to be fed, oldest first, and nothing when it has to wait for a key frame. */
  from(): { readonly config: Uint8Array; readonly frames: readonly PictureFrame[] }[] {
    return this.#groups;
  }

  /** The newest key frame: what can be shown again on its own. */
  still(): { readonly config: Uint8Array; readonly frame: PictureFrame } | undefined {
    const group = this.#groups.at(-1);
    const frame = group?.frames[0];
    return group === undefined || frame === undefined ? undefined : { config: group.config, frame };
  }

  /** Frames that follow cannot be decoded until a key frame comes. */
  clear(): void {
    this.#groups = [];
  }

  #forget(newest: number): void {
    while ((this.#groups[1]?.frames[0]?.index ?? Number.POSITIVE_INFINITY) <= newest - this.#framesMin)
      this.#groups.shift();
    let bytes = this.#groups.reduce((sum, group) => sum + group.bytes, 0);
    while (bytes > this.#bytesMax && this.#groups.length > 0) bytes -= this.#groups.shift()?.bytes ?? 0;
  }
}
