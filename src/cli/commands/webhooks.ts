// meridian webhooks …: who is told of what happens, what was said to them, and once more.

import { formatDurationMs, parseDurationMs } from '#base/duration.ts';
import { type DeliveryView, EVENT_TYPES, type EventType, type WebhookView } from '#contract/api/events.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** How often a test is asked whether it has ended, and for how long: an attempt ends within 12 s. */
const TEST_POLL_MS = 200;
const TEST_MS_MAX = 15_000;

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function idOf(invocation: Invocation): { webhookId: string } {
  return { webhookId: invocation.positionals[0] ?? '' };
}

/** "asset.ready,asset.failed": checked here, so that the answer names the wrong one. */
function eventTypesOf(text: string | undefined): EventType[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  for (const name of names)
    if (!(name in EVENT_TYPES))
      throw refuse(`--events ${name}: the events are ${Object.keys(EVENT_TYPES).join(', ')}`);
  return names as EventType[];
}

function stateText({ state, pausedReason, failingSinceMs }: WebhookView): string {
  if (state === 'paused') return `paused: ${pausedReason ?? ''}`;
  if (failingSinceMs === null) return 'active';
  return `failing since ${new Date(failingSinceMs).toISOString()}`;
}

function deliveryRow(delivery: DeliveryView): string[] {
  return [
    String(delivery.id),
    new Date(delivery.eventAtMs).toISOString(),
    delivery.type,
    delivery.subject,
    delivery.state,
    String(delivery.attempts),
    delivery.reason ?? (delivery.lastStatus === null ? '' : String(delivery.lastStatus)),
  ];
}

export const webhooksListCommand: Command = {
  name: 'webhooks list',
  usage: 'webhooks list [--json]',
  summary: 'List webhooks: where events go, whether they arrive, what waits',
  options: API_OPTIONS,
  examples: ['meridian webhooks list', 'meridian webhooks list --json | jq -r .[].url'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { webhooks } = await client.call('GET /v1/webhooks');
    if (invocation.isSet('json')) printJson(webhooks);
    else if (webhooks.length === 0)
      write('There are no webhooks yet: `meridian webhooks add URL` makes one.');
    else
      printTable(
        ['ID', 'URL', 'EVENTS', 'WAITING', 'GIVEN UP', 'STATE'],
        webhooks.map((webhook) => [
          webhook.id,
          webhook.url,
          webhook.eventTypes.length === 0 ? 'all' : webhook.eventTypes.join(' '),
          String(webhook.waitingCount),
          String(webhook.deadCount),
          stateText(webhook),
        ]),
      );
    return 0;
  },
};

export const webhooksAddCommand: Command = {
  name: 'webhooks add',
  usage: 'webhooks add URL [--events TYPE,…] [--project ID] [--description TEXT] [--binary] [--json]',
  summary: 'Send events to an address; prints the signing secret, which is shown only this once',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    events: { type: 'string', value: 'TYPE,…', summary: 'Only these events (default: all)' },
    project: { type: 'string', value: 'ID', summary: 'Only this project (default: all, and regions)' },
    description: { type: 'string', value: 'TEXT', summary: 'A note for people' },
    binary: { type: 'boolean', summary: 'CloudEvents in binary form (default: structured)' },
  },
  examples: [
    'meridian webhooks add https://example.com/hooks/meridian',
    'meridian webhooks add https://example.com/hooks --events asset.ready,asset.failed --project default',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const made = await client.call('POST /v1/webhooks', {
      body: {
        url: invocation.positionals[0] ?? '',
        eventTypes: eventTypesOf(invocation.text('events')),
        projectId: invocation.text('project') ?? null,
        description: invocation.text('description') ?? '',
        format: invocation.isSet('binary') ? 'binary' : 'structured',
      },
    });
    if (invocation.isSet('json')) printJson(made);
    else {
      write(`Added ${made.webhook.id}.`);
      write(`Secret (shown only this once): ${made.secret}`);
      write(`Try it: meridian webhooks test ${made.webhook.id}`);
    }
    return 0;
  },
};

export const webhooksRemoveCommand: Command = {
  name: 'webhooks remove',
  usage: 'webhooks remove WEBHOOK [--json]',
  summary: 'Remove a webhook with everything that waits for it',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian webhooks remove whk_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = idOf(invocation);
    const answer = await client.call('DELETE /v1/webhooks/{webhookId}', { params });
    if (invocation.isSet('json')) printJson(answer);
    else write(`Removed ${params.webhookId}.`);
    return 0;
  },
};

