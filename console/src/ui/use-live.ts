// Data that follows control: asked for again at each notice of its topics, and by the clock as before while no notices
// arrive. With notices the clock stays as a net, slow enough to cost nothing.

import { useEffect, useRef, useState } from 'react';
import { PROJECT_TOPICS, type UpdateTopic } from '../../../src/contract/update-topics.ts';
import { isOfInstallation } from '../session.ts';
import { isStreamUp, listenTo } from './live-stream.ts';
import { useStore } from './store.ts';
import { type Polled, usePolled } from './use-polled.ts';

/** How often is asked while notices arrive. */
export const NET_MS = 60_000;
/** How often is asked without them, unless the page says otherwise. */
const BEAT_MS = 5_000;

/** Runs a task at once, or once more after the run that is under way: notices may come faster than answers. */
export function createCoalesced(task: () => Promise<void>): () => void {
  let isRunning = false;
  let isWanted = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    do {
      isWanted = false;
      await task();
    } while (isWanted);
    isRunning = false;
  };
  return () => {
    if (isRunning) isWanted = true;
    else void run();
  };
}

/** Runs `refresh` at each notice of the topics, and returns whether all of them arrive now; of no topic none does. */
export function useNotices(topics: readonly UpdateTopic[], refresh: () => Promise<void>): boolean {
  const isUp = useStore(isStreamUp);
  const latest = useRef(refresh);
  latest.current = refresh;
  const names = topics.join(',');
  useEffect(() => {
    if (names === '') return;
    const askAgain = createCoalesced(() => latest.current());
    const stops = names.split(',').map((topic) => listenTo(topic as UpdateTopic, askAgain));
    return () => {
      for (const stop of stops) stop();
    };
  }, [names]);
  return isUp && topics.length > 0 && topics.every(isHeard);
}

/** Whether control tells this person of a topic. */
function isHeard(topic: UpdateTopic): boolean {
  return isOfInstallation() || PROJECT_TOPICS.has(topic);
}

/** Of answers that change only with a notice. */
export const isStill = (): boolean => false;

/**
 * Asks now and whenever something of the topics changes; by the clock while no notices arrive, and after a failure.
 * @param topics one topic or several; never none
 * @param key when it changes, what was known is forgotten
 * @param beatMs how often the clock asks
 * @param isMoving whether the answer changes in ways of which no topic gives notice; while it does, the clock asks
 */
export function useLive<T>(
  topics: UpdateTopic | readonly UpdateTopic[],
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  beatMs = BEAT_MS,
  isMoving: (answer: T) => boolean = isStill,
): Polled<T> {
  const [isByClock, setIsByClock] = useState(false);
  const refresh = useRef(() => Promise.resolve());
  const isTold = useNotices(typeof topics === 'string' ? [topics] : topics, () => refresh.current());
  const polled = usePolled(key, ask, isTold && !isByClock ? Math.max(NET_MS, beatMs) : beatMs);
  refresh.current = polled.refresh;
  const { data, error } = polled;
  const needsClock = error !== undefined || (data !== undefined && isMoving(data));
  if (needsClock !== isByClock) setIsByClock(needsClock);
  return polled;
}
