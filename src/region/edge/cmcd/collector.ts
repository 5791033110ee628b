// What players tell this edge, as series and viewings. Players post events to any edge that they reach, so the site that a
// request is counted for is the one that was asked, which the event names, and not the one that hears of it.
// Bounded: viewings (least recently heard of go first), steps of each, events of each body, age of events.

import { TELEMETRY_SESSIONS_MAX, VIEWING_STEPS_MAX } from '#contract/limits.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { ViewingStep, ViewingUpdate } from '#contract/telemetry.ts';
import { type CmcdPairs, numberOf, parseCmcd, textOf } from '#core/cmcd/parse-cmcd.ts';
import {
  beginFigures,
  type Gains,
  outcomeOf,
  STATE_NAMES,
  takeEvent,
  type ViewerOutcome,
  type ViewingFigures,
} from '#core/cmcd/viewing.ts';
import type { Counter } from '#platform/metrics.ts';
import type { Telemetry, ViewingNews } from '../../shared/telemetry.ts';
import { CMCD_AGE_MS_MAX, CMCD_REQUESTS_SAMPLED, VIEWING_SILENCE_MS, VIEWINGS_MAX } from './limits.ts';
import { createPlaces, originLength, type Place } from './places.ts';
import { readCmcdBody } from './read-body.ts';

export interface CmcdCollector {
  /** Takes the body of a POST, as latin1; `sentAtMs` is the player's own time at which it sent it, where it says so. */
  take(body: string, sentAtMs: number | undefined): void;
  /** A request whose address carries CMCD: `query` is what follows the question mark. Costs next to nothing. */
  noteRequest(query: string): void;
  /** The same of a request whose headers carry CMCD: `lineOf` joins them, and is asked only while the sample has room. */
  noteHeaders(lineOf: () => string): void;
  /** Ends what is silent, and looks at the requests that were noted. */
  sweep(): void;
  /** Another world: other pathways. */
  setWorld(snapshot: WorldSnapshot): void;
  viewings(): number;
}

interface Viewing {
  readonly sid: string;
  readonly figures: ViewingFigures;
  kind: 'vod' | 'live';
  contentId: string | null;
  client: string;
  place: Place;
  /** Whether its events name the pathway; else it is where its media comes from. */
  namesPathway: boolean;
  /** Whether events are posted for it; its requests say nothing more then. */
  hasEvents: boolean;
  /** Highest sequence number, and a bit for each of the 31 before it that was seen. */
  sn: number;
  seen: number;
  steps: ViewingStep[];
  /** Since when there is something to report; 0: there is nothing. */
  changedAtMs: number;
}

export interface CollectorDependencies {
  nowMs(): number;
  readonly telemetry: Telemetry;
  /** Where this edge is: what is not told otherwise counts for it. */
  readonly own: Place;
  readonly events: Counter;
  /** Requests as players saw them. */
  requests(siteId: string, outcome: ViewerOutcome): Counter;
  readonly repeated: Counter;
  readonly old: Counter;
  readonly snapshot: WorldSnapshot | undefined;
}

/** When an event was over: its time is that of the request's start. */
function endOf(pairs: CmcdPairs): number | undefined {
  const atMs = numberOf(pairs, 'ts');
  if (atMs === undefined) return undefined;
  return atMs + (numberOf(pairs, 'ttlb') ?? numberOf(pairs, 'meridian-waited') ?? 0);
}

/** What kind of object an address is, and what it is part of. */
export function objectOf(url: string): { object: 'media' | 'manifest' | 'steering'; isLive: boolean } {
  let at = originLength(url);
  if (url.startsWith('/t/', at)) at = Math.max(at, url.indexOf('/', at + 3));
  if (url.startsWith('/steering/', at)) return { object: 'steering', isLive: url.includes('t=live') };
  const mark = url.indexOf('?', at);
  const path = mark === -1 ? url.slice(at) : url.slice(at, mark);
  const isManifest = path.endsWith('.m3u8') || path.endsWith('.mpd') || path.endsWith('.json');
  return { object: isManifest ? 'manifest' : 'media', isLive: path.startsWith('/l/') };
}

/** Creates an empty collector, and offers its viewings to the node's reports. */
export function createCmcdCollector(dependencies: CollectorDependencies): CmcdCollector {
  return new MemoryCollector(dependencies);
}

