// Asks before a broadcast is moved off a region, and names what that does to viewers and publishers.

import { useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { ChannelEnd, RegionChoice } from './channel-parts.tsx';

interface MoveDialogProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
  readonly onMoved: () => void;
}

/** The regions that a broadcast could be moved off: where it is made, and where it is published to. */
export function regionsToLeave({ schedule, reports }: BroadcastView): readonly string[] {
  const ingests = reports.filter(({ role, state }) => role === 'ingest' && state === 'on_air');
  return [...new Set([...schedule.channels, ...ingests].map(({ regionId }) => regionId))].filter(
    (regionId) => regionId !== '',
  );
}

/** The question which region it shall leave. */
export function MoveDialog({ broadcast, names, onClose, onMoved }: MoveDialogProps) {
  const regionIds = regionsToLeave(broadcast);
  const [regionId, setRegionId] = useState(regionIds[0] ?? '');
  const nameOf = (id: string): string => names.get(id) ?? id;
  const move = async (): Promise<void> => {
    const params = { broadcastId: broadcast.id, regionId };
    await call('POST /v1/broadcasts/{broadcastId}/drains/{regionId}', { params });
    tell(`${broadcast.name} leaves ${nameOf(regionId)}`);
    onMoved();
  };
  return (
    <QuestionDialog
      title="Move this broadcast off a region?"
      action={`Move it off ${nameOf(regionId)}`}
      isDanger
      onConfirm={move}
      onClose={onClose}
    >
      <RegionChoice
        legend="The region that it leaves"
        regionIds={regionIds}
        nameOf={nameOf}
        value={regionId}
        onChange={setRegionId}
      />
      <Effects broadcast={broadcast} regionId={regionId} nameOf={nameOf} />
    </QuestionDialog>
  );
}

interface EffectsProps {
  readonly broadcast: BroadcastView;
  readonly regionId: string;
  readonly nameOf: (id: string) => string;
}

function Effects({ broadcast, regionId, nameOf }: EffectsProps) {
  const { schedule, reports } = broadcast;
  const name = nameOf(regionId);
  const hasChannel = schedule.channels.some((channel) => channel.regionId === regionId);
  const isPublishedTo = reports.some(
    (report) => report.role === 'ingest' && report.state === 'on_air' && report.regionId === regionId,
  );
  return (
    <ol className="steps">
      <ChannelEnd broadcast={broadcast} regionId={regionId} nameOf={nameOf} />
      {hasChannel && (
        <li>
          <strong>Another region takes its place</strong>{' '}
          <span className="soft">
            where there is room for a channel. Without one the broadcast goes on with no backup.
          </span>
        </li>
      )}
      <li>
        <strong>Publishers are sent elsewhere.</strong>{' '}
        <span className="soft">
          {isPublishedTo
            ? `Who publishes in ${name} now stays on the air there, and is offered other addresses when it comes again.`
            : `The addresses of ${name} are not given out for it any more.`}
        </span>
      </li>
      <li>
        <strong>Nothing of it is made in {name}</strong>{' '}
        <span className="soft">until somebody lets it back, under Schedule on this page.</span>
      </li>
    </ol>
  );
}
