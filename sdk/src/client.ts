// The client: every route of the API as a typed method, and pages as one sequence.

import { type CallSettings, createCall } from './call.ts';
import {
  type AssetView,
  createMethods,
  type ImportView,
  type ListAssetsQuery,
  type ListImportsQuery,
  type MeridianMethods,
} from './generated.ts';

export { type CallOptions, MeridianApiError } from './call.ts';

export type ClientSettings = CallSettings;
export type MeridianClient = MeridianMethods;

/** Creates a client. Nothing is sent yet. */
export function createClient(settings: ClientSettings): MeridianClient {
  return createMethods(createCall(settings));
}

/** Reads page after page; `read` is given where the next page begins, undefined for the first. */
export async function* pages<P extends { readonly nextBefore: string | null }>(
  read: (before: string | undefined) => Promise<P>,
): AsyncGenerator<P> {
  let before: string | undefined;
  do {
    const page = await read(before);
    yield page;
    before = page.nextBefore ?? undefined;
  } while (before !== undefined);
}

/** All assets, newest first, fetched as they are asked for. */
export async function* eachAsset(
  client: Pick<MeridianClient, 'listAssets'>,
  query: Omit<ListAssetsQuery, 'before'> = {},
): AsyncGenerator<AssetView> {
  for await (const { assets } of pages((before) => client.listAssets({ ...query, before }))) yield* assets;
}

/** All imports, newest first, fetched as they are asked for. */
export async function* eachImport(
  client: Pick<MeridianClient, 'listImports'>,
  query: Omit<ListImportsQuery, 'before'> = {},
): AsyncGenerator<ImportView> {
  for await (const { imports } of pages((before) => client.listImports({ ...query, before }))) yield* imports;
}
