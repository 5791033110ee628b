// Asks for every objective, page by page: what is worst is known only of the whole.

import type { SloView } from '../../../src/contract/api/slos.ts';
import { call } from '../api.ts';

const PAGE_SIZE = 200;

/** All objectives, by name. */
export async function askAllSlos(signal?: AbortSignal): Promise<SloView[]> {
  const all: SloView[] = [];
  for (;;) {
    const after = all.at(-1)?.name;
    const query = { limit: PAGE_SIZE, ...(after === undefined ? {} : { after }) };
    const { slos } = await call('GET /v1/slos', { query }, signal);
    all.push(...slos);
    if (slos.length < PAGE_SIZE) return all;
  }
}
