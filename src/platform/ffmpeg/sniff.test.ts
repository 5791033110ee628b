import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sniff } from './sniff.ts';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const mpegAudioFrame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]);
const adtsFrame = Buffer.concat([Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x04, 0x1f, 0xfc]), Buffer.alloc(25)]);
const packets = (count: number, bytes: number, lead: number): Buffer => {
  const stream = Buffer.alloc(count * bytes, 0x11);
  for (let index = 0; index < count; index++) stream[index * bytes + lead] = 0x47;
  return stream;
};

const MEDIA: readonly (readonly [what: string, head: Buffer, demuxer: string])[] = [
  ['MP4', latin('\0\0\0\x20ftypisom'), 'mov'],
  ['QuickTime that begins with its media', latin('\0\0\0\x01mdat\0\0\0\0'), 'mov'],
  ['Matroska and WebM', latin('\x1a\x45\xdf\xa3\x01'), 'matroska'],
  ['AVI', latin('RIFF\x62\x14\x7c\0AVI LIST'), 'avi'],
  ['WAV', latin('RIFF\x62\x14\x7c\0WAVEfmt '), 'wav'],
  ['AIFF', latin('FORM\0\0\0\0AIFFCOMM'), 'aiff'],
  ['a transport stream', packets(4, 188, 0), 'mpegts'],
  ['a transport stream with time stamps', packets(4, 192, 4), 'mpegts'],
  ['a program stream', latin('\0\0\x01\xba\x44'), 'mpeg'],
  ['FLV', latin('FLV\x01\x05'), 'flv'],
  ['Ogg', latin('OggS\0\x02'), 'ogg'],
  ['FLAC', latin('fLaC\0\0\0\x22'), 'flac'],
  ['MXF', latin('\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0'), 'mxf'],
  ['ASF', latin('\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c'), 'asf'],
  ['MP3 without a tag', Buffer.concat([mpegAudioFrame, mpegAudioFrame]), 'mp3'],
  ['AAC', Buffer.concat([adtsFrame, adtsFrame]), 'aac'],
];

for (const [what, head, demuxer] of MEDIA)
  test(`${what} is told by its first bytes`, () => {
    assert.deepEqual(sniff(head), { kind: 'media', demuxer });
  });

test('what points to other files is forbidden, whatever stands before it', () => {
  for (const text of [
    '#EXTM3U\n',
    '\uFEFF#EXTM3U\n',
    '\r\n\t #extm3u\n',
    '#EXTINF:1,\nsegment.ts\n',
    'ffconcat version 1.0\n',
    "# comment\nfile '/etc/passwd'\n",
    '[playlist]\nFile1=x\n',
    '[Reference]\nRef1=x\n',
    'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n',
    '<?xml version="1.0"?>\n<!-- x -->\n<MPD>',
    '<asx version="3.0">',
    '<SmoothStreamingMedia MajorVersion="2">',
    'rtsp://camera/stream\n',
    'image-%03d.png\n',
  ])
    assert.equal(sniff(Buffer.from(text)).kind, 'forbidden', JSON.stringify(text));
  assert.equal(
    sniff(Buffer.concat([latin('\xff\xfe'), Buffer.from('#EXTM3U\n', 'utf16le')])).kind,
    'forbidden',
  );
});

test('text, pictures and noise are not supported, and the reason says which it is', () => {
  for (const [head, reason] of [
    [Buffer.from('Dear Sir or Madam,'), /text/],
    [Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nhello'), /subtitle/],
    [Buffer.from('<html>'), /page/],
    [latin('\xff\xd8\xff\xe0'), /image/],
    [latin('RIFF\0\0\0\0WEBPVP8 '), /image/],
    [latin('\0\0\0\x1cftypavif'), /image/],
    [latin('PK\x03\x04\x14\0'), /not a media file/],
    [latin('\xff\xfb\x90\0 and then nothing like a second frame'), /not a media file/],
  ] as const) {
    const sniffed = sniff(head);
    assert.equal(sniffed.kind, 'unsupported', head.toString('latin1'));
    assert.match(sniffed.kind === 'unsupported' ? sniffed.reason : '', reason);
  }
});

test('behind an ID3 tag the file begins where the tag says it ends', () => {
  assert.deepEqual(sniff(latin('ID3\x04\0\0\0\0\x02\x01')), { kind: 'tag', nextOffset: 10 + 257 });
  assert.deepEqual(sniff(latin('ID3\x04\0\x10\0\0\x02\x01')), { kind: 'tag', nextOffset: 20 + 257 });
});
