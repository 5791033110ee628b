// What `meridian check` says of a broadcast of a world.

import assert from 'node:assert/strict';
import type { CheckReport } from '#viewer/check/report.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorld } from '../support/world.ts';

/** How late parts come is the machine's, not the protocol's; one that stands still now and then is asked again. */
export async function nothingFound(world: RunningWorld, url: string, ...options: string[]): Promise<void> {
  let found: CheckReport['findings'] = [];
  try {
    await waitFor(
      'a check that finds nothing',
      async () => {
        const { stdout, stderr } = await world.run('check', url, '--json', ...options);
        assert.ok(stdout.startsWith('{'), stderr);
        const { findings } = JSON.parse(stdout) as CheckReport;
        found = findings.filter(({ ruleId }) => ruleId !== 'live.part-late');
        return found.length === 0;
      },
      60_000,
    );
  } catch (cause) {
    throw new Error(JSON.stringify(found, null, 2), { cause });
  }
}
