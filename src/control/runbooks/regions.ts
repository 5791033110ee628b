// In which regions a run acts: those that its parameters and its actions name, by themselves, by a site or by a node.

import type { Action, Runbook } from '#core/runbook/types.ts';
import { actionsOf } from '#core/runbook/world.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { regionsOfPlaces } from '../fleet/regions-of-places.ts';

/** The regions. What names none of them (a check, a duration) concerns none. */
export function regionsOf(
  fleet: Pick<Fleet, 'sites' | 'node'>,
  book: Runbook,
  parameters: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  return regionsOfPlaces(fleet, [
    ...Object.entries(parameters).flatMap(([name, value]) => {
      const type = book.parameters[name]?.type;
      return type === 'region' || type === 'site' || type === 'node' || type === 'place' ? [value] : [];
    }),
    ...allActionsOf(book).map(placeOf),
  ]);
}

/** Also those that undo others. */
function allActionsOf(book: Runbook): readonly Action[] {
  return [...actionsOf(book), ...book.steps.flatMap((step) => step.rollback)];
}

/** Where it acts; null: everywhere. */
function placeOf(action: Action): string | null {
  switch (action.kind) {
    case 'drain':
    case 'restore':
    case 'leave_broadcasts':
      return action.target;
    case 'pause_encoding':
    case 'resume_encoding':
    case 'scale_encoders':
    case 'unscale_encoders':
    case 'lead_broadcast':
    case 'add_channel':
    case 'move_channel':
    case 'return_channel':
    case 'remove_channel':
    case 'throttle':
    case 'end_throttle':
      return action.region;
    case 'restart_node':
      return action.node;
    case 'shift_traffic':
      return action.site;
    case 'purge':
    case 'revert_change':
      return null;
  }
}
