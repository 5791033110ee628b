// Asks before a channel of a broadcast is placed in a region that somebody names, or ended there.

import { useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { CheckField } from '../ui/fields.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { ChannelEnd, RegionChoice } from './channel-parts.tsx';

interface PlaceChannelDialogProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
  readonly onPlaced: () => void;
}

/** The regions in which a broadcast has no channel. */
export function regionsWithout({ schedule }: BroadcastView, regionIds: Iterable<string>): readonly string[] {
  return [...regionIds].filter((id) => schedule.channels.every(({ regionId }) => regionId !== id));
}

/** The question in which region a channel shall be made. */
export function PlaceChannelDialog({ broadcast, names, onClose, onPlaced }: PlaceChannelDialogProps) {
  const regionIds = regionsWithout(broadcast, names.keys());
  const [chosen, setChosen] = useState('');
  const [isMoved, setIsMoved] = useState(false);
  const regionId = regionIds.includes(chosen) ? chosen : (regionIds[0] ?? '');
  const nameOf = (id: string): string => names.get(id) ?? id;
  const backup = broadcast.schedule.channels.slice(1).at(-1);
  const place = async (): Promise<void> => {
    await call('POST /v1/broadcasts/{broadcastId}/channels/{regionId}', {
      params: { broadcastId: broadcast.id, regionId },
      body: { isMoved },
    });
    tell(`${broadcast.name} is made in ${nameOf(regionId)}`);
    onPlaced();
  };
  return (
    <QuestionDialog
      title="Place a channel in a region?"
      action={`Place it in ${nameOf(regionId)}`}
      isBlocked={regionId === ''}
      onConfirm={place}
      onClose={onClose}
    >
      <RegionChoice
        legend="The region of the channel"
        regionIds={regionIds}
        nameOf={nameOf}
        value={regionId}
        onChange={setChosen}
      />
      {backup !== undefined && (
        <CheckField isChecked={isMoved} onChange={setIsMoved}>
          In the place of the one in {nameOf(backup.regionId)}
        </CheckField>
      )}
      <ol className="steps">
        <li>
          <strong>{nameOf(regionId)} makes it too.</strong>{' '}
          <span className="soft">That takes one of its slots for channels, and is refused without one.</span>
        </li>
        {isMoved && backup !== undefined && (
          <ChannelEnd broadcast={broadcast} regionId={backup.regionId} nameOf={nameOf} />
        )}
      </ol>
    </QuestionDialog>
  );
}

interface EndChannelDialogProps {
  readonly broadcast: BroadcastView;
  /** The region whose channel it is about. */
  readonly regionId: string;
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

/** The question whether the channel in a region shall end. */
export function EndChannelDialog({ broadcast, regionId, names, onClose, onEnded }: EndChannelDialogProps) {
  const nameOf = (id: string): string => names.get(id) ?? id;
  const end = async (): Promise<void> => {
    const params = { broadcastId: broadcast.id, regionId };
    await call('DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}', { params });
    tell(`The channel in ${nameOf(regionId)} ends`);
    onEnded();
  };
  return (
    <QuestionDialog
      title="Take this channel away?"
      action="Take it away"
      isDanger
      onConfirm={end}
      onClose={onClose}
    >
      <ol className="steps">
        <ChannelEnd broadcast={broadcast} regionId={regionId} nameOf={nameOf} />
        <li>
          <strong>No other one takes its place.</strong>{' '}
          <span className="soft">
            Two must be left; moving it off the region is the way to have one elsewhere.
          </span>
        </li>
      </ol>
    </QuestionDialog>
  );
}
