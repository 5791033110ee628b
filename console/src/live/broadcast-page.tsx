// One broadcast, at an address of its own: how it is, how to publish and watch it, what nodes report of it, where it is
// made and why, what becomes of it.

import { useMemo, useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { ApiError } from '../api.ts';
import { may } from '../session.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { PrivateTag } from '../ui/private-tag.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { EndDialog, SwitchDialog } from './broadcast-dialogs.tsx';
import { BroadcastFacts, WatchSection } from './broadcast-facts.tsx';
import { GoLiveLink, RecordingLink, StatePill, WatchLink } from './broadcast-parts.tsx';
import { channelsOf, isOpen, isRunning, momentText, warningOf } from './describe-broadcast.ts';
import { MoveDialog, regionsToLeave } from './move-dialog.tsx';
import { PublishSection } from './publish-section.tsx';
import { ReportsSection } from './reports-section.tsx';
import { ScheduleSection } from './schedule-section.tsx';
import { useBroadcast } from './use-broadcast.ts';
import { ViewersSection } from './viewers-section.tsx';

interface BroadcastPageProps {
  readonly broadcastId: string;
  readonly world: WorldView | undefined;
}

/** The page. */
export function BroadcastPage({ broadcastId, world }: BroadcastPageProps) {
  const broadcast = useBroadcast(broadcastId);
  const { data, error } = broadcast;
  const refresh = (): void => void broadcast.refresh();
  if (error instanceof ApiError && error.code === 'not_found')
    return (
      <Frame>
        <Empty icon="live" title="There is no such broadcast">
          It never existed, or belongs to a project that you may not see.
        </Empty>
      </Frame>
    );
  if (data === undefined)
    return (
      <Frame>
        {error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The broadcast" error={error} onRetry={refresh} />
        )}
      </Frame>
    );
  return <OneBroadcast broadcast={data} world={world} onChanged={refresh} />;
}

const BACK = { page: 'live', label: 'Live' } as const;

/** Around what stands in place of a broadcast. */
function Frame({ children }: { readonly children: React.ReactNode }) {
  return (
    <div className="page-inner">
      <PageHead back={BACK} title="Broadcast" />
      <div className="card">{children}</div>
    </div>
  );
}

interface OneBroadcastProps {
  readonly broadcast: BroadcastView;
  readonly world: WorldView | undefined;
  readonly onChanged: () => void;
}

function OneBroadcast({ broadcast, world, onChanged }: OneBroadcastProps) {
  const regions = world?.regions ?? [];
  const names = useMemo(() => new Map(world?.regions.map(({ id, name }) => [id, name])), [world?.regions]);
  const canPublish = isOpen(broadcast) && may('operator');
  // Before it begins one looks for the address; afterwards for how it is.
  const reports = <ReportsSection broadcast={broadcast} names={names} />;
  const isEarly = isOpen(broadcast) && !isRunning(broadcast);
  return (
    <div className="page-inner">
      <BroadcastHead broadcast={broadcast} names={names} onChanged={onChanged} />
      <Warning broadcast={broadcast} names={names} />
      <ViewersSection broadcast={broadcast} names={names} />
      {!isEarly && reports}
      <div className="columns">
        <div className="stack">
          {canPublish && <PublishSection broadcast={broadcast} names={names} />}
          <ScheduleSection broadcast={broadcast} names={names} onChanged={onChanged} />
        </div>
        <div className="card card-body asset-side">
          <BroadcastFacts broadcast={broadcast} />
          {isOpen(broadcast) && <WatchSection broadcast={broadcast} regions={regions} />}
        </div>
      </div>
      {isEarly && reports}
    </div>
  );
}

interface WarningProps {
  readonly broadcast: BroadcastView;
  readonly names: ReadonlyMap<string, string>;
}

function Warning({ broadcast, names }: WarningProps) {
  const warning = warningOf(broadcast, names);
  if (warning === null) return null;
  return (
    <div className="notice warn" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{warning.title}</strong>
        <div className="soft">{warning.text}</div>
      </div>
    </div>
  );
}

interface BroadcastHeadProps {
  readonly broadcast: BroadcastView;
  readonly names: ReadonlyMap<string, string>;
  readonly onChanged: () => void;
}

function BroadcastHead({ broadcast, names, onChanged }: BroadcastHeadProps) {
  const [dialog, setDialog] = useState<'end' | 'switch' | 'move'>();
  const { backup } = channelsOf(broadcast);
  const canChange = isOpen(broadcast) && may('operator');
  const close = (): void => setDialog(undefined);
  const closeChanged = (): void => {
    close();
    onChanged();
  };
  return (
    <>
      <PageHead
        back={BACK}
        title={
          <div className="row">
            <h1 className="truncate" title={broadcast.name}>
              {broadcast.name}
            </h1>
            <StatePill broadcast={broadcast} />
            {broadcast.visibility === 'private' && <PrivateTag />}
          </div>
        }
        note={
          <span className="row wrap">
            <span>{broadcast.stateReason ?? momentText(broadcast, Date.now())}</span>
            <span className="row">
              <span className="mono faint">{broadcast.id}</span>
              <CopyButton text={broadcast.id} what="broadcast id" />
            </span>
          </span>
        }
      >
        <GoLiveLink broadcast={broadcast} />
        <WatchLink broadcast={broadcast} />
        <RecordingLink broadcast={broadcast} />
        {canChange && isRunning(broadcast) && backup !== null && (
          <button type="button" className="button compact" onClick={() => setDialog('switch')}>
            <Icon name="retry" />
            Switch primary…
          </button>
        )}
        {canChange && regionsToLeave(broadcast).length > 0 && (
          <button type="button" className="button compact" onClick={() => setDialog('move')}>
            <Icon name="drain" />
            Move off a region…
          </button>
        )}
        {canChange && (
          <button type="button" className="button compact danger" onClick={() => setDialog('end')}>
            End…
          </button>
        )}
      </PageHead>
      {dialog === 'end' && <EndDialog broadcast={broadcast} onClose={close} onEnded={closeChanged} />}
      {dialog === 'move' && (
        <MoveDialog broadcast={broadcast} names={names} onClose={close} onMoved={closeChanged} />
      )}
      {dialog === 'switch' && (
        <SwitchDialog broadcast={broadcast} names={names} onClose={close} onSwitched={closeChanged} />
      )}
    </>
  );
}
