// Builds the console and the player when their sources are newer than what was built; a product image has them built.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';

const SCRIPT = fileURLToPath(new URL('../../tools/build-web.mjs', import.meta.url));
export const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../console/dist', import.meta.url));
export const PLAYER_DIRECTORY = fileURLToPath(new URL('../../player/dist', import.meta.url));

/** Resolves when both are there. */
export async function buildWeb(): Promise<void> {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2_000);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0)
    throw new MeridianError('invalid_config', { reason: `the console could not be built: ${output.trim()}` });
}
