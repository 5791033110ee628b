// The objectives that Meridian brings along: the files of shipped/.

import { readdirSync, readFileSync } from 'node:fs';
import { assert } from '#base/assert.ts';
import type { ReadSlo } from '#contract/openslo.ts';
import { readSloText } from './slo-text.ts';

const FOLDER = new URL('./shipped/', import.meta.url);

/** Reads them all, by name. */
export function readShippedSlos(): readonly ReadSlo[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => {
      const { slos, problems } = readSloText(readFileSync(new URL(file, FOLDER), 'utf8'));
      assert(problems.length === 0, `${file} is valid: ${JSON.stringify(problems)}`);
      return slos;
    });
}
