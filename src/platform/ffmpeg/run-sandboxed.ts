// Runs a child for its answer on stdout: bounded, with a verdict when it does not end well.

import type { Readable } from 'node:stream';
import { MeridianError } from '#contract/errors.ts';
import { abortError, failureOf } from './failure.ts';
import type { ChildLimits } from './limits.ts';
import { type SandboxTools, spawnSandboxed } from './sandbox.ts';

export interface SandboxedRun {
  readonly tools: SandboxTools;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workDirectory: string;
  readonly limits: ChildLimits;
  readonly outputBytesMax: number;
  readonly niceness?: number;
  readonly signal: AbortSignal;
}

/** Resolves with what the child wrote to stdout; rejects as `Engine` promises. */
export async function runSandboxed(request: SandboxedRun): Promise<Buffer> {
  return (await runForBoth(request)).stdout;
}

/** The same, with the last of what it wrote to stderr, where some filters print what they found. */
export async function runForBoth(request: SandboxedRun): Promise<{ stdout: Buffer; stderrTail: string }> {
  const { signal, outputBytesMax } = request;
  if (signal.aborted) throw abortError();
  const child = spawnSandboxed({ niceness: 0, ...request, outputCount: 0 });
  const onAbort = (): void => child.kill();
  signal.addEventListener('abort', onAbort);
  try {
    const [ending, answer] = await Promise.all([
      child.ended,
      readBounded(child.stdout, outputBytesMax, child.kill),
    ]);
    if (answer === null)
      throw new MeridianError('media_unsupported', { reason: 'what it says about itself is too long' });
    if (ending.endedBy !== null || ending.exitCode !== 0) throw failureOf(ending, true);
    return { stdout: answer, stderrTail: ending.stderrTail };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Everything from the stream, or null (after `stop`) when it is more than `bytesMax`. */
async function readBounded(stream: Readable, bytesMax: number, stop: () => void): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else stop();
    }
  } catch {
    // The child broke off; its end says why.
  }
  return bytes <= bytesMax ? Buffer.concat(chunks) : null;
}
