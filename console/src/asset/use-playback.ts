// Where an asset plays: its own addresses, or for a private one those of a fresh playback token.

import { useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { call } from '../api.ts';
import type { Playback } from './playback-address.ts';

export interface PlaybackState {
  readonly playback: Playback | undefined;
  readonly error: Error | undefined;
}

/** The addresses; asked once, and again when who may watch has changed. */
export function usePlayback(asset: AssetView): PlaybackState {
  const [state, setState] = useState<PlaybackState>({ playback: undefined, error: undefined });
  const assetRef = useRef(asset);
  assetRef.current = asset;
  const { id, isPlayable, visibility } = asset;
  useEffect(() => {
    if (!isPlayable) return;
    if (visibility === 'public') {
      setState({ playback: assetRef.current, error: undefined });
      return;
    }
    let isGone = false;
    call('POST /v1/assets/{assetId}/playback-tokens', { params: { assetId: id }, body: {} }).then(
      (playback) => {
        if (!isGone) setState({ playback, error: undefined });
      },
      (reason) => {
        const error = reason instanceof Error ? reason : new Error(String(reason));
        if (!isGone) setState({ playback: undefined, error });
      },
    );
    return () => {
      isGone = true;
    };
  }, [id, isPlayable, visibility]);
  return state;
}
