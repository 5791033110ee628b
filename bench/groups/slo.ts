// Thousands of objectives: what it costs to take a slice of their series and to judge three windows of each.

import { SloBook } from '#core/slo/book.ts';
import { burnTiers } from '#core/slo/burn-tiers.ts';
import { ROLLUP_MS, type SloDefinition } from '#core/slo/slo.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const SLOS = 5_000;
const ROUNDS = 20;
const PERIOD_MS = 30 * 86_400_000;
const START_MS = 1_800_000_000_000;

function sloOf(index: number): SloDefinition {
  const project = [`p${index}`];
  return {
    name: `slo-${index}`,
    displayName: `Objective ${index}`,
    description: '',
    service: 'playback',
    indicator: {
      kind: 'ratio',
      good: { series: ['viewer_requests'], labels: { project, outcome: ['ok'] } },
      total: { series: ['viewer_requests'], labels: { project } },
    },
    method: 'RatioTimeslices',
    target: 0.999,
    periodMs: PERIOD_MS,
    sliceMs: ROLLUP_MS,
    sliceTarget: 0.99,
    groups: [[]],
    tiers: burnTiers(PERIOD_MS),
    eventsMin: 10,
    runbook: null,
  };
}

function takeSlice(book: SloBook, atMs: number): void {
  for (let index = 0; index < SLOS; index += 1)
    for (const [outcome, count] of [
      ['ok', index % 100 === 0 ? 0 : 100],
      ['failed', index % 100 === 0 ? 100 : 0],
    ] as const)
      book.add({ atMs, name: 'viewer_requests', labels: { project: `p${index}`, outcome }, count });
}

async function run(): Promise<readonly Row[]> {
  const book = new SloBook(Math.ceil);
  for (let index = 0; index < SLOS; index += 1) book.put(sloOf(index));
  const cpuMs: number[] = [];
  let burning = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const atMs = START_MS + round * ROLLUP_MS;
    const before = process.cpuUsage();
    takeSlice(book, atMs);
    burning = book.round(atMs + ROLLUP_MS).length;
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1_000);
  }
  return [
    {
      name: 'slo-round-cpu-ms',
      value: rounded(median(cpuMs)),
      unit: 'ms',
      op: '<=',
      goal: 1_000,
      peer: `${SLOS} SLOs x 3 windows, two points of each taken and all judged; worst round ${rounded(Math.max(...cpuMs))} ms; ${burning} burn`,
    },
  ];
}

export const sloGroup: Group = { names: ['slo-round-cpu-ms'], budgetMs: 60_000, run };
