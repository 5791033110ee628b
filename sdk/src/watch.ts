// Following a video until it can be watched: through control with a token, or at an edge as any viewer may.

import { MeridianApiError, pause } from './call.ts';
import type { MeridianClient } from './client.ts';
import type { AssetView } from './generated.ts';

export interface WaitOptions {
  /** `playable`: the first segments can be watched; `ready`: processing is complete. Default ready. */
  readonly until?: 'playable' | 'ready';
  readonly signal?: AbortSignal;
  onProgress?(asset: AssetView): void;
}

const POLL_MS = 500;

/** Resolves when the asset is ready; rejects with the code of its failure when processing fails. */
export async function waitUntilReady(
  client: Pick<MeridianClient, 'getAsset'>,
  assetId: string,
  options: WaitOptions = {},
): Promise<AssetView> {
  const { onProgress, signal, until = 'ready' } = options;
  for (;;) {
    const asset = await client
      .getAsset(assetId, signal === undefined ? {} : { signal })
      .catch((error: unknown) => {
        // Registration takes a moment, and control may be away for a while: neither loses the upload.
        const isPassing =
          error instanceof MeridianApiError && ['not_found', 'unavailable'].includes(error.code);
        if (!isPassing) throw error;
        return undefined;
      });
    if (asset !== undefined) {
      if (asset.stage === 'ready' || (until === 'playable' && asset.isPlayable)) return asset;
      if (asset.stage === 'failed')
        throw new MeridianApiError({
          code: asset.failure?.code ?? 'media_unsupported',
          status: 422,
          title: asset.failure?.message ?? 'Processing failed.',
          action: 'Correct the file and upload it again.',
        });
      onProgress?.(asset);
    }
    await pause(POLL_MS, signal);
  }
}

/** What an edge says of a video. */
export interface PlaybackStatus {
  readonly state: string;
  readonly isPlayable: boolean;
  readonly durationMs: number | null;
}

/** Resolves when an edge can play the video; needs no token unless it is private. */
export async function waitUntilPlayable(
  place: { edgeUrl: string; projectId: string; assetId: string; version?: number; playbackToken?: string },
  options: { signal?: AbortSignal; fetch?: typeof globalThis.fetch } = {},
): Promise<PlaybackStatus> {
  const { assetId, edgeUrl, playbackToken, projectId, version = 1 } = place;
  const { fetch = globalThis.fetch, signal } = options;
  const token = playbackToken === undefined ? '' : `/t/${playbackToken}`;
  const url = `${edgeUrl.replace(/\/+$/, '')}${token}/m/${projectId}/${assetId}/v${version}/status.json`;
  for (;;) {
    signal?.throwIfAborted();
    const status = await fetch(url, signal === undefined ? {} : { signal })
      .then((response) => (response.ok ? (response.json() as Promise<PlaybackStatus>) : undefined))
      .catch(() => undefined);
    if (status?.isPlayable === true) return status;
    await pause(POLL_MS, signal);
  }
}
