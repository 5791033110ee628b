// OpenSLO v1: the language in which objectives are written, given back and exchanged. What is read here becomes
// core/slo's definition; what the specification knows and Meridian does not (calendar windows, weights, raw ratios)
// is refused with a sentence, so that nobody believes in an alert that is not there.
//
// Metrics are named by `metricSource: {type: Meridian, spec: {series, labels, atMost}}`. What OpenSLO has no word for
// stands in annotations: `meridian/budgets` (label sets such as "region+site, region, all"), `meridian/minimum-events`
// and `meridian/runbook`.
// Source: github.com/OpenSLO/OpenSLO, README of v1, "SLO", "SLI", "AlertPolicy", "AlertCondition".

import { z } from 'zod';
import { burnTiers, shortWindowMs, windowName } from '../core/slo/burn-tiers.ts';
import {
  type BurnTier,
  type Indicator,
  ROLLUP_MS,
  type Selector,
  type SloDefinition,
} from '../core/slo/slo.ts';

const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'a name has lower case letters, digits and dashes');
const metadataSchema = z.strictObject({
  name,
  displayName: z.string().max(200).optional(),
  labels: z
    .record(z.string().max(63), z.union([z.string().max(200), z.array(z.string().max(200)).max(20)]))
    .optional(),
  annotations: z.record(z.string().max(100), z.string().max(2_000)).optional(),
});

/** Of one budget: more labels would make more budgets than anybody looks at. */
const GROUP_LABELS_MAX = 4;
const SELECTOR_VALUES_MAX = 50;

const seriesName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'a series such as viewer_requests');
const labelName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'a label such as region');
const labelValue = z.string().min(1).max(100);

const selectorSchema = z.strictObject({
  series: z.union([seriesName, z.array(seriesName).min(1).max(8)]),
  labels: z
    .record(labelName, z.union([labelValue, z.array(labelValue).min(1).max(SELECTOR_VALUES_MAX)]))
    .optional(),
  atMost: z.number().positive().optional(),
});

const metricSchema = z.strictObject({
  metricSource: z.strictObject({
    metricSourceRef: z.string().max(63).optional(),
    type: z.literal('Meridian', { error: 'the type of a metric source is Meridian' }),
    spec: selectorSchema,
  }),
});

const indicatorSpecSchema = z
  .strictObject({
    description: z.string().max(1_050).optional(),
    thresholdMetric: metricSchema.optional(),
    ratioMetric: z
      .strictObject({
        counter: z.literal(true, { error: 'rollups are counters: say counter: true' }),
        good: metricSchema.optional(),
        bad: metricSchema.optional(),
        total: metricSchema,
      })
      .refine(({ good, bad }) => (good === undefined) !== (bad === undefined), {
        error: 'a ratio has either good or bad events',
      })
      .optional(),
  })
  .refine((spec) => (spec.thresholdMetric === undefined) !== (spec.ratioMetric === undefined), {
    error: 'an indicator has either a ratioMetric or a thresholdMetric',
  });

const DURATION_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** "5m", "28d": OpenSLO's short form. Months, quarters and years have no fixed length and need a calendar. */
const durationSchema = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhdw]$/, 'a duration such as 5m, 6h, 28d or 4w; M, Q and Y need a calendar');

function durationMsOf(text: string): number {
  return Number(text.slice(0, -1)) * (DURATION_MS[text.slice(-1)] ?? 0);
}

const conditionSchema = z.strictObject({
  kind: z.literal('AlertCondition'),
  metadata: metadataSchema,
  spec: z.strictObject({
    description: z.string().max(1_050).optional(),
    severity: z.enum(['page', 'ticket']),
    condition: z.strictObject({
      kind: z.literal('burnrate'),
      op: z.enum(['gt', 'gte']),
      threshold: z.number().positive(),
      lookbackWindow: durationSchema,
      alertAfter: z.union([z.literal('0m'), durationSchema]).optional(),
    }),
  }),
});

const policySchema = z.strictObject({
  kind: z.literal('AlertPolicy'),
  metadata: metadataSchema,
  spec: z.strictObject({
    description: z.string().max(1_050).optional(),
    alertWhenBreaching: z.boolean().optional(),
    alertWhenResolved: z.boolean().optional(),
    alertWhenNoData: z.literal(false, { error: 'absence is watched by alert rules, not by SLOs' }).optional(),
    conditions: z.array(conditionSchema).min(1).max(6),
    notificationTargets: z
      .array(z.unknown())
      .max(0, 'who is told is said by channels and on-call policies, not by SLOs')
      .optional(),
  }),
});

