// Broadcasts: what people ask for, where each is made (core/live), and the list that every node keeps. The list is
// held open for nodes, so that a new broadcast or a changed plan reaches them at once; it is rebuilt from the database,
// so that nothing depends on who wrote the change. Its order is (term of control, revision of this process).

import { isDeepStrictEqual } from 'node:util';
import { MeridianError } from '#contract/errors.ts';
import type { BroadcastList, BroadcastRecord, BroadcastSchedule } from '#contract/live.ts';
import { type BroadcastJudgement, judgeBroadcast } from '#core/live/judge-broadcast.ts';
import {
  DEFAULT_LIVE_POLICY,
  type LivePlan,
  type LiveView,
  scheduleBroadcasts,
} from '#core/live/schedule-broadcasts.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { CLAIMS_MAX } from '../limits.ts';
import { inTurn } from '../serial.ts';
import { recordBroadcastEvent } from './broadcast-events.ts';
import { ENDED_KEPT_MS, READY_BEFORE_MS, READY_MS_MAX } from './limits.ts';
import { createLiveReports, type HeardReport, type LiveReports } from './live-reports.ts';
import { liveViewOf } from './live-view.ts';
import { beginRecording } from './recordings.ts';
import { type BroadcastRow, lockBroadcast, readCurrent, recordOf, reviseBroadcast } from './store.ts';

export interface Broadcasts {
  readonly reports: LiveReports;
  /** The newest list; waits until there is one that the asker does not have. */
  list(
    known: { term: number; revision: number },
    waitMs: number,
    signal: AbortSignal,
  ): Promise<BroadcastList>;
  /** Judges and places all broadcasts now, and lets nodes know; runs one after another. */
  tick(): Promise<void>;
  /** Reports of nodes that work on it, with their ages. */
  reportsOf(broadcastId: string): readonly (HeardReport & { ageMs: number })[];
  /** What would be planned now for a broadcast if its row were this one. */
  planOf(row: BroadcastRow): Promise<LivePlan | undefined>;
  /** Ends all open requests for the list. */
  stop(): void;
}

/** Creates the keeper of broadcasts. `term`: of control, with which the list travels. */
export function createBroadcasts(context: ControlContext, fleet: Fleet, term: () => number): Broadcasts {
  return new LiveBroadcasts(context, fleet, term);
}

