// Says on every other page that this browser is on air, so that nobody forgets it.

import { useEffect } from 'react';
import { href } from '../shell/router.ts';
import { formatLength } from '../ui/format.ts';
import { useStore } from '../ui/store.ts';
import { useNow } from '../ui/use-now.ts';
import { isPublishing, type Publishing, publishing, stopLive } from './publishing.ts';

interface OnAirDockProps {
  /** The page that shows it at large. */
  readonly isOnItsPage: boolean;
}

/** Nothing while nothing is published, and on the page that shows it anyway. */
export function OnAirDock({ isOnItsPage }: OnAirDockProps) {
  const state = useStore(publishing);
  const isActive = isPublishing(state);
  useEffect(() => {
    if (!isActive) return;
    const onLeave = (event: BeforeUnloadEvent): void => event.preventDefault();
    const onGone = (): void => stopLive();
    window.addEventListener('beforeunload', onLeave);
    window.addEventListener('pagehide', onGone);
    return () => {
      window.removeEventListener('beforeunload', onLeave);
      window.removeEventListener('pagehide', onGone);
    };
  }, [isActive]);
  if (state === null || isOnItsPage) return null;
  return <Bar state={state} />;
}

function Bar({ state }: { readonly state: Publishing }) {
  const nowMs = useNow(1_000);
  const { broadcast, phase, sinceMs } = state;
  return (
    <section className="on-air-dock" aria-label="On air from this browser">
      {phase === 'on_air' ? (
        <span className="pill live">{formatLength(nowMs - (sinceMs ?? nowMs))}</span>
      ) : (
        <span className={phase === 'failed' ? 'pill bad' : 'pill warn'}>
          {phase === 'failed' ? 'Failed' : 'Connecting'}
        </span>
      )}
      <span className="truncate grow">{broadcast.name}</span>
      <a className="button compact" href={href('studio', broadcast.id)}>
        Back to it
      </a>
      <button type="button" className="button compact danger" onClick={stopLive}>
        Stop
      </button>
    </section>
  );
}
