// What of an asset a region may remove, although the asset lives: versions that were replaced, and attempts that a later,
// complete one has outdone. Both stay for a grace time, since viewers who began with them still read them. What control
// does not know is never dropped: an upload may not be registered yet, and a database may have been restored from a
// backup; for the same reason nothing newer than what is served is ever dropped. Pure.

export interface DropHolding {
  readonly version: number;
  readonly attempt: number;
}

export interface DropView {
  readonly assetId: string;
  readonly servedVersion: number;
  /** The complete attempt of the served version, or null while there is none. */
  readonly servedAttempt: number | null;
  /** Since when that attempt is complete. */
  readonly readyAtMs: number | null;
  /** When each earlier version was replaced. */
  readonly replacedAtMs: ReadonlyMap<number, number>;
  /** What one region holds of the asset. */
  readonly holdings: readonly DropHolding[];
}

export interface PlannedDrop {
  readonly version: number;
  /** null: the whole version. */
  readonly attempt: number | null;
  readonly reason: {
    readonly code: 'version_replaced' | 'attempt_outdone';
    readonly subject: string;
    readonly values: Readonly<Record<string, number>>;
  };
}

/** Plans what one region drops of one asset. */
export function planDrops(
  view: DropView,
  policy: { readonly graceMs: number },
  nowMs: number,
): PlannedDrop[] {
  const drops: PlannedDrop[] = [];
  const { servedVersion, servedAttempt, readyAtMs, assetId: subject } = view;
  const versions = [...new Set(view.holdings.map(({ version }) => version))].sort(
    (left, right) => left - right,
  );
  for (const version of versions) {
    const replacedAtMs = view.replacedAtMs.get(version);
    if (version <= 0 || version >= servedVersion || replacedAtMs === undefined) continue;
    const agoMs = nowMs - replacedAtMs;
    if (agoMs < policy.graceMs) continue;
    const values = { version, servedVersion, agoMs, graceMs: policy.graceMs };
    drops.push({ version, attempt: null, reason: { code: 'version_replaced', subject, values } });
  }
  if (servedAttempt === null || readyAtMs === null || nowMs - readyAtMs < policy.graceMs) return drops;
  for (const { version, attempt } of view.holdings) {
    if (version !== servedVersion || attempt <= 0 || attempt >= servedAttempt) continue;
    const values = { attempt, servedAttempt, agoMs: nowMs - readyAtMs, graceMs: policy.graceMs };
    drops.push({ version, attempt, reason: { code: 'attempt_outdone', subject, values } });
  }
  return drops;
}
