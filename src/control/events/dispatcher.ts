// Delivers events to webhooks. One loop does all bookkeeping, one step after another on one database connection:
// write down what came of attempts, take back what was lost, claim what is due. Between steps the attempts run side
// by side, each ends by waking the loop. So a slow database never has more than one of us waiting, and a slow
// receiver never keeps the loop: it has its own few slots, and one when it is dead (core/webhook).
//
// At least once: an attempt whose outcome was never written (a kill, a lost database) is made again, with the same
// webhook-id. Only the leader runs this; a leader that lost its lead claims nothing more, and its outcomes are
// refused where somebody else has taken over.

import { formatDurationMs } from '#base/duration.ts';
import {
  type AttemptOutcome,
  type Breaker,
  CLOSED,
  DELIVERY_POLICY,
  decideDelivery,
  decideEndpoint,
  freeSlots,
  isDelivered,
  stepBreaker,
} from '#core/webhook/delivery.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { renderEvent, signatureOf } from './cloud-event.ts';
import { CLAIMS_PER_TURN, POLL_MS, SLOTS_MAX, SLOTS_PER_WEBHOOK, STOP_MS_MAX, SWEEP_MS } from './limits.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  lockWebhook,
  readDueWebhooks,
  type SettledAttempt,
  settleAttempt,
  takeBackLost,
  type WebhookRow,
} from './queue.ts';
import type { Send, SendResult } from './send.ts';

export interface DispatcherDependencies {
  readonly context: ControlContext;
  readonly send: Send;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
  term(): number;
}

export interface Dispatcher {
  /** Delivers until the signal aborts; then waits shortly for what is in flight. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends at once what its caller has claimed itself, whatever the state of its webhook. */
  sendNow(claimed: ClaimedDelivery): void;
  /** Looks for work now. */
  wake(): void;
  /** Forgets that an endpoint was failing: somebody changed or resumed it. */
  forget(webhookId: string): void;
  /** Attempts in flight now. */
  inFlight(): number;
}

interface Finished extends ClaimedDelivery {
  readonly result: SendResult;
  readonly atMs: number;
  readonly durationMs: number;
}

/** Where events come from, as CloudEvents `source`. */
export function sourceOf({ config }: ControlContext): string {
  return config.control.url ?? 'urn:meridian:control';
}

/** Creates the dispatcher; nothing is sent until `run`. */
export function createDispatcher(dependencies: DispatcherDependencies): Dispatcher {
  return new LeaderDispatcher(dependencies);
}

class LeaderDispatcher implements Dispatcher {
  readonly #context: ControlContext;
  readonly #send: Send;
  readonly #mayWork: () => boolean;
  readonly #term: () => number;
  readonly #attempts = new Set<Promise<void>>();
  readonly #inFlightByWebhook = new Map<string, number>();
  readonly #breakers = new Map<string, Breaker>();
  readonly #cut = new AbortController();
  #finished: Finished[] = [];
  #sweptMonotonicMs = Number.NEGATIVE_INFINITY;
  #isAwake = false;
  #wake: () => void = () => {};

  constructor({ context, send, mayWork, term }: DispatcherDependencies) {
    this.#context = context;
    this.#send = send;
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

  sendNow(claimed: ClaimedDelivery): void {
    this.#start(claimed);
  }

  wake(): void {
    this.#isAwake = true;
    this.#wake();
  }

  forget(webhookId: string): void {
    this.#breakers.delete(webhookId);
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
        this.#context.log.warn({ error: String(error) }, 'deliveries to webhooks wait for the database');
    }
  }

