// The load of the edge bench, a process of its own: raw sockets, keep-alive, one request at a time on each of 32
// connections, every answer counted to its last byte. Reads one JSON task per line, answers one JSON line each.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { defined } from '#base/assert.ts';

const CONNECTIONS = 32;

export interface LoadTask {
  readonly port: number;
  readonly paths: readonly string[];
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
}

/** Every answer of a task is equally long but for its header, which ends in an empty line. */
function drive(task: LoadTask, signal: { isOver: boolean }, counts: { requests: number; failures: number }) {
  return new Promise<void>((resolve) => {
    let next = Math.floor((counts.requests * 7_919 + Math.random() * task.paths.length) % task.paths.length);
    let left = 0;
    let head = '';
    const socket = connect({
      port: task.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(262_144), callback: receive },
    });
    const ask = (): void => {
      if (signal.isOver) {
        socket.destroy();
        return;
      }
      next = (next + 1) % task.paths.length;
      head = '';
      socket.write(
        `GET ${defined(task.paths[next], 'a path')} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`,
      );
    };
    function receive(bytes: number, buffer: Uint8Array): boolean {
      let used = bytes;
      if (left === 0) {
        const text = Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(bytes, 4_096)).toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        head = text.slice(0, end);
        if (end === -1 || !head.startsWith('HTTP/1.1 200')) {
          counts.failures += 1;
          socket.destroy();
          return true;
        }
        left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        used = bytes - end - 4;
      }
      left -= used;
      if (left === 0) {
        counts.requests += 1;
        ask();
      }
      return true;
    }
    socket.on('connect', ask);
    socket.on('error', () => {
      counts.failures += 1;
    });
    socket.on('close', () => resolve());
  });
}

async function run(task: LoadTask): Promise<LoadResult> {
  const signal = { isOver: false };
  const counts = { requests: 0, failures: 0 };
  const timer = setTimeout(() => {
    signal.isOver = true;
  }, task.seconds * 1_000);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => drive(task, signal, counts)));
  clearTimeout(timer);
  return counts;
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await run(JSON.parse(line) as LoadTask);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
