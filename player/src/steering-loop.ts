// Keeps asking the edges which pathway to use. When to ask is decided in src/core/playback/steering-rounds.ts, what to
// ask in steering.ts; here are the timer and the requests.

import {
  questionUrls,
  readSteering,
  type SteeringAnswer,
  type SteeringQuestion,
} from '../../src/core/playback/steering.ts';
import { initialRounds, type RoundsEvent, stepRounds } from '../../src/core/playback/steering-rounds.ts';

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
  let state = initialRounds();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request: AbortController | undefined;

  const ask = async (address: string): Promise<void> => {
    const own = new AbortController();
    request = own;
    const answer = await askOne(address, own.signal);
    if (!own.signal.aborted) step({ type: 'answered', answer });
  };

  const step = (event: RoundsEvent): void => {
    const next = stepRounds(state, event, performance.now());
    state = next.state;
    clearTimeout(timer);
    if (Number.isFinite(next.wakeAtMs))
      timer = setTimeout(() => step({ type: 'wake' }), Math.max(0, next.wakeAtMs - performance.now()));
    for (const effect of next.effects) {
      if (effect.type === 'cancel') request?.abort();
      else if (effect.type === 'steered') options.onAnswer(effect.answer);
      else if (effect.type === 'ask') ask(effect.address).catch(() => undefined);
      else {
        const addresses = questionUrls(effect.url, options.edgeBaseUrls(), options.question());
        step({ type: 'addresses', addresses });
      }
    }
  };

  return {
    start: (url) => step({ type: 'start', url }),
    hurry: () => step({ type: 'hurry' }),
    stop: () => step({ type: 'stop' }),
  };
}

async function askOne(address: string, signal: AbortSignal): Promise<SteeringAnswer | undefined> {
  try {
    const response = await fetch(address, { credentials: 'omit', cache: 'no-store', signal });
    return response.ok ? readSteering(await response.json(), address) : undefined;
  } catch {
    return undefined;
  }
}
