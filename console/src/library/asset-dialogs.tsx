// Rename and delete, with their questions; and the menu of an asset, the same in the list and in the panel.

import { useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { copyText } from '../ui/copy-button.tsx';
import { ConfirmDialog, Dialog, ErrorNotice } from '../ui/dialog.tsx';
import type { MenuItem } from '../ui/menu.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { embedCode } from './describe-asset.ts';

export interface AssetActions {
  readonly open: (assetId: string) => void;
  readonly replace: (asset: AssetView) => void;
  readonly askRename: (asset: AssetView) => void;
  readonly askDelete: (asset: AssetView) => void;
}

async function change(
  asset: AssetView,
  actions: AssetActions,
  visibility: AssetView['visibility'],
): Promise<void> {
  try {
    const changed = await call('PATCH /v1/assets/{assetId}', {
      params: { assetId: asset.id },
      body: { visibility },
    });
    actions.replace(changed);
    tell(`${asset.name} is ${visibility} now`);
  } catch (error) {
    tellFailure(`${asset.name} stays ${asset.visibility}`, error);
  }
}

/** Processes again an asset that failed. */
export async function retryAsset(asset: AssetView, actions: AssetActions): Promise<void> {
  try {
    actions.replace(await call('POST /v1/assets/{assetId}/retry', { params: { assetId: asset.id } }));
    tell(`${asset.name} is processed again`);
  } catch (error) {
    tellFailure(`${asset.name} could not be processed again`, error);
  }
}

/** The address that plays the asset: a private one gets a token of its own. */
export async function watchUrlOf(asset: AssetView): Promise<string> {
  if (asset.visibility === 'public') return asset.watchUrl;
  const made = await call('POST /v1/assets/{assetId}/playback-tokens', {
    params: { assetId: asset.id },
    body: {},
  });
  return made.watchUrl;
}

async function copyAddress(asset: AssetView, what: string, make: (url: string) => string): Promise<void> {
  try {
    await copyText(make(await watchUrlOf(asset)), what);
  } catch (error) {
    tellFailure(`${what} could not be made`, error);
  }
}

/** What can be done with an asset. */
export function assetMenu(asset: AssetView, actions: AssetActions): MenuItem[] {
  const isOperator = may('operator');
  const isPrivate = asset.visibility === 'private';
  const canShare = isOperator || !isPrivate;
  return [
    { label: 'Play', icon: 'play', onSelect: () => actions.open(asset.id), isDisabled: !asset.isPlayable },
    {
      label: isPrivate ? 'Copy link (4 hours)' : 'Copy link',
      icon: 'link',
      isDisabled: !canShare,
      onSelect: () => void copyAddress(asset, 'Link', (url) => url),
    },
    {
      label: 'Copy embed code',
      icon: 'code',
      isDisabled: !canShare,
      onSelect: () => void copyAddress(asset, 'Embed code', (url) => embedCode(url, asset.name)),
    },
    {
      label: 'Rename…',
      icon: 'pencil',
      startsGroup: true,
      isDisabled: !isOperator,
      onSelect: () => actions.askRename(asset),
    },
    {
      label: isPrivate ? 'Make public' : 'Make private',
      icon: isPrivate ? 'globe' : 'lock',
      isDisabled: !isOperator,
      onSelect: () => void change(asset, actions, isPrivate ? 'public' : 'private'),
    },
    ...(asset.stage === 'failed'
      ? [
          {
            label: 'Process again',
            icon: 'retry' as const,
            isDisabled: !isOperator,
            onSelect: () => void retryAsset(asset, actions),
          },
        ]
      : []),
    {
      label: 'Delete…',
      icon: 'trash',
      isDanger: true,
      startsGroup: true,
      isDisabled: !isOperator,
      onSelect: () => actions.askDelete(asset),
    },
  ];
}

interface DeleteDialogProps {
  readonly asset: AssetView;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Asks with the name before an asset is gone for good. */
export function DeleteDialog({ asset, onClose, onDeleted }: DeleteDialogProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await call('DELETE /v1/assets/{assetId}', { params: { assetId: asset.id } });
      tell(`${asset.name} was deleted`);
      onDeleted();
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <ConfirmDialog
      title="Delete this asset?"
      confirmLabel="Delete everywhere"
      isDanger
      isBusy={isBusy}
      error={error}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{asset.name}</strong> will stop playing within seconds and be removed
        from every region, with its source. This cannot be undone.
      </p>
    </ConfirmDialog>
  );
}

interface RenameDialogProps {
  readonly asset: AssetView;
  readonly onClose: () => void;
  readonly onRenamed: (asset: AssetView) => void;
}

/** Longest name that control takes. */
const NAME_LENGTH_MAX = 255;

/** Asks for a new name. */
export function RenameDialog({ asset, onClose, onRenamed }: RenameDialogProps) {
  const [name, setName] = useState(asset.name);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const submit = async (): Promise<void> => {
    if (name.trim() === '' || isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      const body = { name: name.trim() };
      onRenamed(await call('PATCH /v1/assets/{assetId}', { params: { assetId: asset.id }, body }));
      tell('Renamed');
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title="Rename"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isBusy || name.trim() === ''}>
            {isBusy ? 'Saving…' : 'Save'}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor="asset-name">Name</label>
        <input
          id="asset-name"
          className="input"
          data-first-focus
          maxLength={NAME_LENGTH_MAX}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}
