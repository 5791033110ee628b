// meridian regions, drain, restore, steering explain, join-token: the world from the command line.

import { formatDurationMs } from '#base/duration.ts';
import type { WorldView } from '#contract/api/world.ts';
import { API_OPTIONS, type Command } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

function siteRows(world: WorldView): string[][] {
  return world.regions.flatMap((region) =>
    region.sites.map((site) => [
      region.name,
      site.id,
      site.isHealthy ? site.state : `${site.state} (unhealthy)`,
      `${(site.egressBps / 1e6).toFixed(1)} of ${(site.capacityBps / 1e6).toFixed(0)} Mbit/s`,
      site.hitRatio === null ? '' : `${(site.hitRatio * 100).toFixed(1)} %`,
      site.nodes
        .map((node) => `${node.id}${node.isReady ? '' : ` (${node.notReadyReason ?? 'not ready'})`}`)
        .join(' '),
      site.edgeUrl,
    ]),
  );
}

export const regionsCommand: Command = {
  name: 'regions',
  usage: 'regions [--json]',
  summary: 'Show regions, sites, nodes and traffic',
  options: API_OPTIONS,
  examples: ['meridian regions', 'meridian regions --json | jq .regions[].sites[].state'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const world = await client.call('GET /v1/world', {});
    if (invocation.isSet('json')) printJson(world);
    else {
      printTable(['REGION', 'SITE', 'STATE', 'EGRESS', 'HITS', 'NODES', 'EDGE'], siteRows(world));
      const age =
        world.publishedAtMs === null ? 'never' : `${formatDurationMs(world.nowMs - world.publishedAtMs)} ago`;
      process.stdout.write(`\nSnapshot ${world.term}.${world.sequence}, published ${age}.\n`);
    }
    return 0;
  },
};

export const drainCommand: Command = {
  name: 'drain',
  usage: 'drain SITE|REGION [--force] [--json]',
  summary: 'Steer viewers away from a site or region, then refuse media there; `restore` ends it',
  positionals: [1, 1],
  options: { ...API_OPTIONS, force: { type: 'boolean', summary: 'Also when it is the last healthy site' } },
  examples: ['meridian drain dublin', 'meridian drain dublin-1 --json'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const result = await client.call('POST /v1/drains/{target}', {
      params: { target: invocation.positionals[0] ?? '' },
      body: { isForced: invocation.isSet('force') },
    });
    if (invocation.isSet('json')) printJson(result);
    else {
      for (const site of result.sites) process.stdout.write(`${site.id} is ${site.state}.\n`);
      for (const warning of result.warnings) process.stdout.write(`Note: ${warning}\n`);
    }
    return 0;
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  usage: 'restore SITE|REGION [--json]',
  summary: 'End a drain',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian restore dublin'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const result = await client.call('DELETE /v1/drains/{target}', {
      params: { target: invocation.positionals[0] ?? '' },
    });
    if (invocation.isSet('json')) printJson(result);
    else for (const site of result.sites) process.stdout.write(`${site.id} is ${site.state}.\n`);
    return 0;
  },
};

export const steeringExplainCommand: Command = {
  name: 'steering explain',
  usage: 'steering explain [GROUP] [--json]',
  summary: 'Show where each group of viewers is sent, and why',
  positionals: [0, 1],
  options: API_OPTIONS,
  examples: ['meridian steering explain', 'meridian steering explain dublin'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { plan, findings } = await client.call('GET /v1/steering', {});
    const only = invocation.positionals[0];
    const groups = plan.groups.filter((group) => only === undefined || group.id === only);
    if (invocation.isSet('json')) {
      printJson({ ...plan, groups, findings });
      return 0;
    }
    process.stdout.write(`Plan ${plan.generation}; players ask again every ${plan.ttlMs / 1_000} s.\n`);
    for (const group of groups) {
      const shares = new Map(group.shares.map(({ pathwayId, share }) => [pathwayId, share]));
      const order = group.order.map((id) => `${id} (${Math.round((shares.get(id) ?? 0) * 100)} %)`);
      process.stdout.write(`\nViewers near ${group.id}: ${order.join(', then ')}\n`);
      for (const reason of group.reasons) {
        const values = Object.entries(reason.values).map(
          ([name, value]) => `${name} ${Math.round(value * 100) / 100}`,
        );
        process.stdout.write(
          `  ${reason.subject}: ${reason.code}${values.length === 0 ? '' : ` (${values.join(', ')})`}\n`,
        );
      }
    }
    for (const finding of findings) process.stdout.write(`\nThe checker objects: ${finding.message}\n`);
    return 0;
  },
};

export const joinTokenCommand: Command = {
  name: 'join-token',
  usage: 'join-token SITE [--json]',
  summary: 'Make a one-time token with which a node joins a site',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian join-token dublin-1', 'meridian node --site dublin-1 --join-token-file token'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const result = await client.call('POST /v1/join-tokens', {
      body: { siteId: invocation.positionals[0] ?? '' },
    });
    if (invocation.isSet('json')) printJson(result);
    else process.stdout.write(`${result.joinToken}\n`);
    return 0;
  },
};
