// Dialogs, on the browser's own <dialog>: it traps focus, makes the rest inert, closes on Escape and
// gives the focus back to whatever opened it.

import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly isWide?: boolean;
  /** With it the dialog is a form: Enter submits. */
  readonly onSubmit?: () => void;
}

/** A modal dialog, open as long as it is rendered. */
export function Dialog({ title, onClose, children, footer, isWide = false, onSubmit }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) return;
    const opener = document.activeElement;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-first-focus]')?.focus();
    return () => {
      dialog.close();
      // What opened it may be gone (a deleted row); then the page's own order decides.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  const content = (
    <>
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
      {footer !== undefined && <div className="dialog-foot">{footer}</div>}
    </>
  );
  return (
    <dialog
      ref={element}
      className={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {onSubmit === undefined ? content : <form onSubmit={submit}>{content}</form>}
    </dialog>
  );
}

/** What went wrong and what to do about it, in place. */
export function ErrorNotice({ error }: { readonly error: Error }) {
  const action = 'action' in error && typeof error.action === 'string' ? error.action : undefined;
  return (
    <div className="notice bad" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{error.message}</strong>
        {action !== undefined && <div className="soft">{action}</div>}
      </div>
    </div>
  );
}
