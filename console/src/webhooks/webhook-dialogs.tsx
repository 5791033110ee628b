// Replay of a span of time, a new secret, and removal: each with its question.

import { useState } from 'react';
import type { WebhookView } from '../../../src/contract/api/events.ts';
import { call } from '../api.ts';
import { navigate } from '../shell/router.ts';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { plural } from '../ui/format.ts';
import { tell } from '../ui/toast.tsx';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a field for a local time takes: "2026-05-03T14:00". */
function localTime(atMs: number): string {
  const zoneMs = new Date(atMs).getTimezoneOffset() * 60_000;
  return new Date(atMs - zoneMs).toISOString().slice(0, 16);
}

interface ReplayDialogProps {
  readonly webhook: WebhookView;
  readonly onClose: () => void;
  readonly onQueued: () => void;
}

/** Asks for a span of time and delivers it once more. */
export function ReplayDialog({ webhook, onClose, onQueued }: ReplayDialogProps) {
  const [from, setFrom] = useState(() => localTime(Date.now() - DAY_MS));
  const [to, setTo] = useState('');
  const [which, setWhich] = useState<'failed' | 'all'>('failed');
  const replay = async (): Promise<void> => {
    const toMs = to === '' ? Date.now() : Date.parse(to);
    const { count } = await call('POST /v1/webhooks/{webhookId}/replay', {
      params: { webhookId: webhook.id },
      body: { fromMs: Date.parse(from), toMs, which },
    });
    tell(count === 0 ? 'There was nothing to replay' : `${plural(count, 'event')} delivered once more`);
    onQueued();
  };
  return (
    <FormDialog
      title="Replay a span of time"
      action="Replay"
      busy="Working…"
      isComplete={from !== ''}
      onSubmit={replay}
      onClose={onClose}
    >
      <div className="field-pair">
        <div className="field">
          <label htmlFor="replay-from">From</label>
          <input
            id="replay-from"
            className="input"
            type="datetime-local"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor="replay-to">To</label>
          <input
            id="replay-to"
            className="input"
            type="datetime-local"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
          <span className="field-hint">Empty: until now</span>
        </div>
      </div>
      <WhichEvents value={which} onChange={setWhich} />
      <p className="soft small">
        Each keeps its webhook-id, so a receiver that remembers ids takes only what it missed.
      </p>
    </FormDialog>
  );
}

interface WhichEventsProps {
  readonly value: 'failed' | 'all';
  readonly onChange: (which: 'failed' | 'all') => void;
}

function WhichEvents({ value, onChange }: WhichEventsProps) {
  return (
    <fieldset className="choices">
      <legend className="field-label">Which events</legend>
      <label className="checkbox">
        <input type="radio" name="which" checked={value === 'failed'} onChange={() => onChange('failed')} />
        <span>
          Those given up <span className="faint">deliveries that failed for a day</span>
        </span>
      </label>
      <label className="checkbox">
        <input type="radio" name="which" checked={value === 'all'} onChange={() => onChange('all')} />
        <span>
          All <span className="faint">also those delivered, and from before this webhook was added</span>
        </span>
      </label>
    </fieldset>
  );
}

const OVERLAPS = [
  { label: 'None: the old one ends now', overlapMs: 0 },
  { label: 'An hour', overlapMs: HOUR_MS },
  { label: 'A day', overlapMs: DAY_MS },
  { label: 'A week', overlapMs: 7 * DAY_MS },
] as const;

interface RotateDialogProps {
  readonly webhook: WebhookView;
  readonly onClose: () => void;
  readonly onRotated: (secret: string, previousUntilMs: number | null) => void;
}

/** Asks how long the old secret goes on, and makes a new one. */
export function RotateDialog({ webhook, onClose, onRotated }: RotateDialogProps) {
  const [overlapMs, setOverlapMs] = useState<number>(DAY_MS);
  const rotate = async (): Promise<void> => {
    const made = await call('POST /v1/webhooks/{webhookId}/rotate-secret', {
      params: { webhookId: webhook.id },
      body: { overlapMs },
    });
    onRotated(made.secret, made.webhook.previousSecretUntilMs);
  };
  return (
    <QuestionDialog title="Make a new secret?" action="Make secret" onConfirm={rotate} onClose={onClose}>
      <p>During the overlap every request carries both signatures, so the receiver may change at any time.</p>
      <div className="field">
        <label htmlFor="rotate-overlap">The old secret signs as well for</label>
        <select
          id="rotate-overlap"
          className="input"
          value={overlapMs}
          onChange={(event) => setOverlapMs(Number(event.target.value))}
        >
          {OVERLAPS.map((option) => (
            <option key={option.label} value={option.overlapMs}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
    </QuestionDialog>
  );
}

interface RemoveDialogProps {
  readonly webhook: WebhookView;
  readonly onClose: () => void;
}

/** Asks before a webhook is gone. */
export function RemoveDialog({ webhook, onClose }: RemoveDialogProps) {
  const remove = async (): Promise<void> => {
    await call('DELETE /v1/webhooks/{webhookId}', { params: { webhookId: webhook.id } });
    tell('The webhook was removed');
    navigate('webhooks');
  };
  return (
    <QuestionDialog
      title="Remove this webhook?"
      action="Remove"
      isDanger
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{webhook.url}</strong> is told nothing any more
        {webhook.waitingCount > 0 && `, and ${plural(webhook.waitingCount, 'waiting event')} will not arrive`}
        . Its deliveries are removed with it. This cannot be undone.
      </p>
    </QuestionDialog>
  );
}
