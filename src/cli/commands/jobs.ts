// meridian jobs …: what is being processed, where and why there; cancel it, or put it first. meridian regions
// pause-encoding …: rest the encoders of a region.

import { formatDurationMs } from '#base/duration.ts';
import type { JobDetail, JobView, PlacementView, RegionEncoding } from '#contract/api/jobs.ts';
import { jobStateSchema } from '#contract/jobs.ts';
import { encoderCountSchema } from '#contract/orders.ts';
import { jobPrioritySchema } from '#contract/priority.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { confirm } from '../confirm.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

const idOf = (invocation: Invocation): { jobId: string } => ({ jobId: invocation.positionals[0] ?? '' });

function share(progress: number): string {
  return `${Math.floor(progress * 100)} %`;
}

function stateText({ state, stage, progress }: JobView): string {
  if (state === 'ready') return 'waiting';
  return state === 'leased' ? `${stage} ${share(progress)}` : state === 'dead' ? 'failed' : state;
}

function leftText({ estimatedEndAtMs }: JobView): string {
  return estimatedEndAtMs === null ? '' : formatDurationMs(Math.max(0, estimatedEndAtMs - Date.now()));
}

function whereText({ nodeId, state, chunks }: JobView): string {
  if (state !== 'leased') return '';
  const helpers = (chunks?.nodeIds ?? []).filter((id) => id !== nodeId).length;
  return helpers === 0 ? (nodeId ?? '') : `${nodeId ?? ''} and ${helpers} more`;
}

/** "holds_source (waitedMs 12)". */
function reasonText({ reason }: PlacementView): string {
  const values = Object.entries(reason.values).map(
    ([name, value]) => `${name} ${Math.round(value * 1_000) / 1_000}`,
  );
  return values.length === 0 ? reason.code : `${reason.code} (${values.join(', ')})`;
}

const jobsListCommand: Command = {
  name: 'jobs list',
  usage: 'jobs list [--state STATE] [--project ID] [--asset ASSET] [--limit N] [--json]',
  summary: 'List processing jobs, newest first: state, progress, when they will be done, where they run',
  options: {
    ...API_OPTIONS,
    state: { type: 'string', value: 'STATE', summary: 'ready, leased, done, dead or cancelled' },
    project: { type: 'string', value: 'ID', summary: 'Only this project' },
    asset: { type: 'string', value: 'ASSET', summary: 'Only this asset' },
    ...LIMIT_OPTION,
  },
  examples: ['meridian jobs list --state leased', 'meridian jobs list --json | jq -r .[].id'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const query = {
      state: stateOf(invocation.text('state')),
      projectId: invocation.text('project'),
      assetId: invocation.text('asset'),
      limit: limitOf(invocation),
    };
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const { jobs } = await client.call('GET /v1/jobs', { query: Object.fromEntries(given) });
    if (invocation.isSet('json')) printJson(jobs);
    else if (jobs.length === 0) write('There are no such jobs.');
    else
      printTable(
        ['JOB', 'VIDEO', 'PRIORITY', 'STATE', 'LEFT', 'CHUNKS', 'AT'],
        jobs.map((job) => [
          job.id,
          job.assetName,
          job.priority,
          stateText(job),
          leftText(job),
          job.chunks === null ? '' : `${job.chunks.done} of ${job.chunks.total}`,
          whereText(job),
        ]),
      );
    return 0;
  },
};

function stateOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const state = jobStateSchema.safeParse(text);
  if (!state.success) throw refuse(`--state ${text}: the states are ${jobStateSchema.options.join(', ')}`);
  return state.data;
}

const jobsShowCommand: Command = {
  name: 'jobs show',
  usage: 'jobs show JOB [--json]',
  summary: 'Show a job: its chunks, who makes them, and why there',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: [
    'meridian jobs show job_01jd0000000000000000000000',
    'meridian jobs show job_01jd0000000000000000000000 --json | jq .placements[0].reason',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const job = await client.call('GET /v1/jobs/{jobId}', { params: idOf(invocation) });
    if (invocation.isSet('json')) printJson(job);
    else showJob(job);
    return 0;
  },
};

function showJob(job: JobDetail): void {
  write(
    `${job.id}: ${job.assetName} (${job.assetId}, version ${job.assetVersion}), project ${job.projectId}`,
  );
  const left = leftText(job);
  write(`${stateText(job)}${left === '' ? '' : `, ${left} left`}; priority ${job.priority}`);
  write(`Attempt ${job.attempt}; ${job.failureCount} of ${job.failuresMax} failures`);
  if (job.failure !== null) write(`Last failure: ${job.failure.message}`);
  for (const placement of job.placements) {
    const where = placement.nodeId ?? 'waits';
    write(`  ${new Date(placement.atMs).toISOString()}  ${where}: ${reasonText(placement)}`);
  }
  if (job.chunkList.length === 0) return;
  write('');
  printTable(
    ['CHUNK', 'FROM', 'LENGTH', 'STATE', 'NODE', 'LEASES', 'WHY THERE'],
    job.chunkList.map((chunk) => [
      String(chunk.index),
      formatDurationMs(chunk.startMs),
      formatDurationMs(chunk.durationMs),
      chunk.state === 'leased' ? share(chunk.progress) : chunk.state === 'ready' ? 'waiting' : 'done',
      chunk.nodeId ?? '',
      String(chunk.attempt),
      chunk.placement === null ? '' : reasonText(chunk.placement),
    ]),
  );
}

