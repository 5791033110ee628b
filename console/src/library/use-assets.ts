// The library's list, kept fresh: pages are added as the reader scrolls, and what is on screen is asked again
// every two seconds, so that progress moves wherever one looks without asking for everything.

import { useCallback, useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { call } from '../api.ts';
import { type AssetList, mergePage, removeAsset, replaceAsset } from './asset-cache.ts';

/** The most that control gives at once. */
const PAGE_SIZE = 200;
const REFRESH_MS = 2_000;
/** Newest assets looked for while the reader is further down. */
const NEWEST_COUNT = 20;

export interface Assets {
  readonly list: AssetList | undefined;
  readonly error: Error | undefined;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly refresh: () => Promise<void>;
  readonly replace: (asset: AssetView) => void;
  readonly remove: (assetId: string) => void;
}

interface State {
  readonly search: string;
  readonly list?: AssetList | undefined;
  readonly error?: Error | undefined;
}

/**
 * Follows the assets that match `search`.
 * @param visible reads which rows are on screen, at each refresh
 */
export function useAssets(search: string, visible: () => { first: number; end: number }): Assets {
  const [state, setState] = useState<State>({ search });
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const visibleRef = useRef(visible);
  visibleRef.current = visible;
  const latest = useRef(state);
  latest.current = state;

  const ask = useCallback(
    async (before: string | null, limit: number, signal?: AbortSignal): Promise<void> => {
      const query = { limit, ...(search === '' ? {} : { search }), ...(before === null ? {} : { before }) };
      try {
        const page = await call('GET /v1/assets', { query }, signal);
        if (signal?.aborted === true) return;
        setState((old) => {
          const list = mergePage(old.search === search ? old.list : undefined, before, page);
          return old.search === search && old.list === list && old.error === undefined
            ? old
            : { search, list };
        });
      } catch (reason) {
        if (signal?.aborted === true) return;
        const error = reason instanceof Error ? reason : new Error(String(reason));
        setState((old) => ({ ...(old.search === search ? old : { search }), error }));
      }
    },
    [search],
  );

  const refresh = useCallback(
    async (signal?: AbortSignal): Promise<void> => {
      const assets = latest.current.search === search ? (latest.current.list?.assets ?? []) : [];
      const { first, end } = visibleRef.current();
      if (assets.length === 0 || first === 0) {
        return ask(null, assets.length === 0 ? PAGE_SIZE : Math.min(PAGE_SIZE, Math.max(50, end)), signal);
      }
      await ask(assets[first - 1]?.id ?? null, Math.min(PAGE_SIZE, Math.max(1, end - first)), signal);
      await ask(null, NEWEST_COUNT, signal);
    },
    [ask, search],
  );

  useRefreshing(refresh);

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

  const change = useCallback((apply: (list: AssetList) => AssetList): void => {
    setState((old) => (old.list === undefined ? old : { ...old, list: apply(old.list) }));
  }, []);
  const isCurrent = state.search === search;
  return {
    list: isCurrent ? state.list : undefined,
    error: isCurrent ? state.error : undefined,
    isLoadingMore,
    loadMore,
    refresh: useCallback(() => refresh(), [refresh]),
    replace: useCallback((asset) => change((list) => replaceAsset(list, asset)), [change]),
    remove: useCallback((assetId) => change((list) => removeAsset(list, assetId)), [change]),
  };
}

/** Runs `refresh` at once and then every two seconds while the page is visible. */
function useRefreshing(refresh: (signal: AbortSignal) => Promise<void>): void {
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async (): Promise<void> => {
      if (!document.hidden) await refresh(controller.signal);
      if (!controller.signal.aborted) timer = setTimeout(() => void turn(), REFRESH_MS);
    };
    void turn();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [refresh]);
}
