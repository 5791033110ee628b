import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChannelView, chooseChannel } from './choose-channel.ts';

const NOW_MS = 10_000;

function view(channel: number, regionId: string, changes: Partial<ChannelView> = {}): ChannelView {
  return {
    channel,
    regionId,
    restUntilMs: 0,
    isInterrupted: false,
    hasGap: false,
    isFaulty: false,
    ...changes,
  };
}

const choose = (ownRegionId: string, ...channels: ChannelView[]) => {
  const choice = chooseChannel(channels, ownRegionId, NOW_MS);
  return choice === null ? null : `${choice.channel} ${choice.reason}`;
};

test('the channel of the own region comes first, then the primary', () => {
  assert.equal(choose('b', view(1, 'a'), view(2, 'b')), '2 own_region');
  assert.equal(choose('c', view(1, 'a'), view(2, 'b')), '1 primary');
});

test('a channel that rests, has a gap, is interrupted, or shows nothing yields to one that does not', () => {
  for (const trouble of [
    { restUntilMs: NOW_MS + 1 },
    { hasGap: true },
    { isInterrupted: true },
    { isFaulty: true },
  ])
    assert.equal(choose('a', view(1, 'a', trouble), view(2, 'b')), '2 backup');
  assert.equal(choose('a', view(1, 'a', { restUntilMs: NOW_MS }), view(2, 'b')), '1 own_region');
});

test('an interruption is the lesser evil than a gap, and a gap than a failure', () => {
  assert.equal(
    choose('c', view(1, 'a', { hasGap: true }), view(2, 'b', { isInterrupted: true })),
    '2 least_bad',
  );
  assert.equal(
    choose('c', view(1, 'a', { restUntilMs: NOW_MS + 5 }), view(2, 'b', { hasGap: true })),
    '2 least_bad',
  );
});

test('a black picture that both show is the content, and better than none', () => {
  const black = { isFaulty: true };
  assert.equal(choose('b', view(1, 'a', black), view(2, 'b', black)), '2 least_bad');
  assert.equal(choose('c', view(1, 'a', black), view(2, 'b', { isInterrupted: true })), '1 least_bad');
});

test('when all rest, the one whose rest ends first is tried; without channels there is no choice', () => {
  assert.equal(
    choose('c', view(1, 'a', { restUntilMs: NOW_MS + 500 }), view(2, 'b', { restUntilMs: NOW_MS + 400 })),
    '2 least_bad',
  );
  assert.equal(choose('c'), null);
});
