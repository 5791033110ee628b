// Answers media requests: the hit path first, then everything that must be fetched, made or refused.
// The order of checks: address, drain, asset (unknown 404, deleted 410), token (403), object. A hit passes the same
// checks by looking at numbers that are already there.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { CACHE_CLASS_HEADER } from '#contract/peer-api.ts';
import type { Clock } from '#platform/clock.ts';
import { contentTypeOf, type MediaAddress, parseMediaAddress, type WrittenAddress } from './addresses.ts';
import type { AskSketch } from './ask-sketch.ts';
import type { AssetGate, AssetGates, ObjectGate } from './asset-gates.ts';
import { type CachedObject, createCachedObject, lifetimeMs, type StoredHit } from './cached-object.ts';
import type { EdgeCounters } from './counters.ts';
import type { DiskCache } from './disk/disk-cache.ts';
import type { Documents } from './documents.ts';
import type { EdgeTally } from './edge-tally.ts';
import type { Filler, FillOutcome, FillRequest, Flight, FoundObject } from './fill.ts';
import {
  DISK_ASKS_MIN,
  HOT_ASKS_MIN,
  PROMOTE_ASKS_MAX,
  PROMOTE_BYTES_PER_ASK,
  STALE_RETRY_MS,
} from './limits.ts';
import { isOwnTarget, type ManifestMaker } from './manifest-maker.ts';
import type { NegativeCache, ObjectCache } from './object-cache.ts';
import { priorityOf } from './priority.ts';
import type { Purger } from './purger.ts';
import { isConditional, sendObject } from './send.ts';
import { streamFlight } from './stream-flight.ts';
import type { Throttles } from './throttles.ts';
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
  readonly disk: DiskCache;
  /** How often objects were asked for that were not in memory. */
  readonly asks: AskSketch;
  readonly negatives: NegativeCache;
  readonly gates: AssetGates;
  readonly documents: Documents;
  readonly filler: Filler;
  readonly viewers: Viewers;
  readonly counters: EdgeCounters;
  readonly tally: EdgeTally;
  readonly manifests: ManifestMaker;
  readonly purger: Pick<Purger, 'epoch' | 'isPurgedSince' | 'isRecent'>;
  readonly throttles: Pick<Throttles, 'concerns' | 'require'>;
  /** Throws MeridianError when the token does not open the asset. */
  checkToken(token: string, gate: ObjectGate, nowMs: number): void;
  /** Media is refused from then on. */
  drainedAtMs(): number;
}

