// Publishes the world snapshot: on every change and at least every ten seconds, signed by the root key, in waves.
// Everything needed lies in memory, so publishing goes on while the database is away; only the newest snapshot that
// everybody has is written down, so that a restarted control still protects the world with waves.

import { SNAPSHOT_BYTES_MAX } from '#contract/limits.ts';
import type { Beat } from '#contract/node-api.ts';
import { type SignedSnapshot, snapshotSchema, type WorldSnapshot } from '#contract/snapshot.ts';
import { compareVersions } from '#core/snapshot/check-snapshot.ts';
import { type SigningKey, signText } from '#platform/identity.ts';
import type { ControlContext } from '../context.ts';
import type { FleetNode, FleetSite } from '../fleet/fleet.ts';
import { BOOTSTRAP_MS_MAX, PUBLISH_MS_MAX, STAGE_MS_MAX } from '../limits.ts';
import { contentText, isRemovalMeant, type SnapshotContent } from './build.ts';
import {
  advanceWaves,
  dueVersion,
  NO_WAVES,
  offerVersion,
  releaseVersion,
  type StoppedWave,
  type Version,
  type Wave,
  type WaveNode,
  type WaveState,
} from './waves.ts';

/** A publication with its signed text. */
interface Publication {
  readonly version: Version;
  readonly snapshot: WorldSnapshot;
  readonly signed: SignedSnapshot;
}

export interface PublisherDependencies {
  readonly context: ControlContext;
  readonly rootKey: SigningKey;
  term(): number;
  /** The content to publish now. */
  content(): SnapshotContent;
  sites(): readonly FleetSite[];
}

export interface Publisher {
  /** Reads and returns the newest full publication of earlier terms; before the first tick. */
  load(): Promise<WorldSnapshot | null>;
  /** Publishes when something changed or it is time, and moves the waves on. */
  tick(): void;
  /** Writes down the newest full publication when it is a new one. */
  save(): Promise<void>;
  /** The snapshot for a node that joins: the newest that everybody may have. */
  forNewcomer(): SignedSnapshot;
  /** Takes a beat's word on what the node has, and returns what it is due. */
  forBeat(node: FleetNode, beat: Beat): SignedSnapshot;
  newest(): WorldSnapshot | null;
  waves(): { wave: Wave | null; stopped: StoppedWave | null };
  /** Why the newest content could not be published, or null. */
  problem(): string | null;
}

/** Publications kept in memory: full, in a wave, waiting, and a few that were stopped half-way. */
const KEPT_MAX = 8;

