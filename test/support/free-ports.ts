// Ports for processes that are told theirs before they start, so that two tests at once never get the same ones.
//
// A port that was free a moment ago may be taken by anybody before it is used. So ports come from a block below the
// range out of which the kernel serves connections (32768 and up on Linux), and a block belongs to whoever listens on
// its first port: the kernel sees to it that this is one process, and frees the block when that process ends.

import { createServer, type Server } from 'node:net';

const FIRST_PORT = 20_000;
const BLOCKS = 390;
/** The first port is the claim; a world of three regions takes eleven. */
const PORTS_PER_BLOCK = 32;

function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await tryListen(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** Ports that no other test is given while this process lives. */
export async function claimPorts(count: number): Promise<number[]> {
  if (count >= PORTS_PER_BLOCK) throw new Error(`a block has ${PORTS_PER_BLOCK - 1} ports, not ${count}`);
  for (let tried = 0; tried < BLOCKS; tried += 1) {
    // Processes begin at different blocks, since most of them are gone before their turn comes again.
    const first = FIRST_PORT + ((process.pid + tried) % BLOCKS) * PORTS_PER_BLOCK;
    const claim = await tryListen(first);
    if (claim === undefined) continue;
    claim.unref();
    const ports = Array.from({ length: count }, (_, index) => first + 1 + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
    claim.close();
  }
  throw new Error(`no block of ports from ${FIRST_PORT} on is free`);
}
