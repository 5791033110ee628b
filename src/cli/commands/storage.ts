// meridian storage, assets restore: where things are kept, what is being repaired, what was deleted, what it costs.

import type { RepairView } from '#contract/api/storage.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf, PROJECT_OPTION } from '../command.ts';
import { openControl } from '../control-access.ts';
import { formatBytes, printJson, printTable } from '../output.ts';

const ago = (atMs: number | null): string =>
  atMs === null ? '' : new Date(atMs).toISOString().replace('T', ' ').slice(0, 19);

function reasonText({ reason }: Pick<RepairView, 'reason'>): string {
  const values = Object.entries(reason.values).map(([name, value]) => `${name} ${value}`);
  return `${reason.code}${values.length === 0 ? '' : ` (${values.join(', ')})`}`;
}

function repairRows(repairs: readonly RepairView[]): string[][] {
  return repairs.map((repair) => [
    repair.id,
    repair.assetId,
    repair.kind === 'encode' ? 'encode again' : `${repair.class} v${repair.version} to ${repair.regionId}`,
    repair.state === 'waiting' ? `waits until ${ago(repair.dueAtMs)}` : repair.state,
    reasonText(repair),
    repair.failure?.message ?? '',
  ]);
}

const REPAIR_HEADINGS = ['ID', 'ASSET', 'WHAT', 'STATE', 'WHY', 'NOTE'];

const usageCommand: Command = {
  name: 'storage usage',
  usage: 'storage usage [--project ID] [--json]',
  summary: 'Show what projects store, what it costs, and their quotas',
  options: { ...API_OPTIONS, ...PROJECT_OPTION },
  examples: ['meridian storage usage', 'meridian storage usage --project default --json'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const query = { projectId: invocation.text('project') };
    const usage = await client.call('GET /v1/storage/usage', { query });
    if (invocation.isSet('json')) {
      printJson(usage);
      return 0;
    }
    printTable(
      ['PROJECT', 'ASSETS', 'STORED', 'OF AT MOST', 'UPLOADED IN A DAY', 'A MONTH COSTS', 'KEPT FOR'],
      usage.projects.map((project) => [
        project.projectId,
        `${project.assets}${project.quotas.assetsMax === null ? '' : ` of ${project.quotas.assetsMax}`}`,
        formatBytes(project.storedBytes),
        project.quotas.storedBytesMax === null ? '' : formatBytes(project.quotas.storedBytesMax),
        formatBytes(project.uploadedBytesLastDay),
        project.storedCostPerMonth.toFixed(4),
        project.quotas.retentionDays === null ? '' : `${project.quotas.retentionDays} days`,
      ]),
    );
    for (const project of usage.projects) {
      if (project.stored.length === 0) continue;
      process.stdout.write(`\n${project.projectId}:\n`);
      printTable(
        ['REGION', 'CLASS', 'BYTES'],
        project.stored.map((row) => [row.regionId, row.class, formatBytes(row.bytes)]),
      );
    }
    if (usage.egress.length === 0) return 0;
    process.stdout.write('\nSent to viewers in 30 days:\n');
    printTable(
      ['REGION', 'BYTES', 'COST'],
      usage.egress.map((row) => [row.regionId, formatBytes(row.bytesLast30Days), row.cost.toFixed(4)]),
    );
    return 0;
  },
};

