// Reasons of decisions in words. A code that this console does not know is shown as it is, with its numbers: an older
// console must not hide what a newer control plane says.

import type { Reason } from '../../../src/contract/snapshot.ts';

/** A sentence made of the subject and the numbers compared. */
export type Sentence = (subject: string, values: Readonly<Record<string, number>>) => string;

export interface ReasonText {
  readonly text: string;
  /** Shown raw, in a fixed-width face. */
  readonly isRaw: boolean;
}

/** A reason as a sentence, by the sentences of its field. */
export function sentenceOf(sentences: Readonly<Record<string, Sentence>>, reason: Reason): ReasonText {
  const sentence = sentences[reason.code];
  if (sentence !== undefined) return { text: sentence(reason.subject, reason.values), isRaw: false };
  const numbers = Object.entries(reason.values).map(([name, value]) => `${name}=${value}`);
  return { text: [reason.code, reason.subject, ...numbers].join(' '), isRaw: true };
}
