// Fetches with limits on requests, bytes, time and redirects, and keeps what each answer said of itself. It asks like
// a player in a browser does: with an Origin, so that CORS can be judged, and for texts with gzip.

import { gunzipSync } from 'node:zlib';
import type { Clock } from '#platform/clock.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { type Transport, TransportError, type TransportResponse } from '#platform/http/transport.ts';
import type { ByteRange, ResourceFacts, ResourceRole } from './facts.ts';
import {
  ANSWER_TIMEOUT_MS,
  INIT_BYTES_MAX,
  PARALLEL_MAX,
  REDIRECTS_MAX,
  SEGMENT_BYTES_MAX,
  STEERING_BYTES_MAX,
  TEXT_BYTES_MAX,
} from './limits.ts';

export interface FetchLimits {
  readonly requestsMax: number;
  readonly bytesMax: number;
  readonly timeMsMax: number;
}

export interface Fetched {
  readonly facts: ResourceFacts;
  /** Null when there was no usable answer. */
  readonly body: Uint8Array | null;
  /** Until the first line of the answer; null without one. */
  readonly headersMs: number | null;
}

/** A request that a server may hold until there is something to answer. */
export interface Holding {
  /** Longest that is waited for the answer to begin. */
  readonly timeoutMs: number;
  /** Ends the request before the whole fetching ends. */
  readonly signal: AbortSignal;
}

export interface Fetcher {
  get(url: string, role: ResourceRole, range?: ByteRange | null): Promise<Fetched>;
  /** Fetches without taking one of the few places, since it may last. */
  hold(url: string, role: ResourceRole, holding: Holding, range?: ByteRange | null): Promise<Fetched>;
  /** All answers so far, in the order in which they ended. */
  readonly resources: readonly ResourceFacts[];
  readonly requests: number;
  readonly bytes: number;
  /** Which limit ended the fetching; null while there is none. */
  readonly exhausted: string | null;
}

/** The page that the check pretends to be; the name can never belong to anybody (RFC 6761). */
export const CHECK_ORIGIN = 'https://check.invalid';

const BODY_BYTES_MAX: Readonly<Record<ResourceRole, number>> = {
  manifest: TEXT_BYTES_MAX,
  playlist: TEXT_BYTES_MAX,
  steering: STEERING_BYTES_MAX,
  init: INIT_BYTES_MAX,
  segment: SEGMENT_BYTES_MAX,
  probe: SEGMENT_BYTES_MAX,
  reload: TEXT_BYTES_MAX,
};

const TEXT_ROLES: readonly ResourceRole[] = ['manifest', 'playlist', 'steering', 'reload'];

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

interface FetcherDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  readonly onAnswer?: (facts: ResourceFacts) => void;
}

/** Creates a fetcher; the signal ends what is under way. */
export function createFetcher(dependencies: FetcherDependencies): Fetcher {
  return new LimitedFetcher(dependencies);
}

