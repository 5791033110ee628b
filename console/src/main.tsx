// Starts the console.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './shell/shell.css';
import './login/login.css';
import './world/world.css';
import './library/library.css';
import './jobs/jobs.css';
import './access/access.css';
import './webhooks/webhooks.css';
import './styles/motion.css';
import { watchSession } from './session.ts';
import { App } from './shell/app.tsx';
import { applyTheme } from './shell/theme.ts';

applyTheme();
watchSession();
const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
