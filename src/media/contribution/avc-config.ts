// Builds the configuration record of H.264 (ISO/IEC 14496-15, 5.3.3.1.2) of parameter sets that came within the
// stream, and knows when they have changed. Sets are told apart by their number (H.264, 7.3.2.1.1 and 7.3.2.2), so
// that a set that comes again takes the place of the old one.

import { CONFIG_BYTES_MAX } from './limits.ts';

export const AVC_UNIT = { slice: 1, key: 5, sps: 7, pps: 8, delimiter: 9, filler: 12 } as const;

export interface AvcConfig {
  /** Takes a parameter set, with its header byte; others are left out. */
  take(unit: Uint8Array): void;
  /** The record, the same object as long as nothing changed; undefined until both kinds of sets are there. */
  record(): Uint8Array | undefined;
}

/** A whole number in Exp-Golomb code that begins at this byte (H.264, 9.1); undefined when it is longer than 16 bits. */
function firstNumber(unit: Uint8Array, at: number): number | undefined {
  const word = ((unit[at] ?? 0) << 16) | ((unit[at + 1] ?? 0) << 8) | (unit[at + 2] ?? 0);
  const zeros = Math.clz32(word) - 8;
  return zeros > 8 ? undefined : (word >> (23 - 2 * zeros)) - 1;
}

/** Profiles whose record ends with the chroma format and the bit depths. */
const HIGH_PROFILES = [100, 110, 122, 144];
/** 4:2:0 with 8 bits, reserved bits set: what every publisher of H.264 sends. */
const HIGH_TAIL = [0xfd, 0xf8, 0xf8, 0];

/** Creates the configuration of one stream. */
export function createAvcConfig(): AvcConfig {
  const sets = {
    [AVC_UNIT.sps]: new Map<number, Uint8Array>(),
    [AVC_UNIT.pps]: new Map<number, Uint8Array>(),
  };
  let built: Uint8Array | undefined;
  let isChanged = false;

  function build(): Uint8Array | undefined {
    const spss = [...sets[AVC_UNIT.sps].values()];
    const ppss = [...sets[AVC_UNIT.pps].values()];
    const [first] = spss;
    if (first === undefined || ppss.length === 0) return undefined;
    const list = (units: readonly Uint8Array[]): number[] =>
      units.flatMap((unit) => [unit.length >> 8, unit.length & 255, ...unit]);
    const [profile = 0, compatibility = 0, level = 0] = first.subarray(1, 4);
    return Uint8Array.from([
      ...[1, profile, compatibility, level, 0xff, 0xe0 | spss.length, ...list(spss)],
      ...[ppss.length, ...list(ppss), ...(HIGH_PROFILES.includes(profile) ? HIGH_TAIL : [])],
    ]);
  }

  return {
    take(unit) {
      const type = (unit[0] ?? 0) & 31;
      if (type !== AVC_UNIT.sps && type !== AVC_UNIT.pps) return;
      const id = firstNumber(unit, type === AVC_UNIT.sps ? 4 : 1);
      const isUsual = id !== undefined && id <= (type === AVC_UNIT.sps ? 30 : 254);
      if (!isUsual || unit.length < 4 || unit.length > CONFIG_BYTES_MAX) return;
      const known = sets[type].get(id);
      if (known?.length === unit.length && known.every((byte, index) => byte === unit[index])) return;
      // Another picture: what belonged to the old one is of no use.
      if (type === AVC_UNIT.sps && known !== undefined) for (const kind of Object.values(sets)) kind.clear();
      sets[type].set(id, unit.slice());
      isChanged = true;
    },
    record() {
      if (isChanged) built = build();
      isChanged = false;
      return built;
    },
  };
}
