// Watches one live playlist: reloads it, and follows what each new version names.

import { createHash } from 'node:crypto';
import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import { inspectPlaylist } from '#media/hls/parse-playlist.ts';
import type { Clock } from '#platform/clock.ts';
import { type ByteRange, type HlsPlaylistFacts, type ResourceFacts, resolveUrl } from './facts.ts';
import type { Fetched, Fetcher } from './fetcher.ts';
import { inspectBytes } from './gather-track.ts';
import {
  DELTA_EVERY,
  HINTS_MAX,
  HOLD_EXTRA_MS,
  HOLD_TARGETS_MAX,
  JOINS_MAX,
  POLLS_PER_TARGET,
  REMOVED_MAX,
} from './limits.ts';
import {
  type Asked,
  type DeltaPair,
  type HintFacts,
  isBefore,
  type JoinFacts,
  type LivePlaylistFacts,
  type LiveUpdate,
  listedParts,
  newestOf,
  nextSegment,
  type PartFacts,
  type RefusalProbe,
  type RemovedFacts,
} from './live-facts.ts';

interface WatchContext {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly elapsedMs: () => number;
  /** Ends watching. */
  readonly signal: AbortSignal;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The address of a playlist with directives, which stand in the order of their names (rfc8216bis, 6.2.5). */
export function withDirectives(url: string, { segment, part, isDelta }: Asked): string {
  const target = new URL(url);
  if (segment !== null) target.searchParams.set('_HLS_msn', String(segment));
  if (part !== null) target.searchParams.set('_HLS_part', String(part));
  if (isDelta) target.searchParams.set('_HLS_skip', 'YES');
  target.searchParams.sort();
  return target.href;
}

/** What a player asks for after a playlist: the next part, or the next segment where there are no parts. */
export function nextAsked(playlist: ParsedMediaPlaylist): Asked {
  if (!playlist.serverControl.canBlockReload) return { segment: null, part: null, isDelta: false };
  const isByPart = playlist.partTargetSeconds !== null;
  const part = isByPart ? playlist.openParts.length : null;
  return { segment: nextSegment(playlist), part, isDelta: false };
}

/** The last part of a segment. */
type FarPart = Asked & { readonly segment: number; readonly part: number };

function isNewer(after: ParsedMediaPlaylist, before: ParsedMediaPlaylist): boolean {
  const newest = newestOf(after);
  const known = newestOf(before);
  return newest !== null && (known === null || isBefore(known, newest));
}

/** Creates the watch of one playlist; `isDeep` also looks into its media and asks for what must be refused. */
export function createPlaylistWatch(
  context: WatchContext,
  entry: HlsPlaylistFacts,
  isDeep: boolean,
): { run(): Promise<LivePlaylistFacts> } {
  return new PlaylistWatch(context, entry, isDeep);
}

class PlaylistWatch {
  readonly #context: WatchContext;
  readonly #entry: HlsPlaylistFacts;
  readonly #isDeep: boolean;
  readonly #updates: LiveUpdate[] = [];
  readonly #deltas: DeltaPair[] = [];
  readonly #probes: RefusalProbe[] = [];
  readonly #hints = new Map<string, HintFacts>();
  readonly #parts: PartFacts[] = [];
  readonly #joins: JoinFacts[] = [];
  readonly #removed: RemovedFacts[] = [];
  /** Hints that were followed, and segments that were held against their parts. */
  readonly #asked = new Set<string>();
  readonly #joined = new Set<number>();
  /** What goes on beside the reloads. */
  readonly #tasks: Promise<void>[] = [];

  constructor(context: WatchContext, entry: HlsPlaylistFacts, isDeep: boolean) {
    this.#context = context;
    this.#entry = entry;
    this.#isDeep = isDeep;
  }

  async run(): Promise<LivePlaylistFacts> {
    const { signal, elapsedMs } = this.#context;
    const { playlist, resource } = this.#entry;
    if (playlist === null) throw new TypeError('a playlist that was not read cannot be watched');
    const nothing = { segment: null, part: null, isDelta: false };
    let newest = playlist;
    this.#updates.push({ asked: nothing, askedMs: 0, answeredMs: 0, resource, playlist });
    if (this.#isDeep) this.#tasks.push(this.#probe(playlist));
    while (!signal.aborted && !newest.isEnded) {
      const update = await this.#reload(newest, this.#updates.length);
      if (update.resource.isSkipped) break;
      this.#updates.push(update);
      const before = newest;
      if (update.playlist !== null) {
        this.#follow(before, update.playlist);
        newest = update.playlist;
      }
      // A server that does not hold requests would be asked without end.
      if (update.asked.segment !== null && !isNewer(newest, before)) await this.#pause(before);
    }
    const endedMs = elapsedMs();
    await Promise.all(this.#tasks);
    return {
      url: this.#entry.url,
      baseUrl: resource.finalUrl,
      updates: this.#updates,
      deltas: this.#deltas,
      probes: this.#probes,
      hints: [...this.#hints.values()],
      parts: this.#parts,
      joins: this.#joins,
      removed: this.#removed,
      endedMs,
    };
  }

  /** Longest that a server may hold a request, in the time of this playlist. */
  #holdMs({ targetDurationSeconds }: ParsedMediaPlaylist): number {
    return (targetDurationSeconds ?? 6) * HOLD_TARGETS_MAX * 1_000 + HOLD_EXTRA_MS;
  }

  async #pause({
    targetDurationSeconds,
    partTargetSeconds,
    serverControl,
  }: ParsedMediaPlaylist): Promise<void> {
    const { clock, signal } = this.#context;
    const isByPart = serverControl.canBlockReload && partTargetSeconds !== null;
    const target = isByPart ? partTargetSeconds : (targetDurationSeconds ?? 6);
    const pauseMs = (target * 1_000) / POLLS_PER_TARGET;
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }

