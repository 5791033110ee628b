// A connection of the load that speaks HTTP/2 over TLS: one request at a time, as on the others, with windows that are
// as wide as browsers open them.

import { connect } from 'node:http2';
import { defined } from '#base/assert.ts';
import type { Connection, Round } from './load-process.ts';

const WINDOW_BYTES = 6 << 20;

/** Opens a connection that stays open between rounds. */
export function openHttp2Connection(port: number, seed: number): Connection {
  let round: Round | undefined;
  let finish = (): void => {};
  let next = seed;
  const session = connect(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
  });
  session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES * 2));

  function ask(): void {
    if (round === undefined || round.isOver) {
      finish();
      return;
    }
    next = (next + 1) % round.paths.length;
    const stream = session.request({ ':path': defined(round.paths[next], 'a path'), 'user-agent': 'bench' });
    let length = -1;
    let received = 0;
    stream.on('response', (headers) => {
      length = headers[':status'] === 200 ? Number(headers['content-length']) : -1;
    });
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    stream.on('end', () => {
      if (round !== undefined) round[received === length ? 'requests' : 'failures'] += 1;
      ask();
    });
    stream.on('error', () => undefined);
  }

  const fail = (): void => {
    if (round !== undefined) round.failures += 1;
    finish();
  };
  session.on('error', () => undefined);
  session.on('close', fail);
  return {
    run(started) {
      return new Promise((resolve) => {
        round = started;
        finish = resolve;
        if (session.destroyed) fail();
        else ask();
      });
    },
  };
}
