// meridian live: broadcasts, from the stream key to the end.

import { formatDurationMs, parseDurationMs } from '#base/duration.ts';
import { type BroadcastView, liveLatencySchema } from '#contract/api/live.ts';
import type { ApiClient } from '#contract/client.ts';
import { findFfmpeg } from '#platform/ffmpeg/resolve-engine.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { confirm } from '../confirm.ts';
import { openControl } from '../control-access.ts';
import { runLiveDemo } from '../live-demo.ts';
import { printJson, printTable } from '../output.ts';

function durationOf(invocation: Invocation, name: string): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const milliseconds = parseDurationMs(text);
  if (milliseconds === undefined) throw refuse(`--${name}: "${text}" is not a duration such as 90s or 30m`);
  return milliseconds;
}

function startOf(invocation: Invocation): number | undefined {
  const text = invocation.text('start');
  if (text === undefined) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw refuse(`--start: "${text}" is not a time such as 2027-01-31T20:00:00+01:00`);
  return atMs;
}

function latencyOf(invocation: Invocation): 'ultra_low' | 'low' | 'relaxed' | undefined {
  const text = invocation.text('latency')?.replace('-', '_');
  if (text === undefined) return undefined;
  const latency = liveLatencySchema.safeParse(text);
  if (!latency.success) throw refuse('--latency is ultra-low, low or relaxed');
  return latency.data;
}

/** `720@2500k,360@700k`. */
function rungsOf(invocation: Invocation): { height: number; bitrateBps: number }[] | undefined {
  return invocation
    .text('rungs')
    ?.split(',')
    .map((text) => {
      const [, height, kilobits] = /^(\d{3,4})@(\d{2,5})k$/.exec(text.trim()) ?? [];
      if (height === undefined || kilobits === undefined)
        throw refuse(`--rungs: "${text}" is not a rung such as 720@2500k`);
      return { height: Number(height), bitrateBps: Number(kilobits) * 1_000 };
    });
}

/** Leaves out what was not given, so that control's defaults hold. */
function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

async function printAddresses(client: ApiClient, broadcast: BroadcastView): Promise<void> {
  const ingest = await client.call('GET /v1/broadcasts/{broadcastId}/ingest', {
    params: { broadcastId: broadcast.id },
  });
  process.stdout.write('Publish to one of these, the first is the best:\n');
  for (const { protocol, regionId, url } of ingest.addresses)
    process.stdout.write(`  ${protocol.toUpperCase().padEnd(6)} ${url}   (${regionId})\n`);
  process.stdout.write(
    `Stream key, good until ${new Date(ingest.expiresAtMs).toISOString()}:\n  ${ingest.streamKey}\n`,
  );
  process.stdout.write(`Watch:\n${broadcast.watchUrls.map((url) => `  ${url}\n`).join('')}`);
  const rtmp = ingest.addresses.find(({ protocol }) => protocol === 'rtmp');
  if (rtmp !== undefined)
    process.stdout.write(`Try it:\n  ffmpeg -re -i FILE -c copy -f flv '${rtmp.url}/KEY'\n`);
  const srt = ingest.addresses.find(({ protocol }) => protocol === 'srt');
  if (srt !== undefined)
    process.stdout.write(`By SRT, without the key:\n  ffmpeg -re -i FILE -c copy -f mpegts '${srt.url}'\n`);
}

