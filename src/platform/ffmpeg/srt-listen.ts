// One SRT listener as a child process, whichever engine (the exception of law 9): it takes one caller, hands on its bytes
// on stdout, and ends when that one is gone. libsrt says on stderr whom it refuses.

import type { EncodeCommand } from './encode-child.ts';
import type { SrtListener, SrtListenRequest } from './engine.ts';
import { SRT_LIMITS } from './live-limits.ts';
import { type SandboxTools, spawnSandboxed } from './sandbox.ts';

/** A line of libsrt's is some hundred characters; what is longer is not one. */
const LINE_CHARACTERS_MAX = 1_000;
/** SRT_REJ_BADSECRET and SRT_REJ_UNSECURE of libsrt (srtcore/srt.h), as it answers them to the caller. */
const REFUSAL = /rsp\(REJECT\): 10(?:10|11)\b/;
const PASSPHRASE_GONE = '(passphrase)';

/** Starts the child. `input` goes to its stdin, which is closed then. */
export function startSrtListen(
  tools: SandboxTools,
  request: SrtListenRequest,
  command: EncodeCommand,
  input?: string,
): SrtListener {
  const child = spawnSandboxed({
    tools,
    ...command,
    workDirectory: request.workDirectory,
    outputCount: 0,
    hasInput: input !== undefined,
    niceness: 0,
    limits: SRT_LIMITS,
    onStderr: createRefusalWatch(request.onRefusal),
  });
  child.stdin?.end(input);
  const done = child.ended.then(({ stderrTail }) => lastWords(stderrTail, request.passphrase));
  // Whoever asks for the verdict later must not be ended by it.
  done.catch(() => {});
  return { bytes: child.stdout, done, kill: () => child.kill() };
}

/** Calls for each caller that was refused for its passphrase. */
export function createRefusalWatch(onRefusal: () => void): (chunk: Buffer) => void {
  let begun = '';
  return (chunk) => {
    const lines = (begun + chunk.toString('latin1')).split('\n');
    begun = (lines.pop() ?? '').slice(-LINE_CHARACTERS_MAX);
    for (const line of lines) if (REFUSAL.test(line)) onRefusal();
  };
}

/** The last line that is FFmpeg's own: libsrt's begin with a time. */
function lastWords(stderr: string, passphrase: string): string {
  const isOwn = (line: string): boolean => line.trim() !== '' && !/^\d\d:\d\d:\d\d\.\d+\//.test(line);
  const line = stderr.split('\n').findLast(isOwn) ?? '';
  return line
    .replaceAll(passphrase, PASSPHRASE_GONE)
    .replace(/\[[^\]]*@ 0x[0-9a-f]+\]\s*/g, '')
    .trim()
    .slice(0, 200);
}
