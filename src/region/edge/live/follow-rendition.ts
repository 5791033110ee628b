// Follows one rendition of a broadcast for as long as viewers ask for it: one feed from the best channel, whatever the
// number of viewers, changed over in mid-stream when the channel fails, falls silent, lacks a segment, or another one
// becomes better. The next feed begins with the segment that is being made, and what is known of it already is passed
// over, so that viewers see neither a hole nor a repetition.

import type { BroadcastRecord, ChannelDocument, FeedHeader, LiveRendition } from '#contract/live.ts';
import { CHANNEL_PREFIX } from '#contract/peer-api.ts';
import type { FeedRecord } from '#media/feed/feed-record.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import { gridOfRendition } from '../../shared/live-grids.ts';
import type { ChannelHealth } from './channel-health.ts';
import { followFeed } from './feed-link.ts';
import { CHANNEL_REST_MS_MIN, KEPT_MS } from './limits.ts';
import { LiveWindow, type PartPlace } from './live-window.ts';

export interface FollowDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: Transport;
  readonly health: ChannelHealth;
  record(): BroadcastRecord;
  nodeUrlOf(nodeId: string): string | undefined;
  /** Asks all channels, now and then, what they show, while one shows nothing. */
  compare(): void;
  /** Whether no channel has a segment, as far as they said. */
  isLost(renditionId: string, segment: number): boolean;
  /** A feed was opened; `isChange`: in the middle of the broadcast. */
  onFeed(isChange: boolean): void;
  /** A part has arrived that follows what was here. */
  onPart(renditionId: string, part: PartPlace, data: Buffer): void;
  /** Nobody plays the parts of a segment any more. */
  onForgotten(renditionId: string, segment: number, partCount: number): void;
}

export interface RenditionFollower {
  readonly window: LiveWindow;
  /** Whether all has arrived that was there before somebody asked: until then the newest part is not the newest. */
  isCaughtUp(): boolean;
  /** When a feed was last heard, by the monotonic clock. */
  heardAtMs(): number;
  /** Resolves when the window has changed. */
  changed(): Promise<void>;
  stop(): Promise<void>;
}

/** Begins to follow a rendition. */
export function followRendition(
  dependencies: FollowDependencies,
  document: ChannelDocument,
  rendition: LiveRendition,
): RenditionFollower {
  return new Follower(dependencies, document, rendition);
}

class Follower implements RenditionFollower {
  readonly window: LiveWindow;
  readonly #dependencies: FollowDependencies;
  readonly #document: ChannelDocument;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #heardAtMs: number;
  #change = Promise.withResolvers<void>();
  #feeds = 0;
  #isCaughtUp = false;

  constructor(dependencies: FollowDependencies, document: ChannelDocument, rendition: LiveRendition) {
    this.#dependencies = dependencies;
    this.#document = document;
    const { segmentDurationMs } = document.timeline;
    this.window = new LiveWindow({
      rendition,
      grid: gridOfRendition(document.timeline, rendition),
      segmentDurationMs,
      dvrWindowMs: dependencies.record().settings.dvrWindowMs,
      isLost: (segment) => dependencies.isLost(rendition.id, segment),
      onForgotten: (segment, count) => dependencies.onForgotten(rendition.id, segment, count),
    });
    this.#heardAtMs = dependencies.clock.monotonicMs();
    this.#running = this.#run();
  }

  isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  heardAtMs(): number {
    return this.#heardAtMs;
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #run(): Promise<void> {
    const { clock, health, log, record } = this.#dependencies;
    const { signal } = this.#stopping;
    while (!signal.aborted && !this.window.isEnded) {
      const { channels } = record().schedule;
      const choice = health.choose(channels, this.#from(), clock.monotonicMs());
      const assignment = channels.find(({ channel }) => channel === choice?.channel);
      const baseUrl = assignment === undefined ? undefined : this.#dependencies.nodeUrlOf(assignment.nodeId);
      if (assignment === undefined || baseUrl === undefined) {
        await clock.sleep(CHANNEL_REST_MS_MIN, signal).catch(() => undefined);
        continue;
      }
      try {
        await this.#follow(assignment.channel, baseUrl, signal);
      } catch (error) {
        if (signal.aborted) break;
        health.noteFailure(assignment.channel, clock.monotonicMs());
        log.info(
          { channel: assignment.channel, error: String(error) },
          'a feed broke; the other channel goes on',
        );
        await this.#restUnlessOther(signal);
      }
    }
  }

  /** When every channel rests, hammering them would not bring them back. */
  async #restUnlessOther(signal: AbortSignal): Promise<void> {
    const { clock, health, record } = this.#dependencies;
    const choice = health.choose(record().schedule.channels, this.#from(), clock.monotonicMs());
    if (choice === null || choice.reason === 'least_bad')
      await clock.sleep(CHANNEL_REST_MS_MIN, signal).catch(() => undefined);
  }

  /** The segment with which the next feed begins. */
  #from(): number {
    const next = this.window.next();
    if (next !== undefined) return next.segment;
    const nowMs = this.#dependencies.clock.nowMs();
    return Math.max(0, Math.floor((nowMs - KEPT_MS / 2) / this.#document.timeline.segmentDurationMs));
  }

  /** Follows one channel until its feed ends or another channel is better. */
  async #follow(channel: number, baseUrl: string, stopping: AbortSignal): Promise<void> {
    const { projectId, broadcastId } = this.#document;
    const { health, transport, onFeed } = this.#dependencies;
    const place = `${CHANNEL_PREFIX}${projectId}/${broadcastId}/${this.window.rendition.id}`;
    const ended = new AbortController();
    const signal = AbortSignal.any([stopping, ended.signal]);
    onFeed(this.#feeds > 0);
    this.#feeds += 1;
    let firstSegment = 0;
    for await (const record of followFeed(
      transport,
      `${baseUrl}${place}/feed?from=${this.#from()}`,
      signal,
    )) {
      this.#heardAtMs = this.#dependencies.clock.monotonicMs();
      if (record.header.kind === 'rendition')
        firstSegment = Math.min(record.header.firstSegment, this.#document.firstSegment);
      const mayStay = this.#take(channel, record, firstSegment);
      if (this.window.isEnded) return;
      if (!mayStay && this.#isOtherBetter(channel)) return;
    }
    if (!stopping.aborted && !this.window.isEnded)
      health.noteFailure(channel, this.#dependencies.clock.monotonicMs());
  }

  #isOtherBetter(channel: number): boolean {
    const { clock, health, record } = this.#dependencies;
    const choice = health.choose(record().schedule.channels, this.#from(), clock.monotonicMs());
    return choice !== null && choice.channel !== channel;
  }

  /** Takes one record; false when it is a moment to look whether another channel is better. */
  #take(channel: number, { header, data }: FeedRecord<FeedHeader>, firstSegment: number): boolean {
    const { health } = this.#dependencies;
    switch (header.kind) {
      case 'rendition':
        return true;
      case 'part':
        return this.#takePart(channel, header, data, firstSegment);
      case 'gap':
        health.noteGap(channel, header.segment + header.segmentCount);
        if (this.#isOtherBetter(channel)) return false;
        this.window.addGap(header.segment, header.segmentCount);
        this.#tell();
        return true;
      case 'heartbeat':
        health.noteState(channel, header.state);
        this.#dependencies.compare();
        if (!this.#isCaughtUp) {
          this.#isCaughtUp = true;
          this.#tell();
        }
        return false;
      case 'end':
        if (header.reason === 'ended') {
          this.window.end();
          this.#isCaughtUp = true;
          this.#tell();
        }
        return false;
    }
  }

  #takePart(
    channel: number,
    part: Extract<FeedHeader, { kind: 'part' }>,
    data: Uint8Array,
    firstSegment: number,
  ): boolean {
    const { health, onPart } = this.#dependencies;
    // A damaged part is worse than the same part of the other channel, and better than none.
    if (part.isDamaged) {
      health.noteGap(channel, part.segment + 1);
      if (this.#isOtherBetter(channel)) return false;
    } else health.noteSuccess(channel);
    if (part.faults !== undefined) {
      health.noteFaults(channel, part.faults);
      this.#dependencies.compare();
    }
    const { kind: _, ...place } = part;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (!this.window.add(place, bytes, firstSegment)) return true;
    onPart(this.window.rendition.id, place, bytes);
    this.#tell();
    return !part.isLast;
  }
}
