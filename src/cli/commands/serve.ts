// meridian control and meridian node: one process each, as a supervisor or an orchestrator starts them.

import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { type Role, roleSchema } from '#contract/snapshot.ts';
import { ensurePrivateDirectory } from '#platform/disk.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { createLog } from '#platform/log.ts';
import type { Command, Invocation } from '../command.ts';
import { runProcess } from '../compose/run-process.ts';
import { controlUrlOf, loadConfigFor } from '../control-access.ts';

/** The node that a site has in any case; its directory and ports are those of the site. */
const FIRST_NODE_NAME = 'a';

const NO_WAN = { 'no-wan': { type: 'boolean', summary: 'No delay between regions' } } as const;

export const controlCommand: Command = {
  name: 'control',
  usage: 'control [--config FILE]',
  summary: 'Start the control plane alone',
  options: NO_WAN,
  examples: ['DATABASE_URL=postgres://… meridian control --config meridian.yaml'],
  async run(invocation) {
    const { config, dataDirectory } = await loadConfigFor(invocation);
    const log = createLog('control', config.log);
    const lifecycle = createLifecycle(log);
    return runProcess(lifecycle, async () => {
      const { startControl } = await import('../compose/control-process.ts');
      await ensurePrivateDirectory(dataDirectory);
      return startControl({ config, dataDirectory, log, lifecycle });
    });
  },
};

export const nodeCommand: Command = {
  name: 'node',
  usage: 'node --site SITE [--name NAME] [--roles LIST] [--control URL] [--join-token-file FILE]',
  summary: 'Start one region node alone',
  options: {
    ...NO_WAN,
    site: { type: 'string', value: 'SITE', summary: 'Site of the configuration that this node belongs to' },
    name: {
      type: 'string',
      value: 'NAME',
      summary: 'Tells the nodes of a site apart (default: a); any but the first takes a free node port',
    },
    'share-edge-port': {
      type: 'boolean',
      summary: 'Let several edges of this machine listen on the edge port of the site',
    },
    roles: { type: 'string', value: 'LIST', summary: 'Roles, e.g. origin,edge (default: all)' },
    control: {
      type: 'string',
      value: 'URL',
      summary: 'Address of control (default: from the configuration)',
    },
    'join-token-file': {
      type: 'string',
      value: 'FILE',
      summary:
        'One-time token for the first start (default: in the data directory, when control runs there too)',
    },
  },
  examples: [
    'meridian node --site dublin-1 --join-token-file token',
    'meridian node --site dublin-1 --roles origin,edge',
    'meridian node --site dublin-1 --name b --roles edge --share-edge-port',
  ],
  run: runNode,
};

async function runNode(invocation: Invocation): Promise<number> {
  const siteId = invocation.text('site');
  if (siteId === undefined) throw new MeridianError('invalid_request', { reason: '--site is missing' });
  const name = invocation.text('name') ?? FIRST_NODE_NAME;
  if (!/^[a-z0-9][a-z0-9-]{0,15}$/.test(name))
    throw new MeridianError('invalid_request', {
      reason: '--name takes up to 16 small letters, digits and hyphens',
    });
  const roles = parseRoles(invocation.text('roles'));
  const { config, dataDirectory } = await loadConfigFor(invocation);
  const isFirst = name === FIRST_NODE_NAME;
  const log = createLog(isFirst ? siteId : `${siteId}-${name}`, config.log);
  const lifecycle = createLifecycle(log);
  return runProcess(lifecycle, async (restart) => {
    const { startNode } = await import('../compose/node-process.ts');
    return startNode({
      config,
      dataDirectory,
      siteId,
      nodeName: name,
      isEdgePortShared: invocation.isSet('share-edge-port'),
      roles,
      controlUrl: invocation.text('control') ?? controlUrlOf(config),
      joinTokenFile:
        invocation.text('join-token-file') ??
        join(dataDirectory, 'join-tokens', isFirst ? siteId : `${siteId}-${name}`),
      isWanDelayed: config.wan.enabled && !invocation.isSet('no-wan'),
      log,
      lifecycle,
      restart,
    });
  });
}

function parseRoles(list: string | undefined): readonly Role[] {
  if (list === undefined) return roleSchema.options;
  return list.split(',').map((name) => {
    const role = roleSchema.safeParse(name.trim());
    if (!role.success)
      throw new MeridianError('invalid_request', {
        reason: `${name} is no role; roles are ${roleSchema.options.join(', ')}`,
      });
    return role.data;
  });
}
