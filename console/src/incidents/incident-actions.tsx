// What can be done with an incident: take it, page again, change what people know better, merge, end, reopen. What others
// feel is asked first; what can be taken back says so afterwards.

import { useState } from 'react';
import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { fromInput, toInput } from '../oncall/describe-oncall.ts';
import { may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useLive } from '../ui/use-live.ts';
import { isOpen, SEVERITIES, SEVERITY_WORDS } from './describe-incident.ts';
import type { IncidentScene } from './incident-room.tsx';

type OpenDialog = 'escalate' | 'change' | 'merge' | 'resolve' | 'reopen';
const OPEN_MS = 10_000;
const OPEN_MAX = 200;
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The buttons; nothing for those who may only look. */
export function IncidentActions({ scene }: { readonly scene: IncidentScene }) {
  const [dialog, setDialog] = useState<OpenDialog>();
  const { incident, refresh } = scene;
  const params = { incidentId: incident.id };
  const acknowledge = useAsked(async () => {
    try {
      await call('POST /v1/incidents/{incidentId}/acknowledge', { params });
      tell('It is yours; nobody else is paged');
    } catch (error) {
      tellFailure('It could not be acknowledged', error);
    }
    refresh();
  }, true);
  if (!may('operator') || incident.state === 'merged') return null;
  const close = (): void => setDialog(undefined);
  const dialogProps = { scene, onClose: close };
  return (
    <>
      {incident.state === 'open' && (
        <button
          type="button"
          className="button compact primary"
          disabled={acknowledge.isBusy}
          onClick={acknowledge.ask}
        >
          <Icon name="check" />
          Acknowledge
        </button>
      )}
      {isOpen(incident) ? (
        <>
          <button type="button" className="button compact" onClick={() => setDialog('escalate')}>
            <Icon name="bell" />
            Escalate…
          </button>
          <button type="button" className="button compact" onClick={() => setDialog('resolve')}>
            Resolve…
          </button>
          <MenuButton
            label="More actions"
            items={[
              { label: 'Change…', icon: 'pencil', onSelect: () => setDialog('change') },
              { label: 'Merge into…', icon: 'merge', onSelect: () => setDialog('merge'), isDanger: true },
            ]}
          />
        </>
      ) : (
        <button type="button" className="button compact" onClick={() => setDialog('reopen')}>
          <Icon name="restore" />
          Reopen…
        </button>
      )}
      {dialog === 'escalate' && <EscalateDialog {...dialogProps} />}
      {dialog === 'change' && <ChangeDialog {...dialogProps} />}
      {dialog === 'merge' && <MergeDialog {...dialogProps} />}
      {dialog === 'resolve' && <ResolveDialog {...dialogProps} />}
      {dialog === 'reopen' && <ReopenDialog {...dialogProps} />}
    </>
  );
}

interface ActionDialogProps {
  readonly scene: IncidentScene;
  readonly onClose: () => void;
}

function EscalateDialog({ scene: { incident, refresh }, onClose }: ActionDialogProps) {
  const rota = useLive('oncall', 'rota', (signal) => call('GET /v1/oncall', {}, signal), OPEN_MS);
  const [policyId, setPolicyId] = useState('');
  const [reason, setReason] = useState('');
  const escalate = async (): Promise<void> => {
    await call('POST /v1/incidents/{incidentId}/escalate', {
      params: { incidentId: incident.id },
      body: { reason: reason.trim(), ...(policyId === '' ? {} : { escalationPolicyId: policyId }) },
    });
    tell('People are paged');
    refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Page again"
      action="Page"
      busy="Paging…"
      isComplete={reason.trim() !== ''}
      onSubmit={escalate}
      onClose={onClose}
    >
      <p className="soft">The policy begins at its first step, also when somebody has taken it already.</p>
      <SelectField
        id="escalate-policy"
        label="By"
        options={[
          { value: '', label: 'The policy that it has' },
          ...(rota.data?.policies ?? []).map(({ id }) => ({ value: id, label: id })),
        ]}
        value={policyId}
        onChange={setPolicyId}
      />
      <TextField
        id="escalate-reason"
        label="Why"
        hint="It stands on the timeline"
        lengthMax={4_000}
        isFirst
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}

function ChangeDialog({ scene: { incident, refresh }, onClose }: ActionDialogProps) {
  const [title, setTitle] = useState(incident.title);
  const [severity, setSeverity] = useState<string>(incident.severity);
  const [began, setBegan] = useState(toInput(incident.impactStartedAtMs, LOCAL_ZONE));
  const params = { incidentId: incident.id };
  const beganMs = fromInput(began, LOCAL_ZONE);
  const isBeganChanged = began !== toInput(incident.impactStartedAtMs, LOCAL_ZONE);
  const wanted = SEVERITIES.find((one) => one === severity) ?? incident.severity;
  const body = {
    ...(title.trim() === incident.title ? {} : { title: title.trim() }),
    ...(wanted === incident.severity ? {} : { severity: wanted }),
    ...(isBeganChanged && beganMs !== undefined ? { impactStartedAtMs: beganMs } : {}),
  };
  const change = async (): Promise<void> => {
    await call('PATCH /v1/incidents/{incidentId}', { params, body });
    const before = {
      ...('title' in body ? { title: incident.title } : {}),
      ...('severity' in body ? { severity: incident.severity } : {}),
      ...('impactStartedAtMs' in body ? { impactStartedAtMs: incident.impactStartedAtMs } : {}),
    };
    const undo = async (): Promise<void> => {
      try {
        await call('PATCH /v1/incidents/{incidentId}', { params, body: before });
        refresh();
      } catch (error) {
        tellFailure('That could not be undone', error);
      }
    };
    tell('Changed', { label: 'Undo', run: () => undo() });
    refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Change the incident"
      action="Change"
      isComplete={title.trim() !== '' && beganMs !== undefined && Object.keys(body).length > 0}
      onSubmit={change}
      onClose={onClose}
    >
      <TextField id="change-title" label="Title" lengthMax={200} value={title} onChange={setTitle} />
      <SelectField
        id="change-severity"
        label="Severity"
        hint="Once a person sets it, it is no longer judged by the numbers"
        options={SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))}
        value={severity}
        onChange={setSeverity}
      />
      <TextField
        id="change-began"
        label="Users felt it from"
        type="datetime-local"
        hint={`Now: ${formatDateTime(incident.impactStartedAtMs)}. All clocks count from here.`}
        isInvalid={beganMs === undefined}
        value={began}
        onChange={setBegan}
      />
    </FormDialog>
  );
}

