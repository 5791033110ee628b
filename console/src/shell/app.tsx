// The frame around every page: who is in, where we are, whether control answers.

import { useEffect, useState } from 'react';
import { AccessPage } from '../access/access-page.tsx';
import { ApiError, call } from '../api.ts';
import { unreachableSinceMs } from '../connection.ts';
import { JobsPage } from '../jobs/jobs-page.tsx';
import { LibraryPage } from '../library/library-page.tsx';
import { UploadDock } from '../library/upload-dock.tsx';
import { LoginPage } from '../login/login-page.tsx';
import { session } from '../session.ts';
import { Mark } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { Toasts } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { WebhooksPage } from '../webhooks/webhooks-page.tsx';
import { WorldPage } from '../world/world-page.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { useKeyPairs, useKeys } from './keyboard.ts';
import { navigate, type Page, useRoute } from './router.ts';
import { Sidebar } from './sidebar.tsx';

/** Control recomputes its picture with each beat of the nodes; asking more often would show nothing new. */
const WORLD_INTERVAL_MS = 2_000;
const SESSION_RETRY_MS = 2_000;

const TITLES: Readonly<Record<Page, string>> = {
  world: 'World',
  library: 'Library',
  jobs: 'Jobs',
  webhooks: 'Webhooks',
  access: 'Access',
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
  useKeys({
    '?': () => setIsHelpOpen(true),
    'g w': () => navigate('world'),
    'g l': () => navigate('library'),
    'g j': () => navigate('jobs'),
    'g h': () => navigate('webhooks'),
    'g a': () => navigate('access'),
    '/': () => navigate('library', 'search'),
  });
  useKeyPairs();
  useEffect(() => {
    document.title = `${TITLES[route.page]} · Meridian`;
  }, [route.page]);
  return (
    <div className="frame">
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Sidebar page={route.page} world={world.data} onHelp={() => setIsHelpOpen(true)} />
      <div className="frame-content">
        <ConnectionBanner />
        <main id="main" tabIndex={-1} className={isStale ? 'page is-stale' : 'page'} key={route.page}>
          <ErrorBoundary>
            {route.page === 'world' && <WorldPage world={world} />}
            {route.page === 'library' && <LibraryPage detail={route.detail} world={world.data} />}
            {route.page === 'jobs' && <JobsPage />}
            {route.page === 'webhooks' && <WebhooksPage detail={route.detail} />}
            {route.page === 'access' && <AccessPage tab={route.detail} />}
          </ErrorBoundary>
        </main>
      </div>
      <UploadDock />
      {isHelpOpen && <HelpDialog onClose={() => setIsHelpOpen(false)} />}
    </div>
  );
}
