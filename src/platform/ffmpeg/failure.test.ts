import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { failureOf } from './failure.ts';
import type { Ending } from './sandbox.ts';

const ending = (changes: Partial<Ending>): Ending => ({
  exitCode: 1,
  signal: null,
  endedBy: null,
  stderrTail: '',
  ...changes,
});

test('what is the fault of the file becomes a sentence about the file', () => {
  for (const [changes, reason] of [
    [{ stderrTail: '[mov @ 0x55] moov atom not found\nfile:/a/b.mp4: Invalid data found' }, /no index/],
    [{ stderrTail: 'x264 [error]: malloc failed\nCannot allocate memory' }, /more memory/],
    [{ exitCode: null, signal: 'SIGXCPU' }, /computing time/],
    [{ exitCode: 255 }, /computing time/],
    [{ stderrTail: 'Decoder (codec xyz) not found for input stream #0:0' }, /codec/],
  ] as const) {
    const error = failureOf(ending(changes), false);
    assert.ok(error instanceof MeridianError, String(error));
    assert.equal(error.code, 'media_unsupported');
    assert.match(error.message, reason);
  }
});

test('what may be the fault of the machine can be tried again', () => {
  for (const changes of [
    { exitCode: null, signal: 'SIGKILL' },
    { exitCode: null, signal: 'SIGKILL', endedBy: 'overtime' },
    { exitCode: null, signal: 'SIGKILL', endedBy: 'silence' },
    { stderrTail: 'Invalid data found when processing input\nav_write_frame(): Broken pipe' },
    { stderrTail: 'something never heard of' },
  ] as const)
    assert.equal(failureOf(ending(changes), false) instanceof MeridianError, false, JSON.stringify(changes));
});

test('a kill is told from every failure', () => {
  const error = failureOf(ending({ exitCode: null, signal: 'SIGKILL', endedBy: 'kill' }), true);
  assert.equal(error.name, 'AbortError');
});

test('an unknown complaint about a file is quoted without addresses and paths', () => {
  const error = failureOf(
    ending({ stderrTail: '[mov @ 0x5fa1] file:/srv/secret/x.mp4: Strange atom' }),
    true,
  );
  assert.equal(error.message, 'This file cannot be processed: FFmpeg says "the file: Strange atom".');
});
