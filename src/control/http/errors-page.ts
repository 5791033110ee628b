// docs/errors.md, made from the error table.

import { ERRORS } from '#contract/errors.ts';

/** The page as Markdown. */
export function errorsPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('{', '\\{');
  const rows = Object.entries(ERRORS).map(
    ([code, { status, message, action }]) =>
      `| \`${code}\` | ${status} | ${cell(message)} | ${cell(action)} |`,
  );
  return `${[
    '# Errors',
    '',
    'Every error that a person or another process can receive. Answers carry it as `application/problem+json`',
    '(RFC 9457): `type`, `code`, `status`, `title` (what is wrong), `action` (what to do), `details`.',
    '',
    'Made from `src/contract/errors.ts` by `npm run openapi`; do not edit.',
    '',
    '| code | status | what is wrong | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}
