// One call: an HTTP request that is repeated where repeating is harmless, and an error that says what to do.
// GET, PUT and DELETE have the same effect however often they arrive (RFC 9110 section 9.2.2), so only these are sent
// again; a POST whose answer was lost may have been done, and its caller decides.

/** Sends one call of the API. */
export type Call = <T>(method: string, path: string, given: CallGiven, options: CallOptions) => Promise<T>;

export interface CallGiven {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: object;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallSettings {
  /** Address of control, e.g. https://control.example. */
  readonly url: string;
  /** API token; in a page of the console's own origin its cookie does as well. */
  readonly token?: string;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** How often a call that may be repeated is, when control is away or busy; default 3. */
  readonly retries?: number;
}

/** First pause before a repetition; each next one is three times as long. */
const PAUSE_MS_MIN = 200;
/** A server's wish to wait is honoured up to this. */
const RETRY_AFTER_MS_MAX = 30_000;
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A refusal, or `unavailable` when nobody answered. */
export class MeridianApiError extends Error {
  override readonly name = 'MeridianApiError';
  /** Stable, e.g. not_found; the table is in docs/errors.md. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** What to do about it. */
  readonly action: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** For the operator, to find the request in the logs. */
  readonly requestId: string | null;

  constructor(
    problem: {
      code: string;
      status: number;
      title: string;
      action?: string;
      details?: Readonly<Record<string, string | number>>;
      requestId?: string | null;
    },
    options?: ErrorOptions,
  ) {
    super(problem.title, options);
    this.code = problem.code;
    this.status = problem.status;
    this.action = problem.action ?? '';
    this.details = problem.details ?? {};
    this.requestId = problem.requestId ?? null;
  }
}

/** Waits, or rejects with the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Reads an answer of the API as the error that it is. */
export function errorOf(status: number, body: unknown, requestId: string | null = null): MeridianApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: string;
    title?: string;
    action?: string;
    details?: Record<string, string | number>;
  };
  return new MeridianApiError({
    code: problem.code ?? 'unavailable',
    status,
    title: problem.title ?? `The server answered with status ${status}.`,
    action: problem.action ?? 'Try again shortly.',
    details: problem.details ?? {},
    requestId,
  });
}

/** Creates the function that sends calls. */
export function createCall(settings: CallSettings): Call {
  const base = settings.url.replace(/\/+$/, '');
  const retries = settings.retries ?? 3;

  async function once(
    method: string,
    path: string,
    given: CallGiven,
    options: CallOptions,
  ): Promise<Response> {
    const send = settings.fetch ?? globalThis.fetch;
    try {
      return await send(base + fillPath(path, given), {
        method,
        headers: {
          ...(settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` }),
          ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      const title = `${base === '' ? 'Control' : base} cannot be reached.`;
      const action = 'Try again shortly; nothing was lost.';
      throw new MeridianApiError({ code: 'unavailable', status: 0, title, action }, { cause: error });
    }
  }

  return async <T>(method: string, path: string, given: CallGiven, options: CallOptions): Promise<T> => {
    for (let attempt = 0; ; attempt += 1) {
      let failure: MeridianApiError;
      let waitMs = PAUSE_MS_MIN * 3 ** attempt * (0.5 + Math.random() / 2);
      try {
        const response = await once(method, path, given, options);
        const body: unknown = await response.json().catch(() => undefined);
        if (response.ok) return body as T;
        failure = errorOf(response.status, body, response.headers.get('x-request-id'));
        const afterMs = Number(response.headers.get('retry-after') ?? Number.NaN) * 1_000;
        if (Number.isFinite(afterMs)) waitMs = Math.min(RETRY_AFTER_MS_MAX, Math.max(waitMs, afterMs));
      } catch (error) {
        if (!(error instanceof MeridianApiError)) throw error;
        failure = error;
      }
      const isPassing = failure.status === 0 || PASSING.has(failure.status);
      if (!isPassing || !REPEATABLE.has(method) || attempt >= retries) throw failure;
      await pause(waitMs, options.signal);
    }
  };
}

function fillPath(template: string, { path = {}, query = {} }: CallGiven): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search}`;
}
