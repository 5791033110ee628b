// Objectives: kept in the database, judged in memory (core/slo), fed by the rollups of telemetry.
//
// A budget's past is written down now and then; after a restart its newest hour, and what came while control was away, is
// told again from the rollups. Everything runs in the leader, which alone serves and evaluates.

import { bucketOf } from '#base/log-buckets.ts';
import { hash32 } from '#base/prng.ts';
import type { ReadSlo } from '#contract/openslo.ts';
import type { AlertSignal } from '#core/alerting/alert.ts';
import { type Budget, SloBook, seriesOf } from '#core/slo/book.ts';
import { RAW_SLICES } from '#core/slo/ledger.ts';
import { ROLLUP_MS, type SloDefinition } from '#core/slo/slo.ts';
import type { ControlContext } from '../context.ts';
import type { RollupFeed, RollupPoint } from '../telemetry/feed.ts';
import { FUTURE_MS_MAX, LEDGERS_PER_SAVE, RECALL_MS_MAX, RECALL_PIECE_MS, SAVE_EVERY_MS } from './limits.ts';
import { readShippedSlos } from './shipped.ts';
import {
  labelsKey,
  labelsOfKey,
  readStoredSlos,
  type StoredLedger,
  type StoredSlo,
  saveLedgers,
  seedShipped,
} from './store.ts';

export interface Slos {
  /** Judges the budgets; nothing is counted before `load`. */
  readonly book: SloBook;
  readonly feed: RollupFeed;
  /** Reads objectives and budgets, and listens to telemetry from then on. */
  load(): Promise<void>;
  /** Reads objectives again after a change, and begins the new ones with their last hour. */
  reload(): Promise<void>;
  /** Those in force, by name. */
  stored(): readonly StoredSlo[];
  /** What burns now. */
  signals(nowMs: number): readonly AlertSignal[];
  /** Writes down budgets whose turn it is. */
  save(): Promise<void>;
  /** Listens no more. */
  stop(): void;
}

/** Creates the domain. */
export function createSlos(context: ControlContext, feed: RollupFeed): Slos {
  return new RolledUpSlos(context, feed);
}

class RolledUpSlos implements Slos {
  readonly book = new SloBook(bucketOf);
  readonly feed: RollupFeed;
  readonly #context: ControlContext;
  readonly #savedAtMs = new Map<string, number>();
  #stored: readonly StoredSlo[] = [];
  #unsubscribe: () => void = () => {};

  constructor(context: ControlContext, feed: RollupFeed) {
    this.#context = context;
    this.feed = feed;
  }

