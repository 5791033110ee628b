// Every five seconds: what the node has counted becomes a report, and reports go to control in their order. While control
// is away they wait on disk, and go out one after another when it is back, so that nothing is missing afterwards.

import { TELEMETRY_SESSIONS_MAX, TELEMETRY_SLICES_MAX } from '#contract/limits.ts';
import type { TelemetryReport, ViewingUpdate } from '#contract/telemetry.ts';
import { incrementsOf } from '#core/telemetry/from-counters.ts';
import { SLICE_MS, sliceOf } from '#core/telemetry/series.ts';
import { SliceBook } from '#core/telemetry/slice-book.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { Telemetry, ViewingNews } from '../../shared/telemetry.ts';
import { postJson } from '../control-client.ts';
import {
  TELEMETRY_ANSWER_MS_MAX,
  TELEMETRY_RETRY_MS_MAX,
  TELEMETRY_RETRY_MS_MIN,
  TELEMETRY_SETTLE_MS,
  TELEMETRY_VIEWINGS_BYTES_MAX,
} from '../limits.ts';
import type { TelemetrySpool } from './spool.ts';

export interface TelemetryReporter {
  readonly telemetry: Telemetry;
  /** Makes reports until the signal aborts, and a last one then. */
  roll(signal: AbortSignal): Promise<void>;
  /** Sends them until the signal aborts. */
  send(signal: AbortSignal): Promise<void>;
}

export interface TelemetryReporterDependencies {
  readonly nodeId: string;
  readonly regionId: string;
  readonly siteId: string;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly spool: TelemetrySpool;
  controlUrl(): string;
  /** Own clock minus that of control. */
  clockOffsetMs(): number;
}

/** Answers after which a report is given up: control will never take it. */
const FINAL_STATUSES: readonly number[] = [400, 413, 422];

/** As many viewings as a report has room for: what players tell may be long, and must not crowd out the series. */
function fitting(viewings: readonly ViewingUpdate[]): ViewingUpdate[] {
  let bytes = 0;
  const end = viewings.findIndex((viewing) => {
    bytes += Buffer.byteLength(JSON.stringify(viewing));
    return bytes > TELEMETRY_VIEWINGS_BYTES_MAX;
  });
  return viewings.slice(0, Math.min(TELEMETRY_SESSIONS_MAX, end === -1 ? viewings.length : end));
}

/** Creates the reporter of a node. */
export function createTelemetryReporter(dependencies: TelemetryReporterDependencies): TelemetryReporter {
  const { clock, log, metrics, nodeId, regionId, siteId, spool } = dependencies;
  const book = new SliceBook();
  const sources: ((max: number) => ViewingNews)[] = [];
  const sent = metrics.counter('agent_telemetry_reports_total', 'Telemetry reports taken by control');
  const lostTotal = metrics.counter('agent_telemetry_lost_total', 'Telemetry reports lost for want of room');
  metrics.gauge('agent_telemetry_waiting', 'Telemetry reports that wait for control', () => spool.count());
  let sequence = 0;
  let counted: Readonly<Record<string, number>> = {};
  let rolledMs = sliceOf(clock.nowMs());
  let added = Promise.withResolvers<void>();

  /** Counts what the metrics say into a slice. */
  function lookAtCounters(atMs: number): void {
    const now = metrics.counters();
    for (const { name, labels, count } of incrementsOf(counted, now, { regionId, siteId }))
      book.count(name, labels, count, atMs);
    counted = now;
  }

  function noteLife(endMs: number): void {
    // A process that was held up lived all the same.
    for (let atMs = Math.max(rolledMs, endMs - 12 * SLICE_MS); atMs < endMs; atMs += SLICE_MS)
      book.count('node_up', { region: regionId, node: nodeId }, 1, atMs);
    rolledMs = endMs;
  }

  /** The last one takes the slice that goes on too. */
  function makeReport(isLast: boolean): TelemetryReport {
    const nowMs = clock.nowMs();
    const news = sources.map((take) => take(TELEMETRY_SESSIONS_MAX));
    lookAtCounters(isLast ? nowMs : sliceOf(nowMs) - 1);
    noteLife(sliceOf(nowMs));
    const slices = book.take(isLast ? nowMs + SLICE_MS : nowMs).slice(-TELEMETRY_SLICES_MAX);
    const { folded, dropped } = book.takeLosses();
    const reports = spool.takeLost();
    lostTotal.value += reports;
    const told = news.flatMap((one) => one.viewings);
    const viewings = fitting(told);
    sequence += 1;
    return {
      nodeId,
      bootId: dependencies.bootId,
      sequence,
      sentAtMs: nowMs,
      clockOffsetMs: Math.round(dependencies.clockOffsetMs()),
      slices: slices.map(({ atMs, series }) => ({ atMs, series: [...series] })),
      viewings,
      losses: {
        reports,
        increments: dropped,
        folded,
        viewings:
          told.length - viewings.length + news.reduce((sum, { droppedViewings }) => sum + droppedViewings, 0),
        events: news.reduce((sum, { droppedEvents }) => sum + droppedEvents, 0),
      },
    };
  }

  async function keep(isLast: boolean): Promise<void> {
    await spool.add(makeReport(isLast));
    added.resolve();
  }

  /** True when the oldest report is gone, or there is none. */
  async function sendOldest(signal: AbortSignal): Promise<boolean> {
    const report = await spool.oldest();
    if (report === undefined) return true;
    const url = `${dependencies.controlUrl()}/node/v1/telemetry`;
    const answer = await postJson(dependencies.transport, url, report.body, TELEMETRY_ANSWER_MS_MAX, signal);
    if (answer.status === 200) sent.value += 1;
    else if (FINAL_STATUSES.includes(answer.status))
      log.warn(
        { report: report.name, reason: answer.problem?.message },
        'control refused a telemetry report',
      );
    else return false;
    await spool.remove(report.name);
    return true;
  }

  return {
    telemetry: {
      count: (name, labels, by, atMs) => book.count(name, labels, by, atMs),
      observe: (name, labels, value, atMs) => book.observe(name, labels, value, atMs),
      viewingsFrom: (take) => sources.push(take),
    },
    async roll(signal) {
      while (!signal.aborted) {
        const nowMs = clock.nowMs();
        const waitMs = sliceOf(nowMs) + SLICE_MS + TELEMETRY_SETTLE_MS - nowMs;
        await clock.sleep(waitMs, signal).catch(() => undefined);
        await keep(signal.aborted);
      }
    },
    async send(signal) {
      let pauseMs = TELEMETRY_RETRY_MS_MIN;
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      while (!signal.aborted) {
        added = Promise.withResolvers();
        const isSent = await sendOldest(signal).catch((error: unknown) => {
          log.debug({ error: String(error) }, 'control is away; telemetry waits');
          return false;
        });
        if (!isSent) {
          await clock.sleep(pauseMs, signal).catch(() => undefined);
          pauseMs = Math.min(TELEMETRY_RETRY_MS_MAX, pauseMs * 2);
          continue;
        }
        pauseMs = TELEMETRY_RETRY_MS_MIN;
        if (spool.count() === 0) await Promise.race([added.promise, stopped]);
      }
    },
  };
}
