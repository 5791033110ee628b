// Asks control again and again, and keeps what it said last: a page never goes blank because one answer failed.
// Answers that say the same keep their identity, so that nothing is drawn again for nothing.

import { useCallback, useEffect, useRef, useState } from 'react';

export interface Polled<T> {
  readonly data: T | undefined;
  /** Why the newest try failed; undefined once one succeeds. */
  readonly error: Error | undefined;
  /** Asks now, and resolves when the answer is in. */
  readonly refresh: () => Promise<void>;
}

/** Replaces `before` by `after` unless both say the same. */
export function keepIdentity<T>(before: T | undefined, after: T): T {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

/**
 * Polls `ask` every `intervalMs` while mounted and the page is visible.
 * @param key when it changes, what was known is forgotten (another filter, another asset)
 */
export function usePolled<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  intervalMs: number,
): Polled<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: Error }>({ key });
  const askRef = useRef(ask);
  askRef.current = ask;
  const abort = useRef<AbortController | undefined>(undefined);

  const refresh = useCallback(async (): Promise<void> => {
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    try {
      const answer = await askRef.current(controller.signal);
      if (controller.signal.aborted) return;
      setState((old) => {
        const data = old.key === key ? keepIdentity(old.data, answer) : answer;
        return old.key === key && data === old.data && old.error === undefined ? old : { key, data };
      });
    } catch (error) {
      if (controller.signal.aborted) return;
      const reason = error instanceof Error ? error : new Error(String(error));
      setState((old) => (old.key === key ? { ...old, error: reason } : { key, error: reason }));
    }
  }, [key]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const turn = async (): Promise<void> => {
      clearTimeout(timer);
      if (!document.hidden) await refresh();
      if (!isGone) timer = setTimeout(() => void turn(), intervalMs);
    };
    const onVisible = (): void => {
      if (!document.hidden) void turn();
    };
    document.addEventListener('visibilitychange', onVisible);
    void turn();
    return () => {
      isGone = true;
      clearTimeout(timer);
      abort.current?.abort();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [refresh, intervalMs]);

  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    refresh,
  };
}