export interface Playback {
  /**
   * An object in memory that answers a plain GET, counted as sent; null when more is needed. Throws MeridianError when
   * the token is not valid.
   */
  findHit(path: string, token: string | null): CachedObject | null;
  /**
   * An object that answers a plain GET straight from disk, counted as sent; null when more is needed. Whoever takes it
   * ends it.
   */
  findStored(path: string, token: string | null): StoredHit | null;
  /** Answers whatever is not a hit. */
  serve(call: MediaCall): Promise<void>;
  /** Answers another edge of this site, which takes this one for the owner of an object. */
  serveMate(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const SHARED_KINDS: ReadonlySet<string> = new Set(['init', 'segment', 'sheet', 'file']);

/** Immutable objects by their address: kept on disk, and together by the edges of a site. */
function isShared({ target }: WrittenAddress): boolean {
  return SHARED_KINDS.has(target.kind);
}

/** The address with the version that the asset has now, where it names none. */
function versioned(written: WrittenAddress, gate: AssetGate): MediaAddress {
  return { ...written, version: written.version === 'current' ? gate.record.version : written.version };
}

/** Posters and previews: their addresses name no attempt, so that something newer may take their place. */
function isAlias({ target }: MediaAddress): boolean {
  return target.kind === 'poster' || target.kind === 'preview';
}

/**
 * Whether an object on disk goes into memory now: each time it was asked for as often again as its size is worth, so
 * that what is asked for most gets there first, and two objects that push each other out do so rarely.
 */
function isWorthMemory(asks: number, bytes: number): boolean {
  return asks % Math.min(PROMOTE_ASKS_MAX, 1 + Math.floor(bytes / PROMOTE_BYTES_PER_ASK)) === 0;
}

/** Creates the media side of an edge. */
export function createPlayback(dependencies: PlaybackDependencies): Playback {
  const {
    clock,
    cache,
    disk,
    asks,
    negatives,
    gates,
    documents,
    filler,
    viewers,
    counters,
    tally,
    manifests,
    purger,
    throttles,
  } = dependencies;

  /** Private assets need a token; public ones heed none, so that an old link still works after publication. */
  function authorize(gate: ObjectGate, token: string | null, nowMs: number): void {
    if (gate.isPublic) return;
    if (token === null) throw new MeridianError('token_required');
    dependencies.checkToken(token, gate, nowMs);
  }

  async function knownGate(address: WrittenAddress, nowMs: number): Promise<AssetGate> {
    const { projectId, assetId } = address;
    const gate = gates.peek(projectId, assetId, nowMs) ?? (await gates.get(projectId, assetId));
    if (gate === 'missing') throw new MeridianError('not_found', { what: 'such video' });
    if (gate === 'unavailable') throw new MeridianError('unavailable', { what: 'The video’s region' });
    if (gate.isDeleted) throw new MeridianError('gone', { what: 'video' });
    return gate;
  }

  async function openGate(address: WrittenAddress, token: string | null): Promise<AssetGate> {
    const nowMs = clock.nowMs();
    const gate = await knownGate(address, nowMs);
    authorize(gate, token, nowMs);
    return gate;
  }

  function noteVisit(object: CachedObject): void {
    if (object.isVisited) return;
    object.isVisited = true;
    // Asked for a second time: worth a place on disk, so that it is there after memory has let it go.
    if (object.cacheClass === 'immutable' && !object.isLive) disk.offer(object);
  }

  /** Keeps what was fetched where it belongs: what another edge owns only when it is asked for here often. */
  function keep(key: string, address: MediaAddress, gate: AssetGate, found: FoundObject): void {
    const count = found.from !== 'disk' && isShared(address) ? asks.count(key) : 0;
    if (found.from === 'mate' && count < HOT_ASKS_MIN) return;
    const object = toObject(key, address, gate, found);
    cache.set(object);
    if (found.from === 'origin' && object.cacheClass === 'immutable' && count >= DISK_ASKS_MIN)
      disk.offer(object);
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
    const chosen = gate.record.poster;
    if (target.kind === 'poster' && chosen !== undefined) path = `${place}/files/${chosen.sha256}.jpg`;
    else if (target.kind === 'poster' || target.kind === 'preview') {
      const document = await documents.get(address);
      if (document === 'unavailable') throw new MeridianError('unavailable', { what: 'The video’s region' });
      const has =
        document !== 'missing' && (target.kind === 'poster' ? document.hasPoster : document.hasPreview);
      if (document === 'missing' || has !== true)
        throw new MeridianError('not_found', { what: `${target.kind} yet` });
      path = `${place}/a${document.attempt}/${address.rest}`;
    }
    const epoch = purger.epoch();
    return {
      path,
      priority: priorityOf(call.request, target, call.query),
      isShared: isShared(address),
      ...(isShared(address) && disk.has(call.path) ? { readLocal: () => disk.read(call.path) } : {}),
      holders: documents.holders(address, attempt),
      async findHolders() {
        const document = await documents.get(address);
        if (typeof document === 'string') return undefined;
        return attempt === undefined || document.attempt === attempt ? document.holders : undefined;
      },
      onOutcome(outcome) {
        // A mate may not have come to a purge yet.
        const isPurged =
          purger.isPurgedSince(call.path, epoch) ||
          (outcome.kind === 'found' && outcome.from === 'mate' && purger.isRecent(call.path));
        if (outcome.kind === 'found' && !isPurged) keep(call.path, address, gate, outcome);
        else if (outcome.kind === 'missing') negatives.add(call.path, clock.nowMs());
      },
    };
  }

  function toObject(key: string, address: MediaAddress, gate: AssetGate, found: FoundObject): CachedObject {
    const cacheClass = isAlias(address) ? 'record' : found.cacheClass;
    const { body, etag } = found;
    const content = { body, etag, cacheClass, contentType: contentTypeOf(key), isLive: false };
    return createCachedObject(key, content, gate, clock.nowMs());
  }

  function deliver(
    call: MediaCall,
    object: CachedObject,
    gate: AssetGate,
    outcome: 'hit' | 'miss' | 'stale' | 'disk',
  ): void {
    const { request, response } = call;
    const sent = sendObject(request, response, object, !gate.isPublic, clock.nowMs(), viewers);
    counters.bytesSent.value += sent;
    gate.sent.value += sent;
    tally.note(object.key);
    counters.request(object.cacheClass, outcome);
    (outcome === 'miss' ? counters.misses : counters.hits).value += 1;
  }

  function settle(call: MediaCall, address: MediaAddress, gate: AssetGate, outcome: FillOutcome): void {
    const known = cache.get(call.path);
    if (outcome.kind === 'found') {
      const object = known?.body === outcome.body ? known : toObject(call.path, address, gate, outcome);
      deliver(call, object, gate, outcome.from === 'disk' ? 'disk' : 'miss');
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
      noteVisit(known);
      deliver(call, known, gate, 'hit');
      return;
    }
    if (negatives.has(call.path, nowMs)) throw new MeridianError('not_found', { what: 'such object' });
    const { request, response } = call;
    if (isShared(address)) asks.note(call.path, nowMs);
    const flight = filler.fill(await fillRequestOf(call, address, gate));
    // A poster is kept under another class than the origin's, so it is not passed on as it comes.
    const canStream = request.method === 'GET' && !isAlias(address) && !isConditional(request.rawHeaders);
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
          tally.note(call.path);
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
          gate.sent.value += bytes;
        },
      });
    });
    if (outcome !== null) settle(call, address, gate, outcome);
  }

  return {
    findHit(path, token) {
      const object = cache.get(path);
      if (object === undefined || throttles.concerns(path)) return null;
      const nowMs = clock.nowMs();
      const { gate } = object;
      if (nowMs >= object.freshUntilMs || nowMs >= gate.freshUntilMs || gate.isDeleted) return null;
      if (nowMs >= dependencies.drainedAtMs()) return null;
      if (nowMs >= gate.refreshAtMs) gates.refresh(gate);
      if (!gate.isPublic) authorize(gate, token, nowMs);
      noteVisit(object);
      counters.hits.value += 1;
      counters.hitsOf[object.cacheClass].value += 1;
      counters.bytesSent.value += object.body.length;
      gate.sent.value += object.body.length;
      tally.note(path);
      return object;
    },
    findStored(path, token) {
      const nowMs = clock.nowMs();
      if (nowMs >= dependencies.drainedAtMs() || !disk.isOpen(path) || throttles.concerns(path)) return null;
      const address = parseMediaAddress(path);
      const gate = address === undefined ? undefined : gates.peek(address.projectId, address.assetId, nowMs);
      if (gate === undefined || gate.isDeleted) return null;
      authorize(gate, token, nowMs);
      const stored = disk.open(path);
      if (stored === null) return null;
      if (cache.takes(stored.bodyBytes) && isWorthMemory(asks.note(path, nowMs), stored.bodyBytes)) {
        stored.end(true);
        return null;
      }
      counters.hits.value += 1;
      counters.stored.value += 1;
      counters.bytesSent.value += stored.bodyBytes;
      gate.sent.value += stored.bodyBytes;
      tally.note(path);
      return { stored, contentType: contentTypeOf(path), isPrivate: !gate.isPublic };
    },
    async serve(call) {
      const written = parseMediaAddress(call.path);
      if (written === undefined) throw new MeridianError('not_found', { what: 'such address' });
      if (clock.nowMs() >= dependencies.drainedAtMs()) throw new MeridianError('draining');
      const gate = await openGate(written, call.token);
      const address = versioned(written, gate);
      const { target } = address;
      if (isOwnTarget(target)) return manifests.serve(call, address, gate, target);
      throttles.require(address.projectId, priorityOf(call.request, target, call.query));
      return serveObject(call, address, gate);
    },
    async serveMate(path, request, response) {
      const key = `/m/${path}`;
      const written = parseMediaAddress(key);
      if (written === undefined || !isShared(written))
        throw new MeridianError('not_found', { what: 'such object' });
      const nowMs = clock.nowMs();
      const gate = await knownGate(written, nowMs);
      const address = versioned(written, gate);
      const call: MediaCall = { request, response, path: key, token: null, query: '' };
      const known = cache.get(key);
      counters.mateRequests(known === undefined ? 'miss' : 'hit').value += 1;
      if (known !== undefined) {
        known.isVisited = true;
        sendToMate(response, known);
        return;
      }
      if (negatives.has(key, nowMs)) throw new MeridianError('not_found', { what: 'such object' });
      asks.note(key, nowMs);
      // Whoever is asked does not ask on: a request passes at most one other edge.
      const flight = filler.fill({ ...(await fillRequestOf(call, address, gate)), isShared: false });
      const outcome = await streamToMate(flight, response);
      if (outcome === null) return;
      if (outcome.kind === 'found') sendToMate(response, outcome);
      else if (outcome.kind === 'missing') throw new MeridianError('not_found', { what: 'such object' });
      else throw new MeridianError('overloaded', { reason: `the object is ${outcome.kind}` });
    },
  };
}

/** Sends a whole object to another edge. */
function sendToMate(
  response: ServerResponse,
  { body, etag, cacheClass }: Pick<FoundObject, 'body' | 'etag' | 'cacheClass'>,
): void {
  response.writeHead(200, [
    'Content-Length',
    String(body.length),
    'ETag',
    etag,
    CACHE_CLASS_HEADER,
    cacheClass,
  ]);
  response.end(body);
}

/** Passes a flight on to another edge as it comes; resolves to its outcome when nothing of it was sent. */
function streamToMate(flight: Flight, response: ServerResponse): Promise<FillOutcome | null> {
  return new Promise((resolve) => {
    response.once('close', () => resolve(null));
    streamFlight(flight, {
      response,
      contentType: 'application/octet-stream',
      isPrivate: true,
      extraHeaders: [CACHE_CLASS_HEADER, 'immutable'],
      onBegin: () => resolve(null),
      onOutcome: resolve,
      onSent: () => undefined,
    });
  });
}
