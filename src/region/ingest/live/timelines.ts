// Timelines of broadcasts, as this ingest knows them: its own and those that others minted. One is kept for each
// broadcast, the one that everybody would choose (core/live-timeline). It is on disk before anything is served under it
// and offered to every other ingest, so that a publisher that comes back anywhere goes on where it was.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { broadcastIdSchema, projectIdSchema } from '#contract/identifiers.ts';
import { type BroadcastTimeline, broadcastTimelineSchema } from '#contract/live.ts';
import { PEER_TIMELINES_PREFIX } from '#contract/peer-api.ts';
import { compareTimelines } from '#core/live-timeline/choose-timeline.ts';
import { isMissing, readJsonFile, writeFileDurably } from '#platform/disk.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { readJson, sendJson } from '#platform/http/server.ts';
import type { NodeContext, NodeHandler } from '../../shared/node-context.ts';
import {
  PEER_ANSWER_MS_MAX,
  PUSH_AGAIN_MS,
  PUSHES_MAX,
  TIMELINE_AGE_MS_MAX,
  TIMELINE_BYTES_MAX,
  TIMELINES_MAX,
} from './limits.ts';

export interface Timelines {
  /** Reads what is on disk; call it before anything else. */
  load(): Promise<void>;
  /** What is known here, else what other ingests tell within PEER_ANSWER_MS_MAX. */
  find(projectId: string, broadcastId: string): Promise<BroadcastTimeline | undefined>;
  /**
   * Keeps a timeline, on disk too, and offers it to the other ingests; returns the one that holds, as far as they
   * answered in time. The others are offered it again until the signal aborts.
   */
  publish(timeline: BroadcastTimeline, signal: AbortSignal): Promise<BroadcastTimeline>;
  /** Called when a timeline gives way to a better one. */
  onReplace(listener: (timeline: BroadcastTimeline) => void): void;
  /** GET and PUT under PEER_TIMELINES_PREFIX. */
  readonly handler: NodeHandler;
}

interface KeptTimeline {
  readonly timeline: BroadcastTimeline;
  /** Rejects when the disk did not take it; it is then not kept at all. */
  readonly isOnDisk: Promise<void>;
}

interface Peer {
  readonly id: string;
  readonly nodeUrl: string;
}

/** `{project}/{broadcast}`, checked; also a path below the directory. */
export function parseBroadcastPath(rest: string): { projectId: string; broadcastId: string } {
  const [project, broadcast, ...more] = rest.split('/');
  const projectId = projectIdSchema.safeParse(project);
  const broadcastId = broadcastIdSchema.safeParse(broadcast);
  if (!projectId.success || !broadcastId.success || more.length > 0)
    throw new MeridianError('not_found', { what: 'such broadcast' });
  return { projectId: projectId.data, broadcastId: broadcastId.data };
}

