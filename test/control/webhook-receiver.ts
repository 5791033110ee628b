// A receiver of webhooks that does what a test tells it to, and checks signatures as docs/webhooks.md tells receivers to.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The event, when the body is one in structured form. */
  readonly event: CloudEvent;
  readonly path: string;
}

export interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Receiver {
  readonly url: string;
  /** Requests in the order of their arrival. */
  readonly received: Received[];
  /** What to answer; a promise holds the answer back. Default: 204. */
  answer: (received: Received, response: ServerResponse) => number | Promise<number> | undefined;
  types(): string[];
  close(): Promise<void>;
}

/** Starts a receiver on a free port. */
export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    received: [],
    answer: () => 204,
    types: () => receiver.received.map(({ event }) => event.type),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const headers = request.headers as Record<string, string>;
    const event = JSON.parse(body) as CloudEvent;
    const received = { id: headers['webhook-id'] ?? '', headers, body, event, path: request.url ?? '' };
    receiver.received.push(received);
    const status = await receiver.answer(received, response);
    if (status === undefined) return;
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(status < 300 ? '' : `refused with ${status}`);
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}/hook` });
}

/** Which of the secrets signed a request: their places in the list. */
export function signersOf({ headers, body }: Received, secrets: readonly string[]): number[] {
  const given = (headers['webhook-signature'] ?? '').split(' ');
  return secrets.flatMap((secret, index) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const own = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    return given.includes(own) ? [index] : [];
  });
}
