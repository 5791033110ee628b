// What two edges know of one viewing, joined. Each counts only what it has heard itself, since it heard of the viewing; a
// player keeps to one edge unless that is away, so the greater figure is the better one.

/** What is joined of a viewing. */
export interface JoinedFigures {
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
  readonly startupMs: number | null;
  readonly playMs: number;
  readonly stallMs: number;
  readonly stalls: number;
  readonly errors: number;
  readonly requests: number;
  readonly badRequests: number;
  readonly pathwayChanges: number;
}

/** The later of two words about a viewing, with the greater figures of both. */
export function joinViewings<T extends JoinedFigures>(before: T, update: T): T {
  const later = update.updatedAtMs >= before.updatedAtMs ? update : before;
  const earlier = later === update ? before : update;
  const greater = (
    key: 'playMs' | 'stallMs' | 'stalls' | 'errors' | 'requests' | 'badRequests' | 'pathwayChanges',
  ) => Math.max(later[key], earlier[key]);
  return {
    ...later,
    startedAtMs: Math.min(later.startedAtMs, earlier.startedAtMs),
    startupMs: later.startupMs ?? earlier.startupMs,
    playMs: greater('playMs'),
    stallMs: greater('stallMs'),
    stalls: greater('stalls'),
    errors: greater('errors'),
    requests: greater('requests'),
    badRequests: greater('badRequests'),
    pathwayChanges: greater('pathwayChanges'),
  };
}

/** Steps of both in the order of time, the newest `max` of them. */
export function joinSteps<T extends { readonly atMs: number }>(
  before: readonly T[],
  more: readonly T[],
  max: number,
): readonly T[] {
  const last = before.at(-1)?.atMs ?? 0;
  const joined = [...before, ...more];
  if (more.some(({ atMs }) => atMs < last)) joined.sort((one, other) => one.atMs - other.atMs);
  return joined.slice(-max);
}
