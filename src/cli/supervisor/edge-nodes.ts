// Further edges of the sites on this machine, beside the node that each site has. They share the site's edge port, and
// each needs a token for its first start, which control gives out: one per node, for once.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiClient } from '#contract/client.ts';
import type { Config } from '#contract/config.ts';
import { makeDirectoryDurably, writeFileDurably } from '#platform/disk.ts';
import { controlUrlOf } from '../control-access.ts';

/** Edges of one site on one machine: more processes than this only take each other's processors. */
export const EDGES_MAX = 16;
/** Long enough for a node that starts on a busy machine; whoever finds the file later finds it worthless. */
const TOKEN_MS = 600_000;

export interface EdgeNode {
  readonly siteId: string;
  /** Distinguishes the nodes of a site: b, c, … */
  readonly name: string;
}

/** The nodes that `count` edges per site need beside the first of each site. */
export function furtherEdges(config: Config, count: number): readonly EdgeNode[] {
  const names = Array.from({ length: count - 1 }, (_, index) => String.fromCharCode(98 + index));
  return config.regions.flatMap(({ sites }) =>
    sites.flatMap(({ id }) => names.map((name) => ({ siteId: id, name }))),
  );
}

/** Arguments of `meridian` that start a further edge. */
export function edgeArguments({ siteId, name }: EdgeNode): readonly string[] {
  return ['node', '--site', siteId, '--name', name, '--roles', 'edge', '--share-edge-port'];
}

/** Puts a join token where each node that has never joined will look for it; control must be running. */
export async function provideJoinTokens(
  config: Config,
  dataDirectory: string,
  nodes: readonly EdgeNode[],
): Promise<void> {
  const unknown = nodes.filter(
    ({ siteId, name }) => !existsSync(join(dataDirectory, 'nodes', `${siteId}-${name}`, 'membership.json')),
  );
  if (unknown.length === 0) return;
  const token = (await readFile(join(dataDirectory, 'admin-token'), 'utf8')).trim();
  const client = createApiClient({ baseUrl: controlUrlOf(config), token, fetch });
  const directory = join(dataDirectory, 'join-tokens');
  await makeDirectoryDurably(directory);
  for (const { siteId, name } of unknown) {
    const { joinToken } = await client.call('POST /v1/join-tokens', { body: { siteId, ttlMs: TOKEN_MS } });
    await writeFileDurably(join(directory, `${siteId}-${name}`), `${joinToken}\n`, { mode: 0o600 });
  }
}