export const webhooksDeliveriesCommand: Command = {
  name: 'webhooks deliveries',
  usage: 'webhooks deliveries WEBHOOK [DELIVERY] [--state STATE] [--limit N] [--json]',
  summary: 'Show deliveries, newest first; of one delivery, every attempt and the body',
  positionals: [1, 2],
  options: {
    ...API_OPTIONS,
    state: { type: 'string', value: 'STATE', summary: 'waiting, held, sending, delivered or dead' },
    ...LIMIT_OPTION,
  },
  examples: [
    'meridian webhooks deliveries whk_01jd0000000000000000000000 --state dead',
    'meridian webhooks deliveries whk_01jd0000000000000000000000 4711',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = idOf(invocation);
    const deliveryId = invocation.positionals[1];
    if (deliveryId !== undefined) return showDelivery(invocation, client, { ...params, deliveryId });
    const query = {
      limit: limitOf(invocation),
      state: invocation.text('state') as DeliveryView['state'],
    };
    const { deliveries } = await client.call('GET /v1/webhooks/{webhookId}/deliveries', { params, query });
    if (invocation.isSet('json')) printJson(deliveries);
    else if (deliveries.length === 0) write('There are no such deliveries.');
    else
      printTable(
        ['ID', 'WHEN', 'EVENT', 'SUBJECT', 'STATE', 'ATTEMPTS', 'REASON'],
        deliveries.map(deliveryRow),
      );
    return 0;
  },
};

async function showDelivery(
  invocation: Invocation,
  client: ApiClient,
  params: { webhookId: string; deliveryId: string },
): Promise<number> {
  const found = await client.call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', { params });
  if (invocation.isSet('json')) {
    printJson(found);
    return 0;
  }
  const { delivery, attempts, body } = found;
  write(`${delivery.type} of ${delivery.subject}, ${delivery.eventId}: ${delivery.state}`);
  if (delivery.reason !== null) write(delivery.reason);
  write('');
  printTable(
    ['ATTEMPT', 'WHEN', 'STATUS', 'TOOK', 'ANSWER'],
    attempts.map((attempt) => [
      String(attempt.number),
      new Date(attempt.atMs).toISOString(),
      attempt.status === null ? '-' : String(attempt.status),
      formatDurationMs(attempt.durationMs),
      (attempt.problem ?? attempt.answer.split('\n')[0] ?? '').slice(0, 120),
    ]),
  );
  write(`\n${body}`);
  return 0;
}

/** A time of the clock, or how long ago: "2026-05-03T14:00:00Z", "2h". */
function timeOf(invocation: Invocation, name: string, nowMs: number): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const agoMs = parseDurationMs(text);
  const atMs = agoMs === undefined ? Date.parse(text) : nowMs - agoMs;
  if (Number.isNaN(atMs))
    throw refuse(`--${name}: "${text}" is neither a time such as 2026-05-03T14:00:00Z nor 90m, 2h, 7d`);
  return atMs;
}

export const webhooksReplayCommand: Command = {
  name: 'webhooks replay',
  usage: 'webhooks replay WEBHOOK [DELIVERY | --from TIME [--to TIME] [--all]] [--json]',
  summary: 'Deliver once more: one delivery, or those of a span of time that were given up',
  positionals: [1, 2],
  options: {
    ...API_OPTIONS,
    from: { type: 'string', value: 'TIME', summary: 'Begin of the span: a time, or how long ago (2h)' },
    to: { type: 'string', value: 'TIME', summary: 'End of the span (default: now)' },
    all: { type: 'boolean', summary: 'Also what was delivered, and what was never sent here' },
  },
  examples: [
    'meridian webhooks replay whk_01jd0000000000000000000000 4711',
    'meridian webhooks replay whk_01jd0000000000000000000000 --from 2d',
    'meridian webhooks replay whk_01jd0000000000000000000000 --from 2026-05-03T14:00:00Z --to 2026-05-03T15:00:00Z --all',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = idOf(invocation);
    const deliveryId = invocation.positionals[1];
    const nowMs = Date.now();
    const fromMs = timeOf(invocation, 'from', nowMs);
    if ((deliveryId === undefined) === (fromMs === undefined))
      throw refuse('give either a delivery, or a span of time with --from');
    if (deliveryId !== undefined) {
      const one = { params: { ...params, deliveryId } };
      const delivery = await client.call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', one);
      if (invocation.isSet('json')) printJson(delivery);
      else write(`${delivery.type} of ${delivery.subject} is delivered once more.`);
      return 0;
    }
    const { count } = await client.call('POST /v1/webhooks/{webhookId}/replay', {
      params,
      body: {
        fromMs: fromMs ?? nowMs,
        toMs: timeOf(invocation, 'to', nowMs) ?? nowMs,
        which: invocation.isSet('all') ? 'all' : 'failed',
      },
    });
    if (invocation.isSet('json')) printJson({ count });
    else write(`${count} events are delivered once more.`);
    return 0;
  },
};

