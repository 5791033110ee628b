// What arrives on accepted connections is read into one buffer that all of them share, instead of into a new one for
// each read: no allocation, no pass through a Readable, and far fewer garbage collections, a sixth of the CPU time of a
// small hit. node:net offers that to clients (`onread`); a server's socket gets it by being made anew around the handle
// that was accepted, which node:net has no documented way for. read-shared.test.ts holds what is relied on.

import { Socket, type SocketConstructorOpts } from 'node:net';

/** What libuv reads at most at once. */
const READ_BYTES_MAX = 65_536;

const shared = Buffer.allocUnsafeSlow(READ_BYTES_MAX);

/**
 * The connection of a socket that a server accepted paused (`pauseOnConnect`). A chunk of its `data` events is only
 * good until the listener returns. Closing either closes both, so that the server counts its connections rightly.
 */
export function readShared(accepted: Socket): Socket {
  const owner = accepted as unknown as { _handle: SocketConstructorOpts['handle'] | null };
  const { _handle: handle } = owner;
  // It is closed already.
  if (handle === null) return accepted;
  const socket: Socket = new Socket({
    handle,
    allowHalfOpen: accepted.allowHalfOpen,
    onread: { buffer: shared, callback: (bytes) => socket.emit('data', shared.subarray(0, bytes)) },
  });
  owner._handle = null;
  socket.once('close', () => accepted.destroy());
  accepted.once('close', () => socket.destroy());
  return socket;
}
