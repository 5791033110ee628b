// Whether an incident is over: all of its alerts have been quiet for the hold time. One that has no alerts was opened
// by a person, and a person ends it. A suppressed alert is quiet: what suppresses it is another alert of the incident.

import type { AlertFacts, IncidentPolicy, IncidentReason } from './types.ts';

export interface EndJudgement {
  /** Since when all alerts are quiet; null while one fires, or there is none. */
  readonly quietSinceMs: number | null;
  readonly isOver: boolean;
  readonly reasons: readonly IncidentReason[];
}

/** Judges an open incident by its alerts. */
export function judgeEnd(
  alerts: readonly Pick<AlertFacts, 'id' | 'state' | 'startsAtMs' | 'endsAtMs'>[],
  { holdMs }: IncidentPolicy,
  nowMs: number,
): EndJudgement {
  const firing = alerts.filter(({ state }) => state === 'firing');
  if (alerts.length === 0 || firing.length > 0)
    return {
      quietSinceMs: null,
      isOver: false,
      reasons: [
        {
          code: alerts.length === 0 ? 'no_alerts' : 'still_firing',
          subject: firing[0]?.id ?? 'alerts',
          values: { firing: firing.length, alerts: alerts.length },
        },
      ],
    };
  const quietSinceMs = Math.max(...alerts.map(({ startsAtMs, endsAtMs }) => endsAtMs ?? startsAtMs));
  const quietMs = nowMs - quietSinceMs;
  return {
    quietSinceMs,
    isOver: quietMs >= holdMs,
    reasons: [{ code: 'quiet', subject: 'alerts', values: { quietMs, holdMs, alerts: alerts.length } }],
  };
}
