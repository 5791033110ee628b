// The presets: how many rungs, how many bits, how much computing an upload is worth. `standard` is made for a start
// within seconds of the upload; `economy` saves storage and egress; `quality` takes the time that good pictures need.

import { LADDER_POLICY, type LadderPolicy } from './rungs.ts';

/** How long the encoders search for savings: it costs computing time, never bits. */
export type EncodeSpeed = 'fast' | 'thorough';

export interface Preset extends LadderPolicy {
  readonly summary: string;
  readonly speed: EncodeSpeed;
  /** Renditions of faster sources get half of their frames, or a third. */
  readonly frameRateMax: number;
  /** Times the usual bit rate of a picture. */
  readonly bitrateFactor: number;
  /** Whether a probe of each video decides its rungs, unless the project has it otherwise. */
  readonly isPerTitle: boolean;
  /** The quality of a probed rung, on x264's scale: lower is better. */
  readonly qualityFactor: number;
  /** Bounds of a probed bit rate, as shares of what the rung has unprobed. */
  readonly perTitleShareMin: number;
  readonly perTitleShareMax: number;
  /** The first frame waits at most so long for the probe. */
  readonly samplingMsMax: number;
}

export const PRESETS = {
  economy: {
    ...LADDER_POLICY,
    summary: 'Small: at most 720 lines and 30 frames a second, as few bits as look decent',
    heights: [720, 480, 360, 240],
    renditionsLargeMax: 3,
    speed: 'fast',
    frameRateMax: 30,
    bitrateFactor: 0.7,
    isPerTitle: true,
    qualityFactor: 26,
    perTitleShareMin: 0.1,
    perTitleShareMax: 1,
    samplingMsMax: 4_000,
  },
  standard: {
    ...LADDER_POLICY,
    summary: 'Fast: playable within seconds, up to 1080 lines and 60 frames a second',
    speed: 'fast',
    frameRateMax: 60,
    bitrateFactor: 1,
    isPerTitle: false,
    qualityFactor: 23,
    perTitleShareMin: 0.15,
    perTitleShareMax: 1.2,
    samplingMsMax: 2_000,
  },
  quality: {
    ...LADDER_POLICY,
    summary: 'Good: up to 2160 lines, more rungs, encoders that take their time',
    heights: [2160, 1440, 1080, 720, 480, 360, 240],
    renditionsMax: 4,
    renditionsLargeMax: 6,
    speed: 'thorough',
    frameRateMax: 60,
    bitrateFactor: 1.3,
    isPerTitle: true,
    qualityFactor: 21,
    perTitleShareMin: 0.2,
    perTitleShareMax: 1.4,
    samplingMsMax: 8_000,
  },
} as const satisfies Record<string, Preset>;

/** A preset by name; that of the default for one that only a later version knows. */
export function presetOf(name: string): { readonly name: keyof typeof PRESETS; readonly preset: Preset } {
  const known = Object.hasOwn(PRESETS, name) ? (name as keyof typeof PRESETS) : 'standard';
  return { name: known, preset: PRESETS[known] };
}