class MemoryCollector implements CmcdCollector {
  readonly #dependencies: CollectorDependencies;
  /** Least recently heard of first. */
  readonly #viewings = new Map<string, Viewing>();
  #places: ReturnType<typeof createPlaces>;
  /** Queries, and lines of headers. */
  #noted: string[] = [];
  #notedLines: string[] = [];
  #droppedViewings = 0;
  #droppedEvents = 0;

  constructor(dependencies: CollectorDependencies) {
    this.#dependencies = dependencies;
    this.#places = createPlaces(dependencies.snapshot);
    dependencies.telemetry.viewingsFrom((max) => this.#report(max));
  }

  setWorld(snapshot: WorldSnapshot): void {
    this.#places = createPlaces(snapshot);
  }

  viewings(): number {
    return this.#viewings.size;
  }

  take(body: string, sentAtMs: number | undefined): void {
    const events = readCmcdBody(body);
    const nowMs = this.#dependencies.nowMs();
    // Clocks of viewers are wrong by any amount: what counts is how long ago an event was when it was sent.
    let newestMs = sentAtMs;
    if (newestMs === undefined)
      for (const pairs of events) newestMs = Math.max(newestMs ?? 0, endOf(pairs) ?? 0);
    const aheadMs = (newestMs ?? nowMs) - nowMs;
    for (const pairs of events)
      this.#takeEvent(pairs, Math.min(nowMs, (endOf(pairs) ?? newestMs ?? nowMs) - aheadMs), nowMs);
  }

  #takeEvent(pairs: CmcdPairs, atMs: number, nowMs: number): void {
    const { events, old, repeated } = this.#dependencies;
    events.value += 1;
    if (atMs < nowMs - CMCD_AGE_MS_MAX) {
      old.value += 1;
      this.#droppedEvents += 1;
      return;
    }
    const viewing = this.#viewingOf(pairs, atMs);
    viewing.hasEvents = true;
    const sn = numberOf(pairs, 'sn');
    if (sn !== undefined && isRepeated(viewing, sn)) {
      repeated.value += 1;
      return;
    }
    this.#describe(viewing, pairs);
    if (textOf(pairs, 'e') === 'rr') this.#takeResponse(viewing, pairs, atMs);
    const gains = takeEvent(viewing.figures, pairs, atMs);
    this.#count(viewing, gains, atMs);
    this.#addStep(viewing, pairs, gains, atMs);
    viewing.changedAtMs ||= nowMs;
  }

