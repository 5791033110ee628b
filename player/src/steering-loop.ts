// Keeps asking the edges which pathway to use. Every round tries the edge that steering named and then all others;
// an error never ends it. Decisions are in steering.ts.

import {
  questionUrls,
  readSteering,
  type SteeringAnswer,
  type SteeringQuestion,
  TTL_DEFAULT_MS,
} from './steering.ts';

/** An edge that has not answered within a second is dead for this purpose; there are others. */
const ASK_MAX_MS = 1_000;
/** A round that nobody answered is repeated sooner than a TTL. */
const RETRY_MS = 3_000;
/** Rounds asked for out of turn, after a failure, come no closer together than this. */
const HURRY_MIN_MS = 1_000;

export type SteeringLoopOptions = {
  readonly edgeBaseUrls: () => readonly string[];
  readonly question: () => SteeringQuestion;
  readonly onAnswer: (answer: SteeringAnswer) => void;
};

export type SteeringLoop = {
  readonly start: (url: string) => void;
  /** Asks again now, since a pathway has just failed. */
  readonly hurry: () => void;
  readonly stop: () => void;
};

/** Creates the loop; it rests until it is started with the first steering address. */
export function createSteeringLoop(options: SteeringLoopOptions): SteeringLoop {
  let url: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round: AbortController | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let ttlMs = TTL_DEFAULT_MS;

  const schedule = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      ask().catch(() => schedule(RETRY_MS));
    }, delayMs);
  };

  const ask = async (): Promise<void> => {
    if (url === undefined) return;
    round?.abort();
    const own = new AbortController();
    round = own;
    askedAtMs = performance.now();
    for (const address of questionUrls(url, options.edgeBaseUrls(), options.question())) {
      const answer = await askOne(address, own.signal);
      if (own.signal.aborted) return;
      if (answer === undefined) continue;
      url = answer.reloadUrl ?? url;
      ttlMs = answer.ttlMs;
      options.onAnswer(answer);
      schedule(ttlMs);
      return;
    }
    schedule(Math.min(ttlMs, RETRY_MS));
  };

  return {
    start: (first) => {
      url = first;
      schedule(0);
    },
    hurry: () => {
      if (url !== undefined) schedule(Math.max(0, HURRY_MIN_MS - (performance.now() - askedAtMs)));
    },
    stop: () => {
      clearTimeout(timer);
      round?.abort();
      url = undefined;
    },
  };
}

async function askOne(address: string, signal: AbortSignal): Promise<SteeringAnswer | undefined> {
  try {
    const response = await fetch(address, {
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MAX_MS)]),
    });
    return response.ok ? readSteering(await response.json(), address) : undefined;
  } catch {
    return undefined;
  }
}
