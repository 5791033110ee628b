// What is wrong with a runbook although every field has the right shape. Each finding is a mistake that would show at
// three in the morning: a step that cannot end, a rollback that is never reached, a change that nothing undoes.

import { nearestWord } from '#base/nearest.ts';
import { SERIES, shapeOf } from '../telemetry/series.ts';
import type { Condition, Runbook, Step } from './types.ts';

export interface LintFinding {
  /** Within the document. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Everything that is wrong; empty when the runbook is sound. */
export function lintRunbook(book: Runbook): readonly LintFinding[] {
  return [
    ...repeatedIds(book),
    ...book.steps.flatMap((step, index) =>
      [
        ...lintHolds(step),
        ...lintSeries(step),
        ...lintRollback(book, step, index),
        ...lintReturns(step),
        ...lintTimes(step),
      ].map(({ path, message }) => ({
        path: ['steps', index, ...path],
        message,
      })),
    ),
  ];
}

function repeatedIds({ steps }: Runbook): LintFinding[] {
  return steps.flatMap(({ id }, index) =>
    steps.findIndex((other) => other.id === id) < index
      ? [{ path: ['steps', index, 'id'], message: `another step is called ${id} too` }]
      : [],
  );
}

/** What is judged once cannot hold for a time. */
function lintHolds(step: Step): LintFinding[] {
  const once: (readonly [string, readonly Condition[]])[] = [
    ['before', step.before],
    ['gate', step.gate],
    ...(step.kind === 'check' ? [['conditions', step.conditions] as const] : []),
  ];
  return once.flatMap(([name, conditions]) =>
    conditions.flatMap(({ holdMs }, index) =>
      holdMs === 0
        ? []
        : [
            {
              path: [name, index, 'hold'],
              message: 'this is judged at each look; only a wait can ask for a hold',
            },
          ],
    ),
  );
}

/** A series that nobody reports never tells anything. */
function lintSeries(step: Step): LintFinding[] {
  const all: (readonly [string, readonly Condition[]])[] = [
    ['before', step.before],
    ['after', step.after],
    ['gate', step.gate],
    ...(step.kind === 'check' || step.kind === 'wait' ? [['conditions', step.conditions] as const] : []),
  ];
  return all.flatMap(([name, conditions]) =>
    conditions.flatMap((condition, index) => {
      if (condition.kind !== 'bad_share') return [];
      const message = seriesProblem(condition);
      return message === null ? [] : [{ path: [name, index, 'series'], message }];
    }),
  );
}

function seriesProblem({ series, labels }: Extract<Condition, { kind: 'bad_share' }>): string | null {
  const shape = shapeOf(series);
  if (shape === undefined) {
    const nearest = nearestWord(series, Object.keys(SERIES));
    return `there is no series ${series}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
  }
  const strange = Object.keys(labels).find((label) => !shape.labels.includes(label));
  if (strange !== undefined) return `${series} has no label ${strange}; it has ${shape.labels.join(', ')}`;
  return shape.labels.includes('outcome') ? null : `${series} has no outcomes, so that none of it is bad`;
}

function lintRollback(book: Runbook, step: Step, index: number): LintFinding[] {
  const earlier = book.steps.slice(0, index + 1).flatMap(({ rollback }) => rollback);
  if (step.onFailure === 'rollback' && earlier.length === 0)
    return [{ path: ['onFailure'], message: 'neither this step nor one before it says how it is undone' }];
  if (step.rollback.length > 0 && step.kind !== 'action')
    return [{ path: ['rollback'], message: 'only an action changes something that can be undone' }];
  return [];
}

/** A channel can only be returned to where the step itself has moved it from. */
function lintReturns(step: Step): LintFinding[] {
  const own = step.kind === 'action' ? step.action : undefined;
  const message =
    'only the rollback of move_channel can return the channel, of the same broadcast and region';
  return [
    ...(own?.kind === 'return_channel' ? [{ path: ['action', 'kind'], message }] : []),
    ...step.rollback.flatMap((action, index) => {
      const isMoved =
        action.kind !== 'return_channel' ||
        (own?.kind === 'move_channel' && own.broadcast === action.broadcast && own.region === action.region);
      return isMoved ? [] : [{ path: ['rollback', index, 'kind'], message }];
    }),
  ];
}

function lintTimes(step: Step): LintFinding[] {
  const timed = [
    ...step.after.map(({ holdMs }, index) => ({ holdMs, path: ['after', index, 'hold'] })),
    ...(step.kind === 'wait' ? step.conditions : []).map(({ holdMs }, index) => ({
      holdMs,
      path: ['conditions', index, 'hold'],
    })),
  ];
  const isWaiting = timed.length > 0 || step.kind === 'approval';
  return [
    ...timed
      .filter(({ holdMs }) => holdMs > 0 && holdMs >= step.timeoutMs)
      .map(({ path }) => ({ path, message: 'it cannot hold that long within the timeout of the step' })),
    ...(isWaiting && step.timeoutMs === 0
      ? [{ path: ['timeout'], message: 'a step that waits needs a timeout above 0' }]
      : []),
  ];
}
