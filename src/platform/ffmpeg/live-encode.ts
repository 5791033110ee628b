// One live picture as a child process, whichever engine: FLV goes in on stdin, and comes out by rendition.

import { defined } from '#base/assert.ts';
import type { EncodeCommand } from './encode-child.ts';
import type { LiveAudioEncode, LiveAudioRequest, LiveEncode, LiveRequest } from './engine.ts';
import { failureOf } from './failure.ts';
import { LIVE_LIMITS } from './live-limits.ts';
import { type SandboxedChild, type SandboxTools, spawnSandboxed } from './sandbox.ts';

/** Starts the child. */
export function startLiveEncode(
  tools: SandboxTools,
  request: LiveRequest,
  command: EncodeCommand,
): LiveEncode {
  const child = spawnSandboxed({
    tools,
    ...command,
    workDirectory: request.workDirectory,
    // The last one is the look.
    outputCount: request.outputs.length + 1,
    hasInput: true,
    niceness: request.niceness,
    limits: LIVE_LIMITS,
  });
  child.stdout.resume();
  const done = judge(child);
  // Whoever asks for the verdict later must not be ended by it.
  done.catch(() => {});
  return {
    input: defined(child.stdin, 'an input'),
    outputs: new Map(request.outputs.map(({ id }, index) => [id, defined(child.outputs[index], id)])),
    look: defined(child.outputs[request.outputs.length], 'a look'),
    done,
    kill: () => child.kill(),
  };
}

/** Starts the child of live sound. */
export function startLiveAudio(
  tools: SandboxTools,
  request: LiveAudioRequest,
  command: EncodeCommand,
): LiveAudioEncode {
  const { workDirectory, niceness } = request;
  const child = spawnSandboxed({
    tools,
    ...command,
    workDirectory,
    outputCount: 1,
    hasInput: true,
    niceness,
    limits: LIVE_LIMITS,
  });
  child.stdout.resume();
  const done = judge(child);
  // Whoever asks for the verdict later must not be ended by it.
  done.catch(() => {});
  return {
    input: defined(child.stdin, 'an input'),
    output: defined(child.outputs[0], 'an output'),
    done,
    kill: () => child.kill(),
  };
}

async function judge(child: SandboxedChild): Promise<void> {
  const ending = await child.ended;
  if (ending.endedBy !== null) for (const output of child.outputs) output.destroy();
  if (ending.endedBy !== null || ending.exitCode !== 0) throw failureOf(ending, false);
}
