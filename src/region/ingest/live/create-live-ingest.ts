// The live ingest: takes publishers, and hands what they send to the channels of their broadcasts as contribution
// streams. It needs neither control nor a database: keys are checked against the snapshot, broadcasts are the last list
// that the agent has heard, and timelines are agreed on among ingests.

import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { CLAIM_WAIT_MS_MAX } from '#contract/limits.ts';
import type { BroadcastRecord } from '#contract/live.ts';
import { CONTRIBUTION_PREFIX, PEER_TIMELINES_PREFIX } from '#contract/peer-api.ts';
import { runEvery } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import type { Broadcasts, LiveReports } from '../../shared/broadcasts.ts';
import type { NodeCall, NodeContext, Role } from '../../shared/node-context.ts';
import { type Attached, createHub, type Hub, type Publisher } from './hub.ts';
import { HEARTBEAT_MS, PEER_ANSWER_MS_MAX, PUBLISHERS_MAX, TICK_MS } from './limits.ts';
import { type BroadcastPath, createPublishGate, refusalOf } from './publish-gate.ts';
import { createRtmpServer } from './rtmp-server.ts';
import { createSrtServer, type SrtEngine } from './srt-server.ts';
import { createTimelines, parseBroadcastPath } from './timelines.ts';
import { createWhipServer, type WhipHandler } from './whip/whip-server.ts';

export interface LiveIngestDependencies {
  /** What listens for SRT; absent: nothing does. */
  readonly srtEngine?: SrtEngine | undefined;
  readonly broadcasts: Broadcasts;
  readonly reports: LiveReports;
  /** Brings the sound of browsers to AAC; absent: no browser publishes here. */
  readonly whipEngine?: Engine | undefined;
}

export interface LiveIngest extends Role {
  /** Where RTMP is listened for; 0 when it is off. */
  rtmpPort(): number;
  /** Serves WHIP on the port of uploads; undefined when the site takes none. */
  readonly whip: WhipHandler | undefined;
}

