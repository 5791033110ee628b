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
  return new WavePublisher(dependencies);
}

class WavePublisher implements Publisher {
  readonly #dependencies: PublisherDependencies;
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #log: ControlContext['log'];
  readonly #publications: Publication[] = [];
  /** Node → what it was offered last. */
  readonly #offered = new Map<string, Version>();
  readonly #refusals = new Map<string, { version: Version; reason: string }>();
  #state: WaveState = NO_WAVES;
  #newest: Publication | null = null;
  #newestText = '';
  #sequence = 0;
  #savedVersion: Version | null = null;
  #problem: string | null = null;
  #firstPublishedAtMs = 0;

  constructor(dependencies: PublisherDependencies) {
    this.#dependencies = dependencies;
    this.#clock = dependencies.context.clock;
    this.#database = dependencies.context.database;
    this.#log = dependencies.context.log;
  }

  #find(version: Version): Publication | undefined {
    return this.#publications.find((publication) => compareVersions(publication.version, version) === 0);
  }

  async load(): Promise<WorldSnapshot | null> {
    const row = await this.#database.selectFrom('published_snapshots').selectAll().executeTakeFirst();
    const parsed = row === undefined ? undefined : snapshotSchema.safeParse(parseJson(row.payload));
    if (row === undefined || parsed?.success !== true) return null;
    const version = { term: row.term, sequence: row.sequence };
    const signed = { payload: row.payload, signature: row.signature };
    this.#publications.push({ version, snapshot: parsed.data, signed });
    this.#state = releaseVersion(version);
    this.#savedVersion = version;
    return parsed.data;
  }

  async save(): Promise<void> {
    const full = this.#state.full === null ? undefined : this.#find(this.#state.full);
    if (full === undefined || this.#isBootstrapping()) return;
    if (this.#savedVersion !== null && compareVersions(full.version, this.#savedVersion) <= 0) return;
    const row = { ...full.version, ...full.signed };
    await this.#database
      .insertInto('published_snapshots')
      .values({ id: 1, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    this.#savedVersion = full.version;
  }

  forNewcomer(): SignedSnapshot {
    return this.#due({ siteId: '', regionId: '' }, null).signed;
  }

  forBeat(node: FleetNode, beat: Beat): SignedSnapshot {
    const last = this.#offered.get(node.id);
    const hasIt = last !== undefined && beat.adopted !== null && compareVersions(beat.adopted, last) >= 0;
    if (beat.refusal === null || last === undefined || hasIt) this.#refusals.delete(node.id);
    else this.#refusals.set(node.id, { version: last, reason: beat.refusal });
    this.#advance();
    const publication = this.#due(node, beat.adopted);
    this.#offered.set(node.id, publication.version);
    return publication.signed;
  }

  newest(): WorldSnapshot | null {
    return this.#newest?.snapshot ?? null;
  }

  waves(): { wave: Wave | null; stopped: StoppedWave | null } {
    return { wave: this.#state.wave, stopped: this.#state.stopped };
  }

  problem(): string | null {
    return this.#problem;
  }

  #waveNodes(): WaveNode[] {
    return this.#dependencies.sites().flatMap(({ nodes }) =>
      nodes.map(({ id, siteId, regionId, isAlive, lastBeat }) => ({
        id,
        siteId,
        regionId,
        isAlive,
        adopted: lastBeat?.adopted ?? null,
        refused: this.#refusals.get(id) ?? null,
      })),
    );
  }

  /** Until every site has joined and caught up there is nothing to protect: waves would only make a first start slow. */
  #isBootstrapping(): boolean {
    if (
      this.#savedVersion !== null ||
      this.#clock.monotonicMs() - this.#firstPublishedAtMs >= BOOTSTRAP_MS_MAX
    )
      return false;
    if (this.#dependencies.sites().some(({ nodes }) => !nodes.some(({ isAlive }) => isAlive))) return true;
    const { full } = this.#state;
    return (
      full === null ||
      this.#waveNodes().some(({ adopted }) => adopted === null || compareVersions(adopted, full) < 0)
    );
  }

  #sign(content: SnapshotContent): Publication | null {
    const version = { term: this.#dependencies.term(), sequence: this.#sequence + 1 };
    const before =
      this.#newest?.snapshot ??
      (this.#state.full === null ? null : (this.#find(this.#state.full)?.snapshot ?? null));
    const snapshot: WorldSnapshot = {
      ...content,
      ...version,
      publishedAtMs: this.#clock.nowMs(),
      removalIsMeant: isRemovalMeant(before, content),
    };
    const payload = JSON.stringify(snapshot);
    const bytes = Buffer.byteLength(payload);
    if (bytes > SNAPSHOT_BYTES_MAX) {
      const sentence = `the snapshot would have ${bytes} bytes, more than ${SNAPSHOT_BYTES_MAX}`;
      if (this.#problem === null)
        this.#log.error({ bytes }, 'the world no longer fits in a snapshot; the last one stays');
      this.#problem = sentence;
      return null;
    }
    this.#problem = null;
    this.#sequence += 1;
    return {
      version,
      snapshot,
      signed: { payload, signature: signText(this.#dependencies.rootKey, payload) },
    };
  }

  #publish(content: SnapshotContent, text: string): void {
    const publication = this.#sign(content);
    if (publication === null) return;
    const isRefresh =
      this.#newest !== null &&
      text === this.#newestText &&
      this.#newest.version.term === publication.version.term;
    if (this.#newest === null) this.#firstPublishedAtMs = this.#clock.monotonicMs();
    this.#newest = publication;
    this.#newestText = text;
    this.#publications.push(publication);
    const { version } = publication;
    this.#state = this.#isBootstrapping()
      ? releaseVersion(version)
      : offerVersion(this.#state, version, isRefresh, this.#waveNodes(), this.#clock.nowMs());
    this.#forgetOld();
  }

  #forgetOld(): void {
    const needed = [
      this.#state.full,
      this.#state.wave?.version,
      this.#state.waiting?.version,
      this.#newest?.version,
    ];
    for (const publication of [...this.#publications]) {
      if (this.#publications.length <= KEPT_MAX) return;
      const isNeeded = needed.some(
        (version) => version && compareVersions(version, publication.version) === 0,
      );
      if (!isNeeded) this.#publications.splice(this.#publications.indexOf(publication), 1);
    }
  }

  #advance(): void {
    const before = this.#state;
    this.#state = advanceWaves(this.#state, this.#waveNodes(), STAGE_MS_MAX, this.#clock.nowMs());
    if (this.#state.stopped !== null && this.#state.stopped !== before.stopped) {
      const { version, nodeId, reason } = this.#state.stopped;
      this.#log.warn({ ...version, nodeId, reason }, 'a node refused the snapshot; its wave was stopped');
    }
    if (this.#state.full !== before.full) this.#forgetOld();
  }

  tick(): void {
    const content = this.#dependencies.content();
    const text = contentText(content);
    const isDue =
      this.#newest === null ||
      text !== this.#newestText ||
      this.#newest.version.term !== this.#dependencies.term() ||
      this.#clock.nowMs() - this.#newest.snapshot.publishedAtMs >= PUBLISH_MS_MAX;
    if (isDue) this.#publish(content, text);
    this.#advance();
  }

  #due(node: Pick<WaveNode, 'siteId' | 'regionId'>, adopted: Version | null): Publication {
    if (this.#newest === null) this.tick();
    const last = this.#newest;
    if (last === null) throw new Error('no snapshot could be published');
    const publication = this.#find(dueVersion(this.#state, node, last.version)) ?? last;
    // A node that is ahead was in a wave that stopped, or that an earlier control began: it is sent what it has, or
    // the next newer one, never something older to refuse.
    if (adopted === null || compareVersions(publication.version, adopted) >= 0) return publication;
    return this.#publications.find(({ version }) => compareVersions(version, adopted) >= 0) ?? publication;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
