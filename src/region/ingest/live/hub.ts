// One broadcast at one ingest: its publisher, its timeline, the records of the last seconds, and who reads them.
//
//   waiting ── a publisher's media has a timeline ──► on_air ── the publisher is gone ──► interrupted
//                                                        ▲───── one comes back ─────────────┘ │ grace time over
//                                                                                             ▼
//                        ended by control, from any state ─────────────────────────────────► ended
//
// A publisher that moved to another ingest is no end: before the grace time ends a broadcast the other ingests are
// asked, and if one has it on air this one only lets go.

import { randomBytes } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { BroadcastRecord, BroadcastTimeline, LiveReport } from '#contract/live.ts';
import { compareTimelines } from '#core/live-timeline/choose-timeline.ts';
import { createFeed, type Feed, type FeedUnit, type UnnumberedRecord } from '#media/contribution/feed.ts';
import type { KeptUnit, OpeningFormat } from '#media/contribution/opening.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { type Beginning, createBeginning } from './beginning.ts';
import { type ContributionBuffer, createContributionBuffer } from './contribution-buffer.ts';
import { createFigures } from './figures.ts';
import {
  AHEAD_MS_MAX,
  BUFFER_BYTES_MAX,
  BUFFER_MS,
  BUFFER_MS_MAX,
  IDLE_MS_MAX,
  SILENT_MS_MAX,
} from './limits.ts';
import { mintTimeline } from './mint-timeline.ts';
import { createReaders, type ReadRequest } from './readers.ts';

export type HubState = 'waiting' | 'on_air' | 'interrupted' | 'ended';
export type Protocol = NonNullable<LiveReport['protocol']>;

/** A connection that publishes. */
export interface Publisher {
  readonly protocol: Protocol;
  /** Ends the connection; the reason is for the log. Calls no one back. */
  close(reason: string): void;
  /** Why its key has lost its worth since it was shown; null while it has not. */
  problem(): string | null;
}

/** What a publisher's connection calls. */
export interface Attachment {
  /** @throws ContributionError when its media cannot be understood; detach it with the reason */
  take(unit: FeedUnit): void;
  announceFrameRate(framesPerSecond: number): void;
  /** The publisher is gone. */
  detach(reason: string): void;
}

/** Why a publisher is refused: by its key or what that opens, for another publisher's sake, or since this ingest is full. */
export type PublishFault = 'key' | 'busy' | 'full';

export type Attached =
  | { readonly isAttached: true; readonly attachment: Attachment }
  | { readonly isAttached: false; readonly fault: PublishFault; readonly reason: string };

export interface Hub {
  readonly broadcast: BroadcastRecord;
  state(): HubState;
  attach(publisher: Publisher): Attached;
  /** Whether a reader is served now: on air, or it reads this session already. */
  serves(session: string | undefined): boolean;
  /** Serves a reader; resolves when the answer is over. */
  read(request: ReadRequest): Promise<void>;
  /** Control changed the broadcast. */
  update(broadcast: BroadcastRecord): void;
  /** Another timeline holds. */
  replaceTimeline(timeline: BroadcastTimeline): void;
  end(reason: string): void;
  report(): LiveReport;
  /** Nobody publishes or reads, and nothing is to be remembered. */
  isIdle(): boolean;
  /** Called about every second: looks for silence and for keys that were revoked. */
  tick(): void;
  heartbeat(): void;
  /** Cuts everything; nothing is reported. */
  stop(): void;
}

export interface HubDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeId: string;
  term(): number;
  findTimeline(): Promise<BroadcastTimeline | undefined>;
  /** Makes a timeline known; returns the one that holds. */
  publishTimeline(timeline: BroadcastTimeline, signal: AbortSignal): Promise<BroadcastTimeline>;
  /** Whether another ingest has the broadcast on air. */
  isOnAirElsewhere(): Promise<boolean>;
  /** The state changed. */
  onState(hub: Hub): void;
}

interface Session {
  readonly publisher: Publisher;
  /** Until its media has a timeline. */
  beginning: Beginning | undefined;
  lastMediaAtMs: number;
}

/** What a timeline brings with it. */
interface Stage {
  readonly timeline: BroadcastTimeline;
  readonly name: string;
  readonly feed: Feed;
  readonly buffer: ContributionBuffer;
}

