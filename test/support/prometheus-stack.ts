// A real Prometheus and a real Alertmanager (Debian: prometheus, prometheus-alertmanager) on ports of their own, with data
// in a directory that goes with them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { defined } from '#base/assert.ts';
import { claimPorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';

export interface PrometheusStack {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** What promtool says of the configuration and of the rules; empty when it likes them. */
  readonly problems: string;
  /** Values of an instant query, by the value of a label. */
  query(expression: string, label: string): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

export interface PrometheusStackOptions {
  /** host:port of each process whose /metrics is scraped. */
  readonly targets: readonly string[];
  readonly rulesPath: string;
  /** Where the Alertmanager posts, and the token that it shows there. */
  readonly webhook: { readonly url: string; readonly token: string };
}

/** Starts both; resolves when both are ready. */
export async function startPrometheusStack(options: PrometheusStackOptions): Promise<PrometheusStack> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-prometheus-'));
  const [prometheusPort, alertmanagerPort] = (await claimPorts(2)).map((port) => `127.0.0.1:${port}`);
  const prometheusAt = defined(prometheusPort, 'a port');
  const alertmanagerAt = defined(alertmanagerPort, 'a port');
  const paths = {
    prometheus: join(directory, 'prometheus.yml'),
    alertmanager: join(directory, 'alertmanager.yml'),
    prometheusData: join(directory, 'prometheus'),
    alertmanagerData: join(directory, 'alertmanager'),
  };
  mkdirSync(paths.prometheusData);
  mkdirSync(paths.alertmanagerData);
  writeFileSync(
    paths.prometheus,
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [options.rulesPath],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanagerAt] }] }] },
      scrape_configs: [{ job_name: 'meridian', static_configs: [{ targets: options.targets }] }],
    }),
  );
  writeFileSync(
    paths.alertmanager,
    stringify({
      route: {
        receiver: 'meridian',
        group_by: ['...'],
        group_wait: '1s',
        group_interval: '1s',
        // What came from Meridian does not go back.
        routes: [{ receiver: 'nobody', matchers: ['sender!=""'] }],
      },
      receivers: [
        { name: 'nobody' },
        {
          name: 'meridian',
          webhook_configs: [
            {
              url: options.webhook.url,
              send_resolved: true,
              http_config: { authorization: { credentials: options.webhook.token } },
            },
          ],
        },
      ],
    }),
  );
  const check = spawnSync('promtool', ['check', 'config', paths.prometheus], { encoding: 'utf8' });
  if (check.error !== undefined)
    throw new Error(
      'promtool is missing: install the Debian packages prometheus and prometheus-alertmanager',
      {
        cause: check.error,
      },
    );
  const started = [
    run('prometheus-alertmanager', [
      `--config.file=${paths.alertmanager}`,
      `--storage.path=${paths.alertmanagerData}`,
      `--web.listen-address=${alertmanagerAt}`,
      '--cluster.listen-address=',
    ]),
    run('prometheus', [
      `--config.file=${paths.prometheus}`,
      `--storage.tsdb.path=${paths.prometheusData}`,
      `--web.listen-address=${prometheusAt}`,
    ]),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ end }) => end()));
    rmSync(directory, { recursive: true, force: true });
  };
  const urls = { prometheusUrl: `http://${prometheusAt}`, alertmanagerUrl: `http://${alertmanagerAt}` };
  try {
    for (const url of Object.values(urls))
      await waitFor(`${url} to be ready`, async () => {
        for (const { failure } of started) if (failure() !== undefined) throw new Error(failure());
        return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true;
      });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...urls,
    problems: check.status === 0 ? '' : `${check.stdout}${check.stderr}`,
    async query(expression, label) {
      const url = `${urls.prometheusUrl}/api/v1/query?query=${encodeURIComponent(expression)}`;
      const { data } = (await (await fetch(url)).json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return new Map(data.result.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
    },
    stop,
  };
}

function run(command: string, args: readonly string[]) {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  let error: Error | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    output = `${output}${chunk.toString()}`.slice(-4_000);
  });
  child.once('error', (reason) => {
    error = reason;
  });
  return {
    /** Why it does not run; undefined while it does. */
    failure: (): string | undefined => {
      if (error !== undefined) return `${command} cannot be started: ${error.message}`;
      return child.exitCode === null ? undefined : `${command} ended with ${child.exitCode}: ${output}`;
    },
    async end(): Promise<void> {
      if (error !== undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
