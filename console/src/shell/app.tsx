// The frame around every page: who is in, where we are, whether control answers.

import { useEffect, useState } from 'react';
import { ApiError, call } from '../api.ts';
import { unreachableSinceMs } from '../connection.ts';
import { UploadDock } from '../library/upload-dock.tsx';
import { LoginPage } from '../login/login-page.tsx';
import { session } from '../session.ts';
import { OnAirDock } from '../studio/on-air-dock.tsx';
import { isPublishing, publishing } from '../studio/publishing.ts';
import { Mark } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { timeZone } from '../ui/time-zone.ts';
import { Toasts } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { GlassBanner } from './glass-banner.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { useKeyPairs, useKeys } from './keyboard.ts';
import { loadPagesAhead, PageContent } from './pages.tsx';
import { navigate, type Page, useRoute } from './router.ts';
import { Sidebar } from './sidebar.tsx';

/** Control recomputes its picture with each beat of the nodes; asking more often would show nothing new. */
const WORLD_INTERVAL_MS = 2_000;
const SESSION_RETRY_MS = 2_000;

const TITLES: Readonly<Record<Page, string>> = {
  world: 'World',
  library: 'Library',
  assets: 'Asset',
  live: 'Live',
  studio: 'Go live',
  imports: 'Imports',
  jobs: 'Jobs',
  encoders: 'Encoders',
  edges: 'Edges',
  incidents: 'Incidents',
  alerts: 'Alerts',
  changes: 'Changes',
  oncall: 'On-call',
  runbooks: 'Runbooks',
  runs: 'Runs',
  orders: 'Orders',
  sessions: 'Sessions',
  audit: 'Audit',
  slos: 'Objectives',
  projects: 'Projects',
  webhooks: 'Webhooks',
  access: 'Access',
  readiness: 'Readiness',
};

/** The console. */
export function App() {
  const state = useStore(session);
  return (
    <>
      {state.kind === 'unknown' && <Starting />}
      {state.kind === 'out' && <LoginPage hasEnded={state.hasEnded} />}
      {state.kind === 'in' && <Frame />}
      <Toasts />
    </>
  );
}

/** Finds out whether the cookie still holds; waits calmly when control is away. */
function Starting() {
  const [isWaiting, setIsWaiting] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      try {
        const identity = await call('GET /v1/session', {});
        if (!isGone) session.set({ kind: 'in', identity });
      } catch (error) {
        if (isGone) return;
        if (error instanceof ApiError && error.status < 500) session.set({ kind: 'out', hasEnded: false });
        else {
          setIsWaiting(true);
          timer = setTimeout(() => void ask(), SESSION_RETRY_MS);
        }
      }
    };
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  if (!isWaiting) return null;
  return (
    <main className="starting">
      <Mark size={40} />
      <h1>Waiting for the control plane</h1>
      <p className="soft">
        It does not answer yet. Playback and uploads go on without it, and this page continues by itself.
      </p>
    </main>
  );
}

function Frame() {
  const route = useRoute();
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const world = usePolled('world', (signal) => call('GET /v1/world', {}, signal), WORLD_INTERVAL_MS);
  const isStale = useStore(unreachableSinceMs) !== null;
  // Times are written while drawing, so a page is drawn anew in another zone.
  const zone = useStore(timeZone);
  useKeys({
    '?': () => setIsHelpOpen(true),
    'g w': () => navigate('world'),
    'g e': () => navigate('edges'),
    'g l': () => navigate('library'),
    'g b': () => navigate('live'),
    'g i': () => navigate('imports'),
    'g j': () => navigate('jobs'),
    'g n': () => navigate('encoders'),
    'g f': () => navigate('incidents'),
    'g t': () => navigate('alerts'),
    'g c': () => navigate('changes'),
    'g o': () => navigate('oncall'),
    'g r': () => navigate('runbooks'),
    'g x': () => navigate('orders'),
    'g v': () => navigate('sessions'),
    'g d': () => navigate('audit'),
    'g s': () => navigate('slos'),
    'g p': () => navigate('projects'),
    'g h': () => navigate('webhooks'),
    'g a': () => navigate('access'),
    'g y': () => navigate('readiness'),
    '/': () => navigate('library', 'search'),
  });
  useKeyPairs();
  useEffect(loadPagesAhead, []);
  const isOnAir = isPublishing(useStore(publishing));
  useEffect(() => {
    document.title = `${isOnAir ? '● ' : ''}${TITLES[route.page]} · Meridian`;
  }, [isOnAir, route.page]);
  return (
    <div className="frame">
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Sidebar page={route.page} world={world.data} onHelp={() => setIsHelpOpen(true)} />
      <div className="frame-content">
        <ConnectionBanner />
        <GlassBanner />
        <main
          id="main"
          tabIndex={-1}
          className={isStale ? 'page is-stale' : 'page'}
          key={`${route.page} ${zone}`}
        >
          <ErrorBoundary>
            <PageContent route={route} world={world} />
          </ErrorBoundary>
        </main>
      </div>
      <UploadDock />
      <OnAirDock isOnItsPage={route.page === 'studio'} />
      {isHelpOpen && <HelpDialog onClose={() => setIsHelpOpen(false)} />}
    </div>
  );
}
