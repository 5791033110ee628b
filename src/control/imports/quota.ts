// Imports and the quotas of their projects. An import is judged when it is made, so that whoever asks hears it, and
// again when a node takes it, since thousands may wait for days. What other imports of the project are fetching counts
// as if it were there, so that many at once do not each take what is left.

import { MeridianError } from '#contract/errors.ts';
import type { ControlContext } from '../context.ts';
import { requireQuota } from '../storage/usage.ts';
import type { ImportRow } from './store.ts';

export type QuotaAnswer =
  | { readonly row: ImportRow; readonly bytesMax: number }
  | { readonly row: ImportRow; readonly refusal: MeridianError };

interface Pending {
  assets: number;
  bytes: number;
}

/** What running imports will add to their project, those of this claim left out. */
async function readPending(
  { database }: ControlContext,
  projectId: string,
  rows: readonly ImportRow[],
): Promise<Pending> {
  const answer = await database
    .selectFrom('imports')
    .select(({ fn }) => [
      fn.countAll<number>().as('assets'),
      fn.sum<number | null>(fn('greatest', ['received_bytes', 'total_bytes'])).as('bytes'),
    ])
    .where('state', '=', 'running')
    .where('kind', '<>', 'bucket')
    .where('project_id', '=', projectId)
    .where(
      'id',
      'not in',
      rows.map(({ id }) => id),
    )
    .executeTakeFirstOrThrow();
  return { assets: Number(answer.assets), bytes: Number(answer.bytes ?? 0) };
}

/** Judges what a node is about to take: how large each may be, or why not at all. Listing a bucket costs nothing. */
export async function judgeImports(
  context: ControlContext,
  rows: readonly ImportRow[],
): Promise<QuotaAnswer[]> {
  const pending = new Map<string, Pending>();
  const answers: QuotaAnswer[] = [];
  // The oldest first: of two that do not both fit, it is the one that was asked for before.
  for (const row of rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
    if (row.kind === 'bucket') {
      answers.push({ row, bytesMax: context.config.limits.uploadBytesMax });
      continue;
    }
    const own = pending.get(row.project_id) ?? (await readPending(context, row.project_id, rows));
    pending.set(row.project_id, own);
    const answer = await judge(context, row, own);
    answers.push(answer);
    if ('refusal' in answer) continue;
    own.assets += 1;
    own.bytes += Math.max(row.received_bytes, row.total_bytes ?? 0);
  }
  return answers;
}

async function judge(context: ControlContext, row: ImportRow, pending: Pending): Promise<QuotaAnswer> {
  try {
    const bytesMax = await requireQuota(context, row.project_id, true, pending);
    const bytes = row.total_bytes ?? 0;
    if (bytes <= bytesMax || bytesMax >= context.config.limits.uploadBytesMax) return { row, bytesMax };
    const reason = `it has ${bytes} bytes, and ${bytesMax} are left`;
    return { row, refusal: new MeridianError('quota_exceeded', { project: row.project_id, reason }) };
  } catch (error) {
    if (error instanceof MeridianError && error.code === 'quota_exceeded') return { row, refusal: error };
    throw error;
  }
}
