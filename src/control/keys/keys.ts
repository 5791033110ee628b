// Keys that sign playback tokens and upload grants. Control's own private keys lie in 0600 files of the data
// directory, their public halves in the database and so in the snapshot; a project's private key is shown once and
// never kept. A key is published before it is used: tokens signed too early would be refused by nodes that have not
// heard of the key. The very first keys are used at once, since no node can have an older snapshot.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { PlaybackClaims, PublishClaims, UploadClaims } from '#contract/tokens.ts';
import { isMissing, makeDirectoryDurably, writeFileDurably } from '#platform/disk.ts';
import { generateSigningKey, parseSigningKey, type SigningKey, signingKeyPem } from '#platform/identity.ts';
import { signToken } from '#platform/tokens.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import { KEY_LEAD_MS, KEY_LIFE_MS, KEY_ROTATE_AFTER_MS } from '../limits.ts';
import { inTurn } from '../serial.ts';

export type KeyUse = 'playback' | 'upload';
export type SnapshotKey = WorldSnapshot['keys'][number];
export type SnapshotRevocation = WorldSnapshot['revocations'][number];

const USES: readonly KeyUse[] = ['playback', 'upload'];
const KEY_DIRECTORY = 'signing-keys';

export interface Keys {
  /** Reads keys and revocations again, and sees to it that each use has a key to sign with now and later. */
  reload(): Promise<void>;
  /** Replaces control's own keys now; the old ones go on until the new ones are known everywhere. */
  rotate(): Promise<void>;
  sign(claims: PlaybackClaims | UploadClaims | PublishClaims): Promise<string>;
  published(): { keys: readonly SnapshotKey[]; revocations: readonly SnapshotRevocation[] };
}

interface OwnKey extends SnapshotKey {
  readonly createdAtMs: number;
  readonly signing: SigningKey;
}

/** Creates the keys of this installation. */
export function createKeys(context: ControlContext, onChange: OnWorldChange): Keys {
  return new InstallationKeys(context, onChange);
}

class InstallationKeys implements Keys {
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #random: ControlContext['random'];
  readonly #directory: string;
  readonly #onChange: OnWorldChange;
  #keys: readonly SnapshotKey[] = [];
  #revocations: readonly SnapshotRevocation[] = [];
  #own: readonly OwnKey[] = [];
  readonly reload = inTurn(() => this.#refresh());

  constructor({ clock, database, dataDirectory, random }: ControlContext, onChange: OnWorldChange) {
    this.#clock = clock;
    this.#database = database;
    this.#random = random;
    this.#directory = join(dataDirectory, KEY_DIRECTORY);
    this.#onChange = onChange;
  }

  async rotate(): Promise<void> {
    for (const use of USES) await this.#make(use, this.#clock.nowMs() + KEY_LEAD_MS);
    await this.reload();
    this.#onChange();
  }

  async sign(claims: PlaybackClaims | UploadClaims | PublishClaims): Promise<string> {
    // Whoever may sign uploads may sign stream keys: both let bytes in, and a use of its own would be unknown to older nodes.
    const key = this.#signer(claims.aud === 'playback' ? 'playback' : 'upload');
    // Only after the data directory was lost: new keys wait until every node knows them.
    if (key === undefined) throw new MeridianError('unavailable', { what: `The ${claims.aud} signing key` });
    return signToken(claims, key.id, key.signing);
  }

  published(): { keys: readonly SnapshotKey[]; revocations: readonly SnapshotRevocation[] } {
    const nowMs = this.#clock.nowMs();
    return {
      keys: this.#keys.filter((key) => key.notAfterMs > nowMs),
      revocations: this.#revocations.filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    };
  }

  #fileOf(id: string): string {
    return join(this.#directory, `${id}.pem`);
  }

  async #read(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const rows = await this.#database
      .selectFrom('signing_keys')
      .selectAll()
      .where('not_after_ms', '>', nowMs)
      .orderBy('id')
      .execute();
    const revoked = await this.#database
      .selectFrom('revocations')
      .select(['token_id', 'expires_at_ms'])
      .where('expires_at_ms', '>', nowMs)
      .orderBy('token_id')
      .execute();
    const found: OwnKey[] = [];
    this.#keys = rows.map((row) => ({
      id: row.id,
      use: row.use,
      projectId: row.project_id,
      publicKey: row.public_key,
      notBeforeMs: row.not_before_ms,
      notAfterMs: row.not_after_ms,
    }));
    for (const row of rows) {
      const key = this.#keys.find(({ id }) => id === row.id);
      if (row.project_id !== null || key === undefined) continue;
      const signing =
        this.#own.find(({ id }) => id === row.id)?.signing ?? (await readKeyFile(this.#fileOf(row.id)));
      if (signing !== undefined) found.push({ ...key, createdAtMs: row.created_at_ms, signing });
    }
    this.#own = found;
    this.#revocations = revoked.map((row) => ({ tokenId: row.token_id, expiresAtMs: row.expires_at_ms }));
  }

  async #make(use: KeyUse, notBeforeMs: number): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const id = makeId('key', nowMs, this.#random(10));
    const signing = generateSigningKey();
    await makeDirectoryDurably(this.#directory);
    // The file first: a row without a private key would be published and never used.
    await writeFileDurably(this.#fileOf(id), signingKeyPem(signing), { mode: 0o600 });
    await this.#database
      .insertInto('signing_keys')
      .values({
        id,
        use,
        project_id: null,
        public_key: signing.publicKey,
        created_at_ms: nowMs,
        not_before_ms: notBeforeMs,
        not_after_ms: nowMs + KEY_LIFE_MS,
      })
      .execute();
  }

  /** The newest key that may sign now. */
  #signer(use: KeyUse): OwnKey | undefined {
    const nowMs = this.#clock.nowMs();
    return this.#own
      .filter((key) => key.use === use && key.notBeforeMs <= nowMs && key.notAfterMs > nowMs)
      .sort((left, right) => right.notBeforeMs - left.notBeforeMs)[0];
  }

  async #makeMissing(): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    let isMade = false;
    for (const use of USES) {
      const newest = Math.max(0, ...this.#own.filter((key) => key.use === use).map((key) => key.createdAtMs));
      if (newest > nowMs - KEY_ROTATE_AFTER_MS) continue;
      const isFirst = newest === 0 && !this.#keys.some((key) => key.use === use && key.projectId === null);
      await this.#make(use, isFirst ? nowMs : nowMs + KEY_LEAD_MS);
      isMade = true;
    }
    return isMade;
  }

  async #refresh(): Promise<void> {
    const before = JSON.stringify([this.#keys, this.#revocations]);
    await this.#read();
    if (await this.#makeMissing()) await this.#read();
    if (JSON.stringify([this.#keys, this.#revocations]) !== before) this.#onChange();
  }
}

async function readKeyFile(path: string): Promise<SigningKey | undefined> {
  try {
    return parseSigningKey(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
