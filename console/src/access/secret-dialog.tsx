// Shows a secret once.

import { CopyText } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';

interface SecretDialogProps {
  readonly title: string;
  readonly secret: string;
  readonly what: string;
  readonly note: string;
  readonly onClose: () => void;
}

/** The secret, a button to copy it, and the word that it will not be shown again. */
export function SecretDialog({ title, secret, what, note, onClose }: SecretDialogProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isWide
      footer={
        <button type="button" className="button primary" onClick={onClose}>
          I have kept it
        </button>
      }
    >
      <div className="notice warn">
        <Icon name="warning" />
        <div>
          <strong>Copy it now: it is shown only this once.</strong>
          <div className="soft">{note}</div>
        </div>
      </div>
      <CopyText text={secret} what={what} />
    </Dialog>
  );
}
