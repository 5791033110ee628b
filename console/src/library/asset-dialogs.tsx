// Rename and delete, with their questions; and the menu of an asset, the same in the list and in the panel.

import { useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { copyText } from '../ui/copy-button.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
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

/** What can be done with an asset, in the list and in the panel. */
export function assetMenu(asset: AssetView, actions: AssetActions): MenuItem[] {
  const changes = assetChanges(asset, actions);
  const firstOfGroup = changes.findIndex(({ startsGroup }) => startsGroup === true);
  return [
    { label: 'Play', icon: 'play', onSelect: () => actions.open(asset.id), isDisabled: !asset.isPlayable },
    ...changes.slice(0, firstOfGroup),
    { label: 'Open its page', icon: 'external', onSelect: () => navigate('assets', asset.id) },
    ...changes.slice(firstOfGroup),
  ];
}

/** What can be done with an asset on its own page. */
export function assetChanges(asset: AssetView, actions: AssetActions): MenuItem[] {
  const isOperator = may('operator');
  const isPrivate = asset.visibility === 'private';
  const canShare = isOperator || !isPrivate;
  return [
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

/** Asks with the name before an asset is deleted. */
export function DeleteDialog({ asset, onClose, onDeleted }: DeleteDialogProps) {
  const remove = async (): Promise<void> => {
    await call('DELETE /v1/assets/{assetId}', { params: { assetId: asset.id } });
    tell(`${asset.name} was deleted`, { label: 'Undo', run: () => restoreAsset(asset.id, asset.name) });
    onDeleted();
  };
  return (
    <QuestionDialog
      title="Delete this asset?"
      action="Delete everywhere"
      isDanger
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{asset.name}</strong> will stop playing within seconds. Its bytes are
        kept for a while, so that the deletion can be undone on its page; then they are removed from every
        region, with the source.
      </p>
    </QuestionDialog>
  );
}

/** Undoes a deletion; true when it is back. */
export async function restoreAsset(assetId: string, name: string): Promise<boolean> {
  try {
    await call('POST /v1/assets/{assetId}/restore', { params: { assetId } });
    tell(`${name} is back`);
    return true;
  } catch (error) {
    tellFailure(`${name} could not be brought back`, error);
    return false;
  }
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
  const rename = async (): Promise<void> => {
    const body = { name: name.trim() };
    onRenamed(await call('PATCH /v1/assets/{assetId}', { params: { assetId: asset.id }, body }));
    tell('Renamed');
  };
  return (
    <FormDialog
      title="Rename"
      action="Save"
      isComplete={name.trim() !== ''}
      onSubmit={rename}
      onClose={onClose}
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
    </FormDialog>
  );
}
