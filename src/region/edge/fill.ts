// Fetches what an edge does not have: one fetch per object however many ask, from the best origin that has it.
// Bytes of immutable objects are passed on as they arrive. When a body breaks off, the next origin goes on from
// that byte; viewers see nothing of it. Each origin that fails is left alone for a moment.
// An object counts as missing only when everyone who might have it has said so; else it is unavailable.

import type { CacheClass } from '#contract/peer-api.ts';
import { CACHE_CLASS_HEADER, ORIGIN_PREFIX } from '#contract/peer-api.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport, TransportResponse } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import {
  ATTEMPTS_MAX,
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  FLIGHTS_MAX,
  OBJECT_BYTES_MAX,
  OTHER_REGION_TIMEOUT_MS,
  OWN_REGION_TIMEOUT_MS,
} from './limits.ts';
import type { OriginCandidate } from './origin-order.ts';

export interface FoundObject {
  readonly kind: 'found';
  readonly body: Buffer;
  readonly etag: string;
  readonly cacheClass: CacheClass;
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
  /** Counts a request to an origin of that region. */
  fetchCounter(regionId: string): Counter;
}

interface Failure {
  readonly count: number;
  readonly untilMs: number;
}

type AttemptResult = 'done' | 'missing' | 'failed' | 'overloaded';

interface Progress {
  readonly request: FillRequest;
  readonly flight: Flight;
  /** What has arrived so far, also of objects that are not passed on before they are whole. */
  content: PartialObject | null;
  reservedBytes: number;
}

/** Creates the filler of an edge. */
export function createFiller(dependencies: FillerDependencies): Filler {
  const { clock, log, transport, bytesMax } = dependencies;
  const flights = new Map<string, Flight>();
  const failures = new Map<string, Failure>();
  let bytes = 0;

  const isFailing = (nodeId: string): boolean => (failures.get(nodeId)?.untilMs ?? 0) > clock.nowMs();

  function noteFailure(candidate: OriginCandidate, path: string, error: unknown): void {
    const count = (failures.get(candidate.nodeId)?.count ?? 0) + 1;
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (count - 1));
    // Many flights fail together when an origin dies; together they count as one failure.
    if (!isFailing(candidate.nodeId))
      failures.set(candidate.nodeId, { count, untilMs: clock.nowMs() + backoffMs });
    log.debug({ nodeId: candidate.nodeId, path, error: String(error) }, 'an origin did not answer');
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
      if (flight.partial !== null) notify(flight);
    }
    return content.filled === content.body.length;
  }

  async function attempt(progress: Progress, candidate: OriginCandidate): Promise<AttemptResult> {
    const { path } = progress.request;
    // What may differ from origin to origin begins anew; only immutable bytes can be gone on with.
    if (progress.content !== null && progress.content.cacheClass !== 'immutable') progress.content = null;
    const timeoutMs = candidate.isOwnRegion ? OWN_REGION_TIMEOUT_MS : OTHER_REGION_TIMEOUT_MS;
    const filled = progress.content?.filled ?? 0;
    dependencies.fetchCounter(candidate.regionId).value += 1;
    let response: TransportResponse | undefined;
    try {
      response = await transport.request({
        method: 'GET',
        url: `${candidate.nodeUrl}${ORIGIN_PREFIX}${path}`,
        headers: filled > 0 ? { range: `bytes=${filled}-` } : {},
        headersTimeoutMs: timeoutMs,
        idleTimeoutMs: timeoutMs,
      });
      if (response.status === 404 || response.status === 410) {
        failures.delete(candidate.nodeId);
        return 'missing';
      }
      if (response.status !== 200 && response.status !== 206)
        throw new Error(`the origin answered ${response.status}`);
      const begun = begin(progress, response);
      if (begun === 'overloaded') return begun;
      if (begun === 'failed') throw new Error('the answer does not fit');
      if (!(await receive(progress, response))) throw new Error('the body has another length than declared');
      failures.delete(candidate.nodeId);
      return 'done';
    } catch (error) {
      noteFailure(candidate, path, error);
      return 'failed';
    } finally {
      // A refusal is short and read to its end, so that its connection can be used again.
      if (response !== undefined && response.status >= 400) response.body.resume();
      else if (response?.body.readableEnded === false) response.body.destroy();
    }
  }

  async function run(progress: Progress): Promise<FillOutcome> {
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
      const result = await attempt(progress, candidate);
      if (result === 'overloaded') return { kind: 'overloaded' };
      if (result === 'done') return toFound(progress);
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
    flights.delete(request.path);
    request.onOutcome?.(outcome);
    flight.settled = outcome;
    notify(flight);
    flight.listeners.clear();
    return outcome;
  }

  return {
    fill(request) {
      const existing = flights.get(request.path);
      if (existing !== undefined) return existing;
      if (flights.size >= FLIGHTS_MAX || bytes >= bytesMax) return overloadedFlight;
      const { promise, resolve } = Promise.withResolvers<FillOutcome>();
      const flight: Flight = { outcome: promise, settled: null, partial: null, listeners: new Set() };
      flights.set(request.path, flight);
      void fly({ request, flight, content: null, reservedBytes: 0 }).then(resolve);
      return flight;
    },
    inFlight: () => ({ count: flights.size, bytes }),
  };
}

const OVERLOADED: FillOutcome = { kind: 'overloaded' };
const overloadedFlight: Flight = {
  outcome: Promise.resolve(OVERLOADED),
  settled: OVERLOADED,
  partial: null,
  listeners: new Set(),
};

function notify(flight: Flight): void {
  for (const listener of [...flight.listeners]) listener();
}

function toFound(progress: Progress): FillOutcome {
  const { content } = progress;
  if (content === null) return { kind: 'unavailable' };
  return { kind: 'found', body: content.body, etag: content.etag, cacheClass: content.cacheClass };
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