class LiveBroadcasts implements Broadcasts {
  readonly reports: LiveReports;
  readonly tick = inTurn(() => this.#tick());
  readonly #context: ControlContext;
  readonly #fleet: Fleet;
  readonly #term: () => number;
  readonly #stopping = new AbortController();
  #records: readonly BroadcastRecord[] = [];
  #revision = 0;
  #waiting = 0;
  #changed = Promise.withResolvers<void>();

  constructor(context: ControlContext, fleet: Fleet, term: () => number) {
    this.#context = context;
    this.#fleet = fleet;
    this.#term = term;
    this.reports = createLiveReports(context.clock);
  }

  async list(known: { term: number; revision: number }, waitMs: number, gone: AbortSignal) {
    const signal = AbortSignal.any([gone, this.#stopping.signal]);
    if (this.#waiting >= CLAIMS_MAX)
      throw new MeridianError('overloaded', { reason: 'too many open requests' });
    // Before the first look at the database there is nothing to tell, and an empty list would end every channel.
    if (this.#revision === 0) await this.tick();
    const isKnown = (): boolean => known.term === this.#term() && known.revision === this.#revision;
    const { clock } = this.#context;
    const deadlineMs = clock.monotonicMs() + waitMs;
    this.#waiting += 1;
    try {
      for (let leftMs = waitMs; isKnown() && leftMs > 0 && !signal.aborted; ) {
        const woken = new AbortController();
        const sleep = clock.sleep(leftMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
        await Promise.race([sleep, this.#changed.promise]);
        woken.abort();
        leftMs = deadlineMs - clock.monotonicMs();
      }
    } finally {
      this.#waiting -= 1;
    }
    return { term: this.#term(), revision: this.#revision, broadcasts: [...this.#records] };
  }

  stop(): void {
    this.#stopping.abort();
  }

  reportsOf(broadcastId: string): readonly (HeardReport & { ageMs: number })[] {
    const nowMs = this.#context.clock.monotonicMs();
    return this.reports
      .of(broadcastId)
      .map((report) => ({ ...report, ageMs: Math.round(nowMs - report.heardMonotonicMs) }));
  }

  async planOf(row: BroadcastRow): Promise<LivePlan | undefined> {
    const { clock, database } = this.#context;
    const nowMs = clock.nowMs();
    const open = (await readCurrent(database, nowMs)).filter(({ state }) => state !== 'ended');
    const rows = open.map((own) => (own.id === row.id ? row : own));
    const plans = scheduleBroadcasts(this.#viewOf(rows), DEFAULT_LIVE_POLICY, nowMs);
    return plans.find(({ broadcastId }) => broadcastId === row.id);
  }

  async #tick(): Promise<void> {
    const { clock, database } = this.#context;
    const nowMs = clock.nowMs();
    const rows = await readCurrent(database, nowMs - ENDED_KEPT_MS);
    const open = rows.filter(({ state }) => state !== 'ended');
    const plans = new Map(
      scheduleBroadcasts(this.#viewOf(open), DEFAULT_LIVE_POLICY, nowMs).map((plan) => [
        plan.broadcastId,
        plan,
      ]),
    );
    let isChanged = false;
    for (const row of open) {
      const judgement = this.#judge(row, nowMs);
      const plan = plans.get(row.id);
      if (isSame(row, judgement, plan)) continue;
      const change = await database
        .transaction()
        .execute((transaction) => this.#apply(transaction, row, judgement, plan, nowMs));
      isChanged ||= change;
    }
    this.#publish(isChanged ? await readCurrent(database, nowMs - ENDED_KEPT_MS) : rows);
  }

  #publish(rows: readonly BroadcastRow[]): void {
    const records = rows.map(recordOf);
    if (this.#revision > 0 && isDeepStrictEqual(records, this.#records)) return;
    this.#records = records;
    this.#revision += 1;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #judge(row: BroadcastRow, nowMs: number): BroadcastJudgement {
    if (row.state === 'ended') return { state: 'ended', reason: row.state_reason };
    const judgement = judgeBroadcast(
      {
        state: row.state,
        plannedStartMs: row.planned_start_ms,
        interruptedAtMs: row.interrupted_at_ms,
        graceMs: row.settings.graceMs,
        reports: this.reportsOf(row.id).map((report) => ({
          role: report.role,
          state: report.state,
          reason: report.reason,
          ageMs: report.ageMs,
          isNodeAlive: this.#fleet.node(report.nodeId)?.isAlive ?? false,
        })),
      },
      READY_BEFORE_MS,
      nowMs,
    );
    const readySinceMs = row.planned_start_ms ?? row.created_at_ms;
    return judgement.state === 'ready' && nowMs - readySinceMs > READY_MS_MAX
      ? { state: 'ended', reason: 'Nobody published to it for a day.' }
      : judgement;
  }

  #viewOf(rows: readonly BroadcastRow[]): LiveView {
    return liveViewOf(this.#context, this.#fleet, rows, (id) => this.reports.of(id));
  }

  /** Writes what was judged and planned, unless somebody has changed the broadcast meanwhile. */
  async #apply(
    transaction: ControlTransaction,
    seen: BroadcastRow,
    judgement: BroadcastJudgement,
    plan: LivePlan | undefined,
    nowMs: number,
  ): Promise<boolean> {
    const row = await lockBroadcast(transaction, seen.id);
    if (row === undefined || row.revision !== seen.revision || row.state === 'ended') return false;
    const isNews = judgement.state !== row.state;
    const changed = await reviseBroadcast(
      transaction,
      row,
      { ...stateChanges(row, judgement, nowMs), ...scheduleChanges(row, plan) },
      nowMs,
    );
    if (!isNews) return true;
    const { log, random } = this.#context;
    log.info(
      { broadcast: row.id, from: row.state, to: judgement.state, reason: judgement.reason },
      'a broadcast changed',
    );
    if (judgement.state === 'on_air' && row.started_at_ms === null)
      await beginRecording(transaction, changed, nowMs);
    await recordBroadcastEvent({ random, nowMs }, transaction, changed);
    return true;
  }
}

function isSame(row: BroadcastRow, judgement: BroadcastJudgement, plan: LivePlan | undefined): boolean {
  const isSameState = row.state === judgement.state && row.state_reason === judgement.reason;
  return isSameState && Object.keys(scheduleChanges(row, plan)).length === 0;
}

/** What changes in a row when its broadcast comes into a state. */
export function stateChanges(row: BroadcastRow, { state, reason }: BroadcastJudgement, nowMs: number) {
  return {
    state,
    state_reason: reason,
    started_at_ms: row.started_at_ms ?? (state === 'on_air' ? nowMs : null),
    interrupted_at_ms: state === 'interrupted' ? (row.interrupted_at_ms ?? nowMs) : null,
    ended_at_ms: state === 'ended' ? nowMs : null,
  };
}

/** A new schedule when the plan decides something else; the numbers in its reasons move all the time and do not count. */
function scheduleChanges(
  row: BroadcastRow,
  plan: LivePlan | undefined,
): { schedule?: string; last_channel?: number } {
  if (plan === undefined) return {};
  const { schedule } = row;
  const isSameDecision =
    isDeepStrictEqual(schedule.channels, plan.channels) &&
    isDeepStrictEqual(schedule.ingestNodeIds, plan.ingestNodeIds) &&
    isDeepStrictEqual(codesOf(schedule.reasons), codesOf(plan.reasons));
  if (isSameDecision && schedule.generation > 0) return {};
  const next: BroadcastSchedule = {
    generation: schedule.generation + 1,
    channels: [...plan.channels],
    ingestNodeIds: [...plan.ingestNodeIds],
    reasons: [...plan.reasons],
  };
  const last = Math.max(row.last_channel, ...plan.channels.map(({ channel }) => channel));
  return { schedule: JSON.stringify(next), last_channel: last };
}

/** `placed` becomes `stays` by itself a moment later, which is no news. */
function codesOf(reasons: readonly { code: string; subject: string }[]): string[] {
  return reasons
    .filter(({ code }) => code !== 'placed' && code !== 'stays')
    .map(({ code, subject }) => `${subject} ${code}`);
}
