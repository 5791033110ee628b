// Entry of every process: argv → command → a composition root.

import { enableCompileCache } from 'node:module';
import { nearestWord } from '#base/nearest.ts';
import {
  type Command,
  commandHelp,
  commandsOfGroup,
  findCommand,
  overviewHelp,
  parseInvocation,
} from './command.ts';
import { printError } from './output.ts';

enableCompileCache();

/** The commands that these words may name; all of them is what takes time to load. */
async function commandsFor(args: readonly string[]): Promise<readonly Command[]> {
  const { processCommands } = await import('./commands/processes.ts');
  if (findCommand(processCommands, args) !== undefined) return processCommands;
  return (await import('./commands/commands.ts')).commands;
}

async function main(args: readonly string[]): Promise<number> {
  const commands = await commandsFor(args);
  if (args.length === 0 || ['--help', '-h', 'help'].includes(args[0] ?? '')) {
    process.stdout.write(overviewHelp(commands));
    return 0;
  }
  if (args[0] === '--version') {
    const { VERSION } = await import('./version.ts');
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const found = findCommand(commands, args);
  if (found === undefined) {
    const [group = '', next] = args;
    const members = commandsOfGroup(commands, group);
    if (members.length > 0) {
      // `meridian storage` asks what there is; `meridian storage scurb` is a mistake.
      const isAsking = next === undefined || next.startsWith('-') || next === 'help';
      if (!isAsking) process.stderr.write(`meridian: there is no command \`${group} ${next}\`.\n\n`);
      (isAsking ? process.stdout : process.stderr).write(overviewHelp(members));
      return isAsking ? 0 : 2;
    }
    const nearest = nearestWord(
      args[0] ?? '',
      commands.map(({ name }) => name),
    );
    const hint = nearest === undefined ? '' : ` Did you mean \`${nearest}\`?`;
    process.stderr.write(
      `meridian: there is no command \`${args[0]}\`.${hint} \`meridian --help\` lists them.\n`,
    );
    return 2;
  }
  const invocation = parseInvocation(found.command, found.rest);
  if (invocation.isSet('help')) {
    process.stdout.write(commandHelp(found.command));
    return 0;
  }
  return found.command.run(invocation);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
// Short commands end here; an open IPC channel or keep-alive connection must not hold them.
process.exit();