  async #reload(newest: ParsedMediaPlaylist, count: number): Promise<LiveUpdate> {
    const asked = nextAsked(newest);
    if (asked.segment === null) await this.#pause(newest);
    const canSkip = newest.serverControl.canSkipUntilSeconds !== null;
    if (canSkip && count % DELTA_EVERY === 2) this.#tasks.push(this.#takeDelta(newest, asked));
    return this.#ask(newest, asked);
  }

  async #ask(newest: ParsedMediaPlaylist, asked: Asked): Promise<LiveUpdate> {
    const { fetcher, elapsedMs, signal } = this.#context;
    const askedMs = elapsedMs();
    const url = withDirectives(this.#entry.resource.finalUrl, asked);
    const { facts, body } = await fetcher.hold(url, 'reload', { timeoutMs: this.#holdMs(newest), signal });
    const parsed = body === null ? null : inspectPlaylist(new TextDecoder().decode(body));
    const playlist = parsed?.kind === 'media' ? parsed : null;
    return { asked, askedMs, answeredMs: elapsedMs(), resource: facts, playlist };
  }

  async #takeDelta(newest: ParsedMediaPlaylist, asked: Asked): Promise<void> {
    const delta = await this.#ask(newest, { ...asked, isDelta: true });
    const whole = await this.#ask(newest, asked);
    if (!delta.resource.isSkipped && !whole.resource.isSkipped) this.#deltas.push({ delta, whole });
  }

  /** Requests that must be refused at once; a server that holds them has not understood them. */
  async #probe(playlist: ParsedMediaPlaylist): Promise<void> {
    if (!playlist.serverControl.canBlockReload) return;
    const last = nextSegment(playlist);
    const probes = [
      this.#probeFor('segment-far', playlist, { segment: last + 10, part: null, isDelta: false }),
    ];
    if (playlist.partTargetSeconds !== null) {
      probes.push(this.#probeFor('part-alone', playlist, { segment: null, part: 0, isDelta: false }));
      const limit = playlist.partTargetSeconds < 1 ? Math.ceil(3 / playlist.partTargetSeconds) : 3;
      const parts = Math.max(0, ...playlist.segments.map((segment) => segment.parts.length));
      // A part past the end of its segment means the first of the next one: only a segment ahead can be too far.
      if (2 * parts - playlist.openParts.length > limit + 1)
        probes.push(
          this.#probeFarPart(playlist, { segment: last + 1, part: parts - 1, isDelta: false }, limit),
        );
    }
    await Promise.all(probes);
  }

  async #probeFor(kind: RefusalProbe['kind'], playlist: ParsedMediaPlaylist, asked: Asked): Promise<void> {
    this.#probes.push({ kind, resource: await this.#probeAnswer(playlist, asked) });
  }

