// One attempt: posts an event and says what came of it. The address is judged where the connection is made
// (platform/http/guarded-lookup), redirects are not followed, and every attempt has a connection of its own, so that
// what was judged is what is used, and a socket that died between two events is no failed attempt.

import http from 'node:http';
import https from 'node:https';
import {
  createPublicLookup,
  createSystemResolver,
  findForbiddenHost,
  type Resolver,
} from '#platform/http/guarded-lookup.ts';
import { ANSWER_BODY_MS_MAX, ANSWER_BYTES_KEPT, ANSWER_MS_MAX } from './limits.ts';

export interface SendRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SendResult {
  /** Status of the answer; null when there was none. */
  readonly status: number | null;
  /** What went wrong, a sentence; null when the receiver took it. */
  readonly problem: string | null;
  /** First bytes of the answer's body. */
  readonly answer: string;
  readonly retryAfterMs: number | null;
}

export type Send = (request: SendRequest, signal: AbortSignal) => Promise<SendResult>;

export interface SenderOptions {
  readonly allowPrivateAddresses: boolean;
  /** How names become addresses; tests bring their own. */
  readonly resolve?: Resolver;
  readonly answerMsMax?: number;
}

/** Creates the function that makes attempts; it never throws. */
export function createSender(options: SenderOptions): Send {
  const { allowPrivateAddresses, answerMsMax = ANSWER_MS_MAX } = options;
  const lookup = allowPrivateAddresses
    ? undefined
    : createPublicLookup(options.resolve ?? createSystemResolver());
  return async ({ url: text, headers, body }, signal) => {
    const url = new URL(text);
    const forbidden = allowPrivateAddresses ? undefined : findForbiddenHost(url);
    if (forbidden !== undefined) return failure(forbiddenText(forbidden));
    const requestOptions = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      agent: false as const,
      maxHeaderSize: 16_384,
      ...(lookup === undefined ? {} : { lookup }),
    };
    const outgoing =
      url.protocol === 'https:' ? https.request(url, requestOptions) : http.request(url, requestOptions);
    try {
      const incoming = await exchange(outgoing, body, answerMsMax, signal);
      return await readAnswer(incoming);
    } catch (error) {
      return failure(problemText(error, url, answerMsMax));
    } finally {
      outgoing.destroy();
    }
  };
}

function failure(problem: string): SendResult {
  return { status: null, problem, answer: '', retryAfterMs: null };
}

class SlowAnswerError extends Error {}

function exchange(
  outgoing: http.ClientRequest,
  body: string,
  answerMsMax: number,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => outgoing.destroy(new SlowAnswerError()), answerMsMax);
    const onAbort = (): void => {
      outgoing.destroy(new Error('control stopped'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    outgoing.on('error', (error) => {
      settle();
      reject(error);
    });
    outgoing.on('response', (incoming) => {
      settle();
      resolve(incoming);
    });
    outgoing.end(body);
  });
}

async function readAnswer(incoming: http.IncomingMessage): Promise<SendResult> {
  const status = incoming.statusCode ?? 0;
  const answer = await readStart(incoming);
  const { location, 'retry-after': retryAfter } = incoming.headers;
  return {
    status,
    problem: statusProblem(status, location),
    answer,
    retryAfterMs: retryAfterMsOf(retryAfter),
  };
}

/** The first bytes of a body; what comes late or broken is left out, since the status has said it all. */
async function readStart(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => incoming.destroy(), ANSWER_BODY_MS_MAX);
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ANSWER_BYTES_KEPT) break;
    }
  } catch {
    // The connection broke after the status.
  } finally {
    clearTimeout(timer);
    incoming.destroy();
  }
  const text = Buffer.concat(chunks).subarray(0, ANSWER_BYTES_KEPT).toString('utf8');
  // The database takes no NUL, and people no control characters; a cut character at the end is not shown.
  return text.replace(/[^\P{Cc}\n\t]/gu, '·').replace(/\uFFFD+$/, '');
}

function statusProblem(status: number, location: string | undefined): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    const target = location === undefined ? '' : ` to ${location.slice(0, 200)}`;
    return `The endpoint redirects${target} (status ${status}); redirects are not followed.`;
  }
  return `The endpoint answered with status ${status}.`;
}

/** Seconds; the date form is rare and then our own delay is as good. */
function retryAfterMsOf(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,7}$/.test(value.trim()) ? Number(value) * 1_000 : null;
}

function forbiddenText(error: Error): string {
  return `Not sent: ${error.message}; \`webhooks.allowPrivateAddresses\` would allow it.`;
}

const CODE_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens at {host}: the connection was refused.',
  ENOTFOUND: 'The name {host} is not known.',
  EAI_AGAIN: 'The name {host} could not be looked up: name servers do not answer.',
  EHOSTUNREACH: 'There is no way to {host}.',
  ENETUNREACH: 'There is no way to {host}.',
  ECONNRESET: 'The endpoint closed the connection without an answer.',
  EPROTO: '{host} does not speak TLS at this port.',
  CERT_HAS_EXPIRED: 'The certificate of {host} has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of {host} is signed by itself.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of {host} comes from an authority that is not trusted here.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of {host} comes without those that vouch for it.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is not one for {host}.',
};

function problemText(error: unknown, url: URL, answerMsMax: number): string {
  if (error instanceof SlowAnswerError) return `No answer within ${answerMsMax / 1_000} s.`;
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'ForbiddenAddressError') return forbiddenText(error);
  // Several addresses were tried: the first tells enough.
  const first: Error = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  const code = 'code' in first ? String(first.code) : '';
  return CODE_TEXTS[code]?.replace('{host}', url.host) ?? `The request failed: ${first.message}.`;
}