export const webhooksTestCommand: Command = {
  name: 'webhooks test',
  usage: 'webhooks test WEBHOOK [--json]',
  summary: 'Send a test event now and say what the endpoint answered; exit code 1 unless it took it',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian webhooks test whk_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = idOf(invocation);
    const { deliveryId } = await client.call('POST /v1/webhooks/{webhookId}/test', { params });
    const { delivery, attempts } = await testOutcome(client, { ...params, deliveryId });
    const attempt = attempts.at(-1);
    if (invocation.isSet('json')) printJson({ delivery, attempts });
    else if (delivery.state === 'delivered')
      write(`Delivered: status ${attempt?.status} in ${formatDurationMs(attempt?.durationMs ?? 0)}.`);
    else {
      write(`Not delivered. ${attempt?.problem ?? 'The outcome is not known yet.'}`);
      if (attempt !== undefined && attempt.answer !== '') write(`It answered: ${attempt.answer}`);
    }
    return delivery.state === 'delivered' ? 0 : 1;
  },
};

async function testOutcome(client: ApiClient, params: { webhookId: string; deliveryId: number }) {
  const deadlineMs = performance.now() + TEST_MS_MAX;
  for (;;) {
    const found = await client.call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', { params });
    const hasEnded = found.delivery.state === 'delivered' || found.delivery.state === 'dead';
    if (hasEnded || performance.now() > deadlineMs) return found;
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS));
  }
}

function stateCommand(
  verb: 'pause' | 'resume',
  summary: string,
  done: (webhook: WebhookView) => string,
): Command {
  return {
    name: `webhooks ${verb}`,
    usage: `webhooks ${verb} WEBHOOK [--json]`,
    summary,
    positionals: [1, 1],
    options: API_OPTIONS,
    examples: [`meridian webhooks ${verb} whk_01jd0000000000000000000000`],
    async run(invocation) {
      const { client } = await openControl(invocation);
      const webhook = await client.call(`POST /v1/webhooks/{webhookId}/${verb}`, {
        params: idOf(invocation),
      });
      if (invocation.isSet('json')) printJson(webhook);
      else write(done(webhook));
      return 0;
    },
  };
}

export const webhooksPauseCommand = stateCommand(
  'pause',
  'Stop sending; events are kept for a week',
  ({ id }) => `${id} is paused.`,
);

export const webhooksResumeCommand = stateCommand(
  'resume',
  'Go on sending, first what waited meanwhile',
  ({ id, waitingCount }) => `${id} is active; ${waitingCount} deliveries waited.`,
);

export const webhooksRotateCommand: Command = {
  name: 'webhooks rotate',
  usage: 'webhooks rotate WEBHOOK [--overlap DURATION] [--json]',
  summary: 'Make a new signing secret; the old one signs as well until the overlap is over',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    overlap: { type: 'string', value: 'DURATION', summary: 'How long both sign (default 24h, at most 7d)' },
  },
  examples: ['meridian webhooks rotate whk_01jd0000000000000000000000 --overlap 2h'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const text = invocation.text('overlap') ?? '24h';
    const overlapMs = parseDurationMs(text);
    if (overlapMs === undefined)
      throw refuse(`--overlap: "${text}" is not a duration such as 30m, 24h or 7d`);
    const made = await client.call('POST /v1/webhooks/{webhookId}/rotate-secret', {
      params: idOf(invocation),
      body: { overlapMs },
    });
    if (invocation.isSet('json')) printJson(made);
    else {
      const untilMs = made.webhook.previousSecretUntilMs;
      write(`New secret (shown only this once): ${made.secret}`);
      if (untilMs !== null) write(`The old one signs as well until ${new Date(untilMs).toISOString()}.`);
    }
    return 0;
  },
};

/** In the order of the help. */
export const webhookCommands: readonly Command[] = [
  webhooksListCommand,
  webhooksAddCommand,
  webhooksTestCommand,
  webhooksDeliveriesCommand,
  webhooksReplayCommand,
  webhooksPauseCommand,
  webhooksResumeCommand,
  webhooksRotateCommand,
  webhooksRemoveCommand,
];
