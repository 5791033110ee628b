// What all commands have in common, so that whoever knows one knows them all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandsOfGroup, overviewHelp, parseInvocation } from '../command.ts';
import { commands } from './commands.ts';

/** Processes that run until they are ended. */
const DAEMONS = ['up', 'control', 'node'];

for (const command of commands)
  test(`\`meridian ${command.name}\` says how it is used, as the others do`, () => {
    const { name, usage, options, examples, positionals = [0, 0] } = command;
    assert.ok(usage === name || usage.startsWith(`${name} `), `usage begins with the name: ${usage}`);
    assert.match(command.summary, /^[A-Z].*[^.]$/, 'a summary is a sentence without its full stop');
    const words = usage.slice(name.length).match(/--[a-z-]+/g) ?? [];
    for (const word of words)
      assert.ok(word.slice(2) in { ...options, config: true }, `${word} is an option`);
    if (!DAEMONS.includes(name)) assert.ok('json' in options, 'scripts can read its answer');
    if ('json' in options) assert.match(usage, /\[--json\]|\[options\]/, 'usage names --json');
    assert.ok(examples.length > 0, 'there is an example');
    const lines = examples.map((example) => example.replace(/^[A-Z_]+=\S+ /, '').split(/ [|>] /)[0] ?? '');
    const own = lines.filter((line) => line === `meridian ${name}` || line.startsWith(`meridian ${name} `));
    assert.equal(own[0], lines[0], 'the first example is of the command itself');
    for (const line of own) {
      const args = line.slice(`meridian ${name}`.length).match(/"[^"]*"|\S+/g) ?? [];
      const { positionals: given } = parseInvocation(command, args);
      assert.ok(given.length >= positionals[0] && given.length <= positionals[1], line);
    }
  });

test('the first word of a group shows what there is', () => {
  const storage = commandsOfGroup(commands, 'storage');
  assert.ok(storage.length > 3);
  const help = overviewHelp(storage);
  for (const { name } of storage) assert.ok(help.includes(name), name);
  assert.equal(help.includes('webhooks'), false);
});
