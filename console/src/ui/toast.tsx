// Short news at the bottom: what was done, or could not be. Read aloud by screen readers.

import { createStore, useStore } from './store.ts';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
  readonly action?: ToastAction | undefined;
}

/** What can be done about it on the spot. */
export interface ToastAction {
  readonly label: string;
  readonly run: () => unknown;
}

/** Long enough to read a sentence; failures stay longer since they ask for something. */
const SHOWN_MS = 3_500;
const SHOWN_BAD_MS = 8_000;
/** Long enough to notice a mistake and to reach the button. */
const SHOWN_ACTION_MS = 10_000;

const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;

function show(text: string, isBad: boolean, action?: ToastAction): void {
  lastId += 1;
  const id = lastId;
  toasts.update((current) => [...current.slice(-2), { id, text, isBad, action }]);
  const shownMs = isBad ? SHOWN_BAD_MS : action === undefined ? SHOWN_MS : SHOWN_ACTION_MS;
  setTimeout(() => dismiss(id), shownMs);
}

function dismiss(id: number): void {
  toasts.update((current) => current.filter((toast) => toast.id !== id));
}

/** Says what was done. */
export function tell(text: string, action?: ToastAction): void {
  show(text, false, action);
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
          <span>{toast.text}</span>
          {toast.action !== undefined && (
            <button
              type="button"
              onClick={() => {
                dismiss(toast.id);
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
