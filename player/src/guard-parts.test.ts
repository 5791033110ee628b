// Parts that hls.js takes for loaded are those that the browser holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardEvents, type GuardedHls, guardParts } from './guard-parts.ts';

const EVENTS = {
  BUFFER_APPENDING: 'appending',
  BUFFER_FLUSHING: 'flushing',
  BUFFER_FLUSHED: 'flushed',
} as unknown as GuardEvents;
const PARTS_PER_SEGMENT = 6;
const PART_SECONDS = 1 / 3;

interface FakePart {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly independent: boolean;
  readonly fragment: { readonly sn: number };
  readonly elementaryStreams: { video: object | null };
  readonly loaded: boolean;
  clearElementaryStreamInfo(): void;
}

/** Two renditions with segments 0 to 3 in parts, of which the first of each segment begins with a key frame. */
function fakeHls(isMarked = true) {
  const levels = [0, 1].map(() =>
    Array.from({ length: 4 * PARTS_PER_SEGMENT }, (_, number): FakePart => {
      const index = number % PARTS_PER_SEGMENT;
      return {
        index,
        start: number * PART_SECONDS,
        end: (number + 1) * PART_SECONDS,
        independent: isMarked && index === 0,
        fragment: { sn: Math.floor(number / PARTS_PER_SEGMENT) },
        elementaryStreams: { video: null },
        get loaded() {
          return this.elementaryStreams.video !== null;
        },
        clearElementaryStreamInfo() {
          this.elementaryStreams.video = null;
        },
      };
    }),
  );
  const flushed: { startOffset: number; endOffset: number; type: string }[] = [];
  const listeners = new Map<string, (event: string, data: unknown) => void>();
  const emit = (event: string, data: unknown): void => listeners.get(event)?.(event, data);
  const hls = {
    levels: levels.map((partList) => ({ details: { partList } })),
    on: (event: string, listener: (event: string, data: unknown) => void) => listeners.set(event, listener),
    trigger(event: string, data: (typeof flushed)[number]) {
      flushed.push(data);
      emit(event, data);
    },
  };
  guardParts(hls as unknown as GuardedHls, EVENTS);
  const partAt = (level: number, sn: number, index: number): FakePart => {
    const part = levels[level]?.[sn * PARTS_PER_SEGMENT + index];
    assert.ok(part);
    return part;
  };
  return {
    flushed,
    emit,
    /** Names what counts as loaded as rendition:segment.part. */
    loaded: (): string[] =>
      levels.flatMap((parts, level) =>
        parts.filter(({ loaded }) => loaded).map(({ fragment, index }) => `${level}:${fragment.sn}.${index}`),
      ),
    /** The end of a removal, at which hls.js forgets the parts of the segment that it is loading. */
    removed(level: number, sn: number): void {
      for (const part of levels[level] ?? []) if (part.fragment.sn === sn) part.clearElementaryStreamInfo();
      emit('flushed', { type: 'video' });
    },
    appendInit: (level: number): void =>
      emit('appending', { frag: { type: 'main', level, sn: 'initSegment' }, part: null, type: 'video' }),
    append(level: number, sn: number, ...indexes: number[]): void {
      for (const index of indexes) {
        const part = partAt(level, sn, index);
        // As hls.js does it: loaded once it is parsed, before it is appended.
        part.elementaryStreams.video = { startPTS: part.start, endPTS: part.end };
        emit('appending', { frag: { type: 'main', level, sn }, part, type: 'video' });
      }
    },
  };
}

test('parts in their order stay loaded, and nothing is removed', () => {
  const { append, appendInit, loaded, flushed } = fakeHls();
  appendInit(0);
  append(0, 0, 0, 1, 2, 3, 4, 5);
  append(0, 1, 0, 1);
  assert.equal(loaded().length, 8);
  assert.deepEqual(flushed, []);
});

test('a change of rendition forgets the one before and removes what lies behind the change', () => {
  const { append, appendInit, loaded, flushed } = fakeHls();
  appendInit(0);
  append(0, 1, 0, 1);
  appendInit(1);
  append(1, 1, 0);
  assert.deepEqual(loaded(), ['1:1.0']);
  assert.deepEqual(flushed, [{ startOffset: 7 * PART_SECONDS + 0.004, endOffset: Infinity, type: 'video' }]);
  // The removal leaves what was appended: the next part follows it.
  append(1, 1, 1, 2);
  assert.deepEqual(loaded(), ['1:1.0', '1:1.1', '1:1.2']);
  assert.equal(flushed.length, 1);
});

test('parts that the browser drops do not count as loaded, until one with a key frame comes', () => {
  for (const disturb of [
    ({ appendInit }: ReturnType<typeof fakeHls>) => appendInit(0),
    ({ emit }: ReturnType<typeof fakeHls>) =>
      emit('flushing', { startOffset: 2.1, endOffset: Infinity, type: null }),
    ({ append }: ReturnType<typeof fakeHls>) => append(0, 0, 0),
    ({ append }: ReturnType<typeof fakeHls>) => append(1, 1, 3),
  ]) {
    const fake = fakeHls();
    fake.appendInit(0);
    fake.append(0, 1, 0);
    disturb(fake);
    fake.append(0, 1, 1, 2);
    assert.deepEqual(
      fake.loaded().filter((name) => name.startsWith('0:1.')),
      [],
    );
    fake.append(0, 1, 0, 1);
    assert.deepEqual(
      fake.loaded().filter((name) => name.startsWith('0:1.')),
      ['0:1.0', '0:1.1'],
    );
  }
});

test('a removal makes nothing that the browser holds count as missing', () => {
  const { append, appendInit, loaded, emit, removed } = fakeHls();
  appendInit(0);
  append(0, 1, 0, 1);
  appendInit(1);
  append(1, 1, 0);
  // The removal of the change is still under way.
  append(1, 1, 1);
  removed(1, 1);
  assert.deepEqual(loaded(), ['1:1.0', '1:1.1']);
  append(1, 1, 2);
  emit('flushing', { startOffset: 0, endOffset: 1, type: null });
  removed(1, 1);
  assert.deepEqual(loaded(), ['1:1.0', '1:1.1', '1:1.2']);
  // What is removed stays missing.
  emit('flushing', { startOffset: 2.5, endOffset: Infinity, type: 'video' });
  removed(1, 1);
  assert.deepEqual(loaded(), []);
});

test('sound, removals behind the playhead and playlists without marks change nothing', () => {
  const fake = fakeHls();
  fake.append(0, 1, 0);
  fake.emit('flushing', { startOffset: 0, endOffset: 1.5, type: null });
  fake.emit('flushing', { startOffset: 0, endOffset: Infinity, type: 'audio' });
  fake.emit('appending', { frag: { type: 'audio', level: 1, sn: 1 }, part: null, type: 'audio' });
  fake.append(0, 1, 1);
  assert.deepEqual(fake.loaded(), ['0:1.0', '0:1.1']);
  const unmarked = fakeHls(false);
  unmarked.append(0, 1, 3, 4);
  assert.deepEqual(unmarked.loaded(), ['0:1.3', '0:1.4']);
});
