// Requests of the agent to control: JSON out, JSON in, problems as errors, sizes bounded, times taken.

import { type ErrorCode, fromProblem, MeridianError } from '#contract/errors.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { type Transport, TransportError } from '#platform/http/transport.ts';
import { SIGNED_SNAPSHOT_BYTES_MAX } from './limits.ts';

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The problem that the answer describes, when it is one. */
  readonly problem: MeridianError | undefined;
  /** The Date header in milliseconds, whole seconds; undefined without one. */
  readonly dateMs: number | undefined;
}

/** The answer was larger than anything honest. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** Posts JSON. Throws TransportError when no answer arrives, AnswerTooLargeError when it is too large. */
export async function postJson(
  transport: Transport,
  url: string,
  body: unknown,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ControlAnswer> {
  const response = await transport.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    headersTimeoutMs: timeoutMs,
    signal,
  });
  const declared = Number(response.headers['content-length'] ?? 0);
  if (declared > SIGNED_SNAPSHOT_BYTES_MAX) {
    response.body.destroy();
    throw new AnswerTooLargeError(`the answer has ${declared} bytes`);
  }
  const bytes = await readBody(response.body, SIGNED_SNAPSHOT_BYTES_MAX);
  const parsed = parseJson(bytes);
  const date = Date.parse(response.headers.date ?? '');
  return {
    status: response.status,
    body: parsed,
    problem: response.status >= 400 ? fromProblem(parsed) : undefined,
    dateMs: Number.isFinite(date) ? date : undefined,
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whether control refused with one of these codes. */
export function isProblem(error: unknown, ...codes: ErrorCode[]): boolean {
  return error instanceof MeridianError && codes.includes(error.code);
}

/** One line for logs and reports. */
export function describeError(error: unknown): string {
  if (error instanceof TransportError || error instanceof MeridianError) return error.message;
  return String(error);
}
