import assert from 'node:assert/strict';
import { test } from 'node:test';
import { srtAddress, srtArguments } from './srt-arguments.ts';
import { createRefusalWatch } from './srt-listen.ts';

const REQUEST = {
  workDirectory: '/nowhere',
  host: '127.0.0.1',
  port: 8_400,
  passphrase: 'a-secret-passphrase',
  latencyMs: 240,
  silenceMs: 3_000,
  onRefusal: () => undefined,
};

/** The value after an option. */
function after(args: readonly string[], option: string): string | undefined {
  return args[args.indexOf(option) + 1];
}

test('the child may speak SRT and write to its pipe, and understands nothing of what comes', () => {
  const args = srtArguments(REQUEST);
  assert.equal(after(args, '-protocol_whitelist'), 'srt,pipe');
  assert.equal(after(args, '-f'), 'data');
  assert.equal(after(args, '-c'), 'copy');
  assert.equal(args.at(-1), 'pipe:1');
  assert.equal(after(args, '-mode'), 'listener');
  assert.equal(after(args, '-enforced_encryption'), '1');
});

test('times are microseconds', () => {
  const args = srtArguments(REQUEST);
  assert.equal(after(args, '-rcvlatency'), '240000');
  assert.equal(after(args, '-timeout'), '3000000');
});

test('the address, which FFmpeg repeats in what it says, holds no secret', () => {
  const args = srtArguments(REQUEST);
  assert.equal(after(args, '-i'), 'srt://127.0.0.1:8400');
  assert.deepEqual(
    args.filter((argument) => argument.includes(REQUEST.passphrase)),
    [REQUEST.passphrase],
  );
  assert.equal(srtAddress({ host: '::1', port: 9 }), 'srt://[::1]:9');
});

test('a refusal for the passphrase is counted once, also when its line comes in two pieces', () => {
  let refusals = 0;
  const watch = createRefusalWatch(() => {
    refusals += 1;
  });
  const said = [
    '01:43:00.975226/SRT:RcvQ:w1!W:SRT.cn: KMREQ/rcv: (snd) Rx process failure - BADSECRET\n01:43:00.9757',
    '55/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJ',
    'ECT): 1010 - Incorrect passphrase\n',
    '01:43:01.1/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1011 - Password required\n',
    '01:43:01.1/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1008 - Peer rejected\n',
  ];
  for (const text of said) watch(Buffer.from(text));
  assert.equal(refusals, 2);
  watch(Buffer.from('x'.repeat(100_000)));
  watch(Buffer.from('\nrsp(REJECT): 1010\n'));
  assert.equal(refusals, 3);
});
