// Adopts world snapshots: size, root signature, shape, then the checker of core; only then does the node see it.
// Whoever brought it does not matter, the signature and (term, sequence) do. A refusal is kept for the next beat and
// logged once.

import { PATHWAY_REMOVAL_SHARE_MAX, SNAPSHOT_BYTES_MAX } from '#contract/limits.ts';
import { type SignedSnapshot, snapshotSchema, type WorldSnapshot } from '#contract/snapshot.ts';
import {
  checkSnapshot,
  compareVersions,
  DEFAULT_SNAPSHOT_LIMITS,
  type SnapshotLimits,
} from '#core/snapshot/check-snapshot.ts';
import { verifyText } from '#platform/identity.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import type { World } from '../shared/node-context.ts';
import type { SnapshotDisk } from './snapshot-disk.ts';

export interface SnapshotKeeper {
  readonly world: World;
  /** The newest adopted one as it travels, for peers. */
  currentSigned(): SignedSnapshot | undefined;
  /** Why the newest offer was not adopted, or null. */
  refusal(): string | null;
  /** Loads the newest good one from disk; true when there was one. */
  load(): Promise<boolean>;
  /**
   * Adopts what is newer and good.
   * @param source control's word is binding, so an older one from there is a refusal; from others it is only old
   */
  offer(
    signed: SignedSnapshot,
    source: 'control' | 'peer' | 'store',
  ): Promise<'adopted' | 'same' | 'refused'>;
  /** Records a refusal of something that could not even be read. */
  refuse(reason: string): void;
}

export interface SnapshotKeeperDependencies {
  readonly disk: SnapshotDisk;
  /** The pinned root key; undefined before the node has joined. */
  readonly rootPublicKey: () => string | undefined;
  readonly log: Log;
  readonly refusals: Counter;
}

const LIMITS: SnapshotLimits = {
  ...DEFAULT_SNAPSHOT_LIMITS,
  bytesMax: SNAPSHOT_BYTES_MAX,
  removalShareMax: PATHWAY_REMOVAL_SHARE_MAX,
};

type Judgement =
  | { readonly kind: 'good'; readonly snapshot: WorldSnapshot }
  | { readonly kind: 'bad'; readonly reason: string; readonly isOld: boolean };

/** Creates the keeper, without a snapshot. */
export function createSnapshotKeeper(dependencies: SnapshotKeeperDependencies): SnapshotKeeper {
  const { disk, rootPublicKey, log, refusals } = dependencies;
  const listeners = new Set<(snapshot: WorldSnapshot) => void>();
  let current: { snapshot: WorldSnapshot; signed: SignedSnapshot } | undefined;
  let refusal: string | null = null;

  function judge(signed: SignedSnapshot, before: WorldSnapshot | null): Judgement {
    const bytes = Buffer.byteLength(signed.payload);
    const bad = (reason: string, isOld = false): Judgement => ({ kind: 'bad', reason, isOld });
    if (bytes > LIMITS.bytesMax) return bad(`too_large: ${bytes} bytes are more than ${LIMITS.bytesMax}`);
    const root = rootPublicKey();
    if (root === undefined) return bad('unverified: this node has not joined');
    if (!verifyText(root, signed.payload, signed.signature))
      return bad('forged: the signature is not that of the root key');
    const parsed = snapshotSchema.safeParse(parseJson(signed.payload));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return bad(`malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.slice(0, 300));
    }
    const verdict = checkSnapshot(parsed.data, before, bytes, LIMITS);
    if (verdict.isAccepted) return { kind: 'good', snapshot: parsed.data };
    return bad(`${verdict.code}: ${verdict.reason}`.slice(0, 400), verdict.code === 'not_newer');
  }

  function refuse(reason: string): void {
    refusals.value += 1;
    if (refusal !== reason) log.warn({ reason }, 'a world snapshot was refused');
    refusal = reason;
  }

  function announce(snapshot: WorldSnapshot): void {
    for (const listener of listeners) {
      try {
        listener(snapshot);
      } catch (error) {
        log.error({ error: String(error) }, 'a listener failed on a new world snapshot');
      }
    }
  }

  async function adopt(snapshot: WorldSnapshot, signed: SignedSnapshot): Promise<void> {
    current = { snapshot, signed };
    refusal = null;
    announce(snapshot);
    try {
      await disk.save(snapshot, signed);
    } catch (error) {
      // Serving with the newest matters more than keeping it; the disk's state is reported by its own gauge.
      log.warn({ error: String(error) }, 'a world snapshot could not be kept on disk');
    }
  }

  return {
    world: {
      current: () => current?.snapshot,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    currentSigned: () => current?.signed,
    refusal: () => refusal,
    refuse,
    async load() {
      for await (const { name, signed } of disk.load()) {
        const judgement = judge(signed, null);
        if (judgement.kind === 'good') {
          if (current !== undefined && compareVersions(judgement.snapshot, current.snapshot) <= 0)
            return true;
          current = { snapshot: judgement.snapshot, signed };
          announce(judgement.snapshot);
          return true;
        }
        log.warn({ name, reason: judgement.reason }, 'a kept snapshot is not good; trying the one before');
      }
      return false;
    },
    async offer(signed, source) {
      if (current?.signed.payload === signed.payload && current.signed.signature === signed.signature) {
        if (source === 'control') refusal = null;
        return 'same';
      }
      const judgement = judge(signed, current?.snapshot ?? null);
      if (judgement.kind === 'good') {
        await adopt(judgement.snapshot, signed);
        return 'adopted';
      }
      if (judgement.isOld && source !== 'control') return 'same';
      refuse(judgement.reason);
      return 'refused';
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
