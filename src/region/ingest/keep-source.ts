// Puts the upload of a new version where sources lie. The first upload of a version stays: a grant that names an asset is
// good for one upload, and a second one with other bytes must not change what was acknowledged.

import { MeridianError } from '#contract/errors.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { sha256Of } from './sha256-of.ts';

/** Moves a file in; the same bytes may be there already. Throws conflict when others are. */
export async function keepSource(
  store: ObjectStore,
  key: string,
  path: string,
  sha256: string,
): Promise<void> {
  const present = await store.stream(key);
  if (present !== undefined && (await sha256Of(present.body)) !== sha256)
    throw new MeridianError('conflict', { reason: 'This grant has been used for another file' });
  await store.adoptFile(key, path, { sha256, isHashed: true });
}
