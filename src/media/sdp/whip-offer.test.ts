import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkWhipOffer, finishWhipAnswer } from './whip-offer.ts';

const HEAD = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  'a=fingerprint:sha-256 00:11',
];
const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
];
const VIDEO = [
  'm=video 9 UDP/TLS/RTP/SAVPF 102',
  'a=candidate:1 1 udp 1 10.0.0.1 5000 typ host',
  'a=candidate:2 1 udp 1 secret.local 5000 typ host',
  'a=end-of-candidates',
  'a=mid:1',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:102 H264/90000',
];
const offer = (...sections: readonly (readonly string[])[]): string => `${sections.flat().join('\r\n')}\r\n`;
const without = (lines: readonly string[], ...left: readonly string[]): string[] =>
  lines.filter((line) => !left.includes(line));

test('an offer with a picture, a sound or both is taken, without its candidates', () => {
  const both = checkWhipOffer(offer(HEAD, AUDIO, VIDEO));
  assert.ok(both.isGood);
  assert.deepEqual([both.hasAudio, both.hasVideo], [true, true]);
  assert.equal(
    both.sdp,
    offer(
      HEAD,
      AUDIO,
      VIDEO.filter((line) => !/candidate/.test(line)),
    ),
  );
  const alone = checkWhipOffer(offer(HEAD, VIDEO).replaceAll('\r\n', '\n'));
  assert.ok(alone.isGood && !alone.hasAudio);
});

for (const [what, text, isMalformed, reason] of [
  ['something else', 'hello', true, /not SDP/],
  ['lines that are none', offer(HEAD, AUDIO, ['what']), true, /a line/],
  ['a line without end', offer(HEAD, [`a=${'x'.repeat(3_000)}`]), true, /too long/],
  ['lines without end', offer(HEAD, Array(3_000).fill('a=x')), true, /too long/],
  ['no fingerprint', offer(without(HEAD, 'a=fingerprint:sha-256 00:11'), AUDIO), true, /no fingerprint/],
  ['no media', offer(HEAD), false, /neither/],
  ['two pictures', offer(HEAD, VIDEO, VIDEO), false, /more than one video/],
  ['a data channel', offer(HEAD, VIDEO, ['m=application 9 UDP/DTLS/SCTP x']), false, /has application/],
  ['no H.264', offer(HEAD, without(VIDEO, 'a=rtpmap:102 H264/90000')), false, /no H\.264/],
  ['no Opus', offer(HEAD, without(AUDIO, 'a=rtpmap:111 opus/48000/2'), VIDEO), false, /no Opus/],
  ['a picture that is not sent', offer(HEAD, [...VIDEO, 'a=recvonly']), false, /sends nothing/],
  ['no rtcp-mux', offer(HEAD, without(AUDIO, 'a=rtcp-mux')), false, /rtcp-mux/],
] as const)
  test(`an offer with ${what} is refused with a sentence`, () => {
    const check = checkWhipOffer(text);
    assert.ok(!check.isGood);
    assert.equal(check.isMalformed, isMalformed);
    assert.match(check.reason, reason);
  });

test('the answer takes any size, and says where the estimate begins, for H.264 alone', () => {
  const answer =
    'a=fmtp:111 minptime=10\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\na=mid:1\r\n';
  assert.equal(
    finishWhipAnswer(answer, 2_500_000),
    'a=fmtp:111 minptime=10\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e034;x-google-start-bitrate=2500\r\na=mid:1\r\n',
  );
});
