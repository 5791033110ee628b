// One request to one address. It tells of every byte, since silence is what the race decides by.

import type { FailureReason } from '../../src/core/playback/failover.ts';

export type AttemptResult = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: ArrayBuffer;
  readonly startedAtMs: number;
  readonly firstByteAtMs: number;
};

export type AttemptCallbacks = {
  readonly onHeard: (loaded: number, total: number) => void;
  readonly onDone: (result: AttemptResult) => void;
  readonly onFailed: (reason: FailureReason) => void;
};

export type AttemptOptions = {
  readonly headers: Readonly<Record<string, string>>;
  /** Nobody waits for it yet: an edge under load turns it away first, and the browser lets others pass. */
  readonly isPrefetch: boolean;
};

/** The mark of a prefetch, which edges know. It rides in the query, since a header would cost a preflight. */
export function markPrefetch(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}prefetch=1`;
}

/** Starts the request; the function returned cancels it silently. */
export function openAttempt(url: string, options: AttemptOptions, callbacks: AttemptCallbacks): () => void {
  const controller = new AbortController();
  const run = async (): Promise<void> => {
    try {
      await receive(url, options, controller.signal, callbacks);
    } catch {
      // fetch says "TypeError" for refused, reset and blocked alike; there is nothing more to learn from it.
      if (!controller.signal.aborted) callbacks.onFailed({ code: 'unreachable' });
    }
  };
  run().catch(() => undefined);
  return () => controller.abort();
}

async function receive(
  url: string,
  { headers, isPrefetch }: AttemptOptions,
  signal: AbortSignal,
  callbacks: AttemptCallbacks,
): Promise<void> {
  const startedAtMs = performance.now();
  const address = isPrefetch ? markPrefetch(url) : url;
  // Not yet in every browser's types (Fetch standard, RequestInit.priority).
  const init: RequestInit & { priority: string } = {
    headers,
    signal,
    credentials: 'omit',
    priority: isPrefetch ? 'low' : 'auto',
  };
  const response = await fetch(address, init);
  const firstByteAtMs = performance.now();
  if (!response.ok) {
    await response.body?.cancel();
    callbacks.onFailed({ code: 'status', status: response.status });
    return;
  }
  const total = Number(response.headers.get('content-length') ?? 0);
  callbacks.onHeard(0, total);
  const bytes = await readBody(response, total, signal, callbacks);
  if (signal.aborted) return;
  callbacks.onDone({ status: response.status, headers: response.headers, bytes, startedAtMs, firstByteAtMs });
}

async function readBody(
  response: Response,
  total: number,
  signal: AbortSignal,
  callbacks: AttemptCallbacks,
): Promise<ArrayBuffer> {
  const reader = response.body?.getReader();
  if (reader === undefined) return await response.arrayBuffer();
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.byteLength;
    if (!signal.aborted) callbacks.onHeard(loaded, Math.max(total, loaded));
  }
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes.buffer;
}
