// What a new steering plan changes, in words and numbers: which viewers move from where to where.

export interface PlanShares {
  readonly groups: readonly {
    readonly id: string;
    readonly order: readonly string[];
    readonly shares: readonly { readonly pathwayId: string; readonly share: number }[];
  }[];
}

export interface Move {
  readonly groupId: string;
  readonly pathwayId: string;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/** Shares that move less are not told: plans creep towards their target in small steps. */
const MOVE_MIN = 0.005;
/** More than a few cannot be read in one line. */
const WORDS_MAX = 4;

/** Every share that moves, the largest move first. */
export function movesBetween(before: PlanShares, after: PlanShares): Move[] {
  const sharesOf = (plan: PlanShares, groupId: string): ReadonlyMap<string, number> =>
    new Map(
      plan.groups.find(({ id }) => id === groupId)?.shares.map(({ pathwayId, share }) => [pathwayId, share]),
    );
  const groupIds = new Set([...before.groups, ...after.groups].map(({ id }) => id));
  const moves = [...groupIds].flatMap((groupId) => {
    const old = sharesOf(before, groupId);
    const fresh = sharesOf(after, groupId);
    return [...new Set([...old.keys(), ...fresh.keys()])].map((pathwayId) => ({
      groupId,
      pathwayId,
      shareBefore: old.get(pathwayId) ?? 0,
      shareAfter: fresh.get(pathwayId) ?? 0,
    }));
  });
  return moves
    .filter((move) => sizeOf(move) >= MOVE_MIN)
    .sort(
      (one, other) =>
        sizeOf(other) - sizeOf(one) ||
        one.groupId.localeCompare(other.groupId) ||
        one.pathwayId.localeCompare(other.pathwayId),
    );
}

function sizeOf({ shareBefore, shareAfter }: Move): number {
  return Math.abs(shareAfter - shareBefore);
}

/** One line for people, e.g. `viewers near dublin: dublin-1 100 % → 0 %`. */
export function describeMoves(moves: readonly Move[]): string {
  if (moves.length === 0) return 'the order of pathways changes, no share moves';
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const byGroup = Map.groupBy(moves.slice(0, WORDS_MAX), ({ groupId }) => groupId);
  const words = [...byGroup].map(
    ([groupId, own]) =>
      `viewers near ${groupId}: ${own
        .map((move) => `${move.pathwayId} ${percent(move.shareBefore)} → ${percent(move.shareAfter)}`)
        .join(', ')}`,
  );
  const rest = moves.length - WORDS_MAX;
  return words.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
