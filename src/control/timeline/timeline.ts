// The timeline of an asset: events, changes, jobs, versions, repairs, findings of the scrubbers and proofs of deletion,
// each read by an index from the table that owns it, merged here. Each source gives at most what is asked for, so the
// newest entries are right whatever the others hold.

import { sql } from 'kysely';
import type { TimelineEntry, timelineRoutes } from '#contract/api/timeline.ts';
import { MeridianError } from '#contract/errors.ts';
import { projectScope } from '../access/principal.ts';
import { type AssetRow, findAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';

/** What every source is asked. */
interface Question {
  readonly database: ControlDatabase;
  readonly asset: AssetRow;
  readonly limit: number;
}

type Given = Partial<TimelineEntry> & Pick<TimelineEntry, 'atMs' | 'kind' | 'code'>;

function entry(given: Given): TimelineEntry {
  return { actor: null, nodeId: null, regionId: null, version: null, detail: null, ...given };
}

/** The route. */
export function createTimelineHandlers({ database }: ControlContext): Handlers<typeof timelineRoutes> {
  return {
    async 'GET /v1/assets/{assetId}/timeline'({ params, query, principal }) {
      const asset = await findAsset(database, params.assetId, projectScope(principal));
      if (asset === undefined) throw new MeridianError('not_found', { what: 'such asset' });
      const question = { database, asset, limit: query.limit };
      const found = await Promise.all(SOURCES.map((read) => read(question)));
      const isAdmin = principal.role === 'admin';
      const entries = found
        .flat()
        .sort((one, other) => other.atMs - one.atMs)
        .slice(0, query.limit);
      return { entries: isAdmin ? entries : entries.map((each) => ({ ...each, actor: null })) };
    },
  };
}

const SOURCES: readonly ((question: Question) => Promise<TimelineEntry[]>)[] = [
  readEvents,
  readAudit,
  readJobs,
  readVersions,
  readRepairs,
  readFindings,
  readPurges,
];

async function readEvents({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('events')
    .selectAll()
    .where('subject', '=', asset.id)
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ at_ms, type, data }) => {
    const { failure, name, version, visibility } = data as {
      failure?: { message: string } | null;
      name?: string;
      version?: number;
      visibility?: string;
    };
    const words: Readonly<Record<string, string | undefined>> = {
      'asset.failed': failure?.message,
      'asset.renamed': name,
      'asset.visibility_changed': visibility,
    };
    const detail = words[type] ?? null;
    return entry({ atMs: at_ms, kind: 'event', code: type, version: version ?? null, detail });
  });
}

/** Nodes register; what they did stands among the versions and events already. */
async function readAudit({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('audit_entries')
    .selectAll()
    .where('subject', '=', asset.id)
    .where('actor', 'not like', 'node:%')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ at_ms, action, actor }) => entry({ atMs: at_ms, kind: 'change', code: action, actor }));
}

async function readJobs({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('jobs')
    .selectAll()
    .where('asset_id', '=', asset.id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => {
    const common = { kind: 'job' as const, version: row.asset_version, nodeId: row.lease_node_id };
    const started =
      row.leased_at_ms === null
        ? []
        : [entry({ ...common, atMs: row.leased_at_ms, code: 'job.started', detail: attempt(row.attempt) })];
    const hasEnded = ['done', 'dead', 'cancelled'].includes(row.state);
    const ended = hasEnded
      ? [entry({ ...common, atMs: row.updated_at_ms, code: `job.${row.state}`, detail: row.failure_message })]
      : [];
    return [...started, ...ended];
  });
}

function attempt(number: number): string | null {
  return number > 1 ? `attempt ${number}` : null;
}

async function readVersions({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('asset_versions')
    .selectAll()
    .where('asset_id', '=', asset.id)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ version, registered_at_ms, replaced_at_ms, state, failure_message }) => [
    entry({ atMs: registered_at_ms, kind: 'version', code: 'version.uploaded', version }),
    ...(replaced_at_ms === null
      ? []
      : [
          entry({
            atMs: replaced_at_ms,
            kind: 'version',
            code: `version.${state}`,
            version,
            detail: failure_message,
          }),
        ]),
  ]);
}

async function readRepairs({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('repairs')
    .selectAll()
    .where('asset_id', '=', asset.id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => {
    const common = {
      kind: 'repair' as const,
      version: row.version,
      regionId: row.region_id === '' ? null : row.region_id,
    };
    const planned = entry({ ...common, atMs: row.created_at_ms, code: 'repair.planned', detail: row.class });
    if (!['done', 'dead', 'cancelled'].includes(row.state)) return [planned];
    const nodeId = row.lease_node_id;
    const detail = row.failure_message ?? row.class;
    return [
      planned,
      entry({ ...common, atMs: row.updated_at_ms, code: `repair.${row.state}`, nodeId, detail }),
    ];
  });
}

async function readFindings({ database, asset, limit }: Question): Promise<TimelineEntry[]> {
  const folder = `${asset.project_id}/${asset.id}`;
  const rows = await database
    .selectFrom('storage_findings')
    .selectAll()
    // A range that the index can answer: everything below this folder, and "0" is the sign after "/".
    .where(sql<string>`key collate "C"`, '>=', `${folder}/`)
    .where(sql<string>`key collate "C"`, '<', `${folder}0`)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) =>
    entry({
      atMs: row.at_ms,
      kind: 'store',
      code: `store.${row.kind}`,
      nodeId: row.node_id,
      regionId: row.region_id,
      detail: row.key.split('/').slice(2).join('/'),
    }),
  );
}

async function readPurges({ database, asset }: Question): Promise<TimelineEntry[]> {
  const rows = await database
    .selectFrom('asset_purges')
    .selectAll()
    .where('asset_id', '=', asset.id)
    .execute();
  const gone = rows.map((row) =>
    entry({ atMs: row.gone_at_ms, kind: 'deletion', code: 'region.gone', regionId: row.region_id }),
  );
  const everywhere = asset.gone_everywhere_at_ms;
  return everywhere === null
    ? gone
    : [...gone, entry({ atMs: everywhere, kind: 'deletion', code: 'everywhere.gone' })];
}
