import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LivePlaylistInput, type LivePlaylistSegment, writeLivePlaylist } from './live-playlist.ts';

const TIMESCALE = 90_000;
const PART_TICKS = 30_000;
const FIRST = 880_000_000;

function parts(count: number) {
  return Array.from({ length: count }, (_, part) => ({
    part,
    durationTicks: PART_TICKS,
    isIndependent: part === 0,
  }));
}

function segment(number: number, partCount = 6, isGap = false): LivePlaylistSegment {
  return {
    segment: number,
    startTicks: number * 2 * TIMESCALE,
    durationTicks: partCount * PART_TICKS,
    isGap,
    parts: parts(partCount),
  };
}

function write(changes: Partial<LivePlaylistInput> = {}): string[] {
  return writeLivePlaylist({
    kind: 'video',
    timescale: TIMESCALE,
    segmentDurationMs: 2_000,
    partTargetTicks: PART_TICKS,
    holdBackMs: 2_000,
    initName: 'init-0123456789abcdef.mp4',
    segments: Array.from({ length: 5 }, (_, index) => segment(FIRST + index)),
    open: segment(FIRST + 5, 2),
    isEnded: false,
    reports: [{ renditionId: 'audio', lastSegment: FIRST + 5, lastPart: 1 }],
    isDelta: false,
    ...changes,
  }).split('\n');
}

const count = (lines: readonly string[], start: string): number =>
  lines.filter((line) => line.startsWith(start)).length;

test('a playlist opens with what the specification demands of one with parts', () => {
  assert.deepEqual(write().slice(0, 10), [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,HOLD-BACK=6.000,PART-HOLD-BACK=2.000',
    '#EXT-X-PART-INF:PART-TARGET=0.33333',
    `#EXT-X-MEDIA-SEQUENCE:${FIRST}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="init-0123456789abcdef.mp4"',
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(FIRST * 2_000).toISOString()}`,
    '#EXTINF:2.00000,',
  ]);
});

test('parts are listed for the last three segments and the open one, and the next one is hinted at', () => {
  const lines = write();
  assert.equal(count(lines, '#EXT-X-PART:'), 3 * 6 + 2);
  assert.equal(count(lines, '#EXTINF:'), 5);
  assert.ok(lines.includes(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${FIRST + 5}.2.m4s"`));
  assert.equal(
    lines.at(-2),
    `#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=${FIRST + 5},LAST-PART=1`,
  );
});

test('right after a whole segment the first part of the next one is hinted at', () => {
  const lines = write({ open: undefined, reports: [] });
  assert.equal(lines.at(-2), `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${FIRST + 5}.0.m4s"`);
});

test('the date of audio is rounded down and a millisecond earlier, that of video is exact', () => {
  const audio = { ...segment(FIRST), startTicks: FIRST * 2 * 48_000 + 1_000 };
  const [line] = write({ kind: 'audio', timescale: 48_000, segments: [audio], open: undefined }).filter(
    (text) => text.startsWith('#EXT-X-PROGRAM-DATE-TIME'),
  );
  assert.equal(line, `#EXT-X-PROGRAM-DATE-TIME:${new Date(FIRST * 2_000 + 20 - 1).toISOString()}`);
});

test('the hold back is three parts at least', () => {
  assert.match(write({ holdBackMs: 600 }).join('\n'), /PART-HOLD-BACK=1\.000/);
});

test('a delta leaves out what lies before the skip boundary, the init with it', () => {
  const segments = Array.from({ length: 20 }, (_, index) => segment(FIRST + index));
  const lines = write({ segments, open: segment(FIRST + 20, 2), isDelta: true });
  // Twelve seconds before the end: 0.67 s of the open segment and six whole ones.
  assert.ok(lines.includes('#EXT-X-SKIP:SKIPPED-SEGMENTS=14'));
  assert.equal(count(lines, '#EXTINF:'), 6);
  assert.equal(count(lines, '#EXT-X-MAP'), 0);
  assert.ok(lines.includes(`#EXT-X-MEDIA-SEQUENCE:${FIRST}`), 'numbers go on from the first, skipped or not');
});

test('a short playlist is answered whole, also when a delta was asked for', () => {
  assert.deepEqual(write({ isDelta: true }), write());
});

test('a segment that nobody has is a gap', () => {
  const lines = write({
    segments: [segment(FIRST), { ...segment(FIRST + 1, 0, true), durationTicks: 180_000 }],
  });
  const at = lines.indexOf('#EXT-X-GAP');
  assert.deepEqual(lines.slice(at, at + 3), ['#EXT-X-GAP', '#EXTINF:2.00000,', `${FIRST + 1}.m4s`]);
});

test('the end has no parts, no hint and no reports', () => {
  const lines = write({ isEnded: true, open: undefined });
  assert.equal(lines.at(-2), '#EXT-X-ENDLIST');
  for (const tag of ['#EXT-X-PART:', '#EXT-X-PRELOAD-HINT', '#EXT-X-RENDITION-REPORT'])
    assert.equal(count(lines, tag), 0);
});
