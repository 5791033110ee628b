// How long something took, for people. Pure.

/** "2.4 s", "48 s", "3 min 20 s", "1 h 5 min": how long something took, to two units. */
export function durationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 9_950) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const two = (first: string, rest: number, unit: string) =>
    rest === 0 ? first : `${first} ${rest} ${unit}`;
  if (seconds < 3_600) return two(`${Math.floor(seconds / 60)} min`, seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return two(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}
