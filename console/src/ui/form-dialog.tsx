// The frame of every dialog that asks for something: Cancel, a button that says what it does, the failure in place.
// And the one of every question.

import type { ReactNode } from 'react';
import { Dialog, ErrorNotice } from './dialog.tsx';
import { useAsked } from './use-asked.ts';

interface FormDialogProps {
  readonly title: string;
  /** What the button does: "Add webhook". */
  readonly action: string;
  /** What it says meanwhile. */
  readonly busy?: string;
  /** Whether everything needed was given. */
  readonly isComplete?: boolean;
  readonly isWide?: boolean;
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A form in a dialog; `onSubmit` closes it when it succeeds. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, busy = 'Saving…', isComplete = true, isWide = false, onClose, children } = props;
  const { isBusy, error, ask } = useAsked(props.onSubmit);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isWide={isWide}
      onSubmit={() => {
        if (isComplete) ask();
      }}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isBusy || !isComplete}>
            {isBusy ? busy : action}
          </button>
        </>
      }
    >
      {children}
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}

interface QuestionDialogProps {
  readonly title: string;
  readonly action: string;
  readonly isDanger?: boolean;
  /** Whether it cannot be confirmed now. */
  readonly isBlocked?: boolean;
  readonly isWide?: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Asks before what others will feel, or what cannot be taken back; `onConfirm` closes it when it succeeds. */
export function QuestionDialog(props: QuestionDialogProps) {
  const { title, action, isDanger = false, isBlocked = false, isWide = false, onClose, children } = props;
  const { isBusy, error, ask } = useAsked(props.onConfirm);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isWide={isWide}
      footer={
        <>
          <button type="button" className="button" data-first-focus onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className={isDanger ? 'button danger' : 'button primary'}
            disabled={isBusy || isBlocked}
            onClick={ask}
          >
            {isBusy ? 'Working…' : action}
          </button>
        </>
      }
    >
      {children}
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}