  #viewingOf(pairs: CmcdPairs, atMs: number): Viewing {
    const sid = textOf(pairs, 'sid') ?? '';
    const known = this.#viewings.get(sid);
    if (known !== undefined) {
      this.#viewings.delete(sid);
      this.#viewings.set(sid, known);
      return known;
    }
    const [oldest] = this.#viewings;
    if (this.#viewings.size >= VIEWINGS_MAX && oldest !== undefined) {
      this.#viewings.delete(oldest[0]);
      if (oldest[1].changedAtMs > 0) this.#droppedViewings += 1;
    }
    const viewing: Viewing = {
      sid,
      figures: beginFigures(atMs),
      kind: 'vod',
      contentId: null,
      client: '',
      place: this.#dependencies.own,
      namesPathway: false,
      hasEvents: false,
      sn: -1,
      seen: 0,
      steps: [],
      changedAtMs: 0,
    };
    this.#viewings.set(sid, viewing);
    return viewing;
  }

  /** What an event says of its viewing as a whole. */
  #describe(viewing: Viewing, pairs: CmcdPairs): void {
    const type = textOf(pairs, 'st');
    if (type !== undefined) viewing.kind = type === 'l' || type === 'll' ? 'live' : 'vod';
    viewing.contentId = textOf(pairs, 'cid')?.slice(0, 128) ?? viewing.contentId;
    if (viewing.client === '') {
      const format = textOf(pairs, 'sf');
      const version = numberOf(pairs, 'v') ?? 1;
      viewing.client = `${format === 'd' ? 'dash' : 'hls'} cmcd ${version}`;
    }
    const pathwayId = textOf(pairs, 'meridian-pathway');
    if (pathwayId === undefined) return;
    viewing.namesPathway = true;
    // A player that has read no playlist yet knows an edge by its address alone.
    this.#move(viewing, this.#places.ofPathway(pathwayId) ?? this.#places.ofUrl(pathwayId));
  }

  /** Counts a viewer who changed pathway, for the site that was left. */
  #move(viewing: Viewing, place: Place): void {
    const before = viewing.place;
    if (before.siteId === place.siteId) return;
    viewing.place = place;
    if (!viewing.figures.hasStarted) return;
    viewing.figures.pathwayChanges += 1;
    const labels = { region: before.regionId, site: before.siteId };
    this.#dependencies.telemetry.count('session_pathway_changes', labels, 1, viewing.figures.updatedAtMs);
  }

  #takeResponse(viewing: Viewing, pairs: CmcdPairs, atMs: number): void {
    const url = textOf(pairs, 'url');
    if (url === undefined) return;
    const place = this.#places.ofUrl(url);
    const { object, isLive } = objectOf(url);
    if (isLive) viewing.kind = 'live';
    const outcome = outcomeOf(pairs, object);
    viewing.figures.requests += 1;
    if (outcome !== 'ok') viewing.figures.badRequests += 1;
    const labels = { region: place.regionId, site: place.siteId, kind: viewing.kind, object, outcome };
    this.#dependencies.telemetry.count('viewer_requests', labels, 1, atMs);
    this.#dependencies.requests(place.siteId, outcome).value += 1;
    if (object === 'media' && outcome === 'ok' && !viewing.namesPathway) this.#move(viewing, place);
  }

  #count({ place, kind }: Viewing, gains: Gains, atMs: number): void {
    const { telemetry } = this.#dependencies;
    const site = { region: place.regionId, site: place.siteId };
    const labels = { ...site, kind };
    if (gains.playMs > 0) telemetry.count('session_play_ms', labels, gains.playMs, atMs);
    if (gains.stallMs > 0) telemetry.count('session_stall_ms', labels, gains.stallMs, atMs);
    if (gains.stalls > 0) telemetry.count('session_stalls', labels, gains.stalls, atMs);
    if (gains.errors > 0) telemetry.count('session_errors', labels, gains.errors, atMs);
    if (gains.start !== null) telemetry.count('session_starts', { ...labels, outcome: gains.start }, 1, atMs);
    if (gains.startupMs !== null) telemetry.observe('session_startup_ms', labels, gains.startupMs, atMs);
    if (gains.bitrateKbps !== null)
      telemetry.observe('session_bitrate_kbps', labels, gains.bitrateKbps, atMs);
    if (gains.latencyMs !== null && kind === 'live')
      telemetry.observe('session_live_latency_ms', site, gains.latencyMs, atMs);
  }

  #addStep(viewing: Viewing, pairs: CmcdPairs, gains: Gains, atMs: number): void {
    const step = this.#stepOf(viewing, pairs, gains, atMs);
    if (viewing.steps.length >= VIEWING_STEPS_MAX) viewing.steps.shift();
    viewing.steps.push(step);
  }

  #stepOf(viewing: Viewing, pairs: CmcdPairs, gains: Gains, atMs: number): ViewingStep {
    const event = textOf(pairs, 'e') ?? '';
    const step = {
      atMs: Math.round(atMs),
      siteId: viewing.place.siteId,
      bufferedMs: numberOf(pairs, 'bl') ?? null,
      bitrateKbps: numberOf(pairs, 'br') ?? null,
      latencyMs: gains.latencyMs,
    };
    if (event === 'rr') {
      const url = textOf(pairs, 'url') ?? '';
      const { object } = objectOf(url);
      const status = numberOf(pairs, 'rc');
      return {
        ...step,
        kind: 'request',
        text: `${object} ${outcomeOf(pairs, object)}${status === undefined || status === 0 ? '' : ` ${status}`}`,
        siteId: this.#places.ofUrl(url).siteId,
        latencyMs: numberOf(pairs, 'ttlb') ?? numberOf(pairs, 'meridian-waited') ?? null,
      };
    }
    if (event === 'e')
      return { ...step, kind: 'error', text: (textOf(pairs, 'ec') ?? 'error').slice(0, 120) };
    if (event === 'bc') return { ...step, kind: 'bitrate', text: `${step.bitrateKbps ?? '?'} kbit/s` };
    if (event === 'ce') return { ...step, kind: 'pathway', text: viewing.place.siteId };
    const state = STATE_NAMES[viewing.figures.sta] ?? 'unknown';
    return { ...step, kind: event === 'ps' ? 'state' : 'interval', text: state };
  }

  noteRequest(query: string): void {
    if (this.#noted.length < CMCD_REQUESTS_SAMPLED) this.#noted.push(query);
  }

  noteHeaders(lineOf: () => string): void {
    if (this.#notedLines.length < CMCD_REQUESTS_SAMPLED) this.#notedLines.push(lineOf());
  }

  sweep(): void {
    const nowMs = this.#dependencies.nowMs();
    const noted = this.#noted;
    const lines = this.#notedLines;
    this.#noted = [];
    this.#notedLines = [];
    for (const query of noted) this.#takeRequest(new URLSearchParams(query).get('CMCD') ?? '', nowMs);
    for (const line of lines) this.#takeRequest(line, nowMs);
    for (const [sid, viewing] of this.#viewings) {
      const { figures } = viewing;
      if (figures.updatedAtMs > nowMs - VIEWING_SILENCE_MS) break;
      // What is not told yet is told first; who has left without a word ended when it was last heard of.
      figures.endedAtMs ??= figures.updatedAtMs;
      if (viewing.changedAtMs === 0) this.#viewings.delete(sid);
    }
  }

  /** A request of a player that posts no events: what little it says of itself. */
  #takeRequest(text: string, nowMs: number): void {
    const pairs = parseCmcd(text);
    if (typeof pairs === 'string' || pairs.size === 0) {
      this.#droppedEvents += 1;
      return;
    }
    const sid = textOf(pairs, 'sid');
    if (sid === undefined || sid.length > 64 || this.#viewings.get(sid)?.hasEvents === true) return;
    const viewing = this.#viewingOf(pairs, nowMs);
    this.#describe(viewing, pairs);
    viewing.figures.requests += 1;
    // Version 2 names the state with each request, and then time counts for it.
    if (pairs.has('sta')) this.#count(viewing, takeEvent(viewing.figures, pairs, nowMs), nowMs);
    viewing.figures.updatedAtMs = nowMs;
    viewing.figures.bitrateKbps = numberOf(pairs, 'br') ?? viewing.figures.bitrateKbps;
    viewing.figures.latencyMs = numberOf(pairs, 'ltc') ?? viewing.figures.latencyMs;
    if (pairs.get('bs') === true) viewing.figures.stalls += 1;
    viewing.changedAtMs ||= nowMs;
  }

  /** Viewings with something new: those in trouble first, then those that have waited longest. */
  #report(max: number): ViewingNews {
    const changed = [...this.#viewings.values()].filter(({ changedAtMs }) => changedAtMs > 0);
    const rank = ({ figures }: Viewing): number =>
      Number(figures.stalls + figures.errors + figures.badRequests > 0);
    if (changed.length > max)
      changed.sort((one, other) => rank(other) - rank(one) || one.changedAtMs - other.changedAtMs);
    const news = {
      viewings: changed.slice(0, Math.min(max, TELEMETRY_SESSIONS_MAX)).map(takeUpdate),
      droppedViewings: this.#droppedViewings,
      droppedEvents: this.#droppedEvents,
    };
    this.#droppedViewings = 0;
    this.#droppedEvents = 0;
    return news;
  }
}

/** Notes a sequence number; true when it was seen before. */
function isRepeated(viewing: Viewing, sn: number): boolean {
  if (!Number.isInteger(sn) || sn < 0) return false;
  if (sn > viewing.sn) {
    const ahead = sn - viewing.sn;
    viewing.seen = ahead > 31 ? 1 : ((viewing.seen << ahead) | 1) >>> 0;
    viewing.sn = sn;
    return false;
  }
  const behind = viewing.sn - sn;
  if (behind > 31) return true;
  const bit = (1 << behind) >>> 0;
  if ((viewing.seen & bit) !== 0) return true;
  viewing.seen = (viewing.seen | bit) >>> 0;
  return false;
}

function takeUpdate(viewing: Viewing): ViewingUpdate {
  const { figures, steps, place } = viewing;
  viewing.changedAtMs = 0;
  viewing.steps = [];
  return {
    sid: viewing.sid,
    contentId: viewing.contentId,
    kind: viewing.kind,
    regionId: place.regionId,
    siteId: place.siteId,
    client: viewing.client,
    state: STATE_NAMES[figures.sta] ?? 'unknown',
    startedAtMs: Math.round(figures.startedAtMs),
    updatedAtMs: Math.round(figures.updatedAtMs),
    endedAtMs: figures.endedAtMs === null ? null : Math.round(figures.endedAtMs),
    startupMs: figures.startupMs,
    playMs: figures.playMs,
    stallMs: figures.stallMs,
    stalls: figures.stalls,
    errors: figures.errors,
    requests: figures.requests,
    badRequests: figures.badRequests,
    pathwayChanges: figures.pathwayChanges,
    bitrateKbps: figures.bitrateKbps,
    latencyMs: figures.latencyMs,
    steps,
  };
}
