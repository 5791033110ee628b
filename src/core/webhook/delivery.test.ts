import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import {
  CLOSED,
  DELIVERY_POLICY,
  decideDelivery,
  decideEndpoint,
  type EndpointHealth,
  freeSlots,
  stepBreaker,
} from './delivery.ts';

const DAY_MS = 86_400_000;
const failed = { status: 500, retryAfterMs: null };
const good = { status: 204, retryAfterMs: null };

test('2xx is delivered; redirects, refusals and silence are not', () => {
  const tried = { attempts: 1, firstAtMs: 0 };
  for (const status of [200, 201, 204, 299])
    assert.deepEqual(decideDelivery({ status, retryAfterMs: null }, tried, 0, 0.5), { kind: 'delivered' });
  for (const status of [null, 199, 301, 302, 307, 400, 404, 429, 500, 503])
    assert.equal(decideDelivery({ status, retryAfterMs: null }, tried, 0, 0.5).kind, 'retry', String(status));
});

test('a delivery is retried with growing jittered delays for about a day, then given up', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = createPrng(seed);
    const delays: number[] = [];
    let nowMs = 0;
    for (;;) {
      const decision = decideDelivery(failed, { attempts: delays.length + 1, firstAtMs: 0 }, nowMs, random());
      if (decision.kind !== 'retry') {
        assert.deepEqual(decision, { kind: 'dead', why: 'too-long' });
        break;
      }
      const stepMs = Math.min(DELIVERY_POLICY.backoff.delayMsMax, 5_000 * 2 ** delays.length);
      assert.ok(decision.delayMs >= stepMs / 2 && decision.delayMs <= stepMs);
      delays.push(decision.delayMs);
      nowMs += decision.delayMs;
    }
    assert.ok(nowMs > DAY_MS - 10_800_000 && nowMs <= DAY_MS, `gave up after ${nowMs / 3_600_000} h`);
    assert.ok(delays.length >= 18 && delays.length <= 26, `${delays.length} retries`);
  }
});

test('Retry-After delays a retry, within the longest delay; 410 ends it at once', () => {
  const tried = { attempts: 1, firstAtMs: 0 };
  const after = (retryAfterMs: number) => decideDelivery({ status: 429, retryAfterMs }, tried, 0, 0);
  assert.deepEqual(after(60_000), { kind: 'retry', delayMs: 60_000 });
  assert.deepEqual(after(1), { kind: 'retry', delayMs: 2_500 });
  assert.deepEqual(after(DAY_MS), { kind: 'retry', delayMs: 10_800_000 });
  const gone = { status: 410, retryAfterMs: null };
  assert.deepEqual(decideDelivery(gone, tried, 0, 0), { kind: 'dead', why: 'gone' });
  assert.equal(decideEndpoint({ failingSinceMs: null, lastFailureAtMs: null }, gone, 0).pause, 'gone');
});

test('an endpoint is paused after three days without a success, counted anew after any success', () => {
  let health: EndpointHealth = { failingSinceMs: null, lastFailureAtMs: null };
  const hourMs = 3_600_000;
  for (let hour = 0; hour < 72; hour += 1) {
    const next = decideEndpoint(health, failed, hour * hourMs);
    assert.equal(next.pause, null, `hour ${hour}`);
    assert.equal(next.failingSinceMs, 0);
    health = next;
  }
  assert.equal(decideEndpoint(health, failed, 72 * hourMs).pause, 'failing');
  const recovered = decideEndpoint(health, good, 72 * hourMs);
  assert.deepEqual(recovered, { failingSinceMs: null, lastFailureAtMs: null, pause: null });
});

test('failures far apart are not one long failure: a rare event that fails pauses nothing', () => {
  const health = { failingSinceMs: 0, lastFailureAtMs: DAY_MS };
  const next = decideEndpoint(health, failed, 10 * DAY_MS);
  assert.deepEqual(next, { failingSinceMs: 10 * DAY_MS, lastFailureAtMs: 10 * DAY_MS, pause: null });
});

test('the breaker opens when several subjects fail in a row, and never for one alone', () => {
  let breaker = CLOSED;
  for (let index = 0; index < 50; index += 1) breaker = stepBreaker(breaker, failed, 'ast_a', index, 0.5);
  assert.equal(freeSlots(breaker, 3, 10, 100), 7);
  for (const subject of ['ast_b', 'ast_c', 'ast_d']) breaker = stepBreaker(breaker, failed, subject, 0, 0.5);
  assert.equal(breaker.retryAtMs, null);
  breaker = stepBreaker(breaker, failed, 'ast_e', 0, 1);
  assert.equal(breaker.retryAtMs, 1_000);
  assert.equal(freeSlots(breaker, 0, 10, 999), 0);
  assert.equal(freeSlots(breaker, 0, 10, 1_000), 1);
  assert.equal(freeSlots(breaker, 1, 10, 1_000), 0);
  for (let index = 0; index < 100; index += 1) breaker = stepBreaker(breaker, failed, `ast_${index}`, 0, 1);
  assert.equal(breaker.retryAtMs, 60_000);
  assert.equal(breaker.subjects.length, 5);
  assert.equal(freeSlots(stepBreaker(breaker, good, 'ast_a', 0, 0.5), 0, 10, 0), 10);
});
