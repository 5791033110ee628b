// One way to break the good presentation, and the rule that alone must see it.

import { systemClock } from '#platform/clock.ts';
import { checkPresentation } from '#viewer/check/check-presentation.ts';
import type { PresentationFacts } from '#viewer/check/facts.ts';
import { gather } from '#viewer/check/gather.ts';
import type { Finding } from '#viewer/check/rules/rule.ts';
import { goodSite, MAIN, type SitePlan } from './good-site.ts';
import type { Site } from './site.ts';

export interface BrokenCase {
  readonly rule: string;
  readonly how: string;
  readonly break: (site: Site) => void;
  /** Default: the multivariant playlist. */
  readonly entry?: string;
  readonly segments?: 'all' | 'sample';
  readonly plan?: SitePlan;
  /** A part of the message or the clause, where it matters. */
  readonly says?: RegExp;
}

export const LIMITS = { requestsMax: 1_000, bytesMax: 50e6, timeMsMax: 30_000 };

/** Checks a site in memory. */
export async function checkSite(
  site: Site,
  entry = MAIN,
  segments: 'all' | 'sample' = 'sample',
): Promise<{ facts: PresentationFacts; findings: Finding[] }> {
  const dependencies = { transport: site.transport(), clock: systemClock };
  const { facts } = await gather(dependencies, entry, { segments, limits: LIMITS, watchMs: 0 });
  return { facts, findings: checkPresentation(facts) };
}

/** Checks a broken site. */
export async function checkCase(broken: BrokenCase): Promise<Finding[]> {
  const site = goodSite(broken.plan);
  broken.break(site);
  return (await checkSite(site, broken.entry, broken.segments)).findings;
}
