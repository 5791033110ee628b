// Go live from this browser: choose camera or screen, microphone and quality, see and hear what will be sent, and send
// it. The page may be left while it is on air; a bar on the other pages leads back.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { ApiError } from '../api.ts';
import { StatePill, WatchLink } from '../live/broadcast-parts.tsx';
import { isOpen } from '../live/describe-broadcast.ts';
import { useBroadcast } from '../live/use-broadcast.ts';
import { may } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useStore } from '../ui/store.ts';
import { QUALITIES } from './capture.ts';
import { ChoiceFields } from './choice-fields.tsx';
import { LevelMeter } from './level-meter.tsx';
import { Preview } from './preview.tsx';
import { goLive, isPublishing, publishing, stopLive } from './publishing.ts';
import { SendingSection } from './sending-section.tsx';
import { useCapture } from './use-capture.ts';

interface StudioPageProps {
  readonly broadcastId: string | null;
  readonly world: WorldView | undefined;
}

/** The page. */
export function StudioPage({ broadcastId, world }: StudioPageProps) {
  if (broadcastId === null)
    return <Frame>{nothing('There is no such broadcast', 'Choose one from the list of broadcasts.')}</Frame>;
  return <Loaded key={broadcastId} broadcastId={broadcastId} world={world} />;
}

function Loaded({ broadcastId, world }: { broadcastId: string; world: WorldView | undefined }) {
  const { data, error, refresh } = useBroadcast(broadcastId);
  if (error instanceof ApiError && error.code === 'not_found')
    return (
      <Frame>
        {nothing(
          'There is no such broadcast',
          'It never existed, or belongs to a project that you may not see.',
        )}
      </Frame>
    );
  if (data === undefined)
    return (
      <Frame>
        {error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The broadcast" error={error} onRetry={() => void refresh()} />
        )}
      </Frame>
    );
  if (!may('operator'))
    return <Frame>{nothing('You may not publish', 'This needs the role operator.')}</Frame>;
  if (!isOpen(data))
    return <Frame>{nothing('This broadcast has ended', 'It cannot go on; make another one.')}</Frame>;
  return <Studio broadcast={data} world={world} />;
}

function nothing(title: string, text: string) {
  return (
    <Empty icon="live" title={title}>
      {text}
    </Empty>
  );
}

function Frame({ children }: { readonly children: React.ReactNode }) {
  return (
    <div className="page-inner">
      <PageHead back={{ page: 'live', label: 'Live' }} title="Go live from this browser" />
      <div className="card">{children}</div>
    </div>
  );
}

interface StudioProps {
  readonly broadcast: BroadcastView;
  readonly world: WorldView | undefined;
}

function Studio({ broadcast, world }: StudioProps) {
  const all = useStore(publishing);
  // Another broadcast's page shows that one only in its bar.
  const state = all?.broadcast.id === broadcast.id ? all : null;
  const isActive = isPublishing(state);
  const isBusyElsewhere = all !== null && state === null && isPublishing(all);
  const capture = useCapture(state);
  const names = new Map(world?.regions.map(({ id, name }) => [id, name]));
  const bitrateBps = capture.choice.quality.bitrateBps;
  const begin = (): void => {
    const stream = capture.release();
    if (stream !== undefined) goLive(broadcast, stream, bitrateBps);
  };
  return (
    <div className="page-inner">
      <PageHead
        back={{ page: 'live', label: broadcast.name, detail: broadcast.id }}
        title={
          <div className="row">
            <h1>Go live from this browser</h1>
            <StatePill broadcast={broadcast} />
          </div>
        }
        note={broadcast.name}
      >
        <WatchLink broadcast={broadcast} />
      </PageHead>
      <Problem error={state?.error ?? capture.error} isRetried={state !== null && isActive} />
      <div className="columns">
        <section className="card studio-stage" aria-label="Picture">
          <Preview
            stream={capture.stream}
            state={state}
            isOpening={capture.isOpening}
            onOpen={capture.open}
          />
          <div className="studio-bar">
            <LevelMeter stream={capture.stream} />
            {isActive ? (
              <button type="button" className="button danger" onClick={stopLive}>
                Stop
              </button>
            ) : (
              <button
                type="button"
                className="button primary"
                disabled={capture.stream === undefined || capture.isOpening || isBusyElsewhere}
                title={isBusyElsewhere ? 'This browser is on air with another broadcast' : undefined}
                onClick={begin}
              >
                Go live
              </button>
            )}
          </div>
        </section>
        <div className="stack">
          <ChoiceFields capture={capture} qualities={QUALITIES} isActive={isActive} />
          <SendingSection state={state} names={names} />
        </div>
      </div>
    </div>
  );
}

/** What is wrong, unless it is being mended without anybody's help. */
function Problem({ error, isRetried }: { readonly error: Error | undefined; readonly isRetried: boolean }) {
  if (error === undefined || isRetried) return null;
  return <ErrorNotice error={error} />;
}
