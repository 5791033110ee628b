// Reads every object of the region, slowly, and verifies its checksum; bit rot is found before the last good copy rots
// too. What is damaged is replaced at once by a good copy of another region, without control. Assets of which a reader
// has found something damaged come first. The place in the round is kept on disk, so that a restart goes on there.
// Limits: the rate is one of configuration; objects whose checksum nobody knows (media documents and records beyond
// their form, what earlier versions wrote) are read but not compared.

import { join } from 'node:path';
import { z } from 'zod';
import type { Finding, ScrubState } from '#contract/storage.ts';
import { readJsonFile, writeFileDurably } from '#platform/disk.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { createAssetFacts } from './asset-facts.ts';
import { checkObject, expectedObjects } from './check-object.ts';
import { type ObjectPlace, placeName, placeOfObject } from './describe-asset.ts';
import type { Ledger } from './ledger.ts';
import { SCRUB_POLL_MS, SCRUB_SAVE_MS, URGENT_MAX } from './limits.ts';
import type { Pacer } from './pacer.ts';
import { type ReplaceDependencies, replaceObject } from './replace-object.ts';
import { readStoredAsset, type StoredAsset, walkStore } from './walk-store.ts';

const QUARANTINED = /\/quarantine\/.+-(\d{13,})$/;
/** Damaged objects are kept this long for people to look at. */
const QUARANTINE_MS = 7 * 86_400_000;

const savedSchema = z.object({
  position: z.string(),
  roundStartedAtMs: z.number().nullable(),
  lastRoundEndedAtMs: z.number().nullable(),
});

export interface Scrubber {
  /** Scrubs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads one asset and repairs it. */
  scrub(asset: StoredAsset, signal: AbortSignal): Promise<void>;
  /** Somebody found something damaged: look soon. */
  hurry(key: string): void;
  state(): ScrubState;
}

export interface ScrubberDependencies {
  readonly context: Pick<NodeContext, 'clock' | 'config' | 'log' | 'store'>;
  readonly ledger: Ledger;
  readonly pacer: Pacer;
  readonly replace: ReplaceDependencies;
  /** Whether this node scrubs for its region now. */
  isOnDuty(): boolean;
  /** Something of an asset has changed. */
  onChange(place: string): void;
}

