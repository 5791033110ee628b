// The pages, each in a file of its own that is loaded when it is first opened, or once the first page stands: what is
// needed for that one stays small, and the others are there before anybody asks, also when control is away by then.

import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { SkeletonRows } from '../ui/states.tsx';
import type { Polled } from '../ui/use-polled.ts';
import type { Page, Route } from './router.ts';

export interface PageProps {
  readonly detail: string | null;
  /** A view of that, such as the postmortem of an incident. */
  readonly view: string | null;
  readonly world: Polled<WorldView>;
}

type Load = () => Promise<ComponentType<PageProps>>;

const LOADS: Readonly<Record<Page, Load>> = {
  world: async () => {
    const { WorldPage } = await import('../world/world-page.tsx');
    return ({ world }) => <WorldPage world={world} />;
  },
  library: async () => {
    const { LibraryPage } = await import('../library/library-page.tsx');
    return ({ detail, world }) => <LibraryPage detail={detail} world={world.data} />;
  },
  assets: async () => {
    const { AssetPage } = await import('../asset/asset-page.tsx');
    return ({ detail, world }) => <AssetPage assetId={detail} world={world.data} />;
  },
  live: async () => {
    const { LivePage } = await import('../live/live-page.tsx');
    return ({ detail, world }) => <LivePage broadcastId={detail} world={world.data} />;
  },
  studio: async () => {
    const { StudioPage } = await import('../studio/studio-page.tsx');
    return ({ detail, world }) => <StudioPage broadcastId={detail} world={world.data} />;
  },
  imports: async () => {
    const { ImportsPage } = await import('../imports/imports-page.tsx');
    return ({ detail }) => <ImportsPage detail={detail} />;
  },
  jobs: async () => (await import('../jobs/jobs-page.tsx')).JobsPage,
  encoders: async () => (await import('../encoders/encoders-page.tsx')).EncodersPage,
  edges: async () => {
    const { EdgesPage } = await import('../edges/edges-page.tsx');
    return ({ world }) => <EdgesPage world={world.data} />;
  },
  incidents: async () => {
    const { IncidentsPage } = await import('../incidents/incidents-page.tsx');
    return ({ detail, view }) => <IncidentsPage incidentId={detail} view={view} />;
  },
  alerts: async () => {
    const { AlertsPage } = await import('../alerts/alerts-page.tsx');
    return ({ detail }) => <AlertsPage detail={detail} />;
  },
  changes: async () => {
    const { ChangesPage } = await import('../changes/changes-page.tsx');
    return ({ detail }) => <ChangesPage moment={detail} />;
  },
  oncall: async () => (await import('../oncall/oncall-page.tsx')).OncallPage,
  runbooks: async () => {
    const { RunbooksPage } = await import('../runbooks/runbooks-page.tsx');
    return ({ detail, world }) => <RunbooksPage runbookId={detail} world={world.data} />;
  },
  runs: async () => {
    const { RunsPage } = await import('../runs/runs-page.tsx');
    return ({ detail }) => <RunsPage runId={detail} />;
  },
  orders: async () => {
    const { OrdersPage } = await import('../orders/orders-page.tsx');
    return ({ detail, world }) => <OrdersPage detail={detail} world={world.data} />;
  },
  sessions: async () => {
    const { SessionsPage } = await import('../sessions/sessions-page.tsx');
    return ({ detail, world }) => <SessionsPage detail={detail} world={world.data} />;
  },
  audit: async () => (await import('../audit/audit-page.tsx')).AuditPage,
  slos: async () => (await import('../slos/slos-page.tsx')).SlosPage,
  projects: async () => {
    const { ProjectsPage } = await import('../projects/projects-page.tsx');
    return ({ detail, world }) => <ProjectsPage projectId={detail} world={world.data} />;
  },
  webhooks: async () => {
    const { WebhooksPage } = await import('../webhooks/webhooks-page.tsx');
    return ({ detail }) => <WebhooksPage detail={detail} />;
  },
  readiness: async () => (await import('../readiness/readiness-page.tsx')).ReadinessPage,
  access: async () => {
    const { AccessPage } = await import('../access/access-page.tsx');
    return ({ detail }) => <AccessPage tab={detail} />;
  },
};

/** Components by page; the same one each time, so that a page keeps its state. */
const PAGES = new Map<
  string,
  { readonly once: Load; readonly Component: ReturnType<typeof lazy<ComponentType<PageProps>>> }
>(
  Object.entries(LOADS).map(([page, load]) => {
    let loading: ReturnType<Load> | undefined;
    const once: Load = () => {
      loading ??= load().catch((error: unknown) => {
        // The next attempt begins anew.
        loading = undefined;
        throw error;
      });
      return loading;
    };
    return [page, { once, Component: lazy(async () => ({ default: await once() })) }];
  }),
);

/** The page of a route. */
export function PageContent({
  route,
  world,
}: {
  readonly route: Route;
  readonly world: Polled<WorldView>;
}): ReactNode {
  const found = PAGES.get(route.page);
  if (found === undefined) return null;
  return (
    <Suspense fallback={<PageLoading />}>
      <found.Component detail={route.detail} view={route.view} world={world} />
    </Suspense>
  );
}

function PageLoading() {
  return (
    <div className="page-inner" aria-busy="true">
      <div className="card">
        <SkeletonRows count={6} />
      </div>
    </div>
  );
}

/** Begins to load a page, e.g. the first one while it is still asked who is there. */
export function loadPage(page: Page): void {
  // What cannot be loaded now is loaded when it is drawn, and says so then.
  PAGES.get(page)
    ?.once()
    .catch(() => undefined);
}

/** Loads the other pages one after another while the browser has nothing else to do. */
export function loadPagesAhead(): () => void {
  let isGone = false;
  const start = (): void => {
    void (async () => {
      for (const { once } of PAGES.values()) {
        if (isGone) return;
        // What cannot be loaded now is loaded when it is opened, and says so then.
        await once().catch(() => undefined);
      }
    })();
  };
  const hasIdle = 'requestIdleCallback' in window;
  const handle = hasIdle ? requestIdleCallback(start, { timeout: 5_000 }) : setTimeout(start, 2_000);
  return () => {
    isGone = true;
    if (hasIdle) cancelIdleCallback(handle as number);
    else clearTimeout(handle);
  };
}
