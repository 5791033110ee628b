// Keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf } from './keyboard.ts';

const NONE = { ctrlKey: false, altKey: false, metaKey: false };

test('the keys that viewers know do what they know', () => {
  const table = [
    [' ', { type: 'toggle-play' }],
    ['k', { type: 'toggle-play' }],
    ['K', { type: 'toggle-play' }],
    ['j', { type: 'seek-by', seconds: -10 }],
    ['ArrowRight', { type: 'seek-by', seconds: 5 }],
    ['7', { type: 'seek-to', share: 0.7 }],
    ['c', { type: 'toggle-captions' }],
    ['>', { type: 'speed-by', steps: 1 }],
  ] as const;
  for (const [key, action] of table) assert.deepEqual(actionOf(key, NONE), action, key);
});

test('other keys and combinations stay with the browser', () => {
  for (const key of ['x', 'Tab', 'Enter', 'F5']) assert.equal(actionOf(key, NONE), undefined);
  assert.equal(actionOf('l', { ...NONE, ctrlKey: true }), undefined);
  assert.equal(actionOf('c', { ...NONE, metaKey: true }), undefined);
});
