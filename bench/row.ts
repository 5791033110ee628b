// What the bench measures and how it is shown: rows, groups of rows, the table and the file.

import type { BenchContext } from './context.ts';

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly op: '<=' | '>=' | '==';
  readonly goal: number;
  /** What it is compared with, or how it came about. */
  readonly peer: string;
}

/** Rows that are measured together, since they share a set-up. */
export interface Group {
  readonly names: readonly string[];
  /** A group that takes longer is given up, so that the whole bench ends in time. */
  readonly budgetMs: number;
  run(context: BenchContext): Promise<readonly Row[]>;
}

/** Whether the value satisfies the goal. */
export function isMet({ value, op, goal }: Row): boolean {
  if (op === '<=') return value <= goal;
  return op === '>=' ? value >= goal : value === goal;
}

/** The value that this share of the values lies below; between two it is the upper one, which flatters nobody. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Rounds to a number of decimals, as it is shown and kept. */
export function rounded(value: number, decimals = 0): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** Rows as an aligned table. */
export function tableOf(rows: readonly Row[]): string {
  const header = ['name', 'value', 'unit', 'goal', 'met', 'peer'];
  const cells = rows.map((row) => [
    row.name,
    String(row.value),
    row.unit,
    `${row.op} ${row.goal}`,
    isMet(row) ? 'yes' : 'NO',
    row.peer,
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const isNumber = (column: number): boolean => column === 1;
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [lineOf(header), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(lineOf)].join(
    '\n',
  );
}
