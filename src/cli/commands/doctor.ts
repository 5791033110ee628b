// meridian doctor: what is missing on this machine, and how to mend it.

import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Config } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { resolvePostgresBinaries } from '#platform/database/postgres-binaries.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { listen } from '#platform/http/server.ts';
import { silentLog } from '#platform/log.ts';
import type { Command } from '../command.ts';
import { controlUrlOf, type LoadedConfig, loadConfigFor } from '../control-access.ts';
import { printJson } from '../output.ts';

interface Finding {
  readonly check: string;
  readonly isGood: boolean;
  readonly found: string;
  /** What to do; null when all is well. */
  readonly action: string | null;
}

/** Less than this fills up with the first few videos. */
const FREE_BYTES_MIN = 2e9;

const good = (check: string, found: string): Finding => ({ check, isGood: true, found, action: null });
const bad = (check: string, found: string, action: string): Finding => ({
  check,
  isGood: false,
  found,
  action,
});

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24
    ? good('Node', process.version)
    : bad('Node', process.version, 'Run `npm ci`: it brings Node 24 with it.');
}

async function checkEngine(config: Config): Promise<Finding[]> {
  try {
    const engine = await resolveEngine(process.env, silentLog);
    const description = `${engine.name} ${engine.version}`;
    const wantsSrt = config.regions.some(({ sites }) => sites.some(({ srtPorts }) => srtPorts !== undefined));
    return [good('FFmpeg', description), ...(wantsSrt ? [checkSrt(engine.takesSrt, description)] : [])];
  } catch (error) {
    const action = 'Install ffmpeg 5.1 or newer, or run `npm ci` without --omit=optional.';
    return [bad('FFmpeg', textOf(error), action)];
  }
}

function checkSrt(takesSrt: boolean, engine: string): Finding {
  return takesSrt
    ? good('SRT', `${engine} has it`)
    : bad(
        'SRT',
        `${engine} was built without it, so no broadcast can take SRT`,
        'Install an FFmpeg with libsrt (Debian’s has it), set MERIDIAN_ENGINE=node-av, or take srtPorts out of meridian.yaml.',
      );
}

function checkDatabase(config: Config): Finding {
  if (config.control.databaseUrl !== undefined) return good('PostgreSQL', 'DATABASE_URL is used');
  try {
    resolvePostgresBinaries();
    return good('PostgreSQL', 'managed, from the npm package');
  } catch (error) {
    return bad('PostgreSQL', textOf(error), 'Run `npm ci` without --omit=optional, or set DATABASE_URL.');
  }
}

async function checkDirectory(directory: string): Promise<Finding> {
  let existing = directory;
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    return bad(
      'Data directory',
      `${existing} is not writable`,
      'Change its owner, or set dataDirectory in meridian.yaml.',
    );
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const found = `${directory}, ${(free / 1e9).toFixed(1)} GB free`;
  return free < FREE_BYTES_MIN
    ? bad('Data directory', found, 'Free at least 2 GB.')
    : good('Data directory', found);
}

async function checkPort(host: string, port: number, what: string): Promise<Finding> {
  const server = createServer();
  try {
    await listen(server, host, port, what);
    await new Promise((resolve) => server.close(resolve));
    return good(`Port ${port}`, `free (${what})`);
  } catch (error) {
    return bad(
      `Port ${port}`,
      textOf(error),
      'Stop the other program, or choose another port in meridian.yaml.',
    );
  }
}

async function isRunning(config: Config): Promise<boolean> {
  return fetch(`${controlUrlOf(config)}/healthz`, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function examine(loaded: LoadedConfig): Promise<Finding[]> {
  const { config, dataDirectory, path } = loaded;
  const findings = [
    good('Configuration', path ?? 'defaults'),
    checkNode(),
    ...(await checkEngine(config)),
    checkDatabase(config),
    await checkDirectory(dataDirectory),
  ];
  if (await isRunning(config)) return [...findings, good('Ports', 'Meridian is running')];
  findings.push(await checkPort(config.host, config.control.port, 'control'));
  for (const region of config.regions)
    for (const site of region.sites)
      for (const [use, port] of Object.entries(site.ports))
        if (port !== undefined) findings.push(await checkPort(config.host, port, `${use} of ${site.id}`));
  return findings;
}

export const doctorCommand: Command = {
  name: 'doctor',
  usage: 'doctor [--json]',
  summary: 'Say what is missing on this machine and how to mend it',
  options: { json: { type: 'boolean', summary: 'Print JSON for scripts' } },
  examples: ['meridian doctor'],
  async run(invocation) {
    let findings: Finding[];
    try {
      findings = await examine(await loadConfigFor(invocation));
    } catch (error) {
      if (!(error instanceof MeridianError)) throw error;
      findings = [bad('Configuration', error.message, error.action)];
    }
    if (invocation.isSet('json')) printJson(findings);
    else
      for (const { check, isGood, found, action } of findings)
        process.stdout.write(
          `${isGood ? '✓' : '✗'} ${check}: ${found}${action === null ? '' : `\n    ${action}`}\n`,
        );
    return findings.every(({ isGood }) => isGood) ? 0 : 1;
  },
};
