// Bad and hostile files: each is refused with the right code and a sentence, and none makes an engine open another
// file or address. A named pipe is the canary file: whoever opens it waits there for ever and is seen; a listener
// on 127.0.0.1 is the canary address.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { type ErrorCode, MeridianError } from '#contract/errors.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { box, externalReference, replaceBox } from './support/boxes.ts';
import { engines, finishEncode, processesIn, smallRequest, temporaryDirectory } from './support/engines.ts';
import { makeMedia, realMedia, tone } from './support/make-media.ts';

const directory = await temporaryDirectory();
let connections = 0;
const listener = createServer((socket) => {
  connections++;
  socket.destroy();
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
const { port } = listener.address() as { port: number };
const canaryFile = join(directory.path, 'canary');
execFileSync('mkfifo', [canaryFile]);
after(async () => {
  listener.close();
  await directory.remove();
});

const address = `http://127.0.0.1:${port}/canary`;
const never = new AbortController().signal;

const good = await makeMedia(directory.path, 'good.mp4', {
  format: 'mp4',
  video: 'testsrc2=size=160x90:rate=25:duration=2,format=yuv420p',
  audio: [{ graph: tone(2) }],
});

function file(name: string, content: string | Buffer): string {
  const path = join(directory.path, name);
  writeFileSync(path, content);
  return path;
}

/** The good file with its video kept "elsewhere"; the index lies behind the media, so no offset moves. */
function withReference(kind: 'url ' | 'alis'): Buffer {
  const path = ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref'];
  return replaceBox(readFileSync(good), path, () =>
    externalReference(kind, kind === 'url ' ? `file://${canaryFile}` : canaryFile),
  );
}

function cut(name: string, bytes: number): string {
  const path = join(directory.path, name);
  copyFileSync(good, path);
  truncateSync(path, bytes);
  return path;
}

const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${address}\n#EXTINF:1,\nfile://${canaryFile}\n#EXT-X-ENDLIST\n`;
const goodBytes = readFileSync(good).length;
const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 2_654_435_761) >>> 24));

