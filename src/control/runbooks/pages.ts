// docs/operating/runbooks/*.md, made from the definitions that come with the program.

import { describeStep } from '#core/runbook/describe.ts';
import { percent } from '#core/runbook/guards.ts';
import type { Runbook } from '#core/runbook/types.ts';
import { readShipped } from './definitions.ts';

const NOTE =
  'Made from `src/control/runbooks/shipped/` by `npm run runbook-pages`; do not edit. How runs work: [runbooks](../../runbooks.md).';

/** Every page, by the name of its file. */
export function runbookPages(): ReadonlyMap<string, string> {
  const books = [...readShipped().values()].map(({ sample }) => sample);
  return new Map([
    ['README.md', indexPage(books)],
    ...books.map((book) => [`${book.id}.md`, pageOf(book)] as const),
  ]);
}

function indexPage(books: readonly Runbook[]): string {
  return lines(
    '# Runbooks that come with Meridian',
    '',
    NOTE,
    '',
    '| runbook | what it is for | incidents may start it |',
    '| --- | --- | --- |',
    ...books.map(
      ({ id, title, guards }) => `| [${id}](${id}.md) | ${title} | ${guards.isAutomatic ? 'yes' : 'no'} |`,
    ),
  );
}

function pageOf(book: Runbook): string {
  const { isAutomatic, runsPerHourMax, viewerShareMax } = book.guards;
  const samples = Object.entries(book.parameters)
    .filter(([, spec]) => spec.default === undefined)
    .map(([name]) => `${name}=${name.toUpperCase()}`);
  const command = ['meridian runbook', 'VERB', book.id, ...samples].join(' ');
  return lines(
    `# ${book.title}`,
    '',
    book.description,
    '',
    '```',
    command.replace('VERB', 'dry-run'),
    `${command.replace('VERB', 'start')} --wait`,
    '```',
    '',
    '| parameter | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...Object.entries(book.parameters).map(
      ([name, spec]) =>
        `| \`${name}\` | ${spec.type} | ${spec.default ?? 'required'} | ${spec.description} |`,
    ),
    '',
    `Guards: ${isAutomatic ? 'incidents may start it by themselves' : 'only people start it'}; at most ` +
      `${runsPerHourMax} runs an hour; at most ${percent(viewerShareMax)} of all viewers; never below N+1.`,
    '',
    '## Steps',
    ...book.steps.flatMap((step, index) => [
      '',
      `${index + 1}. **${step.title}** (${step.kind})`,
      ...describeStep(step).map((line) => `   - ${line}`),
    ]),
    '',
    `Version ${book.version}. ${NOTE}`,
  );
}

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
