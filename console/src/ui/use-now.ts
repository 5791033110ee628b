// The present, told again every so often: for countdowns, and for ages in rows.

import { useEffect, useState } from 'react';

/** The wall clock, every `everyMs` while mounted. */
export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

const AGE_STEP_MS = 5_000;

/** The present for ages: in steps of five seconds, so that rows are not drawn again for nothing. */
export function ageNowMs(): number {
  return Math.floor(Date.now() / AGE_STEP_MS) * AGE_STEP_MS;
}
