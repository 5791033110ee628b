// Listens for SRT publishers: each broadcast that takes SRT has a port of the site's range, since SRT by FFmpeg does not
// tell whom a caller wanted. Which port and which passphrase stand in the list of broadcasts, so that nothing is asked of
// control. A listener is a child process, and takes one caller; it is begun again as soon as its publisher is gone. Where
// a second publisher may take over, the next listener is there as soon as one is taken (srt-port.ts hands callers on).

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BroadcastRecord } from '#contract/live.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import type { Attached, Publisher } from './hub.ts';
import { SILENT_MS_MAX, SRT_LATENCY_MS, SRT_PAUSE_MS, SRT_PAUSE_MS_MAX } from './limits.ts';
import { refusalOf } from './publish-gate.ts';
import { type SrtEnding, serveSrtListener } from './srt-connection.ts';
import { freeLoopbackPort, openSrtPort, type SrtPort } from './srt-port.ts';

/** The one thing of an engine that is needed here. */
export type SrtEngine = Pick<Engine, 'listenSrt'>;

export interface SrtServerOptions {
  readonly engine: SrtEngine;
  readonly firstPort: number;
  readonly portCount: number;
  /** Decides about a publisher who had the passphrase of a broadcast. */
  attach(broadcast: BroadcastRecord, publisher: Publisher): Attached;
  /** Binds the port that callers are told. */
  openPort?: typeof openSrtPort;
}

export interface SrtServer {
  /** Listens for these broadcasts, as far as they take SRT here, and for no others. */
  update(broadcasts: readonly BroadcastRecord[]): void;
  stop(): Promise<void>;
}

interface Listening {
  readonly stopping: AbortController;
  /** Listeners whose publisher is on the air: two in the moment of a takeover. */
  serving: number;
  readonly ended: Promise<void>;
}

/** A listener, and whom it is for. */
interface Turn {
  readonly broadcast: BroadcastRecord;
  readonly listenerPort: number;
  readonly signal: AbortSignal;
  onCaller(): void;
}