/** Creates the scrubber of a region. */
export function createScrubber(dependencies: ScrubberDependencies): Scrubber {
  const { context, ledger, pacer, replace } = dependencies;
  const { clock, config, log, store } = context;
  const factsOf = createAssetFacts(store);
  const file = join(replace.directory, 'scrub.json');
  const urgent = new Set<string>();
  let saved: z.infer<typeof savedSchema> = { position: '', roundStartedAtMs: null, lastRoundEndedAtMs: null };
  let savedAtMs = Number.NEGATIVE_INFINITY;

  async function save(isDue: boolean): Promise<void> {
    if (!isDue && clock.monotonicMs() - savedAtMs < SCRUB_SAVE_MS) return;
    savedAtMs = clock.monotonicMs();
    await writeFileDurably(file, JSON.stringify(saved)).catch((error: unknown) =>
      log.info({ error: String(error) }, 'the place of the scrubber could not be written down'),
    );
  }

  /** Reads an object twice before it calls it damaged: it may have been replaced while it was read. */
  async function judge(
    key: string,
    expected: Parameters<typeof checkObject>[2],
    signal: AbortSignal,
  ): ReturnType<typeof checkObject> {
    const onBytes = async (bytes: number): Promise<void> => {
      ledger.readBytes(bytes);
      await pacer.take(bytes, signal);
    };
    const first = await checkObject(store, key, expected, onBytes);
    return first.kind === 'damaged' ? checkObject(store, key, expected, onBytes) : first;
  }

  async function scrub(asset: StoredAsset, signal: AbortSignal): Promise<void> {
    const facts = await factsOf(asset);
    if (facts.record?.isDeleted === true) return;
    const expected = expectedObjects(asset, facts);
    const damagedOf = new Map<string, { place: ObjectPlace; keys: string[] }>();
    let isChanged = false;
    for (const { key } of asset.objects) {
      signal.throwIfAborted();
      if (await dropOld(key)) continue;
      const place = placeOfObject(asset, key) ?? { class: 'other' as const, version: 0, attempt: 0 };
      const name = placeName(place);
      const group = damagedOf.get(name) ?? { place, keys: [] };
      damagedOf.set(name, group);
      if (QUARANTINED.test(key)) continue;
      const verdict = await judge(key, expected.get(key), signal);
      if (verdict.kind !== 'damaged') continue;
      isChanged = true;
      const holders = facts.documents.find(({ attempt }) => attempt === place.attempt)?.holders ?? [];
      const object = { asset, key, sha256: verdict.sha256, expected: expected.get(key), holders };
      // Of what stays damaged people are told once, not in each round.
      const isKnown = ledger.damagedKeys(asset.place, place).includes(key);
      if (!(await repair(object, verdict.detail, isKnown, signal))) group.keys.push(key);
    }
    for (const { place, keys } of damagedOf.values()) {
      if (keys.length > 0) isChanged = true;
      ledger.verified(asset.place, place, keys);
    }
    if (isChanged) dependencies.onChange(asset.place);
  }

  async function repair(
    object: Parameters<typeof replaceObject>[1],
    detail: string,
    isKnown: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const note = (kind: Finding['kind'], text: string): void => ledger.note(kind, object.key, text);
    if (!isKnown) note('damaged', detail);
    try {
      const regionId = await replaceObject(replace, object, signal);
      note('repaired', `from ${regionId}`);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isKnown) note('unrepairable', String(error));
      return false;
    }
  }

  async function dropOld(key: string): Promise<boolean> {
    const atMs = Number(QUARANTINED.exec(key)?.[1] ?? Number.NaN);
    if (Number.isNaN(atMs) || clock.nowMs() - atMs < QUARANTINE_MS) return false;
    await store.delete(key);
    return true;
  }

  async function scrubUrgent(signal: AbortSignal): Promise<void> {
    for (const place of [...urgent]) {
      urgent.delete(place);
      await scrub(await readStoredAsset(store, place), signal);
    }
  }

  /** A round that was cut short goes on at once; the next begins after a pause. */
  function isRoundDue(): boolean {
    if (saved.roundStartedAtMs !== null || saved.lastRoundEndedAtMs === null) return true;
    return clock.nowMs() - saved.lastRoundEndedAtMs >= config.durability.scrubEveryMs;
  }

  async function round(signal: AbortSignal): Promise<void> {
    saved = { ...saved, roundStartedAtMs: saved.roundStartedAtMs ?? clock.nowMs() };
    for await (const asset of walkStore(store, saved.position)) {
      if (!dependencies.isOnDuty()) return;
      await scrubUrgent(signal);
      // Listed long ago in a slow round: what lies there now counts.
      await scrub(await readStoredAsset(store, asset.place), signal);
      saved = { ...saved, position: asset.place };
      await save(false);
    }
    saved = { position: '', roundStartedAtMs: null, lastRoundEndedAtMs: clock.nowMs() };
    await save(true);
  }

  return {
    async run(signal) {
      if (config.durability.scrubBytesPerSecond === 0) return;
      saved = savedSchema.safeParse(await readJsonFile(file).catch(() => undefined)).data ?? saved;
      while (!signal.aborted) {
        try {
          if (dependencies.isOnDuty()) {
            await scrubUrgent(signal);
            if (isRoundDue()) await round(signal);
          }
        } catch (error) {
          if (!signal.aborted) log.warn({ error: String(error) }, 'a round of the scrubber was cut short');
        }
        await clock.sleep(SCRUB_POLL_MS, signal).catch(() => undefined);
      }
    },
    scrub,
    hurry(key) {
      const place = key.split('/').slice(0, 2).join('/');
      if (urgent.size < URGENT_MAX) urgent.add(place);
    },
    state: () => ({
      ...saved,
      ...ledger.counts(),
      bytesPerSecond: config.durability.scrubBytesPerSecond,
    }),
  };
}
