// Assets as the API shows them, with their addresses at the edges of now.

import type { AssetView } from '#contract/api/assets.ts';
import type { FleetSite } from '../fleet/fleet.ts';
import type { AssetRow } from './store.ts';

/** The edge of each region that serves best now: a healthy site first, in the order of the configuration. */
export function regionEdges(sites: readonly FleetSite[]): { regionId: string; edgeUrl: string }[] {
  const rank = (site: FleetSite): number =>
    site.state === 'up' && site.isHealthy ? 0 : site.state === 'down' ? 2 : 1;
  const best = new Map<string, FleetSite>();
  for (const site of sites) {
    const known = best.get(site.regionId);
    if (site.edgeUrl !== null && (known === undefined || rank(site) < rank(known)))
      best.set(site.regionId, site);
  }
  return [...best.values()]
    .map((site) => ({
      regionId: site.regionId,
      edgeUrl: (site.edgeUrl ?? '').replace(/\/$/, ''),
      rank: rank(site),
    }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ regionId, edgeUrl }) => ({ regionId, edgeUrl }));
}

/** Addresses of an asset per region; `token` makes them good for a private asset. */
export function addressesOf(
  asset: { projectId: string; assetId: string; version: number },
  edges: readonly { regionId: string; edgeUrl: string }[],
  token?: string,
): { watchUrl: string; playlists: AssetView['playlists'] } {
  const path = `m/${asset.projectId}/${asset.assetId}/v${asset.version}`;
  const prefix = token === undefined ? '' : `t/${token}/`;
  const first = edges[0]?.edgeUrl ?? '';
  const parameters = new URLSearchParams({
    ...(token === undefined ? {} : { token }),
    // The page plays version 1 unless it is told otherwise.
    ...(asset.version === 1 ? {} : { v: String(asset.version) }),
  }).toString();
  const query = parameters === '' ? '' : `?${parameters}`;
  return {
    watchUrl: `${first}/watch/${asset.projectId}/${asset.assetId}${query}`,
    playlists: edges.map(({ regionId, edgeUrl }) => ({
      regionId,
      hls: `${edgeUrl}/${prefix}${path}/main.m3u8`,
      dash: `${edgeUrl}/${prefix}${path}/manifest.mpd`,
      poster: `${edgeUrl}/${prefix}${path}/poster.jpg`,
    })),
  };
}

/** One asset for the API. */
export function assetView(row: AssetRow, sites: readonly FleetSite[]): AssetView {
  const asset = { projectId: row.project_id, assetId: row.id, version: row.version };
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    version: row.version,
    visibility: row.visibility,
    stage: row.stage,
    progress: row.progress,
    isPlayable: row.is_playable,
    failure:
      row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
    createdAtMs: row.created_at_ms,
    readyAtMs: row.ready_at_ms,
    durationMs: row.duration_ms,
    sourceBytes: row.source_bytes,
    sourceRegionIds: row.source_region_ids,
    mediaRegionIds: row.media_region_ids,
    renditions: row.renditions,
    preset: row.preset,
    encoding: row.encoding,
    captions: row.captions,
    posterKind: row.poster_sha256 === null ? 'automatic' : 'chosen',
    hasStoryboard: row.has_storyboard,
    hasPreview: row.has_preview,
    ...addressesOf(asset, regionEdges(sites)),
  };
}
