// Something to watch at once: on the first start a clip is generated, uploaded and processed like anyone's.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiClient } from '#contract/client.ts';
import type { Config } from '#contract/config.ts';
import { makeTestCard } from '#media/test-card/avi-test-card.ts';
import { ensurePrivateDirectory } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';
import { uploadFile } from './commands/upload.ts';
import { controlUrlOf } from './control-access.ts';

const CLIP = { width: 1280, height: 720, frameRate: 30, frameCount: 600 } as const;

/** Makes the demo when the library is empty; a failure costs nothing but the demo. */
export async function makeDemo(
  config: Config,
  dataDirectory: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const workDirectory = join(dataDirectory, 'demo');
  try {
    const token = (await readFile(join(dataDirectory, 'admin-token'), 'utf8')).trim();
    const client = createApiClient({ baseUrl: controlUrlOf(config), token, fetch });
    const { assets } = await client.call('GET /v1/assets', { query: { limit: 1 } });
    if (assets.length > 0) return;
    await ensurePrivateDirectory(workDirectory);
    const path = join(workDirectory, 'demo.avi');
    const clip = makeTestCard(CLIP);
    await writeFile(path, clip);
    const grant = await client.call('POST /v1/upload-grants', { body: {} });
    const quiet = { show: () => undefined, end: () => undefined };
    const id = await uploadFile(path, clip.length, 'Meridian demo', grant, quiet);
    process.stdout.write(`A demo clip is being processed: ${config.regions.length} regions, one video.\n`);
    const asset = await client
      .call('GET /v1/assets/{assetId}', { params: { assetId: id } })
      .catch(() => undefined);
    if (asset !== undefined) process.stdout.write(`  Watch        ${asset.watchUrl}\n`);
  } catch (error) {
    if (!signal.aborted) log.warn({ error: String(error) }, 'the demo clip could not be made');
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
