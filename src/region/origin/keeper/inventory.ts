// Tells control what this region holds: all of it again and again, in pages that each speak for a range of assets, and
// single assets at once when something of them has changed. Control answers with what may go; the region looks itself
// whether that can be right. With control away the next round brings the same.

import type { Drop, Holding, HoldingsPage, LoneDocument, ScrubState } from '#contract/storage.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { attemptPrefix, versionPrefix } from '../../shared/keys.ts';
import { readRecord } from '../../shared/records.ts';
import type { RecordBook } from '../record-book.ts';
import { createAssetFacts } from './asset-facts.ts';
import type { ControlLink } from './control-link.ts';
import { describeAsset, loneDocumentsOf } from './describe-asset.ts';
import type { Ledger } from './ledger.ts';
import { ASSETS_PER_BREATH, BREATH_MS, PAGE_HOLDINGS, URGENT_MAX } from './limits.ts';
import { readStoredAsset, type StoredAsset, walkStore } from './walk-store.ts';

/** After every possible place. */
const END = '~';

export interface InventoryDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeId: string;
  readonly records: RecordBook;
  readonly ledger: Ledger;
  readonly link: ControlLink;
  scrubState(): ScrubState;
}

export interface Inventory {
  /** Reports the whole store once. Throws when control does not answer. */
  reportAll(signal: AbortSignal): Promise<void>;
  /** Notes that something of an asset has changed. */
  touch(place: string): void;
  /** Reports what was touched until then. Throws when control does not answer; the notes stay. */
  reportTouched(signal: AbortSignal): Promise<void>;
  /** Resolves when something was touched. */
  untilTouched(): Promise<void>;
}

interface OpenPage {
  readonly from: string;
  readonly listedAtMs: number;
  readonly holdings: Holding[];
  readonly gone: HoldingsPage['gone'];
  readonly loneDocuments: LoneDocument[];
  assets: number;
}

/** Creates the inventory of a region. */
export function createInventory(dependencies: InventoryDependencies): Inventory {
  const { store, clock, log, nodeId, records, ledger, link } = dependencies;
  const factsOf = createAssetFacts(store);
  const touched = new Set<string>();
  let wake = Promise.withResolvers<void>();

  const openPage = (from: string): OpenPage => ({
    from,
    listedAtMs: clock.nowMs(),
    holdings: [],
    gone: [],
    loneDocuments: [],
    assets: 0,
  });

  /** What an asset adds to a page. Bytes that a late writer left beside a tombstone are removed on the way. */
  async function add(page: OpenPage, asset: StoredAsset): Promise<void> {
    page.assets += 1;
    let current = asset;
    const { record, documents } = await factsOf(current);
    const isPurged = record?.isDeleted === true && record.keepsBytes !== true;
    if (isPurged && asset.objects.length > 1) {
      await records.apply(record);
      current = await readStoredAsset(store, asset.place);
    }
    const seen = describeAsset(current, record, documents);
    for (const holding of seen) page.holdings.push(ledger.complete(asset.place, holding));
    if (!isPurged) page.loneDocuments.push(...loneDocumentsOf(current, record, seen));
    if (isPurged && current.objects.length <= 1) {
      const { projectId, assetId, revision } = record;
      page.gone.push({ projectId, assetId, revision });
    }
  }

  async function send(page: OpenPage, until: string, signal: AbortSignal): Promise<void> {
    const findings = ledger.takeFindings();
    const { from, listedAtMs, holdings, gone, loneDocuments } = page;
    const scrub = dependencies.scrubState();
    const body = {
      ...{ nodeId, from, until, listedAtMs, holdings, gone, loneDocuments },
      findings: [...findings],
      scrub,
    };
    let drops: readonly Drop[];
    try {
      drops = await link.report(body, signal);
    } catch (error) {
      ledger.giveBack(findings);
      throw error;
    }
    for (const drop of drops) await obey(drop);
  }

  /** Removes what control names, unless this region knows better: what is served never goes. */
  async function obey(drop: Drop): Promise<void> {
    const { projectId, assetId, version, attempt } = drop;
    const record = await readRecord(store, projectId, assetId);
    const isServed =
      record === undefined || (attempt === null ? version >= record.version : version > record.version);
    if (isServed) {
      log.warn({ drop }, 'control asked to drop what is served here; it stays');
      return;
    }
    const prefix =
      attempt === null
        ? versionPrefix(projectId, assetId, version)
        : attemptPrefix({ projectId, assetId, version, attempt });
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    for (const key of keys) await store.delete(key);
    ledger.note('dropped', prefix, `${drop.reason.code}; ${keys.length} objects`);
    touch(`${projectId}/${assetId}`);
  }

  function touch(place: string): void {
    // The next whole report brings what does not fit.
    if (touched.size < URGENT_MAX) touched.add(place);
    wake.resolve();
  }

  return {
    async reportAll(signal) {
      let page = openPage('');
      let last = '';
      let breath = 0;
      for await (const asset of walkStore(store)) {
        signal.throwIfAborted();
        await add(page, asset);
        last = asset.place;
        if ([page.holdings, page.gone, page.loneDocuments].some(({ length }) => length >= PAGE_HOLDINGS)) {
          await send(page, last, signal);
          // A space sorts before everything that may follow in a longer name.
          page = openPage(`${last} `);
        }
        breath += 1;
        if (breath % ASSETS_PER_BREATH === 0) await clock.sleep(BREATH_MS, signal);
      }
      await send(page, END, signal);
    },
    touch,
    async reportTouched(signal) {
      wake = Promise.withResolvers();
      for (const place of [...touched]) {
        touched.delete(place);
        try {
          const page = openPage(place);
          await add(page, await readStoredAsset(store, place));
          await send(page, place, signal);
        } catch (error) {
          touched.add(place);
          throw error;
        }
      }
    },
    untilTouched: () => (touched.size > 0 ? Promise.resolve() : wake.promise),
  };
}
