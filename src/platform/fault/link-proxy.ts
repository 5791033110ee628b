// A TCP proxy in user space that makes a link slow, narrow, silent or broken; faults may change while connections
// live. It needs no rights and runs everywhere, which netem does not.
//
// Each direction of a connection is one line of chunks with their times of arrival, never reordered. A line holds at
// most HELD_BYTES_MAX and then stops reading, so that memory is bounded and the sender feels the link. Silence stops
// a line; what it holds arrives once the silence ends, as TCP would send it again, so streams never lose bytes. The
// handshake costs a round trip, which a local proxy would otherwise hide. Single packets cannot be lost at this
// level; loss shows in TCP as pauses, for which jitter and silence stand.

import net from 'node:net';
import { createPrng, type Prng } from '#base/prng.ts';
import {
  arrivalMs,
  combineLinkFaults,
  type DirectionEffect,
  type LinkEffect,
  type LinkFault,
} from '#core/fault/catalogue.ts';

export interface LinkProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly seed: number;
  readonly faults?: readonly LinkFault[];
  /** Address to listen on; links of one machine never leave it. */
  readonly host?: string;
}

export interface LinkProxy {
  readonly port: number;
  /** Replaces all faults; live connections feel it at once. Resolves when refusing begins or ends. */
  setFaults(faults: readonly LinkFault[]): Promise<void>;
  connectionCount(): number;
  /** Resets live connections and stops listening. */
  close(): Promise<void>;
}

/** 4 MiB in 80 ms is 50 MB/s on one connection, above what one machine shares among three regions. */
const HELD_BYTES_MAX = 4 * 2 ** 20;
/** Timers are no finer than this; what is due sooner goes out at once. */
const TIMER_MS_MIN = 0.5;

/** Starts a proxy on a free port. */
export async function createLinkProxy(options: LinkProxyOptions): Promise<LinkProxy> {
  const host = options.host ?? '127.0.0.1';
  const link: Link = {
    effect: combineLinkFaults(options.faults ?? []),
    prng: createPrng(options.seed),
    connections: new Set(),
    freeAtMs: { there: 0, back: 0 },
  };
  let server: net.Server | undefined = createServer(options.target, link);
  const port = await listen(server, 0, host);
  let change = Promise.resolve();

  async function applyMode(): Promise<void> {
    if (link.effect.mode !== 'up') for (const connection of [...link.connections]) connection.reset();
    if (link.effect.mode === 'refuse' && server !== undefined) {
      const closing = server;
      server = undefined;
      await new Promise<void>((resolve) => closing.close(() => resolve()));
    } else if (link.effect.mode !== 'refuse' && server === undefined) {
      server = createServer(options.target, link);
      await listen(server, port, host);
    }
    for (const connection of link.connections) connection.wake();
  }

  return {
    port,
    setFaults(faults) {
      link.effect = combineLinkFaults(faults);
      change = change.then(applyMode, applyMode);
      return change;
    },
    connectionCount: () => link.connections.size,
    async close() {
      link.effect = combineLinkFaults([{ kind: 'refuse' }]);
      change = change.then(applyMode, applyMode);
      await change;
    },
  };
}

/** What all connections of a link share: bandwidth belongs to the link, not to each of them. */
interface Link {
  effect: LinkEffect;
  readonly prng: Prng;
  readonly connections: Set<Connection>;
  readonly freeAtMs: { there: number; back: number };
}

interface Connection {
  reset(): void;
  /** Looks again at what may be delivered, after faults have changed. */
  wake(): void;
}

function listen(server: net.Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function createServer(target: LinkProxyOptions['target'], link: Link): net.Server {
  return net.createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (client) => {
    if (link.effect.mode === 'up') connect(client, target, link);
    else client.resetAndDestroy();
  });
}

function connect(client: net.Socket, target: LinkProxyOptions['target'], link: Link): void {
  const upstream = net.connect({ ...target, noDelay: true, allowHalfOpen: true });
  let carried = 0;
  const connection: Connection = {
    reset() {
      link.connections.delete(connection);
      there.stop();
      back.stop();
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    },
    wake() {
      there.deliver();
      back.deliver();
    },
  };
  const count = (bytes: number): boolean => {
    carried += bytes;
    if (carried <= link.effect.resetAfterBytes) return true;
    connection.reset();
    return false;
  };
  const there = createLine(client, upstream, link, 'there', count);
  const back = createLine(upstream, client, link, 'back', count);
  link.connections.add(connection);
  for (const socket of [client, upstream]) {
    const other = socket === client ? upstream : client;
    // A refused or broken target looks like a reset to whoever called.
    socket.on('error', () => connection.reset());
    socket.on('close', () => {
      if (other.destroyed) link.connections.delete(connection);
      // After a clean close the other side still gets what the lines hold, and closes by itself.
      else if (!socket.readableEnded || !socket.writableFinished) connection.reset();
    });
  }
  client.resume();
}

interface Line {
  deliver(): void;
  stop(): void;
}

interface Chunk {
  /** null: the end of the stream. */
  readonly data: Buffer | null;
  readonly arrivalMs: number;
}

function createLine(
  source: net.Socket,
  destination: net.Socket,
  link: Link,
  direction: 'there' | 'back',
  count: (bytes: number) => boolean,
): Line {
  const queue: Chunk[] = [];
  let head = 0;
  let held = 0;
  let lastArrivalMs = 0;
  const openAtMs = performance.now() + (direction === 'there' ? handshakeMs(link.effect) : 0);
  let timer: NodeJS.Timeout | undefined;
  let isFull = false;

  function take(data: Buffer | null): void {
    const effect: DirectionEffect = link.effect[direction];
    const line = { freeAtMs: link.freeAtMs[direction], lastArrivalMs, openAtMs };
    const due = arrivalMs(line, data?.length ?? 0, effect, performance.now(), link.prng());
    link.freeAtMs[direction] = due.freeAtMs;
    lastArrivalMs = due.arrivalMs;
    queue.push({ data, arrivalMs: due.arrivalMs });
    held += data?.length ?? 0;
    if (held >= HELD_BYTES_MAX) source.pause();
    deliver();
  }

  function deliver(): void {
    clearTimeout(timer);
    timer = undefined;
    while (!link.effect[direction].isSilent && !isFull && !destination.destroyed) {
      const chunk = queue[head];
      if (chunk === undefined) return;
      const waitMs = chunk.arrivalMs - performance.now();
      if (waitMs >= TIMER_MS_MIN) {
        timer = setTimeout(deliver, waitMs);
        return;
      }
      head += 1;
      if (head >= 1_024) {
        queue.splice(0, head);
        head = 0;
      }
      if (chunk.data === null) {
        destination.end();
        return;
      }
      held -= chunk.data.length;
      if (!count(chunk.data.length)) return;
      if (!destination.write(chunk.data)) isFull = true;
      if (held < HELD_BYTES_MAX && source.isPaused()) source.resume();
    }
  }

  source.on('data', take);
  source.on('end', () => take(null));
  destination.on('drain', () => {
    isFull = false;
    deliver();
  });
  return {
    deliver,
    stop() {
      clearTimeout(timer);
      queue.length = 0;
      head = 0;
    },
  };
}

function handshakeMs(effect: LinkEffect): number {
  return effect.there.delayMs + effect.back.delayMs;
}
