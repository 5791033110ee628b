// How an incident stands in figures: its clocks, whom it hurts, who has which role.

import { useState } from 'react';
import type { IncidentDetail } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { may, session } from '../session.ts';
import { evidenceText } from '../signal/evidence.ts';
import { explainReason } from '../signal/signal-reasons.ts';
import { TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { tell, tellFailure } from '../ui/toast.tsx';
import { budgetText, clocksOf, isOpen, placeText, spanText, usersText } from './describe-incident.ts';
import type { IncidentScene } from './incident-room.tsx';

interface SceneProps {
  readonly scene: IncidentScene;
}

/** The five moments in a row, with how long each took from the first harm. */
export function Clocks({ scene: { incident, nowMs } }: SceneProps) {
  const clocks = clocksOf(incident);
  const began = incident.impactReasons.map((reason) => explainReason(reason).text).join('; ');
  const nextIndex = isOpen(incident) ? clocks.findIndex(({ atMs }) => atMs === null) : -1;
  return (
    <ol className="card clocks" aria-label="Clocks">
      {clocks.map(({ name, note, atMs, afterMs }, index) => (
        <li key={name} className={atMs === null ? 'is-ahead' : undefined}>
          <span className="clock-name">{name}</span>
          <span className="clock-value">
            {atMs === null
              ? index === nextIndex
                ? spanText(nowMs - incident.impactStartedAtMs)
                : '–'
              : index === 0
                ? formatClock(atMs)
                : `+${spanText(afterMs ?? 0)}`}
          </span>
          <span className="faint small" title={atMs === null ? undefined : formatDateTime(atMs)}>
            {atMs === null
              ? index === nextIndex
                ? 'and not yet'
                : `once ${note}`
              : index === 0
                ? began === ''
                  ? note
                  : began
                : `${formatClock(atMs)}, ${note}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Whom it hurts, and where. */
export function Impact({ scene: { incident, nowMs } }: SceneProps) {
  const { impact, labels, resolvesAtMs, resolution } = incident;
  return (
    <section className="card" aria-label="Impact">
      <div className="card-head">
        <h2>Impact</h2>
        <span className="soft small">{placeText(labels)}</span>
      </div>
      <dl className="impact">
        <div>
          <dt>Users hurt</dt>
          <dd title={impact.users === null ? 'Neither an alert nor telemetry counts them' : undefined}>
            {usersText(impact.users)}
          </dd>
        </div>
        <div>
          <dt>Budget burnt</dt>
          <dd>{budgetText(impact.budgetShare)}</dd>
        </div>
        <div>
          <dt>Burn rate</dt>
          <dd>{impact.burnRate === null ? '–' : evidenceText(impact.burnRate, '×')}</dd>
        </div>
      </dl>
      {resolvesAtMs !== null && (
        <p className="impact-note soft small">
          All alerts are quiet. It resolves by itself in {spanText(Math.max(0, resolvesAtMs - nowMs))} unless
          one comes back.
        </p>
      )}
      {resolution !== null && <p className="impact-note soft small">End: {resolution}</p>}
    </section>
  );
}

type Role = keyof IncidentDetail['roles'];
const ROLES: readonly { readonly role: Role; readonly name: string; readonly does: string }[] = [
  { role: 'commander', name: 'Commander', does: 'decides' },
  { role: 'scribe', name: 'Scribe', does: 'writes down' },
  { role: 'communications', name: 'Communications', does: 'tells others' },
];

/** Who has which role. */
export function Roles({ scene }: SceneProps) {
  const [giving, setGiving] = useState<Role>();
  const { incident, refresh } = scene;
  const canChange = may('operator') && isOpen(incident);
  const mine = useStore(session);
  const ownName = mine.kind === 'in' ? mine.identity.name : '';
  const give = async (role: Role, person: string | null): Promise<void> => {
    const before = incident.roles[role];
    const params = { incidentId: incident.id, role };
    const put = (who: string | null) =>
      call('PUT /v1/incidents/{incidentId}/roles/{role}', { params, body: { person: who } });
    await put(person);
    refresh();
    const undo = async (): Promise<void> => {
      try {
        await put(before);
        refresh();
      } catch (error) {
        tellFailure('That could not be undone', error);
      }
    };
    tell(person === null ? `Nobody is ${role} any more` : `${person} is ${role}`, {
      label: 'Undo',
      run: () => undo(),
    });
  };
  return (
    <section className="card" aria-label="Roles">
      <div className="card-head">
        <h2>Roles</h2>
      </div>
      <ul className="roles">
        {ROLES.map(({ role, name, does }) => (
          <li key={role}>
            <span>
              <span className="strong">{name}</span> <span className="faint small">{does}</span>
            </span>
            <span className="row">
              <span className={incident.roles[role] === null ? 'faint' : undefined}>
                {incident.roles[role] ?? 'nobody'}
              </span>
              {canChange && (
                <button
                  type="button"
                  className="icon-button small"
                  aria-label={`Give the role of ${name.toLowerCase()}`}
                  title="Give it to somebody"
                  onClick={() => setGiving(role)}
                >
                  <Icon name="pencil" />
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {giving !== undefined && (
        <RoleDialog
          role={giving}
          holder={incident.roles[giving]}
          ownName={ownName}
          onGive={(person) => give(giving, person)}
          onClose={() => setGiving(undefined)}
        />
      )}
    </section>
  );
}

interface RoleDialogProps {
  readonly role: Role;
  readonly holder: string | null;
  readonly ownName: string;
  readonly onGive: (person: string | null) => Promise<void>;
  readonly onClose: () => void;
}

function RoleDialog({ role, holder, ownName, onGive, onClose }: RoleDialogProps) {
  const [person, setPerson] = useState(holder ?? ownName);
  const give = async (): Promise<void> => {
    await onGive(person.trim() === '' ? null : person.trim());
    onClose();
  };
  return (
    <FormDialog
      title={`Who is ${role}?`}
      action={person.trim() === '' ? 'Nobody' : 'Give the role'}
      onSubmit={give}
      onClose={onClose}
    >
      <TextField
        id="role-person"
        label="Name"
        hint="Empty: nobody"
        lengthMax={128}
        isFirst
        value={person}
        onChange={setPerson}
      />
    </FormDialog>
  );
}
