// The whole public API.

import { accessRoutes } from './access.ts';
import { assetRoutes } from './assets.ts';
import { eventRoutes } from './events.ts';
import { importRoutes } from './imports.ts';
import { storageRoutes } from './storage.ts';
import { worldRoutes } from './world.ts';

export const apiRoutes = {
  ...assetRoutes,
  ...worldRoutes,
  ...accessRoutes,
  ...eventRoutes,
  ...importRoutes,
  ...storageRoutes,
};
export type ApiRoutes = typeof apiRoutes;
