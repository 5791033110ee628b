// meridian assets: what is in the library.

import { formatDurationMs } from '#base/duration.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf, PROJECT_OPTION } from '../command.ts';
import { openControl } from '../control-access.ts';
import { formatBytes, printJson, printTable } from '../output.ts';

export const assetsCommand: Command = {
  name: 'assets',
  usage: 'assets [--project ID] [--search TEXT] [--limit N] [--json]',
  summary: 'List assets, newest first',
  options: {
    ...API_OPTIONS,
    ...PROJECT_OPTION,
    search: { type: 'string', value: 'TEXT', summary: 'Part of the name' },
    ...LIMIT_OPTION,
  },
  examples: ['meridian assets', 'meridian assets --search holiday --json'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { assets } = await client.call('GET /v1/assets', {
      query: {
        projectId: invocation.text('project'),
        search: invocation.text('search'),
        limit: limitOf(invocation),
      },
    });
    if (invocation.isSet('json')) printJson(assets);
    else if (assets.length === 0)
      process.stdout.write('There are no assets yet: `meridian upload FILE` makes one.\n');
    else
      printTable(
        ['ID', 'NAME', 'STAGE', 'DURATION', 'SIZE', 'REGIONS'],
        assets.map((asset) => [
          asset.id,
          asset.name,
          asset.failure === null ? asset.stage : `failed: ${asset.failure.message}`,
          asset.durationMs === null ? '' : formatDurationMs(asset.durationMs),
          formatBytes(asset.sourceBytes),
          asset.mediaRegionIds.join(' '),
        ]),
      );
    return 0;
  },
};
