// The environment in which a process, and its children, lose at a kill what they had not fsynced.

import { join } from 'node:path';
import type { PowerFault } from '#core/fault/catalogue.ts';
import type { ForgetfulProcess } from '#platform/fault/forgetful-disk-preload.ts';

const PRELOAD = new URL('../../src/platform/fault/forgetful-disk-preload.ts', import.meta.url);

export interface PowerCutOptions {
  /** Where the logs of what is not synced go, beside the root. */
  readonly directory: string;
  readonly root: string;
  readonly seed: number;
  /** The end of the path of the script whose processes are concerned. */
  readonly script: string;
  readonly exclude?: readonly string[];
  readonly lies?: PowerFault['lies'];
}

/** Variables to add to the environment. */
export function underPowerCuts(options: PowerCutOptions): Record<string, string> {
  const { directory, root, seed, script, exclude = [], lies = [] } = options;
  const forgetful: ForgetfulProcess = {
    root,
    exclude,
    journals: join(directory, 'journals'),
    seed,
    fault: { kind: 'power_cut', lies },
    script,
  };
  return {
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${PRELOAD.href}`.trim(),
    MERIDIAN_FAULT_DISK: JSON.stringify(forgetful),
  };
}
