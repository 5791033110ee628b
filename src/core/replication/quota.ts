// Whether a project may be given another upload grant, or fetch another import, and how large the upload may be. A grant works offline, so the
// quota is checked when it is made: what a project has in grants that were not used yet is not counted, and the sizes of
// uploads that are under way are not known. So a project can exceed its quota by what it was granted at once, not more.

export interface QuotaLimits {
  readonly storedBytesMax: number | null;
  readonly assetsMax: number | null;
  readonly uploadBytesPerDayMax: number | null;
}

export interface QuotaUsage {
  /** In all regions together, sources and renditions. */
  readonly storedBytes: number;
  readonly assets: number;
  readonly uploadedBytesLastDay: number;
}

export type QuotaVerdict =
  | { readonly isAllowed: true; readonly bytesMax: number }
  | {
      readonly isAllowed: false;
      readonly limit: 'storedBytesMax' | 'assetsMax' | 'uploadBytesPerDayMax';
      readonly used: number;
      readonly max: number;
    };

/**
 * Judges a grant.
 * @param uploadBytesMax the largest upload of the installation
 * @param sourceCopies how often each uploaded byte will be kept
 * @param isNewAsset false for a new version of an asset, which adds none
 */
export function judgeGrant(
  usage: QuotaUsage,
  limits: QuotaLimits,
  {
    uploadBytesMax,
    sourceCopies,
    isNewAsset,
  }: { uploadBytesMax: number; sourceCopies: number; isNewAsset: boolean },
): QuotaVerdict {
  const { storedBytesMax, assetsMax, uploadBytesPerDayMax } = limits;
  if (isNewAsset && assetsMax !== null && usage.assets >= assetsMax)
    return { isAllowed: false, limit: 'assetsMax', used: usage.assets, max: assetsMax };
  let bytesMax = uploadBytesMax;
  if (storedBytesMax !== null) {
    const left = Math.floor((storedBytesMax - usage.storedBytes) / sourceCopies);
    if (left < 1)
      return { isAllowed: false, limit: 'storedBytesMax', used: usage.storedBytes, max: storedBytesMax };
    bytesMax = Math.min(bytesMax, left);
  }
  if (uploadBytesPerDayMax !== null) {
    const left = uploadBytesPerDayMax - usage.uploadedBytesLastDay;
    if (left < 1)
      return {
        isAllowed: false,
        limit: 'uploadBytesPerDayMax',
        used: usage.uploadedBytesLastDay,
        max: uploadBytesPerDayMax,
      };
    bytesMax = Math.min(bytesMax, left);
  }
  return { isAllowed: true, bytesMax };
}
