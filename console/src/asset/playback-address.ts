// Addresses of one asset at one region's edge. Pure.

import type { AssetView } from '../../../src/contract/api/assets.ts';
import { embedUrl } from '../library/describe-asset.ts';

export interface Playback {
  readonly watchUrl: string;
  readonly playlists: readonly { readonly regionId: string; readonly hls: string }[];
}

/** Public address of a region's edge, from an address of the asset's media there. */
export function edgeBase(hls: string, { id, projectId }: Pick<AssetView, 'id' | 'projectId'>): string {
  return hls.slice(0, hls.indexOf(`/m/${projectId}/${id}/`)).replace(/\/t\/[^/]+$/, '');
}

/** The embedded player at the edge of a region; undefined when the region has none. */
export function embedAt(
  playback: Playback,
  regionId: string,
  asset: Pick<AssetView, 'id' | 'projectId'>,
): string | undefined {
  const playlist = playback.playlists.find((each) => each.regionId === regionId);
  if (playlist === undefined) return undefined;
  const page = playback.watchUrl.slice(playback.watchUrl.indexOf('/watch/'));
  return edgeBase(playlist.hls, asset) + embedUrl(page);
}
