// Whether the platform notices by itself: kinds of faults that viewers see and no server admits, over one site of a modelled
// world, through what is shipped (objectives, rules, the reading of players' events). In virtual time: minutes take seconds.
// A fault is found when somebody is paged with the right place within what the burn table says for the measured share.

import { discover, watchQuietly } from '../../test/scenarios/discovery/discover.ts';
import { FAULT_KINDS } from '../../test/scenarios/discovery/fault-kinds.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const CROWD = { videoViewers: 10, liveViewers: 5 } as const;
const HOUR_MS = 3_600_000;
/** Another world than those of the faults. */
const QUIET_SEED = 1_001;

async function run(prefix: string, seeds: number, quietMs: number): Promise<readonly Row[]> {
  const found: number[] = [];
  const beyond: number[] = [];
  const missed: string[] = [];
  const misplaced: string[] = [];
  let runs = 0;
  for (const kind of FAULT_KINDS)
    for (let seed = 1; seed <= seeds; seed += 1) {
      const result = discover(kind, seed, CROWD);
      runs += 1;
      const { detectionMs, formulaMs } = result;
      if (result.isInTime) {
        found.push(detectionMs);
        beyond.push(detectionMs - formulaMs);
      } else missed.push(`${kind.name} (seed ${seed}: ${Math.round(detectionMs / 1_000)} s)`);
      for (const { labels } of result.misplaced) misplaced.push(`${kind.name} at ${labels.site ?? '?'}`);
      // One run is a second of pure reckoning: others may have the thread in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
  const quiet = watchQuietly(QUIET_SEED, CROWD, quietMs);
  const list = (texts: readonly string[]): string => (texts.length === 0 ? 'none' : texts.join('; '));
  return [
    {
      name: `${prefix}-found`,
      value: rounded((found.length / runs) * 100, 1),
      unit: '% of faults',
      op: '>=',
      goal: 95,
      peer: `${FAULT_KINDS.length} kinds x ${seeds} seeds, paged with the right place within the burn table's time; missed: ${list(missed)}`,
    },
    {
      name: `${prefix}-misplaced`,
      value: misplaced.length,
      unit: `pages that name another place, in ${runs} faults`,
      op: '==',
      goal: 0,
      peer: list(misplaced),
    },
    {
      name: `${prefix}-false-pages`,
      value: quiet.length,
      unit: `pages in ${quietMs / 60_000} quiet minutes`,
      op: '==',
      goal: 0,
      peer: list(quiet.map(({ summary }) => summary)),
    },
    {
      name: `${prefix}-beyond-formula`,
      value: rounded(median(beyond) / 1_000, 1),
      unit: 's, median',
      op: '<=',
      goal: 20,
      peer: `detection minus what the burn table says; median detection ${rounded(median(found) / 1_000)} s, slowest ${rounded(Math.max(...found) / 1_000)} s`,
    },
  ];
}

const namesOf = (prefix: string): readonly string[] =>
  ['found', 'misplaced', 'false-pages', 'beyond-formula'].map((name) => `${prefix}-${name}`);

export const selfDiscoveryGroup: Group = {
  names: namesOf('self-discovery'),
  budgetMs: 180_000,
  run: () => run('self-discovery', 1, HOUR_MS / 6),
};

export const selfDiscoverySoakGroup: Group = {
  names: namesOf('self-discovery-10-seeds'),
  budgetMs: 1_800_000,
  run: () => run('self-discovery-10-seeds', 10, HOUR_MS),
};
