// How a long-running process lives: it tells its supervisor when it is ready or cannot run, and stops on SIGTERM,
// Ctrl-C (unless a supervisor will pass it on) or the death of its parent.

import { MeridianError } from '#contract/errors.ts';
import type { Lifecycle } from '#platform/lifecycle.ts';
import { type ChildMessage, RESTART_EXIT_CODE } from '../supervisor/messages.ts';

/** A process that has not stopped by itself by then is ended; less than a supervisor waits for it. */
const STOP_MS_MAX = 3_000;
/** The supervisor itself waits for others; Ctrl-C ends everything within 5 s. */
export const SUPERVISOR_STOP_MS_MAX = 4_700;

const isChild = process.send !== undefined;

/** Resolves when the message has left this process. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, {}, () => resolve());
    else resolve();
  });
}

/**
 * Starts and then waits for the end. `start` registers its parts in the lifecycle and returns lines for the user; it is
 * given what ends the process with the code by which supervisors start it again. Resolves to the exit code.
 */
export async function runProcess(
  lifecycle: Lifecycle,
  start: (restart: () => void) => Promise<readonly string[]>,
  stopMsMax = STOP_MS_MAX,
): Promise<number> {
  const ended = Promise.withResolvers<void>();
  let code = 0;
  const stop = (): void => {
    setTimeout(() => process.exit(code === 0 ? 1 : code), stopMsMax).unref();
    void lifecycle.stop().then(ended.resolve);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
  if (isChild) process.on('disconnect', stop);
  try {
    const lines = await start(() => {
      code = RESTART_EXIT_CODE;
      stop();
    });
    await tell({ type: 'ready', lines });
  } catch (error) {
    if (!lifecycle.signal.aborted) {
      if (isChild && error instanceof MeridianError)
        await tell({ type: 'failed', message: `${error.message} ${error.action}` });
      await lifecycle.stop();
      throw error;
    }
  }
  await ended.promise;
  return code;
}
