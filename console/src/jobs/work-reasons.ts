// Why work runs where it does, or waits, in words.

import type { Reason } from '../../../src/contract/snapshot.ts';
import { type ReasonText, type Sentence, sentenceOf } from '../ui/explain-reason.ts';
import { formatAge, formatBytes, plural } from '../ui/format.ts';

type Values = Readonly<Record<string, number>>;

const waited = ({ waitedMs }: Values): string =>
  waitedMs === undefined ? '' : waitedMs < 1_000 ? ', at once' : `, after ${formatAge(waitedMs)}`;

/** " for 0.12 of egress"; nothing while the cost is not known or none. */
const egress = ({ egressCost, sourceGb }: Values): string =>
  egressCost === undefined || egressCost === 0 || sourceGb === undefined
    ? ''
    : ` Copying ${formatBytes(sourceGb * 1e9)} costs ${egressCost.toFixed(egressCost < 0.1 ? 4 : 2)}.`;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  holds_source: (node, values) => `${node}: its region holds the source${waited(values)}.`,
  has_copy: (node, values) => `${node}: it has a copy of the source from before${waited(values)}.`,
  no_holder_alive: (node) => `${node}: no encoder lives in a region that holds the source.`,
  waited: (node, values) =>
    `${node}, from afar: nobody in a region with the source was free${waited(values)}.${egress(values)}`,
  worth_copy: (node, values) =>
    `${node}: ${values.openChunks ?? 0} chunks are left, so a copy of the source is worth while.${egress(values)}`,
  prefers_holder: (_, values) =>
    `It waits for an encoder of a region that holds the source; ${plural(values.livingHolders ?? 0, 'region')} could.`,
  no_free_node: () => 'It waits: no encoder is free.',
  enough_helpers: (_, values) =>
    `It waits: ${values.helpers ?? 0} of ${values.helpersMax ?? 0} encoders help already.`,
  not_worth_copy: (_, values) =>
    `It waits: ${plural(values.openChunks ?? 0, 'chunk')} are too few for another copy of the source.`,
  drained: (node) => `${node} gets no work: its site drains.`,
  paused: (node) => `${node} gets no work: encoding in its region is paused.`,
};

/** The reason as a sentence. */
export function explainPlacement(reason: Reason): ReasonText {
  return sentenceOf(SENTENCES, reason);
}
