// Where the history is kept: a folder of the data directory of control, or a bucket.

import { join } from 'node:path';
import type { Config } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createS3Store } from '#platform/objects/s3-store.ts';

/** Opens the store that the configuration names. */
export async function openHistoryStore({ telemetry }: Config, dataDirectory: string): Promise<ObjectStore> {
  const { objects } = telemetry.history;
  if (objects.kind === 'disk') return createDiskStore(join(dataDirectory, 'history'));
  const accessKeyId = process.env[objects.accessKeyIdEnv];
  const secretAccessKey = process.env[objects.secretAccessKeyEnv];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new MeridianError('invalid_config', {
      reason: `${objects.accessKeyIdEnv} and ${objects.secretAccessKeyEnv} must be set for the bucket ${objects.endpoint} of telemetry.history`,
    });
  const { bucketRegion, endpoint } = objects;
  return createS3Store({ endpoint, bucketRegion, accessKeyId, secretAccessKey });
}