class LimitedFetcher implements Fetcher {
  readonly resources: ResourceFacts[] = [];
  requests = 0;
  bytes = 0;
  readonly #dependencies: FetcherDependencies;
  readonly #startedAtMs: number;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(dependencies: FetcherDependencies) {
    this.#dependencies = dependencies;
    this.#startedAtMs = dependencies.clock.monotonicMs();
  }

  get exhausted(): string | null {
    const { limits, signal, clock } = this.#dependencies;
    if (this.requests >= limits.requestsMax) return `${limits.requestsMax} requests`;
    if (this.bytes >= limits.bytesMax) return `${limits.bytesMax} bytes`;
    if (signal.aborted || clock.monotonicMs() - this.#startedAtMs >= limits.timeMsMax)
      return `${Math.round(limits.timeMsMax / 1_000)} s`;
    return null;
  }

  /** Waits for one of the few places, so that tracks fetched side by side do not add up. */
  async get(url: string, role: ResourceRole, range: ByteRange | null = null): Promise<Fetched> {
    if (this.#underWay >= PARALLEL_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay += 1;
    try {
      return await this.#getNow(url, role, range);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  hold(url: string, role: ResourceRole, holding: Holding, range: ByteRange | null = null): Promise<Fetched> {
    return this.#getNow(url, role, range, holding);
  }

  async #getNow(
    url: string,
    role: ResourceRole,
    range: ByteRange | null,
    holding?: Holding,
  ): Promise<Fetched> {
    const limit = this.exhausted;
    const { clock } = this.#dependencies;
    const beforeMs = clock.monotonicMs();
    const elapsed = (): number => clock.monotonicMs() - beforeMs;
    const common = { role, url, finalUrl: url, range, status: null, headers: {}, bodyBytes: 0 };
    if (limit !== null) {
      const failure = `limit of ${limit}`;
      return { facts: { ...common, failure, isSkipped: true, elapsedMs: 0 }, body: null, headersMs: null };
    }
    try {
      const { response, finalUrl } = await this.#follow(url, role, range, holding);
      const headersMs = elapsed();
      const { status, headers } = response;
      const { body, bodyBytes } = await bodyOf(response, role);
      this.bytes += bodyBytes;
      const isGood = status === 200 || (status === 206 && range !== null);
      const failure = isGood ? null : `status ${status}`;
      const answer = { ...common, finalUrl, status, headers, bodyBytes, elapsedMs: elapsed() };
      const isWhole = status === 200 && range !== null;
      const part = isWhole ? body.subarray(range.offset, range.offset + range.length) : body;
      const facts = this.#done({ ...answer, failure, isSkipped: false });
      return { facts, body: isGood ? part : null, headersMs };
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      const isSkipped = this.exhausted !== null || holding?.signal.aborted === true;
      const facts = this.#done({ ...common, failure, isSkipped, elapsedMs: elapsed() });
      return { facts, body: null, headersMs: null };
    }
  }

  #done(facts: ResourceFacts): ResourceFacts {
    this.resources.push(facts);
    this.#dependencies.onAnswer?.(facts);
    return facts;
  }

  async #follow(
    url: string,
    role: ResourceRole,
    range: ByteRange | null,
    holding: Holding | undefined,
  ): Promise<{ response: TransportResponse; finalUrl: string }> {
    const { transport, signal: ending } = this.#dependencies;
    const signal = holding === undefined ? ending : AbortSignal.any([ending, holding.signal]);
    const headersTimeoutMs = holding?.timeoutMs ?? ANSWER_TIMEOUT_MS;
    const isText = TEXT_ROLES.includes(role);
    const headers = {
      origin: CHECK_ORIGIN,
      'user-agent': 'meridian-check',
      'accept-encoding': isText ? 'gzip' : 'identity',
      ...(range === null ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    };
    let finalUrl = url;
    for (let count = 0; count <= REDIRECTS_MAX; count += 1) {
      this.requests += 1;
      const request = { method: 'GET', url: finalUrl, headers, signal, headersTimeoutMs };
      const response = await transport.request(request);
      const location = response.headers.location;
      if (!isRedirect(response.status) || location === undefined) return { response, finalUrl };
      // What a redirect says besides its target is not wanted, and may be endless.
      response.body.destroy();
      const next = URL.canParse(location, finalUrl) ? new URL(location, finalUrl) : null;
      if (next === null || !/^https?:$/.test(next.protocol))
        throw new TransportError('reset', `redirected to ${JSON.stringify(location)}`);
      finalUrl = next.href;
    }
    throw new TransportError('reset', `more than ${REDIRECTS_MAX} redirects`);
  }
}

/** The body, decoded when it is compressed, no larger than its role allows. */
async function bodyOf(
  response: TransportResponse,
  role: ResourceRole,
): Promise<{ body: Uint8Array; bodyBytes: number }> {
  const raw = await readBody(response.body, BODY_BYTES_MAX[role]);
  const isGzip = /^(x-)?gzip$/i.test(response.headers['content-encoding'] ?? '');
  const body = isGzip ? gunzipSync(raw, { maxOutputLength: BODY_BYTES_MAX[role] }) : raw;
  return { body, bodyBytes: raw.length };
}

/** Runs a task for each item, at most `parallel` at once; answers keep the order of the items. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  parallel: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item === undefined || index >= items.length) return;
      results[index] = await task(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
  return results;
}
