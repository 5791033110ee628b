// Fetches what an edge does not have: one fetch per object however many ask, from the best origin that has it.
// Bytes of immutable objects are passed on as they arrive. When a body breaks off, the next origin goes on from
// that byte; viewers see nothing of it. Each origin that fails is left alone for a moment.
// An object counts as missing only when everyone who might have it has said so; else it is unavailable.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CacheClass } from '#contract/peer-api.ts';
import { CACHE_CLASS_HEADER, ORIGIN_PREFIX, PEER_EDGE_PREFIX } from '#contract/peer-api.ts';
import { admits, createLimitState, noteFetch, type Priority } from '#core/overload/limit.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport, TransportResponse } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import {
  ATTEMPTS_MAX,
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  FLIGHTS_MAX,
  HEDGE_MS,
  MATE_IDLE_MS,
  MATE_TIMEOUT_MS,
  OBJECT_BYTES_MAX,
  OTHER_REGION_TIMEOUT_MS,
  OWN_REGION_TIMEOUT_MS,
  TOLD_PER_TURN,
} from './limits.ts';
import type { Mate, Mates } from './mates/mates.ts';
import type { OriginCandidate } from './origin-order.ts';

export interface FoundObject {
  readonly kind: 'found';
  readonly body: Buffer;
  readonly etag: string;
  readonly cacheClass: CacheClass;
  readonly from: 'disk' | 'mate' | 'origin';
}

export type FillOutcome =
  | FoundObject
  | { readonly kind: 'missing' }
  /** Someone who might have it did not answer. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'overloaded' };

/** An immutable object whose bytes are arriving: the first `filled` of `body` are there. */
export interface PartialObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly cacheClass: CacheClass;
  filled: number;
}

export interface Flight {
  readonly outcome: Promise<FillOutcome>;
  /** The outcome once it is known, for those who must not wait for a promise. */
  settled: FillOutcome | null;
  partial: PartialObject | null;
  /** Called when bytes have arrived and when the flight has ended. */
  readonly listeners: Set<() => void>;
}

export interface FillRequest {
  /** Path under ORIGIN_PREFIX; also what requests are collapsed by. */
  readonly path: string;
  /** Regions that keep the object, when already known. */
  readonly holders: readonly string[] | undefined;
  /** Under overload what can wait is turned away first. Default: live, for what every viewer of an asset needs. */
  readonly priority?: Priority;
  /** An immutable object that the edges of a site keep together: its owner is asked before an origin. */
  readonly isShared?: boolean;
  /** Looks on the own disk first. */
  readLocal?(): Promise<{ readonly body: Buffer; readonly etag: string } | null>;
  /** Finds out who keeps it; asked only after the own region had nothing. */
  findHolders?(): Promise<readonly string[] | undefined>;
  /** Called once, before anyone learns of the outcome. */
  onOutcome?(outcome: FillOutcome): void;
}

export interface Filler {
  /** The flight of an object, begun by the first who asks. */
  fill(request: FillRequest): Flight;
  /** Objects in flight and the memory that they have taken. */
  inFlight(): { count: number; bytes: number };
  /** How many may be in flight now, by what was learned of the origins. */
  limit(): number;
}

export interface FillerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: Transport;
  readonly bytesMax: number;
  /** Origins in the order in which they are to be asked. */
  candidates(
    holders: readonly string[] | undefined,
    isFailing: (nodeId: string) => boolean,
  ): OriginCandidate[];
  readonly mates: Mates;
  /** Counts a request to an origin of that region. */
  fetchCounter(regionId: string): Counter;
  /** Counts a request that was made since an earlier one took long. */
  hedgeCounter(regionId: string): Counter;
  /** Counts a request to another edge of the site, by how it ended. */
  mateCounter(result: AttemptResult): Counter;
  /** Counts what was turned away, by why. */
  shedCounter(reason: 'fetches' | 'memory', priority: Priority): Counter;
}

interface Failure {
  readonly count: number;
  readonly untilMs: number;
}

export type AttemptResult = 'done' | 'missing' | 'failed' | 'busy' | 'overloaded';

interface Progress {
  readonly request: FillRequest;
  readonly flight: Flight;
  /** What has arrived so far, also of objects that are not passed on before they are whole. */
  content: PartialObject | null;
  reservedBytes: number;
  readonly mates: readonly Mate[];
}

/** Somebody to ask: an origin, or the edge of this site that owns the object. */
interface Source {
  readonly nodeId: string;
  readonly url: string;
  readonly isMate: boolean;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}

interface Opened {
  readonly response: TransportResponse;
  readonly source: Source;
}

