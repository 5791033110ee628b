// From an address to facts: fetches it, sees what it is (HLS, DASH, or a steering manifest) and gathers the rest.

import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import { type HlsFacts, type PresentationFacts, type ResourceFacts, tracksOf } from './facts.ts';
import { createFetcher, type Fetched, type Fetcher, type FetchLimits } from './fetcher.ts';
import { gatherDash } from './gather-dash.ts';
import { gatherHls } from './gather-hls.ts';
import { gatherSteering, parseSteering } from './gather-steering.ts';
import type { SegmentChoice } from './gather-track.ts';
import { watchLive } from './watch-live.ts';

export interface GatherOptions {
  readonly segments: 'all' | 'sample';
  readonly limits: FetchLimits;
  /** How long live playlists are watched; 0 for not at all. */
  readonly watchMs: number;
  readonly signal?: AbortSignal;
  readonly onAnswer?: (facts: ResourceFacts) => void;
  /** Watching begins. */
  readonly onWatch?: (playlists: number) => void;
}

export interface Gathered {
  readonly facts: PresentationFacts;
  readonly requests: number;
  readonly bytes: number;
  /** Which limit ended it early; null when nothing was left out. */
  readonly exhausted: string | null;
}

/** The address gives nothing that can be checked. */
export class CheckImpossible extends Error {
  override readonly name = 'CheckImpossible';
}

const PROBE_BYTES = 100;

function kindOf(entry: Fetched, text: string): 'hls' | 'dash' | 'steering' | null {
  const type = (entry.facts.headers['content-type'] ?? '').toLowerCase();
  const path = new URL(entry.facts.finalUrl).pathname.toLowerCase();
  const start = text
    .slice(0, 4_096)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (start.startsWith('#EXT')) return 'hls';
  if (/<([a-z]+:)?MPD[\s>]/i.test(start)) return 'dash';
  if (start.startsWith('{') && parseSteering(text).manifest?.VERSION !== undefined) return 'steering';
  if (type.includes('mpegurl') || path.endsWith('.m3u8')) return 'hls';
  if (type.includes('dash+xml') || path.endsWith('.mpd')) return 'dash';
  if (type.includes('apple.steering-list')) return 'steering';
  return null;
}

/** Asks for the beginning of the first segment alone. */
async function probeRange(
  fetcher: Fetcher,
  facts: Parameters<typeof tracksOf>[0],
): Promise<ResourceFacts | null> {
  const first = tracksOf(facts).flatMap(({ declared }) => declared)[0];
  if (first === undefined || facts.kind === 'steering') return null;
  const probe = await fetcher.get(first.url, 'probe', { offset: 0, length: PROBE_BYTES });
  return probe.facts;
}

function leftOut(facts: PresentationFacts): string[] {
  const reasons = new Map<string, number>();
  for (const track of tracksOf(facts))
    for (const { unread, resource } of track.segments)
      if (unread !== null && resource.failure === null) reasons.set(unread, (reasons.get(unread) ?? 0) + 1);
  return [...reasons].map(([reason, count]) => `inside of ${count} segments: ${reason}`);
}

interface GatherDependencies {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly watchMs: number;
  readonly onWatch: ((playlists: number) => void) | undefined;
}

/** Watches what is live of a presentation. */
async function withLive(
  { clock, fetcher, watchMs, onWatch }: GatherDependencies,
  facts: Omit<HlsFacts, 'live'>,
): Promise<HlsFacts> {
  const { live, notChecked } = await watchLive({ clock, fetcher, onWatch }, facts, watchMs);
  return { ...facts, live, notChecked: [...facts.notChecked, ...notChecked] };
}

async function gatherFrom(
  dependencies: GatherDependencies,
  url: string,
  segments: SegmentChoice,
): Promise<PresentationFacts> {
  const { fetcher } = dependencies;
  const entry = await fetcher.get(url, 'manifest');
  if (entry.body === null) throw new CheckImpossible(`${url} cannot be fetched: ${entry.facts.failure}`);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(entry.body);
  const kind = kindOf(entry, text);
  if (kind === null)
    throw new CheckImpossible(`${url} is neither an HLS playlist, a DASH manifest nor a steering manifest`);
  const common = { resources: fetcher.resources, rangeProbe: null };
  if (kind === 'steering') {
    const steering = await gatherSteering(fetcher, 'unknown', url, null);
    return { kind, url, ...common, steering, notChecked: [] };
  }
  const facts: PresentationFacts =
    kind === 'dash'
      ? { ...(await gatherDash(fetcher, entry, text, segments)), ...common }
      : await withLive(dependencies, { ...(await gatherHls(fetcher, entry, text, segments)), ...common });
  const rangeProbe = await probeRange(fetcher, facts);
  return { ...facts, rangeProbe, notChecked: [...facts.notChecked, ...leftOut(facts)] };
}

/** Gathers the facts of a presentation; CheckImpossible when there is none at the address. */
export async function gather(
  dependencies: { transport: Transport; clock: Clock },
  url: string,
  options: GatherOptions,
): Promise<Gathered> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CheckImpossible(`${url} is not an address of http or https`);
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  const { limits, onAnswer } = options;
  const deadline = dependencies.clock.sleep(limits.timeMsMax, ending.signal).then(stop, () => undefined);
  const fetcher = createFetcher({
    ...dependencies,
    limits,
    signal: ending.signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
  });
  try {
    const { watchMs, onWatch } = options;
    const facts = await gatherFrom(
      { clock: dependencies.clock, fetcher, watchMs, onWatch },
      new URL(url).href,
      options.segments,
    );
    const isCut = facts.resources.some(({ isSkipped }) => isSkipped) || fetcher.exhausted !== null;
    const exhausted = isCut ? fetcher.exhausted : null;
    return { facts, requests: fetcher.requests, bytes: fetcher.bytes, exhausted };
  } finally {
    stop();
    await deadline;
    options.signal?.removeEventListener('abort', stop);
  }
}
