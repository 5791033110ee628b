// Says in sentences what conditions, actions and steps are, for plans, pages and the console.

import { percent } from './guards.ts';
import type { Action, Condition, Runbook, Step } from './types.ts';
import { purgedName } from './world.ts';

function duration(milliseconds: number): string {
  if (milliseconds === 0 || milliseconds % 60_000 !== 0) return `${milliseconds / 1_000} s`;
  return milliseconds % 3_600_000 === 0 ? `${milliseconds / 3_600_000} h` : `${milliseconds / 60_000} min`;
}

/** What an action does. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'drain':
      return `Drain ${action.target}`;
    case 'restore':
      return action.share === 1
        ? `Restore ${action.target}`
        : `Restore sites of ${action.target} until ${percent(action.share)} of them serve`;
    case 'pause_encoding':
      return `Pause encoding in ${action.region}`;
    case 'resume_encoding':
      return `Resume encoding in ${action.region}`;
    case 'scale_encoders':
      return `Let the encoders of ${action.region} work on ${action.count} jobs and chunks at once`;
    case 'unscale_encoders':
      return `Give the encoders of ${action.region} the number back that they had before`;
    case 'lead_broadcast':
      return `Lead ${action.broadcast} from ${action.region}`;
    case 'add_channel':
      return `Give ${action.broadcast} a further channel in ${action.region}`;
    case 'move_channel':
      return `Move the backup of ${action.broadcast} to ${action.region}`;
    case 'return_channel':
      return `Move the channel of ${action.broadcast} in ${action.region} back to ${action.to ?? 'where it was'}`;
    case 'remove_channel':
      return `End the channel of ${action.broadcast} in ${action.region}`;
    case 'leave_broadcasts':
      return `Lead every broadcast of ${action.target} from its channel elsewhere`;
    case 'purge':
      return `Let every edge drop all of ${purgedName(action)}`;
    case 'restart_node':
      return `Restart ${action.node}`;
    case 'throttle':
      return action.floor === 'live'
        ? `Turn away prefetches and segments of videos, ${scopeOf(action)}`
        : `Turn away prefetches, ${scopeOf(action)}`;
    case 'end_throttle':
      return `Turn nothing away any more, ${scopeOf(action)}`;
    case 'shift_traffic':
      return action.share === 1
        ? `Leave ${action.site} all that steering sends there`
        : `Leave ${action.site} ${percent(action.share)} of what steering would send there`;
    case 'revert_change':
      return `Undo change ${action.change} of a setting`;
  }
}

function scopeOf({
  region,
  project,
}: {
  readonly region: string | null;
  readonly project: string | null;
}): string {
  const place = region === null ? 'everywhere' : `in ${region}`;
  return project === null ? place : `${place}, of project ${project}`;
}

/** What a condition asks for. */
export function describeCondition(condition: Condition): string {
  const held = condition.holdMs === 0 ? '' : ` for ${duration(condition.holdMs)}`;
  return `${whatOf(condition)}${held}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  return texts.length === 0 ? '' : ` of ${texts.join(', ')}`;
}

function labelsOf({ labels, target }: Extract<Condition, { kind: 'bad_share' }>): Record<string, string> {
  return target === null ? { ...labels } : { place: target, ...labels };
}

function whatOf(condition: Condition): string {
  switch (condition.kind) {
    case 'site_state':
      return `Every site of ${condition.target} is ${condition.is}`;
    case 'sites_ready':
      return `Every site of ${condition.target} is ready`;
    case 'node_ready':
      return `${condition.node} is ready`;
    case 'node_at':
      return `${condition.node} belongs to ${condition.target}`;
    case 'traffic_share':
      return `${condition.target} carries less than ${percent(condition.below)} of the traffic`;
    case 'steered_share':
      return `Steering sends less than ${percent(condition.below)} of any group to ${condition.target}`;
    case 'spare_capacity':
      return `Without ${condition.without} and one more site the rest can carry everything`;
    case 'bad_share':
      return `Less than ${percent(condition.below)} of ${condition.series}${labelsText(labelsOf(condition))} are ${condition.bad.join(' or ')} within ${duration(condition.windowMs)}`;
    case 'alerts_quiet':
      return `No alert${labelsText(condition.labels)} fires`;
    case 'encoding':
      return `Encoding in ${condition.region} is ${condition.is}`;
    case 'encoders_scaled':
      return `Encoders of ${condition.region} take ${condition.count} jobs and chunks at once`;
    case 'encoders_idle':
      return `Encoders of ${condition.region} have finished`;
    case 'broadcast_channel':
      return `${condition.broadcast} has a channel in ${condition.region}`;
    case 'broadcast_led':
      return `${condition.broadcast} is led from ${condition.region}`;
    case 'broadcasts_left':
      return `No broadcast with a channel elsewhere is led from ${condition.target}`;
    case 'purged':
      return `Every edge has dropped ${purgedName(condition)}`;
    case 'node_restarted':
      return `${condition.node} has restarted`;
  }
}

const FAILURES: Readonly<Record<Step['onFailure'], string>> = {
  stop: '',
  rollback: 'If it fails, everything done so far is undone',
  continue: 'If it fails, the run goes on',
};

/** What a step looks at, does and undoes: one sentence without a full stop per line. */
export function describeStep(step: Step): readonly string[] {
  const list = (word: string, conditions: readonly Condition[]): string[] =>
    conditions.map((condition) => `${word}: ${describeCondition(condition)}`);
  return [
    ...list('Before', step.before),
    ...linesOf(step),
    ...list('After', step.after),
    ...list('Health gate', step.gate),
    ...step.rollback.map((action) => `Undone by: ${describeAction(action)}`),
    ...(FAILURES[step.onFailure] === '' ? [] : [FAILURES[step.onFailure]]),
  ];
}

function linesOf(step: Step): string[] {
  switch (step.kind) {
    case 'check':
      return step.conditions.map((condition) => `Check: ${describeCondition(condition)}`);
    case 'wait':
      return step.conditions.map(
        (condition) => `Wait, at most ${duration(step.timeoutMs)}: ${describeCondition(condition)}`,
      );
    case 'action':
      return [`Do: ${describeAction(step.action)}`];
    case 'approval':
      return [`Ask an ${step.role}, for at most ${duration(step.timeoutMs)}: ${step.ask}`];
  }
}

/** What the actions of a runbook change, their undoing included. */
export function servicesOf({ steps }: Pick<Runbook, 'steps'>): ('delivery' | 'encoding' | 'live')[] {
  const actions = steps.flatMap((step) => [
    ...(step.kind === 'action' ? [step.action] : []),
    ...step.rollback,
  ]);
  const found = new Set(actions.map(({ kind }) => SERVICES[kind]));
  return (['delivery', 'encoding', 'live'] as const).filter((service) => found.has(service));
}

const SERVICES: Readonly<Record<Action['kind'], 'delivery' | 'encoding' | 'live'>> = {
  drain: 'delivery',
  restore: 'delivery',
  pause_encoding: 'encoding',
  resume_encoding: 'encoding',
  scale_encoders: 'encoding',
  unscale_encoders: 'encoding',
  lead_broadcast: 'live',
  add_channel: 'live',
  move_channel: 'live',
  return_channel: 'live',
  remove_channel: 'live',
  leave_broadcasts: 'live',
  purge: 'delivery',
  restart_node: 'delivery',
  throttle: 'delivery',
  end_throttle: 'delivery',
  shift_traffic: 'delivery',
  revert_change: 'delivery',
};