const jobsCancelCommand: Command = {
  name: 'jobs cancel',
  usage: 'jobs cancel JOB [--yes] [--json]',
  summary: 'End a job; its encoders stop within seconds. Repeating the asset’s processing begins it anew',
  positionals: [1, 1],
  options: { ...API_OPTIONS, yes: { type: 'boolean', summary: 'Do not ask' } },
  examples: [
    'meridian jobs cancel job_01jd0000000000000000000000',
    'meridian jobs cancel job_01jd0000000000000000000000 --yes --json',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = idOf(invocation);
    if (!invocation.isSet('yes')) {
      const job = await client.call('GET /v1/jobs/{jobId}', { params });
      if (
        !(await confirm(
          `Cancel the processing of ${job.assetName} (${stateText(job)})?`,
          'nobody can be asked here; add --yes to cancel',
        ))
      ) {
        write('Nothing was changed.');
        return 1;
      }
    }
    const job = await client.call('POST /v1/jobs/{jobId}/cancel', { params });
    if (invocation.isSet('json')) printJson(job);
    else write(`Cancelled ${job.id}.`);
    return 0;
  },
};

const jobsPrioritizeCommand: Command = {
  name: 'jobs prioritize',
  usage: 'jobs prioritize JOB high|normal|low [--json]',
  summary: 'Change who comes first when encoders are short',
  positionals: [2, 2],
  options: API_OPTIONS,
  examples: ['meridian jobs prioritize job_01jd0000000000000000000000 high'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const priority = jobPrioritySchema.safeParse(invocation.positionals[1]);
    if (!priority.success)
      throw refuse(
        `${invocation.positionals[1]}: the priorities are ${jobPrioritySchema.options.join(', ')}`,
      );
    const job = await client.call('PATCH /v1/jobs/{jobId}', {
      params: idOf(invocation),
      body: { priority: priority.data },
    });
    if (invocation.isSet('json')) printJson(job);
    else write(`${job.id} has priority ${job.priority}.`);
    return 0;
  },
};

function encodingCommand(verb: 'pause' | 'resume', summary: string): Command {
  return {
    name: `regions ${verb}-encoding`,
    usage: `regions ${verb}-encoding REGION [--json]`,
    summary,
    positionals: [1, 1],
    options: API_OPTIONS,
    examples: [`meridian regions ${verb}-encoding dublin`],
    async run(invocation) {
      const { client } = await openControl(invocation);
      const region = await client.call('PUT /v1/regions/{regionId}/encoding', {
        params: { regionId: invocation.positionals[0] ?? '' },
        body: { isPaused: verb === 'pause' },
      });
      if (invocation.isSet('json')) printJson(region);
      else if (!region.isPaused) write(`Encoders of ${region.name} get work.`);
      else {
        const running = region.encoders.reduce((sum, encoder) => sum + encoder.running, 0);
        write(`Encoding in ${region.name} is paused; ${running} running jobs and chunks will be finished.`);
      }
      return 0;
    },
  };
}

export const jobCommands: readonly Command[] = [
  jobsListCommand,
  jobsShowCommand,
  jobsCancelCommand,
  jobsPrioritizeCommand,
];

const encodersCommand: Command = {
  name: 'encoders',
  usage: 'encoders [--json]',
  summary: 'Show the encoders of every region: how much they take at once, what is free, how fast they are',
  options: API_OPTIONS,
  examples: ['meridian encoders', 'meridian encoders --json | jq .[].slots'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { regions } = await client.call('GET /v1/encoding', {});
    if (invocation.isSet('json')) printJson(regions);
    else
      printTable(
        ['REGION', 'AT ONCE', 'NODE', 'STATE', 'WORKS ON', 'AT ONCE, AT MOST', 'SPEED'],
        regions.flatMap((region) =>
          region.encoders.map((encoder) => [
            region.id,
            atOnceText(region),
            encoder.nodeId,
            encoder.isAlive ? (encoder.isDrained ? 'drained' : 'alive') : 'not alive',
            String(encoder.running),
            encoder.slots === null ? '' : `${encoder.slots}, ${encoder.slotsMax ?? '?'}`,
            encoder.megapixelsPerSecond === null ? '' : `${Math.round(encoder.megapixelsPerSecond)} MP/s`,
          ]),
        ),
      );
    return 0;
  },
};

function atOnceText({ isPaused, scaledTo, slots, slotsMax }: RegionEncoding): string {
  if (isPaused) return 'paused';
  return `${slots} of ${slotsMax}${scaledTo === null ? '' : ' (ordered)'}`;
}

const scaleCommand: Command = {
  name: 'encoders scale',
  usage: 'encoders scale REGION COUNT [--json]',
  summary: 'Let the encoders of a region work on so many jobs and chunks at once; `orders end` ends it',
  positionals: [2, 2],
  options: API_OPTIONS,
  examples: ['meridian encoders scale dublin 3'],
  async run(invocation) {
    const [regionId = '', text = ''] = invocation.positionals;
    const count = encoderCountSchema.safeParse(/^\d+$/.test(text) ? Number(text) : undefined);
    if (!count.success)
      throw refuse(`"${text}" is not a number from 1 on; to give them nothing: regions pause-encoding`);
    const { client } = await openControl(invocation);
    const placed = await client.call('POST /v1/orders', {
      body: { kind: 'scale', regionId, count: count.data },
    });
    if (invocation.isSet('json')) printJson(placed);
    else write(`${placed.text}${placed.order === null ? '' : ` (${placed.order.id})`}.`);
    return 0;
  },
};

export const encodingCommands: readonly Command[] = [
  encodersCommand,
  scaleCommand,
  encodingCommand('pause', 'Give the encoders of a region nothing new; they finish what they have'),
  encodingCommand('resume', 'Give the encoders of a paused region work again'),
];
