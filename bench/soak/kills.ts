// A soak: processes of a world are killed at random while videos are uploaded, processed, copied, watched and deleted, and
// one region's disk rots. At the end three numbers must be 0: acknowledged uploads lost, deleted assets back, corrupt
// objects served. Run: node bench/soak/kills.ts. MERIDIAN_SOAK_KILLS bounds it (default 30, about 4 s each), and
// MERIDIAN_SOAK_SEED repeats the choices of a run, though not its timing.
// Limits: SIGKILL loses no page of the operating system, so writes that were not fsynced survive here.

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { copiesOf, filesOf, startFastWorld, storeOf } from '../../test/durability/support.ts';
import { clip } from '../../test/support/media.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RunningWorld } from '../../test/support/world.ts';

const KILLS = Number(process.env.MERIDIAN_SOAK_KILLS ?? 30);
const SEED = Number(process.env.MERIDIAN_SOAK_SEED ?? Date.now() % 1_000_000);
/** Between two kills: some fall into the start of a process, some into its work. */
const KILL_EVERY_MS = 4_000;
/** Everything must be as promised this long after the last kill: leases, delays and retries have run out. */
const SETTLE_MS_MAX = 300_000;
/** How often a broken upload is resumed. */
const UPLOAD_ATTEMPTS = 20;
/** Videos that live at once; more would only wait for the two cores. */
const LIVING_MAX = 12;

interface Uploaded {
  readonly id: string;
  readonly sha256: string;
}

