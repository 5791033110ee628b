// The two kinds of server that the control plane runs on: the one that Meridian brings, and one that the operator
// brings (Debian's PostgreSQL, reached over TCP), plus a link to it that can be cut.

import { execFileSync, spawn } from 'node:child_process';
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '#platform/database/database.ts';
import { startManagedPostgres } from '#platform/database/managed-postgres.ts';
import { chooseRunAs, wrapCommand } from '#platform/database/postgres-binaries.ts';
import { silentLog } from '#platform/log.ts';

export interface TestServer {
  readonly address: DatabaseAddress;
  readonly socketPath: string;
  stop(): Promise<void>;
}

export async function startBroughtServer(directory: string): Promise<TestServer> {
  const server = await startManagedPostgres({ directory, log: silentLog });
  return {
    address: server,
    socketPath: join(server.socketDirectory, '.s.PGSQL.5432'),
    stop: () => server.stop(),
  };
}

/** Debian's PostgreSQL; the oldest one installed, since that is the version that needs the proof. */
export async function startSystemServer(directory: string): Promise<TestServer> {
  const [bin] = globSync('/usr/lib/postgresql/*/bin').sort();
  if (bin === undefined) throw new Error('this test needs PostgreSQL: apt-get install postgresql');
  const runAs = await chooseRunAs();
  mkdirSync(directory, { mode: 0o700 });
  const data = join(directory, 'data');
  const run = (command: string[]): readonly string[] => wrapCommand(runAs, command);
  const [initdb = '', ...initdbRest] = run([
    join(bin, 'initdb'),
    ...['-D', data, '-U', 'meridian', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--no-locale'],
  ]);
  execFileSync(initdb, initdbRest, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [postgres = '', ...postgresRest] = run([
    join(bin, 'postgres'),
    ...['-D', data, '-k', directory, '-c', 'listen_addresses=', '-c', 'fsync=off'],
  ]);
  const child = spawn(postgres, postgresRest, { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((done, fail) => {
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('ready to accept connections')) done();
    });
    child.on('exit', (code) => fail(new Error(`postgres ended with ${code}`)));
  });
  return {
    address: { url: `postgres://meridian@/postgres?host=${directory}` },
    socketPath: join(directory, '.s.PGSQL.5432'),
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      if (child.exitCode === null && child.kill('SIGINT')) await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface Link {
  readonly url: string;
  /** Nothing passes any more, and nobody is told. */
  silence(): void;
  /** Resets what is open and refuses what comes. */
  cut(): Promise<void>;
  /** Works again. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP way to a server's unix socket, on a port of 127.0.0.1. */
export async function createLink(socketPath: string): Promise<Link> {
  let isSilent = false;
  let port = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socketPath);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (data) => {
        if (!isSilent) to.write(data);
      });
    }
  });
  const listen = (): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', done));
  const cut = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  await listen();
  const address = server.address();
  if (typeof address === 'object' && address !== null) port = address.port;
  return {
    url: `postgres://meridian:secret@127.0.0.1:${port}/postgres`,
    silence() {
      isSilent = true;
    },
    cut,
    async mend() {
      isSilent = false;
      if (!server.listening) await listen();
    },
    close: cut,
  };
}
