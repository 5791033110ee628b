// Everything that a complete attempt consists of, besides its document, with the checksums that the document knows.
// Whoever copies, verifies or counts an attempt goes by this list.

import type { MediaDocument } from '#contract/media.ts';
import { initKey, packKey, posterKey, previewKey, storyboardKey } from './keys.ts';

export interface AttemptObject {
  readonly key: string;
  /** Absent for what documents of earlier versions do not name. */
  readonly sha256?: string;
  /** Where the document knows it. */
  readonly bytes?: number;
}

/** Everything that a complete attempt consists of, besides its document. */
export function objectsOf(document: MediaDocument): AttemptObject[] {
  const objects = document.renditions.flatMap((rendition): AttemptObject[] => [
    { key: initKey(document, rendition.id), ...hashed(rendition.initSha256) },
    ...rendition.packs.map(({ firstSegment, sha256, bytes }) => ({
      key: packKey(document, rendition.id, firstSegment),
      sha256,
      bytes,
    })),
  ]);
  if (document.hasPoster) objects.push({ key: posterKey(document), ...hashed(document.posterSha256) });
  if (document.hasPreview === true)
    objects.push({ key: previewKey(document), ...hashed(document.previewSha256) });
  for (let sheet = 0; sheet < (document.storyboard?.sheetCount ?? 0); sheet += 1)
    objects.push({ key: storyboardKey(document, sheet), ...hashed(document.storyboard?.sha256s?.[sheet]) });
  return objects;
}

function hashed(sha256: string | undefined): { sha256?: string } {
  return sha256 === undefined ? {} : { sha256 };
}
