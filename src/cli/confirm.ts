// A question before something that cannot be undone.

import { createInterface } from 'node:readline/promises';
import { refuse } from './command.ts';

/** Asks whoever sits at the terminal; without one the command is refused with `unaskable`, since scripts say --yes. */
export async function confirm(question: string, unaskable: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw refuse(unaskable);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
