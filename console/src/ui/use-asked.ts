// Runs what a dialog asked for: once at a time, with its failure kept for showing.

import { useState } from 'react';

export interface Asked {
  readonly isBusy: boolean;
  readonly error: Error | undefined;
  readonly ask: () => void;
  /** Drops the failure, when what it was about is settled. */
  readonly forget: () => void;
}

/**
 * After a success the dialog is closed by whoever opened it, so it stays busy until then; what goes on and may be asked
 * again is repeatable.
 */
export function useAsked(run: () => Promise<void>, isRepeatable = false): Asked {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const ask = async (): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      await run();
      if (isRepeatable) setIsBusy(false);
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return { isBusy, error, ask: () => void ask(), forget: () => setError(undefined) };
}
