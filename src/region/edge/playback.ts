// Answers media requests: the hit path first, then everything that must be fetched, made or refused.
// The order of checks: address, drain, asset (unknown 404, deleted 410), token (403), object. A hit passes the same
// checks by looking at numbers that are already there.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { contentTypeOf, type MediaAddress, parseMediaAddress } from './addresses.ts';
import type { AssetGate, AssetGates } from './asset-gates.ts';
import { type CachedObject, createCachedObject, lifetimeMs } from './cached-object.ts';
import type { EdgeCounters } from './counters.ts';
import type { Documents } from './documents.ts';
import type { Filler, FillOutcome, FillRequest } from './fill.ts';
import { STALE_RETRY_MS } from './limits.ts';
import type { ManifestMaker } from './manifest-maker.ts';
import type { NegativeCache, ObjectCache } from './object-cache.ts';
import { isConditional, sendObject } from './send.ts';
import { streamFlight } from './stream-flight.ts';
import type { Viewers } from './viewers.ts';

/** A media request, taken apart. */
export interface MediaCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without token and query: also the key of the cache. */
  readonly path: string;
  readonly token: string | null;
  readonly query: string;
}

export interface PlaybackDependencies {
  readonly clock: Clock;
  readonly cache: ObjectCache;
  readonly negatives: NegativeCache;
  readonly gates: AssetGates;
  readonly documents: Documents;
  readonly filler: Filler;
  readonly viewers: Viewers;
  readonly counters: EdgeCounters;
  readonly manifests: ManifestMaker;
  /** Throws MeridianError when the token does not open the asset. */
  checkToken(token: string, gate: AssetGate, nowMs: number): void;
  /** Media is refused from then on. */
  drainedAtMs(): number;
}

export interface Playback {
  /**
   * An object in memory that answers a plain GET, counted as sent; null when more is needed. Throws MeridianError when
   * the token is not valid.
   */
  findHit(path: string, token: string | null): CachedObject | null;
  /** Answers whatever is not a hit. */
  serve(call: MediaCall): Promise<void>;
}

