// What is to be done so that it does not happen again: who, until when, done.

import { useState } from 'react';
import type { ActionItem } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { fromInput, toInput } from '../oncall/describe-oncall.ts';
import { may } from '../session.ts';
import { TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import type { IncidentScene } from './incident-room.tsx';

const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const DUE_AFTER_MS = 14 * 86_400_000;
const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** The card. */
export function ActionItemsSection({ scene }: { readonly scene: IncidentScene }) {
  const { incident, refresh } = scene;
  const [edited, setEdited] = useState<ActionItem | 'new'>();
  const mayChange = may('operator');
  const setState = async (item: ActionItem, state: ActionItem['state']): Promise<void> => {
    const patch = (to: ActionItem['state']) =>
      call('PATCH /v1/action-items/{itemId}', { params: { itemId: item.id }, body: { state: to } });
    try {
      await patch(state);
      tell(state === 'open' ? 'Open again' : state === 'done' ? 'Done' : 'Dropped', {
        label: 'Undo',
        run: () => patch(item.state).then(refresh, (error: unknown) => tellFailure('Not undone', error)),
      });
    } catch (error) {
      tellFailure('That could not be changed', error);
    }
    refresh();
  };
  return (
    <section className="card" aria-label="Action items">
      <div className="card-head">
        <h2>Action items</h2>
        {mayChange && incident.state !== 'merged' && (
          <button type="button" className="button compact" onClick={() => setEdited('new')}>
            <Icon name="plus" />
            Add
          </button>
        )}
      </div>
      {incident.actionItems.length === 0 ? (
        <p className="card-body soft">Nothing is to be done yet.</p>
      ) : (
        <ul className="action-items">
          {incident.actionItems.map((item) => (
            <li key={item.id} className={item.state === 'open' ? undefined : 'is-over'}>
              <input
                type="checkbox"
                aria-label={`Done: ${item.title}`}
                checked={item.state === 'done'}
                disabled={!mayChange || item.state === 'dropped'}
                onChange={(event) => void setState(item, event.target.checked ? 'done' : 'open')}
              />
              <div className="grow">
                <div className="item-title">{item.title}</div>
                <div className="faint small">
                  {item.owner}, due{' '}
                  <span className={item.isOverdue ? 'is-bad' : undefined}>
                    {dates.format(item.dueAtMs)}
                    {item.isOverdue && ', overdue'}
                  </span>
                  {item.state === 'dropped' && ', dropped'}
                </div>
              </div>
              {mayChange && (
                <MenuButton
                  label={`Actions for ${item.title}`}
                  items={[
                    { label: 'Change…', icon: 'pencil', onSelect: () => setEdited(item) },
                    item.state === 'dropped'
                      ? { label: 'Open again', icon: 'restore', onSelect: () => void setState(item, 'open') }
                      : {
                          label: 'Drop',
                          icon: 'close',
                          isDanger: true,
                          onSelect: () => void setState(item, 'dropped'),
                        },
                  ]}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {edited !== undefined && (
        <ItemDialog scene={scene} item={edited} onClose={() => setEdited(undefined)} />
      )}
    </section>
  );
}

interface ItemDialogProps {
  readonly scene: IncidentScene;
  readonly item: ActionItem | 'new';
  readonly onClose: () => void;
}

function ItemDialog({ scene: { incident, nowMs, refresh }, item, onClose }: ItemDialogProps) {
  const isNew = item === 'new';
  const [title, setTitle] = useState(isNew ? '' : item.title);
  const [owner, setOwner] = useState(isNew ? (incident.roles.commander ?? '') : item.owner);
  const [due, setDue] = useState(
    toInput(isNew ? nowMs + DUE_AFTER_MS : item.dueAtMs, LOCAL_ZONE).slice(0, 10),
  );
  // A day ends at its midnight.
  const dueAtMs = fromInput(`${due}T23:59`, LOCAL_ZONE);
  const save = async (): Promise<void> => {
    if (dueAtMs === undefined) return;
    const body = { title: title.trim(), owner: owner.trim(), dueAtMs };
    if (isNew)
      await call('POST /v1/incidents/{incidentId}/action-items', {
        params: { incidentId: incident.id },
        body,
      });
    else await call('PATCH /v1/action-items/{itemId}', { params: { itemId: item.id }, body });
    tell(isNew ? 'Noted' : 'Changed');
    refresh();
    onClose();
  };
  return (
    <FormDialog
      title={isNew ? 'What is to be done?' : 'Change the action item'}
      action={isNew ? 'Add' : 'Save'}
      isComplete={title.trim() !== '' && owner.trim() !== '' && dueAtMs !== undefined}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        id="item-title"
        label="What"
        placeholder="Canary the encoder before it goes everywhere"
        lengthMax={500}
        isFirst
        value={title}
        onChange={setTitle}
      />
      <div className="field-pair">
        <TextField id="item-owner" label="Who" lengthMax={128} value={owner} onChange={setOwner} />
        <TextField id="item-due" label="Until" type="date" value={due} onChange={setDue} />
      </div>
    </FormDialog>
  );
}
