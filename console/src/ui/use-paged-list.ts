// A long list, kept fresh: pages are added as the reader scrolls, and what is on screen is asked again at each notice of
// its topics, so that progress moves wherever one looks without asking for everything. Lists without a topic, and all of
// them while no notices arrive and after a failure, are asked every two seconds.

import { useCallback, useEffect, useRef, useState } from 'react';
import type { UpdateTopic } from '../../../src/contract/update-topics.ts';
import { type Listed, mergePage, type Page, type PagedList, removeItem, replaceItem } from './paged-list.ts';
import { isStill, NET_MS, useNotices } from './use-live.ts';
import type { ListWindow } from './use-window.ts';

/** The most that control gives at once. */
const PAGE_SIZE = 200;
const REFRESH_MS = 2_000;
/** Newest items looked for while the reader is further down. */
const NEWEST_COUNT = 20;

/** Asks control for a page. */
export type AskPage<T extends Listed> = (
  before: T['id'] | null,
  limit: number,
  signal: AbortSignal | undefined,
) => Promise<Page<T>>;

export interface Paged<T extends Listed> {
  readonly list: PagedList<T> | undefined;
  readonly error: Error | undefined;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly refresh: () => Promise<void>;
  readonly replace: (item: T) => void;
  readonly remove: (id: T['id']) => void;
  /** Tells which rows are on screen: they are asked again. */
  readonly noteWindow: (window: ListWindow) => void;
}

interface State<T extends Listed> {
  readonly key: string;
  readonly list?: PagedList<T> | undefined;
  readonly error?: Error | undefined;
}

export interface Following<T> {
  readonly topics: readonly UpdateTopic[];
  /** Whether an item changes in ways of which no topic gives notice; while one does, the clock asks. */
  readonly isMoving?: (item: T) => boolean;
}

/**
 * Follows a list.
 * @param key what is asked for: when it changes, what was known is forgotten
 * @param following what gives notice of its changes; without it the clock asks
 */
export function usePagedList<T extends Listed>(
  key: string,
  askPage: AskPage<T>,
  following?: Following<T>,
): Paged<T> {
  const [state, setState] = useState<State<T>>({ key });
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const shown = useRef<ListWindow>({ first: 0, end: 50 });
  const latest = useRef(state);
  latest.current = state;
  const askRef = useRef(askPage);
  askRef.current = askPage;

  const ask = useCallback(
    async (before: T['id'] | null, limit: number, signal?: AbortSignal): Promise<void> => {
      try {
        const page = await askRef.current(before, limit, signal);
        if (signal?.aborted === true) return;
        setState((old) => {
          const list = mergePage(old.key === key ? old.list : undefined, before, page);
          return old.key === key && old.list === list && old.error === undefined ? old : { key, list };
        });
      } catch (reason) {
        if (signal?.aborted === true) return;
        const error = reason instanceof Error ? reason : new Error(String(reason));
        setState((old) => ({ ...(old.key === key ? old : { key }), error }));
      }
    },
    [key],
  );

  const refresh = useCallback(
    async (signal?: AbortSignal): Promise<void> => {
      const items = latest.current.key === key ? (latest.current.list?.items ?? []) : [];
      const { first, end } = shown.current;
      if (items.length === 0 || first === 0)
        return ask(null, items.length === 0 ? PAGE_SIZE : Math.min(PAGE_SIZE, Math.max(50, end)), signal);
      await ask(items[first - 1]?.id ?? null, Math.min(PAGE_SIZE, Math.max(1, end - first)), signal);
      await ask(null, NEWEST_COUNT, signal);
    },
    [ask, key],
  );

  const isTold = useNotices(following?.topics ?? NO_TOPICS, refresh);
  const moves = state.list?.items.some(following?.isMoving ?? isStill) ?? false;
  useRefreshing(refresh, isTold && !moves && state.error === undefined ? NET_MS : REFRESH_MS);

  const isBusy = useRef(false);
  const loadMore = useCallback((): void => {
    const before = latest.current.list?.nextBefore ?? null;
    if (isBusy.current || before === null) return;
    isBusy.current = true;
    setIsLoadingMore(true);
    void ask(before, PAGE_SIZE).finally(() => {
      isBusy.current = false;
      setIsLoadingMore(false);
    });
  }, [ask]);

  const change = useCallback((apply: (list: PagedList<T>) => PagedList<T>): void => {
    setState((old) => (old.list === undefined ? old : { ...old, list: apply(old.list) }));
  }, []);
  const isCurrent = state.key === key;
  return {
    list: isCurrent ? state.list : undefined,
    error: isCurrent ? state.error : undefined,
    isLoadingMore,
    loadMore,
    refresh: useCallback(() => refresh(), [refresh]),
    replace: useCallback((item: T) => change((list) => replaceItem(list, item)), [change]),
    remove: useCallback((id: T['id']) => change((list) => removeItem(list, id)), [change]),
    noteWindow: useCallback((window: ListWindow) => {
      shown.current = window;
    }, []),
  };
}

const NO_TOPICS: readonly UpdateTopic[] = [];

/** Runs `refresh` at once and then by the clock while the page is visible. */
function useRefreshing(refresh: (signal: AbortSignal) => Promise<void>, everyMs: number): void {
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async (): Promise<void> => {
      if (!document.hidden) await refresh(controller.signal);
      if (!controller.signal.aborted) timer = setTimeout(() => void turn(), everyMs);
    };
    void turn();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [refresh, everyMs]);
}