/** Creates the role; it listens for RTMP when the site has a port for it. */
export function createLiveIngest(context: NodeContext, dependencies: LiveIngestDependencies): LiveIngest {
  const { clock, log, site } = context;
  const { broadcasts, reports } = dependencies;
  const lifecycle = createLifecycle(log);
  const timelines = createTimelines(context, join(context.dataDirectory, 'live', 'timelines'));
  const gate = createPublishGate(context, broadcasts);
  const hubs = new Map<string, Hub>();
  /** Readers that wait for a publisher. */
  const waiting = new Set<() => void>();
  const onAir = context.metrics.counter(
    'ingest_live_on_air_seconds_total',
    'Time that broadcasts had a publisher here',
  );
  const gaps = context.metrics.counter(
    'ingest_live_gap_seconds_total',
    'Time that broadcasts which had been on air here had no publisher, until one came back or they ended',
  );
  let tickedAtMs = clock.monotonicMs();
  let rtmpPort = 0;
  let isStarted = false;

  function onState(hub: Hub): void {
    reports.put(hub.report());
    for (const wake of waiting) wake();
  }

  function createBroadcastHub(broadcast: BroadcastRecord): Hub {
    const { projectId, broadcastId } = broadcast;
    return createHub(broadcast, {
      clock,
      log,
      nodeId: context.nodeId,
      term: () => context.world.current()?.term ?? 1,
      findTimeline: () => timelines.find(projectId, broadcastId),
      publishTimeline: (timeline, signal) =>
        timelines.publish(timeline, AbortSignal.any([signal, lifecycle.signal])),
      isOnAirElsewhere: () => isOnAirElsewhere(`${projectId}/${broadcastId}`),
      onState,
    });
  }

  async function isOnAirElsewhere(path: string): Promise<boolean> {
    const nodes = context.world.current()?.nodes ?? [];
    const others = nodes.filter(({ id, roles }) => id !== context.nodeId && roles.includes('ingest'));
    const answers = await Promise.all(
      others.map(async ({ nodeUrl }) => {
        try {
          const { status, body } = await context.transport.request({
            method: 'HEAD',
            url: `${nodeUrl}${CONTRIBUTION_PREFIX}${path}`,
            headersTimeoutMs: PEER_ANSWER_MS_MAX,
          });
          body.destroy();
          return status === 200;
        } catch (error) {
          log.debug({ nodeUrl, error: String(error) }, 'another ingest did not say whether it is on air');
          return false;
        }
      }),
    );
    return answers.includes(true);
  }

  async function attach(
    streamKey: string,
    connection: Omit<Publisher, 'problem'>,
    signal: AbortSignal,
    only?: BroadcastPath,
  ): Promise<Attached> {
    const admission = await gate.admit(streamKey, AbortSignal.any([signal, lifecycle.signal]), only);
    if (!admission.isAdmitted) return { isAttached: false, fault: 'key', reason: admission.reason };
    return attachTo(admission.broadcast, { ...connection, problem: admission.problem });
  }

  function attachTo(broadcast: BroadcastRecord, publisher: Publisher): Attached {
    let hub = hubs.get(broadcast.broadcastId);
    if (hub === undefined) {
      if (hubs.size >= PUBLISHERS_MAX)
        return {
          isAttached: false,
          fault: 'full',
          reason: `this ingest has ${hubs.size} broadcasts already`,
        };
      hub = createBroadcastHub(broadcast);
      hubs.set(broadcast.broadcastId, hub);
    }
    return hub.attach(publisher);
  }

  /** Whoever had the passphrase of a broadcast publishes to it as it is now. */
  function attachSrt({ projectId, broadcastId }: BroadcastRecord, publisher: Publisher): Attached {
    const broadcast = broadcasts.find(projectId, broadcastId);
    const reason = broadcast === undefined ? `there is no broadcast ${broadcastId}` : refusalOf(broadcast);
    if (broadcast === undefined || reason !== null)
      return { isAttached: false, fault: 'key', reason: reason ?? '' };
    return attachTo(broadcast, publisher);
  }

  /** A hub that has ended stays for as long as its broadcast is listed, so that nobody publishes to it again. */
  function onBroadcasts(): void {
    for (const [broadcastId, hub] of hubs) {
      const broadcast = broadcasts.find(hub.broadcast.projectId, broadcastId);
      if (broadcast !== undefined) hub.update(broadcast);
      const isOver = hub.state() === 'ended' && (broadcast === undefined || broadcast.state === 'ended');
      if (!isOver) continue;
      hubs.delete(broadcastId);
      reports.drop(hub.report());
    }
  }

  /** Waits until the hub serves a reader, or the time is over. */
  async function whenServed(
    find: () => Hub | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Hub | undefined> {
    const found = find();
    if (found !== undefined || waitMs === 0) return found;
    const isFound = new AbortController();
    const wake = (): void => {
      if (find() !== undefined) isFound.abort();
    };
    waiting.add(wake);
    try {
      await clock.sleep(waitMs, AbortSignal.any([signal, lifecycle.signal, isFound.signal]));
    } catch {
      // A publisher, or nobody waits any more.
    } finally {
      waiting.delete(wake);
    }
    return find();
  }

  async function contribute({ request, response, url, rest }: NodeCall): Promise<void> {
    const { projectId, broadcastId } = parseBroadcastPath(rest);
    const session = url.searchParams.get('session') ?? undefined;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const find = (): Hub | undefined => {
      const hub = hubs.get(broadcastId);
      return hub?.broadcast.projectId === projectId && hub.serves(session) ? hub : undefined;
    };
    const waitMs = Math.min(numberIn(url, 'waitMs') ?? 0, CLAIM_WAIT_MS_MAX);
    const hub = await whenServed(find, request.method === 'HEAD' ? 0 : waitMs, gone.signal);
    if (gone.signal.aborted) return;
    if (hub === undefined) throw new MeridianError('not_found', { what: 'publisher of this broadcast here' });
    if (request.method === 'HEAD') {
      response.writeHead(200).end();
      return;
    }
    await hub.read({ response, session, after: numberIn(url, 'after'), fromUs: numberIn(url, 'fromUs') });
  }

  const whip =
    site.whip === undefined || dependencies.whipEngine === undefined
      ? undefined
      : createWhipServer(context, { settings: site.whip, attach, engine: dependencies.whipEngine });

  return {
    name: 'live ingest',
    whip: whip?.handle,
    routes: { [CONTRIBUTION_PREFIX]: contribute, [PEER_TIMELINES_PREFIX]: timelines.handler },
    rtmpPort: () => rtmpPort,
    notReadyReason: () => (isStarted ? null : 'not started'),
    async start() {
      await timelines.load();
      timelines.onReplace((timeline) => hubs.get(timeline.broadcastId)?.replaceTimeline(timeline));
      lifecycle.add('list of broadcasts', broadcasts.onChange(onBroadcasts));
      lifecycle.add('hubs', () => {
        for (const hub of hubs.values()) hub.stop();
      });
      lifecycle.run('heartbeats', (signal) =>
        runEvery(clock, HEARTBEAT_MS, signal, () => {
          for (const hub of hubs.values()) hub.heartbeat();
        }),
      );
      lifecycle.run('figures', (signal) =>
        runEvery(clock, TICK_MS, signal, () => {
          const seconds = (clock.monotonicMs() - tickedAtMs) / 1_000;
          tickedAtMs += seconds * 1_000;
          for (const [broadcastId, hub] of hubs) {
            if (hub.state() === 'on_air') onAir.value += seconds;
            else if (hub.state() === 'interrupted') gaps.value += seconds;
            hub.tick();
            if (hub.isIdle()) {
              hubs.delete(broadcastId);
              reports.drop(hub.report());
            } else reports.put(hub.report());
          }
        }),
      );
      if (site.ports.rtmp !== undefined) {
        const server = createRtmpServer(context, { clock, log, attach });
        rtmpPort = await server.start(context.config.host, site.ports.rtmp);
        lifecycle.add('RTMP', () => server.stop());
      }
      if (site.srtPorts !== undefined && dependencies.srtEngine !== undefined) {
        const { first, count } = site.srtPorts;
        const engine = dependencies.srtEngine;
        const server = createSrtServer(context, {
          engine,
          firstPort: first,
          portCount: count,
          attach: attachSrt,
        });
        lifecycle.add('SRT', () => server.stop());
        lifecycle.add(
          'broadcasts with SRT',
          broadcasts.onChange(() => server.update(broadcasts.current())),
        );
        server.update(broadcasts.current());
      }
      if (whip !== undefined) lifecycle.add('WHIP', () => whip.stop());
      isStarted = true;
    },
    stop: () => lifecycle.stop(),
  };
}

/** A number in the query; MeridianError when it is none. */
function numberIn(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text === '' || !Number.isSafeInteger(value) || value < 0)
    throw new MeridianError('invalid_request', { reason: `${name} is not a whole number` });
  return value;
}
