// Which topics listeners must be told of. Each topic has a revision that rises while a change is being made, before it is
// committed: a reader that asks too early would find the old state and never hear of it again. So a change is told at
// once, and once more when every transaction that was under way at that moment has ended (all below the xmin of a
// snapshot of PostgreSQL have). On a quiet database nothing is under way, and one notice is all.
// Limits: topics that change all the time are told of at most once in their gap, the last change always.

export interface TopicReading {
  readonly nowMs: number;
  /** The oldest transaction that is still under way, and one that is younger than all that raised these revisions. */
  readonly xmin: number;
  readonly xmax: number;
  readonly revisions: Readonly<Record<string, number>>;
}

interface TopicState {
  readonly revision: number;
  /** Told again when all transactions below this one have ended; null: nothing is open. */
  readonly openBelow: number | null;
  /** Whether it waits for the end of its gap. */
  readonly isOwed: boolean;
  readonly toldAtMs: number | null;
}

export type TopicStates = Readonly<Record<string, TopicState>>;

/**
 * Compares a reading with what was known.
 * @param before undefined for the first reading: whoever begins to listen asks for everything anyway
 */
export function dueTopics(
  before: TopicStates | undefined,
  reading: TopicReading,
  gapsMs: Readonly<Record<string, number>>,
): { readonly states: TopicStates; readonly due: readonly string[] } {
  const states: Record<string, TopicState> = {};
  const due: string[] = [];
  for (const [topic, revision] of Object.entries(reading.revisions)) {
    const old = before?.[topic];
    const isChanged = old === undefined || old.revision !== revision;
    const isSettled = old !== undefined && old.openBelow !== null && reading.xmin >= old.openBelow;
    const openNow = reading.xmin < reading.xmax ? reading.xmax : null;
    const openBelow = isChanged ? openNow : isSettled ? null : (old?.openBelow ?? null);
    const isOwed = old !== undefined && (isChanged || isSettled || old.isOwed);
    const toldAtMs = old?.toldAtMs ?? null;
    const isInGap = toldAtMs !== null && reading.nowMs - toldAtMs < (gapsMs[topic] ?? 0);
    const isTold = isOwed && !isInGap;
    if (isTold) due.push(topic);
    states[topic] = {
      revision,
      openBelow,
      isOwed: isOwed && isInGap,
      toldAtMs: isTold ? reading.nowMs : toldAtMs,
    };
  }
  return { states, due };
}