/** Keeps timelines under a directory. */
export function createTimelines(context: NodeContext, directory: string): Timelines {
  const { clock, log, transport } = context;
  const known = new Map<string, KeptTimeline>();
  const listeners: ((timeline: BroadcastTimeline) => void)[] = [];
  /** Writes to disk happen one after another, so that the last one to be decided is the one that stays. */
  let writing: Promise<void> = Promise.resolve();

  const keyOf = (timeline: Pick<BroadcastTimeline, 'projectId' | 'broadcastId'>): string =>
    `${timeline.projectId}/${timeline.broadcastId}`;
  const fileOf = (timeline: BroadcastTimeline): string =>
    join(directory, `${timeline.projectId}.${timeline.broadcastId}.json`);

  async function forgetOld(): Promise<void> {
    const oldest = clock.nowMs() - TIMELINE_AGE_MS_MAX;
    const byAge = [...known.values()]
      .map(({ timeline }) => timeline)
      .sort((left, right) => left.mintedAtMs - right.mintedAtMs);
    for (const [index, timeline] of byAge.entries()) {
      if (timeline.mintedAtMs > oldest && byAge.length - index <= TIMELINES_MAX) return;
      known.delete(keyOf(timeline));
      await rm(fileOf(timeline), { force: true });
    }
  }

  async function write(timeline: BroadcastTimeline): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFileDurably(fileOf(timeline), JSON.stringify(timeline));
    await forgetOld();
  }

  /** Keeps a timeline unless a better one is known; returns the one that holds, once it is on disk. */
  async function keep(timeline: BroadcastTimeline): Promise<BroadcastTimeline> {
    const key = keyOf(timeline);
    const before = known.get(key);
    if (before === undefined || compareTimelines(timeline, before.timeline) < 0) {
      const isOnDisk = writing.then(() => write(timeline));
      known.set(key, { timeline, isOnDisk });
      writing = isOnDisk.catch(() => {
        if (known.get(key)?.timeline === timeline) known.delete(key);
      });
      if (before !== undefined) for (const listener of listeners) listener(timeline);
    }
    await known.get(key)?.isOnDisk;
    return current(key) ?? timeline;
  }

  const current = (key: string): BroadcastTimeline | undefined => known.get(key)?.timeline;

  function peers(): Peer[] {
    const nodes = context.world.current()?.nodes ?? [];
    return nodes.filter(({ id, roles }) => id !== context.nodeId && roles.includes('ingest'));
  }

  /** The timeline that a peer holds after the request; undefined when it holds none. */
  async function exchange(
    peer: Peer,
    path: string,
    offered?: BroadcastTimeline,
  ): Promise<BroadcastTimeline | undefined> {
    const { status, body } = await transport.request({
      method: offered === undefined ? 'GET' : 'PUT',
      url: `${peer.nodeUrl}${PEER_TIMELINES_PREFIX}${path}`,
      ...(offered === undefined ? {} : { body: JSON.stringify(offered) }),
      headersTimeoutMs: PEER_ANSWER_MS_MAX,
      signal: AbortSignal.timeout(PEER_ANSWER_MS_MAX),
    });
    const text = (await readBody(body, TIMELINE_BYTES_MAX)).toString('utf8');
    if (status === 404 && offered === undefined) return undefined;
    if (status !== 200) throw new Error(`${peer.id} answered ${status}`);
    return broadcastTimelineSchema.parse(JSON.parse(text));
  }

  /** Asks or tells peers side by side; those that do not answer in time are returned. */
  async function askAll(asked: readonly Peer[], path: string, offered?: BroadcastTimeline): Promise<Peer[]> {
    const missing: Peer[] = [];
    await Promise.all(
      asked.map(async (peer) => {
        try {
          const answer = await exchange(peer, path, offered);
          if (answer !== undefined && keyOf(answer) === path) await keep(answer);
        } catch (error) {
          missing.push(peer);
          log.debug({ peerId: peer.id, path, error: String(error) }, 'another ingest did not answer');
        }
      }),
    );
    return missing;
  }

  async function offerAgain(
    timeline: BroadcastTimeline,
    path: string,
    missing: readonly Peer[],
    signal: AbortSignal,
  ): Promise<void> {
    let left = missing;
    for (let round = 0; round < PUSHES_MAX && left.length > 0; round += 1) {
      await clock.sleep(PUSH_AGAIN_MS, signal);
      // A peer that was started again may listen elsewhere.
      const ids = new Set(left.map(({ id }) => id));
      left = await askAll(
        peers().filter(({ id }) => ids.has(id)),
        path,
        current(path) ?? timeline,
      );
    }
  }

  async function read(name: string): Promise<void> {
    try {
      const timeline = broadcastTimelineSchema.parse(await readJsonFile(join(directory, name)));
      known.set(keyOf(timeline), { timeline, isOnDisk: Promise.resolve() });
    } catch (error) {
      log.warn({ name, error: String(error) }, 'a kept timeline cannot be read; its broadcast gets another');
    }
  }

  return {
    async load() {
      let names: string[] = [];
      try {
        names = await readdir(directory);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      for (const name of names.filter((name) => name.endsWith('.json'))) await read(name);
      await forgetOld();
    },
    async find(projectId, broadcastId) {
      const path = keyOf({ projectId, broadcastId });
      if (!known.has(path)) await askAll(peers(), path);
      return current(path);
    },
    async publish(timeline, signal) {
      const path = keyOf(timeline);
      await keep(timeline);
      const missing = await askAll(peers(), path, timeline);
      offerAgain(timeline, path, missing, signal).catch(() => undefined);
      return current(path) ?? timeline;
    },
    onReplace: (listener) => void listeners.push(listener),
    async handler({ request, response, rest }) {
      const broadcast = parseBroadcastPath(rest);
      if (request.method === 'PUT') {
        const body = broadcastTimelineSchema.safeParse(await readJson(request, TIMELINE_BYTES_MAX));
        if (!body.success || keyOf(body.data) !== rest)
          throw new MeridianError('invalid_request', {
            reason: 'the body is not a timeline of this broadcast',
          });
        sendJson(response, await keep(body.data));
        return;
      }
      const timeline = current(keyOf(broadcast));
      if (timeline === undefined)
        throw new MeridianError('not_found', { what: 'timeline of this broadcast' });
      sendJson(response, timeline);
    },
  };
}
