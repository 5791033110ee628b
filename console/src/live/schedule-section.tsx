// Where a broadcast is made, and why there; channels are placed and ended here.

import { useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { EndChannelDialog, PlaceChannelDialog, regionsWithout } from './channel-dialogs.tsx';
import { type Channel, isOpen } from './describe-broadcast.ts';
import { explainSchedule } from './schedule-reasons.ts';

interface ScheduleSectionProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly onChanged: () => void;
}

/** The card. */
export function ScheduleSection({ broadcast, names, onChanged }: ScheduleSectionProps) {
  const { channels, generation, ingestNodeIds, reasons } = broadcast.schedule;
  const [isPlacing, setIsPlacing] = useState(false);
  const [endingIn, setEndingIn] = useState<string>();
  const canChange = isOpen(broadcast) && may('operator');
  const close = (): void => {
    setIsPlacing(false);
    setEndingIn(undefined);
  };
  const closeChanged = (): void => {
    close();
    onChanged();
  };
  return (
    <section className="card" aria-label="Schedule">
      <div className="card-head">
        <h2>Schedule</h2>
        <span className="row">
          <span className="faint small">plan {generation}</span>
          {canChange && regionsWithout(broadcast, names.keys()).length > 0 && (
            <button type="button" className="button compact" onClick={() => setIsPlacing(true)}>
              Place a channel…
            </button>
          )}
        </span>
      </div>
      <div className="card-body schedule">
        <dl className="facts">
          {channels.map((channel, index) => (
            <ChannelFact
              key={channel.channel}
              standing={index === 0 ? 'Primary' : 'Backup'}
              channel={channel}
              name={names.get(channel.regionId) ?? channel.regionId}
              onEnd={canChange ? setEndingIn : undefined}
            />
          ))}
          {isOpen(broadcast) && ingestNodeIds.length > 0 && (
            <div>
              <dt>Publish at</dt>
              <dd className="mono">{ingestNodeIds.join(', ')}</dd>
            </div>
          )}
          {isOpen(broadcast) &&
            broadcast.drainedRegionIds.map((regionId) => (
              <LeftRegion
                key={regionId}
                broadcastId={broadcast.id}
                regionId={regionId}
                name={names.get(regionId) ?? regionId}
                onBack={onChanged}
              />
            ))}
        </dl>
        {reasons.length > 0 && <Reasons reasons={reasons} />}
      </div>
      {isPlacing && (
        <PlaceChannelDialog broadcast={broadcast} names={names} onClose={close} onPlaced={closeChanged} />
      )}
      {endingIn !== undefined && (
        <EndChannelDialog
          broadcast={broadcast}
          regionId={endingIn}
          names={names}
          onClose={close}
          onEnded={closeChanged}
        />
      )}
    </section>
  );
}

interface ChannelFactProps {
  /** "Primary" or "Backup". */
  readonly standing: string;
  readonly channel: Channel;
  /** Of its region. */
  readonly name: string;
  /** Absent for who may not end it. */
  readonly onEnd: ((regionId: string) => void) | undefined;
}

function ChannelFact({ standing, channel: { channel, nodeId, regionId }, name, onEnd }: ChannelFactProps) {
  return (
    <div>
      <dt>{standing}</dt>
      <dd className="row wrap">
        <span>
          {name}{' '}
          <span className="faint">
            <span className="mono">{nodeId}</span>, channel {channel}
          </span>
        </span>
        {onEnd !== undefined && (
          <button
            type="button"
            className="button compact"
            aria-label={`Take away the channel in ${name}`}
            onClick={() => onEnd(regionId)}
          >
            Take away…
          </button>
        )}
      </dd>
    </div>
  );
}

function Reasons({ reasons }: Pick<BroadcastView['schedule'], 'reasons'>) {
  return (
    <section className="panel-section">
      <h3>Why it is made there</h3>
      <ul className="placements">
        {reasons.map((reason) => {
          const { text, isRaw } = explainSchedule(reason);
          return (
            <li key={text} className={isRaw ? 'mono' : undefined}>
              {text}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

interface LeftRegionProps {
  readonly broadcastId: string;
  readonly regionId: string;
  readonly name: string;
  readonly onBack: () => void;
}

/** A region that it was moved off, and the way back. */
function LeftRegion({ broadcastId, regionId, name, onBack }: LeftRegionProps) {
  const { isBusy, error, ask } = useAsked(async () => {
    const params = { broadcastId, regionId };
    await call('DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}', { params });
    tell(`It may be made in ${name} again`);
    onBack();
  });
  return (
    <div>
      <dt>Moved off</dt>
      <dd className="row wrap">
        <span>{name}</span>
        {may('operator') && (
          <button type="button" className="button compact" disabled={isBusy} onClick={ask}>
            Let it back
          </button>
        )}
        {error !== undefined && <ErrorNotice error={error} />}
      </dd>
    </div>
  );
}
