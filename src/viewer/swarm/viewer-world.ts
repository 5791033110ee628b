// A world in virtual time for tests of the viewer machine: edges with a rate and a delay, which may die, fall silent or
// refuse. No clock, no network.

import type { Content, Presentation } from './presentation.ts';
import { startViewer, stepViewer, type ViewerEffect, type ViewerEvent, type ViewerState } from './viewer.ts';

export type EdgeBehaviour = 'well' | 'dead' | 'silent' | { readonly status: number };

export type ViewerWorldOptions = {
  readonly pathwayIds: readonly string[];
  readonly bitsPerSecond: number;
  readonly segments?: number;
  /** What an edge does at a time; well by default. */
  readonly behaviour?: (pathwayId: string, nowMs: number) => EdgeBehaviour;
  /** Segments that the playlists list at a time; all by default. */
  readonly listed?: (nowMs: number) => number;
  readonly hasSteering?: boolean;
  readonly throughputBps?: number;
};

const SEGMENT_SECONDS = 2;
const DELAY_MS = 20;
/** No viewing takes as many; more is a machine that wakes itself for ever. */
const STEPS_MAX = 100_000;
const LEVELS_BPS = [400_000, 900_000, 1_800_000];

/** The presentation that every edge has. */
function presentationFor({ pathwayIds, hasSteering }: ViewerWorldOptions): Presentation {
  const under = (name: string): Map<string, string> =>
    new Map(pathwayIds.map((pathwayId) => [pathwayId, `http://${pathwayId}/${name}/index.m3u8`]));
  return {
    levels: LEVELS_BPS.map((bandwidthBps, index) => ({
      key: String(index),
      bandwidthBps,
      averageBandwidthBps: bandwidthBps * 0.9,
      height: 180 * (index + 1),
      playlists: under(`v${index}`),
    })),
    audio: under('a1'),
    pathwayIds,
    preferred: pathwayIds[0] ?? '',
    steeringUrl: hasSteering === true ? `http://${pathwayIds[0]}/steering/hls.json` : undefined,
  };
}

type Due = { readonly atMs: number; readonly key: string; readonly event: ViewerEvent };

/** Plays until the viewer has ended or the time is over; returns the state and every address that was opened. */
export function playInVirtualTime(
  options: ViewerWorldOptions,
  untilMs: number,
): { readonly state: ViewerState; readonly nowMs: number; readonly opened: readonly string[] } {
  const [first = '', ...rest] = options.pathwayIds;
  const edgeOf = (pathwayId: string) => ({ pathwayId, baseUrl: `http://${pathwayId}` });
  const opened: string[] = [];
  let due: Due[] = [];
  let nowMs = 0;
  let step = startViewer(
    {
      sessionId: 'session',
      group: first,
      edges: [edgeOf(first), ...rest.map(edgeOf)],
      path: '/main.m3u8',
      throughputBps: options.throughputBps ?? 3_000_000,
    },
    nowMs,
  );
  const act = (effect: ViewerEffect): void => {
    if (effect.type === 'open') {
      opened.push(effect.url);
      due.push(...answersTo(options, effect, nowMs));
    } else if (effect.type === 'ask') {
      opened.push(effect.address);
      const value = { VERSION: 1, TTL: 10, 'PATHWAY-PRIORITY': options.pathwayIds };
      const { question, address: url } = effect;
      const pathwayId = new URL(url).host;
      const isWell = (options.behaviour?.(pathwayId, nowMs) ?? 'well') === 'well';
      const event = { type: 'answered', question, url, value: isWell ? value : undefined } as const;
      due.push({ atMs: nowMs + DELAY_MS, key: `ask ${question}`, event });
    } else if (effect.type === 'cancel')
      due = due.filter(({ key }) => key !== `${effect.id} ${effect.attempt}`);
    else if (effect.type === 'cancel-ask') due = due.filter(({ key }) => key !== `ask ${effect.question}`);
  };
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    for (const effect of step.effects) act(effect);
    due.sort((a, b) => a.atMs - b.atMs);
    const next = due[0];
    const atMs = Math.min(next?.atMs ?? Number.POSITIVE_INFINITY, step.wakeAtMs);
    if (step.state.outcome !== 'watching' || atMs > untilMs) return { state: step.state, nowMs, opened };
    // Timers know whole milliseconds, and never come early.
    nowMs = Math.max(nowMs, Math.ceil(atMs));
    if (next !== undefined && next.atMs <= step.wakeAtMs) due.shift();
    const event: ViewerEvent =
      next !== undefined && next.atMs <= step.wakeAtMs ? next.event : { type: 'wake' };
    step = stepViewer(step.state, event, nowMs);
  }
  throw new Error(`the viewer took ${STEPS_MAX} steps until ${nowMs} ms`);
}

function answersTo(
  options: ViewerWorldOptions,
  { id, attempt, kind, pathwayId, url }: Extract<ViewerEffect, { type: 'open' }>,
  nowMs: number,
): readonly Due[] {
  const key = `${id} ${attempt}`;
  const behaviour = options.behaviour?.(pathwayId, nowMs) ?? 'well';
  if (behaviour === 'silent') return [];
  const firstAtMs = nowMs + DELAY_MS;
  if (behaviour !== 'well') {
    const reason =
      behaviour === 'dead' ? { code: 'unreachable' as const } : { code: 'status' as const, ...behaviour };
    return [{ atMs: firstAtMs, key, event: { type: 'failed', id, attempt, reason } }];
  }
  const bytes = kind === 'media' && !url.endsWith('init.mp4') ? segmentBytes(url) : 1_000;
  const content: Content = contentOf(options, kind, nowMs);
  const durationMs = (bytes * 8_000) / options.bitsPerSecond;
  const answers: Due[] = [];
  // Progress every 100 ms, so that a long download is no silence.
  for (let atMs = firstAtMs; atMs < firstAtMs + durationMs; atMs += 100) {
    const loadedBytes = Math.round((bytes * (atMs - firstAtMs)) / durationMs);
    answers.push({ atMs, key, event: { type: 'heard', id, attempt, loadedBytes, totalBytes: bytes } });
  }
  answers.push({ atMs: firstAtMs + durationMs, key, event: { type: 'done', id, attempt, bytes, content } });
  return answers;
}

function segmentBytes(url: string): number {
  const level = /\/v(\d)\//.exec(url)?.[1];
  return level === undefined
    ? 16_000
    : Math.round(((LEVELS_BPS[Number(level)] ?? 0) * 0.9 * SEGMENT_SECONDS) / 8);
}

function contentOf(options: ViewerWorldOptions, kind: string, nowMs: number): Content {
  if (kind === 'media') return undefined;
  if (kind === 'manifest') return { type: 'presentation', presentation: presentationFor(options) };
  const all = options.segments ?? 10;
  const count = Math.min(all, options.listed?.(nowMs) ?? all);
  const playlist = {
    targetDurationSeconds: SEGMENT_SECONDS,
    initUri: 'init.mp4',
    durationSeconds: count * SEGMENT_SECONDS,
    isEnded: count === all,
    segments: Array.from({ length: count }, (_, index) => ({
      startSeconds: index * SEGMENT_SECONDS,
      durationSeconds: SEGMENT_SECONDS,
      uri: `${index}.m4s`,
    })),
  };
  return { type: 'playlist', playlist };
}
