// What every part of the page of on-call is given.

import type { RotaView } from '../../../src/contract/api/oncall.ts';

export interface OncallScene {
  readonly rota: RotaView;
  /** In whose wall clock times are shown. */
  readonly zone: string;
  readonly nowMs: number;
  /** Names of users by identifier. */
  readonly names: ReadonlyMap<string, string>;
  /** Asks everything anew, after a change. */
  readonly refresh: () => void;
}

/** People of the rota for a field. */
export function userOptions({ rota }: Pick<OncallScene, 'rota'>): { value: string; label: string }[] {
  return rota.users.map(({ id, name, timeZone }) => ({ value: id, label: `${name} (${timeZone})` }));
}

/** The name of a schedule. */
export function scheduleName({ rota }: Pick<OncallScene, 'rota'>, scheduleId: string): string {
  return rota.schedules.find(({ id }) => id === scheduleId)?.name ?? scheduleId;
}
