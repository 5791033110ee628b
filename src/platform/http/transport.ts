// Requests to other processes, as a small port, so that faults can decorate it and tests can fake it.

import type { Readable } from 'node:stream';

export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | Readable;
  readonly signal?: AbortSignal;
  /** Longest until the response's headers; the error then says so. */
  readonly headersTimeoutMs: number;
  /** Longest silence while the body arrives. Default: headersTimeoutMs. */
  readonly idleTimeoutMs?: number;
}

export interface TransportResponse {
  readonly status: number;
  /** Lower-case names; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Must be read or destroyed by the caller. */
  readonly body: Readable;
}

export interface Transport {
  /** Sends a request; rejects with TransportError when no response arrives. Status codes are not errors. */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** No response, or it broke off. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: 'refused' | 'timeout' | 'reset' | 'aborted';

  constructor(kind: 'refused' | 'timeout' | 'reset' | 'aborted', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
