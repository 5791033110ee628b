// When a viewer posts what it has to tell, and what becomes of it when an edge does not take it: a sans-I/O machine. Events
// go in batches, one at a time and in order, so that an edge can tell a repeated one by its number. A batch that is not taken
// goes to the next edge at once; when none takes it, after a pause. Bounded: the oldest events go first.

/** A batch goes out when it is so large, */
export const BATCH_EVENTS = 5;
/** or when its oldest event has waited so long: below the slice of telemetry, above what would double the requests. */
export const BATCH_WAIT_MS = 2_000;
/** Something went wrong: whoever repairs it should not wait for it. */
export const URGENT_WAIT_MS = 500;
/** Events kept while no edge takes them: some minutes of a viewer. */
export const EVENTS_KEPT_MAX = 300;
/** Events in one batch after an outage. */
const BATCH_EVENTS_MAX = 100;
/** First and longest pause when no edge takes a batch. */
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 15_000;

export type EventQueue = {
  readonly lines: readonly string[];
  /** Number of the next event. */
  readonly sequence: number;
  /** When the lines are posted; infinity while there are none. */
  readonly dueAtMs: number;
  /** Lines under way, the first of `lines`. */
  readonly posting: number;
  /** Edges that did not take the batch. */
  readonly failures: number;
  readonly pauseMs: number;
  readonly isClosed: boolean;
};

export type QueueEvent =
  | { readonly type: 'wake' }
  | { readonly type: 'posted' }
  | { readonly type: 'failed' }
  /** The viewer leaves: what there is goes out now, for the last time. */
  | { readonly type: 'close' };

/** Post this body to the `attempt`-th of the viewer's edges. */
export type QueueEffect = { readonly type: 'post'; readonly body: string; readonly attempt: number };

export type QueueStep = {
  readonly queue: EventQueue;
  readonly effects: readonly QueueEffect[];
  readonly wakeAtMs: number;
};

/** A queue with nothing in it. */
export function initialQueue(): EventQueue {
  return {
    lines: [],
    sequence: 0,
    dueAtMs: Number.POSITIVE_INFINITY,
    posting: 0,
    failures: 0,
    pauseMs: PAUSE_MS_MIN,
    isClosed: false,
  };
}

/** Adds an event; the line is made with its number. */
export function addEvent(
  queue: EventQueue,
  lineOf: (sequence: number) => string,
  isUrgent: boolean,
  nowMs: number,
): EventQueue {
  const all = [...queue.lines, lineOf(queue.sequence)];
  // What is under way stays: it is counted from the front.
  const lines =
    all.length > EVENTS_KEPT_MAX
      ? [...all.slice(0, queue.posting), ...all.slice(queue.posting + all.length - EVENTS_KEPT_MAX)]
      : all;
  const waitMs = isUrgent ? URGENT_WAIT_MS : lines.length - queue.posting >= BATCH_EVENTS ? 0 : BATCH_WAIT_MS;
  return { ...queue, lines, sequence: queue.sequence + 1, dueAtMs: Math.min(queue.dueAtMs, nowMs + waitMs) };
}

/** One step: the next state, what is posted, and when to wake the machine. */
export function stepQueue(queue: EventQueue, event: QueueEvent, edges: number, nowMs: number): QueueStep {
  let next = queue;
  if (event.type === 'posted') {
    const lines = queue.lines.slice(queue.posting);
    next = { ...queue, lines, posting: 0, failures: 0, pauseMs: PAUSE_MS_MIN, dueAtMs: dueOf(lines, nowMs) };
  } else if (event.type === 'failed') next = fail(queue, edges, nowMs);
  else if (event.type === 'close') next = { ...queue, isClosed: true, dueAtMs: nowMs };
  const isDue = next.posting === 0 && next.lines.length > 0 && nowMs >= next.dueAtMs;
  if (!isDue) return { queue: next, effects: [], wakeAtMs: wakeOf(next) };
  const posting = Math.min(next.lines.length, BATCH_EVENTS_MAX);
  const body = `${next.lines.slice(0, posting).join('\n')}\n`;
  const posted = { ...next, posting, dueAtMs: Number.POSITIVE_INFINITY };
  return {
    queue: posted,
    effects: [{ type: 'post', body, attempt: next.failures }],
    wakeAtMs: wakeOf(posted),
  };
}

function dueOf(lines: readonly string[], nowMs: number): number {
  if (lines.length === 0) return Number.POSITIVE_INFINITY;
  return lines.length >= BATCH_EVENTS ? nowMs : nowMs + BATCH_WAIT_MS;
}

/** The next edge at once; after all of them a pause, and who has left gives up. */
function fail(queue: EventQueue, edges: number, nowMs: number): EventQueue {
  const failures = queue.failures + 1;
  const back = { ...queue, posting: 0, failures };
  if (failures < edges) return { ...back, dueAtMs: nowMs };
  if (queue.isClosed) return { ...back, lines: [], dueAtMs: Number.POSITIVE_INFINITY };
  const pauseMs = Math.min(PAUSE_MS_MAX, queue.pauseMs * 2);
  return { ...back, failures: 0, pauseMs, dueAtMs: nowMs + queue.pauseMs };
}

function wakeOf({ posting, dueAtMs }: EventQueue): number {
  return posting > 0 ? Number.POSITIVE_INFINITY : dueAtMs;
}
