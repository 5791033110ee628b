// A viewer's line: a rate that all its connections share, and a round trip before each answer. Bytes that have arrived
// on the machine but not yet at the viewer are only a number, and a connection that is far ahead of its line is not
// read, so that servers see slow viewers as slow.

export type LineProfile = {
  /** Infinity: as fast as it goes. */
  readonly bitsPerSecond: number;
  readonly roundTripMs: number;
};

/** Often enough that no pause looks like silence to a race (300 ms), seldom enough to cost little. */
export const LINE_TICK_MS = 25;
/** A connection is read this far ahead of its line. */
const AHEAD_MS = 250;
const AHEAD_BYTES_MIN = 65_536;
/** After a pause of the process, a line makes up for no more than this. */
const CATCH_UP_MS_MAX = 250;

export type LineEnd = {
  /** Bytes have come in from the network; returns whether reading may go on. */
  push(bytes: number): boolean;
  /** Nothing more will come; `onEnd` follows the last byte. */
  finish(): void;
  /** Forgets what has not been delivered. */
  close(): void;
};

export type LineCallbacks = {
  readonly onBytes: (bytes: number) => void;
  /** The connection may be read again. */
  readonly onRoom: () => void;
  readonly onEnd: () => void;
};

export type Line = {
  readonly profile: LineProfile;
  open(callbacks: LineCallbacks): LineEnd;
};

type Waiting = { bytes: number; isFinished: boolean; isFull: boolean; readonly callbacks: LineCallbacks };

/** Ticks all lines that have something to deliver with one timer. */
export type LineClock = {
  createLine(profile: LineProfile): Line;
  stop(): void;
};

/** Creates the clock of a swarm's lines. */
export function createLineClock(nowMs: () => number): LineClock {
  const busy = new Map<() => boolean, number>();
  let timer: ReturnType<typeof setInterval> | undefined;

  function tick(): void {
    for (const advance of [...busy.keys()]) if (!advance()) busy.delete(advance);
    if (busy.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function start(advance: () => boolean): void {
    busy.set(advance, 1);
    timer ??= setInterval(tick, LINE_TICK_MS);
  }

  return {
    createLine: (profile) => createLine(profile, nowMs, start),
    stop() {
      clearInterval(timer);
      timer = undefined;
      busy.clear();
    },
  };
}

function createLine(
  profile: LineProfile,
  nowMs: () => number,
  start: (advance: () => boolean) => void,
): Line {
  const waiting = new Set<Waiting>();
  const bytesPerMs = profile.bitsPerSecond / 8_000;
  const aheadBytes = Math.max(AHEAD_BYTES_MIN, bytesPerMs * AHEAD_MS);
  let movedAtMs = 0;
  let isBusy = false;

  /** Delivers what the line carried since last time, shared equally; returns whether more is waiting. */
  function advance(): boolean {
    const now = nowMs();
    let budget = bytesPerMs * Math.min(CATCH_UP_MS_MAX, now - movedAtMs);
    movedAtMs = now;
    const ends = [...waiting].sort((a, b) => a.bytes - b.bytes);
    for (const [index, end] of ends.entries()) {
      const bytes = Math.min(end.bytes, budget / (ends.length - index));
      budget -= bytes;
      if (deliver(end, bytes, aheadBytes)) waiting.delete(end);
    }
    isBusy = waiting.size > 0;
    return isBusy;
  }

  function queue(end: Waiting): void {
    waiting.add(end);
    if (isBusy) return;
    isBusy = true;
    movedAtMs = nowMs();
    start(advance);
  }

  function open(callbacks: LineCallbacks): LineEnd {
    const end: Waiting = { bytes: 0, isFinished: false, isFull: false, callbacks };
    return {
      push(bytes) {
        if (!Number.isFinite(bytesPerMs)) {
          callbacks.onBytes(bytes);
          return true;
        }
        end.bytes += bytes;
        queue(end);
        end.isFull = end.bytes >= aheadBytes;
        return !end.isFull;
      },
      finish() {
        end.isFinished = true;
        if (!waiting.has(end)) callbacks.onEnd();
      },
      close() {
        end.bytes = 0;
        waiting.delete(end);
      },
    };
  }

  return { profile, open };
}

/** Hands bytes over; returns whether nothing of the connection waits any more. */
function deliver(end: Waiting, bytes: number, aheadBytes: number): boolean {
  end.bytes -= bytes;
  if (bytes > 0) end.callbacks.onBytes(bytes);
  // Halves of bytes are what sharing by fractions leaves over.
  const isDone = end.bytes < 0.5;
  if (isDone && end.isFinished) end.callbacks.onEnd();
  if (end.isFull && end.bytes < aheadBytes) {
    end.isFull = false;
    end.callbacks.onRoom();
  }
  return isDone;
}
