// Starts a managed PostgreSQL in a directory, so that a test can kill the parent or be somebody else.
// Usage: node parent.ts DIRECTORY [once]

import { MeridianError } from '#contract/errors.ts';
import { startManagedPostgres } from '#platform/database/managed-postgres.ts';
import { silentLog } from '#platform/log.ts';

const [directory = '', mode] = process.argv.slice(2);
try {
  const server = await startManagedPostgres({ directory, log: silentLog });
  console.log('ready');
  if (mode === 'once') await server.stop();
} catch (error) {
  if (!(error instanceof MeridianError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
