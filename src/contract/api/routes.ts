// The whole public API.

import { accessRoutes } from './access.ts';
import { assetRoutes } from './assets.ts';
import { worldRoutes } from './world.ts';

export const apiRoutes = { ...assetRoutes, ...worldRoutes, ...accessRoutes };
export type ApiRoutes = typeof apiRoutes;
