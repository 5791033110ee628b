// The loader that hls.js is given: playlists, segments and keys all go through the router.
//
// hls.js sees the addresses of one pathway for ever, whichever pathway answered, so a change of region costs it
// nothing: no level reload, no audio flush, no aborted fragment. Multivariant playlists are reduced to that one
// pathway on the way in (presentation.ts), and the steering tag is taken out, since steering-loop.ts does that part.

import type {
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from 'hls.js';
import type { FailureReason } from '../../src/core/playback/failover.ts';
import type { RequestKind } from '../../src/core/playback/request-limits.ts';
import type { AttemptResult } from './attempt.ts';
import type { RoutedRequest } from './router.ts';

export type LoaderHost = {
  readonly request: (request: RoutedRequest) => () => void;
  /** Takes a multivariant playlist and returns what hls.js shall read instead. */
  readonly readMultivariant: (text: string, url: string) => string;
};

function createStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

function kindOf(context: LoaderContext): RequestKind {
  const type: string = context.type;
  if (type === 'manifest') return 'manifest';
  return type === 'level' || type === 'audioTrack' || type === 'subtitleTrack' ? 'playlist' : 'media';
}

function headersOf(context: LoaderContext): Record<string, string> {
  const headers: Record<string, string> = { ...context.headers };
  if (context.rangeEnd) headers.range = `bytes=${context.rangeStart ?? 0}-${context.rangeEnd - 1}`;
  return headers;
}

class RacingLoader implements Loader<LoaderContext> {
  context: LoaderContext | null = null;
  stats: LoaderStats = createStats();
  #abort: (() => void) | undefined;
  #callbacks: LoaderCallbacks<LoaderContext> | undefined;
  #headers: Headers | undefined;
  readonly #host: LoaderHost;

  constructor(host: LoaderHost) {
    this.#host = host;
  }

  load(
    context: LoaderContext,
    _config: LoaderConfiguration,
    callbacks: LoaderCallbacks<LoaderContext>,
  ): void {
    this.context = context;
    this.#callbacks = callbacks;
    this.stats.loading.start = performance.now();
    this.#abort = this.#host.request({
      url: context.url,
      kind: kindOf(context),
      headers: headersOf(context),
      onProgress: (loaded, total) => this.#progress(loaded, total),
      onDone: (result) => this.#succeed(context, result),
      onFailed: (reason) => this.#fail(context, reason),
    });
  }

  abort(): void {
    if (this.#abort === undefined) return;
    this.stats.aborted = true;
    this.#abort();
    this.#abort = undefined;
    if (this.context !== null) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.#abort?.();
    this.#abort = undefined;
    this.#callbacks = undefined;
  }

  getCacheAge(): number | null {
    const age = this.#headers?.get('age');
    return age === undefined || age === null ? null : Number(age);
  }

  getResponseHeader(name: string): string | null {
    return this.#headers?.get(name) ?? null;
  }

  #progress(loaded: number, total: number): void {
    if (this.stats.loading.first === 0) this.stats.loading.first = performance.now();
    this.stats.loaded = loaded;
    this.stats.total = total;
  }

  #succeed(context: LoaderContext, result: AttemptResult & { readonly url: string }): void {
    this.#abort = undefined;
    this.#headers = result.headers;
    const { stats } = this;
    // The bandwidth estimate shall see the winning attempt, not the wait for a dead region.
    stats.loading = {
      start: result.startedAtMs,
      first: result.firstByteAtMs,
      end: Math.max(performance.now(), result.firstByteAtMs),
    };
    stats.loaded = stats.total = result.bytes.byteLength;
    stats.bwEstimate = (stats.total * 8_000) / Math.max(1, stats.loading.end - stats.loading.first);
    let data: string | ArrayBuffer | object = result.bytes;
    if (context.responseType !== 'arraybuffer') data = new TextDecoder().decode(result.bytes);
    let url = context.url;
    if (typeof data === 'string' && kindOf(context) === 'manifest') {
      url = result.url;
      data = this.#host.readMultivariant(data, url);
    }
    this.#callbacks?.onSuccess({ url, data, code: result.status }, stats, context, null);
  }

  #fail(context: LoaderContext, reason: FailureReason): void {
    this.#abort = undefined;
    if (reason.code === 'no-first-byte' || reason.code === 'no-progress') {
      this.#callbacks?.onTimeout(this.stats, context, null);
      return;
    }
    const code = reason.code === 'status' ? reason.status : 0;
    this.#callbacks?.onError({ code, text: reason.code }, context, null, this.stats);
  }
}

/** Creates the loader class for one player: hls.js makes its loaders itself, and gives them its settings only. */
export function createRacingLoader(host: LoaderHost): new (config: HlsConfig) => Loader<LoaderContext> {
  return class extends RacingLoader {
    constructor() {
      super(host);
    }
  };
}