const copiesCommand: Command = {
  name: 'storage copies',
  usage: 'storage copies ASSET [--json]',
  summary: 'Show where an asset lies, also a deleted one, and the proof of its deletion',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian storage copies ast_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { assetId: invocation.positionals[0] ?? '' };
    const seen = await client.call('GET /v1/assets/{assetId}/copies', { params });
    if (invocation.isSet('json')) {
      printJson(seen);
      return 0;
    }
    printTable(
      ['REGION', 'CLASS', 'VERSION', 'ATTEMPT', 'BYTES', 'STATE', 'VERIFIED'],
      seen.copies.map((copy) => [
        copy.regionId,
        copy.class,
        copy.version === 0 ? '' : String(copy.version),
        copy.attempt === 0 ? '' : String(copy.attempt),
        formatBytes(copy.bytes),
        copy.lostAtMs !== null
          ? `lost ${ago(copy.lostAtMs)}`
          : copy.damagedObjects > 0
            ? `${copy.damagedObjects} damaged`
            : copy.isComplete
              ? 'whole'
              : 'partial',
        ago(copy.verifiedAtMs),
      ]),
    );
    const { deletion } = seen;
    if (deletion !== null) {
      process.stdout.write(`\nDeleted ${ago(deletion.deletedAtMs)}. `);
      if (deletion.restoreUntilMs !== null)
        process.stdout.write(`It can be restored until ${ago(deletion.restoreUntilMs)}.\n`);
      else if (deletion.goneEverywhereAtMs !== null)
        process.stdout.write(`Deleted everywhere at ${ago(deletion.goneEverywhereAtMs)}.\n`);
      else {
        const left = deletion.regions.filter(({ goneAtMs }) => goneAtMs === null);
        const names = left.map(({ regionId, bytes }) => `${regionId} (${formatBytes(bytes)})`);
        process.stdout.write(`These regions have not said that nothing is left: ${names.join(', ')}.\n`);
      }
    } else
      process.stdout.write(
        `\nWanted: ${seen.wanted.source} sources, ${seen.wanted.renditions} renditions.\n`,
      );
    if (seen.versions.length > 1) {
      process.stdout.write('\n');
      printTable(
        ['VERSION', 'STATE', 'STAGE', 'NOTE'],
        seen.versions.map((row) => [String(row.version), row.state, row.stage, row.failure?.message ?? '']),
      );
    }
    if (seen.repairs.length > 0) {
      process.stdout.write('\n');
      printTable(REPAIR_HEADINGS, repairRows(seen.repairs));
    }
    return 0;
  },
};

const repairsCommand: Command = {
  name: 'storage repairs',
  usage: 'storage repairs [--state STATE] [--limit N] [--json]',
  summary: 'List copies that are made again, and why',
  options: {
    ...API_OPTIONS,
    ...LIMIT_OPTION,
    state: { type: 'string', value: 'STATE', summary: 'waiting, leased, done, dead or cancelled' },
  },
  examples: ['meridian storage repairs', 'meridian storage repairs --state waiting'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const state = invocation.text('state') as RepairView['state'] | undefined;
    const query = { limit: limitOf(invocation), state };
    const { repairs } = await client.call('GET /v1/storage/repairs', { query });
    if (invocation.isSet('json')) printJson(repairs);
    else if (repairs.length === 0) process.stdout.write('Nothing is or was being repaired.\n');
    else printTable(REPAIR_HEADINGS, repairRows(repairs));
    return 0;
  },
};

const scrubCommand: Command = {
  name: 'storage scrub',
  usage: 'storage scrub [--limit N] [--json]',
  summary: 'Show where the scrubber of each region is, and what was found',
  options: { ...API_OPTIONS, ...LIMIT_OPTION },
  examples: ['meridian storage scrub'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const query = { limit: limitOf(invocation) };
    const { regions, findings } = await client.call('GET /v1/storage/scrub', { query });
    if (invocation.isSet('json')) {
      printJson({ regions, findings });
      return 0;
    }
    printTable(
      ['REGION', 'RATE', 'READ', 'LAST ROUND ENDED', 'NOW AT', 'DAMAGED', 'REPAIRED'],
      regions.map(({ regionId, state }) =>
        state === null
          ? [regionId, 'no report yet']
          : [
              regionId,
              `${formatBytes(state.bytesPerSecond)}/s`,
              formatBytes(state.bytesRead),
              ago(state.lastRoundEndedAtMs),
              state.position,
              String(state.damagedObjects),
              String(state.repairedObjects),
            ],
      ),
    );
    if (findings.length === 0) return 0;
    process.stdout.write('\n');
    printTable(
      ['WHEN', 'REGION', 'WHAT', 'OBJECT', 'DETAIL'],
      findings.map((row) => [ago(row.atMs), row.regionId, row.kind, row.key, row.detail]),
    );
    return 0;
  },
};

