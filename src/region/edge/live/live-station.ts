// One broadcast at this edge: its document, the renditions that viewers ask for, and what is fetched for them one by one
// (init segments, segments older than the window's bytes). Everything is asked of channels once, however many wait.

import { MeridianError } from '#contract/errors.ts';
import {
  type BroadcastRecord,
  type ChannelDocument,
  channelDocumentSchema,
  type LiveRendition,
} from '#contract/live.ts';
import { CHANNEL_PREFIX } from '#contract/peer-api.ts';
import { findKnownGaps } from '#core/live/known-gaps.ts';
import type { Clock } from '#platform/clock.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import { type ChannelHealth, createChannelHealth } from './channel-health.ts';
import { followRendition, type RenditionFollower } from './follow-rendition.ts';
import {
  CHANNEL_ANSWER_MS_MAX,
  CHANNEL_DOCUMENT_BYTES_MAX,
  CHANNEL_DOCUMENT_MS,
  IDLE_MS,
  OTHER_CHANNEL_MS_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENT_FETCH_MS_MAX,
  SEGMENT_FETCHES_MAX,
  STALE_MS,
} from './limits.ts';
import type { PartPlace } from './live-window.ts';

export interface StationDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: Transport;
  readonly ownRegionId: string;
  record(): BroadcastRecord;
  nodeUrlOf(nodeId: string): string | undefined;
  onFeed(isChange: boolean): void;
  onPart(renditionId: string, part: PartPlace, data: Buffer): void;
  onForgotten(renditionId: string, segment: number, partCount: number): void;
  onFetch(): void;
}

/** A broadcast at this edge. */
export class LiveStation {
  readonly #dependencies: StationDependencies;
  readonly #health: ChannelHealth;
  readonly #followers = new Map<string, { follower: RenditionFollower; askedAtMs: number }>();
  readonly #fetches = new Map<string, Promise<Buffer | undefined>>();
  #document: { readonly value: ChannelDocument; readonly atMs: number } | undefined;
  /** Segments that no channel has, by rendition. */
  #gaps: ReturnType<typeof findKnownGaps> = new Map();
  #asking: Promise<ChannelDocument | undefined> | undefined;

  constructor(dependencies: StationDependencies) {
    this.#dependencies = dependencies;
    this.#health = createChannelHealth(dependencies.ownRegionId);
  }

  get record(): BroadcastRecord {
    return this.#dependencies.record();
  }

