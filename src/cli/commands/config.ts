// meridian config check / config reference / config schema.

import { configJsonSchema, configReference } from '#platform/config-file.ts';
import type { Command } from '../command.ts';
import { loadConfigFor } from '../control-access.ts';
import { printJson } from '../output.ts';

export const configCheckCommand: Command = {
  name: 'config check',
  usage: 'config check [--config FILE] [--json]',
  summary: 'Check the configuration and show it with its defaults',
  options: { json: { type: 'boolean', summary: 'Print the whole configuration as JSON' } },
  examples: ['meridian config check', 'meridian config check --config meridian.yaml --json'],
  async run(invocation) {
    const { config, dataDirectory, path } = await loadConfigFor(invocation);
    if (invocation.isSet('json')) printJson(config);
    else {
      const sites = config.regions.reduce((sum, region) => sum + region.sites.length, 0);
      process.stdout.write(`${path ?? 'The default configuration'} is valid.\n`);
      process.stdout.write(`${config.regions.length} regions, ${sites} sites; data in ${dataDirectory}.\n`);
    }
    return 0;
  },
};

export const configReferenceCommand: Command = {
  name: 'config reference',
  usage: 'config reference [--json]',
  summary: 'Print every configuration key with its default, or the JSON Schema',
  options: { json: { type: 'boolean', summary: 'Print the JSON Schema, for editors' } },
  examples: ['meridian config reference', 'meridian config reference --json > meridian.schema.json'],
  async run(invocation) {
    if (invocation.isSet('json')) printJson(configJsonSchema());
    else process.stdout.write(configReference());
    return 0;
  },
};
