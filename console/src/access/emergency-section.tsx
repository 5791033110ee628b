// The emergency exit: break the glass, who did, and the recovery codes on paper.

import { useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { may, refreshIdentity, session } from '../session.ts';
import { CopyText } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useStore } from '../ui/store.ts';
import { tell } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';

type Glass = ApiResult<'GET /v1/break-glass'>['active'][number];

const REFRESH_MS = 5_000;
/** As `POST /v1/break-glass` takes it. */
const REASON_LENGTH_MIN = 8;
const MINUTES = [15, 30, 60].map((minutes) => ({
  value: String(minutes * 60_000),
  label: `${minutes} minutes`,
}));
const MINUTES_DEFAULT = String(30 * 60_000);

/** The section. */
export function EmergencySection() {
  const state = useStore(session);
  const [isBreaking, setIsBreaking] = useState(false);
  const glass = usePolled('glass', (signal) => call('GET /v1/break-glass', {}, signal), REFRESH_MS);
  const isBroken = state.kind === 'in' && state.identity.breakGlass !== null;
  const rows = glass.data === undefined ? undefined : [...glass.data.active, ...glass.data.ended];
  return (
    <>
      <section className="card" aria-label="Break-glass">
        <div className="card-head">
          <span className="soft">
            In an emergency an operator becomes admin for an hour at most. Whoever is on call is paged, and
            everybody sees it.
          </span>
          {may('operator') && !may('admin') && (
            <button type="button" className="button danger compact" onClick={() => setIsBreaking(true)}>
              <Icon name="warning" />
              Break the glass
            </button>
          )}
        </div>
        {rows === undefined ? (
          glass.error === undefined ? (
            <SkeletonRows count={2} />
          ) : (
            <LoadFailed what="This" error={glass.error} onRetry={() => void glass.refresh()} />
          )
        ) : rows.length === 0 ? (
          <Empty icon="lock" title="The glass is whole">
            Nobody ever had to break it.
          </Empty>
        ) : (
          <GlassTable rows={rows} />
        )}
      </section>
      {may('admin') && !isBroken && <CodesSection />}
      {isBreaking && (
        <BreakDialog
          onClose={() => setIsBreaking(false)}
          onBroken={() => {
            setIsBreaking(false);
            void refreshIdentity();
            void glass.refresh();
          }}
        />
      )}
    </>
  );
}

function GlassTable({ rows }: { readonly rows: readonly Glass[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Who</th>
            <th>Why</th>
            <th>Since</th>
            <th>End</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="strong">
                {row.name}
                {row.how === 'code' && <span className="token-regions soft small">with a recovery code</span>}
              </td>
              <td className="soft">{row.reason}</td>
              <td className="soft nowrap">{formatDateTime(row.startedAtMs)}</td>
              <td className="soft nowrap">
                {row.endedAtMs === null ? (
                  <span className="tag">until {formatDateTime(row.endsAtMs)}</span>
                ) : (
                  `${formatDateTime(row.endedAtMs)}, by ${row.endedBy ?? 'its time'}`
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface BreakDialogProps {
  readonly onClose: () => void;
  readonly onBroken: () => void;
}

function BreakDialog({ onClose, onBroken }: BreakDialogProps) {
  const [reason, setReason] = useState('');
  const [ttl, setTtl] = useState(MINUTES_DEFAULT);
  const submit = async (): Promise<void> => {
    await call('POST /v1/break-glass', { body: { reason: reason.trim(), ttlMs: Number(ttl) } });
    onBroken();
  };
  return (
    <FormDialog
      title="Break the glass"
      action="Become admin"
      busy="Breaking…"
      isComplete={reason.trim().length >= REASON_LENGTH_MIN}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="notice warn">
        <Icon name="warning" />
        <div>
          <strong>Whoever is on call is paged now.</strong>
          <div className="soft">Everybody sees a banner, and what you do is marked in the audit trail.</div>
        </div>
      </div>
      <TextField
        id="glass-reason"
        label="Why"
        isFirst
        lengthMax={500}
        placeholder="What is on fire, and why nobody else can do it"
        hint="A sentence: it stands in the page, the banner and the audit trail."
        value={reason}
        onChange={setReason}
      />
      <SelectField id="glass-ttl" label="At most" options={MINUTES} value={ttl} onChange={setTtl} />
    </FormDialog>
  );
}

function CodesSection() {
  const codes = usePolled('codes', (signal) => call('GET /v1/recovery-codes', {}, signal), REFRESH_MS);
  const [isAsking, setIsAsking] = useState(false);
  const [made, setMade] = useState<readonly string[]>();
  const all = codes.data?.codes ?? [];
  const left = all.filter(({ usedAtMs }) => usedAtMs === null).length;
  const first = all[0];
  return (
    <section className="card" aria-label="Recovery codes">
      <div className="card-head">
        <span className="soft">
          {first === undefined
            ? 'There are no recovery codes yet. On paper, they break the glass when nothing else lets you in.'
            : `${left} of ${all.length} recovery codes are left, made by ${first.createdBy} on ${formatDateTime(first.createdAtMs)}.`}
        </span>
        <button type="button" className="button compact" onClick={() => setIsAsking(true)}>
          <Icon name="key" />
          New codes
        </button>
      </div>
      {isAsking && (
        <QuestionDialog
          title="Make new recovery codes?"
          action="Make codes"
          onClose={() => setIsAsking(false)}
          onConfirm={async () => {
            const answer = await call('POST /v1/recovery-codes', {});
            setIsAsking(false);
            setMade(answer.codes);
            void codes.refresh();
          }}
        >
          <p>Those from before count no longer. The new ones are shown once, to be written on paper.</p>
        </QuestionDialog>
      )}
      {made !== undefined && (
        <Dialog
          title="Recovery codes"
          isWide
          onClose={() => setMade(undefined)}
          footer={
            <button
              type="button"
              className="button primary"
              onClick={() => {
                setMade(undefined);
                tell('Keep the codes where nobody needs Meridian to read them');
              }}
            >
              I have kept them
            </button>
          }
        >
          <div className="notice warn">
            <Icon name="warning" />
            <div>
              <strong>Write them down now: they are shown only this once.</strong>
              <div className="soft">Each opens once, for an hour at most.</div>
            </div>
          </div>
          <CopyText text={made.join('\n')} what="codes" />
        </Dialog>
      )}
    </section>
  );
}
