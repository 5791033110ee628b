// A site as viewers meet it, in virtual time: an edge that answers from what it has, behind a link and behind a proxy that
// may do anything of the catalogue of faults to it. What the edge decides is the product's: steering answers, the reading
// of players' events, its counters and the reports made of them. What is modelled is the network and the serving of bytes.

import type { Prng } from '#base/prng.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import {
  type AnswerFault,
  arrivalMs,
  combineLinkFaults,
  drawAnswerEffect,
  type LinkEffect,
  type LinkFault,
} from '#core/fault/catalogue.ts';
import { type HealthState, step, UNKNOWN_HEALTH } from '#core/health/detector.ts';
import { incrementsOf } from '#core/telemetry/from-counters.ts';
import { SLICE_MS, sliceOf } from '#core/telemetry/series.ts';
import { type Slice, SliceBook } from '#core/telemetry/slice-book.ts';
import { createMetrics } from '#platform/metrics.ts';
import { type CmcdCollector, createCmcdCollector } from '#region/edge/cmcd/collector.ts';
import { createEdgeCounters, type EdgeCounters } from '#region/edge/counters.ts';
import { startingOrder, steeringAnswer } from '#region/edge/steering.ts';
import type { SiteProbe } from '#region/shared/node-context.ts';
import type { ViewingNews } from '#region/shared/telemetry.ts';
import type { FetchCallbacks, ViewerHttp } from '#viewer/swarm/viewer-http.ts';
import {
  awaitedPart,
  liveObject,
  livePlaylist,
  type ModelAnswer,
  mainPlaylist,
  partEndMs,
  partsBy,
  videoObject,
} from './media.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The time of the clock when the model's was 0. */
export const EPOCH_MS = 1_800_000_000_000;
/** An edge without a feed for so long says that it has no newer part, as region/edge/live does. */
const FEED_STALE_MS = 3_000;
/** Bytes that travel as one, and how long they may take on a viewer's line: no pause may look like silence to a race. */
const CHUNK_BYTES = 131_072;
const CHUNK_MS = 150;
/** A player gives a post up after this. */
const POST_MS = 5_000;
/** A prober gives up after this. */
const PROBE_MS = 1_000;

/** What is wrong with a site; all of it may be at once. */
export interface SiteFaults {
  readonly answers: readonly AnswerFault[];
  readonly link: readonly LinkFault[];
  /** Nobody but viewers feels the link's faults: a name that does not resolve for them, a certificate they do not take. */
  readonly isForViewersOnly: boolean;
  /** No node of it lives. */
  readonly isDead: boolean;
  /** Parts of broadcasts come no more. */
  readonly isFeedCut: boolean;
}

export const NO_FAULTS: SiteFaults = {
  answers: [],
  link: [],
  isForViewersOnly: false,
  isDead: false,
  isFeedCut: false,
};

/** A line of a viewer: where it is and what it carries. */
export interface ModelLine {
  readonly regionId: string;
  readonly bitsPerSecond: number;
  readonly roundTripMs: number;
}