/** Creates the hub of a broadcast whose first publisher or reader has come. */
export function createHub(first: BroadcastRecord, dependencies: HubDependencies): Hub {
  const { clock } = dependencies;
  const log = dependencies.log.child({ broadcastId: first.broadcastId });
  const lifetime = new AbortController();
  const readers = createReaders(log);
  const figures = createFigures();
  let broadcast = first;
  let state: HubState = 'waiting';
  let sinceMs = clock.nowMs();
  let reason: string | null = null;
  let protocol: Protocol | null = null;
  let session: Session | undefined;
  let stage: Stage | undefined;
  let grace: AbortController | undefined;

  function setState(next: HubState, why: string | null): void {
    if (state === next && reason === why) return;
    if (state !== next) sinceMs = clock.nowMs();
    state = next;
    reason = why;
    log.info({ state, reason }, 'a broadcast changed its state at this ingest');
    dependencies.onState(hub);
  }

  function append(records: readonly UnnumberedRecord[]): void {
    if (records.length === 0 || stage === undefined) return;
    const nowMs = clock.nowMs();
    for (const record of records) {
      stage.buffer.append(record);
      figures.note(record, nowMs);
    }
    readers.wake();
  }

  function appendNote(kind: 'interruption' | 'end', text: string): void {
    const dtsUs = stage?.feed.lastUs() ?? 0;
    append([{ kind, isKeyFrame: false, dtsUs, ptsOffsetUs: 0, payload: new TextEncoder().encode(text) }]);
  }

  /** The session's media has a timeline: what was kept goes out, and everything after it. */
  function start(current: Session, timeline: BroadcastTimeline, kept: readonly KeptUnit[]): void {
    if (session !== current) return;
    grace?.abort();
    if (stage === undefined || compareTimelines(stage.timeline, timeline) !== 0) stage = raiseStage(timeline);
    stage.feed.beginSession();
    current.beginning = undefined;
    protocol = current.publisher.protocol;
    setState('on_air', null);
    for (const { unit, arrivedAtMs } of kept) append(stage.feed.take(unit, arrivedAtMs));
  }

  async function mint(format: OpeningFormat): Promise<BroadcastTimeline> {
    const { nodeId, term, publishTimeline } = dependencies;
    const nowMs = clock.nowMs();
    const minted = mintTimeline({ broadcast, format, term: term(), mintedBy: nodeId, nowMs });
    return await publishTimeline(minted, lifetime.signal);
  }

  function begin(current: Session): void {
    if (stage !== undefined) {
      start(current, stage.timeline, []);
      return;
    }
    current.beginning = createBeginning({
      clock,
      find: dependencies.findTimeline,
      mint,
      onTimeline: (timeline, kept) => start(current, timeline, kept),
      onProblem: (why) => drop(current, why),
    });
  }

  /** Closes a publisher that is still there. */
  function drop(current: Session, why: string): void {
    if (session !== current) return;
    current.publisher.close(why);
    leave(current, why);
  }

  /** A publisher is gone, by itself or not. */
  function leave(current: Session, why: string): void {
    if (session !== current) return;
    session = undefined;
    if (state !== 'on_air') {
      setState(state, why);
      return;
    }
    appendNote('interruption', why);
    setState('interrupted', why);
    grace = new AbortController();
    waitForReturn(AbortSignal.any([grace.signal, lifetime.signal])).catch(() => undefined);
  }

  async function waitForReturn(signal: AbortSignal): Promise<void> {
    await clock.sleep(broadcast.settings.graceMs, signal);
    const isElsewhere = await dependencies.isOnAirElsewhere();
    if (signal.aborted || state !== 'interrupted') return;
    if (!isElsewhere) {
      end(`no publisher came back within ${broadcast.settings.graceMs} ms`);
      return;
    }
    readers.finish();
    setState('waiting', 'the publisher is at another ingest');
  }

  function end(why: string): void {
    if (state === 'ended') return;
    session?.publisher.close(why);
    session = undefined;
    appendNote('end', why);
    setState('ended', why);
    readers.finish();
    lifetime.abort();
  }

  function take(current: Session, unit: FeedUnit): void {
    if (session !== current) return;
    const nowMs = clock.nowMs();
    current.lastMediaAtMs = nowMs;
    if (current.beginning !== undefined) current.beginning.take(unit);
    else if (stage !== undefined) {
      append(stage.feed.take(unit, nowMs));
      if (stage.feed.aheadUs(nowMs) > AHEAD_MS_MAX * 1_000)
        drop(current, 'it sends faster than time passes; a live feed is sent at its own speed (ffmpeg -re)');
    }
  }

  function refusalOfSecond(): string | null {
    if (session === undefined || broadcast.settings.onSecondPublisher === 'replace') return null;
    const silentMs = clock.nowMs() - session.lastMediaAtMs;
    return silentMs > SILENT_MS_MAX ? null : 'another publisher is on this stream key';
  }

  function attach(publisher: Publisher): Attached {
    if (state === 'ended') return { isAttached: false, fault: 'key', reason: 'the broadcast has ended' };
    const refusal = refusalOfSecond();
    if (refusal !== null) return { isAttached: false, fault: 'busy', reason: refusal };
    session?.publisher.close('another publisher took over');
    const current: Session = { publisher, beginning: undefined, lastMediaAtMs: clock.nowMs() };
    session = current;
    log.info({ protocol: publisher.protocol }, 'a publisher came');
    begin(current);
    const attachment: Attachment = {
      take: (unit) => take(current, unit),
      announceFrameRate: (framesPerSecond) => current.beginning?.announceFrameRate(framesPerSecond),
      detach: (why) => leave(current, why),
    };
    return { isAttached: true, attachment };
  }

  async function read(request: ReadRequest): Promise<void> {
    if (stage === undefined) throw new MeridianError('not_found', { what: 'media of this broadcast here' });
    const { name, timeline, buffer } = stage;
    const served = readers.serve(request, { session: name, timeline }, buffer);
    if (state === 'ended') readers.finish();
    await served;
  }

  function replaceTimeline(timeline: BroadcastTimeline): void {
    if (stage === undefined || compareTimelines(stage.timeline, timeline) === 0) return;
    log.warn(
      { mintedBy: timeline.mintedBy },
      'another ingest began this broadcast first; its timeline holds',
    );
    readers.cut();
    stage = undefined;
    // The publisher sends its configurations once, at its beginning: it has to begin again.
    if (session !== undefined) drop(session, 'the timeline of another ingest holds');
  }

  const hub: Hub = {
    get broadcast() {
      return broadcast;
    },
    state: () => state,
    attach,
    serves: (name) =>
      stage !== undefined && (state === 'on_air' || (state !== 'waiting' && name === stage.name)),
    read,
    update(next) {
      broadcast = next;
      if (next.state === 'ended') end('the broadcast was ended');
    },
    replaceTimeline,
    end,
    report: () => ({
      broadcastId: broadcast.broadcastId,
      role: 'ingest',
      channel: null,
      state,
      sinceMs,
      reason: (reason ?? stage?.feed.audioProblem() ?? null)?.slice(0, 500) ?? null,
      protocol,
      figures: {
        ...figures.read(clock.nowMs()),
        framesDropped: stage?.feed.counters.videoDropped ?? 0,
        audioFramesDropped: stage?.feed.counters.audioDropped ?? 0,
        audioFramesMissing: stage?.feed.counters.audioMissing ?? 0,
        timestampJumps: stage?.feed.counters.jumps ?? 0,
        readers: readers.count(),
      },
    }),
    isIdle: () => state === 'waiting' && session === undefined && readers.count() === 0,
    tick() {
      if (session === undefined) return;
      const silentMs = clock.nowMs() - session.lastMediaAtMs;
      const silence = silentMs > IDLE_MS_MAX ? `it sent nothing for ${Math.round(silentMs)} ms` : null;
      const problem = session.publisher.problem() ?? silence;
      if (problem !== null) drop(session, problem);
    },
    heartbeat: () => readers.heartbeat(),
    stop() {
      lifetime.abort();
      session?.publisher.close('this ingest stops');
      session = undefined;
      readers.cut();
    },
  };
  return hub;
}

function raiseStage(timeline: BroadcastTimeline): Stage {
  const { anchorMs, video, audio } = timeline;
  return {
    timeline,
    name: randomBytes(9).toString('base64url'),
    feed: createFeed({ anchorMs, hasVideo: video !== null, audio }),
    buffer: createContributionBuffer({
      bytesMax: BUFFER_BYTES_MAX,
      durationUs: BUFFER_MS * 1_000,
      durationUsMax: BUFFER_MS_MAX * 1_000,
    }),
  };
}
