// What an edge writes itself from the media document: the multivariant playlist, the DASH manifest and the status.
// Addresses are absolute, one set per pathway, with the viewer's token in each; the steering address carries the
// session. So these texts are made per request: some ten microseconds.

import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import type { SnapshotPathway } from '#contract/snapshot.ts';
import { writeCaptionPlaylist } from '#media/captions/caption-track.ts';
import { writeMpd } from '#media/dash/mpd.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import type { MediaPathway } from '#media/rendition.ts';
import { writeStoryboardTrack } from '#media/storyboard/storyboard.ts';
import { steeringQuery } from './steering.ts';

export interface ManifestInput {
  readonly record: AssetRecord;
  readonly document: MediaDocument;
  /** The first is where players start. */
  readonly pathways: readonly SnapshotPathway[];
  /** Public address of the edge that answers steering requests: this one. */
  readonly steeringBaseUrl: string;
  readonly token: string | null;
  readonly groupId: string;
  readonly session: string;
}

/** `/t/{token}` or nothing. */
export function tokenPrefix(token: string | null): string {
  return token === null ? '' : `/t/${token}`;
}

function mediaPathways(input: ManifestInput): MediaPathway[] {
  const { projectId, assetId, version } = input.document;
  const place = `${tokenPrefix(input.token)}/m/${projectId}/${assetId}/v${version}`;
  return input.pathways.map(({ id, baseUrl }) => ({ id, baseUrl: `${baseUrl}${place}` }));
}

/** The multivariant playlist, also of a growing asset. */
export function multivariantOf(input: ManifestInput): string {
  return writeMultivariant({
    renditions: input.document.renditions,
    pathways: mediaPathways(input),
    captions: input.record.captions ?? [],
    steeringUri: `${input.steeringBaseUrl}/steering/hls.json?${steeringQuery(input)}`,
  });
}

/** The DASH manifest of a complete asset. */
export function mpdOf(input: ManifestInput): string {
  const { document } = input;
  return writeMpd({
    renditions: document.renditions,
    pathways: mediaPathways(input),
    steeringUrl: `${input.steeringBaseUrl}/steering/dash.json?${steeringQuery(input)}`,
    durationMs: document.durationMs,
    timelineStartMs: document.timelineStartMs,
    segmentDurationMs: document.segmentDurationMs,
    folder: `a${document.attempt}`,
    captions: input.record.captions ?? [],
    storyboard: document.storyboard,
  });
}

/** The playlist of a caption track; undefined when the asset has no such track. */
export function captionPlaylistOf(
  record: AssetRecord,
  document: MediaDocument,
  trackId: string,
): string | undefined {
  const track = record.captions?.find(({ id }) => id === trackId);
  if (track === undefined) return undefined;
  const { timelineStartMs, durationMs } = document;
  return writeCaptionPlaylist({ sha256: track.sha256, timelineStartMs, durationMs });
}

/** The thumbnails track, which lies beside a version's folder as well as in it; undefined without a storyboard. */
export function storyboardTrackOf(document: MediaDocument): string | undefined {
  const { storyboard, attempt, durationMs, version } = document;
  if (storyboard === undefined) return undefined;
  return writeStoryboardTrack(storyboard, `../v${version}/a${attempt}`, durationMs);
}

/** Whether every rendition has a segment: then a player can start. */
export function isPlayable(document: MediaDocument): boolean {
  return (
    document.renditions.length > 0 && document.renditions.every(({ durationRuns }) => durationRuns.length > 0)
  );
}

/** What the watch page polls; without a document the asset is still being processed. */
export function statusOf(record: AssetRecord, document: MediaDocument | undefined): Record<string, unknown> {
  const { failure } = record;
  return {
    state: failure === undefined ? (document?.state ?? 'processing') : 'failed',
    failure: failure?.message ?? null,
    isPlayable: failure === undefined && document !== undefined && isPlayable(document),
    durationMs: document?.durationMs ?? null,
    name: record.name,
    hasPoster: record.poster !== undefined || (document?.hasPoster ?? false),
    hasStoryboard: document?.storyboard !== undefined,
    hasPreview: document?.hasPreview ?? false,
  };
}
