// One lifecycle for every process: parts are added as they start and stopped last-in-first-out.
// Stopping is idempotent and bounded; a step that fails or hangs is named.

import type { Log } from './log.ts';

/** Longest that one step may take; together the steps must fit in the 5 s that a user waits after Ctrl-C. */
const STEP_MS_MAX = 2_500;

export interface Lifecycle {
  /** Aborts when stopping begins. */
  readonly signal: AbortSignal;
  /** Registers how to stop what has just been started; `stopMsMax` for a step that itself waits for processes. */
  add(name: string, stop: () => Promise<void> | void, stopMsMax?: number): void;
  /** Owns a loop: its failure is logged, and stopping waits for its end. */
  run(name: string, loop: (signal: AbortSignal) => Promise<void>): void;
  stop(): Promise<void>;
}

/** Creates a lifecycle; `log` receives the steps that fail. */
export function createLifecycle(log: Log): Lifecycle {
  const controller = new AbortController();
  const steps: { name: string; stop: () => Promise<void> | void; stopMsMax: number }[] = [];
  let stopped: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    controller.abort(new Error('stopping'));
    for (const step of steps.reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${step.stopMsMax} ms`)), step.stopMsMax);
      });
      try {
        await Promise.race([Promise.resolve().then(step.stop), late]);
      } catch (error) {
        log.warn({ step: step.name, error: String(error) }, 'a part did not stop cleanly');
      } finally {
        clearTimeout(timer);
      }
    }
  }

  return {
    signal: controller.signal,
    add(name, stop, stopMsMax = STEP_MS_MAX) {
      steps.push({ name, stop, stopMsMax });
    },
    run(name, loop) {
      const ended = loop(controller.signal).catch((error: unknown) => {
        if (!controller.signal.aborted) log.error({ loop: name, error: String(error) }, 'a loop ended early');
      });
      steps.push({ name, stop: () => ended, stopMsMax: STEP_MS_MAX });
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
  };
}
