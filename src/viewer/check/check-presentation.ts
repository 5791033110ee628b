// Judges a presentation: every rule against its facts. Pure, so that the same facts give the same findings again.

import type { PresentationFacts } from './facts.ts';
import { EVIDENCE_PER_RULE_MAX } from './limits.ts';
import { RULES } from './rules/all-rules.ts';
import type { Finding, Rule } from './rules/rule.ts';

/** Findings in the order of the rules; of each rule at most the first hundred. */
export function checkPresentation(facts: PresentationFacts, rules: readonly Rule[] = RULES): Finding[] {
  return rules.flatMap(({ id, severity, clause, title, check }) =>
    check(facts)
      .slice(0, EVIDENCE_PER_RULE_MAX)
      .map((evidence) => ({
        ruleId: id,
        severity,
        clause: evidence.clause ?? clause,
        title,
        where: evidence.where,
        line: evidence.line,
        message: evidence.message,
      })),
  );
}