const share = z.number().gt(0).lt(1);
const objectiveSchema = z
  .strictObject({
    displayName: z.string().max(200).optional(),
    op: z.enum(['lte', 'lt', 'gte', 'gt']).optional(),
    value: z.number().optional(),
    target: share.optional(),
    targetPercent: z.number().gt(0).lt(100).optional(),
    timeSliceTarget: z.number().gt(0).max(1).optional(),
    timeSliceWindow: z.union([z.number().positive().max(1_440), durationSchema, z.literal('5s')]).optional(),
  })
  .refine(({ target, targetPercent }) => (target === undefined) !== (targetPercent === undefined), {
    error: 'an objective has either a target or a targetPercent',
  });

const inlineIndicatorSchema = z.strictObject({ metadata: metadataSchema, spec: indicatorSpecSchema });
const indicatorDocumentSchema = inlineIndicatorSchema.extend({
  apiVersion: z.literal('openslo/v1'),
  kind: z.literal('SLI'),
});

const sloDocumentSchema = z.strictObject({
  apiVersion: z.literal('openslo/v1'),
  kind: z.literal('SLO'),
  metadata: metadataSchema,
  spec: z
    .strictObject({
      description: z.string().max(1_050).optional(),
      service: z.string().min(1).max(63),
      indicator: inlineIndicatorSchema.optional(),
      indicatorRef: name.optional(),
      timeWindow: z
        .array(
          z.strictObject({
            duration: durationSchema,
            isRolling: z.literal(true, {
              error: 'calendar windows are not evaluated: say isRolling: true',
            }),
          }),
        )
        .length(1, 'an SLO has one time window'),
      budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
      objectives: z.array(objectiveSchema).min(1).max(5),
      alertPolicies: z.array(policySchema).max(3).optional(),
    })
    .refine((spec) => (spec.indicator === undefined) !== (spec.indicatorRef === undefined), {
      error: 'an SLO has either an indicator or an indicatorRef',
    }),
});

export type SloDocument = z.infer<typeof sloDocumentSchema>;
type IndicatorDocument = z.infer<typeof indicatorDocumentSchema>;

/** What is wrong with a document, or what it says that is not used. */
export interface SloProblem {
  readonly severity: 'error' | 'warning';
  /** Of the document: its name, or its place in the file, from 1. */
  readonly document: string;
  readonly path: string;
  readonly message: string;
}

export interface ReadSlo {
  /** With its indicator inside: what is stored and given back. */
  readonly document: SloDocument;
  readonly definitions: readonly SloDefinition[];
}

export interface ReadSlos {
  readonly slos: readonly ReadSlo[];
  readonly problems: readonly SloProblem[];
}

const UNUSED_KINDS: ReadonlySet<string> = new Set([
  'Service',
  'DataSource',
  'AlertPolicy',
  'AlertCondition',
  'AlertNotificationTarget',
]);

/** Reads the documents of a file, already parsed as YAML or JSON. */
export function readSlos(documents: readonly unknown[]): ReadSlos {
  const problems: SloProblem[] = [];
  const indicators = new Map<string, IndicatorDocument>();
  const slos: { place: string; document: SloDocument }[] = [];
  for (const [index, value] of documents.entries()) {
    const place = placeOf(value, index);
    const kind = fieldOf(value, 'kind');
    if (kind === 'SLI') {
      const parsed = parse(indicatorDocumentSchema, value, place, problems);
      if (parsed !== undefined) indicators.set(parsed.metadata.name, parsed);
    } else if (kind === 'SLO') {
      const document = parse(sloDocumentSchema, value, place, problems);
      if (document !== undefined) slos.push({ place, document });
    } else if (UNUSED_KINDS.has(String(kind)))
      problems.push({
        severity: 'warning',
        document: place,
        path: 'kind',
        message: `a ${kind} is not used here`,
      });
    else
      problems.push({
        severity: 'error',
        document: place,
        path: 'kind',
        message: 'expected an SLO or an SLI of openslo/v1',
      });
  }
  const read = slos.flatMap(({ place, document }) => {
    const found = resolve(document, indicators);
    if (typeof found !== 'string') return [defineAll(place, found, problems)].flatMap((slo) => slo ?? []);
    problems.push({ severity: 'error', document: place, path: 'spec.indicatorRef', message: found });
    return [];
  });
  findRepeatedNames(read, problems);
  return { slos: read, problems };
}

