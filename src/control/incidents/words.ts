// Words for timelines: alerts in one line, with the numbers that they were judged by.

import { roundedText } from '#core/incident/reason-text.ts';
import type { AlertView } from './ports.ts';

const STATES: Readonly<Record<AlertView['state'], string>> = {
  firing: 'fires',
  suppressed: 'is suppressed',
  resolved: 'has ended',
};

/** An alert in one line, with its evidence while it fires. */
export function alertText({ state, severity, labels, annotations, evidence }: AlertView): string {
  const name = annotations.summary ?? labels.alertname ?? 'an alert';
  const numbers = evidence.map(
    (each) =>
      `${each.name} ${roundedText(each.value)} ${each.unit} (limit ${roundedText(each.limit)} ${each.unit})`,
  );
  const shown = state === 'firing' && numbers.length > 0 ? `: ${numbers.join(', ')}` : '';
  return `${severity === 'page' ? 'Page' : 'Alert'} ${STATES[state]}: ${name}${shown}`;
}
