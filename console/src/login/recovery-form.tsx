// The way in when nothing else opens: a recovery code from paper, who uses it, and why.

import { useState } from 'react';
import { call } from '../api.ts';
import { logIn } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { TextField } from '../ui/fields.tsx';
import { useAsked } from '../ui/use-asked.ts';

const REASON_LENGTH_MIN = 8;

/** The form; `onBack` leads back to the other ways in. */
export function RecoveryForm({ onBack }: { readonly onBack: () => void }) {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const { isBusy, error, ask } = useAsked(async () => {
    const body = { code: code.trim(), name: name.trim(), reason: reason.trim() };
    const { token } = await call('POST /v1/break-glass/recover', { body });
    await logIn(token);
  });
  const isComplete = code.trim() !== '' && name.trim() !== '' && reason.trim().length >= REASON_LENGTH_MIN;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isComplete) ask();
      }}
    >
      <p className="soft small">You become admin for half an hour. Whoever is on call is paged now.</p>
      <TextField
        id="recovery-code"
        label="Recovery code"
        lengthMax={100}
        placeholder="7KQ2M-0F8XA-P3D6T-9XW4T"
        value={code}
        onChange={setCode}
      />
      <TextField id="recovery-name" label="Your name" lengthMax={100} value={name} onChange={setName} />
      <TextField
        id="recovery-reason"
        label="Why"
        lengthMax={500}
        hint="A sentence: it stands in the page and in the audit trail."
        value={reason}
        onChange={setReason}
      />
      {error !== undefined && <ErrorNotice error={error} />}
      <button type="submit" className="button primary login-submit" disabled={isBusy || !isComplete}>
        {isBusy ? 'Breaking the glass…' : 'Break the glass'}
      </button>
      <button type="button" className="button quiet" onClick={onBack}>
        Back
      </button>
    </form>
  );
}