  async load(): Promise<void> {
    const { clock, database } = this.#context;
    await seedShipped(database, readShippedSlos(), clock.nowMs());
    this.#stored = await readStoredSlos(database);
    const nowMs = clock.nowMs();
    for (const { read } of this.#stored) for (const slo of read.definitions) this.book.put(slo);
    const fromMs = await this.#restore(nowMs);
    await this.#recall(this.#definitions(), fromMs, nowMs, (points) => this.book.recall(points, () => true));
    this.stop();
    this.#unsubscribe = this.feed.subscribe((points) => {
      const latestMs = clock.nowMs() + FUTURE_MS_MAX;
      for (const point of points) if (point.atMs <= latestMs) this.book.add(point);
    });
  }

  #definitions(): readonly SloDefinition[] {
    return this.#stored.flatMap(({ read }) => read.definitions);
  }

  /** Opens the budgets that were written down; returns from when on all of them are to be told again. */
  async #restore(nowMs: number): Promise<number> {
    let fromMs = nowMs;
    for (const row of await this.#context.database.selectFrom('slo_ledgers').selectAll().execute()) {
      if (this.book.definition(row.slo) === undefined) continue;
      const labels = labelsOfKey(row.labels);
      this.book.restore(row.slo, row.group_index, labels, row.state, new Map(row.fired_at));
      fromMs = Math.min(fromMs, row.state.settledUntilMs);
    }
    return fromMs;
  }

  /** Reads the newest slices of these objectives, from `fromMs` on or longer, in pieces that telemetry answers. */
  async #recall(
    definitions: readonly SloDefinition[],
    fromMs: number,
    nowMs: number,
    take: (points: readonly RollupPoint[]) => void,
  ): Promise<void> {
    const hoursMs = definitions.map(({ sliceMs }) => RAW_SLICES * sliceMs);
    const earliestMs = Math.max(Math.min(fromMs, nowMs - Math.max(0, ...hoursMs)), nowMs - RECALL_MS_MAX);
    const series = new Set(definitions.flatMap((slo) => [...seriesOf(slo)]));
    for (let atMs = floorTo(earliestMs); atMs <= nowMs; atMs += RECALL_PIECE_MS) {
      const span = { fromMs: atMs, toMs: atMs + RECALL_PIECE_MS, stepMs: ROLLUP_MS };
      for (const name of series) take(await this.feed.read({ name, labels: {}, ...span }));
    }
  }

  async reload(): Promise<void> {
    const { clock, database } = this.#context;
    const before = new Map(this.#stored.map((stored) => [stored.row.name, stored]));
    this.#stored = await readStoredSlos(database);
    const changed = this.#stored.filter(({ row }) => {
      const known = before.get(row.name);
      before.delete(row.name);
      if (JSON.stringify(known?.row.document) === JSON.stringify(row.document)) return false;
      if (known !== undefined) this.#remove(known.read);
      return true;
    });
    for (const { read } of before.values()) this.#remove(read);
    const definitions = changed.flatMap(({ read }) => read.definitions);
    if (definitions.length === 0) return;
    const points: RollupPoint[] = [];
    await this.#recall(definitions, Number.POSITIVE_INFINITY, clock.nowMs(), (more) => points.push(...more));
    // In one step, so that nothing that comes meanwhile is counted twice.
    for (const slo of definitions) this.book.put(slo);
    const names = new Set(definitions.map(({ name }) => name));
    this.book.recall(points, (name) => names.has(name));
  }

  #remove({ definitions }: ReadSlo): void {
    for (const { name } of definitions) this.book.remove(name);
  }

  stored(): readonly StoredSlo[] {
    return this.#stored;
  }

  readonly signals = (nowMs: number): readonly AlertSignal[] => this.book.round(nowMs);

  async save(): Promise<void> {
    const { clock, database } = this.#context;
    const nowMs = clock.nowMs();
    const due = this.#due(nowMs);
    await saveLedgers(database, due, nowMs);
    for (const { slo, budget } of due) this.#savedAtMs.set(keyOf(slo, budget), nowMs);
    if (due.length > 0) return;
    // A quiet moment: what belongs to no objective any more may go.
    const known = this.book.names();
    if (known.length > 0) await database.deleteFrom('slo_ledgers').where('slo', 'not in', known).execute();
  }

  /** Budgets whose turn it is, those that were written longest ago first. */
  #due(nowMs: number): readonly StoredLedger[] {
    const due: (StoredLedger & { savedAtMs: number })[] = [];
    for (const slo of this.book.names())
      for (const budget of this.book.budgets(slo)) {
        const key = keyOf(slo, budget);
        const savedAtMs = this.#savedAtMs.get(key);
        // The first time comes within the first span, each at a moment of its own.
        if (savedAtMs === undefined) this.#savedAtMs.set(key, nowMs - (hash32(key) % SAVE_EVERY_MS));
        else if (nowMs - savedAtMs >= SAVE_EVERY_MS) due.push({ slo, budget, savedAtMs });
      }
    return due.sort((left, right) => left.savedAtMs - right.savedAtMs).slice(0, LEDGERS_PER_SAVE);
  }

  stop(): void {
    this.#unsubscribe();
  }
}

function keyOf(slo: string, { group, labels }: Budget): string {
  return `${slo}\n${group}\n${labelsKey(labels)}`;
}

function floorTo(atMs: number): number {
  return Math.floor(atMs / RECALL_PIECE_MS) * RECALL_PIECE_MS;
}
