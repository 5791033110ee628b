// The rota and duty as the API shows them.

import type { RotaView as RotaAnswer } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { renderShifts, type Shift, stretches } from '#core/oncall/render.ts';
import { resolveDuty } from '#core/oncall/resolve.ts';
import type { RotaView, Schedule } from '#core/oncall/rota.ts';
import { simulatePage } from '#core/oncall/simulate.ts';
import { LOOK_AHEAD_MS } from './limits.ts';
import type { CurrentRota, VersionRow } from './store.ts';

/** The schedule, or the error that there is none. */
export function findSchedule(rota: RotaView['rota'], scheduleId: string): Schedule {
  const schedule = rota.schedules.get(scheduleId);
  if (schedule === undefined) throw new MeridianError('not_found', { what: `schedule ${scheduleId}` });
  return schedule;
}

/** A version without its text. */
export function versionView({ version, applied_at_ms, actor, comment }: VersionRow) {
  return { version, appliedAtMs: applied_at_ms, actor, comment };
}

/** The rota in force. */
export function rotaAnswer({ row, rota }: CurrentRota): RotaAnswer {
  return {
    current: row === null ? null : versionView(row),
    text: row?.text ?? '',
    users: [...rota.users.values()].map((user) => ({ ...user, contacts: [...user.contacts] })),
    schedules: [...rota.schedules.values()].map(({ id, name, mayHaveGaps, layers }) => ({
      id,
      name,
      mayHaveGaps,
      layers: layers.map((layer) => ({
        name: layer.name,
        timeZone: layer.timeZone,
        userIds: [...new Set(layer.userIds)],
      })),
    })),
    policies: [...rota.policies.values()].map((policy) => ({
      ...policy,
      steps: policy.steps.map((step) => ({ ...step, targets: [...step.targets] })),
      lastResort: { ...policy.lastResort, targets: [...policy.lastResort.targets] },
    })),
    defaultPolicyId: row === null ? null : rota.defaultPolicyId,
  };
}

/** Who has duty at an instant, and what a page that begins then would do. */
export function simulationView(view: RotaView, asked: string | undefined, atMs: number) {
  const policyId = asked ?? view.rota.defaultPolicyId;
  const policy = view.rota.policies.get(policyId);
  if (policy === undefined) throw new MeridianError('not_found', { what: `policy ${policyId}` });
  return {
    atMs,
    policyId,
    duties: [...view.rota.schedules.values()].map((schedule) => dutyView(view, schedule, atMs)),
    pages: simulatePage(view, policy, atMs).map(({ atMs: pageAtMs, effect }) => ({
      atMs: pageAtMs,
      kind: effect.kind,
      userId: effect.kind === 'page' ? effect.userId : null,
      channelId: effect.kind === 'page' ? effect.channelId : null,
      reasons: [...effect.reasons],
    })),
  };
}

function dutyView(view: RotaView, schedule: Schedule, atMs: number) {
  const duty = resolveDuty(view, schedule, atMs);
  return { ...duty, reasons: [...duty.reasons] };
}

/** Who has duty, until when, and who has it then. */
export function dutyNow(view: RotaView, schedule: Schedule, atMs: number) {
  const shifts = renderShifts(view, schedule, { fromMs: atMs, untilMs: atMs + LOOK_AHEAD_MS });
  const own = stretches(shifts)[0];
  const untilMs = own?.fromMs === atMs ? own.untilMs : (shifts[0]?.untilMs ?? atMs);
  const next: Shift | undefined = shifts.find(({ fromMs }) => fromMs >= untilMs);
  return {
    ...dutyView(view, schedule, atMs),
    untilMs: untilMs === atMs + LOOK_AHEAD_MS ? null : untilMs,
    next: next ?? null,
  };
}
