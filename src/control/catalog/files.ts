// Small files of assets: captions and chosen posters. Control keeps the bytes in its database; the record names them by
// their checksum, and regions fetch what a new record names before they keep it. So a file is acknowledged when it
// is as safe as the record is, and regions need control for it only once.

import { createHash } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';

/** Keeps a file and returns its name. */
export async function putFile(
  transaction: ControlTransaction,
  assetId: string,
  bytes: Buffer,
  nowMs: number,
): Promise<{ sha256: string; bytes: number }> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await transaction
    .insertInto('asset_files')
    .values({ asset_id: assetId, sha256, bytes, created_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['asset_id', 'sha256']).doNothing())
    .execute();
  return { sha256, bytes: bytes.length };
}

/** Removes what the asset no longer names. */
export async function dropFiles(
  transaction: ControlTransaction,
  assetId: string,
  named: readonly string[],
): Promise<void> {
  let drop = transaction.deleteFrom('asset_files').where('asset_id', '=', assetId);
  if (named.length > 0) drop = drop.where('sha256', 'not in', named);
  await drop.execute();
}

/** What regions ask. */
export function createFileHandlers({
  database,
}: ControlContext): Handlers<typeof nodeRoutes, 'GET /node/v1/assets/{assetId}/files/{sha256}'> {
  return {
    async 'GET /node/v1/assets/{assetId}/files/{sha256}'({ params }) {
      const row = await database
        .selectFrom('asset_files')
        .select('bytes')
        .where('asset_id', '=', params.assetId)
        .where('sha256', '=', params.sha256)
        .executeTakeFirst();
      if (row === undefined) throw new MeridianError('not_found', { what: 'such file' });
      return { base64: row.bytes.toString('base64') };
    },
  };
}
