// The answer proxy in a process of its own: beside hundreds of viewers in one process it would be the slow part itself.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AnswerFault } from '#core/fault/catalogue.ts';
import { createAnswerProxy } from '#platform/fault/answer-proxy.ts';

export interface EdgeFront {
  readonly port: number;
  setFaults(faults: readonly AnswerFault[]): void;
  close(): Promise<void>;
}

/** Starts a proxy before an edge of this machine; without faults until some are set. */
export async function startEdgeFront(edgePort: number): Promise<EdgeFront> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [String(edgePort)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    setFaults: (faults) => void child.send(faults),
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = { host: '127.0.0.1', port: Number(process.argv[2]) };
  const proxy = await createAnswerProxy({ target, seed: 1 });
  process.on('message', (faults) => proxy.setFaults(faults as AnswerFault[]));
  process.on('disconnect', () => process.exit());
  process.send?.(proxy.port);
}
