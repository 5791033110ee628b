// One child of the engine whose outputs are packaged into a sink: the whole of a video, a part of it, or its sound.

import { CmafError } from '#media/cmaf/cmaf-error.ts';
import type { Encode, EncodeRequest, Engine } from '#platform/ffmpeg/engine.ts';
import type { SegmentSink } from '../shared/media-writer.ts';
import { type OutputGrid, packageOutput } from './package-output.ts';

export interface EncodeTask {
  readonly engine: Engine;
  readonly request: EncodeRequest;
  readonly grid: OutputGrid;
  readonly sink: SegmentSink;
  readonly signal: AbortSignal;
  /** Called after each stored segment. */
  onSegment(): void;
}

/** Runs the engine and packages its outputs; resolves when all are stored, rejects with the first cause. */
export async function runEncode({
  engine,
  request,
  grid,
  sink,
  signal,
  onSegment,
}: EncodeTask): Promise<void> {
  signal.throwIfAborted();
  const running = engine.encode(request);
  const kill = (): void => running.kill();
  signal.addEventListener('abort', kill);
  try {
    const failures: unknown[] = [];
    const outputs = [...running.outputs].map(([renditionId, output]) =>
      packageOutput(renditionId, output, sink, grid, onSegment).catch((error: unknown) => {
        failures.push(error);
        // An output that ends early tells that the engine has failed; what it has to say is the cause.
        if (!(error instanceof CmafError && error.kind === 'truncated')) running.kill();
      }),
    );
    const engineError = await outcome(running);
    await Promise.all(outputs);
    signal.throwIfAborted();
    const isKilled = engineError instanceof Error && engineError.name === 'AbortError';
    if (engineError !== undefined && !(isKilled && failures.length > 0)) throw engineError;
    if (failures.length > 0) throw failures[0];
  } finally {
    signal.removeEventListener('abort', kill);
    running.kill();
  }
}

/** The engine's error, or undefined when it ended well. */
async function outcome(running: Encode): Promise<unknown> {
  try {
    await running.done;
    return undefined;
  } catch (error) {
    return error ?? new Error('the engine failed');
  }
}
