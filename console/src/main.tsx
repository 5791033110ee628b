// Starts the console.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './styles/buttons.css';
import './styles/fields.css';
import './styles/surfaces.css';
import './styles/feedback.css';
import './styles/dialogs.css';
import './styles/overlays.css';
import './styles/totals.css';
import './styles/sparkline.css';
import './styles/chart.css';
import './styles/meters.css';
import './styles/long-table.css';
import './shell/shell.css';
import './login/login.css';
import './world/world.css';
import './world/map.css';
import './world/steering.css';
import './world/traffic.css';
import './library/library.css';
import './library/asset-list.css';
import './library/asset-panel.css';
import './library/upload-dock.css';
import './asset/asset.css';
import './live/live.css';
import './studio/studio.css';
import './imports/imports.css';
import './jobs/jobs.css';
import './encoders/encoders.css';
import './edges/edges.css';
import './incidents/incidents.css';
import './incidents/incident-room.css';
import './alerts/alerts.css';
import './changes/changes.css';
import './oncall/oncall.css';
import './oncall/calendar.css';
import './runbooks/runbooks.css';
import './runs/runs.css';
import './orders/orders.css';
import './sessions/sessions.css';
import './audit/audit.css';
import './slos/slos.css';
import './projects/projects.css';
import './readiness/readiness.css';
import './access/access.css';
import './webhooks/webhooks.css';
import './styles/motion.css';
import { watchSession } from './session.ts';
import { App } from './shell/app.tsx';
import { loadPage } from './shell/pages.tsx';
import { parseRoute } from './shell/router.ts';
import { applyTheme } from './shell/theme.ts';

applyTheme();
loadPage(parseRoute(window.location.hash).page);
watchSession();
const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