const deletionsCommand: Command = {
  name: 'storage deletions',
  usage: 'storage deletions [--limit N] [--json]',
  summary: 'List deleted assets, until when they can be restored, and who still holds bytes',
  options: { ...API_OPTIONS, ...LIMIT_OPTION },
  examples: ['meridian storage deletions'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const query = { limit: limitOf(invocation) };
    const { deletions } = await client.call('GET /v1/storage/deletions', { query });
    if (invocation.isSet('json')) printJson(deletions);
    else if (deletions.length === 0) process.stdout.write('Nothing was deleted.\n');
    else
      printTable(
        ['ID', 'NAME', 'DELETED', 'RESTORABLE UNTIL', 'GONE EVERYWHERE', 'STILL HELD IN'],
        deletions.map((row) => [
          row.assetId,
          row.name,
          ago(row.deletedAtMs),
          ago(row.restoreUntilMs),
          ago(row.goneEverywhereAtMs),
          row.regions
            .filter(({ goneAtMs }) => goneAtMs === null)
            .map(({ regionId }) => regionId)
            .join(' '),
        ]),
      );
    return 0;
  },
};

const restoreAssetCommand: Command = {
  name: 'assets restore',
  usage: 'assets restore ASSET [--json]',
  summary: 'Undo a deletion, within its grace time',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian assets restore ast_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { assetId: invocation.positionals[0] ?? '' };
    const asset = await client.call('POST /v1/assets/{assetId}/restore', { params });
    if (invocation.isSet('json')) printJson(asset);
    else process.stdout.write(`${asset.name} is back.\n`);
    return 0;
  },
};

const quotasCommand: Command = {
  name: 'storage quotas',
  usage:
    'storage quotas PROJECT [--stored-bytes N] [--assets N] [--upload-bytes-per-day N] [--keep-days N] [--json]',
  summary: 'Show or set quotas and retention of a project; `none` takes a limit away',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    'stored-bytes': { type: 'string', value: 'N', summary: 'In all regions together' },
    assets: { type: 'string', value: 'N', summary: 'How many assets may exist' },
    'upload-bytes-per-day': { type: 'string', value: 'N', summary: 'Uploaded within 24 hours' },
    'keep-days': { type: 'string', value: 'N', summary: 'Older assets are deleted' },
  },
  examples: [
    'meridian storage quotas default',
    'meridian storage quotas default --assets 1000 --keep-days none',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { projectId: invocation.positionals[0] ?? '' };
    const current = await client.call('GET /v1/projects/{projectId}/quotas', { params });
    const names = {
      storedBytesMax: 'stored-bytes',
      assetsMax: 'assets',
      uploadBytesPerDayMax: 'upload-bytes-per-day',
      retentionDays: 'keep-days',
    } as const;
    const next = { ...current };
    let isChange = false;
    for (const [field, option] of Object.entries(names) as [keyof typeof names, string][]) {
      const text = invocation.text(option);
      if (text === undefined) continue;
      isChange = true;
      next[field] = text === 'none' ? null : Number(text);
    }
    const quotas = isChange
      ? await client.call('PUT /v1/projects/{projectId}/quotas', { params, body: next })
      : current;
    if (invocation.isSet('json')) printJson(quotas);
    else
      printTable(
        ['LIMIT', 'VALUE'],
        Object.entries(quotas).map(([name, value]) => [name, value === null ? 'none' : String(value)]),
      );
    return 0;
  },
};

export const storageCommands: readonly Command[] = [
  usageCommand,
  copiesCommand,
  repairsCommand,
  scrubCommand,
  deletionsCommand,
  quotasCommand,
  restoreAssetCommand,
];
