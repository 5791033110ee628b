// The one catalogue of faults, for drills, tests and the simulator alike: plain data with a seed, so that any run
// can be repeated. Decorators in platform/ carry them out; product code knows nothing of them.
// Model: Toxiproxy's toxics, plus disks, power and clocks.

/** `there`: from whoever opened the connection to the target; `back`: the answers. */
export type FaultDirection = 'there' | 'back' | 'both';

export type LinkFault =
  | { readonly kind: 'latency'; readonly direction: FaultDirection; readonly delayMs: number }
  | { readonly kind: 'jitter'; readonly direction: FaultDirection; readonly jitterMs: number }
  | { readonly kind: 'bandwidth'; readonly direction: FaultDirection; readonly bytesPerSecond: number }
  /** Nothing gets through, but connections stay open; in one direction alone this is a half-open connection. */
  | { readonly kind: 'blackhole'; readonly direction: FaultDirection }
  /** Live connections are reset and new ones are reset at once. */
  | { readonly kind: 'reset' }
  /** Live connections are reset and nobody listens. */
  | { readonly kind: 'refuse' }
  /** Each connection is reset after it has carried this many bytes, both directions together. */
  | { readonly kind: 'reset_after'; readonly bytes: number };

export type DiskFault =
  | { readonly kind: 'disk_full' }
  | { readonly kind: 'disk_slow'; readonly delayMs: number }
  /** Each operation fails with this probability. */
  | { readonly kind: 'disk_error'; readonly probability: number };

/**
 * A power cut that takes one process: what it wrote and did not fsync is lost when it is killed, as `drawLosses` decides.
 * A disk that lies says that it has synced and has not: with it, whoever judges durability must find losses.
 */
export interface PowerFault {
  readonly kind: 'power_cut';
  /** What an fsync does not keep although it says so. */
  readonly lies: readonly ('files' | 'folders')[];
}

export interface ClockFault {
  readonly kind: 'clock_skew';
  readonly offsetMs: number;
}

/**
 * What a server does to some of its requests while it answers all others at once: it looks healthy to whoever asks after
 * its health. `pathPrefix` names the requests; `probability` their share.
 */
export type AnswerFault = { readonly pathPrefix: string; readonly probability: number } & (
  | { readonly kind: 'late_answer'; readonly delayMs: number }
  | { readonly kind: 'failed_answer'; readonly status: number }
  /** The connection is reset after so many bytes of the body. */
  | { readonly kind: 'cut_answer'; readonly bytes: number }
  /** As many bytes as there should be, and all of them wrong. */
  | { readonly kind: 'garbled_answer' }
);

export type Fault = LinkFault | DiskFault | PowerFault | ClockFault | AnswerFault;

/** What becomes of one answer. */
export interface AnswerEffect {
  readonly delayMs: number;
  readonly status: number | null;
  /** Infinity: the whole body. */
  readonly bytesMax: number;
  readonly isGarbled: boolean;
}

/**
 * Draws what the faults do to one request: delays sum, the first failure and the shortest cut win.
 * @param chance gives numbers in [0, 1)
 */
export function drawAnswerEffect(
  faults: readonly AnswerFault[],
  path: string,
  chance: () => number,
): AnswerEffect {
  let effect: AnswerEffect = {
    delayMs: 0,
    status: null,
    bytesMax: Number.POSITIVE_INFINITY,
    isGarbled: false,
  };
  for (const fault of faults) {
    if (!path.startsWith(fault.pathPrefix) || chance() >= fault.probability) continue;
    if (fault.kind === 'late_answer') effect = { ...effect, delayMs: effect.delayMs + fault.delayMs };
    else if (fault.kind === 'failed_answer') effect = { ...effect, status: effect.status ?? fault.status };
    else if (fault.kind === 'garbled_answer') effect = { ...effect, isGarbled: true };
    else effect = { ...effect, bytesMax: Math.min(effect.bytesMax, fault.bytes) };
  }
  return effect;
}

