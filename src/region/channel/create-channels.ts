// The channel role: follows the list of broadcasts and runs a channel for each that control has put on this node. It
// goes on with the newest list it knows when control is away. A channel that fails is begun again; one that has ended
// serves what it has until the broadcast leaves the list.

import { join } from 'node:path';
import type { BroadcastRecord, ChannelAssignment } from '#contract/live.ts';
import { CHANNEL_PREFIX } from '#contract/peer-api.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createLifecycle, type Lifecycle } from '#platform/lifecycle.ts';
import type { Broadcasts, LiveReports } from '../shared/broadcasts.ts';
import { createMediaReader } from '../shared/media-store.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createOutbox } from '../shared/outbox.ts';
import { Channel } from './channel.ts';
import { createChannelRoutes } from './channel-routes.ts';
import { CHANNEL_RETRY_MS } from './limits.ts';
import { RECORDING_NOTES } from './recording-notes.ts';

export interface ChannelsDependencies {
  readonly engine: Engine;
  readonly broadcasts: Broadcasts;
  readonly reports: LiveReports;
}

/** A channel that runs, has ended, or is about to be begun again. */
interface Running {
  readonly assignment: ChannelAssignment;
  channel: Channel;
  readonly ended: Promise<void>;
  stop(): void;
}

/** Creates the channel role of a node. */
export function createChannels(context: NodeContext, dependencies: ChannelsDependencies): Role {
  const { clock, config, dataDirectory, log, metrics, nodeId, store } = context;
  const { broadcasts, engine, reports } = dependencies;
  const directory = join(dataDirectory, 'channels');
  const recordings = createOutbox(context, join(dataDirectory, 'recordings'), RECORDING_NOTES);
  const running = new Map<string, Running>();
  const slowFeeds = metrics.counter('channel_feeds_slow_total', 'Edges that took parts too slowly');
  const failures = metrics.counter('channel_failures_total', 'Channels that had to be begun again');
  metrics.gauge('channels_running', 'Live channels at this node', () => running.size);
  let lifecycle: Lifecycle | undefined;

  const keyOf = (projectId: string, broadcastId: string): string => `${projectId}/${broadcastId}`;
  const isActive = ({ channel }: Running): boolean => channel.state !== 'ended';

  function assignmentOf(broadcast: BroadcastRecord): ChannelAssignment | undefined {
    return broadcast.schedule.channels.find((candidate) => candidate.nodeId === nodeId);
  }

  /** Begins and ends channels as the list says. */
  function follow(): void {
    const wanted = new Map<string, { broadcast: BroadcastRecord; assignment: ChannelAssignment }>();
    for (const broadcast of broadcasts.current()) {
      const assignment = assignmentOf(broadcast);
      if (assignment !== undefined)
        wanted.set(keyOf(broadcast.projectId, broadcast.broadcastId), { broadcast, assignment });
    }
    for (const [key, known] of running)
      if (wanted.get(key)?.assignment.channel !== known.assignment.channel) {
        known.stop();
        running.delete(key);
      }
    for (const [key, { broadcast, assignment }] of wanted)
      if (!running.has(key) && broadcast.state !== 'ended') begin(key, broadcast, assignment);
  }

  function begin(key: string, broadcast: BroadcastRecord, assignment: ChannelAssignment): void {
    const active = [...running.values()].filter(isActive).length;
    if (lifecycle === undefined || lifecycle.signal.aborted) return;
    if (active >= config.limits.channelSlots) {
      log.warn({ broadcast: broadcast.broadcastId }, 'no slot is left for a channel');
      reports.put(refusal(broadcast.broadcastId, assignment.channel, clock.nowMs()));
      return;
    }
    const stopping = new AbortController();
    const signal = AbortSignal.any([lifecycle.signal, stopping.signal]);
    let last = broadcast;
    const create = (): Channel =>
      new Channel({
        context: {
          ...context,
          log: log.child({ broadcast: broadcast.broadcastId, channel: assignment.channel }),
        },
        engine,
        reports,
        assignment,
        broadcast: () => {
          last = broadcasts.find(broadcast.projectId, broadcast.broadcastId) ?? last;
          return last;
        },
        onRecording: (media) =>
          recordings.add({ broadcastId: broadcast.broadcastId, channel: assignment.channel, media }),
        workDirectory: join(directory, `${broadcast.broadcastId}-${assignment.channel}`),
      });
    const entry = {
      assignment,
      channel: create(),
      stop: () => stopping.abort(new Error('the channel is taken away')),
    };
    const ended = keepRunning(entry, create, signal).finally(() => {
      if (signal.aborted)
        reports.drop({ broadcastId: broadcast.broadcastId, role: 'channel', channel: assignment.channel });
      // Its slot is free for another.
      follow();
    });
    running.set(key, Object.assign(entry, { ended }));
  }

  async function keepRunning(
    entry: { channel: Channel },
    create: () => Channel,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await entry.channel.run(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures.value += 1;
        log.warn({ error: String(error) }, 'a channel failed and is begun again');
        await clock.sleep(CHANNEL_RETRY_MS, signal).catch(() => undefined);
        entry.channel = create();
      }
    }
  }

  return {
    name: 'channel',
    routes: {
      [CHANNEL_PREFIX]: createChannelRoutes({
        find: (projectId, broadcastId) => running.get(keyOf(projectId, broadcastId))?.channel,
        reader: createMediaReader({ store, clock }),
        onSlowFeed: (peerId) => {
          slowFeeds.value += 1;
          log.info({ peer: peerId }, 'an edge was too slow for a feed');
        },
      }),
    },
    async start() {
      lifecycle = createLifecycle(log);
      lifecycle.run('recordings', (signal) => recordings.run(signal));
      lifecycle.add('channels', async () => {
        await Promise.all([...running.values()].map(({ ended }) => ended));
        running.clear();
      });
      lifecycle.add('broadcasts', broadcasts.onChange(follow));
      follow();
    },
    async stop() {
      await lifecycle?.stop();
    },
    notReadyReason: () => null,
  };
}

function refusal(broadcastId: string, channel: number, nowMs: number) {
  return {
    broadcastId,
    role: 'channel',
    channel,
    state: 'failed',
    sinceMs: nowMs,
    reason: 'this node has no slot left for a channel',
    protocol: null,
    figures: {},
  } as const;
}
