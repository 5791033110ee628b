// Reads steering answers and decides what to ask (rfc8216bis section 7). Pure; steering-rounds.ts decides when.
//
// Steering never stops here: not on 410, not on 429, not on nonsense. A viewer who keeps asking every edge finds
// the one that still knows; limits on how often keep that cheap.

import type { Route } from './route.ts';

/** TTL when an answer names none or nonsense: the value that edges send for video on demand. */
export const TTL_DEFAULT_MS = 10_000;
/** Shortest TTL obeyed, so that a wrong 0 cannot make a loop. */
export const TTL_MIN_MS = 1_000;
/** Longest TTL obeyed, so that one wrong answer cannot blind a viewer for an evening. */
export const TTL_MAX_MS = 300_000;

export type SteeringAnswer = {
  readonly ttlMs: number;
  readonly reloadUrl: string | undefined;
  readonly priority: readonly string[];
  readonly clones: readonly Clone[];
};

type Clone = { readonly baseId: string; readonly pathwayId: string; readonly host: string };

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads an answer fetched from `url`; undefined when it is not a steering manifest of version 1. */
export function readSteering(value: unknown, url: string): SteeringAnswer | undefined {
  if (!isFields(value) || value.VERSION !== 1) return undefined;
  const ttl = value.TTL;
  const ttlMs = typeof ttl === 'number' && Number.isFinite(ttl) ? ttl * 1_000 : TTL_DEFAULT_MS;
  const priority = value['PATHWAY-PRIORITY'];
  const reload = value['RELOAD-URI'];
  const clones = value['PATHWAY-CLONES'];
  return {
    ttlMs: Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, ttlMs)),
    reloadUrl:
      typeof reload === 'string' && URL.canParse(reload, url) ? new URL(reload, url).href : undefined,
    priority: Array.isArray(priority) ? priority.filter((id): id is string => typeof id === 'string') : [],
    clones: Array.isArray(clones) ? clones.flatMap(readClone) : [],
  };
}

function readClone(value: unknown): readonly Clone[] {
  if (!isFields(value) || !isFields(value['URI-REPLACEMENT'])) return [];
  const { 'BASE-ID': baseId, ID: pathwayId } = value;
  const host = value['URI-REPLACEMENT'].HOST;
  if (typeof baseId !== 'string' || typeof pathwayId !== 'string' || typeof host !== 'string') return [];
  return [{ baseId, pathwayId, host }];
}

/** The routes with those that the answer clones from known ones (HOST replacement, a port allowed). */
export function withClones(routes: readonly Route[], clones: readonly Clone[]): readonly Route[] {
  const all = [...routes];
  for (const clone of clones) {
    const base = all.find((route) => route.pathwayId === clone.baseId);
    if (base === undefined || all.some((route) => route.pathwayId === clone.pathwayId)) continue;
    const prefix = new URL(base.prefix);
    prefix.host = clone.host;
    all.push({ pathwayId: clone.pathwayId, prefix: prefix.href });
  }
  return all;
}

export type SteeringQuestion = {
  readonly pathwayId: string;
  readonly throughputBps: number;
  readonly sessionId: string;
  readonly group: string | undefined;
};

/**
 * Addresses to ask, in order: the one steering named, then the same path at every other edge. Each carries the
 * client parameters of rfc8216bis section 7 and Meridian's own session and viewer group.
 */
export function questionUrls(
  url: string,
  edgeBaseUrls: readonly string[],
  question: SteeringQuestion,
): readonly string[] {
  const first = new URL(url);
  const bases = edgeBaseUrls.filter((base) => new URL(base).origin !== first.origin);
  const others = bases.map((base) => new URL(first.pathname + first.search, base));
  return [first, ...others].map((address) => {
    address.searchParams.set('_HLS_pathway', question.pathwayId);
    address.searchParams.set('_HLS_throughput', String(Math.round(question.throughputBps)));
    if (!address.searchParams.has('s')) address.searchParams.set('s', question.sessionId);
    if (question.group !== undefined && !address.searchParams.has('g'))
      address.searchParams.set('g', question.group);
    return address.href;
  });
}
