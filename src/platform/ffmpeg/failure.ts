// Turns the end of a child into an error: whose fault it is, and a sentence that a person can read. FFmpeg's own
// words are kept where they say more, without addresses in memory and without paths of this machine.

import { MeridianError } from '#contract/errors.ts';
import type { Ending } from './sandbox.ts';

/** What FFmpeg says, and what it means to whoever sent the file. */
const SENTENCES: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/moov atom not found/i, 'it has no index (moov)'],
  [/cannot allocate memory|bad_alloc|out of memory/i, 'it needs more memory than one file may use'],
  [
    /decoder .*not found|unknown decoder|could not find codec parameters|no decoder/i,
    'its codec is not known here',
  ],
  [/error decoding rate|decode error rate|nothing was decoded/i, 'most of it cannot be decoded'],
  [/picture size .* is invalid|exceeds? .*max_pixels/i, 'its picture is larger than what is accepted'],
  [/end of file|invalid data found/i, 'FFmpeg finds no valid media in it'],
];

/** Sent with every rejection that the caller asked for. */
export function abortError(): DOMException {
  return new DOMException('the media child was ended because nobody needs it any more', 'AbortError');
}

/**
 * The error for a child that did not end well. `isJudge` when whatever goes wrong tells something about the file
 * (a probe), not when it may be the machine (a long encode).
 */
export function failureOf(ending: Ending, isJudge: boolean): Error {
  switch (ending.endedBy) {
    case 'kill':
      return abortError();
    case 'silence':
      return new Error('the media child made no progress and was ended');
    case 'overtime':
      return new Error('the media child took too long and was ended');
    case null:
  }
  if (ending.signal === 'SIGXCPU' || (ending.exitCode === 255 && ending.stderrTail === ''))
    return unsupported('it needs more computing time than one file may use', ending);
  if (ending.signal !== null)
    return new Error(`the media child was ended by ${ending.signal}`, { cause: ending.stderrTail });
  // Whoever reads the outputs went away; what was complained about before is not the reason.
  if (/broken pipe/i.test(ending.stderrTail)) return new Error('the outputs of the media child were closed');
  for (const [pattern, reason] of SENTENCES)
    if (pattern.test(ending.stderrTail)) return unsupported(reason, ending);
  const complaint = lastComplaint(ending.stderrTail);
  if (isJudge)
    return unsupported(complaint === '' ? 'FFmpeg cannot read it' : `FFmpeg says "${complaint}"`, ending);
  return new Error(`the media child ended with code ${ending.exitCode}: ${complaint}`, {
    cause: ending.stderrTail,
  });
}

function unsupported(reason: string, ending: Ending): MeridianError {
  return new MeridianError('media_unsupported', { reason }, { cause: ending.stderrTail });
}

/** The last line of FFmpeg's complaints, fit to be shown. */
function lastComplaint(stderr: string): string {
  const line = stderr.split('\n').findLast((text) => text.trim() !== '') ?? '';
  return line
    .replace(/\[[^\]]*@ 0x[0-9a-f]+\]\s*/g, '')
    .replace(/(file:)?\/\S+?(?=:|\s|$)/g, 'the file')
    .trim()
    .slice(0, 200);
}
