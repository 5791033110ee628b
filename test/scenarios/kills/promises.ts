// What must hold once everything runs again: every acknowledged upload is there and whole, every deleted one is gone.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { copiesOf, filesOf, storeOf } from '../../durability/support.ts';
import type { RunningWorld } from '../../support/world.ts';
import { sha256, type Uploaded } from './workload.ts';

/** Everything must be as promised this long after the last kill: leases, delays and retries have run out. */
const SETTLE_MS_MAX = 300_000;

/** Whether an acknowledged upload is there: processed, its source whole in every region, its renditions in enough. */
export async function isSafe(
  world: RunningWorld,
  { id, sha256: expected }: Uploaded,
): Promise<string | null> {
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
export async function isGone(world: RunningWorld, id: string): Promise<string | null> {
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
export async function settle(checks: readonly (() => Promise<string | null>)[]): Promise<string[]> {
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