/** Creates the filler of an edge. */
export function createFiller(dependencies: FillerDependencies): Filler {
  const { clock, log, transport, bytesMax, mates } = dependencies;
  const flights = new Map<string, Flight>();
  const failures = new Map<string, Failure>();
  let bytes = 0;
  let limit = createLimitState();

  const isFailing = (nodeId: string): boolean => (failures.get(nodeId)?.untilMs ?? 0) > clock.nowMs();

  function noteFailure(nodeId: string, path: string, error: unknown): void {
    const count = (failures.get(nodeId)?.count ?? 0) + 1;
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (count - 1));
    // Many flights fail together when an origin dies; together they count as one failure.
    if (!isFailing(nodeId)) failures.set(nodeId, { count, untilMs: clock.nowMs() + backoffMs });
    log.debug({ nodeId, path, error: String(error) }, 'a node did not answer a fetch');
  }

  /** What a fetch tells of how much may be under way; mates wait for origins themselves and tell nothing. */
  function learn(source: Source, latencyMs: number | null): void {
    if (source.isMate) return;
    const end = { originId: source.nodeId, latencyMs, inFlight: flights.size };
    limit = noteFetch(limit, end, clock.monotonicMs()).state;
  }

  function reserve(progress: Progress, length: number): boolean {
    const extra = length - progress.reservedBytes;
    if (bytes + extra > bytesMax) return false;
    bytes += extra;
    progress.reservedBytes = length;
    return true;
  }

  function begin(progress: Progress, response: TransportResponse): AttemptResult | 'receive' {
    const total = totalLength(response);
    if (total === undefined || total > OBJECT_BYTES_MAX) return 'failed';
    const etag = response.headers.etag ?? '';
    const { content } = progress;
    const isSame = content !== null && content.etag === etag && content.body.length === total;
    if (isSame && etag !== '') return 'receive';
    if (response.status !== 200) return 'failed';
    // A viewer may have received the beginning of other bytes.
    if (progress.flight.partial !== null && progress.flight.partial.filled > 0) return 'failed';
    if (!reserve(progress, total)) return 'overloaded';
    const cacheClass = toCacheClass(response.headers[CACHE_CLASS_HEADER]);
    progress.content = { body: Buffer.allocUnsafeSlow(total), etag, cacheClass, filled: 0 };
    if (cacheClass === 'immutable') progress.flight.partial = progress.content;
    return 'receive';
  }

  async function receive(progress: Progress, response: TransportResponse): Promise<boolean> {
    const { content, flight } = progress;
    if (content === null) return false;
    let offset = response.status === 206 ? rangeStart(response) : 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      const skipped = Math.max(0, Math.min(chunk.length, content.filled - offset));
      if (offset + chunk.length > content.body.length || offset > content.filled) return false;
      chunk.copy(content.body, offset + skipped, skipped);
      offset += chunk.length;
      if (offset <= content.filled) continue;
      content.filled = offset;
      if (flight.partial !== null) await notify(flight);
    }
    return content.filled === content.body.length;
  }

  async function open(
    progress: Progress,
    source: Source,
    signal: AbortSignal | undefined,
  ): Promise<TransportResponse> {
    const filled = progress.content?.filled ?? 0;
    const startedAtMs = clock.monotonicMs();
    const headers: Record<string, string> = filled > 0 ? { range: `bytes=${filled}-` } : {};
    if (source.isMate && progress.request.priority === 'prefetch') headers['sec-purpose'] = 'prefetch';
    try {
      const response = await transport.request({
        method: 'GET',
        url: source.url,
        headers,
        headersTimeoutMs: source.timeoutMs,
        idleTimeoutMs: source.idleTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      learn(source, clock.monotonicMs() - startedAtMs);
      return response;
    } catch (error) {
      if (signal?.aborted !== true) learn(source, null);
      throw error;
    }
  }

  /**
   * Opens at an origin and, when that takes long, at one more; whoever answers first is read. The other is cut off,
   * which says nothing about it.
   */
  async function openHedged(progress: Progress, source: Source, spare: OriginCandidate): Promise<Opened> {
    const cutFirst = new AbortController();
    const cutSecond = new AbortController();
    const inTime = new AbortController();
    const first = open(progress, source, cutFirst.signal).then((response) => ({ response, source }));
    const isSlow = clock.sleep(HEDGE_MS, inTime.signal).then(
      () => true,
      () => false,
    );
    const settled = first.then(
      () => false,
      () => false,
    );
    if (!(await Promise.race([settled, isSlow]))) {
      inTime.abort();
      return first;
    }
    dependencies.hedgeCounter(spare.regionId).value += 1;
    const other = sourceOf(progress.request, spare);
    const second = open(progress, other, cutSecond.signal).then((response) => {
      if (response.status === 200 || response.status === 206) return { response, source: other };
      response.body.resume();
      throw new Error(`it answered ${response.status}`);
    });
    const winner = await Promise.any([first, second]);
    const isFirst = winner.source === source;
    (isFirst ? cutSecond : cutFirst).abort();
    // It may have answered in the same moment.
    (isFirst ? second : first).then(
      ({ response }) => response.body.destroy(),
      () => undefined,
    );
    return winner;
  }

  async function attempt(
    progress: Progress,
    asked: Source,
    options: { readonly signal?: AbortSignal; readonly spare?: OriginCandidate | undefined } = {},
  ): Promise<AttemptResult> {
    let source = asked;
    const { path } = progress.request;
    // What may differ from origin to origin begins anew; only immutable bytes can be gone on with.
    if (progress.content !== null && progress.content.cacheClass !== 'immutable') progress.content = null;
    let response: TransportResponse | undefined;
    try {
      const { spare } = options;
      if (spare === undefined) response = await open(progress, source, options.signal);
      else ({ response, source } = await openHedged(progress, asked, spare));
      if (response.status === 404 || response.status === 410) {
        failures.delete(source.nodeId);
        return 'missing';
      }
      // A mate that has too much to do is not ill; the origin is asked instead.
      if (source.isMate && response.status === 503) return 'busy';
      if (response.status !== 200 && response.status !== 206)
        throw new Error(`it answered ${response.status}`);
      const begun = begin(progress, response);
      if (begun === 'overloaded') return begun;
      if (begun === 'failed') throw new Error('the answer does not fit');
      if (!(await receive(progress, response))) throw new Error('the body has another length than declared');
      failures.delete(source.nodeId);
      return 'done';
    } catch (error) {
      noteFailure(source.nodeId, path, error);
      return 'failed';
    } finally {
      // A refusal is short and read to its end, so that its connection can be used again.
      if (response !== undefined && response.status >= 400) response.body.resume();
      else if (response?.body.readableEnded === false) response.body.destroy();
    }
  }

  async function askMate(progress: Progress, mate: Mate): Promise<AttemptResult> {
    const source: Source = {
      nodeId: mate.nodeId,
      url: `${mate.nodeUrl}${PEER_EDGE_PREFIX}${progress.request.path}`,
      isMate: true,
      timeoutMs: MATE_TIMEOUT_MS,
      idleTimeoutMs: MATE_IDLE_MS,
    };
    const end = mates.begin(mate);
    const answered = new AbortController();
    const giveUp = new AbortController();
    void mates.watch(mate, answered.signal, giveUp);
    const result = await attempt(progress, source, { signal: giveUp.signal });
    answered.abort();
    end();
    dependencies.mateCounter(result).value += 1;
    return result;
  }

  function askOrigin(
    progress: Progress,
    candidate: OriginCandidate,
    spare: OriginCandidate | undefined,
  ): Promise<AttemptResult> {
    dependencies.fetchCounter(candidate.regionId).value += 1;
    return attempt(progress, sourceOf(progress.request, candidate), { spare });
  }

  async function run(progress: Progress): Promise<FillOutcome> {
    const { request } = progress;
    const local = request.readLocal === undefined ? null : await request.readLocal();
    if (local !== null) return { kind: 'found', ...local, cacheClass: 'immutable', from: 'disk' };
    for (const mate of progress.mates) {
      const result = await askMate(progress, mate);
      if (result === 'done') return toFound(progress, 'mate');
      if (result === 'overloaded') return { kind: 'overloaded' };
    }
    return askOrigins(progress);
  }

  async function askOrigins(progress: Progress): Promise<FillOutcome> {
    const { request } = progress;
    let { holders } = request;
    let queue = dependencies.candidates(holders, isFailing);
    const asked = new Set<string>();
    const answered = new Set<string>();
    while (asked.size < ATTEMPTS_MAX) {
      const candidate = queue.find(({ nodeId }) => !asked.has(nodeId));
      if (candidate === undefined) break;
      if (!candidate.isOwnRegion && holders === undefined && request.findHolders !== undefined) {
        holders = (await request.findHolders()) ?? [];
        queue = dependencies.candidates(holders, isFailing);
        continue;
      }
      if (candidate.isSuspect && !candidate.isHolder && answered.size > 0) break;
      asked.add(candidate.nodeId);
      const spare = request.isShared === true ? spareOf(queue, asked) : undefined;
      const result = await askOrigin(progress, candidate, spare);
      if (result === 'overloaded') return { kind: 'overloaded' };
      if (result === 'done') return toFound(progress, 'origin');
      if (result === 'missing') answered.add(candidate.nodeId);
    }
    // Whoever has long been dead and is not known to keep the object does not count.
    const isOpen = queue.some(
      ({ nodeId, isDead, isHolder }) => !answered.has(nodeId) && (!isDead || isHolder),
    );
    return { kind: answered.size === 0 || isOpen ? 'unavailable' : 'missing' };
  }

  async function fly(progress: Progress): Promise<FillOutcome> {
    const { request, flight } = progress;
    let outcome: FillOutcome;
    try {
      outcome = await run(progress);
    } catch (error) {
      log.warn({ path: request.path, error: String(error) }, 'a fill failed');
      outcome = { kind: 'unavailable' };
    }
    bytes -= progress.reservedBytes;
    flights.delete(keyOf(request.path, progress.mates));
    request.onOutcome?.(outcome);
    flight.settled = outcome;
    await notify(flight);
    flight.listeners.clear();
    return outcome;
  }

  /** Why nothing more of a priority is begun now, or null. */
  function refusal(priority: Priority): 'fetches' | 'memory' | null {
    if (flights.size >= FLIGHTS_MAX || !admits(limit, flights.size, priority)) return 'fetches';
    return bytes >= bytesMax ? 'memory' : null;
  }

  return {
    fill(request) {
      const asked = request.isShared === true ? mates.toAsk(request.path, isFailing) : [];
      const key = keyOf(request.path, asked);
      const existing = flights.get(key);
      if (existing !== undefined) return existing;
      const priority = request.priority ?? 'live';
      const reason = refusal(priority);
      if (reason !== null) {
        dependencies.shedCounter(reason, priority).value += 1;
        return overloadedFlight;
      }
      const { promise, resolve } = Promise.withResolvers<FillOutcome>();
      const flight: Flight = { outcome: promise, settled: null, partial: null, listeners: new Set() };
      flights.set(key, flight);
      void fly({ request, flight, content: null, reservedBytes: 0, mates: asked }).then(resolve);
      return flight;
    },
    limit: () => limit.limit,
    inFlight: () => ({ count: flights.size, bytes }),
  };
}

function sourceOf(request: FillRequest, candidate: OriginCandidate): Source {
  const timeoutMs = candidate.isOwnRegion ? OWN_REGION_TIMEOUT_MS : OTHER_REGION_TIMEOUT_MS;
  return {
    nodeId: candidate.nodeId,
    url: `${candidate.nodeUrl}${ORIGIN_PREFIX}${request.path}`,
    isMate: false,
    timeoutMs,
    idleTimeoutMs: timeoutMs,
  };
}

/** One more origin that is known to keep the object and seems well, for when the one that is asked takes long. */
function spareOf(queue: readonly OriginCandidate[], asked: ReadonlySet<string>): OriginCandidate | undefined {
  return queue.find(({ nodeId, isHolder, isSuspect }) => isHolder && !isSuspect && !asked.has(nodeId));
}

/**
 * What requests are collapsed by. A flight that asks mates stands apart from one that does not: else two edges that
 * take each other for the owner would wait for each other.
 */
function keyOf(path: string, mates: readonly Mate[]): string {
  return mates.length === 0 ? path : `mates:${path}`;
}

const OVERLOADED: FillOutcome = { kind: 'overloaded' };
const overloadedFlight: Flight = {
  outcome: Promise.resolve(OVERLOADED),
  settled: OVERLOADED,
  partial: null,
  listeners: new Set(),
};

/** Tells all who wait. Hundreds are told in turns of the loop: other edges, probes and live parts come in between. */
async function notify({ listeners }: Flight): Promise<void> {
  let told = 0;
  for (const listener of [...listeners]) {
    if (!listeners.has(listener)) continue;
    listener();
    told += 1;
    if (told % TOLD_PER_TURN === 0) await nextTurn();
  }
}

function toFound(progress: Progress, from: FoundObject['from']): FillOutcome {
  const { content } = progress;
  if (content === null) return { kind: 'unavailable' };
  return { kind: 'found', body: content.body, etag: content.etag, cacheClass: content.cacheClass, from };
}

function toCacheClass(value: string | undefined): CacheClass {
  return value === 'immutable' || value === 'growing' ? value : 'record';
}

/** Length of the whole object, also when only its end is sent; undefined when the origin does not say. */
function totalLength(response: TransportResponse): number | undefined {
  const text =
    response.status === 206
      ? /\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1]
      : response.headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function rangeStart(response: TransportResponse): number {
  const text = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
}
