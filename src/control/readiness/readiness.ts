// The scorecard of services: those that objectives or the configuration name, judged by core/readiness.

import type { readinessRoutes, ServiceReadiness } from '#contract/api/readiness.ts';
import { resolveDuty } from '#core/oncall/resolve.ts';
import type { Policy, RotaView } from '#core/oncall/rota.ts';
import { judgeService, type ReadinessView, type ServiceFacts } from '#core/readiness/judge-service.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { Oncall } from '../oncall/oncall.ts';
import type { Runbooks } from '../runbooks/runbooks.ts';
import type { Slos } from '../slo/slos.ts';

interface Dependencies {
  readonly context: ControlContext;
  readonly slos: Pick<Slos, 'stored'>;
  readonly oncall: Pick<Oncall, 'rotas'>;
  readonly runbooks: Pick<Runbooks, 'definitions'>;
}

/** Routes of readiness. */
export function createReadinessHandlers(dependencies: Dependencies): Handlers<typeof readinessRoutes> {
  const { context, oncall, runbooks } = dependencies;
  return {
    async 'GET /v1/readiness'() {
      const nowMs = context.clock.nowMs();
      const definitions = await runbooks.definitions.list();
      const view = {
        runbookIds: new Set(definitions.map(({ source }) => source.sample.id)),
        ...whoIsPaged(await oncall.rotas.current(context.database, nowMs), nowMs),
      };
      return { services: factsOf(dependencies).map((facts) => scoreOf(facts, view, nowMs)) };
    },
  };
}

function scoreOf(facts: ServiceFacts, view: ReadinessView, nowMs: number): ServiceReadiness {
  const findings = judgeService(facts, view, nowMs);
  const counted = findings.filter(({ state }) => state !== 'unavailable');
  const metCount = counted.filter(({ state }) => state === 'met').length;
  return {
    name: facts.name,
    isReady: metCount === counted.length,
    metCount,
    countedCount: counted.length,
    findings,
  };
}

function factsOf({ context, slos }: Dependencies): ServiceFacts[] {
  const { services } = context.config;
  const stored = slos.stored();
  const names = new Set([...stored.map(({ read }) => read.document.spec.service), ...Object.keys(services)]);
  return [...names].sort().map((name) => {
    const documents = stored.map(({ read }) => read.document).filter(({ spec }) => spec.service === name);
    const declared = services[name];
    const backup = declared?.backup;
    return {
      name,
      slos: documents.map(({ metadata }) => metadata.name),
      sloRunbooks: documents.flatMap(({ metadata }) => metadata.annotations?.['meridian/runbook'] ?? []),
      owner: declared?.owner ?? null,
      runbooks: declared?.runbooks ?? [],
      dashboards: declared?.dashboards ?? [],
      policyId: declared?.policy ?? null,
      backup:
        backup === undefined
          ? null
          : {
              description: backup.description,
              restoreTestedAtMs: backup.restoreTested === undefined ? null : Date.parse(backup.restoreTested),
            },
    };
  });
}

/** Who would be paged first by each policy, by name. */
function whoIsPaged(view: RotaView, nowMs: number): Pick<ReadinessView, 'policies' | 'defaultPolicyId'> {
  const { policies, defaultPolicyId } = view.rota;
  return {
    policies: new Map([...policies].map(([id, policy]) => [id, firstOf(view, policy, nowMs)])),
    defaultPolicyId: policies.size === 0 ? null : defaultPolicyId,
  };
}

function firstOf(view: RotaView, { steps }: Policy, nowMs: number): string[] {
  const { schedules, users } = view.rota;
  const nameOf = (userId: string): string => users.get(userId)?.name ?? userId;
  return (steps[0]?.targets ?? []).flatMap((target) => {
    if (target.kind === 'user') return [nameOf(target.userId)];
    if (target.kind === 'channel') return [`channel ${target.channelId}`];
    const schedule = schedules.get(target.scheduleId);
    const userId = schedule === undefined ? null : resolveDuty(view, schedule, nowMs).userId;
    return userId === null ? [] : [nameOf(userId)];
  });
}
