// How viewers come, over which lines, and how they watch. Everything is drawn from a seed, so that a run can be
// repeated; pure.

import { parseDurationMs } from '#base/duration.ts';
import type { Prng } from '#base/prng.ts';
import type { LineProfile } from './line.ts';

export type Arrival =
  | { readonly kind: 'at-once' }
  /** Evenly over a time. */
  | { readonly kind: 'ramp'; readonly durationMs: number }
  /** Independent viewers at a mean rate. */
  | { readonly kind: 'poisson'; readonly viewersPerSecond: number };

export type Viewing =
  /** Once to the end. */
  | { readonly kind: 'full' }
  /** Again and again, each time as a new start. */
  | { readonly kind: 'loop' }
  /** A few seconds, then the next video. */
  | { readonly kind: 'swipe'; readonly leastMs: number; readonly mostMs: number };

export type NetworkShare = LineProfile & { readonly name: string; readonly share: number };

/**
 * Lines of viewers. The figures are round ones for orders of magnitude, not statistics: a home line, a mobile phone
 * with a good and with a poor signal. `none` adds nothing to what lies between the swarm and the edges.
 */
export const NETWORKS: Readonly<Record<string, readonly NetworkShare[]>> = {
  none: [{ name: 'none', share: 1, bitsPerSecond: Number.POSITIVE_INFINITY, roundTripMs: 0 }],
  fiber: [{ name: 'fiber', share: 1, bitsPerSecond: 100_000_000, roundTripMs: 10 }],
  dsl: [{ name: 'dsl', share: 1, bitsPerSecond: 16_000_000, roundTripMs: 30 }],
  lte: [{ name: 'lte', share: 1, bitsPerSecond: 8_000_000, roundTripMs: 60 }],
  '3g': [{ name: '3g', share: 1, bitsPerSecond: 1_500_000, roundTripMs: 150 }],
  mix: [
    { name: 'fiber', share: 0.3, bitsPerSecond: 100_000_000, roundTripMs: 10 },
    { name: 'dsl', share: 0.35, bitsPerSecond: 16_000_000, roundTripMs: 30 },
    { name: 'lte', share: 0.3, bitsPerSecond: 8_000_000, roundTripMs: 60 },
    { name: '3g', share: 0.05, bitsPerSecond: 1_500_000, roundTripMs: 150 },
  ],
};

/** Swipes that people make are mostly short; a third stays for a while. */
export const SWIPE_DEFAULT: Viewing = { kind: 'swipe', leastMs: 2_000, mostMs: 15_000 };

/** Times of arrival after the start, ascending. */
export function arrivalTimes(arrival: Arrival, viewers: number, prng: Prng): readonly number[] {
  if (arrival.kind === 'at-once') return Array.from({ length: viewers }, () => 0);
  if (arrival.kind === 'ramp')
    return Array.from({ length: viewers }, (_, index) => Math.round((arrival.durationMs * index) / viewers));
  let atMs = 0;
  return Array.from({ length: viewers }, () => {
    atMs += (-Math.log(1 - prng()) / arrival.viewersPerSecond) * 1_000;
    return Math.round(atMs);
  });
}

/** A line drawn from the mix. */
export function drawNetwork(mix: readonly NetworkShare[], prng: Prng): NetworkShare | undefined {
  let rest = prng() * mix.reduce((sum, { share }) => sum + share, 0);
  return mix.find(({ share }) => {
    rest -= share;
    return rest < 0;
  });
}

/** How long a viewer stays with one video; undefined: to its end. Short stays are the more frequent ones. */
export function drawStayMs(viewing: Viewing, prng: Prng): number | undefined {
  if (viewing.kind !== 'swipe') return undefined;
  return Math.round(viewing.leastMs + (viewing.mostMs - viewing.leastMs) * prng() ** 2);
}

/** Reads `at-once`, `ramp:30s` or `poisson:5`; undefined when it is none of them. */
export function parseArrival(text: string): Arrival | undefined {
  if (text === 'at-once') return { kind: 'at-once' };
  const [kind, value = ''] = text.split(':');
  if (kind === 'ramp') {
    const durationMs = parseDurationMs(value);
    return durationMs === undefined ? undefined : { kind, durationMs };
  }
  const viewersPerSecond = Number(value);
  if (kind !== 'poisson' || !(viewersPerSecond > 0)) return undefined;
  return { kind, viewersPerSecond };
}

/** Reads `full`, `loop`, `swipe` or `swipe:2s-15s`; undefined when it is none of them. */
export function parseViewing(text: string): Viewing | undefined {
  if (text === 'full' || text === 'loop') return { kind: text };
  if (text === 'swipe') return SWIPE_DEFAULT;
  const [kind, range = ''] = text.split(':');
  const [least = '', most = ''] = range.split('-');
  const leastMs = parseDurationMs(least);
  const mostMs = parseDurationMs(most);
  if (kind !== 'swipe' || leastMs === undefined || mostMs === undefined || mostMs < leastMs) return undefined;
  return { kind, leastMs, mostMs };
}

/** Reads the name of a network, or one of its own as `4mbps/80ms`; undefined when it is neither. */
export function parseNetwork(text: string): readonly NetworkShare[] | undefined {
  const named = Object.hasOwn(NETWORKS, text) ? NETWORKS[text] : undefined;
  if (named !== undefined) return named;
  const match = /^(\d+(?:\.\d+)?)(k|m)bps\/(\d+)ms$/.exec(text);
  if (match === null) return undefined;
  const bitsPerSecond = Number(match[1]) * (match[2] === 'k' ? 1_000 : 1_000_000);
  if (bitsPerSecond === 0) return undefined;
  return [{ name: text, share: 1, bitsPerSecond, roundTripMs: Number(match[3]) }];
}
