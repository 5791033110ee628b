// Passes on an object while it is still arriving (cut-through). All viewers of a flight read the same memory, each
// at its own pace: a slow one only lags behind, an aborting one only leaves.

import type { ServerResponse } from 'node:http';
import { objectHeaders } from './cached-object.ts';
import type { FillOutcome, Flight, PartialObject } from './fill.ts';

export interface StreamTarget {
  readonly response: ServerResponse;
  readonly contentType: string;
  readonly isPrivate: boolean;
  /** Headers besides those of every object. */
  readonly extraHeaders?: readonly string[];
  /** Bytes will follow. */
  onBegin(partial: PartialObject): void;
  /** The flight ended before this viewer was given a byte. */
  onOutcome(outcome: FillOutcome): void;
  /** Bytes were handed to the viewer. */
  onSent(bytes: number): void;
}

/** Attaches a viewer to a flight. */
export function streamFlight(flight: Flight, target: StreamTarget): void {
  const { response } = target;
  let sent = 0;
  let isBegun = false;
  let isBlocked = false;

  const detach = (): void => {
    flight.listeners.delete(pump);
    response.off('drain', onDrain);
  };
  const onDrain = (): void => {
    isBlocked = false;
    pump();
  };

  function begin(partial: PartialObject): void {
    isBegun = true;
    const { body, etag, cacheClass } = partial;
    const content = { contentType: target.contentType, etag, cacheClass };
    const headers = objectHeaders(content, body.length, target.isPrivate, 'MISS');
    response.writeHead(
      200,
      target.extraHeaders === undefined ? headers : headers.concat(target.extraHeaders),
    );
    target.onBegin(partial);
  }

  function pump(): void {
    const { partial, settled } = flight;
    if (!isBegun && settled !== null) {
      detach();
      target.onOutcome(settled);
      return;
    }
    if (partial === null || (partial.filled === 0 && settled === null)) return;
    if (!isBegun) begin(partial);
    if (!isBlocked && sent < partial.filled) {
      const slice = partial.body.subarray(sent, partial.filled);
      sent = partial.filled;
      isBlocked = !response.write(slice);
      target.onSent(slice.length);
    }
    if (sent === partial.body.length) {
      detach();
      response.end();
    } else if (settled !== null && settled.kind !== 'found') {
      // No origin could go on; cutting the connection tells the player that the body is not whole.
      detach();
      response.destroy();
    }
  }

  flight.listeners.add(pump);
  response.on('drain', onDrain);
  response.once('close', detach);
  pump();
}
