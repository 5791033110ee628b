// What is wrong with a rota before anybody depends on it: minutes without anybody, people who would be paged twice and
// so have nobody behind them, people who cannot be reached, shifts that nobody can stay awake through. Ninety days
// cover every change of clocks of a season and many rounds of any rotation.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '#base/time-zone.ts';
import type { Span } from './layer.ts';
import { type KnownChannel, unknownChannels } from './lint-channels.ts';
import { renderShifts, type Shift, stretches } from './render.ts';
import type { Policy, Rota, RotaView, Schedule, Target } from './rota.ts';

export const LINT_DAYS = 90;
/** Longer than a day and a night nobody is of use to a page at the end of it. */
const SHIFT_MS_MAX = 24 * HOUR_MS;
/** Per schedule or pair; the rest is counted. */
const SPANS_SHOWN_MAX = 10;

export interface LintFinding {
  readonly severity: 'error' | 'warning';
  readonly code:
    | 'uncovered'
    | 'double_booked'
    | 'unknown_user'
    | 'unreachable_user'
    | 'unknown_channel'
    | 'late_contact'
    | 'long_shift'
    | 'unused_user'
    | 'overlapping_overrides';
  readonly message: string;
  /** Where in the rota, e.g. schedules, primary. */
  readonly path: readonly (string | number)[];
  readonly span: Span | null;
}

/**
 * Judges a rota over the ninety days from `fromMs` on.
 * @param channels the notification channels that there are; null: not known here, so that none is missed
 */
export function lintRota(
  view: RotaView,
  fromMs: number,
  channels: readonly KnownChannel[] | null = null,
): readonly LintFinding[] {
  const span = { fromMs, untilMs: fromMs + LINT_DAYS * DAY_MS };
  const { rota } = view;
  const rendered = new Map(
    [...rota.schedules.values()].map((schedule) => [schedule.id, renderShifts(view, schedule, span)]),
  );
  return [
    ...[...rota.schedules.values()].flatMap((schedule) => [
      ...uncovered(schedule, rendered.get(schedule.id) ?? []),
      ...longShifts(schedule, rendered.get(schedule.id) ?? []),
    ]),
    ...doubleBookings(rota, rendered),
    ...people(rota),
    ...(channels === null ? [] : unknownChannels(rota, channels)),
    ...overrideFindings(view, span),
  ];
}

/** How a span is told: start, end and length, in UTC. */
function tell({ fromMs, untilMs }: Span): string {
  const time = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `from ${time(fromMs)} to ${time(untilMs)} (${Math.round((untilMs - fromMs) / MINUTE_MS)} minutes)`;
}

/** The first spans as findings of their own, the others counted in one more. */
function perSpan(
  spans: readonly Span[],
  make: (span: Span) => LintFinding,
  rest: string,
): readonly LintFinding[] {
  const shown = spans.slice(0, SPANS_SHOWN_MAX).map(make);
  const last = shown.at(-1);
  const more = spans.length - shown.length;
  return more === 0 || last === undefined
    ? shown
    : [...shown, { ...last, span: null, message: `${rest}: ${more} more times in ${LINT_DAYS} days` }];
}

function uncovered(schedule: Schedule, shifts: readonly Shift[]): readonly LintFinding[] {
  if (schedule.mayHaveGaps) return [];
  return perSpan(
    shifts.filter(({ userId }) => userId === null),
    (span) => ({
      severity: 'error',
      code: 'uncovered',
      message: `nobody has duty in ${schedule.id} ${tell(span)}`,
      path: ['schedules', schedule.id],
      span: { fromMs: span.fromMs, untilMs: span.untilMs },
    }),
    `nobody has duty in ${schedule.id}`,
  );
}

