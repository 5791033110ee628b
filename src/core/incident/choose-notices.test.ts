import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseNotices, type Notice, type NoticeState } from './choose-notices.ts';

const bytesOf = (notices: readonly Notice[]): number => Buffer.byteLength(JSON.stringify(notices));

function notice(title: string, atMs: number, state: NoticeState, count = 1): Notice {
  const updates = Array.from({ length: count }, (_, index) => ({
    atMs: atMs - index,
    state: index === 0 ? state : ('investigating' as const),
    text: 'Videos may start slowly or stop. We are looking into it.',
  }));
  return { title, impact: 'degraded', regionIds: ['dublin'], updates };
}

const titles = (notices: readonly Notice[]): string[] => notices.map(({ title }) => title);

test('current notices come before those that are over, each kind with the newest first', () => {
  const chosen = chooseNotices(
    [notice('over', 9, 'resolved'), notice('old', 1, 'identified'), notice('new', 5, 'investigating')],
    2_000,
    bytesOf,
  );
  assert.deepEqual(titles(chosen), ['new', 'old', 'over']);
});

test('what does not fit is left out from its old end, and the newest word stays longest', () => {
  const many = Array.from({ length: 6 }, (_, index) => notice(`n${index}`, 100 - index, 'monitoring', 20));
  for (const bytesMax of [2_000, 1_000, 400, 150]) {
    const chosen = chooseNotices(many, bytesMax, bytesOf);
    assert.ok(bytesOf(chosen) <= bytesMax);
    assert.deepEqual(titles(chosen), titles(many).slice(0, chosen.length));
    for (const each of chosen) assert.equal(each.updates[0]?.state, 'monitoring');
  }
  const few = chooseNotices(many.slice(0, 2), 2_000, bytesOf);
  assert.equal(few.length, 2);
  assert.equal(few[0]?.updates.length, 5);
});
