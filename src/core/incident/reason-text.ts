// Reasons in words, with the numbers that were compared.

import type { IncidentReason } from './types.ts';

/** Reasons in one line, e.g. `limit met, users (value 120, limit 100)`. */
export function reasonText(reasons: readonly IncidentReason[]): string {
  return reasons
    .map(({ code, subject, values }) => {
      const numbers = Object.entries(values).map(([name, value]) => `${name} ${roundedText(value)}`);
      return `${code.replaceAll('_', ' ')}, ${subject}${numbers.length === 0 ? '' : ` (${numbers.join(', ')})`}`;
    })
    .join('; ');
}

/** Three significant places; whole numbers as they are. */
export function roundedText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
