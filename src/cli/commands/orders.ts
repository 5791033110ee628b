// meridian purge, nodes restart, throttle, shift, orders: what the world is told to do by hand.

import { setTimeout as delay } from 'node:timers/promises';
import type { NewOrder, OrderView } from '#contract/api/orders.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** How often an order that is waited for is asked for. */
const WATCH_EVERY_MS = 500;
const ASSET_EXAMPLE = 'ast_01jd0000000000000000000000';
const WAIT_OPTION = { wait: { type: 'boolean', summary: 'Until every node concerned has done it' } } as const;
const FORCE_OPTION = { force: { type: 'boolean', summary: 'Also when a guard does not hold' } } as const;

function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function printOrder(order: OrderView): void {
  process.stdout.write(`${order.text} (${order.id}).\n`);
  for (const { nodeId, count, bytes } of order.reports)
    process.stdout.write(
      order.kind === 'purge'
        ? `  ${nodeId} dropped ${count} objects, ${bytesText(bytes)}\n`
        : `  ${nodeId} has done it\n`,
    );
  if (order.missingNodeIds.length > 0)
    process.stdout.write(`  Not yet: ${order.missingNodeIds.join(', ')}\n`);
}

async function follow(client: ApiClient, order: OrderView): Promise<OrderView> {
  let current = order;
  while (!current.isDone && current.endedAtMs === null) {
    await delay(WATCH_EVERY_MS);
    current = await client.call('GET /v1/orders/{orderId}', { params: { orderId: order.id } });
  }
  return current;
}

/** Places an order, waits for it where that was asked for, and shows it. */
async function place(invocation: Invocation, body: NewOrder): Promise<number> {
  const { client } = await openControl(invocation);
  const { order: placed, text } = await client.call('POST /v1/orders', { body });
  const isWaiting = invocation.isSet('wait') && placed !== null;
  const order = isWaiting ? await follow(client, placed) : placed;
  if (invocation.isSet('json')) printJson({ order, text });
  else if (order === null) process.stdout.write(`${text}.\n`);
  else printOrder(order);
  return isWaiting && order?.isDone !== true ? 1 : 0;
}

/** `demo`, `demo/ast_…` or `demo/ast_…/v2`. */
function purgeOf(text: string): NewOrder {
  const match = /^([^/]+)(?:\/(ast_[0-9a-z]{26})(?:\/v([1-9]\d{0,8}))?)?$/.exec(text);
  if (match === null) throw refuse(`"${text}" is not PROJECT, PROJECT/ASSET or PROJECT/ASSET/vN`);
  const [, projectId = '', assetId = null, version] = match;
  return { kind: 'purge', projectId, assetId, version: version === undefined ? null : Number(version) };
}

const purgeCommand: Command = {
  name: 'purge',
  usage: 'purge PROJECT[/ASSET[/vN]] [--wait] [--json]',
  summary: 'Let every edge drop what it keeps of a project, an asset or a version, in memory and on disk',
  positionals: [1, 1],
  options: { ...API_OPTIONS, ...WAIT_OPTION },
  examples: [
    `meridian purge demo/${ASSET_EXAMPLE} --wait`,
    'meridian purge demo',
    `meridian purge demo/${ASSET_EXAMPLE}/v2`,
  ],
  run: (invocation) => place(invocation, purgeOf(invocation.positionals[0] ?? '')),
};

const restartCommand: Command = {
  name: 'nodes restart',
  usage: 'nodes restart NODE [--force] [--wait] [--json]',
  summary: 'Let a node send its viewers away, end, and be started again by its supervisor',
  positionals: [1, 1],
  options: { ...API_OPTIONS, ...WAIT_OPTION, ...FORCE_OPTION },
  examples: ['meridian nodes restart dublin-1-a --wait'],
  run: (invocation) =>
    place(invocation, {
      kind: 'restart',
      nodeId: invocation.positionals[0] ?? '',
      isForced: invocation.isSet('force'),
    }),
};

