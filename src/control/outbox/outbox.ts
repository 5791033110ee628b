// Sends what waits in a queue to systems that are not ours: webhooks, channels of notifications. One loop does all
// bookkeeping, one step after another on one database connection: write down what came of attempts, take back what was
// lost, claim what is due. Between steps the attempts run side by side, each ends by waking the loop. So a slow database
// never has more than one of us waiting, and a slow receiver never keeps the loop: it has its own few slots, and one
// when it is dead (core/webhook).
//
// At least once: an attempt whose outcome was never written (a kill, a lost database) is made again, with the same key.
// Only the leader runs this; a leader that lost its lead claims nothing more, and its outcomes are refused where somebody
// else has taken over.

import { type Breaker, CLOSED, freeSlots, stepBreaker } from '#core/webhook/delivery.ts';
import type { ControlContext, RandomBytes } from '../context.ts';
import { CLAIMS_PER_TURN, POLL_MS, SLOTS_MAX, SLOTS_PER_TARGET, STOP_MS_MAX, SWEEP_MS } from './limits.ts';
import type { SendResult } from './send.ts';

export interface Claim {
  /** The receiver. */
  readonly targetId: string;
  readonly slots: number;
  readonly nowMs: number;
  readonly term: number;
}

/** An attempt that has ended. */
export interface Finished<C> {
  readonly claimed: C;
  readonly result: SendResult;
  readonly atMs: number;
  readonly durationMs: number;
}

/** A queue in the database, and how what is claimed of it is sent. */
export interface OutboxQueue<C> {
  /** For the log, e.g. "deliveries to webhooks". */
  readonly what: string;
  /** Receivers that have something due. */
  due(nowMs: number): Promise<readonly string[]>;
  /** Claims up to `slots` messages; `hasMore` when others were put aside on the way. */
  claim(claim: Claim): Promise<{ readonly claimed: readonly C[]; readonly hasMore: boolean }>;
  targetOf(claimed: C): string;
  /** What it is about; failures of several subjects tell of the receiver. */
  subjectOf(claimed: C): string;
  /** Makes an attempt; never throws. */
  send(claimed: C, atMs: number, signal: AbortSignal): Promise<SendResult>;
  /** Whether an outcome says anything about the receiver. */
  tellsOfHealth(claimed: C, result: SendResult): boolean;
  /** Writes down what came of attempts at one receiver. */
  settle(targetId: string, finished: readonly Finished<C>[]): Promise<void>;
  /** Takes back what an earlier leader was sending, or what was never written down; returns how many. */
  takeBackLost(now: { readonly nowMs: number; readonly term: number }): Promise<number>;
}

export interface Outbox<C> {
  /** Sends until the signal aborts; then waits shortly for what is in flight. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends at once what its caller has claimed itself, whatever the state of its receiver. */
  sendNow(claimed: C): void;
  /** Looks for work now. */
  wake(): void;
  /** Forgets that a receiver was failing: somebody changed or resumed it. */
  forget(targetId: string): void;
  /** Attempts in flight now. */
  inFlight(): number;
}

export interface OutboxDependencies {
  readonly context: ControlContext;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
  term(): number;
}

/** Creates the outbox; nothing is sent until `run`. */
export function createOutbox<C>(dependencies: OutboxDependencies, queue: OutboxQueue<C>): Outbox<C> {
  return new LeaderOutbox(dependencies, queue);
}

class LeaderOutbox<C> implements Outbox<C> {
  readonly #context: ControlContext;
  readonly #queue: OutboxQueue<C>;
  readonly #mayWork: () => boolean;
  readonly #term: () => number;
  readonly #attempts = new Set<Promise<void>>();
  readonly #inFlightByTarget = new Map<string, number>();
  readonly #breakers = new Map<string, Breaker>();
  readonly #cut = new AbortController();
  #finished: Finished<C>[] = [];
  #sweptMonotonicMs = Number.NEGATIVE_INFINITY;
  #isAwake = false;
  #wake: () => void = () => {};

  constructor({ context, mayWork, term }: OutboxDependencies, queue: OutboxQueue<C>) {
    this.#context = context;
    this.#queue = queue;
    this.#mayWork = mayWork;
    this.#term = term;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isAwake = false;
      await this.#tryStep();
      if (!signal.aborted && !this.#isAwake) await this.#rest(signal);
    }
    await this.#finish();
  }

  sendNow(claimed: C): void {
    this.#start(claimed);
  }

  wake(): void {
    this.#isAwake = true;
    this.#wake();
  }

  forget(targetId: string): void {
    this.#breakers.delete(targetId);
    this.wake();
  }

  inFlight(): number {
    return this.#attempts.size;
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const resting = new AbortController();
    this.#wake = () => resting.abort();
    const either = AbortSignal.any([signal, resting.signal]);
    await this.#context.clock.sleep(POLL_MS, either).catch(() => undefined);
    this.#wake = () => {};
  }

