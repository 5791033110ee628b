// How the command line shows things: tables, progress, errors.

import { MeridianError } from '#contract/errors.ts';

/** Prints rows under headings, columns aligned. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  process.stdout.write(`${[headings, ...rows].map(line).join('\n')}\n`);
}

/** Prints a value as JSON, for scripts. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints an error as one sentence and what to do; anything unexpected with its stack. */
export function printError(error: unknown): void {
  if (error instanceof MeridianError) process.stderr.write(`meridian: ${error.message} ${error.action}\n`);
  else
    process.stderr.write(
      `meridian: unexpected error: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
}

export interface Progress {
  /** Shows `share` (0 to 1) with a label; on a terminal in place, else one line per 10 %. */
  show(share: number, label: string): void;
  end(): void;
}

/** A progress bar on stderr. */
export function createProgress(): Progress {
  const isTerminal = process.stderr.isTTY === true;
  let lastTenth = -1;
  return {
    show(share, label) {
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      if (isTerminal) {
        const filled = Math.round(share * 30);
        process.stderr.write(`\r\x1b[2K${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${percent}  ${label}`);
      } else if (Math.floor(share * 10) !== lastTenth) {
        lastTenth = Math.floor(share * 10);
        process.stderr.write(`${percent}  ${label}\n`);
      }
    },
    end() {
      if (isTerminal) process.stderr.write('\n');
    },
  };
}

/** Bytes for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
