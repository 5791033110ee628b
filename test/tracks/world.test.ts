// Captions, thumbnails and posters as viewers get them: a whole world, real Chromium with our player, Shaka and dash.js.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

const SECONDS = 13;
const directory = mkdtempSync(join(tmpdir(), 'meridian-tracks-'));
const file = (name: string): string => join(directory, name);

const ENGLISH = `1
00:00:00,500 --> 00:00:03,000
First & <i>foremost</i>

2
00:00:04,000 --> 00:00:08,000
From four
to eight
`;
const GERMAN = 'WEBVTT\n\n00:00.500 --> 00:12.000 line:0\nHallo\n';

let world: RunningWorld;
let browser: TestBrowser;
let asset: AssetView;

/** Each second is of another grey; two languages. */
function makeClip(): string {
  const picture = `color=c=gray:size=640x360:rate=25:duration=${SECONDS},geq=lum='20+16*floor(N/25)':cb=128:cr=128`;
  const tone = (hertz: number): string[] => [
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${hertz}:duration=${SECONDS}`,
  ];
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, ...tone(300), ...tone(500)],
    ...[
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-map',
      '2:a',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
    ],
    ...[
      '-c:a',
      'aac',
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=deu',
      file('grey.mp4'),
    ],
  ]);
  return file('grey.mp4');
}

/** The middle grey of a picture file. */
function greyOf(bytes: Uint8Array): number {
  writeFileSync(file('picture.jpg'), bytes);
  const args = [
    '-v',
    'error',
    '-i',
    file('picture.jpg'),
    '-vf',
    'crop=2:2',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    'pipe:1',
  ];
  return defined(execFileSync('ffmpeg', args)[0], 'a pixel');
}

/** The full-range grey of a second of the clip. */
const greyAt = (second: number): number => Math.round(((20 + 16 * second - 16) * 255) / 219);

function mediaUrl(region: number, rest: string): string {
  return `${defined(world.regions[region], 'a region').edgeUrl}/m/default/${asset.id}/v1/${rest}`;
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  assert.equal(response.status, 200, `${url} answered ${text}`);
  return text;
}

before(async () => {
  world = await startWorld();
  browser = await startBrowser();
  const uploaded = await world.upload(makeClip());
  writeFileSync(file('en.srt'), ENGLISH);
  writeFileSync(file('de.vtt'), GERMAN);
  writeFileSync(file('broken.srt'), ENGLISH.replace('00:00:08,000', '00:00:03,000'));
  const added = await world.run(
    'captions',
    'add',
    uploaded.id,
    file('en.srt'),
    '--language',
    'en',
    '--kind',
    'captions',
    '--default',
  );
  assert.equal(added.code, 0, added.stderr);
  const german = await world.run('captions', 'add', uploaded.id, file('de.vtt'), '--language', 'de');
  assert.equal(german.code, 0, german.stderr);
  asset = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId: uploaded.id } });
  // Regions learn of a change within a beat, edges within five seconds more.
  for (const region of world.regions.keys())
    await waitFor(
      'the captions in every region',
      async () => (await fetchText(mediaUrl(region, 'main.m3u8'))).includes('/captions/subtitles-de/'),
      20_000,
    );
});

after(async () => {
  await browser?.close();
  await world?.remove();
  rmSync(directory, { recursive: true, force: true });
});

test('a wrong caption file is refused on the command line, with its line', async () => {
  const refused = await world.run('captions', 'add', asset.id, file('broken.srt'), '--language', 'fr');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /line 6: the cue must end after it begins/);
});

test('every region serves the playlist, the segment with its place on the timeline, and the plain file', async () => {
  for (const region of world.regions.keys()) {
    const playlist = await fetchText(mediaUrl(region, 'captions/captions-en/index.m3u8'));
    const segment = defined(
      /^\.\.\/\.\.\/(files\/[0-9a-f]{64}-t10000\.vtt)$/m.exec(playlist)?.[1],
      'the segment',
    );
    assert.match(
      await fetchText(mediaUrl(region, segment)),
      /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00\.000\n\n/,
    );
    const plain = await fetch(mediaUrl(region, segment.replace('-t10000', '')));
    assert.equal(plain.headers.get('content-type'), 'text/vtt; charset=utf-8');
    assert.match(plain.headers.get('cache-control') ?? '', /immutable/);
    assert.match(
      await plain.text(),
      /^WEBVTT\n\n00:00:00\.500 --> 00:00:03\.000\nFirst &amp; <i>foremost<\/i>\n/,
    );
    assert.equal((await fetch(mediaUrl(region, 'captions/subtitles-fr/index.m3u8'))).status, 404);
    assert.equal((await fetch(mediaUrl(region, `files/${'0'.repeat(64)}.vtt`))).status, 404);
  }
});

interface Shown {
  readonly firstFrameSeconds: number;
  readonly cues: readonly (readonly [start: number, end: number, text: string])[];
  readonly showing: readonly string[];
}

function shownBy(page: Page, video: string): Promise<Shown> {
  return page.evaluate<Shown>(`(() => {
    const video = ${video};
    const showing = [...video.textTracks].filter((track) => track.mode === 'showing');
    return {
      firstFrameSeconds: video.buffered.length > 0 ? video.buffered.start(0) : -1,
      cues: showing.flatMap((track) => [...(track.cues ?? [])].map((cue) => [cue.startTime, cue.endTime, cue.text])),
      showing: showing.map((track) => track.language),
    };
  })()`);
}

const OURS = 'window.Meridian.players[0].video';

async function openWatchPage(): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The favicon is none of ours to give.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
      complaints.push(message.text());
  });
  await page.goto(`${defined(world.regions[1], 'dublin').edgeUrl}/watch/default/${asset.id}?muted`);
  await waitFor(
    'the picture to move',
    () => page.evaluate<boolean>('(window.Meridian?.players[0]?.video.currentTime ?? 0) > 0.6'),
    30_000,
  );
  return { page, complaints };
}

test('our player shows the default captions at the right frames, and another language when it is chosen', async () => {
  const { page, complaints } = await openWatchPage();
  await waitFor('the cues', async () => (await shownBy(page, OURS)).cues.length === 2, 10_000);
  const english = await shownBy(page, OURS);
  assert.deepEqual(english.showing, ['en']);
  assertCues(english, true);
  await page.mouse.move(600, 300);
  await page.locator('meridian-player button[aria-label^="Captions"]').click();
  const items = await page.locator('meridian-player .list:not([hidden]) .item').allTextContents();
  assert.deepEqual(items, ['Off', 'English (CC)', 'German']);
  await page.locator('meridian-player [data-choice="1"]').click();
  await waitFor('the German cue', async () => (await shownBy(page, OURS)).cues[0]?.[2] === 'Hallo', 10_000);
  assert.deepEqual((await shownBy(page, OURS)).showing, ['de']);
  const audio = await page.evaluate<string[][]>(
    'window.Meridian.players[0].engine.hls().audioTracks.map(({ name, lang }) => [name, lang])',
  );
  assert.deepEqual(audio, [
    ['English', 'en'],
    ['German', 'de'],
  ]);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('the seek bar shows the picture of the time under the pointer', async () => {
  const { page, complaints } = await openWatchPage();
  await page.evaluate(`${OURS}.pause()`);
  const bar = defined(await page.locator('meridian-player .seek').boundingBox(), 'the seek bar');
  const thumb = page.locator('meridian-player .thumb');
  for (const second of [3, 9]) {
    await page.mouse.move(bar.x + (bar.width * (second + 0.02)) / SECONDS, bar.y + bar.height / 2);
    await waitFor(
      'the picture',
      async () => (await thumb.getAttribute('style'))?.includes('blob:') === true,
      10_000,
    );
    const picture = await thumb.screenshot({ type: 'jpeg', quality: 95 });
    // Two seconds share a picture.
    assert.ok(
      Math.abs(greyOf(picture) - greyAt(Math.floor(second / 2) * 2)) <= 12,
      `second ${second}: ${greyOf(picture)}`,
    );
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

const LIBRARIES = {
  shaka: 'shaka-player/dist/shaka-player.compiled-es2021.js',
  dashjs: 'dashjs/dist/modern/umd/dash.all.min.js',
};

async function openBlankPage(library: keyof typeof LIBRARIES): Promise<Page> {
  const page = await browser.context.newPage();
  await page.setContent('<video muted style="width:640px;height:360px"></video>');
  await page.addScriptTag({
    content: readFileSync(new URL(`../../node_modules/${LIBRARIES[library]}`, import.meta.url), 'utf8'),
  });
  return page;
}

const THEIRS = "document.querySelector('video')";

/** Cues move with the pictures: in HLS players put the first frame a little after 0 (the delay of B-frames). */
function assertCues({ cues, firstFrameSeconds }: Shown, isHls: boolean): void {
  const lateMs = isHls ? firstFrameSeconds * 1_000 : 0;
  assert.ok(lateMs >= 0 && lateMs < 100, `the first frame is at ${firstFrameSeconds}`);
  const expected = [500, 3_000, 4_000, 8_000];
  for (const [index, time] of cues.flatMap((cue) => cue.slice(0, 2).map(Number)).entries())
    assert.ok(Math.abs(time * 1_000 - lateMs - defined(expected[index], 'a time')) < 3, JSON.stringify(cues));
  assert.deepEqual(
    cues.map(([, , text]) => text.includes('four')),
    [false, true],
  );
}

for (const manifest of ['manifest.mpd', 'main.m3u8'])
  test(`Shaka shows captions from ${manifest} at the right times`, async () => {
    const page = await openBlankPage('shaka');
    await page.evaluate(`(async () => {
      const video = ${THEIRS};
      const player = new shaka.Player();
      await player.attach(video);
      window.player = player;
      await player.load(${JSON.stringify(mediaUrl(1, manifest))});
      player.selectTextTrack(player.getTextTracks().find(({ language }) => language === 'en'));
      player.setTextTrackVisibility?.(true);
      await video.play();
    })()`);
    await waitFor('the cues', async () => (await shownBy(page, THEIRS)).cues.length === 2, 15_000);
    assertCues(await shownBy(page, THEIRS), manifest === 'main.m3u8');
    const tracks = await page.evaluate<unknown[]>(
      'player.getTextTracks().map(({ language, kind, label }) => [language, kind, label]).sort()',
    );
    assert.deepEqual(
      tracks.map((track) => (track as string[])[0]),
      ['de', 'en'],
    );
    if (manifest === 'manifest.mpd') {
      const images = await page.evaluate<unknown[]>(
        'player.getImageTracks().map(({ width, height, columns, rows }) => [width, height, columns, rows])',
      );
      assert.equal(images.length, 1);
      const thumbnail = await page.evaluate<{ startTime: number; positionX: number; width: number }>(
        '(async () => { const t = await player.getThumbnails(null, 9); return { startTime: t.startTime, positionX: t.positionX, width: t.width }; })()',
      );
      assert.deepEqual([thumbnail.startTime, thumbnail.positionX, thumbnail.width], [8, 4 * 192, 192]);
    }
    await page.close();
  });

test('dash.js shows captions at the right times', async () => {
  const page = await openBlankPage('dashjs');
  await page.evaluate(`(() => {
    const player = dashjs.MediaPlayer().create();
    window.player = player;
    player.initialize(${THEIRS}, ${JSON.stringify(mediaUrl(1, 'manifest.mpd'))}, true);
    player.enableText(true);
  })()`);
  await page.waitForFunction(`${THEIRS}.currentTime > 0.2`, undefined, { timeout: 20_000 });
  await page.evaluate(
    "player.setTextTrack(player.getTracksFor('text').findIndex(({ lang }) => lang === 'en'))",
  );
  await waitFor('the cues', async () => (await shownBy(page, THEIRS)).cues.length === 2, 15_000);
  assertCues(await shownBy(page, THEIRS), false);
  await page.close();
});

test('the poster becomes the frame at a time, everywhere, and goes back', async () => {
  const params = { assetId: asset.id };
  const automatic = greyOf(new Uint8Array(await (await fetch(mediaUrl(0, 'poster.jpg'))).arrayBuffer()));
  const chosen = await world.client.call('PUT /v1/assets/{assetId}/poster', {
    params,
    body: { atMs: 10_500 },
  });
  assert.equal(chosen.posterKind, 'chosen');
  for (const region of world.regions.keys())
    await waitFor(
      'the chosen frame',
      async () => {
        const response = await fetch(mediaUrl(region, 'poster.jpg'));
        const grey = greyOf(new Uint8Array(await response.arrayBuffer()));
        return Math.abs(grey - greyAt(10)) <= 3;
      },
      20_000,
    );
  await world.client.call('DELETE /v1/assets/{assetId}/poster', { params });
  await waitFor(
    'the automatic one',
    async () =>
      greyOf(new Uint8Array(await (await fetch(mediaUrl(0, 'poster.jpg'))).arrayBuffer())) === automatic,
    20_000,
  );
});

test('a preview is a short film that every region serves', async () => {
  assert.equal(asset.hasPreview, true);
  for (const region of world.regions.keys()) {
    const response = await fetch(mediaUrl(region, 'preview.mp4'));
    assert.equal(response.headers.get('content-type'), 'video/mp4');
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.ok(bytes.length < 300_000, `${bytes.length} bytes`);
    writeFileSync(file('preview.mp4'), bytes);
    const entries = 'stream=codec_name,width,height';
    const probe = execFileSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      entries,
      '-of',
      'csv=p=0',
      file('preview.mp4'),
    ]);
    assert.equal(probe.toString().trim(), 'h264,320,180');
  }
});

test('with control gone, captions, thumbnails and posters go on in every region', async () => {
  const { pid } = { pid: defined(world.pids().control, 'control') };
  // Stopped, since a process that ends is started again.
  process.kill(pid, 'SIGSTOP');
  try {
    for (const region of world.regions.keys()) {
      const playlist = await fetchText(mediaUrl(region, 'captions/subtitles-de/index.m3u8'));
      const segment = defined(/files\/[0-9a-f]{64}-t10000\.vtt/.exec(playlist)?.[0], 'the segment');
      assert.match(await fetchText(mediaUrl(region, segment)), /line:0\nHallo/);
      const board = await fetchText(mediaUrl(region, 'storyboard.vtt'));
      const sheet = defined(/^(\.\.\/v1\/a\d+\/storyboard\/0\.jpg)#/m.exec(board)?.[1], 'a sheet');
      assert.equal((await fetch(mediaUrl(region, sheet))).headers.get('content-type'), 'image/jpeg');
      assert.equal((await fetch(mediaUrl(region, 'poster.jpg'))).status, 200);
    }
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});
