// Caption tracks and the poster of an asset: checked here, named in the record, brought to the regions by the feed.

import type { assetRoutes } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { POSTER_UPLOAD_BYTES_MAX } from '#contract/limits.ts';
import type { AssetCaptionTrack } from '#contract/media.ts';
import { captionTrackId } from '#media/captions/caption-track.ts';
import { CAPTION_BYTES_MAX, CAPTION_TRACKS_MAX } from '#media/captions/limits.ts';
import { parseCaptions } from '#media/captions/parse-captions.ts';
import { writeWebVtt } from '#media/captions/write-webvtt.ts';
import { cleanJpeg } from '#media/jpeg/clean-jpeg.ts';
import { languageName, languageTag } from '#media/ladder/language.ts';
import { projectScope } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import { type ChangeAsset, createAssetChange, present } from './change.ts';
import { dropFiles, putFile } from './files.ts';
import type { Frames } from './frames.ts';
import { type AssetRow, findAsset, reviseAsset } from './store.ts';
import { assetView } from './view.ts';

type TrackKeys =
  | 'PUT /v1/assets/{assetId}/captions/{language}'
  | 'DELETE /v1/assets/{assetId}/captions/{language}'
  | 'PUT /v1/assets/{assetId}/poster'
  | 'DELETE /v1/assets/{assetId}/poster';

interface Tracks {
  readonly captions: readonly AssetCaptionTrack[];
  readonly poster: { readonly sha256: string; readonly bytes: number } | null;
}

function tracksOf(row: AssetRow): Tracks {
  const { captions, poster_sha256: sha256, poster_bytes: bytes } = row;
  return { captions, poster: sha256 === null || bytes === null ? null : { sha256, bytes } };
}

/** Writes the tracks into the row and forgets files that nobody names any more. */
async function saveTracks(
  transaction: ControlTransaction,
  row: AssetRow,
  { captions, poster }: Tracks,
  nowMs: number,
): Promise<AssetRow> {
  const named = captions.map(({ sha256 }) => sha256);
  await dropFiles(transaction, row.id, poster === null ? named : [...named, poster.sha256]);
  const changes = {
    captions: JSON.stringify(captions),
    poster_sha256: poster?.sha256 ?? null,
    poster_bytes: poster?.bytes ?? null,
  };
  return reviseAsset(transaction, row, changes, nowMs);
}

function canonicalLanguage(language: string): string {
  const tag = languageTag(language);
  if (tag === null)
    throw new MeridianError('invalid_request', { reason: `path.language: ${language} is no language` });
  return tag;
}

/** Checks a caption file and brings it into our form. */
function readCaptionFile(text: string): { bytes: Buffer; cueCount: number } {
  if (Buffer.byteLength(text) > CAPTION_BYTES_MAX)
    throw new MeridianError('captions_invalid', {
      line: 1,
      reason: `the file is larger than ${CAPTION_BYTES_MAX} bytes`,
    });
  const result = parseCaptions(text);
  if (result.kind === 'refused')
    throw new MeridianError('captions_invalid', { line: result.line, reason: result.reason });
  return { bytes: Buffer.from(writeWebVtt(result.cues)), cueCount: result.cues.length };
}

function readPoster(bytes: Buffer): Buffer {
  if (bytes.length > POSTER_UPLOAD_BYTES_MAX)
    throw new MeridianError('image_invalid', {
      reason: `it is larger than ${POSTER_UPLOAD_BYTES_MAX} bytes`,
    });
  const result = cleanJpeg(bytes);
  if (result.kind === 'refused') throw new MeridianError('image_invalid', { reason: result.reason });
  return Buffer.from(result.bytes);
}

/** One default at most: a new one takes the place of the old one. */
function withTrack(
  tracks: readonly AssetCaptionTrack[],
  track: AssetCaptionTrack,
): readonly AssetCaptionTrack[] {
  const others = tracks.filter(({ id }) => id !== track.id);
  if (others.length >= CAPTION_TRACKS_MAX)
    throw new MeridianError('conflict', {
      reason: `An asset has at most ${CAPTION_TRACKS_MAX} caption tracks`,
    });
  const kept = track.isDefault ? others.map((other) => ({ ...other, isDefault: false })) : others;
  return [...kept, track];
}

/** Routes of captions and posters. */
export function createTrackHandlers(
  context: ControlContext,
  fleet: Fleet,
  frames: Frames,
): Handlers<typeof assetRoutes, TrackKeys> {
  const change = createAssetChange(context);
  return {
    ...createCaptionHandlers(change, fleet),
    async 'PUT /v1/assets/{assetId}/poster'({ params, body, principal, signal }) {
      const row = present(await findAsset(context.database, params.assetId, projectScope(principal)));
      const isFrame = 'atMs' in body;
      const image = isFrame
        ? await frames.take(row, body.atMs, signal)
        : Buffer.from(body.imageBase64, 'base64');
      const bytes = readPoster(image);
      const changed = await change(principal, params.assetId, async (transaction, before, nowMs) => {
        const poster = await putFile(transaction, before.id, bytes, nowMs);
        const value = await saveTracks(transaction, before, { ...tracksOf(before), poster }, nowMs);
        const details = isFrame ? { atMs: body.atMs, ...poster } : { ...poster };
        return { value, audit: { action: 'asset.poster', details }, events: [] };
      });
      return assetView(changed, fleet.sites());
    },
    async 'DELETE /v1/assets/{assetId}/poster'({ params, principal }) {
      const changed = await change(principal, params.assetId, async (transaction, before, nowMs) => {
        const value = await saveTracks(transaction, before, { ...tracksOf(before), poster: null }, nowMs);
        return { value, audit: { action: 'asset.poster', details: { automatic: true } }, events: [] };
      });
      return assetView(changed, fleet.sites());
    },
  };
}

function createCaptionHandlers(
  change: ChangeAsset,
  fleet: Fleet,
): Handlers<
  typeof assetRoutes,
  'PUT /v1/assets/{assetId}/captions/{language}' | 'DELETE /v1/assets/{assetId}/captions/{language}'
> {
  return {
    async 'PUT /v1/assets/{assetId}/captions/{language}'({ params, body, principal }) {
      const language = canonicalLanguage(params.language);
      const file = readCaptionFile(body.text);
      const { kind, isDefault } = body;
      const name = languageName(language);
      const label = body.label ?? (kind === 'captions' ? `${name} (CC)` : name);
      const row = await change(principal, params.assetId, async (transaction, before, nowMs) => {
        const kept = await putFile(transaction, before.id, file.bytes, nowMs);
        const id = captionTrackId(kind, language);
        const track = { id, language, kind, label, isDefault, ...kept, cueCount: file.cueCount };
        const captions = withTrack(before.captions, track);
        const value = await saveTracks(transaction, before, { ...tracksOf(before), captions }, nowMs);
        return { value, audit: { action: 'asset.captions.put', details: track }, events: [] };
      });
      return assetView(row, fleet.sites());
    },
    async 'DELETE /v1/assets/{assetId}/captions/{language}'({ params, query, principal }) {
      const id = captionTrackId(query.kind, canonicalLanguage(params.language));
      const row = await change(principal, params.assetId, async (transaction, before, nowMs) => {
        const captions = before.captions.filter((track) => track.id !== id);
        if (captions.length === before.captions.length)
          throw new MeridianError('not_found', { what: `caption track ${id}` });
        const value = await saveTracks(transaction, before, { ...tracksOf(before), captions }, nowMs);
        return { value, audit: { action: 'asset.captions.delete', details: { id } }, events: [] };
      });
      return assetView(row, fleet.sites());
    },
  };
}
