// Edges of one site as one cache: how evenly and how steadily objects are owned, and how often a cold object that
// many clients ask for at all edges at once is read from the origin.

import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { createRing, owners, type Ring } from '#core/placement/ring.ts';
import { SEGMENT, SEGMENT_BYTES, type SiteEdge, type SitePlan } from '../edge-site/setup.ts';
import { type Group, type Row, rounded } from '../row.ts';

const NODES = 8;
const KEYS = Array.from({ length: 50_000 }, (_, index) => `default/ast/v1/a1/v${index % 6}/${index}.m4s`);
const EDGES = 4;
const CLIENTS = 2_000;

const ownerOf = (ring: Ring, key: string): string => owners(ring, key, new Map()).nodeIds[0] ?? '';

function ringRows(): Row[] {
  const ids = Array.from({ length: NODES }, (_, index) => `site-1-${index}`);
  const all = createRing(ids);
  const owned = new Map<string, number>();
  for (const key of KEYS) owned.set(ownerOf(all, key), (owned.get(ownerOf(all, key)) ?? 0) + 1);
  const moves = ids.map((gone) => {
    const rest = createRing(ids.filter((id) => id !== gone));
    return KEYS.filter((key) => ownerOf(all, key) !== ownerOf(rest, key)).length / KEYS.length;
  });
  const peer = `${KEYS.length} objects over ${NODES} edges`;
  return [
    {
      name: 'edge-site-moved',
      value: rounded(Math.max(...moves), 4),
      unit: 'of the objects',
      op: '<=',
      goal: rounded(1.3 / NODES, 4),
      peer,
    },
    {
      name: 'edge-site-hottest',
      value: rounded((Math.max(...owned.values()) * NODES) / KEYS.length, 3),
      unit: 'of the mean',
      op: '<=',
      goal: 1.25,
      peer,
    },
  ];
}

/** A process that answers in lines of JSON. */
function startProcess(script: string, id: string) {
  const file = fileURLToPath(new URL(`../edge-site/${script}`, import.meta.url));
  const child = spawn(process.execPath, [file, id], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next(): Promise<unknown> {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${id} ended early`);
      return JSON.parse(value) as unknown;
    },
    tell: (what: unknown) => child.stdin.write(`${JSON.stringify(what)}\n`),
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      }),
  };
}

/** Bytes of the answer, or its status when it is no success. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/m/${SEGMENT}`, agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode === 200 ? `${bytes}` : `${response.statusCode}`));
    }).on('error', reject);
  });
}

async function coldRow(): Promise<Row> {
  const origin = startProcess('origin-process.ts', 'origin');
  const started = Array.from({ length: EDGES }, (_, index) =>
    startProcess('site-process.ts', `bench-1-${index}`),
  );
  try {
    const originUrl = (await origin.next()) as string;
    const edges = await Promise.all(started.map(async (edge) => (await edge.next()) as SiteEdge));
    const plan: SitePlan = { originUrl, edges };
    for (const edge of started) edge.tell(plan);
    await Promise.all(started.map((edge) => edge.next()));
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) => ask(defined(edges[index % EDGES], 'an edge').port)),
    );
    const wrong = answers.filter((answer) => answer !== `${SEGMENT_BYTES}`);
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong answers, e.g. ${wrong[0]}`);
    origin.tell('reads');
    return {
      name: 'edge-site-cold-reads',
      value: (await origin.next()) as number,
      unit: 'origin reads',
      op: '==',
      goal: 1,
      peer: `${CLIENTS} clients over ${EDGES} edge processes of a site`,
    };
  } finally {
    await Promise.all([origin, ...started].map((each) => each.stop()));
  }
}

export const edgeSiteGroup: Group = {
  names: ['edge-site-moved', 'edge-site-hottest', 'edge-site-cold-reads'],
  budgetMs: 60_000,
  run: async () => [...ringRows(), await coldRow()],
};
