// The local supervisor: control, one node per site and further edges as child processes, their health, and what to tell the user.

import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Config } from '#contract/config.ts';
import type { Clock } from '#platform/clock.ts';
import { writeFileDurably } from '#platform/disk.ts';
import { closeServer, createStatusHandler, listen, sendJson } from '#platform/http/server.ts';
import type { Log } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { type ChildStatus, createSupervisedProcess, type SupervisedProcess } from './child-process.ts';
import { edgeArguments, furtherEdges, provideJoinTokens } from './edge-nodes.ts';
import { createLogFile } from './log-file.ts';

export interface SupervisorOptions {
  readonly config: Config;
  readonly dataDirectory: string;
  readonly configPath: string | null;
  /** Switches passed on to every child, e.g. --no-wan. */
  readonly passedOn: readonly string[];
  /** Edges of each site, the one of its node among them. */
  readonly edges: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Supervisor {
  /** Resolves when control and every node have been ready once, with their lines for the user. */
  start(): Promise<readonly string[]>;
  stop(): Promise<void>;
  status(): readonly ChildStatus[];
}

/** Creates the supervisor of this machine's world. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { config, dataDirectory } = options;
  const metrics = createMetrics();
  const common = [
    ...(options.configPath === null ? [] : ['--config', options.configPath]),
    ...options.passedOn,
  ];

  function supervise(name: string, args: readonly string[]): SupervisedProcess {
    const child = createSupervisedProcess({
      name,
      args: [...args, ...common],
      restartPauseMsMax: config.supervisor.restartPauseMsMax,
      clock: options.clock,
      log: options.log,
      write: createLogFile(join(dataDirectory, 'logs', `${name}.log`)),
      onChange: () => void writeRuntime(),
    });
    metrics.gauge(
      `supervisor_${name.replaceAll('-', '_')}_restarts`,
      `Restarts of ${name}`,
      () => child.status().restarts,
    );
    metrics.gauge(`supervisor_${name.replaceAll('-', '_')}_ready`, `1 while ${name} is ready`, () =>
      child.status().isReady ? 1 : 0,
    );
    return child;
  }

  const control = supervise('control', ['control']);
  const nodes = config.regions.flatMap((region) =>
    region.sites.map((site) =>
      supervise(site.id, ['node', '--site', site.id, ...(options.edges > 1 ? ['--share-edge-port'] : [])]),
    ),
  );
  const edgeNodes = furtherEdges(config, options.edges);
  const edges = edgeNodes.map((node) => supervise(`${node.siteId}-${node.name}`, edgeArguments(node)));
  const all = [control, ...nodes, ...edges];
  const status = (): readonly ChildStatus[] => all.map((child) => child.status());

  /** For people and tests that want to know which process is which. */
  let writing: Promise<void> = Promise.resolve();
  function writeRuntime(): Promise<void> {
    writing = writing
      .then(() =>
        writeFileDurably(
          join(dataDirectory, 'runtime.json'),
          `${JSON.stringify({ pid: process.pid, children: status() }, null, 2)}\n`,
        ),
      )
      .catch((error: unknown) =>
        options.log.warn({ error: String(error) }, 'runtime.json could not be written'),
      );
    return writing;
  }

  const statusPages = createStatusHandler(metrics, () => {
    const waiting = status().filter((child) => !child.isReady);
    return waiting.length === 0 ? null : `not ready: ${waiting.map(({ name }) => name).join(', ')}`;
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://supervisor').pathname;
    statusPages(path, response)
      .then((isServed) => {
        if (!isServed) sendJson(response, { children: status() }, path === '/' ? 200 : 404);
      })
      .catch(() => response.destroy());
  });

  return {
    async start() {
      await listen(server, config.host, config.supervisor.port, 'the supervisor');
      const lines = await Promise.all([control, ...nodes].map((child) => child.start()));
      // The first node of a site has joined by now; what control gives out next is for the others.
      await provideJoinTokens(config, dataDirectory, edgeNodes);
      await Promise.all(edges.map((child) => child.start()));
      return lines.flat();
    },
    async stop() {
      await Promise.all([...nodes, ...edges].map((node) => node.stop()));
      await control.stop();
      await closeServer(server, 200);
      await writing;
    },
    status,
  };
}
