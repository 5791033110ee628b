// Metrics of one process: prom-client for the text format, plain numbers on hot paths read at scrape.

import { Gauge, Histogram as PrometheusHistogram, Registry } from 'prom-client';

/** A cumulative count that a hot path may raise with `counter.value += 1`. */
export interface Counter {
  value: number;
}

/** A distribution, counted by upper bounds. */
export interface Histogram {
  observe(value: number): void;
}

/** One name with all its values, as Prometheus has them: a histogram's come as _bucket, _sum and _count. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly {
    readonly labels: Readonly<Partial<Record<string, string | number>>>;
    readonly value: number;
    /** Of a histogram alone. */
    readonly metricName?: string | undefined;
  }[];
}

export interface Metrics {
  /**
   * A counter, made at first use. Names end in `_total` and carry units, e.g. `edge_bytes_sent_total`.
   * Labels are few and bounded (regions, classes), never assets or viewers.
   */
  counter(name: string, help: string, labels?: Readonly<Record<string, string>>): Counter;
  /** A value of now, read at scrape and at each beat. */
  gauge(name: string, help: string, read: () => number): void;
  /** A distribution, e.g. `control_telemetry_store_seconds`; bounds ascend, and what is above the last is counted too. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  /** All counters by name, with labels as `name{a="b"}`: what a beat reports. */
  counters(): Record<string, number>;
  gauges(): Record<string, number>;
  /** Prometheus text format. */
  text(): Promise<string>;
  /** The same as values, for whoever writes another format. */
  families(): Promise<readonly MetricFamily[]>;
}

/** How many label sets one name may have; more is a bug that would fill memory. */
const SERIES_PER_NAME_MAX = 200;

interface Family {
  readonly help: string;
  readonly series: Map<string, { labels: Readonly<Record<string, string>>; counter: Counter }>;
}

/** Creates the metrics of a process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const families = new Map<string, Family>();
  const readers = new Map<string, () => number>();

  function register(name: string, family: Family): void {
    new Gauge({
      name,
      help: family.help,
      labelNames: [...new Set([...family.series.values()].flatMap(({ labels }) => Object.keys(labels)))],
      registers: [registry],
      collect() {
        for (const { labels, counter } of family.series.values()) this.set(labels, counter.value);
      },
    });
  }

  function registerAll(): void {
    for (const [name, family] of families)
      if (registry.getSingleMetric(name) === undefined) register(name, family);
  }

  return {
    counter(name, help, labels = {}) {
      let family = families.get(name);
      if (family === undefined) {
        family = { help, series: new Map() };
        families.set(name, family);
      }
      const key = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(',');
      let series = family.series.get(key);
      if (series === undefined) {
        if (family.series.size >= SERIES_PER_NAME_MAX) throw new Error(`metric ${name} has too many series`);
        series = { labels, counter: { value: 0 } };
        family.series.set(key, series);
      }
      return series.counter;
    },
    gauge(name, help, read) {
      readers.set(name, read);
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    histogram(name, help, bounds) {
      return new PrometheusHistogram({ name, help, buckets: [...bounds], registers: [registry] });
    },
    counters() {
      const all: Record<string, number> = {};
      for (const [name, { series }] of families)
        for (const [key, { counter }] of series) all[key === '' ? name : `${name}{${key}}`] = counter.value;
      return all;
    },
    gauges() {
      return Object.fromEntries([...readers].map(([name, read]) => [name, read()]));
    },
    async text() {
      registerAll();
      // prom-client calls a settable value a gauge; these only grow, which is what a counter is.
      return (await registry.metrics()).replace(/^# TYPE (\w+_total) gauge$/gm, '# TYPE $1 counter');
    },
    async families() {
      registerAll();
      const all = await registry.getMetricsAsJSON();
      return all.map(({ name, help, type, values }) => ({ name, help, values, type: typeOf(name, type) }));
    },
  };
}

/** What only grows is registered as a gauge, which can be set. */
function typeOf(name: string, type: unknown): MetricFamily['type'] {
  if (name.endsWith('_total')) return 'counter';
  return type === 'histogram' ? 'histogram' : 'gauge';
}