const createCommand: Command = {
  name: 'live create',
  usage: 'live create NAME [--start TIME] [--region ID] [--latency KIND] [--srt] [--private] [--json]',
  summary: 'Create a broadcast and print where to publish it',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    project: { type: 'string', value: 'ID', summary: 'Project (default: default)' },
    private: { type: 'boolean', summary: 'Only with a playback token' },
    start: { type: 'string', value: 'TIME', summary: 'Planned start, ISO 8601 (default: ready at once)' },
    duration: { type: 'string', value: 'TIME', summary: 'Planned length, e.g. 2h' },
    'time-zone': { type: 'string', value: 'NAME', summary: 'For people, e.g. Europe/Dublin' },
    region: { type: 'string', value: 'ID', summary: 'Region nearest to the publisher' },
    latency: { type: 'string', value: 'KIND', summary: 'ultra-low (1 s), low (2 s, default) or relaxed' },
    rungs: { type: 'string', value: 'LIST', summary: 'Ladder, e.g. 720@2500k,360@700k (the default)' },
    dvr: { type: 'string', value: 'TIME', summary: 'How far back viewers may go (default 30m)' },
    grace: { type: 'string', value: 'TIME', summary: 'A publisher may come back for so long (default 60s)' },
    srt: { type: 'boolean', summary: 'Take SRT too, on a port and with a passphrase of its own' },
    replace: { type: 'boolean', summary: 'A second publisher takes over; else it is refused' },
    'no-recording': { type: 'boolean', summary: 'Make no asset of it' },
  },
  examples: [
    'meridian live create "Evening news" --region dublin',
    'meridian live create Final --start 2027-01-31T20:00:00+01:00 --duration 3h --latency ultra-low',
  ],
  async run(invocation) {
    const [name = ''] = invocation.positionals;
    const { client } = await openControl(invocation);
    const broadcast = await client.call('POST /v1/broadcasts', {
      body: {
        name,
        ...given({
          projectId: invocation.text('project'),
          visibility: invocation.isSet('private') ? ('private' as const) : undefined,
          plannedStartMs: startOf(invocation),
          plannedDurationMs: durationOf(invocation, 'duration'),
          timeZone: invocation.text('time-zone'),
          publisherRegionId: invocation.text('region'),
          latency: latencyOf(invocation),
          rungs: rungsOf(invocation),
          dvrWindowMs: durationOf(invocation, 'dvr'),
          graceMs: durationOf(invocation, 'grace'),
          onSecondPublisher: invocation.isSet('replace') ? ('replace' as const) : undefined,
          isRecorded: invocation.isSet('no-recording') ? false : undefined,
          takesSrt: invocation.isSet('srt') ? true : undefined,
        }),
      },
    });
    if (invocation.isSet('json')) printJson(broadcast);
    else {
      process.stdout.write(`Created ${broadcast.id}.\n`);
      await printAddresses(client, broadcast);
    }
    return 0;
  },
};

const listCommand: Command = {
  name: 'live list',
  usage: 'live list [--before BROADCAST] [--json]',
  summary: 'List broadcasts, newest first, fifty at a time',
  options: {
    ...API_OPTIONS,
    before: { type: 'string', value: 'BROADCAST', summary: 'Only those older than this one' },
  },
  examples: ['meridian live list', 'meridian live list --before brd_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { broadcasts, nextBefore } = await client.call('GET /v1/broadcasts', {
      query: given({ before: invocation.text('before') }),
    });
    if (nextBefore !== null)
      process.stderr.write(`There are older ones: meridian live list --before ${nextBefore}\n`);
    if (invocation.isSet('json')) printJson(broadcasts);
    else if (broadcasts.length === 0)
      process.stdout.write('There are no broadcasts yet: `meridian live create NAME` makes one.\n');
    else
      printTable(
        ['ID', 'NAME', 'STATE', 'CHANNELS', 'SINCE'],
        broadcasts.map((broadcast) => [
          broadcast.id,
          broadcast.name,
          broadcast.state.replace('_', ' '),
          broadcast.schedule.channels.map(({ regionId }) => regionId).join(' '),
          broadcast.startedAtMs === null ? '' : formatDurationMs(Date.now() - broadcast.startedAtMs),
        ]),
      );
    return 0;
  },
};

function printBroadcast(broadcast: BroadcastView): void {
  const lines: [string, string][] = [
    ['State', [broadcast.state.replace('_', ' '), broadcast.stateReason ?? ''].join('  ').trim()],
    ['Watch', broadcast.watchUrls[0] ?? ''],
    ['Recording', broadcast.recordingAssetId ?? 'none'],
    ...(broadcast.drainedRegionIds.length === 0
      ? []
      : [['Moved off', broadcast.drainedRegionIds.join(' ')] as [string, string]]),
    ['Plan', `generation ${broadcast.schedule.generation}`],
    ...broadcast.schedule.channels.map(({ channel, regionId, nodeId }, index): [string, string] => [
      index === 0 ? 'Primary' : 'Backup',
      `channel ${channel} in ${regionId} (${nodeId})`,
    ]),
    ...broadcast.schedule.reasons.map(({ code, subject, values }): [string, string] => [
      '  because',
      `${subject} ${code.replaceAll('_', ' ')} ${Object.entries(values)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ')}`.trim(),
    ]),
  ];
  process.stdout.write(`${broadcast.name}  ${broadcast.id}\n`);
  for (const [label, text] of lines) process.stdout.write(`  ${label.padEnd(10)} ${text}\n`);
  if (broadcast.reports.length > 0)
    printTable(
      ['NODE', 'ROLE', 'STATE', 'FIGURES'],
      broadcast.reports.map((report) => [
        report.nodeId,
        report.channel === null ? report.role : `${report.role} ${report.channel}`,
        report.reason === null ? report.state : `${report.state}: ${report.reason}`,
        Object.entries(report.figures)
          .map(([key, value]) => `${key}=${Math.round(value * 10) / 10}`)
          .join(' '),
      ]),
    );
}