interface Tally {
  readonly acknowledged: Map<string, Uploaded>;
  readonly deleted: Set<string>;
  /** SHA-256 of each immutable object, as first served. */
  readonly served: Map<string, string>;
  readonly corrupt: string[];
  requests: number;
  uploadsTried: number;
  rotten: number;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Sends what the ingest does not have yet; the asset's id when it was acknowledged. */
async function sendRest(url: URL, headers: Record<string, string>, bytes: Buffer): Promise<string | null> {
  const head = await fetch(url, { method: 'HEAD', headers, signal: AbortSignal.timeout(10_000) });
  const offset = Number(head.headers.get('upload-offset') ?? Number.NaN);
  if (head.status !== 200 || !Number.isInteger(offset) || offset >= bytes.length) return null;
  const sent = await fetch(url, {
    method: 'PATCH',
    headers: {
      ...headers,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(bytes.subarray(offset)),
    signal: AbortSignal.timeout(20_000),
  });
  return sent.status === 204 ? sent.headers.get('meridian-asset') : null;
}

/** Uploads, going on where it was cut; what is not acknowledged promises nothing. */
async function upload(
  world: RunningWorld,
  tally: Tally,
  grant: string,
  file: string,
  pick: number,
): Promise<void> {
  tally.uploadsTried += 1;
  const bytes = readFileSync(file);
  const { ingestUrl } = defined(world.regions[pick % world.regions.length], 'a region');
  const headers = { authorization: `Bearer ${grant}`, 'tus-resumable': '1.0.0' };
  const name = Buffer.from('soak.mp4').toString('base64');
  const created = await fetch(`${ingestUrl}/files`, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${name}`,
    },
    signal: AbortSignal.timeout(10_000),
  });
  const location = created.headers.get('location');
  if (location === null) return;
  const url = new URL(location, `${ingestUrl}/files`);
  for (let attempt = 0; attempt < UPLOAD_ATTEMPTS; attempt += 1) {
    const id = await sendRest(url, headers, bytes).catch(() => null);
    if (id !== null) {
      tally.acknowledged.set(id, { id, sha256: sha256(bytes) });
      return;
    }
    await delay(500);
  }
}

/** Watches an asset at one edge and compares what is served with what was served before. */
async function watch(world: RunningWorld, tally: Tally, id: string, pick: number): Promise<void> {
  const { edgeUrl } = defined(world.regions[pick % world.regions.length], 'a region');
  const base = `${edgeUrl}/m/default/${id}/v1/`;
  const get = (url: URL | string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(10_000) });
  const main = await get(`${base}main.m3u8`);
  if (main.status !== 200) return;
  const text = await main.text();
  for (const [, rendition] of text.matchAll(/\/v1\/([a-z0-9]+)\/index\.m3u8/g)) {
    const url = new URL(`${rendition}/index.m3u8`, base);
    const playlist = await get(url);
    if (playlist.status !== 200) return;
    const lines = await playlist.text();
    const names = [...lines.matchAll(/URI="([^"]+)"/g)].map((match) => match[1] ?? '');
    names.push(...lines.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
    for (const name of names) {
      const object = new URL(name, url);
      const response = await get(object);
      if (response.status !== 200) continue;
      const digest = sha256(new Uint8Array(await response.arrayBuffer()));
      const address = object.pathname;
      tally.requests += 1;
      const known = tally.served.get(address);
      if (known === undefined) tally.served.set(address, digest);
      else if (known !== digest) tally.corrupt.push(object.href);
    }
  }
}

/** Turns one bit of a random object in one region: two rotten copies of one object could not be told from none. */
async function rot(world: RunningWorld, tally: Tally, prng: () => number): Promise<void> {
  const directory = storeOf(world, 'dublin');
  const files = globSync('default/ast_*/v1/**/*.{bin,mp4}', { cwd: directory });
  const name = files[Math.floor(prng() * files.length)];
  if (name === undefined) return;
  const file = await open(join(directory, name), 'r+');
  try {
    const { size } = await file.stat();
    const at = Math.floor(prng() * size);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte.writeUInt8(byte.readUInt8(0) ^ 1, 0);
    await file.write(byte, 0, 1, at);
    tally.rotten += 1;
  } finally {
    await file.close();
  }
}

/** Repeats a piece of work until the end; what fails because something was killed is tried again with the next. */
async function load(signal: AbortSignal, pauseMs: number, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => undefined);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function kill(world: RunningWorld, prng: () => number): Promise<string> {
  const pids = Object.entries(world.pids()).filter(([, pid]) => pid !== null);
  const [name, pid] = defined(pids[Math.floor(prng() * pids.length)], 'a process');
  try {
    process.kill(defined(pid ?? undefined, 'a process id'), 'SIGKILL');
  } catch {
    // It had just ended by itself.
  }
  return name;
}

/** Whether an acknowledged upload is there: processed, its source whole in every region, its renditions in enough. */
async function isSafe(world: RunningWorld, { id, sha256: expected }: Uploaded): Promise<string | null> {
  const view = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId: id } });
  if (view.stage !== 'ready')
    return `${id} is ${view.stage}${view.failure === null ? '' : `: ${view.failure.message}`}`;
  for (const region of world.regions) {
    const [source] = filesOf(world, region.id, { id, projectId: 'default' }).filter(
      (name) => name === 'v1/source',
    );
    if (source === undefined) return `${id} has no source in ${region.id}`;
    const bytes = readFileSync(join(storeOf(world, region.id), 'default', id, source));
    if (sha256(bytes) !== expected) return `${id} has a damaged source in ${region.id}`;
  }
  const { copies, servedAttempt, wanted } = await copiesOf(world, id);
  const whole = copies.filter(
    (copy) =>
      copy.class === 'renditions' &&
      copy.attempt === servedAttempt &&
      copy.isComplete &&
      copy.damagedObjects === 0 &&
      copy.lostAtMs === null,
  );
  if (whole.length < wanted.renditions) return `${id} has ${whole.length} whole copies of its renditions`;
  return null;
}

/** Whether a deleted asset is gone: by every region's word, on its disk, and at its edge. */
async function isGone(world: RunningWorld, id: string): Promise<string | null> {
  const { deletion } = await copiesOf(world, id);
  if (deletion?.goneEverywhereAtMs == null) return `${id} is not proven to be gone`;
  for (const region of world.regions) {
    const files = filesOf(world, region.id, { id, projectId: 'default' });
    if (files.join() !== 'record.json') return `${id} has ${files.join(' ')} in ${region.id}`;
    const { status } = await fetch(`${region.edgeUrl}/m/default/${id}/v1/main.m3u8`);
    if (status !== 410) return `${id} answers ${status} at ${region.id}`;
  }
  return null;
}

/** Waits until nothing is amiss; returns what still is when the time is over. */
async function settle(checks: readonly (() => Promise<string | null>)[]): Promise<string[]> {
  let problems: string[] = [];
  const deadline = performance.now() + SETTLE_MS_MAX;
  do {
    problems = [];
    for (const check of checks) {
      const problem = await check().catch((error: unknown) => String(error));
      if (problem !== null) problems.push(problem);
    }
    if (problems.length > 0) await delay(1_000);
  } while (problems.length > 0 && performance.now() < deadline);
  return problems;
}

async function run(): Promise<number> {
  const prng = createPrng(SEED);
  const world = await startFastWorld({ repairDelayMs: 3_000, deleteGraceMs: 2_000, replacedGraceMs: 4_000 });
  const tally: Tally = {
    acknowledged: new Map(),
    deleted: new Set(),
    served: new Map(),
    corrupt: [],
    requests: 0,
    uploadsTried: 0,
    rotten: 0,
  };
  try {
    // Grants work offline, so one is enough.
    const { grant } = await world.client.call('POST /v1/upload-grants', { body: {} });
    const clips = [1, 2, 3].map((seconds) => clip({ seconds, width: 320, height: 180 }));
    const ended = new AbortController();
    const { signal } = ended;
    const random = (count: number): number => Math.floor(prng() * count);
    const living = (): string[] => [...tally.acknowledged.keys()].filter((id) => !tally.deleted.has(id));
    const work = [
      ...[1, 2].map(() =>
        load(signal, 500, async () => {
          if (living().length < LIVING_MAX)
            await upload(world, tally, grant, defined(clips[random(clips.length)], 'a clip'), random(3));
        }),
      ),
      load(signal, 3_000, async () => {
        const ids = living();
        const id = ids[random(ids.length)];
        if (id === undefined || ids.length < 3) return;
        await world.client.call('DELETE /v1/assets/{assetId}', { params: { assetId: id } });
        tally.deleted.add(id);
      }),
      load(signal, 100, async () => {
        const ids = living();
        const id = ids[random(ids.length)];
        if (id !== undefined) await watch(world, tally, id, random(3));
      }),
      load(signal, 5_000, () => rot(world, tally, prng)),
    ];
    const killed: Record<string, number> = {};
    for (let kills = 0; kills < KILLS; kills += 1) {
      await delay(KILL_EVERY_MS * (0.25 + 1.5 * prng()));
      const name = await kill(world, prng);
      killed[name] = (killed[name] ?? 0) + 1;
    }
    ended.abort();
    await Promise.all(work);
    await waitFor(
      'control to be back',
      () => world.client.call('GET /v1/world', {}).catch(() => undefined),
      60_000,
    );
    const lost = await settle(
      living().map((id) => () => isSafe(world, defined(tally.acknowledged.get(id), id))),
    );
    const back = await settle([...tally.deleted].map((id) => () => isGone(world, id)));
    const { repairs } = await world.client.call('GET /v1/storage/repairs', { query: { limit: 200 } });
    const { findings } = await world.client.call('GET /v1/storage/scrub', { query: { limit: 200 } });
    const result = {
      seed: SEED,
      kills: killed,
      uploadsTried: tally.uploadsTried,
      acknowledged: tally.acknowledged.size,
      deleted: tally.deleted.size,
      objectsChecked: tally.requests,
      rotten: tally.rotten,
      found: findings.filter(({ kind }) => kind === 'damaged').length,
      repaired: findings.filter(({ kind }) => kind === 'repaired').length,
      repairsDone: repairs.filter(({ state }) => state === 'done').length,
      lost,
      back,
      corrupt: tally.corrupt,
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return lost.length + back.length + tally.corrupt.length === 0 ? 0 : 1;
  } finally {
    await world.remove();
  }
}

process.exitCode = await run();