  /** Waits for attempts in flight, cuts off the rest, and writes down what is known. */
  async #finish(): Promise<void> {
    const { clock, log } = this.#context;
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
    if (isCut) log.info({}, 'attempts at webhooks were cut off; they are repeated at the next start');
    await this.#record().catch((error: unknown) =>
      log.warn({ error: String(error) }, 'outcomes of deliveries could not be written; they are repeated'),
    );
  }

  async #sweep(): Promise<void> {
    const { clock, database, log } = this.#context;
    if (clock.monotonicMs() - this.#sweptMonotonicMs < SWEEP_MS) return;
    const lost = await takeBackLost(database, { nowMs: clock.nowMs(), term: this.#term() });
    this.#sweptMonotonicMs = clock.monotonicMs();
    if (lost > 0) log.info({ deliveries: lost }, 'deliveries without a known outcome are made again');
  }

  async #claim(): Promise<void> {
    const { clock, database } = this.#context;
    for (const webhookId of await readDueWebhooks(database, clock.nowMs())) {
      for (let turn = 1; ; turn += 1) {
        const slots = this.#freeSlots(webhookId);
        if (slots === 0 || !this.#mayWork()) break;
        const claim = { webhookId, slots, nowMs: clock.nowMs(), term: this.#term() };
        const { claimed, hasMore } = await claimDeliveries(database, claim);
        for (const delivery of claimed) this.#start(delivery);
        if (!hasMore) break;
        // A lane with thousands behind its head is put aside bit by bit, between the turns of the others.
        if (turn === CLAIMS_PER_TURN) {
          this.#isAwake = true;
          break;
        }
      }
    }
  }

  #freeSlots(webhookId: string): number {
    const inFlight = this.#inFlightByWebhook.get(webhookId) ?? 0;
    const breaker = this.#breakers.get(webhookId) ?? CLOSED;
    const own = freeSlots(breaker, inFlight, SLOTS_PER_WEBHOOK, this.#context.clock.nowMs());
    // Each may always have one: slow endpoints that take all the others must not shut anybody out.
    return Math.min(own, Math.max(inFlight === 0 ? 1 : 0, SLOTS_MAX - this.#attempts.size));
  }

  #start(claimed: ClaimedDelivery): void {
    const webhookId = claimed.webhook.id;
    this.#inFlightByWebhook.set(webhookId, (this.#inFlightByWebhook.get(webhookId) ?? 0) + 1);
    const attempt = this.#attempt(claimed)
      .catch((error: unknown) => {
        this.#context.log.error(
          { error: String(error) },
          'an attempt at a webhook ended in a way not foreseen',
        );
      })
      .finally(() => {
        this.#attempts.delete(attempt);
        const left = (this.#inFlightByWebhook.get(webhookId) ?? 1) - 1;
        if (left > 0) this.#inFlightByWebhook.set(webhookId, left);
        else this.#inFlightByWebhook.delete(webhookId);
        this.wake();
      });
    this.#attempts.add(attempt);
  }

  async #attempt(claimed: ClaimedDelivery): Promise<void> {
    const { clock } = this.#context;
    const atMs = clock.nowMs();
    const startedMonotonicMs = clock.monotonicMs();
    const result = await this.#send(this.#requestOf(claimed, atMs), this.#cut.signal);
    const durationMs = Math.round((clock.monotonicMs() - startedMonotonicMs) * 10) / 10;
    this.#finished.push({ ...claimed, result, atMs, durationMs });
    this.#noteHealth(claimed, result);
  }

  #noteHealth({ webhook, event }: ClaimedDelivery, result: SendResult): void {
    // A test says that the endpoint is well; when it fails, that is what it was made for.
    if (event.type === 'webhook.test' && !isDelivered(result)) return;
    const before = this.#breakers.get(webhook.id) ?? CLOSED;
    const nowMs = this.#context.clock.nowMs();
    const after = stepBreaker(before, result, event.subject, nowMs, this.#chance());
    if (after === CLOSED) this.#breakers.delete(webhook.id);
    else this.#breakers.set(webhook.id, after);
  }

  #requestOf({ delivery, event, webhook }: ClaimedDelivery, atMs: number) {
    const outgoing = { ...event, atMs: event.at_ms };
    const { contentType, headers, body } = renderEvent(outgoing, sourceOf(this.#context), webhook.format);
    const timestampSeconds = Math.floor(atMs / 1_000);
    const signature = signatureOf(secretsOf(webhook, atMs), { id: event.id, timestampSeconds, body });
    return {
      url: webhook.url,
      body,
      headers: {
        ...headers,
        'content-type': contentType,
        'user-agent': 'Meridian-Webhooks/1',
        'webhook-id': event.id,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signature,
        'meridian-attempt': String(delivery.attempts),
      },
    };
  }

  /** Writes down everything that has finished, webhook by webhook. */
  async #record(): Promise<void> {
    const { database } = this.#context;
    for (const [webhookId, finished] of Map.groupBy(this.#finished, ({ webhook }) => webhook.id)) {
      await database.transaction().execute(async (transaction) => {
        let webhook = await lockWebhook(transaction, webhookId);
        for (const one of finished)
          if (webhook !== undefined) webhook = await this.#settle(transaction, webhook, one);
      });
      const written = new Set(finished);
      this.#finished = this.#finished.filter((one) => !written.has(one));
    }
  }

  /** Settles one attempt; returns the webhook as it is afterwards. */
  async #settle(
    transaction: ControlTransaction,
    webhook: WebhookRow,
    finished: Finished,
  ): Promise<WebhookRow> {
    const nowMs = finished.atMs + finished.durationMs;
    const { delivery, event, result } = finished;
    const settled = { ...finished, ...result, delivery, next: this.#next(finished, nowMs) };
    const isOurs = await settleAttempt(transaction, { ...settled, endedAtMs: Math.round(nowMs) });
    this.#count(isOurs ? settled.next.kind : 'lost');
    if (!isOurs || (event.type === 'webhook.test' && !isDelivered(result))) return webhook;
    return noteEndpoint(this.#context, transaction, webhook, result, Math.round(nowMs));
  }

  #next({ delivery, event, result }: Finished, nowMs: number): SettledAttempt['next'] {
    const firstAtMs = delivery.first_attempt_at_ms ?? nowMs;
    const tried = { attempts: delivery.round_attempts, firstAtMs };
    const decision = decideDelivery(result, tried, nowMs, this.#chance());
    if (decision.kind === 'delivered') return decision;
    const problem = result.problem ?? '';
    if (event.type === 'webhook.test')
      return { kind: 'dead', reason: `${problem} A test is sent only once.` };
    if (decision.kind === 'retry') return { kind: 'retry', dueAtMs: Math.round(nowMs + decision.delayMs) };
    const spent = `${tried.attempts} attempts in ${formatDurationMs(nowMs - firstAtMs)}`;
    const reason =
      decision.why === 'gone'
        ? 'The endpoint answered 410 Gone: it wants no more events.'
        : `Given up after ${spent}. The last one: ${problem}`;
    return { kind: 'dead', reason };
  }

  #count(outcome: string): void {
    const labels = { outcome };
    this.#context.metrics.counter(
      'control_webhook_attempts_total',
      'Attempts at webhooks by what followed',
      labels,
    ).value += 1;
  }

  /** A number in [0, 1). */
  #chance(): number {
    return new DataView(Uint8Array.from(this.#context.random(4)).buffer).getUint32(0) / 2 ** 32;
  }
}

function secretsOf(webhook: WebhookRow, nowMs: number): string[] {
  const { secret, previous_secret: previous, previous_secret_until_ms: untilMs } = webhook;
  return previous !== null && untilMs !== null && untilMs > nowMs ? [secret, previous] : [secret];
}

/** Notes what an attempt says about its endpoint, and pauses it when it must. The webhook is locked. */
async function noteEndpoint(
  { log }: ControlContext,
  transaction: ControlTransaction,
  webhook: WebhookRow,
  outcome: AttemptOutcome & { readonly problem: string | null },
  nowMs: number,
): Promise<WebhookRow> {
  const { failing_since_ms, last_failure_at_ms } = webhook;
  const health = { failingSinceMs: failing_since_ms, lastFailureAtMs: last_failure_at_ms };
  const { failingSinceMs, lastFailureAtMs, pause } = decideEndpoint(health, outcome, nowMs);
  const isPaused = pause !== null && webhook.state === 'active';
  const reason =
    pause === 'gone'
      ? 'The endpoint answered 410 Gone: it wants no more events.'
      : `Nothing was delivered for ${formatDurationMs(DELIVERY_POLICY.pauseAfterMs)}. The last attempt: ${outcome.problem}`;
  if (isPaused) log.warn({ webhook: webhook.id, reason }, 'a webhook is paused');
  const changes = {
    failing_since_ms: failingSinceMs,
    last_failure_at_ms: lastFailureAtMs,
    ...(failingSinceMs === null ? { last_success_at_ms: nowMs } : {}),
    ...(isPaused ? { state: 'paused' as const, paused_reason: reason } : {}),
  };
  await transaction.updateTable('webhooks').set(changes).where('id', '=', webhook.id).execute();
  return { ...webhook, ...changes };
}