/** A command about one broadcast that shows it afterwards. */
function showing(
  name: string,
  summary: string,
  call: (client: ApiClient, broadcastId: string) => Promise<BroadcastView>,
): Command {
  return {
    name,
    usage: `${name} BROADCAST [--json]`,
    summary,
    positionals: [1, 1],
    options: API_OPTIONS,
    examples: [`meridian ${name} brd_01jd0000000000000000000000`],
    async run(invocation) {
      const [broadcastId = ''] = invocation.positionals;
      const { client } = await openControl(invocation);
      const broadcast = await call(client, broadcastId);
      if (invocation.isSet('json')) printJson(broadcast);
      else printBroadcast(broadcast);
      return 0;
    },
  };
}

const showCommand = showing(
  'live show',
  'Show a broadcast: its channels, why they are there, what nodes say',
  (client, broadcastId) => client.call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId } }),
);
const switchCommand = showing('live switch', 'Make the backup channel the primary', (client, broadcastId) =>
  client.call('POST /v1/broadcasts/{broadcastId}/switch', { params: { broadcastId } }),
);

/** A command about one broadcast in one region. */
function inRegion(
  name: string,
  summary: string,
  route:
    | 'POST /v1/broadcasts/{broadcastId}/drains/{regionId}'
    | 'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}'
    | 'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}',
): Command {
  return {
    name,
    usage: `${name} BROADCAST REGION [--json]`,
    summary,
    positionals: [2, 2],
    options: API_OPTIONS,
    examples: [`meridian ${name} brd_01jd0000000000000000000000 dublin`],
    async run(invocation) {
      const [broadcastId = '', regionId = ''] = invocation.positionals;
      const { client } = await openControl(invocation);
      const broadcast = await client.call(route, { params: { broadcastId, regionId } });
      if (invocation.isSet('json')) printJson(broadcast);
      else printBroadcast(broadcast);
      return 0;
    },
  };
}

const drainCommand = inRegion(
  'live drain',
  'Move a broadcast off a region; the other channel goes on',
  'POST /v1/broadcasts/{broadcastId}/drains/{regionId}',
);
const restoreCommand = inRegion(
  'live restore',
  'Let a broadcast be made in a region again',
  'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}',
);

const removeChannelCommand = inRegion(
  'live remove-channel',
  'End the channel in a region; two others must be left',
  'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}',
);

const addChannelCommand: Command = {
  name: 'live add-channel',
  usage: 'live add-channel BROADCAST REGION [--move] [--json]',
  summary: 'Make a broadcast in a further region too; refused where there is no room',
  positionals: [2, 2],
  options: {
    ...API_OPTIONS,
    move: { type: 'boolean', summary: 'In the place of its last backup; the primary stays' },
  },
  examples: [
    'meridian live add-channel brd_01jd0000000000000000000000 singapore',
    'meridian live add-channel brd_01jd0000000000000000000000 singapore --move',
  ],
  async run(invocation) {
    const [broadcastId = '', regionId = ''] = invocation.positionals;
    const { client } = await openControl(invocation);
    const broadcast = await client.call('POST /v1/broadcasts/{broadcastId}/channels/{regionId}', {
      params: { broadcastId, regionId },
      body: { isMoved: invocation.isSet('move') },
    });
    if (invocation.isSet('json')) printJson(broadcast);
    else printBroadcast(broadcast);
    return 0;
  },
};

const keyCommand: Command = {
  name: 'live key',
  usage: 'live key BROADCAST [--json]',
  summary: 'Print where and with which key to publish',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian live key brd_01jd0000000000000000000000'],
  async run(invocation) {
    const params = { broadcastId: invocation.positionals[0] ?? '' };
    const { client } = await openControl(invocation);
    if (invocation.isSet('json'))
      printJson(await client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params }));
    else await printAddresses(client, await client.call('GET /v1/broadcasts/{broadcastId}', { params }));
    return 0;
  },
};