/** What links do in one direction. */
export interface DirectionEffect {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Infinity: no limit. */
  readonly bytesPerSecond: number;
  readonly isSilent: boolean;
}

/** Several link faults as one. */
export interface LinkEffect {
  readonly mode: 'up' | 'reset' | 'refuse';
  readonly there: DirectionEffect;
  readonly back: DirectionEffect;
  /** Infinity: never. */
  readonly resetAfterBytes: number;
}

const CALM: DirectionEffect = {
  delayMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  isSilent: false,
};

/** Adds faults up: delays and jitters sum, the narrowest bandwidth and the harshest mode win. */
export function combineLinkFaults(faults: readonly LinkFault[]): LinkEffect {
  let mode: LinkEffect['mode'] = 'up';
  let resetAfterBytes = Number.POSITIVE_INFINITY;
  for (const fault of faults) {
    if (fault.kind === 'refuse') mode = 'refuse';
    else if (fault.kind === 'reset' && mode === 'up') mode = 'reset';
    else if (fault.kind === 'reset_after') resetAfterBytes = Math.min(resetAfterBytes, fault.bytes);
  }
  return { mode, there: combine(faults, 'there'), back: combine(faults, 'back'), resetAfterBytes };
}

function combine(faults: readonly LinkFault[], direction: 'there' | 'back'): DirectionEffect {
  let effect = CALM;
  for (const fault of faults) {
    if (!('direction' in fault) || (fault.direction !== direction && fault.direction !== 'both')) continue;
    if (fault.kind === 'latency') effect = { ...effect, delayMs: effect.delayMs + fault.delayMs };
    else if (fault.kind === 'jitter') effect = { ...effect, jitterMs: effect.jitterMs + fault.jitterMs };
    else if (fault.kind === 'blackhole') effect = { ...effect, isSilent: true };
    else {
      const bytesPerSecond = Math.min(effect.bytesPerSecond, fault.bytesPerSecond);
      effect = { ...effect, bytesPerSecond };
    }
  }
  return effect;
}

/** Several disk faults as one. */
export interface DiskEffect {
  readonly isFull: boolean;
  readonly delayMs: number;
  readonly errorProbability: number;
}

/** Adds disk faults up: delays sum, errors are independent chances. */
export function combineDiskFaults(faults: readonly DiskFault[]): DiskEffect {
  let isFull = false;
  let delayMs = 0;
  let successProbability = 1;
  for (const fault of faults) {
    if (fault.kind === 'disk_full') isFull = true;
    else if (fault.kind === 'disk_slow') delayMs += fault.delayMs;
    else successProbability *= 1 - fault.probability;
  }
  return { isFull, delayMs, errorProbability: 1 - successProbability };
}

/** Where one direction of a connection stands; all times on one clock that never jumps. */
export interface LineState {
  /** When the link has sent what it was given so far; shared by the connections of the link. */
  readonly freeAtMs: number;
  /** When the last chunk of this connection arrives. */
  readonly lastArrivalMs: number;
  /** When the connection is open: its handshake takes a round trip. */
  readonly openAtMs: number;
}

/**
 * When a chunk that was read now arrives: after those before it (one line per direction never reorders), after the
 * link had room for it, and after the delay with its jitter.
 * @param chance a number in [0, 1) from the link's generator
 */
export function arrivalMs(
  line: LineState,
  bytes: number,
  effect: DirectionEffect,
  nowMs: number,
  chance: number,
): { freeAtMs: number; arrivalMs: number } {
  const isLimited = Number.isFinite(effect.bytesPerSecond);
  const freeAtMs = isLimited
    ? Math.max(line.freeAtMs, nowMs) + (bytes / effect.bytesPerSecond) * 1_000
    : nowMs;
  const travelMs = Math.max(0, effect.delayMs + (chance * 2 - 1) * effect.jitterMs);
  const arrival = Math.max(freeAtMs, line.openAtMs) + travelMs;
  return { freeAtMs, arrivalMs: Math.max(line.lastArrivalMs, arrival) };
}
