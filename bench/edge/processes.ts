// Processes of the edge bench: starting our own, and what a process has used of the processors.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface BenchProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** The next line that it prints. */
  next(): Promise<string>;
  stop(): Promise<void>;
}

/** A server whose processor time is measured. */
export interface ServerUnderLoad {
  readonly pid: number;
  readonly port: number;
  /** Addresses by size. */
  readonly paths: readonly (readonly string[])[];
}

/** What ours is compared with. */
export interface Peer extends ServerUnderLoad {
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts a script of this folder. */
export function startScript(name: string, ...args: string[]): BenchProcess {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async next() {
      const { value, done } = await iterator.next();
      if (done) throw new Error(`${name} ended early`);
      return value;
    },
    stop() {
      return new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      });
    },
  };
}

/** Time on a CPU of all threads of a process, in seconds, to the nanosecond. */
export async function cpuSeconds(pid: number): Promise<number> {
  let nanoseconds = 0;
  for (const task of await readdir(`/proc/${pid}/task`)) {
    // Threads come and go.
    const text = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => '0');
    nanoseconds += Number(text.split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until somebody listens on the port. */
export async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isOpen) return;
    await sleep(25);
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** The master's child: the process that serves. */
export async function workerOf(masterPid: number): Promise<number> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent === masterPid) return Number(name);
    }
    await sleep(25);
  }
  throw new Error(`process ${masterPid} started no worker`);
}
