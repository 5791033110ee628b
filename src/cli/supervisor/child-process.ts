// One supervised process: started, watched, started again with backoff and a reason. It ends with its parent, since
// its IPC channel closes when the parent dies, however it dies.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { isChildMessage, RESTART_EXIT_CODE } from './messages.ts';

/** First pause before a restart; doubles to the longest, so that a broken process does not eat the machine. */
const BACKOFF_MS_MIN = 250;
/** A process that lived this long counts as healthy: the next pause is short again. */
const HEALTHY_MS = 30_000;
/** How long a process may take to stop before it is killed; Ctrl-C ends everything within 5 s. */
const STOP_MS_MAX = 3_500;

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface ChildStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly lastReason: string | null;
}

export interface SupervisedProcess {
  /** Starts it and keeps it running. Resolves with what it printed at its first readiness; rejects when it cannot run. */
  start(): Promise<readonly string[]>;
  stop(): Promise<void>;
  status(): ChildStatus;
}

export interface SupervisedOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** Longest pause before a restart. */
  readonly restartPauseMsMax: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Receives what the process writes. */
  readonly write: (chunk: Buffer) => void;
  /** Called at each change of state. */
  readonly onChange: () => void;
}

/** Creates a supervised process; it does not run yet. */
export function createSupervisedProcess(options: SupervisedOptions): SupervisedProcess {
  const { name, restartPauseMsMax, clock, log } = options;
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let isReady = false;
  let restarts = 0;
  let lastReason: string | null = null;
  let backoffMs = BACKOFF_MS_MIN;
  let loop: Promise<void> | undefined;

  /** Runs the process once, to its end; resolves with the reason of the end. */
  function runOnce(
    onReady: (lines: readonly string[]) => void,
  ): Promise<{ reason: string; isFatal: boolean; isAsked: boolean }> {
    const started = fork(MAIN, [...options.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    child = started;
    let failure: string | undefined;
    for (const stream of [started.stdout, started.stderr]) stream?.on('data', options.write);
    started.on('message', (message) => {
      if (!isChildMessage(message)) return;
      if (message.type === 'failed') failure = message.message;
      else {
        isReady = true;
        onReady(message.lines);
        options.onChange();
      }
    });
    options.onChange();
    return new Promise((resolve) => {
      const onEnd = (reason: string, isAsked = false): void => {
        isReady = false;
        child = undefined;
        options.onChange();
        resolve({ reason: failure ?? reason, isFatal: failure !== undefined, isAsked });
      };
      started.on('error', (error) => onEnd(`it could not be started: ${error.message}`));
      started.on('exit', (code, signal) =>
        code === RESTART_EXIT_CODE
          ? onEnd('it was told to restart', true)
          : onEnd(signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`),
      );
    });
  }

  async function keepRunning(
    onReady: (lines: readonly string[]) => void,
    onFatal: (error: Error) => void,
  ): Promise<void> {
    let wasEverReady = false;
    while (!stopping.signal.aborted) {
      const startedAtMs = clock.monotonicMs();
      const end = await runOnce((lines) => {
        wasEverReady = true;
        onReady(lines);
      });
      if (stopping.signal.aborted) return;
      lastReason = end.reason;
      if (end.isFatal && !wasEverReady) {
        onFatal(new Error(end.reason));
        return;
      }
      const livedMs = clock.monotonicMs() - startedAtMs;
      backoffMs = livedMs > HEALTHY_MS ? BACKOFF_MS_MIN : Math.min(restartPauseMsMax, backoffMs * 2);
      restarts += 1;
      if (end.isAsked) {
        log.info({ process: name, restarts }, 'a process was told to restart and is started again');
        options.onChange();
        continue;
      }
      log.warn(
        { process: name, reason: end.reason, backoffMs, restarts },
        'a process ended and is started again',
      );
      options.onChange();
      await clock.sleep(backoffMs, stopping.signal).catch(() => undefined);
    }
  }

  return {
    start() {
      return new Promise((resolve, reject) => {
        loop = keepRunning(resolve, reject);
      });
    },
    async stop() {
      stopping.abort();
      const running = child;
      if (running !== undefined) {
        running.kill('SIGTERM');
        const timer = setTimeout(() => running.kill('SIGKILL'), STOP_MS_MAX);
        await loop;
        clearTimeout(timer);
      } else await loop;
    },
    status: () => ({ name, pid: child?.pid ?? null, isReady, restarts, lastReason }),
  };
}
