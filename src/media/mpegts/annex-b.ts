// Pictures of H.264 and HEVC as transport streams carry them, NAL units between start codes, and as everything else here
// takes them: lengths before the units, parameter sets in a configuration of their own. Sources: ISO/IEC 14496-10, annex B
// and table 7-1; ISO/IEC 23008-2, annex B and table 7-1.

import { writeAvcConfig, writeHevcConfig } from '../contribution/write-config.ts';
import { PARAMETER_SETS_MAX, UNITS_MAX } from './limits.ts';
import type { TsVideoCodec } from './program.ts';
import { TsError } from './ts-error.ts';

export interface Picture {
  readonly isKeyFrame: boolean;
  /** Units with four bytes of length before each. */
  readonly data: Uint8Array;
}

export interface AnnexBReader {
  /**
   * Takes the bytes of a picture: a configuration when its parameter sets are new, and the picture, if there is one.
   * @throws TsError, ContributionError
   */
  push(data: Uint8Array): { readonly config: Uint8Array | undefined; readonly picture: Picture | undefined };
}

interface UnitKinds {
  typeOf(firstByte: number): number;
  /** Types of parameter sets, in the order of the configuration. */
  readonly sets: readonly number[];
  isPicture(type: number): boolean;
  isKey(type: number): boolean;
  /** Delimiters and filling, which lengths make needless. */
  readonly needless: readonly number[];
  write(sets: readonly (readonly Uint8Array[])[]): Uint8Array;
}

const KINDS: Readonly<Record<TsVideoCodec, UnitKinds>> = {
  avc1: {
    typeOf: (firstByte) => firstByte & 31,
    sets: [7, 8],
    isPicture: (type) => type >= 1 && type <= 5,
    isKey: (type) => type === 5,
    needless: [9, 10, 11, 12],
    write: ([sps = [], pps = []]) => writeAvcConfig(sps, pps),
  },
  hvc1: {
    typeOf: (firstByte) => (firstByte >> 1) & 63,
    sets: [32, 33, 34],
    isPicture: (type) => type <= 31,
    isKey: (type) => type >= 16 && type <= 23,
    needless: [35, 36, 37, 38],
    write: ([vps = [], sps = [], pps = []]) => writeHevcConfig(vps, sps, pps),
  },
};

const START_CODE = Uint8Array.of(0, 0, 1);

/** Creates the reader of one track. */
export function createAnnexBReader(codec: TsVideoCodec): AnnexBReader {
  const kinds = KINDS[codec];
  /** Parameter sets in force, by kind. */
  let sets: readonly (readonly Uint8Array[])[] = kinds.sets.map(() => []);
  let known: Uint8Array | undefined;

  function updateSets(units: readonly Uint8Array[]): Uint8Array | undefined {
    const found = kinds.sets.map((type) =>
      unique(units.filter(([first = 0]) => kinds.typeOf(first) === type)),
    );
    if (found.every(({ length }) => length === 0)) return undefined;
    sets = sets.map((before, index) => {
      const now = found[index] ?? [];
      return now.length > 0 ? now : before;
    });
    if (sets.some(({ length }) => length === 0)) return undefined;
    const config = kinds.write(sets);
    if (known !== undefined && isEqual(known, config)) return undefined;
    known = config;
    return config;
  }

  return {
    push(data) {
      const units = splitUnits(data);
      const config = updateSets(units);
      const typeOf = (unit: Uint8Array): number => kinds.typeOf(unit[0] ?? 0);
      const kept = units.filter((unit) => {
        const type = typeOf(unit);
        return !kinds.sets.includes(type) && !kinds.needless.includes(type);
      });
      if (!kept.some((unit) => kinds.isPicture(typeOf(unit)))) return { config, picture: undefined };
      const isKeyFrame = kept.some((unit) => kinds.isKey(typeOf(unit)));
      return { config, picture: { isKeyFrame, data: withLengths(kept) } };
    },
  };
}

/** Units between start codes, without the zeros behind them. */
function splitUnits(bytes: Uint8Array): Uint8Array[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const units: Uint8Array[] = [];
  let start = data.indexOf(START_CODE);
  while (start !== -1) {
    const from = start + START_CODE.length;
    const next = data.indexOf(START_CODE, from);
    let end = next === -1 ? data.length : next;
    while (end > from && data[end - 1] === 0) end -= 1;
    if (end > from) units.push(bytes.subarray(from, end));
    if (units.length > UNITS_MAX) throw new TsError(`a picture of more than ${UNITS_MAX} units`);
    start = next;
  }
  return units;
}

function withLengths(units: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(units.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const unit of units) {
    view.setUint32(at, unit.length);
    bytes.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return bytes;
}

function unique(units: readonly Uint8Array[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const unit of units) {
    if (found.some((other) => isEqual(other, unit))) continue;
    found.push(unit.slice());
    if (found.length > PARAMETER_SETS_MAX)
      throw new TsError(`more than ${PARAMETER_SETS_MAX} parameter sets of one kind`);
  }
  return found;
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
