// A region loses its disk right after it has acknowledged an upload. The promise of the acknowledgement is that this
// does not matter: the asset appears, complete, and plays everywhere.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { createUpload, sendUpload } from '../support/bench-upload.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorld } from '../support/world.ts';

const READY_MS_MAX = 90_000;
/** Until then the dead process's files are not touched: what still runs could write them again. */
const END_MS_MAX = 5_000;

export interface DiskLoss {
  readonly regionId: string;
  /** Regions that held the source at the acknowledgement. */
  readonly copies: number;
  readonly asset: AssetView;
  /** From the acknowledgement to the complete asset. */
  readonly readyMs: number;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Uploads to the first region, destroys it, and waits for the asset. */
export async function loseDiskAfterUpload(world: RunningWorld, file: string): Promise<DiskLoss> {
  const region = defined(world.regions[0], 'a region');
  const name = `${region.id}-1`;
  const upload = await createUpload(world.client, region.ingestUrl, file);
  const pid = defined(world.pids()[name], `a process ${name}`);
  const sent = await sendUpload(upload);
  process.kill(pid, 'SIGKILL');
  await waitFor(`${name} to end`, () => !isRunning(pid), END_MS_MAX);
  const node = join(world.dataDirectory, 'nodes', `${name}-a`);
  for (const lost of [
    join(world.dataDirectory, 'regions', region.id),
    ...['uploads', 'copies', 'outbox', 'encoder'].map((folder) => join(node, folder)),
  ])
    await rm(lost, { recursive: true, force: true, maxRetries: 5 });
  const asset = await waitFor(
    'the asset to be complete',
    async () => {
      const view = await world.client.call('GET /v1/assets/{assetId}', {
        params: { assetId: upload.assetId },
      });
      if (view.stage === 'failed') throw new Error(`processing failed: ${view.failure?.message}`);
      return view.stage === 'ready' ? view : undefined;
    },
    READY_MS_MAX,
  );
  return {
    regionId: region.id,
    copies: sent.copies,
    asset,
    readyMs: performance.timeOrigin + performance.now() - sent.acknowledgedAtMs,
  };
}
