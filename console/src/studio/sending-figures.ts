// What this browser sends, from two readings of its connection's statistics. Pure.

/** A reading, summed up. */
export interface Reading {
  readonly atMs: number;
  readonly bytes: number;
  readonly frames: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly roundTripMs: number | null;
  /** What keeps the picture back: cpu, bandwidth; null when nothing does. */
  readonly limit: 'cpu' | 'bandwidth' | null;
}

export interface SendingFigures {
  readonly bitrateBps: number;
  readonly framesPerSecond: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly roundTripMs: number | null;
  /** Of all packets since the last reading. */
  readonly lostShare: number;
  readonly limit: Reading['limit'];
}

type Entry = Readonly<Record<string, unknown>>;
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Reads the entries of a statistics report. */
export function readStatistics(entries: Iterable<Entry>, atMs: number): Reading {
  let reading: Reading = {
    atMs,
    bytes: 0,
    frames: 0,
    packetsSent: 0,
    packetsLost: 0,
    width: null,
    height: null,
    roundTripMs: null,
    limit: null,
  };
  for (const entry of entries) {
    if (entry.type === 'outbound-rtp') {
      reading = {
        ...reading,
        bytes: reading.bytes + number(entry.bytesSent),
        packetsSent: reading.packetsSent + number(entry.packetsSent),
      };
      if (entry.kind !== 'video') continue;
      const limit = entry.qualityLimitationReason;
      reading = {
        ...reading,
        frames: number(entry.framesEncoded),
        width: numberOrNull(entry.frameWidth),
        height: numberOrNull(entry.frameHeight),
        limit: limit === 'cpu' || limit === 'bandwidth' ? limit : null,
      };
    } else if (entry.type === 'remote-inbound-rtp') {
      reading = { ...reading, packetsLost: reading.packetsLost + Math.max(0, number(entry.packetsLost)) };
    } else if (entry.type === 'candidate-pair' && entry.nominated === true) {
      const seconds = numberOrNull(entry.currentRoundTripTime);
      if (seconds !== null) reading = { ...reading, roundTripMs: seconds * 1_000 };
    }
  }
  return reading;
}

/** What was sent between two readings; undefined when no time has passed. */
export function figuresBetween(before: Reading, after: Reading): SendingFigures | undefined {
  const elapsedMs = after.atMs - before.atMs;
  if (elapsedMs <= 0) return undefined;
  const sent = after.packetsSent - before.packetsSent;
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  const { width, height, roundTripMs, limit } = after;
  return {
    bitrateBps: Math.max(0, (after.bytes - before.bytes) * 8_000) / elapsedMs,
    framesPerSecond: Math.max(0, (after.frames - before.frames) * 1_000) / elapsedMs,
    lostShare: sent > 0 ? Math.min(1, lost / sent) : 0,
    width,
    height,
    roundTripMs,
    limit,
  };
}
