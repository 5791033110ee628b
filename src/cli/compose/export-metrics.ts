// Lets a process send its metrics to the OTLP receiver of the configuration, when there is one.

import type { Config } from '#contract/config.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import type { Lifecycle } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { createOtlpExporter } from '#platform/otlp/otlp-exporter.ts';
import { VERSION } from '../version.ts';

/** Who exports, in OpenTelemetry's words. */
export interface ExportedProcess {
  readonly service: 'meridian-control' | 'meridian-node';
  readonly regionId?: string;
  readonly siteId?: string;
  readonly nodeId?: string;
}

/** Starts to export; does nothing without `telemetry.otlp`. */
export function exportMetrics(
  { config, lifecycle, log }: { readonly config: Config; readonly lifecycle: Lifecycle; readonly log: Log },
  metrics: Metrics,
  { service, regionId, siteId, nodeId }: ExportedProcess,
): void {
  const { otlp } = config.telemetry;
  if (otlp === undefined) return;
  const transport = createTransport();
  lifecycle.add('OTLP connections', () => transport.close());
  const attributes = {
    'service.name': service,
    'service.version': VERSION,
    ...(nodeId === undefined ? {} : { 'service.instance.id': nodeId }),
    ...(regionId === undefined ? {} : { 'cloud.region': regionId }),
    ...(siteId === undefined ? {} : { 'cloud.availability_zone': siteId }),
  };
  const resource = { attributes, version: VERSION };
  const exporter = createOtlpExporter({ clock: systemClock, log, metrics, transport }, { ...otlp, resource });
  lifecycle.run('OTLP export', (signal) => exporter.run(signal));
}
