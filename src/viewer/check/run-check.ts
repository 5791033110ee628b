// One check from the address to the report.

import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import { checkPresentation } from './check-presentation.ts';
import { type GatherOptions, gather } from './gather.ts';
import { type CheckReport, makeReport } from './report.ts';
import { RULES } from './rules/all-rules.ts';

/** Checks what is served at an address; CheckImpossible when there is nothing that can be checked. */
export async function runCheck(
  dependencies: { transport: Transport; clock: Clock },
  url: string,
  options: GatherOptions,
): Promise<CheckReport> {
  const beforeMs = dependencies.clock.monotonicMs();
  const gathered = await gather(dependencies, url, options);
  const findings = checkPresentation(gathered.facts, RULES);
  const elapsedMs = dependencies.clock.monotonicMs() - beforeMs;
  return makeReport(gathered, findings, RULES.length, elapsedMs);
}