function MergeDialog({ scene: { incident }, onClose }: ActionDialogProps) {
  const others = useLive(
    'incidents',
    'live',
    (signal) => call('GET /v1/incidents', { query: { state: 'live', limit: OPEN_MAX } }, signal),
    OPEN_MS,
  );
  const options = (others.data?.incidents ?? []).filter(({ id }) => id !== incident.id);
  const [chosen, setChosen] = useState('');
  const into = chosen === '' ? (options[0]?.id ?? '') : chosen;
  const merge = async (): Promise<void> => {
    const body = { into };
    await call('POST /v1/incidents/{incidentId}/merge', { params: { incidentId: incident.id }, body });
    tell('Merged');
    onClose();
    navigate('incidents', into);
  };
  return (
    <QuestionDialog
      title="Merge into another incident"
      action="Merge"
      isDanger
      isBlocked={into === ''}
      onConfirm={merge}
      onClose={onClose}
    >
      <p className="soft">
        Its alerts and its timeline move there, and its pages stop. This cannot be taken back.
      </p>
      {others.data !== undefined && options.length === 0 ? (
        <p>No other incident is open.</p>
      ) : (
        <SelectField
          id="merge-into"
          label="Into"
          options={options.map((other: IncidentView) => ({
            value: other.id,
            label: `${SEVERITY_WORDS[other.severity]} · ${other.title}`,
          }))}
          value={into}
          onChange={setChosen}
        />
      )}
    </QuestionDialog>
  );
}

function ResolveDialog({ scene: { incident, refresh }, onClose }: ActionDialogProps) {
  const [reason, setReason] = useState('');
  const params = { incidentId: incident.id };
  const resolve = async (): Promise<void> => {
    await call('POST /v1/incidents/{incidentId}/resolve', { params, body: { reason: reason.trim() } });
    tell('Resolved; pages stop');
    refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Resolve the incident"
      action="Resolve"
      busy="Resolving…"
      isComplete={reason.trim() !== ''}
      onSubmit={resolve}
      onClose={onClose}
    >
      <p className="soft">
        Pages stop, and what the public was told ends.
        {incident.firingCount > 0 && ' It will not be reopened by the alerts that go on.'}
      </p>
      {incident.firingCount > 0 && (
        <div className="notice warn">
          <Icon name="warning" />
          <div>
            <strong>
              {incident.firingCount === 1 ? 'One alert fires' : `${incident.firingCount} alerts fire`} still
            </strong>
          </div>
        </div>
      )}
      <TextField
        id="resolve-reason"
        label="What ended it"
        placeholder="Rolled back 1.4.2"
        lengthMax={4_000}
        isFirst
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}

function ReopenDialog({ scene: { incident, refresh }, onClose }: ActionDialogProps) {
  const [reason, setReason] = useState('');
  const reopen = async (): Promise<void> => {
    const params = { incidentId: incident.id };
    await call('POST /v1/incidents/{incidentId}/reopen', { params, body: { reason: reason.trim() } });
    tell('Reopened; people are paged again');
    refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Reopen the incident"
      action="Reopen and page"
      busy="Reopening…"
      isComplete={reason.trim() !== ''}
      onSubmit={reopen}
      onClose={onClose}
    >
      <p className="soft">People are paged again, from the first step on.</p>
      <TextField
        id="reopen-reason"
        label="Why"
        lengthMax={4_000}
        isFirst
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}