/** Creates the server of one ingest; it listens once it has been told of broadcasts. */
export function createSrtServer(context: NodeContext, options: SrtServerOptions): SrtServer {
  const { clock, log, metrics } = context;
  const directory = join(context.dataDirectory, 'live', 'srt');
  /** By what a listener is bound to: a new passphrase is a new listener. */
  const listening = new Map<string, Listening>();
  const refusals = metrics.counter(
    'ingest_srt_refusals_total',
    'SRT callers with a wrong passphrase or none',
  );
  const conflicts = metrics.counter(
    'ingest_srt_conflicts_total',
    'Handshakes of SRT callers that were refused since another one publishes',
  );
  const openPort = options.openPort ?? openSrtPort;
  metrics.gauge('ingest_srt_listeners', 'Broadcasts that SRT is listened for', () => listening.size);

  /** A plan that expects publishers elsewhere takes nobody off the air. */
  const isWanted = (broadcast: BroadcastRecord): boolean =>
    broadcast.srtInput !== undefined &&
    broadcast.srtInput.slot < options.portCount &&
    refusalOf(broadcast) === null &&
    (broadcast.schedule.ingestNodeIds.includes(context.nodeId) ||
      (listening.get(keyOf(broadcast))?.serving ?? 0) > 0);
  const keyOf = ({ broadcastId, srtInput }: BroadcastRecord): string =>
    `${broadcastId} ${srtInput?.slot} ${srtInput?.passphrase}`;

  function addServing(broadcast: BroadcastRecord, change: 1 | -1): void {
    const found = listening.get(keyOf(broadcast));
    if (found !== undefined) found.serving += change;
  }

  /** One listener, from its beginning to its end. */
  async function serveOnce(turn: Turn): Promise<SrtEnding> {
    const { broadcast, listenerPort, signal } = turn;
    const { broadcastId, srtInput } = broadcast;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const workDirectory = await mkdtemp(join(directory, 'listener-'));
    const listener = options.engine.listenSrt({
      workDirectory,
      host: '127.0.0.1',
      port: listenerPort,
      passphrase: srtInput?.passphrase ?? '',
      latencyMs: SRT_LATENCY_MS,
      silenceMs: SILENT_MS_MAX,
      onRefusal() {
        refusals.value += 1;
        log.info({ broadcastId }, 'an SRT caller was refused: wrong passphrase, or none');
      },
    });
    const kill = (): void => listener.kill();
    signal.addEventListener('abort', kill);
    if (signal.aborted) kill();
    let isServing = false;
    try {
      const attach = (publisher: Publisher): Attached => {
        const attached = options.attach(broadcast, publisher);
        if (attached.isAttached && !isServing) addServing(broadcast, 1);
        isServing ||= attached.isAttached;
        return attached;
      };
      const { onCaller } = turn;
      return await serveSrtListener(listener, { clock, log: log.child({ broadcastId }), attach, onCaller });
    } finally {
      if (isServing) addServing(broadcast, -1);
      signal.removeEventListener('abort', kill);
      await rm(workDirectory, { recursive: true, force: true });
    }
  }

  /** Begins a listener that callers of the port are handed to; `taken` resolves once it has one. */
  async function offerListener(broadcast: BroadcastRecord, port: SrtPort, signal: AbortSignal) {
    const listenerPort = await freeLoopbackPort();
    const taken = Promise.withResolvers<void>();
    port.offer(listenerPort);
    const ended = serveOnce({
      broadcast,
      listenerPort,
      signal,
      onCaller() {
        port.settle(listenerPort);
        port.offer(null);
        taken.resolve();
      },
    })
      .catch((error: unknown): SrtEnding => ({ kind: 'failed', reason: String(error) }))
      .finally(() => port.forget(listenerPort));
    return { taken: taken.promise, ended };
  }

  /** Serves callers of a port one after the other, or the next one beside the one that it may take over from. */
  async function serveCallers(broadcast: BroadcastRecord, port: SrtPort, signal: AbortSignal): Promise<void> {
    const mayReplace = broadcast.settings.onSecondPublisher === 'replace';
    const running = new Set<Promise<unknown>>();
    let pauseMs = 0;
    while (!signal.aborted) {
      const { taken, ended } = await offerListener(broadcast, port, signal);
      running.add(ended);
      const left = ended.then((ending) => {
        running.delete(ended);
        // Whoever lost the connection finds the listener there again; what fails, or is refused, is paced.
        pauseMs =
          ending.kind === 'served' ? 0 : Math.min(SRT_PAUSE_MS_MAX, Math.max(SRT_PAUSE_MS, pauseMs * 2));
        if (ending.kind === 'failed' && !signal.aborted)
          log.warn(
            { broadcastId: broadcast.broadcastId, reason: ending.reason, pauseMs },
            'SRT cannot be listened for; it is tried again',
          );
      });
      await (mayReplace ? Promise.race([taken, left]) : left);
      if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
    await Promise.all(running);
  }

  async function listen(broadcast: BroadcastRecord, signal: AbortSignal): Promise<void> {
    const { broadcastId, srtInput } = broadcast;
    const number = options.firstPort + (srtInput?.slot ?? 0);
    while (!signal.aborted) {
      let port: SrtPort | undefined;
      try {
        port = await openPort(context.config.host, number, () => {
          conflicts.value += 1;
        });
        await serveCallers(broadcast, port, signal);
      } catch (error) {
        log.warn({ broadcastId, port: number, error: String(error) }, 'the port for SRT cannot be had');
        await clock.sleep(SRT_PAUSE_MS, signal).catch(() => undefined);
      } finally {
        await port?.close();
      }
    }
  }

  async function end(key: string): Promise<void> {
    const { stopping, ended } = listening.get(key) ?? {};
    stopping?.abort();
    await ended;
  }

  return {
    update(broadcasts) {
      const wanted = new Map(broadcasts.filter(isWanted).map((broadcast) => [keyOf(broadcast), broadcast]));
      for (const [key, { stopping }] of listening) if (!wanted.has(key)) stopping.abort();
      for (const [key, broadcast] of wanted) {
        if (listening.has(key)) continue;
        const stopping = new AbortController();
        const ended = listen(broadcast, stopping.signal).finally(() => listening.delete(key));
        listening.set(key, { stopping, ended, serving: 0 });
      }
    },
    async stop() {
      await Promise.all([...listening.keys()].map(end));
    },
  };
}