const FILES: readonly (readonly [what: string, path: string, code: ErrorCode, reason: RegExp])[] = [
  ['an HLS playlist', file('playlist.mp4', playlist), 'media_forbidden', /HLS/],
  [
    'an HLS playlist behind blank lines and a mark',
    file('bom.mp4', `\uFEFF\n\n${playlist}`),
    'media_forbidden',
    /HLS/,
  ],
  [
    'a concat script',
    file('concat.mp4', `ffconcat version 1.0\nfile '${canaryFile}'\n`),
    'media_forbidden',
    /concat/,
  ],
  [
    'a concat script without its first line',
    file('bare.mp4', `file '${canaryFile}'\n`),
    'media_forbidden',
    /concat/,
  ],
  [
    'a DASH manifest',
    file(
      'dash.mp4',
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${address}</BaseURL></MPD>`,
    ),
    'media_forbidden',
    /DASH/,
  ],
  ['a PLS playlist', file('pls.mp4', `[playlist]\nFile1=${address}\n`), 'media_forbidden', /PLS/],
  [
    'an SDP description',
    file(
      'sdp.mp4',
      `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video ${port} RTP/AVP 96\r\n`,
    ),
    'media_forbidden',
    /SDP/,
  ],
  ['text with an address', file('text.mp4', `see ${address} for more\n`), 'media_forbidden', /addresses/],
  ['plain text', file('plain.mp4', 'Dear Sir or Madam,\n'), 'media_unsupported', /text/],
  ['a web page', file('page.mp4', '<!doctype html><p>hello'), 'media_unsupported', /XML|page/],
  [
    'subtitles',
    file('subtitles.mp4', 'WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n'),
    'media_unsupported',
    /subtitle/,
  ],
  [
    'a picture',
    file('picture.mp4', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')),
    'media_unsupported',
    /image/,
  ],
  ['noise', file('noise.mp4', noise), 'media_unsupported', /not a media file/],
  [
    'noise that claims to be MP4',
    file('ftyp.mp4', Buffer.concat([box('ftyp', Buffer.from('isom')), noise])),
    'media_unsupported',
    /./,
  ],
  ['no bytes at all', file('empty.mp4', ''), 'media_empty', /^$/],
  [
    'an MP4 cut off in its media',
    cut('cut.mp4', Math.floor(goodBytes / 2)),
    'media_truncated',
    new RegExp(`it has ${Math.floor(goodBytes / 2)}$`),
  ],
  [
    'an MP4 cut off in its index',
    cut('cut-index.mp4', goodBytes - 10),
    'media_truncated',
    new RegExp(`need ${goodBytes} bytes`),
  ],
  [
    'an MP4 whose video is at an address',
    file('url.mp4', withReference('url ')),
    'media_forbidden',
    /another file/,
  ],
  [
    'an MP4 whose video is in another file',
    file('alis.mp4', withReference('alis')),
    'media_forbidden',
    /another file/,
  ],
  [
    'a reference movie',
    file('reference.mov', box('moov', box('rmra', box('rmda', box('rdrf', Buffer.from(address)))))),
    'media_forbidden',
    /reference movie/,
  ],
  [
    'an index without any stream',
    file('nothing.mp4', Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0')), box('moov')])),
    'media_unsupported',
    /./,
  ],
  ['absurd picture sizes', file('huge.mp4', enlarge(readFileSync(good))), 'media_unsupported', /./],
];

/** Says 65,535 by 65,535 pixels in the sample entry, and makes the parameter sets unreadable. */
function enlarge(source: Buffer): Buffer {
  return replaceBox(source, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'], (body) => {
    if (body.toString('latin1', 12, 16) !== 'avc1') return body;
    const changed = Buffer.from(body);
    changed.writeUInt32BE(0xffffffff, 8 + 8 + 24);
    changed.write('xxxx', changed.indexOf('avcC', 0, 'latin1'), 'latin1');
    return changed;
  });
}

/** Nobody came to the canaries, and no child is left waiting at one. */
async function assertUntouched(): Promise<void> {
  assert.equal(connections, 0, 'nobody connected to the canary');
  assert.throws(
    () => closeSync(openSync(canaryFile, constants.O_WRONLY | constants.O_NONBLOCK)),
    { code: 'ENXIO' },
    'nobody has the canary file open',
  );
  const running = processesIn(directory.path);
  assert.deepEqual(running, [], 'no child is left');
}

async function refusal(action: Promise<unknown>): Promise<MeridianError> {
  const error: unknown = await action.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof MeridianError)) throw error;
  return error;
}

const probeWith = (engine: Engine, path: string) =>
  engine.probe(path, { workDirectory: directory.path, signal: never });

for (const engine of await engines()) {
  for (const [what, path, code, reason] of FILES) {
    test(`${engine.name} refuses ${what} with ${code}`, async () => {
      const error = await refusal(probeWith(engine, path));
      assert.equal(error.code, code, error.message);
      assert.match(String(error.details.reason ?? ''), reason);
      assert.doesNotMatch(error.message, new RegExp(directory.path), 'no path of this machine is shown');
      await assertUntouched();
    });
  }

  test(`${engine.name} opens nothing else when it is told to encode such a file all the same`, async () => {
    const request = smallRequest(good, directory.path, await probeWith(engine, good));
    const error = await refusal(
      finishEncode(engine.encode({ ...request, inputPath: join(directory.path, 'playlist.mp4') })),
    );
    assert.equal(error.code, 'media_forbidden');
    for (const name of ['url.mp4', 'alis.mp4']) {
      // Its media lies in the file itself after all; what counts is that the reference was not followed.
      await finishEncode(engine.encode({ ...request, inputPath: join(directory.path, name) })).catch(
        () => {},
      );
      await assertUntouched();
    }
  });

  test(`${engine.name} says so when the frames end long before the plan`, async () => {
    const webm = await makeMedia(directory.path, 'whole.mkv', {
      format: 'matroska',
      video: 'testsrc2=size=160x90:rate=25:duration=6,format=yuv420p',
    });
    const request = smallRequest(webm, directory.path, await probeWith(engine, webm));
    truncateSync(webm, Math.floor(readFileSync(webm).length / 2));
    const error = await refusal(finishEncode(engine.encode(request)));
    assert.equal(error.code, 'media_truncated');
    assert.match(error.message, /only \d+ of 150 frames/);
  });

  for (const [name, code] of [
    ['truncated.mp4', 'media_truncated'],
    ['noise.mp4', 'media_unsupported'],
  ] as const) {
    const path = realMedia(name);
    if (path !== undefined)
      test(`${engine.name} refuses the real ${name} with ${code}`, async () => {
        const error = await refusal(probeWith(engine, path));
        assert.equal(error.code, code);
        if (code === 'media_truncated')
          assert.equal(
            error.message,
            'The file ends early: its parts need 2050262 bytes, but it has 1000000.',
          );
      });
  }

  test(`${engine.name} reads a good file with bytes behind its last box`, async () => {
    const path = file('trailing.mp4', Buffer.concat([readFileSync(good), Buffer.alloc(5)]));
    assert.equal(defined((await probeWith(engine, path)).video, 'a video').frameCount, 50);
  });
}
