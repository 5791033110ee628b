// The other edges of this site: which of them owns an object, and whether it is still there. Together they are one
// cache; an object is fetched from an origin by its owner, and the others ask the owner (core/placement/ring).
// A mate that refuses is passed over at once. One that is silent may be dead or may be waiting for an origin itself;
// asking it for its health tells the two apart within a fraction of a second.

import type { WorldSnapshot } from '#contract/snapshot.ts';
import { createRing, owners, type Ring } from '#core/placement/ring.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import { MATE_ALIVE_MS, MATE_SILENCE_MS, MATES_ASKED_MAX } from '../limits.ts';

export interface Mate {
  readonly nodeId: string;
  readonly nodeUrl: string;
}

export interface Mates {
  /** Whom to ask for an object before an origin, best first; empty when this edge owns it. */
  toAsk(path: string, isFailing: (nodeId: string) => boolean): readonly Mate[];
  /** A request to a mate begins; returns how to end it. */
  begin(mate: Mate): () => void;
  /** Aborts `giveUp` when the mate stays silent and does not live; ends early when `answered` aborts. */
  watch(mate: Mate, answered: AbortSignal, giveUp: AbortController): Promise<void>;
  /** Edges of this site that are alive, this one among them. */
  count(): number;
}

interface Site {
  readonly snapshot: WorldSnapshot;
  readonly urls: ReadonlyMap<string, string>;
  readonly ring: Ring;
}

/** Creates the mates of an edge. */
export function createMates(dependencies: {
  clock: Clock;
  transport: Transport;
  ownNodeId: string;
  ownSiteId: string;
  snapshot(): WorldSnapshot | undefined;
}): Mates {
  const { clock, transport, ownNodeId, ownSiteId } = dependencies;
  const loads = new Map<string, number>();
  /** Questions under way, so that many fetches that wait for one mate ask it once. */
  const questions = new Map<string, Promise<boolean>>();
  let known: Site | undefined;

  function site(): Site | undefined {
    const snapshot = dependencies.snapshot();
    if (snapshot === undefined || known?.snapshot === snapshot) return known;
    const urls = new Map<string, string>();
    for (const node of snapshot.nodes)
      if (node.siteId === ownSiteId && node.roles.includes('edge') && (node.isAlive || node.id === ownNodeId))
        urls.set(node.id, node.nodeUrl);
    const isSame =
      known !== undefined &&
      known.urls.size === urls.size &&
      known.ring.nodeIds.every((nodeId) => urls.has(nodeId));
    // A snapshot comes every few seconds; the ring changes only with the edges.
    known = { snapshot, urls, ring: isSame && known ? known.ring : createRing([...urls.keys()]) };
    return known;
  }

  async function askHealth(mate: Mate): Promise<boolean> {
    try {
      const url = `${mate.nodeUrl}/healthz`;
      const response = await transport.request({ method: 'GET', url, headersTimeoutMs: MATE_ALIVE_MS });
      response.body.resume();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  function isAlive(mate: Mate): Promise<boolean> {
    let question = questions.get(mate.nodeId);
    if (question === undefined) {
      // A second time, since a pause of this process makes the first look unanswered when it was.
      question = askHealth(mate)
        .then((isWell) => isWell || askHealth(mate))
        .finally(() => questions.delete(mate.nodeId));
      questions.set(mate.nodeId, question);
    }
    return question;
  }

  return {
    toAsk(path, isFailing) {
      const here = site();
      if (here === undefined || here.urls.size < 2 || !here.urls.has(ownNodeId)) return [];
      const found: Mate[] = [];
      for (const nodeId of owners(here.ring, path, loads).nodeIds) {
        if (nodeId === ownNodeId) break;
        const nodeUrl = here.urls.get(nodeId);
        if (nodeUrl !== undefined && !isFailing(nodeId)) found.push({ nodeId, nodeUrl });
      }
      return found.slice(0, MATES_ASKED_MAX);
    },
    begin(mate) {
      loads.set(mate.nodeId, (loads.get(mate.nodeId) ?? 0) + 1);
      return () => {
        const left = (loads.get(mate.nodeId) ?? 1) - 1;
        if (left > 0) loads.set(mate.nodeId, left);
        else loads.delete(mate.nodeId);
      };
    },
    async watch(mate, answered, giveUp) {
      const isSilent = await clock.sleep(MATE_SILENCE_MS, answered).then(
        () => true,
        () => false,
      );
      if (isSilent && !answered.aborted && !(await isAlive(mate))) giveUp.abort();
    },
    count: () => site()?.urls.size ?? 1,
  };
}
