// Channels of notifications that a rota names and that there are not: whoever is reached by them alone is not reached.

import { nearestWord } from '#base/nearest.ts';
import type { LintFinding } from './lint.ts';
import type { Rota } from './rota.ts';

/** A channel that exists; a rota names it by either. */
export interface KnownChannel {
  readonly id: string;
  readonly name: string;
}

/** Errors of one kind; the rest is counted. */
const SHOWN_MAX = 20;
/** Names in one message. */
const NAMES_MAX = 10;

interface Mention {
  readonly channelId: string;
  readonly path: readonly (string | number)[];
}

/** One error for each unknown channel, where it is named first. */
export function unknownChannels(rota: Rota, channels: readonly KnownChannel[]): readonly LintFinding[] {
  const known = new Set(channels.flatMap(({ id, name }) => [id, name]));
  const places = new Map<string, Mention[]>();
  for (const mention of mentionsOf(rota))
    if (!known.has(mention.channelId))
      places.set(mention.channelId, [...(places.get(mention.channelId) ?? []), mention]);
  const names = channels.map(({ name }) => name);
  const found = [...places].map(([channelId, [first, ...others]]): LintFinding => {
    const again = others.length === 0 ? '' : ` (named ${others.length + 1} times)`;
    return {
      severity: 'error',
      code: 'unknown_channel',
      message: `there is no notification channel "${channelId}"${again}${hint(channelId, names)}`,
      path: first?.path ?? [],
      span: null,
    };
  });
  const shown = found.slice(0, SHOWN_MAX);
  const last = shown.at(-1);
  const more = found.length - shown.length;
  return more === 0 || last === undefined
    ? shown
    : [...shown, { ...last, message: `there are ${more} more notification channels that do not exist` }];
}

function hint(channelId: string, names: readonly string[]): string {
  if (names.length === 0) return '; there is none yet';
  const nearest = nearestWord(channelId, names);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  const rest = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : '';
  return `; there are ${names.slice(0, NAMES_MAX).join(', ')}${rest}`;
}

/** Every place that names a channel, in the order of the text. */
function mentionsOf({ users, policies }: Rota): readonly Mention[] {
  const ofUsers = [...users.values()].flatMap(({ id, contacts }) =>
    contacts.map(({ channelId }, index) => ({ channelId, path: ['users', id, 'contacts', index] })),
  );
  const ofPolicies = [...policies.values()].flatMap(({ id, steps, lastResort }) =>
    [
      ...steps.map(({ targets }, step) => ({ targets, path: ['steps', step, 'notify'] })),
      { targets: lastResort.targets, path: ['lastResort', 'notify'] },
    ].flatMap(({ targets, path }) =>
      targets.flatMap((target, index) =>
        target.kind === 'channel'
          ? [{ channelId: target.channelId, path: ['policies', id, ...path, index] }]
          : [],
      ),
    ),
  );
  return [...ofUsers, ...ofPolicies];
}
