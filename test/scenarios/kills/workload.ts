// What goes on while processes are killed: videos are uploaded, watched and deleted, and one region's disk rots. It keeps
// account of what was promised to it, and of every byte that was served.

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import type { Prng } from '#base/prng.ts';
import { MeridianError } from '#contract/errors.ts';
import { storeOf } from '../../durability/support.ts';
import { clip } from '../../support/media.ts';
import type { RunningWorld } from '../../support/world.ts';

/** How often a broken upload is resumed. */
const UPLOAD_ATTEMPTS = 20;
/** How an upload is spread. */
const UPLOAD_PIECES = 5;
const UPLOAD_PAUSE_MS = 150;
/** Videos that live at once; more would only wait for the two cores. */
const LIVING_MAX = 12;

export interface Uploaded {
  readonly id: string;
  readonly sha256: string;
}

export interface Tally {
  readonly acknowledged: Map<string, Uploaded>;
  /** Deletions that were asked for; the asset is neither alive nor gone until one is answered. */
  readonly asked: Set<string>;
  readonly deleted: Set<string>;
  /** SHA-256 of each immutable object, as first served. */
  readonly served: Map<string, string>;
  readonly corrupt: string[];
  objectsChecked: number;
  uploadsTried: number;
  rotten: number;
}

export function createTally(): Tally {
  return {
    acknowledged: new Map(),
    asked: new Set(),
    deleted: new Set(),
    served: new Map(),
    corrupt: [],
    objectsChecked: 0,
    uploadsTried: 0,
    rotten: 0,
  };
}

/** Videos that must be there. */
export function living({ acknowledged, asked }: Tally): string[] {
  return [...acknowledged.keys()].filter((id) => !asked.has(id));
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Starts the work; resolves when all of it has ended after the signal. */
export async function keepBusy(
  world: RunningWorld,
  tally: Tally,
  prng: Prng,
  signal: AbortSignal,
): Promise<void> {
  // Grants work offline, so one is enough.
  const { grant } = await world.client.call('POST /v1/upload-grants', { body: {} });
  const clips = [1, 2, 3].map((seconds) => clip({ seconds, width: 320, height: 180 }));
  const random = (count: number): number => Math.floor(prng() * count);
  const anyOf = <T>(things: readonly T[]): T | undefined => things[random(things.length)];
  const uploading = async (): Promise<void> => {
    if (living(tally).length < LIVING_MAX)
      await upload(world, tally, grant, defined(anyOf(clips), 'a clip'), random(3));
  };
  await Promise.all([
    load(signal, 500, uploading),
    load(signal, 500, uploading),
    load(signal, 2_000, async () => {
      const ids = living(tally);
      const id = anyOf(ids);
      if (id !== undefined && ids.length >= 3) await remove(world, tally, id);
    }),
    // A deletion whose answer was lost is asked for again: by then it may have been done.
    load(signal, 1_000, async () => {
      const id = anyOf([...tally.asked].filter((asked) => !tally.deleted.has(asked)));
      if (id !== undefined) await remove(world, tally, id);
    }),
    load(signal, 100, async () => {
      const id = anyOf(living(tally));
      if (id !== undefined) await watch(world, tally, id, random(3));
    }),
    load(signal, 5_000, () => rot(world, tally, prng)),
  ]);
}

/** Asks for a deletion; it counts from its answer on, which may be that an earlier request has done it. */
export async function remove(world: RunningWorld, tally: Tally, id: string): Promise<void> {
  tally.asked.add(id);
  try {
    await world.client.call('DELETE /v1/assets/{assetId}', { params: { assetId: id } });
  } catch (error) {
    if (!(error instanceof MeridianError && error.code === 'gone')) throw error;
  }
  tally.deleted.add(id);
}

/** In pieces with pauses, as over a mobile link, so that many kills fall into an upload. */
async function* slowly(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const pieceBytes = Math.ceil(bytes.length / UPLOAD_PIECES);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await delay(UPLOAD_PAUSE_MS);
    yield bytes.subarray(at, at + pieceBytes);
  }
}

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
    body: Readable.toWeb(Readable.from(slowly(bytes.subarray(offset)))) as ReadableStream<Uint8Array>,
    duplex: 'half',
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
export async function watch(world: RunningWorld, tally: Tally, id: string, pick: number): Promise<void> {
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
      tally.objectsChecked += 1;
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
