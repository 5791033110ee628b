// Whether the trail is what was written: control checks its chain page by page.

import { call } from '../api.ts';

export interface ChainState {
  /** Entries that are right, from the first one on. */
  readonly verifiedUntil: number;
  /** What is wrong with the next one. */
  readonly problem: string | null;
}

/** Pages of a visit: of 5,000 entries and some hundred milliseconds of control each. The rest is for the command line. */
const PAGES_MAX = 20;

/** Checks the chain from its beginning. */
export async function checkChain(signal: AbortSignal): Promise<ChainState> {
  let after = 0;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { problem, nextAfter, head } = await call('GET /v1/audit/verify', { query: { after } }, signal);
    if (problem !== null)
      return { verifiedUntil: Math.max(0, problem.position - 1), problem: problem.message };
    if (nextAfter === null) return { verifiedUntil: head.position, problem: null };
    after = nextAfter;
  }
  return { verifiedUntil: after, problem: null };
}
