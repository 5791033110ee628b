// Which region keeps what of an asset, and what repairs are about, in words. Pure.

import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { RepairView } from '../../../src/contract/api/storage.ts';
import type { RouteResult } from '../../../src/contract/route.ts';
import { type ReasonText, type Sentence, sentenceOf } from '../ui/explain-reason.ts';

export type Copies = RouteResult<ApiRoutes['GET /v1/assets/{assetId}/copies']>;
export type CopyView = Copies['copies'][number];

export type CopyState = 'whole' | 'partial' | 'damaged' | 'lost' | 'none';

/** How a copy stands. */
export function copyState(copy: CopyView | undefined): CopyState {
  if (copy === undefined) return 'none';
  if (copy.lostAtMs !== null) return 'lost';
  if (copy.damagedObjects > 0) return 'damaged';
  return copy.isComplete ? 'whole' : 'partial';
}

/** What a region keeps of the version that is served; the newest attempt when there are several. */
export function copyIn(
  copies: Copies,
  regionId: string,
  kind: 'source' | 'renditions',
): CopyView | undefined {
  return copies.copies
    .filter(
      (copy) => copy.regionId === regionId && copy.class === kind && copy.version === copies.servedVersion,
    )
    .sort(
      (one, other) =>
        Number(one.lostAtMs !== null) - Number(other.lostAtMs !== null) || other.attempt - one.attempt,
    )[0];
}

/** Bytes that a region keeps besides: other versions, captions, posters. */
export function otherBytes(copies: Copies, regionId: string): number {
  return copies.copies
    .filter(
      (copy) =>
        copy.regionId === regionId &&
        copy.lostAtMs === null &&
        (copy.class === 'other' || copy.version !== copies.servedVersion),
    )
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Regions that keep a whole copy. */
export function wholeCount(
  copies: Copies,
  regionIds: readonly string[],
  kind: 'source' | 'renditions',
): number {
  return regionIds.filter((regionId) => copyState(copyIn(copies, regionId, kind)) === 'whole').length;
}

/** Whether it has not ended. */
export function isUnderWay({ state }: Pick<RepairView, 'state'>): boolean {
  return state === 'waiting' || state === 'leased';
}

const SENTENCES: Readonly<Record<string, Sentence>> = {
  never_made: () => 'There are fewer copies than the policy wants.',
  copy_lost: () => 'A region no longer has its copy.',
  copy_damaged: () => 'A copy is damaged.',
  region_away: () => 'A region that held a copy does not answer.',
  all_copies_gone: () => 'No rendition is left; they are encoded again from the source.',
  enough_copies: () => 'There are enough copies again.',
  target_away: () => 'The region that was to get the copy does not answer.',
  another_attempt: () => 'Another attempt at encoding is served now.',
  no_copy_reachable: () => 'No region that has a copy answers.',
  never_reported: () => 'No region has reported a copy yet.',
  no_room_for_copy: () => 'No further region has room for a copy.',
  encoding_now: () => 'It is being encoded.',
};

/** The reason of a repair as a sentence. */
export function explainRepair({ reason }: Pick<RepairView, 'reason'>): ReasonText {
  return sentenceOf(SENTENCES, reason);
}
