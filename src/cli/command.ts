// What a command is, and how its arguments are read: a table of options gives parsing, checks and help.

import { parseArgs } from 'node:util';
import { nearestWord } from '#base/nearest.ts';
import { MeridianError } from '#contract/errors.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly value?: string;
  readonly summary: string;
}

export interface Invocation {
  readonly positionals: readonly string[];
  /** Value of a text option, or undefined. */
  text(name: string): string | undefined;
  /** Whether a switch was given. */
  isSet(name: string): boolean;
}

export interface Command {
  /** One or two words, e.g. `steering explain`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** How many positional arguments it takes: least and most. */
  readonly positionals?: readonly [number, number];
  /** Resolves to the exit code. */
  run(invocation: Invocation): Promise<number>;
}

export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: 'Configuration file (default: ./meridian.yaml when it is there)',
  },
  help: { type: 'boolean', summary: 'Show this help' },
};

export const API_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  control: { type: 'string', value: 'URL', summary: 'Address of control (default: from the configuration)' },
  token: {
    type: 'string',
    value: 'TOKEN',
    summary: 'API token (default: MERIDIAN_TOKEN, else the local admin token)',
  },
  json: { type: 'boolean', summary: 'Print JSON for scripts' },
};

/** Of commands that list what belongs to projects. */
export const PROJECT_OPTION: Readonly<Record<string, OptionSpec>> = {
  project: { type: 'string', value: 'ID', summary: 'Only this project' },
};

/** Of commands that list. */
export const LIMIT_OPTION: Readonly<Record<string, OptionSpec>> = {
  limit: { type: 'string', value: 'N', summary: 'How many (default 50, at most 200)' },
};

/** What `LIMIT_OPTION` asks for; control says what is wrong with it. */
export function limitOf(invocation: Invocation): string | number {
  return invocation.text('limit') ?? 50;
}

/** The error for arguments that make no sense. */
export function refuse(reason: string): MeridianError {
  return new MeridianError('invalid_request', { reason });
}

/** Finds the command that the arguments name and what is left for it. */
export function findCommand(
  commands: readonly Command[],
  args: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

/** Reads a command's arguments; a wrong one is named, with the nearest right one. */
export function parseInvocation(command: Command, args: readonly string[]): Invocation {
  const specs = { ...command.options, ...COMMON_OPTIONS };
  const parsed = parseArgs({
    args: [...args],
    options: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, { type: spec.type }])),
    allowPositionals: true,
    strict: false,
  });
  for (const [name, value] of Object.entries(parsed.values)) {
    const spec = specs[name];
    if (spec === undefined) {
      const nearest = nearestWord(name, Object.keys(specs));
      const hint = nearest === undefined ? '' : `; did you mean --${nearest}?`;
      throw new MeridianError('invalid_request', {
        reason: `--${name} is not an option of \`${command.name}\`${hint}`,
      });
    }
    if (spec.type === 'string' && typeof value !== 'string')
      throw new MeridianError('invalid_request', {
        reason: `--${name} needs a value (${spec.value ?? 'VALUE'})`,
      });
  }
  const [least, most] = command.positionals ?? [0, 0];
  const isHelp = parsed.values.help === true;
  if (!isHelp && (parsed.positionals.length < least || parsed.positionals.length > most))
    throw new MeridianError('invalid_request', { reason: `usage: meridian ${command.usage}` });
  return {
    positionals: parsed.positionals,
    text: (name) => {
      const value = parsed.values[name];
      return typeof value === 'string' ? value : undefined;
    },
    isSet: (name) => parsed.values[name] === true,
  };
}

/** Help of one command. */
export function commandHelp(command: Command): string {
  const specs = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  const left = specs.map(
    ([name, spec]) => `--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`,
  );
  const width = Math.max(...left.map((text) => text.length));
  return [
    `meridian ${command.usage}`,
    '',
    command.summary,
    '',
    'Options:',
    ...specs.map(([, spec], index) => `  ${(left[index] ?? '').padEnd(width)}  ${spec.summary}`),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** Help of all commands, or of some: those of a group (`storage`, `webhooks`…). */
export function overviewHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Meridian: video that survives the loss of a region.',
    '',
    'Usage: meridian COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '`meridian COMMAND --help` shows a command’s options with examples.',
    '',
  ].join('\n');
}

/** Commands of the group that the first argument names. */
export function commandsOfGroup(commands: readonly Command[], group: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `));
}
