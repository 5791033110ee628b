import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readThumbnailTrack, tileAt } from './thumbnail-track.ts';

const TRACK = `WEBVTT

00:00:00.000 --> 00:00:02.002
a1/storyboard/0.jpg#xywh=0,0,192,108

01:00:02.002 --> 01:00:04.004
https://cdn.example/s/1.jpg#xywh=192,108,192,108

nonsense

00:00:09.000 --> 00:00:10.000
no place on a sheet

00:00:10.000 --> 00:00:12.000
a1/storyboard/0.jpg#xywh=0,0,9000,108
`;

test('cues with a place on a sheet become pictures with whole addresses; anything else is left out', () => {
  assert.deepEqual(readThumbnailTrack(TRACK, 'https://edge.example/t/a.b/m/p/a/v1/storyboard.vtt'), [
    {
      startSeconds: 0,
      endSeconds: 2.002,
      url: 'https://edge.example/t/a.b/m/p/a/v1/a1/storyboard/0.jpg',
      ...{ x: 0, y: 0, width: 192, height: 108 },
    },
    {
      startSeconds: 3_602.002,
      endSeconds: 3_604.004,
      url: 'https://cdn.example/s/1.jpg',
      ...{ x: 192, y: 108, width: 192, height: 108 },
    },
  ]);
  assert.deepEqual(readThumbnailTrack('<html>', 'https://edge.example/'), []);
});

test('a time shows the last picture that begins before it, and the first before all of them', () => {
  const tiles = readThumbnailTrack(TRACK, 'https://edge.example/storyboard.vtt');
  assert.deepEqual(
    [-1, 1, 100, 3_603, 9_999].map((seconds) => tileAt(tiles, seconds)?.x),
    [0, 0, 0, 192, 192],
  );
  assert.equal(tileAt([], 5), undefined);
});
