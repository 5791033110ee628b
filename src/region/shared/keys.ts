// Where things lie in a region's object store (law 6). Encoder, origin and ingest meet only through these keys.

/** One attempt's place: what a retried job never rewrites. */
export interface AttemptPlace {
  readonly projectId: string;
  readonly assetId: string;
  readonly version: number;
  readonly attempt: number;
}

export const assetPrefix = (projectId: string, assetId: string): string => `${projectId}/${assetId}/`;
export const recordKey = (projectId: string, assetId: string): string =>
  `${projectId}/${assetId}/record.json`;
export const sourceKey = (projectId: string, assetId: string, version: number): string =>
  `${projectId}/${assetId}/v${version}/source`;
export const versionPrefix = (projectId: string, assetId: string, version: number): string =>
  `${projectId}/${assetId}/v${version}/`;
export const attemptPrefix = (place: AttemptPlace): string =>
  `${versionPrefix(place.projectId, place.assetId, place.version)}a${place.attempt}/`;
export const mediaKey = (place: AttemptPlace): string => `${attemptPrefix(place)}media.json`;
export const posterKey = (place: AttemptPlace): string => `${attemptPrefix(place)}poster.jpg`;
export const initKey = (place: AttemptPlace, renditionId: string): string =>
  `${attemptPrefix(place)}${renditionId}/init.mp4`;
/** A segment of the pack that is still open. */
export const openSegmentKey = (place: AttemptPlace, renditionId: string, segment: number): string =>
  `${attemptPrefix(place)}${renditionId}/open/${segment}.m4s`;
/** A closed pack, named by its first segment. */
export const packKey = (place: AttemptPlace, renditionId: string, firstSegment: number): string =>
  `${attemptPrefix(place)}${renditionId}/pack-${firstSegment}.bin`;
/** A pack that a helper made, or the leader out of turn: it waits here, in the region that made it, to be fetched. */
export const chunkPackKey = (
  place: AttemptPlace,
  renditionId: string,
  firstSegment: number,
  fence: number,
): string => `${attemptPrefix(place)}chunks/${renditionId}-${firstSegment}-${fence}.bin`;
export const isChunkPackKey = (key: string): boolean => key.includes('/chunks/');
/** Small files that the record names by their checksum: captions, a chosen poster. They belong to all versions. */
export const filesPrefix = (projectId: string, assetId: string): string => `${projectId}/${assetId}/files/`;
export const fileKey = (projectId: string, assetId: string, sha256: string): string =>
  `${filesPrefix(projectId, assetId)}${sha256}`;
/** A sheet of the storyboard, numbered from 0. */
export const storyboardKey = (place: AttemptPlace, sheet: number): string =>
  `${attemptPrefix(place)}storyboard/${sheet}.jpg`;
export const previewKey = (place: AttemptPlace): string => `${attemptPrefix(place)}preview.mp4`;
/** Damaged objects that were set aside for people to look at; the key they had is in the name. */
export const quarantinePrefix = (projectId: string, assetId: string): string =>
  `${assetPrefix(projectId, assetId)}quarantine/`;
