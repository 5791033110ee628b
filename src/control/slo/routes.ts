// Objectives for people.

import type { BudgetView, SloView, sloRoutes } from '#contract/api/slos.ts';
import { HISTORY_POINTS_MAX } from '#contract/api/slos.ts';
import { MeridianError } from '#contract/errors.ts';
import { type Budget, type SloBook, type SloPoint, seriesOf } from '#core/slo/book.ts';
import { detectionMs } from '#core/slo/burn-tiers.ts';
import type { SloDefinition } from '#core/slo/slo.ts';
import { actorOf } from '../access/principal.ts';
import { changeRow } from '../changes/row-settings.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import { SLOS_MAX } from './limits.ts';
import { readSloText, requireValid, writeSloText } from './slo-text.ts';
import type { Slos } from './slos.ts';
import { type StoredSlo, writeSlo } from './store.ts';

type SloRoutes = typeof sloRoutes;

/** Routes of objectives. */
export function createSloHandlers(context: ControlContext, slos: Slos): Handlers<SloRoutes> {
  return {
    async 'GET /v1/slos'({ query }) {
      const { after, limit, service } = query;
      const found = slos
        .stored()
        .filter(({ row }) => after === undefined || row.name > after)
        .filter(({ read }) => service === undefined || read.document.spec.service === service)
        .slice(0, limit);
      return { slos: found.map((stored) => sloView(slos.book, stored)) };
    },
    'PUT /v1/slos': (call) => applySlos(context, slos, call),
    async 'POST /v1/slos/lint'({ body }) {
      const { slos: read, problems } = readSloText(body.yaml);
      return {
        isValid: problems.every(({ severity }) => severity !== 'error'),
        problems: [...problems],
        slos: read.flatMap(({ definitions }) => definitions.map(lintView)),
      };
    },
    async 'GET /v1/slos/{name}'({ params }) {
      const stored = requireSlo(slos, params.name);
      return { slo: sloView(slos.book, stored), yaml: writeSloText(stored.read.document) };
    },
    async 'DELETE /v1/slos/{name}'({ params, principal }) {
      const { row } = requireSlo(slos, params.name);
      const nowMs = context.clock.nowMs();
      await context.database.transaction().execute(async (transaction) => {
        const change = { action: 'slo.delete', subject: row.name };
        await changeRow(transaction, { nowMs, principal }, change, () =>
          transaction
            .updateTable('slos')
            .set({ is_removed: true, updated_at_ms: nowMs, updated_by: actorOf(principal) })
            .where('name', '=', row.name)
            .execute(),
        );
      });
      await slos.reload();
      return { isDeleted: true };
    },
    'GET /v1/slos/{name}/history': (call) => sloHistory(slos, call),
  };
}

function requireSlo(slos: Slos, name: string): StoredSlo {
  const stored = slos.stored().find(({ row }) => row.name === name);
  if (stored === undefined) throw new MeridianError('not_found', { what: `SLO ${name}` });
  return stored;
}

async function applySlos(
  { clock, database }: ControlContext,
  slos: Slos,
  { body, principal }: Call<SloRoutes['PUT /v1/slos']>,
) {
  const { slos: read, problems } = readSloText(body.yaml);
  requireValid(problems);
  const names = read.map(({ document }) => document.metadata.name);
  const known = new Set(slos.stored().map(({ row }) => row.name));
  if (new Set([...known, ...names]).size > SLOS_MAX)
    throw new MeridianError('conflict', { reason: `There are ${known.size} SLOs; at most ${SLOS_MAX}` });
  const nowMs = clock.nowMs();
  await database.transaction().execute(async (transaction) => {
    for (const { document } of read) {
      const change = { action: 'slo.apply', subject: document.metadata.name };
      await changeRow(transaction, { nowMs, principal }, change, () =>
        writeSlo(transaction, document, actorOf(principal), nowMs),
      );
    }
  });
  await slos.reload();
  return { applied: names, warnings: [...problems] };
}

function lintView({ name, tiers, target }: SloDefinition) {
  return {
    name,
    tiers: tiers.map((tier) => ({
      name: tier.name,
      severity: tier.severity,
      burn: tier.burn,
      outageDetectedMs: detectionMs(tier, target, 1),
    })),
  };
}

function sloView(book: SloBook, { row, read }: StoredSlo): SloView {
  const { metadata, spec } = read.document;
  return {
    name: row.name,
    displayName: metadata.displayName ?? row.name,
    description: spec.description ?? '',
    service: spec.service,
    origin: row.origin,
    updatedAtMs: row.updated_at_ms,
    updatedBy: row.updated_by,
    objectives: read.definitions.map((slo) => ({
      name: slo.name,
      displayName: slo.displayName,
      target: slo.target,
      periodMs: slo.periodMs,
      sliceMs: slo.sliceMs,
      method: slo.method,
      eventsMin: slo.eventsMin,
      refusedPoints: book.refusedOf(slo.name),
      budgets: book.budgets(slo.name).map(budgetView),
    })),
  };
}

function budgetView({ labels, group, ledger, reading }: Budget): BudgetView {
  return {
    labels,
    isWatched: group === 0,
    usedShare: reading.usedShare,
    events: reading.events,
    bad: reading.bad,
    allowed: reading.allowed,
    newestAtMs: ledger.newestAtMs,
    tiers: reading.tiers.map(({ tier, verdict, longBurn, shortBurn, events }) => ({
      name: tier.name,
      severity: tier.severity,
      longMs: tier.longMs,
      shortMs: tier.shortMs,
      limit: tier.burn,
      longBurn,
      shortBurn,
      events,
      verdict,
    })),
  };
}

async function sloHistory(slos: Slos, { params, query }: Call<SloRoutes['GET /v1/slos/{name}/history']>) {
  const slo = requireSlo(slos, params.name).read.definitions[query.objective - 1];
  if (slo === undefined) throw new MeridianError('not_found', { what: `objective ${query.objective}` });
  const { fromMs, toMs, stepMs } = query;
  if (toMs <= fromMs || (toMs - fromMs) / stepMs > HISTORY_POINTS_MAX)
    throw new MeridianError('invalid_request', {
      reason: `query: the span has between one and ${HISTORY_POINTS_MAX} steps`,
    });
  const labels = labelsOf(query.labels);
  const reads = [...seriesOf(slo)].map((name) => slos.feed.read({ name, labels, fromMs, toMs, stepMs }));
  const points = (await Promise.all(reads)).flat();
  return { points: sumBySteps(slos.book, slo, points) };
}

function labelsOf(text: string): Record<string, string> {
  if (text === '') return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name, value, ...rest] = pair.split('=');
      if (name === undefined || name === '' || value === undefined || rest.length > 0)
        throw new MeridianError('invalid_request', {
          reason: 'query.labels: write name=value,name=value',
        });
      return [name, value];
    }),
  );
}

/** Good and all events of each step, and how many times too fast they burn by themselves. */
function sumBySteps(book: SloBook, slo: SloDefinition, points: readonly SloPoint[]) {
  const steps = new Map<number, { good: number; total: number }>();
  for (const point of points) {
    const counted = book.measure(slo, point);
    if (counted === null) continue;
    const sum = steps.get(point.atMs) ?? { good: 0, total: 0 };
    steps.set(point.atMs, { good: sum.good + counted.good, total: sum.total + counted.total });
  }
  return [...steps]
    .sort(([left], [right]) => left - right)
    .map(([atMs, { good, total }]) => {
      const badShare = total > 0 ? Math.max(0, 1 - good / total) : 0;
      return { atMs, good, total, burn: badShare / (1 - slo.target) };
    });
}