/** Creates the publisher. */
export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { context, rootKey } = dependencies;
  const { clock, database, log } = context;
  const publications: Publication[] = [];
  /** Node → what it was offered last. */
  const offered = new Map<string, Version>();
  const refusals = new Map<string, { version: Version; reason: string }>();
  let state: WaveState = NO_WAVES;
  let newest: Publication | null = null;
  let newestText = '';
  let sequence = 0;
  let savedVersion: Version | null = null;
  let problem: string | null = null;
  let firstPublishedAtMs = 0;

  const find = (version: Version): Publication | undefined =>
    publications.find((publication) => compareVersions(publication.version, version) === 0);

  function waveNodes(): WaveNode[] {
    return dependencies.sites().flatMap(({ nodes }) =>
      nodes.map(({ id, siteId, regionId, isAlive, lastBeat }) => ({
        id,
        siteId,
        regionId,
        isAlive,
        adopted: lastBeat?.adopted ?? null,
        refused: refusals.get(id) ?? null,
      })),
    );
  }

  /** Until every site has joined and caught up there is nothing to protect: waves would only make a first start slow. */
  function isBootstrapping(): boolean {
    if (savedVersion !== null || clock.monotonicMs() - firstPublishedAtMs >= BOOTSTRAP_MS_MAX) return false;
    if (dependencies.sites().some(({ nodes }) => !nodes.some(({ isAlive }) => isAlive))) return true;
    const { full } = state;
    return (
      full === null ||
      waveNodes().some(({ adopted }) => adopted === null || compareVersions(adopted, full) < 0)
    );
  }

  function sign(content: SnapshotContent): Publication | null {
    const version = { term: dependencies.term(), sequence: sequence + 1 };
    const before = newest?.snapshot ?? (state.full === null ? null : (find(state.full)?.snapshot ?? null));
    const snapshot: WorldSnapshot = {
      ...content,
      ...version,
      publishedAtMs: clock.nowMs(),
      removalIsMeant: isRemovalMeant(before, content),
    };
    const payload = JSON.stringify(snapshot);
    const bytes = Buffer.byteLength(payload);
    if (bytes > SNAPSHOT_BYTES_MAX) {
      const sentence = `the snapshot would have ${bytes} bytes, more than ${SNAPSHOT_BYTES_MAX}`;
      if (problem === null)
        log.error({ bytes }, 'the world no longer fits in a snapshot; the last one stays');
      problem = sentence;
      return null;
    }
    problem = null;
    sequence += 1;
    return { version, snapshot, signed: { payload, signature: signText(rootKey, payload) } };
  }

  function publish(content: SnapshotContent, text: string): void {
    const publication = sign(content);
    if (publication === null) return;
    const isRefresh =
      newest !== null && text === newestText && newest.version.term === publication.version.term;
    if (newest === null) firstPublishedAtMs = clock.monotonicMs();
    newest = publication;
    newestText = text;
    publications.push(publication);
    const { version } = publication;
    state = isBootstrapping()
      ? releaseVersion(version)
      : offerVersion(state, version, isRefresh, waveNodes(), clock.nowMs());
    forgetOld();
  }

  function forgetOld(): void {
    const needed = [state.full, state.wave?.version, state.waiting?.version, newest?.version];
    for (const publication of [...publications]) {
      if (publications.length <= KEPT_MAX) return;
      const isNeeded = needed.some(
        (version) => version && compareVersions(version, publication.version) === 0,
      );
      if (!isNeeded) publications.splice(publications.indexOf(publication), 1);
    }
  }

  function advance(): void {
    const before = state;
    state = advanceWaves(state, waveNodes(), STAGE_MS_MAX, clock.nowMs());
    if (state.stopped !== null && state.stopped !== before.stopped) {
      const { version, nodeId, reason } = state.stopped;
      log.warn({ ...version, nodeId, reason }, 'a node refused the snapshot; its wave was stopped');
    }
    if (state.full !== before.full) forgetOld();
  }

  function tick(): void {
    const content = dependencies.content();
    const text = contentText(content);
    const isDue =
      newest === null ||
      text !== newestText ||
      newest.version.term !== dependencies.term() ||
      clock.nowMs() - newest.snapshot.publishedAtMs >= PUBLISH_MS_MAX;
    if (isDue) publish(content, text);
    advance();
  }

  function due(node: Pick<WaveNode, 'siteId' | 'regionId'>, adopted: Version | null): Publication {
    if (newest === null) tick();
    const last = newest;
    if (last === null) throw new Error('no snapshot could be published');
    const publication = find(dueVersion(state, node, last.version)) ?? last;
    // A node that is ahead was in a wave that stopped, or that an earlier control began: it is sent what it has, or
    // the next newer one, never something older to refuse.
    if (adopted === null || compareVersions(publication.version, adopted) >= 0) return publication;
    return publications.find(({ version }) => compareVersions(version, adopted) >= 0) ?? publication;
  }

  return {
    async load() {
      const row = await database.selectFrom('published_snapshots').selectAll().executeTakeFirst();
      const parsed = row === undefined ? undefined : snapshotSchema.safeParse(parseJson(row.payload));
      if (row === undefined || parsed?.success !== true) return null;
      const version = { term: row.term, sequence: row.sequence };
      const signed = { payload: row.payload, signature: row.signature };
      publications.push({ version, snapshot: parsed.data, signed });
      state = releaseVersion(version);
      savedVersion = version;
      return parsed.data;
    },
    tick,
    async save() {
      const full = state.full === null ? undefined : find(state.full);
      if (full === undefined || isBootstrapping()) return;
      if (savedVersion !== null && compareVersions(full.version, savedVersion) <= 0) return;
      const row = { ...full.version, ...full.signed };
      await database
        .insertInto('published_snapshots')
        .values({ id: 1, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      savedVersion = full.version;
    },
    forNewcomer() {
      return due({ siteId: '', regionId: '' }, null).signed;
    },
    forBeat(node, beat) {
      const last = offered.get(node.id);
      const hasIt = last !== undefined && beat.adopted !== null && compareVersions(beat.adopted, last) >= 0;
      if (beat.refusal === null || last === undefined || hasIt) refusals.delete(node.id);
      else refusals.set(node.id, { version: last, reason: beat.refusal });
      advance();
      const publication = due(node, beat.adopted);
      offered.set(node.id, publication.version);
      return publication.signed;
    },
    newest: () => newest?.snapshot ?? null,
    waves: () => ({ wave: state.wave, stopped: state.stopped }),
    problem: () => problem,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
