// Routes that concern the whole installation: whoever belongs to a single project is turned away from all of them.

import type { Principal } from './principal.ts';
import { requireAllProjects } from './principal.ts';

type AnyHandler = (call: { principal: Principal }) => Promise<unknown>;

/** The same handlers, closed to principals of a single project. */
export function ofInstallation<T extends object>(handlers: T): T {
  const closed = Object.entries(handlers as Record<string, AnyHandler>).map(
    ([key, handler]): [string, AnyHandler] => [
      key,
      async (call) => {
        if (call.principal.kind === 'user') requireAllProjects(call.principal);
        return handler(call);
      },
    ],
  );
  return Object.fromEntries(closed) as T;
}
