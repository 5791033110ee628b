// meridian up: the whole world on this machine.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { ensurePrivateDirectory } from '#platform/disk.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { lockDirectory } from '#platform/lock.ts';
import { createLog } from '#platform/log.ts';
import type { Command, Invocation } from '../command.ts';
import { runProcess, SUPERVISOR_STOP_MS_MAX } from '../compose/run-process.ts';
import { controlUrlOf, loadConfigFor } from '../control-access.ts';
import { EDGES_MAX } from '../supervisor/edge-nodes.ts';
import { createLogFile } from '../supervisor/log-file.ts';
import { createSupervisor } from '../supervisor/supervisor.ts';
import { buildWeb } from '../web.ts';

/** A little more than the longest that a child gets before it is killed. */
const CHILDREN_STOP_MS_MAX = 4_200;

export const upCommand: Command = {
  name: 'up',
  usage: 'up [--edges N] [--no-wan] [--no-demo] [--config FILE]',
  summary: 'Start control and every region on this machine',
  options: {
    edges: {
      type: 'string',
      value: 'N',
      summary: 'Edge processes of each site, which share its port (default: 1)',
    },
    'no-wan': { type: 'boolean', summary: 'No delay between regions' },
    'no-demo': { type: 'boolean', summary: 'No generated clip on the first start' },
  },
  examples: ['meridian up', 'meridian up --edges 3', 'meridian up --no-wan --config meridian.yaml'],
  run: runUp,
};

/** How many edges each site gets. */
function edgesOf(invocation: Invocation): number {
  const text = invocation.text('edges') ?? '1';
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > EDGES_MAX)
    throw new MeridianError('invalid_request', { reason: `--edges takes a number from 1 to ${EDGES_MAX}` });
  return count;
}

async function runUp(invocation: Invocation): Promise<number> {
  const startedAtMs = performance.now();
  const edges = edgesOf(invocation);
  const { config, dataDirectory, path } = await loadConfigFor(invocation);
  await ensurePrivateDirectory(dataDirectory);
  try {
    accessSync(dataDirectory, constants.W_OK);
  } catch (error) {
    throw new MeridianError(
      'invalid_config',
      { reason: `${dataDirectory} is not writable` },
      { cause: error },
    );
  }
  const log = createLog(
    'supervisor',
    config.log,
    createLogFile(join(dataDirectory, 'logs', 'supervisor.log')),
  );
  const lifecycle = createLifecycle(log);
  return runProcess(
    lifecycle,
    async () => {
      const lock = await lockDirectory(dataDirectory);
      lifecycle.add('lock', () => lock.release());
      await buildWeb();
      const supervisor = createSupervisor({
        config,
        dataDirectory,
        configPath: path,
        edges,
        passedOn: invocation.isSet('no-wan') ? ['--no-wan'] : [],
        clock: systemClock,
        log,
      });
      lifecycle.add('children', () => supervisor.stop(), CHILDREN_STOP_MS_MAX);
      const lines = await supervisor.start();
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      const text = [
        '',
        `Meridian is ready (${seconds} s).`,
        '',
        `  Console      ${controlUrlOf(config)}`,
        `  Token        ${join(dataDirectory, 'admin-token')}`,
        ...lines.map((line) => `  ${line}`),
        '',
        'Ctrl-C stops everything.',
        '',
      ];
      process.stdout.write(text.join('\n'));
      if (config.demo && !invocation.isSet('no-demo'))
        lifecycle.run('demo', async (signal) => {
          const { makeDemo } = await import('../demo.ts');
          await makeDemo(config, dataDirectory, log, signal);
        });
      return [];
    },
    SUPERVISOR_STOP_MS_MAX,
  );
}
