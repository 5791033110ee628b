// One process at a time on a data directory. The lock is an abstract unix socket (unix(7)), named after the device
// and inode of the directory: the kernel frees it when its holder dies, however it dies, and two names of one
// directory are one lock. Whoever comes second connects and is told who holds it.
// Limits: Linux only; abstract names belong to a network namespace, so two containers that share a volume but not a
// network do not see each other's lock (PostgreSQL's own lock file has the same limit); the name is not a secret, so
// another user of the machine could take it, which the second sentence below would then say.

import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { MeridianError } from '#contract/errors.ts';
import { directoryError, errorCode, makeDirectoryDurably } from './disk.ts';

export interface DirectoryLock {
  /** Lets go of the directory; idempotent. */
  release(): Promise<void>;
}

/** How long a holder gets to say who it is; it may be busy, and its answer only makes the error nicer. */
const ANSWER_MS_MAX = 500;

/** Takes the lock of a directory, making it when there is none, or throws MeridianError('conflict') naming the holder. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  let name: string;
  try {
    await makeDirectoryDurably(directory);
    const { dev, ino } = await stat(directory, { bigint: true });
    name = `\0meridian-${dev}-${ino}`;
  } catch (error) {
    throw directoryError(directory, error);
  }
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(String(process.pid));
  });
  try {
    await listen(server, name);
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    const pid = await askHolder(name);
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    const reason = `${directory} is in use by another Meridian (${holder}); stop it, or choose another dataDirectory`;
    throw new MeridianError('conflict', { reason, ...(pid === undefined ? {} : { pid }) }, { cause: error });
  }
  // The lock alone must not keep a process from ending.
  server.unref();
  let released: Promise<void> | undefined;
  return {
    release() {
      released ??= new Promise((done) => server.close(() => done()));
      return released;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen({ path }, () => {
      server.off('error', fail);
      done();
    });
  });
}

/** The process number of whoever holds the lock, or undefined when it does not say. */
function askHolder(path: string): Promise<number | undefined> {
  return new Promise((done) => {
    let text = '';
    const socket = connect({ path });
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy());
    socket.on('data', (data) => {
      text = (text + data.toString('latin1')).slice(0, 20);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => done(/^\d+$/.test(text) ? Number(text) : undefined));
  });
}
