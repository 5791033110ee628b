// One encode as a child process, whichever engine: the streams by output id, and the verdict when it has ended.
// The engine says how to start the child; what comes out is judged here alone, so that both keep the same promise.
//
// The child reports on stdout in lines `frame=N`, `out_time_us=N` … `progress=continue|end` (the format of FFmpeg's
// `-progress`). The watchdog takes them and the bytes that come out as signs of life.

import { Readable } from 'node:stream';
import { MeridianError } from '#contract/errors.ts';
import type { Encode, EncodeRequest } from './engine.ts';
import { abortError, failureOf } from './failure.ts';
import { encodeLimits } from './limits.ts';
import { outputIds, plannedDurationMs } from './recipe.ts';
import { type SandboxedChild, type SandboxTools, spawnSandboxed } from './sandbox.ts';

/** Audio has no planned length: this is the longest for which its limits are made. */
const AUDIO_DURATION_MS_MAX = 24 * 3_600_000;

export interface EncodeCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface Progress {
  frames: number;
  /** Grows with every sign of life. */
  marks: number;
}

/** Starts the encode; `describe` may throw a MeridianError about the file, which becomes the verdict. */
export function startEncode(
  tools: SandboxTools,
  request: EncodeRequest,
  describe: () => EncodeCommand,
): Encode {
  const ids = outputIds(request);
  let command: EncodeCommand;
  try {
    command = describe();
  } catch (error) {
    return failedEncode(ids, error);
  }
  const progress: Progress = { frames: 0, marks: 0 };
  const child: SandboxedChild = spawnSandboxed({
    tools,
    ...command,
    workDirectory: request.workDirectory,
    outputCount: ids.length,
    niceness: request.niceness,
    limits: encodeLimits(plannedDurationMs(request) ?? AUDIO_DURATION_MS_MAX),
    progress: () => signsOfLife(child, progress),
  });
  readProgress(child.stdout, progress);
  const done = judge(request, child, progress);
  // Whoever reads the outputs first and asks for the verdict later must not be ended by it.
  done.catch(() => {});
  return {
    outputs: new Map(child.outputs.map((output, index) => [ids[index] ?? '', output])),
    done,
    kill: () => child.kill(),
  };
}

function failedEncode(ids: readonly string[], error: unknown): Encode {
  const done = Promise.reject(error);
  done.catch(() => {});
  return { outputs: new Map(ids.map((id) => [id, Readable.from([])])), done, kill: () => {} };
}

/** An output that is full waits for its reader, who is not the child's concern. */
function signsOfLife(child: SandboxedChild, progress: Progress): number | 'waiting' {
  if (child.outputs.some((output) => output.readableLength >= output.readableHighWaterMark)) return 'waiting';
  return child.outputs.reduce((sum, output) => sum + (output.bytesRead ?? 0), progress.marks);
}

function readProgress(stdout: Readable, progress: Progress): void {
  let rest = '';
  let lastTime = '';
  stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(-200);
    for (const line of lines) {
      const [key, text = ''] = line.split('=', 2);
      const number = Number(text);
      if (key === 'frame' && number > progress.frames) {
        progress.marks += number - progress.frames;
        progress.frames = number;
      }
      if (key === 'out_time_us' && text !== lastTime) {
        progress.marks++;
        lastTime = text;
      }
    }
  });
}

async function judge(request: EncodeRequest, child: SandboxedChild, progress: Progress): Promise<void> {
  const ending = await child.ended;
  if (ending.endedBy !== null) for (const output of child.outputs) output.destroy();
  if (ending.endedBy === 'kill') throw abortError();
  if (ending.exitCode !== 0) throw failureOf(ending, false);
  const planned = request.video?.frameCount ?? 0;
  if (progress.frames < planned)
    throw new MeridianError('media_truncated', {
      reason: `only ${progress.frames} of ${planned} frames could be decoded`,
      expectedFrames: planned,
      actualFrames: progress.frames,
    });
}
