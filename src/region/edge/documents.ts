// Media documents as an edge knows them: what manifests are made of, and where segments are kept.
// A region that is not a holder may know only the first document of a growing asset. That one is enough to begin with,
// since its manifest names the same renditions; from then on the writer is asked.

import { type MediaDocument, mediaDocumentSchema } from '#contract/media.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { lifetimeMs } from './cached-object.ts';
import type { Filler, FillOutcome } from './fill.ts';
import { DOCUMENTS_MAX, STALE_RETRY_MS } from './limits.ts';
import type { NegativeCache } from './object-cache.ts';

export interface DocumentPlace {
  readonly projectId: string;
  readonly assetId: string;
  readonly version: number;
}

export type DocumentAnswer = MediaDocument | 'missing' | 'unavailable';

export interface Documents {
  /** The newest document, fetched when it must be. */
  get(place: DocumentPlace): Promise<DocumentAnswer>;
  /** Holders as last seen, however old, or undefined. */
  holders(place: DocumentPlace, attempt: number | undefined): readonly string[] | undefined;
  /** Forgets the documents of an asset, or of all of a project. */
  forget(projectId: string, assetId: string | null): void;
}

interface KnownDocument {
  readonly document: MediaDocument;
  freshUntilMs: number;
}

const keyOf = (place: DocumentPlace): string => `${place.projectId}/${place.assetId}/v${place.version}`;

/** Creates the documents of an edge. */
export function createDocuments(dependencies: {
  clock: Clock;
  log: Log;
  filler: Filler;
  negatives: NegativeCache;
  ownRegionId: string;
}): Documents {
  const { clock, log, filler, negatives, ownRegionId } = dependencies;
  const known = new Map<string, KnownDocument>();
  const pending = new Map<string, Promise<DocumentAnswer>>();

  function parse(place: DocumentPlace, outcome: FillOutcome): MediaDocument | undefined {
    if (outcome.kind !== 'found') return undefined;
    try {
      const document = mediaDocumentSchema.parse(JSON.parse(outcome.body.toString('utf8')));
      return document.assetId === place.assetId && document.version === place.version ? document : undefined;
    } catch (error) {
      log.warn({ ...place, error: String(error) }, 'an origin sent a media document that is not one');
      return undefined;
    }
  }

  function keep(key: string, document: MediaDocument): MediaDocument {
    known.delete(key);
    const cacheClass = document.state === 'growing' ? 'growing' : 'record';
    known.set(key, { document, freshUntilMs: clock.nowMs() + lifetimeMs(cacheClass) });
    if (known.size > DOCUMENTS_MAX)
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    return document;
  }

  const needsWriter = (document: MediaDocument): boolean =>
    document.state === 'growing' && !document.holders.includes(ownRegionId);

  async function renew(place: DocumentPlace): Promise<DocumentAnswer> {
    const key = keyOf(place);
    const path = `${key}/media`;
    const previous = known.get(key);
    const holders =
      previous !== undefined && needsWriter(previous.document) ? previous.document.holders : undefined;
    const outcome = await filler.fill({ path, holders }).outcome;
    const document = parse(place, outcome);
    // While the writer is away an origin may answer that knows less than we do.
    if (document !== undefined && previous !== undefined && isOlder(document, previous.document))
      return keep(key, previous.document);
    if (document !== undefined) return keep(key, document);
    if (outcome.kind === 'missing') {
      known.delete(key);
      negatives.add(`media:${key}`, clock.nowMs());
      return 'missing';
    }
    if (previous === undefined) return 'unavailable';
    previous.freshUntilMs = clock.nowMs() + STALE_RETRY_MS;
    return previous.document;
  }

  return {
    async get(place) {
      const key = keyOf(place);
      const nowMs = clock.nowMs();
      const current = known.get(key);
      if (current !== undefined && nowMs < current.freshUntilMs) return current.document;
      if (negatives.has(`media:${key}`, nowMs)) return 'missing';
      let answer = pending.get(key);
      if (answer === undefined) {
        answer = renew(place).finally(() => pending.delete(key));
        pending.set(key, answer);
      }
      return answer;
    },
    forget(projectId, assetId) {
      const prefix = assetId === null ? `${projectId}/` : `${projectId}/${assetId}/`;
      for (const key of known.keys()) if (key.startsWith(prefix)) known.delete(key);
    },
    holders(place, attempt) {
      const document = known.get(keyOf(place))?.document;
      return document !== undefined && (attempt === undefined || document.attempt === attempt)
        ? document.holders
        : undefined;
    },
  };
}

/** Whether `left` was surely written before `right`. */
function isOlder(left: MediaDocument, right: MediaDocument): boolean {
  return left.attempt === right.attempt && left.revision < right.revision;
}