function longShifts(schedule: Schedule, shifts: readonly Shift[]): readonly LintFinding[] {
  const byUser = new Map<string, Span[]>();
  for (const { userId, fromMs, untilMs } of stretches(shifts))
    if (untilMs - fromMs > SHIFT_MS_MAX)
      byUser.set(userId, [...(byUser.get(userId) ?? []), { fromMs, untilMs }]);
  return [...byUser].flatMap(([userId, spans]) => {
    const longest = spans.reduce((best, span) =>
      span.untilMs - span.fromMs > best.untilMs - best.fromMs ? span : best,
    );
    const hours = Math.round((longest.untilMs - longest.fromMs) / HOUR_MS);
    return [
      {
        severity: 'warning' as const,
        code: 'long_shift' as const,
        message: `${userId} has duty in ${schedule.id} for ${hours} hours on end, ${spans.length} times in ${LINT_DAYS} days`,
        path: ['schedules', schedule.id],
        span: longest,
      },
    ];
  });
}

/** Schedules that a policy asks one after another must not have the same person at the same time. */
function doubleBookings(rota: Rota, rendered: ReadonlyMap<string, readonly Shift[]>): readonly LintFinding[] {
  const found: LintFinding[] = [];
  const together = new Set<string>();
  for (const policy of rota.policies.values())
    for (const [one, other] of pairsOf(schedulesOf(policy))) {
      if (together.has(`${one} ${other}`)) continue;
      together.add(`${one} ${other}`).add(`${other} ${one}`);
      found.push(...bookedTwice(rendered, one, other, 'error', ['policies', policy.id]));
    }
  for (const [one, other] of pairsOf([...rota.schedules.keys()]))
    if (!together.has(`${one} ${other}`))
      found.push(...bookedTwice(rendered, one, other, 'warning', ['schedules', other]));
  return found;
}

function schedulesOf(policy: Policy): string[] {
  const ids = policy.steps.flatMap(({ targets }) =>
    targets.flatMap((target) => (target.kind === 'schedule' ? [target.scheduleId] : [])),
  );
  return [...new Set(ids)];
}

function pairsOf(ids: readonly string[]): [string, string][] {
  return ids.flatMap((one, index) => ids.slice(index + 1).map((other): [string, string] => [one, other]));
}

function bookedTwice(
  rendered: ReadonlyMap<string, readonly Shift[]>,
  one: string,
  other: string,
  severity: LintFinding['severity'],
  path: LintFinding['path'],
): readonly LintFinding[] {
  const common = intersect(stretches(rendered.get(one) ?? []), stretches(rendered.get(other) ?? []));
  const consequence = severity === 'error' ? ' at once, so that nobody stands behind them' : ' at once';
  return perSpan(
    common,
    (span) => ({
      severity,
      code: 'double_booked',
      message: `${(span as Booked).userId} has duty in ${one} and ${other}${consequence}, ${tell(span)}`,
      path,
      span: { fromMs: span.fromMs, untilMs: span.untilMs },
    }),
    `the same person has duty in ${one} and ${other}${consequence}`,
  );
}

type Booked = Span & { readonly userId: string };

/** Spans in which both lists have the same user. Both are in order. */
function intersect(ones: readonly Booked[], others: readonly Booked[]): Booked[] {
  const common: Booked[] = [];
  let index = 0;
  for (const one of ones) {
    while ((others[index]?.untilMs ?? Number.POSITIVE_INFINITY) <= one.fromMs) index += 1;
    for (let next = index; next < others.length; next += 1) {
      const other = others[next];
      if (other === undefined || other.fromMs >= one.untilMs) break;
      if (other.userId === one.userId)
        common.push({
          userId: one.userId,
          fromMs: Math.max(one.fromMs, other.fromMs),
          untilMs: Math.min(one.untilMs, other.untilMs),
        });
    }
  }
  return common;
}

function userOf(target: Target): string[] {
  return target.kind === 'user' ? [target.userId] : [];
}

