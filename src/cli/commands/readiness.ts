// meridian readiness: what each service has for the day on which something goes wrong, for people and for CI.

import { readinessCheckSchema, type ServiceReadiness } from '#contract/api/readiness.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson } from '../output.ts';

type Check = (typeof readinessCheckSchema.options)[number];

const MARKS = { met: 'ok', missing: '--', unavailable: '..' } as const;

export const readinessCommand: Command = {
  name: 'readiness',
  usage: 'readiness [SERVICE] [--require CHECKS] [--json]',
  summary: 'Show what each service has and lacks; exit code 1 when something is missing',
  positionals: [0, 1],
  options: {
    ...API_OPTIONS,
    require: {
      type: 'string',
      value: 'CHECKS',
      summary: 'Only these count for the exit code, with commas between (default: all that are available)',
    },
  },
  examples: [
    'meridian readiness',
    'meridian readiness live',
    'meridian readiness --require slo,owner,oncall --json',
  ],
  async run(invocation) {
    const required = requiredOf(invocation);
    const { client } = await openControl(invocation);
    const { services: all } = await client.call('GET /v1/readiness');
    const name = invocation.positionals[0];
    const services = all.filter((service) => name === undefined || service.name === name);
    if (name !== undefined && services.length === 0)
      throw refuse(`there is no service ${name}; there are ${all.map((service) => service.name).join(', ')}`);
    if (invocation.isSet('json')) printJson(services);
    else for (const service of services) print(service);
    return services.some((service) => lacks(service, required)) ? 1 : 0;
  },
};

function requiredOf(invocation: Invocation): readonly Check[] | undefined {
  return invocation
    .text('require')
    ?.split(',')
    .map((text) => {
      const parsed = readinessCheckSchema.safeParse(text.trim());
      if (parsed.success) return parsed.data;
      throw refuse(
        `--require: there is no check "${text}"; there are ${readinessCheckSchema.options.join(', ')}`,
      );
    });
}

/** Something that is asked for by name must be met; without names, whatever can be told must not be missing. */
function lacks({ findings }: ServiceReadiness, required: readonly Check[] | undefined): boolean {
  return findings.some(({ check, state }) =>
    required === undefined ? state === 'missing' : required.includes(check) && state !== 'met',
  );
}

function print({ name, metCount, countedCount, findings }: ServiceReadiness): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  write(`${name}: ${metCount} of ${countedCount}`);
  for (const { check, state, text, action } of findings) {
    write(`  ${MARKS[state]}  ${check.padEnd(10)}  ${text}`);
    if (action !== null) write(`                  ${action}`);
  }
  write('');
}
