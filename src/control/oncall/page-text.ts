// What a page says, in the time of whoever reads it.

import type { EscalationEffect, PageReason } from '#core/oncall/escalate.ts';
import type { RotaView } from '#core/oncall/rota.ts';

/** Why somebody is asked, as one sentence; empty when nothing says. */
export function whyText(reasons: readonly PageReason[], timeZone: string): string {
  const time = (atMs: string | number | undefined): string =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
    }).format(Number(atMs));
  const override = reasons.find(({ code }) => code === 'override');
  const turn = reasons.find(({ code }) => code === 'turn');
  if (override !== undefined) return `An override gives you duty until ${time(override.values.untilMs)}.`;
  if (turn !== undefined)
    return `It is your turn in "${turn.subject}", which changes ${time(turn.values.untilMs)}.`;
  if (reasons.some(({ code }) => code === 'last_resort'))
    return 'Nobody acknowledged; you are the last resort.';
  return 'The policy names you.';
}

/** The text of an entry, for its row and the timeline. */
export function entryText(effect: EscalationEffect, view: RotaView): string {
  switch (effect.kind) {
    case 'page': {
      const name = effect.userId === null ? null : nameOf(view, effect.userId);
      return name === null ? `Paged the channel ${effect.channelId}` : `Paged ${name} by ${effect.channelId}`;
    }
    case 'nobody':
      return `${effect.key.split('/').at(-1) ?? ''} led to nobody: ${nobodyText(effect.reasons)}`;
    case 'acknowledged':
      return `${nameOf(view, effect.userId)} acknowledged`;
    case 'acknowledgement_expired':
      return `Not resolved ${Math.round(effect.afterMs / 60_000)} minutes after ${nameOf(view, effect.userId)} acknowledged; paging anew`;
    case 'stopped':
      return `Paging ended: ${effect.reason}`;
    case 'exhausted':
      return `Nobody acknowledged after ${effect.lastResorts} attempts at the last resort`;
  }
}

function nameOf({ rota }: RotaView, userId: string): string {
  return rota.users.get(userId)?.name ?? userId;
}

function nobodyText(reasons: readonly PageReason[]): string {
  const last = reasons.at(-1);
  if (last?.code === 'uncovered') return 'nobody has duty';
  if (last?.code === 'no_contact') return `${last.subject} has no contact`;
  return 'the rota does not know it';
}
