// A plain HTTP client for edge tests: raw paths, raw headers, and connections that it lets go.

import { type IncomingMessage, request as startRequest } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The parsed body; throws when it is not JSON. */
  json(): Record<string, unknown>;
}

export interface GetOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** Sends one request; rejects when the answer breaks off. */
export function get(port: number, path: string, options: GetOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body,
            json: () => JSON.parse(body.toString('utf8')) as Record<string, unknown>,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Status and error code of an answer, for tables. */
export function verdict(answer: Answer): string {
  const isProblem = answer.headers['content-type'] === 'application/problem+json';
  return isProblem ? `${answer.status} ${String(answer.json().code)}` : String(answer.status);
}
