// What state a broadcast is in, from what nodes report of it. Nodes see more than control does, and go on without it;
// this only follows. A channel that makes parts says that it is on air, whatever an ingest believes, since that is
// what viewers get. Silence of all nodes says nothing: control may be the one that is cut off. So a broadcast is
// interrupted only when somebody says so, or when every node that spoke of it is known to be dead.

export interface BroadcastReport {
  readonly role: 'ingest' | 'channel';
  readonly state: 'waiting' | 'on_air' | 'interrupted' | 'ended' | 'failed';
  readonly reason: string | null;
  /** Age of the report. */
  readonly ageMs: number;
  readonly isNodeAlive: boolean;
}

export interface BroadcastView {
  readonly state: 'planned' | 'ready' | 'on_air' | 'interrupted';
  readonly plannedStartMs: number | null;
  /** When the interruption was seen first; null while there is none. */
  readonly interruptedAtMs: number | null;
  readonly graceMs: number;
  readonly reports: readonly BroadcastReport[];
}

export interface BroadcastJudgement {
  readonly state: 'planned' | 'ready' | 'on_air' | 'interrupted' | 'ended';
  readonly reason: string | null;
}

/** Reports older than this are not news: four beats. */
const REPORT_AGE_MS_MAX = 8_000;

/** Judges one broadcast. `readyBeforeMs`: planned ones may be published to from so long before their start. */
export function judgeBroadcast(
  view: BroadcastView,
  readyBeforeMs: number,
  nowMs: number,
): BroadcastJudgement {
  const fresh = view.reports.filter(({ ageMs, isNodeAlive }) => isNodeAlive && ageMs <= REPORT_AGE_MS_MAX);
  const onAir = fresh.filter(({ state }) => state === 'on_air');
  if (onAir.some(({ role }) => role === 'channel')) return { state: 'on_air', reason: null };
  const wasOnAir = view.state === 'on_air' || view.state === 'interrupted';
  if (!wasOnAir) {
    const isDue = view.plannedStartMs === null || nowMs >= view.plannedStartMs - readyBeforeMs;
    return { state: isDue || onAir.length > 0 ? 'ready' : 'planned', reason: null };
  }
  const told = fresh.find(({ state }) => state === 'interrupted' || state === 'ended' || state === 'failed');
  const areAllDead = view.reports.length > 0 && view.reports.every(({ isNodeAlive }) => !isNodeAlive);
  if (view.state === 'on_air' && told === undefined && !areAllDead) return { state: 'on_air', reason: null };
  const reason = told?.reason ?? 'The publisher is away.';
  const sinceMs = view.interruptedAtMs ?? nowMs;
  if (nowMs - sinceMs >= view.graceMs)
    return {
      state: 'ended',
      reason: `The publisher did not come back within ${Math.round(view.graceMs / 1_000)} s.`,
    };
  return { state: 'interrupted', reason };
}