  async #probeAnswer(playlist: ParsedMediaPlaylist, asked: Asked): Promise<ResourceFacts> {
    const { fetcher, signal } = this.#context;
    const url = withDirectives(this.#entry.resource.finalUrl, asked);
    // What was still held at the end was not refused.
    return (await fetcher.hold(url, 'probe', { timeoutMs: this.#holdMs(playlist), signal })).facts;
  }

  /**
   * Asks for a part beyond the Advance Part Limit, and right behind it for the playlist as it is: on a slow way the
   * request arrives when the part is within the limit, and then says nothing.
   */
  async #probeFarPart(playlist: ParsedMediaPlaylist, asked: FarPart, limit: number): Promise<void> {
    const answer = this.#probeAnswer(playlist, asked);
    const behind = await this.#ask(playlist, { segment: null, part: null, isDelta: false });
    const resource = await answer;
    const newest = behind.playlist === null ? null : newestOf(behind.playlist);
    if (newest === null) return;
    const ahead = (asked.segment - newest.segment) * (asked.part + 1) + asked.part - newest.part;
    if (ahead > limit) this.#probes.push({ kind: 'part-far', resource });
  }

  #follow(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): void {
    if (!this.#isDeep) return;
    this.#tasks.push(this.#takeHint(after), this.#takeJoin(after), this.#takeRemoved(before, after));
  }

  #resolve(uri: string): string | null {
    return resolveUrl(uri, this.#entry.resource.finalUrl);
  }

  async #takeHint(playlist: ParsedMediaPlaylist): Promise<void> {
    const hint = playlist.preloadHints.find(({ type }) => type === 'PART');
    const url = hint === undefined ? null : this.#resolve(hint.uri);
    if (hint === undefined || url === null || playlist.isEnded || this.#asked.size >= HINTS_MAX) return;
    // A range without an end is asked for by its beginning, which only few servers take.
    if (hint.rangeStart !== null && hint.rangeLength === null) return;
    const range =
      hint.rangeStart === null ? null : { offset: hint.rangeStart, length: hint.rangeLength ?? 0 };
    const key = `${url} ${range?.offset ?? ''}`;
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    const { fetcher, signal } = this.#context;
    const holding = { timeoutMs: this.#holdMs(playlist), signal };
    const { facts, body, headersMs } = await fetcher.hold(url, 'probe', holding, range);
    if (facts.isSkipped) return;
    this.#hints.set(key, {
      url,
      range,
      segment: nextSegment(playlist),
      part: playlist.openParts.length,
      resource: facts,
      heldMs: headersMs,
      transferMs: headersMs === null ? 0 : facts.elapsedMs - headersMs,
      digest: body === null ? null : digestOf(body),
    });
  }

  /** Fetches the newest whole segment and its parts. */
  async #takeJoin(playlist: ParsedMediaPlaylist): Promise<void> {
    const segment = playlist.segments.at(-1);
    if (segment === undefined || segment.parts.length === 0 || segment.isGap) return;
    const number = segment.mediaSequence;
    if (this.#joined.has(number) || this.#joined.size >= JOINS_MAX) return;
    if (segment.parts.some(({ isGap }) => isGap)) return;
    this.#joined.add(number);
    const url = this.#resolve(segment.uri);
    if (url === null) return;
    const { fetcher } = this.#context;
    const bodies: Fetched[] = [];
    for (const [part, declared] of segment.parts.entries()) {
      const partUrl = this.#resolve(declared.uri);
      if (partUrl === null) return;
      const fetched = await fetcher.get(partUrl, 'segment', declared.range);
      bodies.push(fetched);
      const place = { url: partUrl, range: declared.range, segment: number, part };
      this.#parts.push(this.#partOf({ ...place, declared }, fetched));
    }
    const whole = await fetcher.get(url, 'segment', segment.range);
    const parts = bodies.flatMap(({ body }) => (body === null ? [] : [body]));
    if (whole.body === null || parts.length < segment.parts.length) return;
    const joined = Buffer.concat(parts);
    this.#joins.push({
      url,
      segment: number,
      partsDigest: digestOf(joined),
      partsBytes: joined.length,
      segmentDigest: digestOf(whole.body),
      segmentBytes: whole.body.length,
    });
  }

  #partOf(
    place: Pick<PartFacts, 'url' | 'segment' | 'part' | 'declared'> & { range: ByteRange | null },
    { facts, body }: Fetched,
  ): PartFacts {
    const tracks = this.#entry.track?.inits[0]?.inspection?.tracks;
    const read = body === null || tracks === undefined ? null : inspectBytes(body, tracks).inspection;
    return {
      ...place,
      resource: facts,
      digest: body === null ? null : digestOf(body),
      kind: read === null ? null : read.track.kind,
      hasSync: read === null ? null : read.fragments.some(({ startsWithSync }) => startsWithSync),
    };
  }

  /** Asks for the newest of what has left the playlist: it must be there for a while yet. */
  async #takeRemoved(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): Promise<void> {
    const kept = new Set(
      listedParts(after).map(({ declared }) => declared.uri + (declared.range?.offset ?? '')),
    );
    const newest = newestOf(after);
    const part = listedParts(before).findLast(
      (listed) =>
        !kept.has(listed.declared.uri + (listed.declared.range?.offset ?? '')) &&
        !listed.declared.isGap &&
        newest !== null &&
        isBefore(listed, newest),
    );
    const segment = before.segments.findLast(
      ({ mediaSequence, isGap }) => mediaSequence < after.mediaSequence && !isGap,
    );
    const wanted = [
      part && {
        kind: 'part' as const,
        uri: part.declared.uri,
        range: part.declared.range,
        number: part.segment,
      },
      segment && {
        kind: 'segment' as const,
        uri: segment.uri,
        range: segment.range,
        number: segment.mediaSequence,
      },
    ];
    for (const item of wanted) {
      const url = item === undefined ? null : this.#resolve(item.uri);
      const isEnough = item !== undefined && this.#removedCount(item.kind) >= REMOVED_MAX;
      if (item === undefined || url === null || isEnough) continue;
      const { facts } = await this.#context.fetcher.get(url, 'probe', item.range);
      this.#removed.push({ kind: item.kind, url, segment: item.number, resource: facts });
    }
  }

  #removedCount(kind: RemovedFacts['kind']): number {
    return this.#removed.filter((entry) => entry.kind === kind).length;
  }
}
