// What an attempt leaves in the row of what was sent, the same for every queue of the outbox.

/** What follows an attempt. */
export type NextOfAttempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly dueAtMs: number }
  | { readonly kind: 'dead'; readonly reason: string };

/** The columns to set; the claim ends with them. */
export function settledColumns(
  next: NextOfAttempt,
  attempt: { readonly endedAtMs: number; readonly status: number | null; readonly problem: string | null },
) {
  return {
    ...(next.kind === 'retry'
      ? { state: 'waiting' as const, due_at_ms: next.dueAtMs, reason: attempt.problem }
      : {
          state: next.kind,
          ended_at_ms: attempt.endedAtMs,
          reason: next.kind === 'dead' ? next.reason : null,
        }),
    last_status: attempt.status,
    lease_until_ms: null,
    claim_term: null,
  };
}
