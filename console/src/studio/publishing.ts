// This browser as a publisher: one broadcast at a time, which goes on while one looks at other pages. When the ingest is
// lost the next one is tried, around and around, for as long as viewers are kept waiting for it.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { createStore } from '../ui/store.ts';
import { stopCapture } from './capture.ts';
import { PublishError } from './publish-error.ts';
import { figuresBetween, type Reading, readStatistics, type SendingFigures } from './sending-figures.ts';
import { connectWhip, type WhipAddress, type WhipConnection } from './whip.ts';

export type Phase = 'connecting' | 'on_air' | 'lost' | 'failed';

export interface Publishing {
  readonly broadcast: BroadcastView;
  readonly stream: MediaStream;
  readonly phase: Phase;
  /** The ingest that has it, or is being asked. */
  readonly regionId: string | null;
  /** Since when it is on air without a break of our own making. */
  readonly sinceMs: number | null;
  readonly figures: SendingFigures | undefined;
  /** Why it failed, or what the last ingest said while others are tried. */
  readonly error: Error | undefined;
}

/** What this browser publishes; null when nothing. */
export const publishing = createStore<Publishing | null>(null);

const FIGURES_MS = 1_000;
const PAUSE_MS = 1_000;
/** A connection that is cut off may come back by itself within this. */
const DISCONNECTED_MS_MAX = 3_000;

let stopping = new AbortController();
let sending: WhipConnection | undefined;

function change(changes: Partial<Publishing>): void {
  publishing.update((current) => (current === null ? null : { ...current, ...changes }));
}

/** Whether something is on its way. */
export function isPublishing(state: Publishing | null): boolean {
  return state !== null && state.phase !== 'failed';
}

/** Begins to publish; what becomes of it is in the store. The stream belongs to it from now on. */
export function goLive(broadcast: BroadcastView, stream: MediaStream, bitrateBps: number): void {
  stopping.abort();
  stopping = new AbortController();
  const { signal } = stopping;
  publishing.set({
    broadcast,
    stream,
    phase: 'connecting',
    regionId: null,
    sinceMs: null,
    figures: undefined,
    error: undefined,
  });
  run(broadcast, bitrateBps, signal).catch((error: unknown) => {
    if (signal.aborted) return;
    change({ phase: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
  });
}

/** Ends it, and turns camera and microphone off. */
export function stopLive(): void {
  const state = publishing.get();
  stopping.abort();
  sending?.stop();
  sending = undefined;
  stopCapture(state?.stream);
  publishing.set(null);
}

/** Gives up a try that failed; the stream goes back to whoever asks, still running. */
export function takeBack(): MediaStream | undefined {
  const stream = publishing.get()?.stream;
  publishing.set(null);
  return stream;
}

/** Shows another picture from now on; the sound stays. */
export async function replacePicture(next: MediaStream): Promise<void> {
  const state = publishing.get();
  const [track] = next.getVideoTracks();
  if (state === null || track === undefined) return;
  await sending?.replaceVideo(track);
  for (const old of state.stream.getVideoTracks()) old.stop();
  // The microphone that came with the new picture is not needed.
  for (const extra of next.getAudioTracks()) extra.stop();
  change({ stream: new MediaStream([track, ...state.stream.getAudioTracks()]) });
}

async function run(broadcast: BroadcastView, bitrateBps: number, signal: AbortSignal): Promise<void> {
  const params = { broadcastId: broadcast.id };
  const ingest = await call('GET /v1/broadcasts/{broadcastId}/ingest', { params }, signal);
  const addresses = ingest.addresses.filter(({ protocol }) => protocol === 'whip');
  if (addresses.length === 0)
    throw new PublishError(
      'No ingest takes browsers now.',
      'Turn on regions[].sites[].whip in meridian.yaml, or wait until a region is back.',
    );
  let lostAtMs = Number.POSITIVE_INFINITY;
  for (let turn = 0; ; turn += 1) {
    const address = addresses[turn % addresses.length] as WhipAddress;
    try {
      const connection = await connect(address, ingest.streamKey, bitrateBps, signal);
      lostAtMs = await send(connection, signal);
      change({ phase: 'lost', figures: undefined });
    } catch (error) {
      signal.throwIfAborted();
      const wasOnAir = lostAtMs !== Number.POSITIVE_INFINITY;
      const isOver = wasOnAir
        ? Date.now() - lostAtMs > broadcast.settings.graceMs
        : turn >= addresses.length - 1;
      // An ingest that has lost us holds our place for some seconds.
      const isFinal = error instanceof PublishError && error.isFinal && !(wasOnAir && error.isBusy);
      if (isOver || isFinal) throw error;
      change({ error: error instanceof Error ? error : new Error(String(error)) });
    }
    if (lostAtMs !== Number.POSITIVE_INFINITY) await pause(PAUSE_MS, signal);
  }
}

async function connect(
  address: WhipAddress,
  streamKey: string,
  bitrateBps: number,
  signal: AbortSignal,
): Promise<WhipConnection> {
  change({ regionId: address.regionId });
  const { stream } = publishing.get() ?? {};
  if (stream === undefined) throw new DOMException('stopped', 'AbortError');
  return await connectWhip({ address, streamKey, stream, bitrateBps, signal });
}

/** Sends until the connection is lost; resolves with that moment. */
async function send(connection: WhipConnection, signal: AbortSignal): Promise<number> {
  sending = connection;
  change({
    phase: 'on_air',
    error: undefined,
    sinceMs: publishing.get()?.sinceMs ?? Date.now(),
  });
  let before: Reading | undefined;
  let cutOffAtMs: number | undefined;
  try {
    for (;;) {
      const state = connection.connection.connectionState;
      const nowMs = Date.now();
      cutOffAtMs = state === 'connected' ? undefined : (cutOffAtMs ?? nowMs);
      const isLost = cutOffAtMs !== undefined && nowMs - cutOffAtMs > DISCONNECTED_MS_MAX;
      if (isLost || state === 'failed' || state === 'closed') return nowMs;
      const report = await connection.connection.getStats();
      const entries = [...(report as unknown as Map<string, Record<string, unknown>>).values()];
      const after = readStatistics(entries, performance.now());
      if (before !== undefined) change({ figures: figuresBetween(before, after) });
      before = after;
      await pause(FIGURES_MS, signal);
    }
  } finally {
    connection.stop();
    if (sending === connection) sending = undefined;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
