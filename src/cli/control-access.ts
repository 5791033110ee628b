// How commands reach control: its address and a token, from options, the environment or the local data directory.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ApiClient, createApiClient } from '#contract/client.ts';
import type { Config } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { loadConfig } from '#platform/config-file.ts';
import type { Invocation } from './command.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly path: string | null;
}

/** Reads the configuration that the invocation names. */
export async function loadConfigFor(invocation: Invocation): Promise<LoadedConfig> {
  const { config, baseDirectory, path } = await loadConfig(invocation.text('config'), process.env);
  return { config, path, dataDirectory: resolve(baseDirectory, config.dataDirectory) };
}

/** Address of control. */
export function controlUrlOf(config: Config): string {
  return config.control.url ?? `http://${config.host}:${config.control.port}`;
}

/** A client for control. */
export async function openControl(
  invocation: Invocation,
): Promise<{ client: ApiClient; loaded: LoadedConfig }> {
  const loaded = await loadConfigFor(invocation);
  const token = invocation.text('token') ?? process.env.MERIDIAN_TOKEN ?? localToken(loaded.dataDirectory);
  if (token === undefined) throw new MeridianError('unauthenticated');
  const baseUrl = invocation.text('control') ?? process.env.MERIDIAN_CONTROL ?? controlUrlOf(loaded.config);
  return { client: createApiClient({ baseUrl, token, fetch }), loaded };
}

function localToken(dataDirectory: string): string | undefined {
  try {
    return readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim();
  } catch {
    return undefined;
  }
}