  /** What a channel says of the broadcast; undefined while none is on air. An older word holds while none answers. */
  async document(): Promise<ChannelDocument | undefined> {
    const known = this.#document;
    if (known !== undefined && this.#nowMs() - known.atMs < CHANNEL_DOCUMENT_MS) return known.value;
    this.#asking ??= this.#askDocument().finally(() => {
      this.#asking = undefined;
    });
    // Renditions do not change: whoever plays need not wait for the same word again.
    if (known !== undefined) return known.value;
    return this.#asking;
  }

  /** The rendition as it arrives; begins to follow it. Undefined when there is no such rendition, or nobody is on air. */
  async follow(renditionId: string): Promise<RenditionFollower | undefined> {
    const running = this.running(renditionId);
    if (running !== undefined) return running;
    const document = await this.document();
    const rendition = document?.renditions.find(({ id }) => id === renditionId);
    if (document === undefined || rendition === undefined) return undefined;
    return this.#begin(document, rendition);
  }

  /** The rendition if it is followed already: somebody asks for it. */
  running(renditionId: string): RenditionFollower | undefined {
    const running = this.#followers.get(renditionId);
    if (running === undefined) return undefined;
    running.askedAtMs = this.#nowMs();
    return running.follower;
  }

  /** What is followed now. */
  followed(): RenditionFollower[] {
    return [...this.#followers.values()].map(({ follower }) => follower);
  }

  /** Whether this edge is cut off from the broadcast: it follows, and has heard no channel for a while. */
  isStale(follower: RenditionFollower): boolean {
    return !follower.window.isEnded && this.#nowMs() - follower.heardAtMs() > STALE_MS;
  }

  /** An init segment or an older segment, from whichever channel has it. */
  fetch(renditionId: string, file: string): Promise<Buffer | undefined> {
    const name = `${renditionId}/${file}`;
    const running = this.#fetches.get(name);
    if (running !== undefined) return running;
    if (this.#fetches.size >= SEGMENT_FETCHES_MAX)
      throw new MeridianError('overloaded', { reason: 'too many older segments are being fetched' });
    this.#dependencies.onFetch();
    const fetching = this.#ask(name, SEGMENT_BYTES_MAX, SEGMENT_FETCH_MS_MAX).finally(() =>
      this.#fetches.delete(name),
    );
    this.#fetches.set(name, fetching);
    return fetching;
  }

  /** Leaves renditions that nobody asks for. */
  sweep(): void {
    for (const [id, { follower, askedAtMs }] of this.#followers)
      if (this.#nowMs() - askedAtMs > IDLE_MS) {
        this.#followers.delete(id);
        void follower.stop();
      }
  }

  get isIdle(): boolean {
    return this.#followers.size === 0 && this.#fetches.size === 0;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#followers.values()].map(({ follower }) => follower.stop()));
    this.#followers.clear();
  }

  #nowMs(): number {
    return this.#dependencies.clock.monotonicMs();
  }

  #begin(document: ChannelDocument, rendition: LiveRendition): RenditionFollower {
    const known = this.#followers.get(rendition.id);
    if (known !== undefined) return known.follower;
    const health = this.#health;
    const compare = (): void => {
      // What one channel shows says little without the others.
      if (health.hasFaulty()) this.document().catch(() => undefined);
    };
    const isLost = (renditionId: string, segment: number): boolean =>
      this.#gaps.get(renditionId)?.has(segment) ?? false;
    const follower = followRendition({ ...this.#dependencies, health, compare, isLost }, document, rendition);
    this.#followers.set(rendition.id, { follower, askedAtMs: this.#nowMs() });
    return follower;
  }

  /**
   * Asks all channels, since one that began later than another has less of the past, and playlists of all pathways must
   * tell the same. The first answer is enough to play; a channel that hangs is not waited for.
   */
  async #askDocument(): Promise<ChannelDocument | undefined> {
    const { channels } = this.record.schedule;
    const answers: ChannelDocument[] = [];
    const first = Promise.withResolvers<void>();
    const all = Promise.all(
      channels.map(async ({ nodeId }) => {
        const bytes = await this.#askNode(
          nodeId,
          'channel.json',
          CHANNEL_DOCUMENT_BYTES_MAX,
          CHANNEL_ANSWER_MS_MAX,
        );
        if (bytes === undefined) return;
        const answer = channelDocumentSchema.parse(JSON.parse(bytes.toString('utf8')));
        this.#health.noteFaults(answer.channel, answer.faults ?? []);
        answers.push(answer);
        first.resolve();
      }),
    );
    await Promise.race([all, first.promise]);
    const ended = new AbortController();
    await Promise.race([
      all,
      this.#dependencies.clock.sleep(OTHER_CHANNEL_MS_MAX, ended.signal).catch(() => undefined),
    ]);
    ended.abort();
    const best = this.#best();
    const value = answers.find(({ channel }) => channel === best) ?? answers[0];
    if (value === undefined) return this.#document?.value;
    this.#gaps = findKnownGaps(answers, channels.length);
    const firstSegment = Math.min(...answers.map((answer) => answer.firstSegment));
    this.#document = { value: { ...value, firstSegment }, atMs: this.#nowMs() };
    return this.#document.value;
  }

  #best(): number | undefined {
    return this.#health.choose(this.record.schedule.channels, undefined, this.#nowMs())?.channel;
  }

  /** Asks one channel after the other, the best first; undefined when none has it. */
  async #ask(name: string, bytesMax: number, timeoutMs: number): Promise<Buffer | undefined> {
    const best = this.#best();
    const order = [...this.record.schedule.channels].sort(
      (left, right) => Number(right.channel === best) - Number(left.channel === best),
    );
    for (const { nodeId } of order) {
      const body = await this.#askNode(nodeId, name, bytesMax, timeoutMs);
      if (body !== undefined) return body;
    }
    return undefined;
  }

  async #askNode(
    nodeId: string,
    name: string,
    bytesMax: number,
    timeoutMs: number,
  ): Promise<Buffer | undefined> {
    const { transport, nodeUrlOf, log } = this.#dependencies;
    const { projectId, broadcastId } = this.record;
    const baseUrl = nodeUrlOf(nodeId);
    if (baseUrl === undefined) return undefined;
    try {
      const response = await transport.request({
        method: 'GET',
        url: `${baseUrl}${CHANNEL_PREFIX}${projectId}/${broadcastId}/${name}`,
        headersTimeoutMs: timeoutMs,
      });
      const body = await readBody(response.body, bytesMax);
      return response.status === 200 ? body : undefined;
    } catch (error) {
      log.debug({ nodeId, name, error: String(error) }, 'a channel did not answer');
      return undefined;
    }
  }
}
