// The metrics of a process as OpenTelemetry's JSON (OTLP 1.x, ExportMetricsServiceRequest): cumulative sums, gauges and
// histograms with explicit bounds. Pure.
//
// Names lose the `_total` of Prometheus, which receivers add again; units are read off their ends. 64-bit numbers are texts,
// as protobuf's JSON has them, and values that JSON cannot hold (a gauge that is NaN) are left out.
// Source: opentelemetry-proto, metrics/v1/metrics.proto; OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".

import type { MetricFamily } from '../metrics.ts';

export interface OtlpResource {
  /** Of OpenTelemetry's semantic conventions, e.g. service.name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly version: string;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface NumberPoint {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

interface HistogramPoint {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

export type OtlpMetric = { readonly name: string; readonly description: string; readonly unit: string } & (
  | {
      readonly sum: {
        readonly aggregationTemporality: typeof CUMULATIVE;
        readonly isMonotonic: true;
        readonly dataPoints: readonly NumberPoint[];
      };
    }
  | { readonly gauge: { readonly dataPoints: readonly NumberPoint[] } }
  | {
      readonly histogram: {
        readonly aggregationTemporality: typeof CUMULATIVE;
        readonly dataPoints: readonly HistogramPoint[];
      };
    }
);

export interface OtlpRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}

const CUMULATIVE = 2;
/** Units by the end of a name, as UCUM writes them. */
const UNITS: readonly (readonly [string, string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
  ['_ratio', '1'],
];

interface Times {
  /** When the process began to count. */
  readonly startMs: number;
  readonly nowMs: number;
}

/** One metric of each family; those without a single value are left out. */
export function otlpMetrics(families: readonly MetricFamily[], times: Times): OtlpMetric[] {
  return families.flatMap((family) => {
    const metric = metricOf(family, times);
    return metric === undefined ? [] : [metric];
  });
}

function metricOf(family: MetricFamily, times: Times): OtlpMetric | undefined {
  const name = family.name.replace(/_total$/, '');
  const unit = UNITS.find(([end]) => name.endsWith(end))?.[1] ?? '';
  const common = { name, description: family.help, unit };
  if (family.type === 'histogram') {
    const dataPoints = histogramPoints(family, times);
    return dataPoints.length === 0
      ? undefined
      : { ...common, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  }
  const isSum = family.type === 'counter';
  const dataPoints = family.values
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({
      attributes: attributesOf(labels),
      ...(isSum ? { startTimeUnixNano: nanos(times.startMs) } : {}),
      timeUnixNano: nanos(times.nowMs),
      asDouble: value,
    }));
  if (dataPoints.length === 0) return undefined;
  return isSum
    ? { ...common, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
    : { ...common, gauge: { dataPoints } };
}

/** Prometheus counts everything up to a bound, OpenTelemetry what lies between two. */
function histogramPoints({ name, values }: MetricFamily, times: Times): HistogramPoint[] {
  const sets = Map.groupBy(values, ({ labels }) =>
    JSON.stringify(
      Object.entries(labels)
        .filter(([label]) => label !== 'le')
        .sort(),
    ),
  );
  return [...sets].map(([key, own]) => {
    const lastOf = (end: string): number =>
      own.find(({ metricName }) => metricName === `${name}_${end}`)?.value ?? 0;
    const buckets = own
      .filter(({ metricName }) => metricName === `${name}_bucket`)
      .map(({ labels, value }) => ({ bound: Number(String(labels.le).replace('+Inf', 'Infinity')), value }))
      .sort((one, other) => one.bound - other.bound);
    return {
      attributes: attributesOf(Object.fromEntries(JSON.parse(key) as [string, string][])),
      startTimeUnixNano: nanos(times.startMs),
      timeUnixNano: nanos(times.nowMs),
      count: String(lastOf('count')),
      sum: lastOf('sum'),
      bucketCounts: buckets.map(({ value }, index) => String(value - (buckets[index - 1]?.value ?? 0))),
      explicitBounds: buckets.map(({ bound }) => bound).filter(Number.isFinite),
    };
  });
}

/** Requests of at most so many points each; a metric's points stay together unless they alone are more. */
export function otlpRequests(
  metrics: readonly OtlpMetric[],
  resource: OtlpResource,
  pointsMax: number,
): OtlpRequest[] {
  const batches: OtlpMetric[][] = [];
  let room = 0;
  for (const metric of metrics) {
    const points = pointsOf(metric);
    if (points > room) {
      batches.push([]);
      room = pointsMax;
    }
    batches.at(-1)?.push(metric);
    room -= points;
  }
  return batches.map((own) => ({
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource.attributes) },
        scopeMetrics: [{ scope: { name: 'meridian', version: resource.version }, metrics: own }],
      },
    ],
  }));
}

function pointsOf(metric: OtlpMetric): number {
  if ('sum' in metric) return metric.sum.dataPoints.length;
  return 'gauge' in metric ? metric.gauge.dataPoints.length : metric.histogram.dataPoints.length;
}

function attributesOf(labels: Readonly<Partial<Record<string, string | number>>>): Attribute[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}

function nanos(milliseconds: number): string {
  return `${Math.round(milliseconds)}000000`;
}
