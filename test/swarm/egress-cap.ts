// Caps what a region sends to all its viewers together: a TCP proxy in a process of its own that hands a rate out in
// turns, as a fair queue at a site's uplink does. The link proxy of platform/fault is no such thing: its queue is first
// in, first out, so that with hundreds of viewers nobody's first byte would pass the others' whole segments.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

/** A tick's worth is handed out in turns of this size. */
const QUANTUM_BYTES = 8_192;
const TICK_MS = 20;
/** What one connection may hold back before its edge is made to wait. */
const HELD_BYTES_MAX = 65_536;
/** After a pause of the process no more than this is made up for. */
const CATCH_UP_MS_MAX = 100;

export type EgressCap = {
  readonly port: number;
  /** Changes the rate; infinity lifts the cap. */
  readonly set: (bytesPerSecond: number) => void;
  readonly close: () => Promise<void>;
};

/** Starts a cap in front of a port of this machine; without a limit until one is set. */
export async function startEgressCap(targetPort: number): Promise<EgressCap> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [String(targetPort)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    set: (bytesPerSecond) => child.send(Number.isFinite(bytesPerSecond) ? bytesPerSecond : 0),
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

type Flow = { readonly client: net.Socket; readonly upstream: net.Socket; queue: Buffer[]; held: number };

/** Sends at most so many bytes of what a flow holds; returns how many. */
function hand(flow: Flow, waiting: Set<Flow>, most: number): number {
  const first = flow.queue[0];
  if (first === undefined) return 0;
  const part = first.subarray(0, most);
  if (part.length === first.length) flow.queue.shift();
  else flow.queue[0] = first.subarray(part.length);
  flow.held -= part.length;
  flow.client.write(part);
  if (flow.held < HELD_BYTES_MAX && flow.upstream.isPaused()) flow.upstream.resume();
  if (flow.queue.length === 0) {
    waiting.delete(flow);
    if (flow.upstream.readableEnded) flow.client.end();
  }
  return part.length;
}

function runChild(targetPort: number): void {
  let bytesPerMs = Number.POSITIVE_INFINITY;
  const waiting = new Set<Flow>();
  let tickedAtMs = performance.now();

  setInterval(() => {
    const now = performance.now();
    let budget = bytesPerMs * Math.min(CATCH_UP_MS_MAX, now - tickedAtMs);
    tickedAtMs = now;
    while (budget > 0 && waiting.size > 0) {
      for (const flow of [...waiting]) {
        if (budget <= 0) break;
        budget -= hand(flow, waiting, QUANTUM_BYTES);
        // Whoever had a turn goes to the end of the line.
        if (waiting.delete(flow)) waiting.add(flow);
      }
    }
  }, TICK_MS);

  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    const flow: Flow = { client, upstream, queue: [], held: 0 };
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      if (!Number.isFinite(bytesPerMs)) {
        client.write(chunk);
        return;
      }
      flow.queue.push(chunk);
      flow.held += chunk.length;
      waiting.add(flow);
      if (flow.held >= HELD_BYTES_MAX) upstream.pause();
    });
    upstream.on('end', () => {
      if (flow.queue.length === 0) client.end();
    });
    const drop = (): void => {
      waiting.delete(flow);
      client.resetAndDestroy();
      upstream.destroy();
    };
    client.on('error', drop);
    upstream.on('error', drop);
    client.on('close', () => {
      waiting.delete(flow);
      upstream.destroy();
    });
  });
  process.on('disconnect', () => process.exit(0));
  process.on('message', (bytesPerSecond: number) => {
    bytesPerMs = bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : bytesPerSecond / 1_000;
    for (const flow of bytesPerSecond === 0 ? [...waiting] : []) while (hand(flow, waiting, flow.held) > 0);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runChild(Number(process.argv[2]));