const rotateCommand: Command = {
  name: 'live rotate',
  usage: 'live rotate BROADCAST [--json]',
  summary: 'Make another SRT passphrase, which cuts off whoever has the old one',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian live rotate brd_01jd0000000000000000000000'],
  async run(invocation) {
    const params = { broadcastId: invocation.positionals[0] ?? '' };
    const { client } = await openControl(invocation);
    const broadcast = await client.call('POST /v1/broadcasts/{broadcastId}/rotate-passphrase', { params });
    if (invocation.isSet('json'))
      printJson(await client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params }));
    else await printAddresses(client, broadcast);
    return 0;
  },
};

const endCommand: Command = {
  name: 'live end',
  usage: 'live end BROADCAST [--yes] [--json]',
  summary: 'End a broadcast; its recording becomes an asset',
  positionals: [1, 1],
  options: { ...API_OPTIONS, yes: { type: 'boolean', summary: 'Do not ask' } },
  examples: ['meridian live end brd_01jd0000000000000000000000 --yes'],
  async run(invocation) {
    const params = { broadcastId: invocation.positionals[0] ?? '' };
    const { client } = await openControl(invocation);
    const before = await client.call('GET /v1/broadcasts/{broadcastId}', { params });
    if (
      !invocation.isSet('yes') &&
      !(await confirm(
        `End "${before.name}"? It cannot go on afterwards.`,
        'there is no terminal to ask on: add --yes',
      ))
    ) {
      process.stdout.write('Nothing was changed.\n');
      return 1;
    }
    const broadcast = await client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
    if (invocation.isSet('json')) printJson(broadcast);
    else printBroadcast(broadcast);
    return 0;
  },
};

const demoCommand: Command = {
  name: 'live demo',
  usage: 'live demo [BROADCAST] [--duration TIME] [--region ID] [--latency KIND] [--srt] [--keep] [--json]',
  summary: 'Publish pictures with a running clock, so that latency can be seen',
  positionals: [0, 1],
  options: {
    ...API_OPTIONS,
    duration: { type: 'string', value: 'TIME', summary: 'Stop after so long (default: at Ctrl-C)' },
    region: { type: 'string', value: 'ID', summary: 'Region nearest to the publisher' },
    latency: { type: 'string', value: 'KIND', summary: 'ultra-low (1 s), low (2 s, default) or relaxed' },
    srt: { type: 'boolean', summary: 'Publish by SRT; a broadcast that is given must take it' },
    keep: { type: 'boolean', summary: 'Do not end the broadcast that was made for it' },
  },
  examples: ['meridian live demo', 'meridian live demo brd_01jd0000000000000000000000 --duration 10m'],
  async run(invocation) {
    const [existingId] = invocation.positionals;
    const ffmpegPath = findFfmpeg(process.env);
    const isSrt = invocation.isSet('srt');
    const durationMs = durationOf(invocation, 'duration');
    const { client } = await openControl(invocation);
    const broadcast =
      existingId === undefined
        ? await client.call('POST /v1/broadcasts', {
            body: {
              name: 'Live demo',
              ...given({
                publisherRegionId: invocation.text('region'),
                latency: latencyOf(invocation),
                takesSrt: isSrt ? true : undefined,
              }),
            },
          })
        : await client.call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId: existingId } });
    if (isSrt && !broadcast.takesSrt)
      throw refuse(
        '--srt: this broadcast takes no SRT; `meridian live create NAME --srt` makes one that does',
      );
    if (invocation.isSet('json')) printJson(broadcast);
    else process.stdout.write(`Watch:\n${broadcast.watchUrls.map((url) => `  ${url}\n`).join('')}`);
    const over = new AbortController();
    const stop = (): void => over.abort();
    const timer = durationMs === undefined ? undefined : setTimeout(stop, durationMs);
    process.once('SIGINT', stop).once('SIGTERM', stop);
    try {
      const say = (line: string): void => void process.stderr.write(`${line}\n`);
      return (await runLiveDemo({ client, broadcast, ffmpegPath, isSrt, signal: over.signal, say })) ? 0 : 1;
    } finally {
      clearTimeout(timer);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (existingId === undefined && !invocation.isSet('keep'))
        await client.call('POST /v1/broadcasts/{broadcastId}/end', { params: { broadcastId: broadcast.id } });
    }
  },
};

export const liveCommands: readonly Command[] = [
  createCommand,
  listCommand,
  showCommand,
  keyCommand,
  rotateCommand,
  switchCommand,
  drainCommand,
  restoreCommand,
  addChannelCommand,
  removeChannelCommand,
  endCommand,
  demoCommand,
];
