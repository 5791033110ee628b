// What every object store promises, on all of those that need nothing but this repository.

import { test } from 'node:test';
import { STORE_CASES } from './store-cases.ts';
import { KINDS } from './stores.ts';

for (const [kind, open] of Object.entries(KINDS)) {
  test(`${kind} store`, async (context) => {
    const { store, close } = await open();
    try {
      for (const [title, run] of STORE_CASES) await context.test(title, () => run(store));
    } finally {
      await close();
    }
  });
}