function findRepeatedNames(slos: readonly ReadSlo[], problems: SloProblem[]): void {
  const seen = new Set<string>();
  for (const { document } of slos) {
    const { name: own } = document.metadata;
    if (seen.has(own))
      problems.push({
        severity: 'error',
        document: own,
        path: 'metadata.name',
        message: 'two SLOs of this file have this name',
      });
    seen.add(own);
  }
}

function parse<T extends z.ZodType>(
  schema: T,
  value: unknown,
  place: string,
  problems: SloProblem[],
): z.output<T> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues.slice(0, 20)) {
    const unknownKeys = issue.code === 'unrecognized_keys' ? `: ${issue.keys.join(', ')}` : '';
    problems.push({
      severity: 'error',
      document: place,
      path: issue.path.join('.'),
      message: `${issue.message}${unknownKeys === '' || issue.message.includes('"') ? '' : unknownKeys}`,
    });
  }
  return undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

function placeOf(value: unknown, index: number): string {
  const own = fieldOf(fieldOf(value, 'metadata'), 'name');
  return typeof own === 'string' && own !== '' ? own.slice(0, 63) : `document ${index + 1}`;
}

/** Puts the indicator that is referred to inside; a sentence when there is none. */
function resolve(
  document: SloDocument,
  indicators: ReadonlyMap<string, IndicatorDocument>,
): SloDocument | string {
  const { indicatorRef, ...spec } = document.spec;
  if (indicatorRef === undefined) return document;
  const found = indicators.get(indicatorRef);
  if (found === undefined) return `there is no SLI ${indicatorRef} in this file`;
  return { ...document, spec: { ...spec, indicator: { metadata: found.metadata, spec: found.spec } } };
}

function defineAll(place: string, document: SloDocument, problems: SloProblem[]): ReadSlo | undefined {
  const before = problems.length;
  const refuse = (path: string, message: string): void => {
    problems.push({ severity: 'error', document: place, path, message });
  };
  const definitions = document.spec.objectives.map((_, index) => define(document, index, refuse));
  return problems.length > before ? undefined : { document, definitions };
}

type Refuse = (path: string, message: string) => void;
type Objective = SloDocument['spec']['objectives'][number];

function define(document: SloDocument, index: number, refuse: Refuse): SloDefinition {
  const { metadata, spec } = document;
  const objective = spec.objectives[index] as Objective;
  const path = `spec.objectives.${index}`;
  const periodMs = durationMsOf(spec.timeWindow[0]?.duration ?? '0m');
  const sliceMs = sliceMsOf(objective);
  const annotations = metadata.annotations ?? {};
  const indicator = indicatorOf(document, objective, path, refuse);
  if (periodMs < 3_600_000) refuse('spec.timeWindow.0.duration', 'a period is an hour or longer');
  if (sliceMs * 12 > periodMs / 12)
    refuse(`${path}.timeSliceWindow`, 'a slice is shorter than a hundredth of the period');
  if (
    spec.budgetingMethod === 'Timeslices' &&
    indicator.kind === 'ratio' &&
    objective.timeSliceTarget === undefined
  )
    refuse(`${path}.timeSliceTarget`, 'Timeslices of a ratio need the share from which on a slice is good');
  if (sliceMs % ROLLUP_MS !== 0) refuse(`${path}.timeSliceWindow`, 'a slice is a multiple of five seconds');
  const eventsMin = Number(annotations['meridian/minimum-events'] ?? 10);
  if (!Number.isInteger(eventsMin) || eventsMin < 0)
    refuse('metadata.annotations.meridian/minimum-events', 'a whole number of events');
  return {
    name: document.spec.objectives.length === 1 ? metadata.name : `${metadata.name}/${index + 1}`,
    displayName: objective.displayName ?? metadata.displayName ?? metadata.name,
    description: spec.description ?? '',
    service: spec.service,
    indicator,
    method: spec.budgetingMethod,
    target: objective.target ?? (objective.targetPercent ?? 0) / 100,
    periodMs,
    sliceMs,
    sliceTarget: objective.timeSliceTarget ?? 1,
    groups: groupsOf(annotations['meridian/budgets'] ?? 'all', refuse),
    tiers: tiersOf(document, periodMs, sliceMs, refuse),
    eventsMin,
    runbook: annotations['meridian/runbook'] ?? null,
  };
}

