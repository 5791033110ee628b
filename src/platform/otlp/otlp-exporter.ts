// Sends the metrics of a process to an OpenTelemetry receiver, on a constant beat. One export at a time, each with a time
// limit, and nothing is kept: the values are cumulative, so the next export tells what one that failed would have told.
// Nobody waits for it; a receiver that is away is said once, and once when it is back.

import { type Clock, runEvery } from '../clock.ts';
import { readBody } from '../http/node-transport.ts';
import type { Transport } from '../http/transport.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { type OtlpResource, otlpMetrics, otlpRequests } from './otlp-metrics.ts';

/** Points of one request: some 300 kB of JSON, a tenth of what receivers take. */
const POINTS_PER_REQUEST = 1_000;
/** A receiver that takes longer has missed the beat. */
const ANSWER_MS_MAX = 10_000;
/** A receiver says little; more is not read. */
const ANSWER_BYTES_MAX = 65_536;
const PATH = '/v1/metrics';

export interface OtlpExporterDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly transport: Transport;
}

export interface OtlpExporterOptions {
  /** Of the receiver, with or without /v1/metrics. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly resource: OtlpResource;
}

export interface OtlpExporter {
  /** Exports until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the exporter of a process. */
export function createOtlpExporter(
  { clock, log, metrics, transport }: OtlpExporterDependencies,
  { endpoint, headers, intervalMs, resource }: OtlpExporterOptions,
): OtlpExporter {
  const url = endpoint.endsWith(PATH) ? endpoint : `${endpoint.replace(/\/+$/, '')}${PATH}`;
  const startMs = clock.nowMs();
  const counted = (outcome: 'ok' | 'failed') =>
    metrics.counter('otlp_exports_total', 'Exports of metrics by OTLP', { outcome });
  const outcomes = { ok: counted('ok'), failed: counted('failed') };
  let isFailing = false;

  /** Why it was not taken; undefined when it was. */
  async function send(body: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const answer = await transport.request({
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        headersTimeoutMs: ANSWER_MS_MAX,
        signal,
      });
      const text = (await readBody(answer.body, ANSWER_BYTES_MAX)).toString('utf8');
      return answer.status < 300 ? undefined : `status ${answer.status}: ${text.slice(0, 200)}`;
    } catch (error) {
      return String(error);
    }
  }

  async function exportAll(signal: AbortSignal): Promise<void> {
    const all = otlpMetrics(await metrics.families(), { startMs, nowMs: clock.nowMs() });
    let reason: string | undefined;
    for (const request of otlpRequests(all, resource, POINTS_PER_REQUEST)) {
      reason = await send(JSON.stringify(request), signal);
      if (reason !== undefined) break;
    }
    if (signal.aborted) return;
    outcomes[reason === undefined ? 'ok' : 'failed'].value += 1;
    if (reason !== undefined && !isFailing) log.warn({ url, reason }, 'the OTLP receiver takes no metrics');
    if (reason === undefined && isFailing) log.info({ url }, 'the OTLP receiver takes metrics again');
    isFailing = reason !== undefined;
  }

  return { run: (signal) => runEvery(clock, intervalMs, signal, () => exportAll(signal)) };
}