/** Creates the media side of an edge. */
export function createPlayback(dependencies: PlaybackDependencies): Playback {
  const { clock, cache, negatives, gates, documents, filler, viewers, counters, manifests } = dependencies;

  /** Private assets need a token; public ones heed none, so that an old link still works after publication. */
  function authorize(gate: AssetGate, token: string | null, nowMs: number): void {
    if (gate.isPublic) return;
    if (token === null) throw new MeridianError('token_required');
    dependencies.checkToken(token, gate, nowMs);
  }

  async function openGate(address: MediaAddress, token: string | null): Promise<AssetGate> {
    const nowMs = clock.nowMs();
    const { projectId, assetId } = address;
    const gate = gates.peek(projectId, assetId, nowMs) ?? (await gates.get(projectId, assetId));
    if (gate === 'missing') throw new MeridianError('not_found', { what: 'such video' });
    if (gate === 'unavailable') throw new MeridianError('unavailable', { what: 'The video’s region' });
    if (gate.isDeleted) throw new MeridianError('gone', { what: 'video' });
    authorize(gate, token, nowMs);
    return gate;
  }

  async function fillRequestOf(
    call: MediaCall,
    address: MediaAddress,
    gate: AssetGate,
  ): Promise<FillRequest> {
    const { projectId, assetId, version, target } = address;
    const place = `${projectId}/${assetId}/v${version}`;
    let path = `${place}/${address.rest}`;
    const attempt = 'attempt' in target ? target.attempt : undefined;
    if (target.kind === 'poster') {
      const document = await documents.get(address);
      if (document === 'unavailable') throw new MeridianError('unavailable', { what: 'The video’s region' });
      if (document === 'missing' || !document.hasPoster)
        throw new MeridianError('not_found', { what: 'poster yet' });
      path = `${place}/a${document.attempt}/poster.jpg`;
    }
    return {
      path,
      holders: documents.holders(address, attempt),
      async findHolders() {
        const document = await documents.get(address);
        if (typeof document === 'string') return undefined;
        return attempt === undefined || document.attempt === attempt ? document.holders : undefined;
      },
      onOutcome(outcome) {
        if (outcome.kind === 'found') cache.set(toObject(call.path, address, gate, outcome));
        else if (outcome.kind === 'missing') negatives.add(call.path, clock.nowMs());
      },
    };
  }

  function toObject(
    key: string,
    address: MediaAddress,
    gate: AssetGate,
    found: FillOutcome & { kind: 'found' },
  ): CachedObject {
    // A poster's address names no attempt, so another attempt's may take its place.
    const cacheClass = address.target.kind === 'poster' ? 'record' : found.cacheClass;
    const content = { body: found.body, etag: found.etag, cacheClass, contentType: contentTypeOf(key) };
    return createCachedObject(key, content, gate, clock.nowMs());
  }

  function deliver(
    call: MediaCall,
    object: CachedObject,
    gate: AssetGate,
    outcome: 'hit' | 'miss' | 'stale',
  ): void {
    const { request, response } = call;
    const sent = sendObject(request, response, object, !gate.isPublic, clock.nowMs(), viewers);
    counters.bytesSent.value += sent;
    counters.request(object.cacheClass, outcome);
    (outcome === 'miss' ? counters.misses : counters.hits).value += 1;
  }

  function settle(call: MediaCall, address: MediaAddress, gate: AssetGate, outcome: FillOutcome): void {
    const known = cache.get(call.path);
    if (outcome.kind === 'found') {
      const object = known?.body === outcome.body ? known : toObject(call.path, address, gate, outcome);
      deliver(call, object, gate, 'miss');
      return;
    }
    if (outcome.kind === 'missing') throw new MeridianError('not_found', { what: 'such object' });
    if (known !== undefined) {
      // Whoever is watching goes on with what we have until an origin answers again.
      known.freshUntilMs = clock.nowMs() + Math.min(STALE_RETRY_MS, lifetimeMs(known.cacheClass));
      deliver(call, known, gate, 'stale');
      return;
    }
    if (outcome.kind === 'overloaded')
      throw new MeridianError('overloaded', { reason: 'too many objects are being fetched' });
    throw new MeridianError('unavailable', { what: 'The video’s region' });
  }

  async function serveObject(call: MediaCall, address: MediaAddress, gate: AssetGate): Promise<void> {
    const known = cache.get(call.path);
    const nowMs = clock.nowMs();
    if (known !== undefined && nowMs < known.freshUntilMs) {
      known.gate = gate;
      known.isVisited = true;
      deliver(call, known, gate, 'hit');
      return;
    }
    if (negatives.has(call.path, nowMs)) throw new MeridianError('not_found', { what: 'such object' });
    const { request, response } = call;
    const flight = filler.fill(await fillRequestOf(call, address, gate));
    // A poster is kept under another class than the origin's, so it is not passed on as it comes.
    const canStream =
      request.method === 'GET' && address.target.kind !== 'poster' && !isConditional(request.rawHeaders);
    if (!canStream) return settle(call, address, gate, await flight.outcome);
    const outcome = await new Promise<FillOutcome | null>((resolve) => {
      response.once('close', () => resolve(null));
      streamFlight(flight, {
        response,
        contentType: contentTypeOf(call.path),
        isPrivate: !gate.isPublic,
        onBegin(partial) {
          counters.misses.value += 1;
          counters.request('immutable', 'miss');
          viewers.note(response, {
            body: partial.body,
            get isCached() {
              return flight.settled === null || cache.get(call.path)?.body === partial.body;
            },
          });
          resolve(null);
        },
        onOutcome: resolve,
        onSent(bytes) {
          counters.bytesSent.value += bytes;
        },
      });
    });
    if (outcome !== null) settle(call, address, gate, outcome);
  }

  return {
    findHit(path, token) {
      const object = cache.get(path);
      if (object === undefined) return null;
      const nowMs = clock.nowMs();
      const { gate } = object;
      if (nowMs >= object.freshUntilMs || nowMs >= gate.freshUntilMs || gate.isDeleted) return null;
      if (nowMs >= dependencies.drainedAtMs()) return null;
      if (nowMs >= gate.refreshAtMs) gates.refresh(gate);
      if (!gate.isPublic) authorize(gate, token, nowMs);
      object.isVisited = true;
      counters.hits.value += 1;
      counters.hitsOf[object.cacheClass].value += 1;
      counters.bytesSent.value += object.body.length;
      return object;
    },
    async serve(call) {
      const address = parseMediaAddress(call.path);
      if (address === undefined) throw new MeridianError('not_found', { what: 'such address' });
      if (clock.nowMs() >= dependencies.drainedAtMs()) throw new MeridianError('draining');
      const gate = await openGate(address, call.token);
      const { kind } = address.target;
      if (kind === 'multivariant' || kind === 'dash' || kind === 'status')
        return manifests.serve(call, address, gate, kind);
      return serveObject(call, address, gate);
    },
  };
}
