// Entry of every process: argv → command → a composition root.

import { enableCompileCache } from 'node:module';
import { nearestWord } from '#base/nearest.ts';
import { commandHelp, findCommand, overviewHelp, parseInvocation } from './command.ts';
import { printError } from './output.ts';

enableCompileCache();

async function main(args: readonly string[]): Promise<number> {
  const { commands } = await import('./commands/commands.ts');
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
