// Which runbooks start by themselves and who is paged, by the policies of the configuration: each policy matches labels
// and severity; a runbook's parameters are filled in from the labels. Whether a runbook may act is for its own guards.

import type { Labels } from '../changes/place.ts';
import { worseOf } from './judge-severity.ts';
import type { IncidentReason, Severity } from './types.ts';

export interface ResponsePolicy {
  readonly name: string;
  /** Label → its value; `*`: any value. All of them must match. */
  readonly match: Labels;
  /** Only incidents at least so bad. */
  readonly severityMin: Severity;
  readonly runbook?: string | undefined;
  /** Parameter → text, in which `{label}` stands for the value of a label. */
  readonly parameters: Labels;
  readonly escalation?: string | undefined;
}

export interface Response {
  readonly runbooks: readonly {
    readonly policy: string;
    readonly runbookId: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
  /** Escalation policy; null: the default one. */
  readonly escalation: string | null;
  readonly reasons: readonly IncidentReason[];
}

/**
 * Chooses the response to an incident. `labels`: its own and those of each alert that fires; the first that match fill in
 * the parameters. A runbook is started once, by the first policy that asks for it.
 */
export function chooseResponse(
  incident: { readonly labels: readonly Labels[]; readonly severity: Severity },
  policies: readonly ResponsePolicy[],
): Response {
  const runbooks = new Map<string, Response['runbooks'][number]>();
  const reasons: IncidentReason[] = [];
  let escalation: string | null = null;
  for (const policy of policies) {
    const { code, labels } = judgePolicy(incident, policy);
    reasons.push({ code, subject: policy.name, values: {} });
    if (labels === undefined) continue;
    escalation ??= policy.escalation ?? null;
    if (policy.runbook === undefined || runbooks.has(policy.runbook)) continue;
    runbooks.set(policy.runbook, {
      policy: policy.name,
      runbookId: policy.runbook,
      parameters: Object.fromEntries(
        Object.entries(policy.parameters).map(([name, text]) => [name, fill(text, labels)]),
      ),
    });
  }
  return { runbooks: [...runbooks.values()], escalation, reasons };
}

/** Whether a policy matches, and by which labels. */
function judgePolicy(
  incident: { readonly labels: readonly Labels[]; readonly severity: Severity },
  { match, parameters, severityMin }: ResponsePolicy,
): { readonly code: string; readonly labels?: Labels } {
  const alike = incident.labels.filter((labels) =>
    Object.entries(match).every(([label, value]) =>
      value === '*' ? labels[label] !== undefined : labels[label] === value,
    ),
  );
  if (alike.length === 0) return { code: 'labels_differ' };
  if (worseOf(incident.severity, severityMin) !== incident.severity) return { code: 'not_bad_enough' };
  const names = Object.values(parameters).flatMap(namesIn);
  const labels = alike.find((own) => names.every((name) => own[name] !== undefined));
  return labels === undefined ? { code: 'label_missing' } : { code: 'matches', labels };
}

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

function namesIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

function fill(text: string, labels: Labels): string {
  return text.replace(PLACEHOLDER, (_, name: string) => labels[name] ?? '');
}

/** What all of these have in common. Of one alert: all of its labels. */
export function commonLabels(all: readonly Labels[]): Record<string, string> {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([label, value]) => rest.every((labels) => labels[label] === value)),
  );
}