/** People who cannot be reached although they are counted on, and people who are never asked. */
function people(rota: Rota): readonly LintFinding[] {
  const asked = new Map<string, readonly (string | number)[]>();
  for (const { id, layers } of rota.schedules.values())
    for (const [index, { userIds }] of layers.entries())
      for (const userId of userIds)
        if (!asked.has(userId)) asked.set(userId, ['schedules', id, 'layers', index, 'users']);
  const acknowledgeWithinMs = new Map<string, number>();
  for (const { id, steps, lastResort } of rota.policies.values())
    for (const { targets, waitMs } of [
      ...steps.map((step) => ({ targets: step.targets, waitMs: step.acknowledgeWithinMs })),
      { targets: lastResort.targets, waitMs: lastResort.everyMs },
    ])
      for (const target of targets)
        for (const userId of usersOf(rota, target)) {
          if (!asked.has(userId)) asked.set(userId, ['policies', id]);
          acknowledgeWithinMs.set(
            userId,
            Math.min(waitMs, acknowledgeWithinMs.get(userId) ?? Number.POSITIVE_INFINITY),
          );
        }
  const found: LintFinding[] = [];
  for (const [userId, path] of asked)
    if (!rota.users.has(userId))
      found.push({
        severity: 'error',
        code: 'unknown_user',
        message: `there is no user ${userId}`,
        path,
        span: null,
      });
  for (const { id, contacts } of rota.users.values())
    found.push(...contactFindings(id, contacts, asked.has(id), acknowledgeWithinMs.get(id)));
  return found;
}

/** Whom a target may mean, at any time. */
function usersOf(rota: Rota, target: Target): readonly string[] {
  if (target.kind !== 'schedule') return userOf(target);
  return (rota.schedules.get(target.scheduleId)?.layers ?? []).flatMap(({ userIds }) => userIds);
}

function contactFindings(
  userId: string,
  contacts: readonly { readonly afterMs: number }[],
  isAsked: boolean,
  waitMs: number | undefined,
): readonly LintFinding[] {
  const path = ['users', userId];
  if (!isAsked)
    return [
      {
        severity: 'warning',
        code: 'unused_user',
        message: `${userId} is in no schedule and no policy`,
        path,
        span: null,
      },
    ];
  if (contacts.length === 0)
    return [
      {
        severity: 'error',
        code: 'unreachable_user',
        message: `${userId} has duty and no contact`,
        path,
        span: null,
      },
    ];
  const firstMs = Math.min(...contacts.map(({ afterMs }) => afterMs));
  if (waitMs === undefined || firstMs < waitMs) return [];
  return [
    {
      severity: 'warning',
      code: 'late_contact',
      message: `${userId} is first tried after ${firstMs / MINUTE_MS} minutes, when the next step has begun`,
      path,
      span: null,
    },
  ];
}

/** Overrides that name somebody who is gone, or that outdo each other. */
function overrideFindings({ rota, overrides }: RotaView, span: Span): readonly LintFinding[] {
  const current = overrides.filter(({ fromMs, untilMs }) => untilMs > span.fromMs && fromMs < span.untilMs);
  const unknown = current
    .filter(({ userId, scheduleId }) => !rota.users.has(userId) && rota.schedules.has(scheduleId))
    .map(
      ({ id, userId, scheduleId, fromMs, untilMs }): LintFinding => ({
        severity: 'error',
        code: 'unknown_user',
        message: `the override ${id} gives ${scheduleId} to ${userId}, who is no user; it counts for nothing`,
        path: ['schedules', scheduleId],
        span: { fromMs, untilMs },
      }),
    );
  const overlapping = current.flatMap((one, index) =>
    current
      .slice(index + 1)
      .filter(
        (other) =>
          other.scheduleId === one.scheduleId &&
          other.userId !== one.userId &&
          other.fromMs < one.untilMs &&
          one.fromMs < other.untilMs,
      )
      .map((other): LintFinding => {
        const common = {
          fromMs: Math.max(one.fromMs, other.fromMs),
          untilMs: Math.min(one.untilMs, other.untilMs),
        };
        return {
          severity: 'warning',
          code: 'overlapping_overrides',
          message: `overrides give ${one.scheduleId} to ${one.userId} and to ${other.userId} ${tell(common)}; the newer one counts`,
          path: ['schedules', one.scheduleId],
          span: common,
        };
      }),
  );
  return [...unknown, ...overlapping.slice(0, SPANS_SHOWN_MAX)];
}
