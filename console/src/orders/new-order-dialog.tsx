// Gives an order in two moves: what and where, then a look at what it would hit, and yes.

import { useState } from 'react';
import type { OrderPreview, OrderView } from '../../../src/contract/api/orders.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { call } from '../api.ts';
import { Guards } from '../runs/run-parts.tsx';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { CheckField, SelectField, TextField } from '../ui/fields.tsx';
import { formatAgo, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { ProjectField } from '../ui/project-field.tsx';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { EMPTY_DRAFT, ORDER_KINDS, type OrderDraft, orderOf } from './describe-order.ts';

const KIND_OPTIONS: Readonly<Record<OrderDraft['kind'], string>> = {
  purge: 'Purge: edges drop what they keep',
  restart: 'Restart a node',
  throttle: 'Throttle: edges turn away what matters least',
  shift: 'Shift: a site gets a part of its traffic',
  scale: 'Scale: how much encoders of a region take at once',
};

interface NewOrderDialogProps {
  readonly world: WorldView | undefined;
  /** The order; null where nothing had to change. */
  readonly onGiven: (order: OrderView | null) => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function NewOrderDialog({ world, onGiven, onClose }: NewOrderDialogProps) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [isForced, setIsForced] = useState(false);
  const [outlook, setOutlook] = useState<OrderPreview>();
  const order = orderOf(draft);
  const look = useAsked(async () => {
    if (order === null) return;
    setIsForced(false);
    setOutlook(await call('POST /v1/orders/preview', { body: order }));
  }, true);
  const give = useAsked(async () => {
    if (order === null) return;
    const isGuarded = order.kind === 'restart' || order.kind === 'shift';
    const answer = await call('POST /v1/orders', { body: isGuarded ? { ...order, isForced } : order });
    tell(answer.text);
    onGiven(answer.order);
  });
  const error = give.error ?? look.error;
  if (outlook === undefined)
    return (
      <Dialog
        title="Give an order"
        isWide
        onClose={onClose}
        onSubmit={() => {
          if (order !== null) look.ask();
        }}
        footer={
          <>
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" className="button primary" disabled={order === null || look.isBusy}>
              {look.isBusy ? 'Looking…' : 'Look what it hits'}
            </button>
          </>
        }
      >
        <SelectField
          id="order-kind"
          label="What"
          options={ORDER_KINDS.map((kind) => ({ value: kind, label: KIND_OPTIONS[kind] }))}
          value={draft.kind}
          onChange={(kind) =>
            setDraft({ ...draft, kind: ORDER_KINDS.find((one) => one === kind) ?? draft.kind })
          }
        />
        <DraftFields draft={draft} world={world} onChange={setDraft} />
        {error !== undefined && <ErrorNotice error={error} />}
      </Dialog>
    );
  const isBlocked =
    !outlook.isChange || !outlook.isRoom || (outlook.guards.some((g) => !g.isHeld) && !isForced);
  return (
    <Dialog
      title="What it would hit"
      isWide
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" data-first-focus onClick={() => setOutlook(undefined)}>
            Back
          </button>
          <button
            type="button"
            className="button danger"
            disabled={isBlocked || give.isBusy}
            onClick={give.ask}
          >
            {give.isBusy ? 'Working…' : 'Give the order'}
          </button>
        </>
      }
    >
      <Outlook outlook={outlook} isForced={isForced} onForced={setIsForced} />
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}

interface DraftFieldsProps {
  readonly draft: OrderDraft;
  readonly world: WorldView | undefined;
  readonly onChange: (draft: OrderDraft) => void;
}

function DraftFields({ draft, world, onChange }: DraftFieldsProps) {
  const set = (changes: Partial<OrderDraft>): void => onChange({ ...draft, ...changes });
  const options = (none: string, ids: readonly string[]) => [
    { value: '', label: none },
    ...ids.map((id) => ({ value: id, label: id })),
  ];
  switch (draft.kind) {
    case 'purge':
      return <PurgeFields draft={draft} set={set} />;
    case 'restart':
      return (
        <SelectField
          id="order-node"
          label="Node"
          hint="It sends its viewers away, ends, and is started again by its supervisor"
          options={options('Choose a node', nodeIdsOf(world))}
          value={draft.nodeId}
          onChange={(nodeId) => set({ nodeId })}
        />
      );
    case 'throttle':
      return <ThrottleFields draft={draft} world={world} set={set} />;
    case 'shift':
      return (
        <div className="field-pair">
          <SelectField
            id="order-site"
            label="Site"
            options={options(
              'Choose a site',
              (world?.regions ?? []).flatMap(({ sites }) => sites.map(({ id }) => id)),
            )}
            value={draft.siteId}
            onChange={(siteId) => set({ siteId })}
          />
          <TextField
            id="order-percent"
            label="Percent that it keeps"
            type="number"
            hint="Of what steering would send there; 100 ends a shift"
            value={draft.percent}
            onChange={(percent) => set({ percent })}
          />
        </div>
      );
    case 'scale':
      return (
        <div className="field-pair">
          <SelectField
            id="order-region"
            label="Region"
            options={options(
              'Choose a region',
              (world?.regions ?? []).map(({ id }) => id),
            )}
            value={draft.regionId}
            onChange={(regionId) => set({ regionId })}
          />
          <TextField
            id="order-count"
            label="Jobs and chunks at once"
            type="number"
            hint="No more than its cores; none at all is a pause"
            value={draft.count}
            onChange={(count) => set({ count })}
          />
        </div>
      );
  }
}

interface FieldsProps {
  readonly draft: OrderDraft;
  readonly set: (changes: Partial<OrderDraft>) => void;
}

function PurgeFields({ draft, set }: FieldsProps) {
  const isWrong = draft.assetId.trim() !== '' && orderOf({ ...draft, projectId: 'x', version: '' }) === null;
  return (
    <>
      <ProjectField
        id="order-project"
        none="Choose a project"
        value={draft.projectId}
        onChange={(projectId) => set({ projectId })}
      />
      <div className="field-pair">
        <TextField
          id="order-asset"
          label="Asset"
          placeholder="ast_…"
          hint="Empty: all of the project"
          isInvalid={isWrong}
          value={draft.assetId}
          onChange={(assetId) => set({ assetId })}
        />
        <TextField
          id="order-version"
          label="Version"
          type="number"
          hint="Empty: all versions"
          value={draft.version}
          onChange={(version) => set({ version })}
        />
      </div>
    </>
  );
}

function ThrottleFields({ draft, world, set }: FieldsProps & Pick<DraftFieldsProps, 'world'>) {
  return (
    <>
      <SelectField
        id="order-floor"
        label="Turned away"
        options={[
          { value: 'video', label: 'Prefetches' },
          { value: 'live', label: 'Prefetches and segments of videos: live alone is served' },
        ]}
        value={draft.floor}
        onChange={(floor) => set({ floor: floor === 'live' ? 'live' : 'video' })}
      />
      <div className="field-pair">
        <SelectField
          id="order-region"
          label="Where"
          options={[
            { value: '', label: 'Everywhere' },
            ...(world?.regions ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={draft.regionId}
          onChange={(regionId) => set({ regionId })}
        />
        <ProjectField
          id="order-project"
          none="Every project"
          value={draft.projectId}
          onChange={(projectId) => set({ projectId })}
        />
      </div>
    </>
  );
}

interface OutlookProps {
  readonly outlook: OrderPreview;
  readonly isForced: boolean;
  readonly onForced: (isForced: boolean) => void;
}

function Outlook({ outlook, isForced, onForced }: OutlookProps) {
  const { text, nodes, guards, replaces, isChange, isRoom } = outlook;
  const regionCount = new Set(nodes.map(({ regionId }) => regionId)).size;
  const isBroken = guards.some(({ isHeld }) => !isHeld);
  return (
    <>
      <p>
        <strong className="order-text">{text}.</strong>
      </p>
      {!isChange && <Note text="That is so already: nothing would change." />}
      {!isRoom && <Note text="As many orders of this kind are in force as there may be. End one first." />}
      {replaces !== null && (
        <p className="soft">
          It takes the place of “{replaces.text}”, given {formatAgo(replaces.createdAtMs, Date.now())}.
        </p>
      )}
      <h3>
        {nodes.length === 0
          ? 'No node'
          : `${plural(nodes.length, 'node')} in ${plural(regionCount, 'region')}`}
      </h3>
      <ul className="order-nodes" aria-label="Nodes that it hits">
        {nodes.map(({ nodeId, regionId, isAlive }) => (
          <li key={nodeId}>
            <span className={isAlive ? 'state-dot good' : 'state-dot bad'} />
            <span className="mono truncate">{nodeId}</span>
            <span className="faint small">{isAlive ? regionId : 'away'}</span>
          </li>
        ))}
      </ul>
      {guards.length > 0 && (
        <>
          <h3>Guards</h3>
          <Guards guards={guards} />
        </>
      )}
      {isBroken && (
        <CheckField isChecked={isForced} onChange={onForced}>
          Give it all the same, although a guard does not hold
        </CheckField>
      )}
    </>
  );
}

function Note({ text }: { readonly text: string }) {
  return (
    <div className="notice warn">
      <Icon name="warning" />
      <strong>{text}</strong>
    </div>
  );
}

function nodeIdsOf(world: WorldView | undefined): readonly string[] {
  return (world?.regions ?? [])
    .flatMap(({ sites }) => sites.flatMap(({ nodes }) => nodes.map(({ id }) => id)))
    .toSorted();
}
