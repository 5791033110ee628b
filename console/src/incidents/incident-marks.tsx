// Severity and state of an incident as marks.

import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import { SEVERITY_WORDS, type Severity, STATE_TONES, STATE_WORDS } from './describe-incident.ts';

/** SEV 1 to SEV 4; what the eye looks for first. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return <span className={`severity ${severity}`}>{SEVERITY_WORDS[severity]}</span>;
}

/** Open, acknowledged, resolved, merged. */
export function IncidentPill({ state }: Pick<IncidentView, 'state'>) {
  return <span className={`pill ${STATE_TONES[state]}`}>{STATE_WORDS[state]}</span>;
}