/** OpenSLO counts a plain number in minutes. */
function sliceMsOf({ timeSliceWindow }: Objective): number {
  if (timeSliceWindow === undefined || timeSliceWindow === '5s') return ROLLUP_MS;
  return typeof timeSliceWindow === 'number' ? timeSliceWindow * 60_000 : durationMsOf(timeSliceWindow);
}

function indicatorOf(document: SloDocument, objective: Objective, path: string, refuse: Refuse): Indicator {
  const spec = document.spec.indicator?.spec;
  const { op, value } = objective;
  if (spec?.ratioMetric !== undefined) {
    const { good, bad, total } = spec.ratioMetric;
    if (op !== undefined || value !== undefined)
      refuse(path, 'op and value belong to a thresholdMetric; a ratio has a target alone');
    const own = { kind: 'ratio', total: selectorOf(total) } as const;
    return good === undefined
      ? { ...own, bad: selectorOf(bad ?? total) }
      : { ...own, good: selectorOf(good) };
  }
  const metric = spec?.thresholdMetric;
  if (op === undefined || value === undefined) refuse(path, 'a thresholdMetric needs op and value');
  return {
    kind: 'threshold',
    metric: metric === undefined ? { series: [], labels: {} } : selectorOf(metric),
    op: op ?? 'lte',
    limit: value ?? 0,
  };
}

function selectorOf({ metricSource: { spec } }: z.infer<typeof metricSchema>): Selector {
  const labels = Object.entries(spec.labels ?? {}).map(
    ([key, value]) => [key, typeof value === 'string' ? [value] : value] as const,
  );
  return {
    series: typeof spec.series === 'string' ? [spec.series] : spec.series,
    labels: Object.fromEntries(labels),
    ...(spec.atMost === undefined ? {} : { atMost: spec.atMost }),
  };
}

/** "region+site, region, all": which budgets there are; the first ones raise alerts. */
function groupsOf(text: string, refuse: Refuse): string[][] {
  const path = 'metadata.annotations.meridian/budgets';
  const sets = text.split(',').map((part) => part.trim());
  if (sets.length > 4) refuse(path, 'at most four sets of labels');
  return sets.map((part) => {
    if (part === 'all') return [];
    const labels = part.split('+').map((label) => label.trim());
    if (labels.length > GROUP_LABELS_MAX) refuse(path, `a set has at most ${GROUP_LABELS_MAX} labels`);
    for (const label of labels)
      if (!labelName.safeParse(label).success)
        refuse(path, `"${label}" is not a label; write sets such as "region+site, region, all"`);
    return labels;
  });
}

/** Those of its policies, else the workbook's. */
function tiersOf(
  document: SloDocument,
  periodMs: number,
  sliceMs: number,
  refuse: Refuse,
): readonly BurnTier[] {
  const policies = document.spec.alertPolicies;
  if (policies === undefined) return burnTiers(periodMs);
  const tiers = policies.flatMap(({ spec }, at) =>
    spec.conditions.map(({ spec: { severity, condition } }, index) => {
      const longMs = durationMsOf(condition.lookbackWindow);
      const path = `spec.alertPolicies.${at}.spec.conditions.${index}`;
      if (longMs > periodMs || longMs < sliceMs * 12)
        refuse(`${path}.spec.condition.lookbackWindow`, 'it lies between twelve slices and the period');
      return {
        name: windowName(longMs),
        severity,
        longMs,
        shortMs: shortWindowMs(longMs),
        burn: condition.threshold,
        afterMs: condition.alertAfter === undefined ? 0 : durationMsOf(condition.alertAfter),
      };
    }),
  );
  if (new Set(tiers.map((tier) => tier.name)).size < tiers.length)
    refuse('spec.alertPolicies', 'two conditions have the same lookbackWindow');
  return tiers.sort((left, right) => left.longMs - right.longMs);
}
