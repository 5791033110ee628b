// Who may publish: a stream key is a signed token (law 5), checked against the keys and revocations of the snapshot, and
// its broadcast must be one that control has told of and that has not ended. The list of broadcasts is a beat old, so a
// broadcast that is not in it yet is waited for; everything else is answered at once. Works without control.

import { MeridianError } from '#contract/errors.ts';
import type { BroadcastRecord } from '#contract/live.ts';
import type { PublishClaims } from '#contract/tokens.ts';
import { createPublishVerifier } from '#platform/tokens.ts';
import type { Broadcasts } from '../../shared/broadcasts.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { UNKNOWN_BROADCAST_WAIT_MS } from './limits.ts';

export type Admission =
  | {
      readonly isAdmitted: true;
      readonly broadcast: BroadcastRecord;
      /** A key that expires ends nothing that has begun; one that is revoked does. */
      readonly problem: () => string | null;
    }
  /** A sentence for the publisher's log and ours; never names the key. */
  | { readonly isAdmitted: false; readonly reason: string };

export interface BroadcastPath {
  readonly projectId: string;
  readonly broadcastId: string;
}

export interface PublishGate {
  /** Answers within UNKNOWN_BROADCAST_WAIT_MS. `only`: the broadcast that the key has to be for. */
  admit(streamKey: string, signal: AbortSignal, only?: BroadcastPath): Promise<Admission>;
}

/** Why nobody may publish to a broadcast now, whatever they show; null when somebody may. */
export function refusalOf(broadcast: Pick<BroadcastRecord, 'state'>): string | null {
  if (broadcast.state === 'ended') return 'the broadcast has ended';
  return broadcast.state === 'planned' ? 'the broadcast is planned for later' : null;
}

const refuse = (reason: string): Admission => ({ isAdmitted: false, reason });

/** Creates the gate of one ingest. */
export function createPublishGate(context: NodeContext, broadcasts: Broadcasts): PublishGate {
  const verifier = createPublishVerifier(context.world.current);

  function check(streamKey: string): PublishClaims | string {
    try {
      return verifier.check(streamKey, context.clock.nowMs());
    } catch (error) {
      if (error instanceof MeridianError) return `this stream key is not valid (${error.code})`;
      throw error;
    }
  }

  function isRevoked(streamKey: string, admittedAtMs: number): boolean {
    try {
      // As of then, when it was good: only a revocation can stand against it now.
      verifier.check(streamKey, admittedAtMs);
      return false;
    } catch (error) {
      return error instanceof MeridianError && error.code === 'token_revoked';
    }
  }

  return {
    async admit(streamKey, signal, only) {
      const claims = check(streamKey);
      if (typeof claims === 'string') return refuse(claims);
      const isOther =
        only !== undefined && (only.projectId !== claims.project || only.broadcastId !== claims.broadcast);
      if (isOther) return refuse('it belongs to another broadcast');
      const find = (): BroadcastRecord | undefined => broadcasts.find(claims.project, claims.broadcast);
      // A plan that has become ready, like a broadcast that is new, may not have arrived here yet.
      const isHere = (): boolean => (find()?.state ?? 'planned') !== 'planned';
      if (!isHere()) await waitForChange(context, broadcasts, isHere, signal);
      const broadcast = find();
      if (broadcast === undefined) return refuse(`there is no broadcast ${claims.broadcast}`);
      const refusal = refusalOf(broadcast);
      if (refusal !== null) return refuse(refusal);
      // Revoked or expired while it waited.
      const late = check(streamKey);
      if (typeof late === 'string') return refuse(late);
      const admittedAtMs = context.clock.nowMs();
      const problem = (): string | null =>
        isRevoked(streamKey, admittedAtMs) ? 'its stream key was revoked' : null;
      return { isAdmitted: true, broadcast, problem };
    },
  };
}

async function waitForChange(
  context: NodeContext,
  broadcasts: Broadcasts,
  isDone: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const forget = broadcasts.onChange(() => {
    if (isDone()) done.abort();
  });
  try {
    await context.clock.sleep(UNKNOWN_BROADCAST_WAIT_MS, AbortSignal.any([signal, done.signal]));
  } catch {
    // The change that was waited for, or the end of the connection.
  } finally {
    forget();
  }
}
