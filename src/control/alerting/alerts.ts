// Alerts: what objectives, rules and senders say goes through one book (core/alerting), every change is written down,
// and then those who listen are told. One step after another; a change that could not be written or told is kept for the
// next round, and after a crash what was written and not told is told again.

import { formatDurationMs } from '#base/duration.ts';
import { makeId } from '#base/ids.ts';
import type { AlertSignal, Labels } from '#core/alerting/alert.ts';
import { AlertBook, type AlertChange, type BookedAlert } from '#core/alerting/book.ts';
import type { Silence } from '#core/alerting/quiet.ts';
import type { ControlContext } from '../context.ts';
import { inTurn } from '../serial.ts';
import type { RollupFeed } from '../telemetry/feed.ts';
import type { AlertFeed, AlertView } from './feed.ts';
import { CHANGES_PER_WRITE, ROUND_LATE_MS, ROUND_MS, SENDER_EXPIRY_MS } from './limits.ts';
import { createRuleWatches, type RuleWatches } from './rule-watches.ts';
import { SHIPPED_RULES } from './shipped-rules.ts';
import {
  type AlertRow,
  type AlertWrite,
  alertView,
  markTold,
  readOpenAlerts,
  readRules,
  readSilences,
  seedRules,
  silenceOf,
  writeAlerts,
} from './store.ts';

export const SENDER_PREFIX = 'sender:';
const SLO_SOURCE = 'slo';
const RULE_SOURCE = 'rules';

/** What a sender says, and by which labels its alerts are told apart. */
export interface Received {
  readonly senderId: string;
  readonly signals: readonly AlertSignal[];
  readonly identify?: (labels: Labels) => Labels;
}

export interface Alerts extends AlertFeed {
  /** Reads rules, silences and alerts that live, and listens to telemetry from then on. */
  load(): Promise<void>;
  /** Once in each slice of time: judges everything, writes down what changed, and tells of it. */
  round(): Promise<void>;
  /** Takes what a sender says; resolves when it is written down. */
  receive(received: Received): Promise<void>;
  /** Reads rules and silences again after a change, and judges. */
  reload(): Promise<void>;
  silences(): readonly Silence[];
  /** Listens no more. */
  stop(): void;
}

/** Creates the domain. `burning` says which objectives burn. */
export function createAlerts(
  context: ControlContext,
  feed: RollupFeed,
  burning: (nowMs: number) => readonly AlertSignal[],
): Alerts {
  return new BookedAlerts(context, feed, burning);
}

interface Known {
  readonly id: string;
  readonly startsAtMs: number;
}

type Listener = (changed: readonly AlertView[]) => Promise<void> | void;

class BookedAlerts implements Alerts {
  readonly #context: ControlContext;
  readonly #feed: RollupFeed;
  readonly #burning: (nowMs: number) => readonly AlertSignal[];
  readonly #book = new AlertBook();
  readonly #watches: RuleWatches = createRuleWatches();
  readonly #listeners = new Set<Listener>();
  /** Alerts that live, as rows know them, by fingerprint. */
  readonly #known = new Map<string, Known>();
  readonly #inbox: Received[] = [];
  #unwritten: AlertWrite[] = [];
  #untold: AlertView[] = [];
  #silences: readonly Silence[] = [];
  #isRoundDue = false;
  #roundAtMs: number | null = null;
  /** The slice of time in which everything was judged last. */
  #roundSlice = -1;
  #unsubscribe: () => void = () => {};
  readonly #step = inTurn(() => this.#run());

  constructor(context: ControlContext, feed: RollupFeed, burning: (nowMs: number) => readonly AlertSignal[]) {
    this.#context = context;
    this.#feed = feed;
    this.#burning = burning;
  }

  async load(): Promise<void> {
    const { clock, database } = this.#context;
    await seedRules(database, SHIPPED_RULES, clock.nowMs());
    await this.#readRulesAndSilences();
    for (const row of await readOpenAlerts(database)) {
      if (row.ends_at_ms === null) this.#restore(row, clock.nowMs());
      if (!row.is_told) this.#untold.push(alertView(row));
    }
    this.stop();
    this.#unsubscribe = this.#feed.subscribe((points) => this.#watches.add(points));
  }