export class ModelSite {
  readonly siteId: string;
  readonly regionId: string;
  readonly baseUrl: string;
  readonly book = new SliceBook();
  readonly collector: CmcdCollector;
  readonly probes = new Map<string, SiteProbe>();
  readonly #time: VirtualTime;
  readonly #chance: Prng;
  readonly #snapshot: WorldSnapshot;
  readonly #metrics = createMetrics();
  readonly #counters: EdgeCounters;
  readonly #health = new Map<string, HealthState>();
  #takeNews: (max: number) => ViewingNews = () => ({
    viewings: [],
    droppedViewings: 0,
    droppedEvents: 0,
  });
  #counted: Readonly<Record<string, number>> = {};
  #faults = NO_FAULTS;
  #effect: LinkEffect = combineLinkFaults([]);
  /** When the link has sent what it was given. */
  #freeAtMs = 0;
  #feedCutAtMs = Number.POSITIVE_INFINITY;

  constructor(siteId: string, snapshot: WorldSnapshot, time: VirtualTime, chance: Prng) {
    const pathway = snapshot.pathways.find((one) => one.siteId === siteId);
    if (pathway === undefined) throw new Error(`no pathway leads to ${siteId}`);
    this.siteId = siteId;
    this.regionId = pathway.regionId;
    this.baseUrl = pathway.baseUrl;
    this.#snapshot = snapshot;
    this.#time = time;
    this.#chance = chance;
    this.#counters = createEdgeCounters(this.#metrics);
    const { cmcd } = this.#counters;
    this.collector = createCmcdCollector({
      ...cmcd,
      nowMs: () => EPOCH_MS + time.nowMs(),
      telemetry: {
        count: (name, labels, by, atMs) => this.book.count(name, labels, by, atMs),
        observe: (name, labels, value, atMs) => this.book.observe(name, labels, value, atMs),
        viewingsFrom: (take) => {
          this.#takeNews = take;
        },
      },
      own: { regionId: pathway.regionId, siteId },
      snapshot,
    });
  }

  get faults(): SiteFaults {
    return this.#faults;
  }

  setFaults(faults: SiteFaults): void {
    this.#faults = faults;
    this.#effect = combineLinkFaults(faults.isDead ? [{ kind: 'refuse' }] : faults.link);
    this.#feedCutAtMs = faults.isFeedCut
      ? Math.min(this.#feedCutAtMs, this.#time.nowMs())
      : Number.POSITIVE_INFINITY;
  }

  /** The slices that a report made now tells of; none of a dead site. */
  report(): readonly Slice[] {
    this.#takeNews(Number.POSITIVE_INFINITY);
    const nowMs = EPOCH_MS + this.#time.nowMs();
    const now = this.#metrics.counters();
    const place = { regionId: this.regionId, siteId: this.siteId };
    const sliceMs = sliceOf(nowMs) - 1;
    for (const { name, labels, count } of incrementsOf(this.#counted, now, place))
      this.book.count(name, labels, count, sliceMs);
    this.#counted = now;
    const node = { region: this.regionId, node: `${this.siteId}-a` };
    this.book.count('node_up', node, 1, sliceOf(nowMs) - SLICE_MS);
    const slices = this.book.take(nowMs);
    return this.#faults.isDead ? [] : slices;
  }

  /** Asks another site whether it lives, as the agent's prober does. */
  probe(other: ModelSite, roundTripMs: number): void {
    if (this.#faults.isDead) return;
    const isFelt = !other.faults.isForViewersOnly;
    const effect = isFelt ? other.#effect : combineLinkFaults([]);
    const tookMs = roundTripMs + effect.there.delayMs + effect.back.delayMs;
    const isAlive =
      effect.mode === 'up' && !effect.there.isSilent && !effect.back.isSilent && tookMs < PROBE_MS;
    this.#time.after(effect.mode === 'up' ? Math.min(PROBE_MS, tookMs) : roundTripMs, () => {
      const probedAtMs = EPOCH_MS + this.#time.nowMs();
      const before = this.#health.get(other.siteId) ?? UNKNOWN_HEALTH;
      const event = isAlive
        ? ({ kind: 'success', latencyMs: tookMs } as const)
        : ({ kind: 'failure' } as const);
      const { state } = step(before, event, probedAtMs);
      this.#health.set(other.siteId, state);
      this.probes.set(other.siteId, {
        siteId: other.siteId,
        failures: state.failures,
        roundTripMs: isAlive ? state.latencyMs : null,
        probedAtMs,
      });
    });
  }

  /** A request of a viewer; the function returned cancels it. */
  fetch(line: ModelLine, url: string, callbacks: FetchCallbacks, roundTripMs: number): () => void {
    let isOver = false;
    const jitterMs = this.#chance() * roundTripMs * 0.2;
    const halfMs = (roundTripMs + jitterMs) / 2;
    const later = (milliseconds: number, run: () => void): void => {
      this.#time.after(milliseconds, () => {
        if (!isOver) run();
      });
    };
    const { mode, there } = this.#effect;
    if (mode !== 'up') later(halfMs * 2, () => callbacks.onFailed({ code: 'unreachable' }));
    else if (!there.isSilent)
      later(halfMs + there.delayMs, () => this.#answer(line, new URL(url), callbacks, halfMs, later));
    return () => {
      isOver = true;
    };
  }

  #answer(
    line: ModelLine,
    url: URL,
    callbacks: FetchCallbacks,
    halfMs: number,
    later: (milliseconds: number, run: () => void) => void,
  ): void {
    if (this.#effect.mode !== 'up' || this.#effect.back.isSilent) return;
    const { back } = this.#effect;
    const effect = drawAnswerEffect(this.#faults.answers, `${url.pathname}${url.search}`, this.#chance);
    const refuse = (status: number, waitMs: number): void =>
      later(waitMs + halfMs + back.delayMs, () => callbacks.onFailed({ code: 'status', status }));
    if (effect.status !== null) {
      refuse(effect.status, effect.delayMs);
      return;
    }
    const heldMs = this.#heldMs(url);
    if (typeof heldMs !== 'number') {
      refuse(heldMs.status, heldMs.afterMs + effect.delayMs);
      return;
    }
    later(effect.delayMs + heldMs, () => {
      const answer = this.#serve(url);
      if (answer === undefined) refuse(404, 0);
      else this.#send(line, answer, effect, { halfMs, later, callbacks });
    });
  }

  /** How long a live playlist is held until its part is there, or what is said instead. */
  #heldMs(url: URL): number | { readonly status: number; readonly afterMs: number } {
    if (!url.pathname.startsWith('/l/') || !url.pathname.endsWith('index.m3u8')) return 0;
    const cutForMs = this.#time.nowMs() - this.#feedCutAtMs;
    if (cutForMs > FEED_STALE_MS) {
      this.#counters.request('manifest', 'missing');
      return { status: 404, afterMs: 1 };
    }
    const awaited = awaitedPart(url.searchParams);
    if (awaited === undefined) return 0;
    const nowMs = EPOCH_MS + this.#time.nowMs();
    const waitMs = Math.max(0, partEndMs(awaited) - nowMs);
    if (this.#time.nowMs() + waitMs <= this.#feedCutAtMs) return waitMs;
    return { status: 404, afterMs: FEED_STALE_MS - Math.max(0, cutForMs) };
  }

  #serve(url: URL): ModelAnswer | undefined {
    const [, kind, , , ...rest] = url.pathname.split('/');
    if (kind === 'steering') return this.#steer(url);
    const file = rest.at(-1) ?? '';
    const nowMs = EPOCH_MS + Math.min(this.#time.nowMs(), this.#feedCutAtMs);
    let answer: ModelAnswer | undefined;
    if (file === 'main.m3u8') {
      const folder = url.pathname.slice(0, -'/main.m3u8'.length);
      answer = mainPlaylist(folder, startingOrder(this.#view()));
    } else if (kind === 'm') answer = videoObject(rest.at(-2), file);
    else if (file === 'index.m3u8') answer = livePlaylist(partsBy(nowMs));
    else answer = liveObject(rest.at(-2), file);
    if (answer === undefined) this.#counters.request('immutable', 'missing');
    else this.#counters.request(answer.object === 'manifest' ? 'manifest' : 'immutable', 'hit');
    return answer;
  }

  #view() {
    return {
      snapshot: this.#snapshot,
      probes: this.probes,
      ownSiteId: this.siteId,
      ownRegionId: this.regionId,
      ownBaseUrl: this.baseUrl,
      ttlMsDefault: 10_000,
      nowMs: EPOCH_MS + this.#time.nowMs(),
    };
  }

  #steer(url: URL): ModelAnswer {
    const query = url.searchParams;
    const viewer = {
      groupId: query.get('g') ?? this.regionId,
      session: query.get('s') ?? '',
      currentPathwayId: query.get('_HLS_pathway'),
    };
    this.#counters.steering.ok.value += 1;
    const text = JSON.stringify(
      steeringAnswer('hls', this.#view(), viewer, false, query.get('t') === 'live'),
    );
    return { object: 'manifest', bytes: text.length, text };
  }

  /** Sends a body chunk by chunk over the site's link and the viewer's line. */
  #send(
    line: ModelLine,
    answer: ModelAnswer,
    effect: ReturnType<typeof drawAnswerEffect>,
    way: {
      readonly halfMs: number;
      readonly later: (milliseconds: number, run: () => void) => void;
      readonly callbacks: FetchCallbacks;
    },
  ): void {
    const { halfMs, later, callbacks } = way;
    const bytes = Math.min(answer.bytes, effect.bytesMax);
    const chunkBytes = Math.min(CHUNK_BYTES, Math.ceil((line.bitsPerSecond * CHUNK_MS) / 8_000));
    const body = effect.isGarbled ? '\ufffd'.repeat(32) : (answer.text ?? '');
    /** The next chunk goes when the one before it is at the viewer: whoever hangs up leaves the link to others. */
    const sendFrom = (sent: number): void => {
      const nowMs = this.#time.nowMs();
      const size = Math.min(chunkBytes, bytes - sent);
      const state = { freeAtMs: this.#freeAtMs, lastArrivalMs: nowMs, openAtMs: 0 };
      const arrived = arrivalMs(state, size, this.#effect.back, nowMs, this.#chance());
      this.#freeAtMs = arrived.freeAtMs;
      // The way itself takes its time once.
      const wayMs = arrived.arrivalMs - nowMs + (sent === 0 ? halfMs : -this.#effect.back.delayMs);
      const lineMs = (size * 8_000) / line.bitsPerSecond;
      if (sent === 0) later(wayMs, () => callbacks.onHeard(0, answer.bytes));
      later(Math.max(0, wayMs) + lineMs, () => {
        const loaded = sent + size;
        if (loaded >= answer.bytes) callbacks.onDone(loaded, body);
        else if (loaded >= bytes) callbacks.onFailed({ code: 'unreachable' });
        else {
          callbacks.onHeard(loaded, answer.bytes);
          sendFrom(loaded);
        }
      });
    };
    sendFrom(0);
  }

  /** What a player tells. */
  post(url: string, body: string, onEnd: (isTaken: boolean) => void, roundTripMs: number): void {
    const { mode, there, back } = this.#effect;
    if (mode !== 'up') this.#time.after(roundTripMs, () => onEnd(false));
    else if (there.isSilent || back.isSilent) this.#time.after(POST_MS, () => onEnd(false));
    else
      this.#time.after(roundTripMs / 2 + there.delayMs, () => {
        this.collector.take(body, Number(new URL(url).searchParams.get('t')));
        this.#time.after(roundTripMs / 2 + back.delayMs, () => onEnd(true));
      });
  }
}

/** The connections of one viewer. */
export function createModelHttp(
  line: ModelLine,
  sites: readonly ModelSite[],
  farMs: (regionId: string, otherId: string) => number,
): ViewerHttp {
  const siteOf = (url: string): ModelSite => {
    const found = sites.find(({ baseUrl }) => url.startsWith(baseUrl));
    if (found === undefined) throw new Error(`no site has ${url}`);
    return found;
  };
  const tripMs = (site: ModelSite): number => line.roundTripMs + farMs(line.regionId, site.regionId);
  return {
    fetch(url, _isKept, callbacks) {
      const site = siteOf(url);
      return site.fetch(line, url, callbacks, tripMs(site));
    },
    post(url, body, onEnd) {
      const site = siteOf(url);
      site.post(url, body, onEnd, tripMs(site));
    },
    close: () => undefined,
  };
}
