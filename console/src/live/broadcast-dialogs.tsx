// Asks before a broadcast is ended, or its primary changes.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { channelsOf, isRunning } from './describe-broadcast.ts';

interface EndDialogProps {
  readonly broadcast: BroadcastView;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

/** The question whether to end it. */
export function EndDialog({ broadcast, onClose, onEnded }: EndDialogProps) {
  const { id, name, recordingAssetId } = broadcast;
  const end = async (): Promise<void> => {
    await call('POST /v1/broadcasts/{broadcastId}/end', { params: { broadcastId: id } });
    tell(`${name} has ended`);
    onEnded();
  };
  return (
    <QuestionDialog
      title="End this broadcast?"
      action="End the broadcast"
      isDanger
      onConfirm={end}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{name}</strong> cannot go on afterwards: its stream key is refused
        from then on.{' '}
        {isRunning(broadcast) &&
          (recordingAssetId === null
            ? 'Viewers see its end; nothing was recorded.'
            : 'Viewers see its end, and its recording becomes an asset.')}
      </p>
    </QuestionDialog>
  );
}

interface SwitchDialogProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
  readonly onSwitched: () => void;
}

/** The question whether the backup shall lead. */
export function SwitchDialog({ broadcast, names, onClose, onSwitched }: SwitchDialogProps) {
  const { primary, backup } = channelsOf(broadcast);
  const nameOf = (regionId: string | undefined): string => names.get(regionId ?? '') ?? regionId ?? 'none';
  const change = async (): Promise<void> => {
    await call('POST /v1/broadcasts/{broadcastId}/switch', { params: { broadcastId: broadcast.id } });
    tell(`${nameOf(backup?.regionId)} leads now`);
    onSwitched();
  };
  return (
    <QuestionDialog title="Switch the primary?" action="Switch" onConfirm={change} onClose={onClose}>
      <p>
        <strong>{nameOf(backup?.regionId)}</strong> becomes the primary, and{' '}
        <strong>{nameOf(primary?.regionId)}</strong> goes on as its backup. Edges of regions without a channel
        of their own follow the primary: they change over at the next part, and viewers go on without a stop.
      </p>
    </QuestionDialog>
  );
}
