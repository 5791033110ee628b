// What this node says of the broadcasts that it works on: everything at each beat, so that a restarted control knows
// it anew, and at once when a state changes, so that people see a publisher come on air as it happens.

import type { LiveReport } from '#contract/live.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { LiveReports } from '../shared/broadcasts.ts';
import { postJson } from './control-client.ts';
import { BEAT_TIMEOUT_MS, LIVE_REPORTS_MAX } from './limits.ts';

export interface LiveReporter {
  readonly reports: LiveReports;
  /** Reports until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the reporter of a node. */
export function createLiveReporter(dependencies: {
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: Transport;
  controlUrl(): string;
  beatMs(): number;
}): LiveReporter {
  const { nodeId, clock, log, transport, controlUrl, beatMs } = dependencies;
  const reports = new Map<string, LiveReport>();
  let changed = Promise.withResolvers<void>();
  /** Whether control may still believe that there is something. */
  let isHeard = false;

  const keyOf = ({
    broadcastId,
    role,
    channel,
  }: Pick<LiveReport, 'broadcastId' | 'role' | 'channel'>): string =>
    `${broadcastId}/${role}/${channel ?? ''}`;

  function tell(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  async function send(signal: AbortSignal): Promise<void> {
    if (reports.size === 0 && !isHeard) return;
    const body = { nodeId, reports: [...reports.values()].slice(0, LIVE_REPORTS_MAX) };
    try {
      const answer = await postJson(
        transport,
        `${controlUrl()}/node/v1/live-reports`,
        body,
        BEAT_TIMEOUT_MS,
        signal,
      );
      if (answer.problem !== undefined) throw answer.problem;
      isHeard = body.reports.length > 0;
    } catch (error) {
      if (!signal.aborted)
        log.debug({ error: String(error) }, 'control did not take the reports; the next beat tells');
    }
  }

  return {
    reports: {
      put(report) {
        const key = keyOf(report);
        const isNews = reports.get(key)?.state !== report.state;
        reports.set(key, report);
        if (isNews) tell();
      },
      drop(report) {
        if (reports.delete(keyOf(report))) tell();
      },
    },
    async run(signal) {
      while (!signal.aborted) {
        const news = changed.promise;
        await send(signal);
        const woken = new AbortController();
        const sleep = clock.sleep(beatMs(), AbortSignal.any([signal, woken.signal])).catch(() => undefined);
        await Promise.race([sleep, news]);
        woken.abort();
      }
    },
  };
}
