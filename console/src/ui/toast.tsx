// Short news at the bottom: what was done, or could not be. Read aloud by screen readers.

import { createStore, useStore } from './store.ts';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}

/** Long enough to read a sentence; failures stay longer since they ask for something. */
const SHOWN_MS = 3_500;
const SHOWN_BAD_MS = 8_000;

const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;

function show(text: string, isBad: boolean): void {
  lastId += 1;
  const id = lastId;
  toasts.update((current) => [...current.slice(-2), { id, text, isBad }]);
  setTimeout(
    () => toasts.update((current) => current.filter((toast) => toast.id !== id)),
    isBad ? SHOWN_BAD_MS : SHOWN_MS,
  );
}

/** Says what was done. */
export function tell(text: string): void {
  show(text, false);
}

/** Says what could not be done, and what to do about it. */
export function tellFailure(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const action =
    error instanceof Error && 'action' in error && typeof error.action === 'string' ? ` ${error.action}` : '';
  show(`${what}: ${reason}${action}`, true);
}

/** Where toasts appear. */
export function Toasts() {
  const current = useStore(toasts);
  return (
    <div className="toasts" aria-live="polite" aria-atomic="false">
      {current.map((toast) => (
        <div key={toast.id} className={toast.isBad ? 'toast bad' : 'toast'}>
          {toast.text}
        </div>
      ))}
    </div>
  );
}
