// Reading status.json, and how often it is asked.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pollDelayMs, readStatus, waitUntilPlayable } from './readiness.ts';
import type { RoutedRequest } from './router.ts';

test('a status is read; whatever is none is not', () => {
  assert.deepEqual(readStatus('{"state":"growing","isPlayable":true,"durationMs":1}'), {
    state: 'growing',
    isPlayable: true,
    failure: undefined,
  });
  assert.equal(
    readStatus('{"state":"failed","isPlayable":false,"failure":"It is empty."}')?.failure,
    'It is empty.',
  );
  for (const text of ['', 'null', '[]', '{"state":"odd"}', '{"isPlayable":true}'])
    assert.equal(readStatus(text), undefined);
});

test('only an explicit yes is playable', () => {
  assert.equal(readStatus('{"state":"processing","isPlayable":"yes"}')?.isPlayable, false);
});

test('asked closely at first, seldom later', () => {
  assert.deepEqual([0, 9_999, 29_999, 30_000, 300_000].map(pollDelayMs), [100, 100, 250, 1_000, 5_000]);
});

const AT_ONCE = { startedAtMs: 0, firstByteAtMs: 0 };

/** Runs the wait against these answers, a status code or a status text each; tells what came of it. */
function waitAgainst(test: TestContext, answers: readonly (number | string)[]): readonly string[] {
  test.mock.timers.enable({ apis: ['setTimeout'] });
  const seen: string[] = [];
  let asked = 0;
  const request = ({ onDone, onFailed }: RoutedRequest): (() => void) => {
    const answer = answers[asked++] ?? 'nothing more is expected';
    if (typeof answer === 'number') onFailed({ code: 'status', status: answer });
    else {
      const bytes = new TextEncoder().encode(answer).buffer;
      onDone({ url: 'http://edge/status.json', status: 200, headers: new Headers(), bytes, ...AT_ONCE });
    }
    return () => undefined;
  };
  const end = waitUntilPlayable({
    url: 'http://edge/status.json',
    request,
    onStatus: ({ state }) => seen.push(state),
    onPlayable: () => seen.push('playable'),
  });
  for (let turn = 0; turn < answers.length + 2; turn += 1) test.mock.timers.tick(100);
  end();
  return [...seen, `asked ${asked}`];
}

test('an edge in trouble and a record on its way are waited for', (context) => {
  const answers = [503, 404, '{"state":"processing"}', 502, '{"state":"growing","isPlayable":true}'];
  assert.deepEqual(waitAgainst(context, answers), ['processing', 'growing', 'playable', 'asked 5']);
});

test('a refusal is left to the player, which says why', (context) => {
  assert.deepEqual(waitAgainst(context, [403]), ['playable', 'asked 1']);
});

test('what is gone is called deleted', (context) => {
  assert.deepEqual(waitAgainst(context, [404, 410]), ['deleted', 'asked 2']);
});

test('what has failed is not asked for again', (context) => {
  assert.deepEqual(waitAgainst(context, ['{"state":"failed"}']), ['failed', 'asked 1']);
});