  async #tryStep(): Promise<void> {
    if (!this.#mayWork()) return;
    try {
      await this.#record();
      await this.#sweep();
      await this.#claim();
    } catch (error) {
      // What could not be recorded stays in memory for the next step; each step asks for everything anew.
      this.#isAwake = false;
      if (this.#mayWork())
        this.#context.log.warn({ error: String(error) }, `${this.#queue.what} wait for the database`);
    }
  }

  /** Waits for attempts in flight, cuts off the rest, and writes down what is known. */
  async #finish(): Promise<void> {
    const { clock, log } = this.#context;
    const { what } = this.#queue;
    const late = new AbortController();
    await Promise.race([
      Promise.all(this.#attempts),
      clock.sleep(STOP_MS_MAX, late.signal).catch(() => undefined),
    ]);
    late.abort();
    const isCut = this.#attempts.size > 0;
    const known = [...this.#finished];
    this.#cut.abort();
    await Promise.all(this.#attempts);
    // A request that was cut off may have arrived: nothing is written of it, and the next leader repeats it.
    this.#finished = known;
    if (isCut) log.info({}, `${what} were cut off; they are repeated at the next start`);
    await this.#record().catch((error: unknown) =>
      log.warn({ error: String(error) }, `outcomes of ${what} could not be written; they are repeated`),
    );
  }

  async #sweep(): Promise<void> {
    const { clock, log } = this.#context;
    if (clock.monotonicMs() - this.#sweptMonotonicMs < SWEEP_MS) return;
    const lost = await this.#queue.takeBackLost({ nowMs: clock.nowMs(), term: this.#term() });
    this.#sweptMonotonicMs = clock.monotonicMs();
    if (lost > 0) log.info({ count: lost }, `${this.#queue.what} without a known outcome are made again`);
  }

  async #claim(): Promise<void> {
    const { clock } = this.#context;
    for (const targetId of await this.#queue.due(clock.nowMs())) {
      for (let turn = 1; ; turn += 1) {
        const slots = this.#freeSlots(targetId);
        if (slots === 0 || !this.#mayWork()) break;
        const claim = { targetId, slots, nowMs: clock.nowMs(), term: this.#term() };
        const { claimed, hasMore } = await this.#queue.claim(claim);
        for (const one of claimed) this.#start(one);
        if (!hasMore) break;
        // A lane with thousands behind its head is put aside bit by bit, between the turns of the others.
        if (turn === CLAIMS_PER_TURN) {
          this.#isAwake = true;
          break;
        }
      }
    }
  }

  #freeSlots(targetId: string): number {
    const inFlight = this.#inFlightByTarget.get(targetId) ?? 0;
    const breaker = this.#breakers.get(targetId) ?? CLOSED;
    const own = freeSlots(breaker, inFlight, SLOTS_PER_TARGET, this.#context.clock.nowMs());
    // Each may always have one: slow receivers that take all the others must not shut anybody out.
    return Math.min(own, Math.max(inFlight === 0 ? 1 : 0, SLOTS_MAX - this.#attempts.size));
  }

  #start(claimed: C): void {
    const targetId = this.#queue.targetOf(claimed);
    this.#inFlightByTarget.set(targetId, (this.#inFlightByTarget.get(targetId) ?? 0) + 1);
    const attempt = this.#attempt(claimed)
      .catch((error: unknown) => {
        this.#context.log.error(
          { error: String(error) },
          `one of the ${this.#queue.what} ended in a way not foreseen`,
        );
      })
      .finally(() => {
        this.#attempts.delete(attempt);
        const left = (this.#inFlightByTarget.get(targetId) ?? 1) - 1;
        if (left > 0) this.#inFlightByTarget.set(targetId, left);
        else this.#inFlightByTarget.delete(targetId);
        this.wake();
      });
    this.#attempts.add(attempt);
  }

  async #attempt(claimed: C): Promise<void> {
    const { clock } = this.#context;
    const atMs = clock.nowMs();
    const startedMonotonicMs = clock.monotonicMs();
    const result = await this.#queue.send(claimed, atMs, this.#cut.signal);
    const durationMs = Math.round((clock.monotonicMs() - startedMonotonicMs) * 10) / 10;
    this.#finished.push({ claimed, result, atMs, durationMs });
    if (this.#queue.tellsOfHealth(claimed, result)) this.#noteHealth(claimed, result);
  }

  #noteHealth(claimed: C, result: SendResult): void {
    const targetId = this.#queue.targetOf(claimed);
    const before = this.#breakers.get(targetId) ?? CLOSED;
    const { clock, random } = this.#context;
    const subject = this.#queue.subjectOf(claimed);
    const after = stepBreaker(before, result, subject, clock.nowMs(), chanceOf(random));
    if (after === CLOSED) this.#breakers.delete(targetId);
    else this.#breakers.set(targetId, after);
  }

  /** Writes down everything that has finished, receiver by receiver. */
  async #record(): Promise<void> {
    const byTarget = Map.groupBy(this.#finished, ({ claimed }) => this.#queue.targetOf(claimed));
    for (const [targetId, finished] of byTarget) {
      await this.#queue.settle(targetId, finished);
      const written = new Set(finished);
      this.#finished = this.#finished.filter((one) => !written.has(one));
    }
  }
}

/** A number in [0, 1). */
export function chanceOf(random: RandomBytes): number {
  return new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) / 2 ** 32;
}