  #restore(row: AlertRow, nowMs: number): void {
    const { fingerprint, source, labels, severity, annotations, evidence } = row;
    const { pending_since_ms: pendingSinceMs, starts_at_ms: firedAtMs } = row;
    this.#known.set(fingerprint, { id: row.id, startsAtMs: firedAtMs });
    const alert = { labels, severity, annotations, evidence, pendingSinceMs, firedAtMs, calmSinceMs: null };
    const suppression =
      row.state === 'suppressed'
        ? { kind: 'silence' as const, by: '', reason: row.quiet_reason ?? '' }
        : null;
    this.#book.restore({ fingerprint, source, alert, suppression, heardAtMs: nowMs });
    // Lost before this process began: still lost, unless it is heard of.
    if (source === RULE_SOURCE) this.#watches.expect(labels, pendingSinceMs);
  }

  async #readRulesAndSilences(): Promise<void> {
    const { clock, database } = this.#context;
    this.#watches.use((await readRules(database)).map(({ rule }) => rule));
    this.#silences = (await readSilences(database, clock.nowMs())).map(silenceOf);
  }

  async reload(): Promise<void> {
    await this.#readRulesAndSilences();
    await this.#step();
  }

  async round(): Promise<void> {
    const slice = Math.floor(this.#context.clock.nowMs() / ROUND_MS);
    if (slice === this.#roundSlice && this.#untold.length + this.#unwritten.length === 0) return;
    this.#isRoundDue = slice !== this.#roundSlice;
    this.#roundSlice = slice;
    await this.#step();
  }

  async receive(received: Received): Promise<void> {
    this.#inbox.push(received);
    await this.#step();
  }

  async #run(): Promise<void> {
    const nowMs = this.#context.clock.nowMs();
    for (const { senderId, signals, identify } of this.#inbox.splice(0))
      this.#book.take(`${SENDER_PREFIX}${senderId}`, signals, nowMs, {
        isComplete: false,
        ...(identify === undefined ? {} : { identify }),
      });
    if (this.#isRoundDue) this.#judge(nowMs);
    this.#isRoundDue = false;
    this.#note(this.#book.settle(this.#silences, nowMs), nowMs);
    await this.#write(nowMs);
    await this.#endSilences(nowMs);
    await this.#tell();
  }

  #judge(nowMs: number): void {
    const lastAtMs = this.#roundAtMs;
    // After a start, or while the database was away, reports could not arrive.
    if (lastAtMs === null || nowMs - lastAtMs > ROUND_LATE_MS) {
      if (lastAtMs !== null)
        this.#context.log.warn(
          { away: formatDurationMs(nowMs - lastAtMs - ROUND_MS) },
          'alerts were not judged for a while',
        );
      this.#watches.excuse(nowMs, (labels) => this.#book.isFiring(labels));
    }
    this.#roundAtMs = nowMs;
    this.#book.take(SLO_SOURCE, this.#burning(nowMs), nowMs, { isComplete: true });
    const signals = this.#watches.signals(nowMs, (labels) => this.#book.isFiring(labels));
    this.#book.take(RULE_SOURCE, signals, nowMs, { isComplete: true });
    this.#book.expire((source) => source.startsWith(SENDER_PREFIX), nowMs - SENDER_EXPIRY_MS, nowMs);
  }

  /** Turns changes of the book into what is to be written. */
  #note(changes: readonly AlertChange[], nowMs: number): void {
    for (const { state, booked } of changes) {
      const { fingerprint, source, suppression, alert } = booked;
      const known = this.#known.get(fingerprint) ?? {
        id: makeId('alt', nowMs, this.#context.random(10)),
        startsAtMs: alert.firedAtMs ?? nowMs,
      };
      if (state === 'resolved') this.#known.delete(fingerprint);
      else this.#known.set(fingerprint, known);
      const endsAtMs = state === 'resolved' ? nowMs : null;
      this.#unwritten.push({
        view: { ...viewOf(booked, known), state, endsAtMs },
        source,
        quietReason: suppression?.reason ?? null,
        pendingSinceMs: alert.pendingSinceMs,
      });
    }
  }

  async #write(nowMs: number): Promise<void> {
    while (this.#unwritten.length > 0) {
      const writes = firstOfEach(this.#unwritten).slice(0, CHANGES_PER_WRITE);
      await this.#context.database
        .transaction()
        .execute((transaction) => writeAlerts(transaction, writes, nowMs));
      const written = new Set(writes);
      this.#unwritten = this.#unwritten.filter((write) => !written.has(write));
      this.#untold.push(...writes.map(({ view }) => view));
    }
  }

  async #endSilences(nowMs: number): Promise<void> {
    const ended = this.#book.ended(this.#silences, nowMs).map(({ id }) => id);
    if (ended.length === 0) return;
    await this.#context.database
      .updateTable('silences')
      .set({ ends_at_ms: nowMs })
      .where('id', 'in', ended)
      .execute();
    this.#silences = this.#silences.filter(({ id }) => !ended.includes(id));
  }

  async #tell(): Promise<void> {
    const views = this.#untold;
    if (views.length === 0) return;
    for (const listener of this.#listeners) await listener(views);
    this.#untold = [];
    await markTold(this.#context.database, views);
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  firing(): readonly AlertView[] {
    return this.#book.firing().flatMap((booked) => {
      const known = this.#known.get(booked.fingerprint);
      return known === undefined ? [] : [viewOf(booked, known)];
    });
  }

  silences(): readonly Silence[] {
    return this.#silences;
  }

  stop(): void {
    this.#unsubscribe();
  }
}

function viewOf({ fingerprint, alert, suppression }: BookedAlert, { id, startsAtMs }: Known): AlertView {
  const { labels, severity, annotations, evidence } = alert;
  const state = suppression === null ? 'firing' : 'suppressed';
  return { id, fingerprint, state, severity, labels, annotations, startsAtMs, endsAtMs: null, evidence };
}

/** One write per alert: several states of one row cannot go into one statement. */
function firstOfEach(writes: readonly AlertWrite[]): AlertWrite[] {
  const seen = new Set<string>();
  return writes.filter(({ view }) => !seen.has(view.id) && seen.add(view.id));
}