const throttleCommand: Command = {
  name: 'throttle',
  usage: 'throttle [--region REGION] [--project PROJECT] [--floor video|live] [--json]',
  summary: 'Turn away what is worth less than the floor; `orders end` ends it',
  options: {
    ...API_OPTIONS,
    region: { type: 'string', value: 'REGION', summary: 'Only there (default: everywhere)' },
    project: { type: 'string', value: 'PROJECT', summary: 'Only of this project (default: all)' },
    floor: {
      type: 'string',
      value: 'FLOOR',
      summary: 'video (default): prefetches are turned away; live: segments of videos too',
    },
  },
  examples: ['meridian throttle --region dublin', 'meridian throttle --project demo --floor live'],
  run(invocation) {
    const floor = invocation.text('floor') ?? 'video';
    if (floor !== 'video' && floor !== 'live') throw refuse('--floor is video or live');
    return place(invocation, {
      kind: 'throttle',
      regionId: invocation.text('region') ?? null,
      projectId: invocation.text('project') ?? null,
      floor,
    });
  },
};

const shiftCommand: Command = {
  name: 'shift',
  usage: 'shift SITE SHARE [--force] [--json]',
  summary: 'Leave a site a part (0 to 1) of what steering would send there; 1 ends it',
  positionals: [2, 2],
  options: { ...API_OPTIONS, ...FORCE_OPTION },
  examples: ['meridian shift dublin-1 0.5', 'meridian shift dublin-1 1'],
  run(invocation) {
    const [siteId = '', text = ''] = invocation.positionals;
    if (!/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text)) throw refuse(`"${text}" is not a share from 0 to 1`);
    return place(invocation, {
      kind: 'shift',
      siteId,
      share: Number(text),
      isForced: invocation.isSet('force'),
    });
  },
};

function standing({ endedAtMs, isDone, kind, missingNodeIds }: OrderView): string {
  if (kind === 'throttle' || kind === 'shift' || kind === 'scale')
    return endedAtMs === null ? 'in force' : 'ended';
  if (isDone) return 'done';
  return endedAtMs === null ? `waits for ${missingNodeIds.join(', ') || 'nobody that is alive'}` : 'ended';
}

const ordersCommand: Command = {
  name: 'orders list',
  usage: 'orders list [--open] [--limit N] [--json]',
  summary: 'Show purges, restarts, throttles, shifts and scaled encoders, newest first',
  options: {
    ...API_OPTIONS,
    ...LIMIT_OPTION,
    open: { type: 'boolean', summary: 'Only those in force or not done yet' },
  },
  examples: ['meridian orders list --open', 'meridian orders list --json | jq .[].id'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { orders } = await client.call('GET /v1/orders', {
      query: { limit: limitOf(invocation), ...(invocation.isSet('open') ? { isOpen: 'true' } : {}) },
    });
    if (invocation.isSet('json')) printJson(orders);
    else if (orders.length === 0) process.stdout.write('There are no orders.\n');
    else
      printTable(
        ['ID', 'AT (UTC)', 'WHO', 'WHAT', 'STATE'],
        orders.map((order) => [
          order.id,
          new Date(order.createdAtMs).toISOString(),
          order.actor,
          order.text,
          standing(order),
        ]),
      );
    return 0;
  },
};

const endCommand: Command = {
  name: 'orders end',
  usage: 'orders end ORDER [--json]',
  summary: 'End a throttle, a shift or a scale, or withdraw a restart that has not happened',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian orders end ord_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const order = await client.call('DELETE /v1/orders/{orderId}', {
      params: { orderId: invocation.positionals[0] ?? '' },
    });
    if (invocation.isSet('json')) printJson(order);
    else process.stdout.write(`Ended: ${order.text}.\n`);
    return 0;
  },
};

export const orderCommands: readonly Command[] = [
  purgeCommand,
  restartCommand,
  throttleCommand,
  shiftCommand,
  ordersCommand,
  endCommand,
];
