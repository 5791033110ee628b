// The load of the edge bench, a process of its own: raw sockets or TLS, keep-alive, one request at a time on each of 32
// connections, every answer counted to its last byte. Reads one JSON task per line, answers one JSON line each.

import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { defined } from '#base/assert.ts';
import { openHttp2Connection } from './load-http2.ts';

const CONNECTIONS = 32;

export type LoadProtocol = 'http1' | 'tls-http1' | 'tls-http2';

export interface LoadTask {
  readonly protocol: LoadProtocol;
  readonly port: number;
  readonly paths: readonly string[];
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
}

export interface Round {
  readonly paths: readonly string[];
  isOver: boolean;
  requests: number;
  failures: number;
}

export interface Connection {
  /** Asks again and again until the round is over; resolves when the last answer is whole. */
  run(round: Round): Promise<void>;
}

/** Opens a connection that stays open between rounds, so that no round pays for it. */
function openHttp1Connection(port: number, seed: number, isSecure: boolean): Connection {
  let round: Round | undefined;
  let finish = (): void => {};
  let next = seed;
  let left = 0;
  const socket: Socket = isSecure
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: Buffer.allocUnsafe(262_144), callback: receive },
      });
  if (isSecure) socket.on('data', (chunk: Buffer) => receive(chunk.length, chunk));

  function ask(): void {
    if (round === undefined || round.isOver) {
      finish();
      return;
    }
    next = (next + 1) % round.paths.length;
    const path = defined(round.paths[next], 'a path');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`,
    );
  }

  function receive(bytes: number, buffer: Uint8Array): boolean {
    let used = bytes;
    if (left === 0) {
      const text = Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(bytes, 4_096)).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1 || !text.startsWith('HTTP/1.1 200')) {
        socket.destroy(new Error(`unexpected answer: ${text.slice(0, 60)}`));
        return true;
      }
      left = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      used = bytes - end - 4;
    }
    left -= used;
    if (left === 0) {
      if (round !== undefined) round.requests += 1;
      ask();
    }
    return true;
  }

  const fail = (): void => {
    if (round !== undefined) round.failures += 1;
    finish();
  };
  socket.on('error', () => undefined);
  socket.on('close', fail);
  return {
    run(started) {
      return new Promise((resolve) => {
        round = started;
        finish = resolve;
        if (socket.destroyed) fail();
        else ask();
      });
    },
  };
}

function openConnection(task: LoadTask, seed: number): Connection {
  const { port, protocol } = task;
  if (protocol === 'tls-http2') return openHttp2Connection(port, seed);
  return openHttp1Connection(port, seed, protocol === 'tls-http1');
}

const pools = new Map<string, Connection[]>();

async function run(task: LoadTask): Promise<LoadResult> {
  const poolId = `${task.protocol} ${task.port}`;
  let pool = pools.get(poolId);
  if (pool === undefined) {
    const step = Math.floor(task.paths.length / CONNECTIONS);
    pool = Array.from({ length: CONNECTIONS }, (_, index) => openConnection(task, index * step));
    pools.set(poolId, pool);
  }
  const round: Round = { paths: task.paths, isOver: false, requests: 0, failures: 0 };
  const timer = setTimeout(() => {
    round.isOver = true;
  }, task.seconds * 1_000);
  await Promise.all(pool.map((connection) => connection.run(round)));
  clearTimeout(timer);
  return { requests: round.requests, failures: round.failures };
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await run(JSON.parse(line) as LoadTask);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exit(0);
