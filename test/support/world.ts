// A whole world for black-box tests: `meridian up` in a directory of its own, on free ports, as a user would run it.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { AssetView } from '#contract/api/assets.ts';
import { type ApiClient, createApiClient } from '#contract/client.ts';
import { claimPorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MERIDIAN = join(ROOT, 'tools/meridian.mjs');

export interface RegionPorts {
  readonly id: string;
  readonly edgeUrl: string;
  readonly ingestUrl: string;
  readonly nodeUrl: string;
}

export interface RunningWorld {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly configPath: string;
  /** In the order of the configuration; with them and the files above the same world can be started again. */
  readonly ports: readonly number[];
  readonly controlUrl: string;
  readonly regions: readonly RegionPorts[];
  readonly client: ApiClient;
  readonly adminToken: string;
  /** The `meridian up` process. */
  readonly process: ChildProcess;
  readonly startMs: number;
  readonly output: () => string;
  /** Process ids of the children by name (control, dublin-1, …). */
  pids(): Record<string, number | null>;
  /** Signals a child by its name. */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Runs a meridian command against this world. */
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Uploads a file and waits until it is processed. */
  upload(file: string, ...args: string[]): Promise<AssetView>;
  /** Ctrl-C; resolves to the milliseconds that it took. */
  stop(): Promise<number>;
  remove(): Promise<void>;
}

export interface WorldOptions {
  readonly args?: readonly string[];
  readonly config?: Record<string, unknown>;
  readonly env?: Record<string, string>;
}

export interface WorldFiles {
  readonly directory: string;
  readonly configPath: string;
  readonly dataDirectory: string;
  readonly ports: readonly number[];
}

/** Writes a configuration with free ports into a new directory. */
export async function createWorldFiles(options: WorldOptions = {}): Promise<WorldFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-world-'));
  const ports = await claimPorts(14);
  const places = [
    { id: 'singapore', name: 'Singapore', latitude: 1.35, longitude: 103.82 },
    { id: 'dublin', name: 'Dublin', latitude: 53.35, longitude: -6.26 },
    { id: 'los-angeles', name: 'Los Angeles', latitude: 34.05, longitude: -118.24 },
  ];
  const config = {
    dataDirectory: 'data',
    demo: false,
    control: { port: ports[0] },
    regions: places.map((place, index) => ({
      ...place,
      sites: [
        {
          id: `${place.id}-1`,
          ports: {
            edge: ports[2 + index * 3],
            ingest: ports[3 + index * 3],
            node: ports[4 + index * 3],
            rtmp: ports[11 + index],
          },
          // UDP, so the numbers are free again.
          srtPorts: { first: ports[2 + index * 3], count: 3 },
          whip: {},
        },
      ],
    })),
    ...options.config,
    supervisor: { port: ports[1], ...(options.config?.supervisor ?? {}) },
  };
  const configPath = join(directory, 'meridian.yaml');
  writeFileSync(configPath, stringify(config));
  return { directory, configPath, dataDirectory: join(directory, 'data'), ports };
}

/** Starts a world and waits until it is ready. */
export async function startWorld(options: WorldOptions = {}, files?: WorldFiles): Promise<RunningWorld> {
  const { directory, configPath, dataDirectory, ports } = files ?? (await createWorldFiles(options));
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [MERIDIAN, 'up', '--config', configPath, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  try {
    await waitFor(
      'the world to be ready',
      () => {
        if (child.exitCode !== null) throw new Error(`meridian up ended with ${child.exitCode}: ${output}`);
        return output.includes('Meridian is ready');
      },
      60_000,
    );
  } catch (error) {
    // What does not become ready must not outlive the test.
    child.kill('SIGINT');
    await exited;
    throw error;
  }
  const startMs = performance.now() - startedAtMs;
  const adminToken = readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim();
  const controlUrl = `http://127.0.0.1:${ports[0]}`;
  const client = createApiClient({ baseUrl: controlUrl, token: adminToken, fetch });
  const regions = ['singapore', 'dublin', 'los-angeles'].map((id, index) => ({
    id,
    edgeUrl: `http://127.0.0.1:${ports[2 + index * 3]}`,
    ingestUrl: `http://127.0.0.1:${ports[3 + index * 3]}`,
    nodeUrl: `http://127.0.0.1:${ports[4 + index * 3]}`,
  }));

  const pids = (): Record<string, number | null> => {
    const runtime = JSON.parse(readFileSync(join(dataDirectory, 'runtime.json'), 'utf8')) as {
      children: { name: string; pid: number | null }[];
    };
    return Object.fromEntries(runtime.children.map(({ name, pid }) => [name, pid]));
  };

  async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return runMeridian([...args, '--config', configPath]);
  }

  async function stop(): Promise<number> {
    const before = performance.now();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      await exited;
    }
    return performance.now() - before;
  }

  return {
    directory,
    dataDirectory,
    configPath,
    ports,
    controlUrl,
    regions,
    client,
    adminToken,
    process: child,
    startMs,
    output: () => output,
    pids,
    signal(name, signal) {
      const pid = pids()[name];
      if (pid === null || pid === undefined) throw new Error(`${name} is not running`);
      process.kill(pid, signal);
    },
    run,
    async upload(file, ...args) {
      const result = await run('upload', file, '--wait', '--json', ...args);
      if (result.code !== 0) throw new Error(`upload of ${file} failed: ${result.stderr}`);
      const { id } = JSON.parse(result.stdout) as { id: string };
      return client.call('GET /v1/assets/{assetId}', { params: { assetId: id } });
    },
    stop,
    async remove() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Runs the command to its end. */
export function runMeridian(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MERIDIAN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** Every process whose command line or environment names this directory. */
export function processesOf(directory: string): number[] {
  const found: number[] = [];
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (command.includes(directory) && state !== 'Z') found.push(pid);
    } catch {
      // It has just ended.
    }
  }
  return found;
}
