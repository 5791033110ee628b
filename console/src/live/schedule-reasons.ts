// Why a broadcast is made where it is, in words.

import type { Reason } from '../../../src/contract/snapshot.ts';
import { type ReasonText, type Sentence, sentenceOf } from '../ui/explain-reason.ts';
import { formatAge, formatCount, formatShare } from '../ui/format.ts';

type Values = Readonly<Record<string, number>>;

/** Nought when the publisher is in the same region, or nobody said where it is: nothing to tell then. */
const away = ({ distanceKm = 0 }: Values): string =>
  distanceKm === 0 ? '' : `${formatCount(distanceKm)} km from the publisher, `;

const count = ({ channels = 0, wanted = 0 }: Values): string =>
  channels === 0 ? 'No channel' : `${channels} of ${wanted} channels`;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  stays: (node, { channel }) => `Channel ${channel} stays at ${node}, where it runs well.`,
  placed: (node, values) =>
    `Channel ${values.channel} was placed at ${node}: ${away(values)}${formatShare(values.load ?? 0, 0)} of its slots were taken, ${(values.costPerGb ?? 0).toFixed(3)} per GB.`,
  node_lost: (node, { channel }) => `Channel ${channel} was lost with ${node}.`,
  drained: (node, { channel }) => `Channel ${channel} left ${node}: its site drains.`,
  moved_off: (node, { channel }) =>
    `Channel ${channel} left ${node}: the broadcast was moved off its region.`,
  channel_failed: (node, { channel }) => `Channel ${channel} failed at ${node}.`,
  no_capacity: (_, values) =>
    `${count(values)}: no other region has room, ${values.busy ?? 0} of ${values.slots ?? 0} slots are taken.`,
  one_region: (_, values) => `${count(values)}: there is no other region to put one in.`,
  not_yet: (_, { reserveMs }) =>
    `No channel yet: room is held from ${formatAge(reserveMs ?? 0)} before the planned start.`,
};

/** The reason as a sentence. */
export function explainSchedule(reason: Reason): ReasonText {
  return sentenceOf(SENTENCES, reason);
}
