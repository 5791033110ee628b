import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { streamWithPicture } from '#media/mpegts/ts-fixture.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { Attached, Publisher } from './hub.ts';
import { type SrtEnding, serveSrtListener } from './srt-connection.ts';

const STREAM = streamWithPicture();

interface Called {
  readonly bytes: PassThrough;
  readonly publishers: Publisher[];
  readonly units: FeedUnit[];
  readonly detached: string[];
  readonly ending: Promise<SrtEnding>;
  isKilled(): boolean;
  /** The child ends, as it does when its caller is gone. */
  end(lastWords: string): void;
}

/** A listener without a child. */
function listen(refusal: string | null = null): Called {
  const bytes = new PassThrough();
  const done = Promise.withResolvers<string>();
  const publishers: Publisher[] = [];
  const units: FeedUnit[] = [];
  const detached: string[] = [];
  let isKilled = false;
  const attached: Attached =
    refusal === null
      ? {
          isAttached: true,
          attachment: {
            take: (unit) => void units.push(unit),
            announceFrameRate: () => undefined,
            detach: (why) => void detached.push(why),
          },
        }
      : { isAttached: false, fault: 'key', reason: refusal };
  const listener = {
    bytes,
    done: done.promise,
    kill() {
      isKilled = true;
      done.resolve('');
    },
  };
  const ending = serveSrtListener(listener, {
    clock: systemClock,
    log: silentLog,
    onCaller: () => undefined,
    attach(publisher) {
      publishers.push(publisher);
      return attached;
    },
  });
  return {
    bytes,
    publishers,
    units,
    detached,
    ending,
    isKilled: () => isKilled,
    end: (lastWords) => done.resolve(lastWords),
  };
}

/** Lets streams deliver what was written. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a publisher is attached once with its first media, and detached when the child ends', async () => {
  const { bytes, publishers, units, detached, ending, end } = listen();
  bytes.write(STREAM.subarray(0, 188));
  await settle();
  assert.equal(publishers.length, 0);
  bytes.write(STREAM.subarray(188));
  await settle();
  assert.deepEqual(
    publishers.map(({ protocol }) => protocol),
    ['srt'],
  );
  assert.deepEqual(
    units.map(({ kind }) => kind),
    ['video_config', 'video'],
  );
  end('srt://127.0.0.1:8400: Input/output error');
  assert.deepEqual(await ending, { kind: 'served' });
  assert.deepEqual(detached, ['the connection ended']);
});

test('one that its broadcast refuses is closed, and nothing is detached', async () => {
  const { bytes, detached, ending, isKilled } = listen('another publisher is on this stream key');
  bytes.write(STREAM);
  assert.deepEqual(await ending, { kind: 'refused' });
  assert.ok(isKilled());
  assert.deepEqual(detached, []);
});

test('one that another takes over from is closed without being told of', async () => {
  const { bytes, publishers, detached, ending, isKilled } = listen();
  bytes.write(STREAM);
  await settle();
  publishers[0]?.close('another publisher took over');
  assert.deepEqual(await ending, { kind: 'served' });
  assert.ok(isKilled());
  assert.deepEqual(detached, []);
});

test('rubbish never reaches a broadcast', async () => {
  const { bytes, publishers, ending, isKilled } = listen();
  bytes.write(Buffer.alloc(200_000, 'rubbish'));
  assert.deepEqual(await ending, { kind: 'refused' });
  assert.ok(isKilled());
  assert.equal(publishers.length, 0);
});

test('rubbish behind media ends the publisher with a reason', async () => {
  const { bytes, detached, ending } = listen();
  bytes.write(STREAM);
  await settle();
  bytes.write(Buffer.alloc(200_000, 'rubbish'));
  assert.deepEqual(await ending, { kind: 'served' });
  assert.deepEqual(detached, ['this is not an MPEG transport stream']);
});

test('more than the bit rate allows ends it', async () => {
  const { bytes, ending, isKilled } = listen();
  bytes.write(Buffer.alloc(40 << 20));
  assert.deepEqual(await ending, { kind: 'refused' });
  assert.ok(isKilled());
});

test('a listener that nobody called says why it ended', async () => {
  const { ending, end } = listen();
  end('srt://127.0.0.1:8400: Input/output error');
  assert.deepEqual(await ending, { kind: 'failed', reason: 'srt://127.0.0.1:8400: Input/output error' });
});
