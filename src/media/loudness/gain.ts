// How much louder or softer a track becomes to meet a target: one number for its whole length, so that nothing within it
// changes but the volume. It is held back by the loudest peak, which must stay below full scale after encoding.
// Source: EBU R 128 (2023), ITU-R BS.1770-5.

/** Loudness that streaming services use, and the limits of what makes sense as a target. */
export const TARGET_LUFS_MIN = -31;
export const TARGET_LUFS_MAX = -9;
/** True peaks stay below this, since AAC may overshoot what it was given. */
export const TRUE_PEAK_DB_MAX = -1;
/** Beyond this a track is not quiet but empty: its noise would be what is heard. */
export const GAIN_DB_MAX = 24;
/** A smaller change is not heard. */
const GAIN_DB_MIN = 0.1;

/** The gain in dB; 0 when nothing is to be done. */
export function loudnessGainDb(
  measured: { readonly integratedLufs: number; readonly truePeakDb: number },
  targetLufs: number,
): number {
  const wanted = targetLufs - measured.integratedLufs;
  const room = TRUE_PEAK_DB_MAX - measured.truePeakDb;
  const gain = Math.min(wanted, Math.max(0, room), GAIN_DB_MAX);
  return Math.abs(gain) < GAIN_DB_MIN ? 0 : Math.round(gain * 100) / 100;
}
