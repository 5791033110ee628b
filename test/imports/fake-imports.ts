// What the console's fake control plane answers about imports, from a list that tests may fill.

import { makeId } from '#base/ids.ts';
import type { ImportView, importRoutes } from '#contract/api/imports.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof importRoutes;

export interface FakeImports {
  /** Newest first. */
  list: ImportView[];
}

/** An import of an address that waits. */
export function makeImport(nowMs: number, changes: Partial<ImportView> = {}): ImportView {
  const number = changes.name ?? 'film';
  return {
    id: makeId('imp', nowMs, new TextEncoder().encode(number.padEnd(10, ' ')).slice(0, 10)),
    projectId: 'default',
    kind: 'url',
    parentId: null,
    location: 'https://media.example.com/films/harbour.mp4',
    name: null,
    visibility: 'public',
    preset: null,
    state: 'waiting',
    assetId: null,
    attempt: 0,
    nodeId: null,
    receivedBytes: 0,
    totalBytes: null,
    objects: null,
    failure: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...changes,
  };
}

/** Handlers of the import routes. */
export function importHandlers(imports: FakeImports): {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
} {
  const find = (importId: string): ImportView => {
    const found = imports.list.find(({ id }) => id === importId);
    if (found === undefined) throw new MeridianError('not_found', { what: 'such import' });
    return found;
  };
  return {
    'POST /v1/imports': ({ body }) => {
      const location = body.url ?? `s3://${body.s3?.source}/${body.s3?.prefix}`;
      const kind = body.url === undefined ? 'bucket' : 'url';
      const { projectId, visibility, name = null } = body;
      const made = makeImport(Date.now(), { kind, location, projectId, visibility, name });
      imports.list = [made, ...imports.list];
      return made;
    },
    'GET /v1/imports': ({ query }) => {
      const matching = imports.list.filter(
        ({ id, parentId, state }) =>
          parentId === (query.parentId ?? null) &&
          (query.state === undefined || state === query.state) &&
          (query.before === undefined || id < query.before),
      );
      const page = matching.slice(0, query.limit);
      return { imports: page, nextBefore: matching.length > page.length ? (page.at(-1)?.id ?? null) : null };
    },
    'GET /v1/imports/{importId}': ({ params }) => find(params.importId),
    'POST /v1/imports/{importId}/cancel': ({ params }) => {
      const cancelled: ImportView = { ...find(params.importId), state: 'cancelled' };
      imports.list = imports.list.map((each) => (each.id === cancelled.id ? cancelled : each));
      return cancelled;
    },
  };
}
