// A server that looks healthy and serves its viewers badly: an HTTP proxy before an edge that holds, fails, cuts or
// garbles the answers to some addresses and passes all others on at once. Steering, probes and beats never notice; viewers do.

import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrng } from '#base/prng.ts';
import { type AnswerEffect, type AnswerFault, drawAnswerEffect } from '#core/fault/catalogue.ts';

export interface AnswerProxy {
  readonly port: number;
  /** Replaces all faults; requests that come from now on feel them. */
  setFaults(faults: readonly AnswerFault[]): void;
  /** Resets live connections and stops listening. */
  close(): Promise<void>;
}

export interface AnswerProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly seed: number;
  /** Port to listen on; any free one without it. */
  readonly port?: number;
}

/** Answers that may be held at once; whoever asks for more is answered without delay, so that memory is bounded. */
const HELD_MAX = 10_000;

/** Starts a proxy on the loopback. */
export async function createAnswerProxy(options: AnswerProxyOptions): Promise<AnswerProxy> {
  const chance = createPrng(options.seed);
  const agent = new Agent({ keepAlive: true });
  const held = new Set<NodeJS.Timeout>();
  let faults: readonly AnswerFault[] = [];

  function pass(incoming: IncomingMessage, response: ServerResponse, effect: AnswerEffect): void {
    const { bytesMax, isGarbled } = effect;
    const { host, port } = options.target;
    const { method, url: path, headers } = incoming;
    const asked = request({ agent, host, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      let sent = 0;
      answer.on('data', (chunk: Buffer) => {
        sent += chunk.length;
        // Not one bit is right, and the length is.
        if (isGarbled) for (const [index, byte] of chunk.entries()) chunk[index] = byte ^ 0xff;
        if (sent >= bytesMax)
          response.write(chunk.subarray(0, chunk.length - (sent - bytesMax)), () => response.destroy());
        else if (!response.write(chunk)) answer.pause();
      });
      response.on('drain', () => answer.resume());
      answer.on('end', () => response.end());
      answer.on('error', () => response.destroy());
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
    incoming.pipe(asked);
  }

  const server = createServer((incoming, response) => {
    const effect = drawAnswerEffect(faults, incoming.url ?? '/', chance);
    const { delayMs, status } = effect;
    const answer = (): void => {
      if (status === null) pass(incoming, response, effect);
      else response.writeHead(status, { 'access-control-allow-origin': '*', 'content-length': 0 }).end();
    };
    if (delayMs === 0 || held.size >= HELD_MAX) {
      answer();
      return;
    }
    const timer = setTimeout(() => {
      held.delete(timer);
      answer();
    }, delayMs);
    held.add(timer);
    response.on('close', () => {
      clearTimeout(timer);
      held.delete(timer);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    setFaults(next) {
      faults = next;
    },
    async close() {
      for (const timer of held) clearTimeout(timer);
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
