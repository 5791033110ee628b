// Membership in the fleet: joining with a one-time token, and what the node remembers of it: the root key that it
// pinned, and the key and addresses that control knows. It joins again, with the same key and no token, when its
// addresses have changed or control no longer knows it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MeridianError } from '#contract/errors.ts';
import { type JoinRequest, nodeRoutes } from '#contract/node-api.ts';
import type { SignedSnapshot } from '#contract/snapshot.ts';
import { isMissing, readJsonFile, writeFileDurably } from '#platform/disk.ts';
import type { Transport } from '#platform/http/transport.ts';
import { parsePublicKey } from '#platform/identity.ts';
import type { Log } from '#platform/log.ts';
import { postJson } from './control-client.ts';
import { JOIN_TIMEOUT_MS } from './limits.ts';

/** What control is told of the node. */
export type NodeDescription = Omit<JoinRequest, 'joinToken'>;

const membershipSchema = z.object({
  rootPublicKey: z.string(),
  /** What was last announced; compared as text. */
  announced: z.string(),
});
type MembershipState = z.infer<typeof membershipSchema>;

const joinResponse = nodeRoutes['POST /node/v1/join'].response;

export interface Membership {
  /** The pinned root key; undefined before the first join. */
  rootPublicKey(): string | undefined;
  load(): Promise<void>;
  /** Whether control has not been told of this description. */
  mustJoin(description: NodeDescription): boolean;
  /** Control does not know the node any more. */
  forgetAnnouncement(): void;
  /** Joins; returns the snapshot that comes with the answer. Throws MeridianError or TransportError. */
  join(controlUrl: string, description: NodeDescription, signal: AbortSignal): Promise<SignedSnapshot>;
}

/** Keeps membership in the node's data directory. */
export function createMembership(dependencies: {
  readonly dataDirectory: string;
  readonly joinTokenFile: string | undefined;
  readonly transport: Transport;
  readonly log: Log;
}): Membership {
  const { dataDirectory, joinTokenFile, transport, log } = dependencies;
  const path = join(dataDirectory, 'membership.json');
  let state: MembershipState | undefined;

  async function readToken(): Promise<string> {
    if (joinTokenFile === undefined) return '';
    try {
      return (await readFile(joinTokenFile, 'utf8')).trim();
    } catch (error) {
      if (isMissing(error)) return '';
      throw error;
    }
  }

  return {
    rootPublicKey: () => state?.rootPublicKey,
    async load() {
      try {
        const found = await readJsonFile(path);
        if (found !== undefined) state = membershipSchema.parse(found);
      } catch (error) {
        log.warn({ path, error: String(error) }, 'the membership cannot be read; joining again');
      }
    },
    mustJoin: (description) => state?.announced !== JSON.stringify(description),
    forgetAnnouncement() {
      if (state !== undefined) state = { ...state, announced: '' };
    },
    async join(controlUrl, description, signal) {
      const request: JoinRequest = { joinToken: await readToken(), ...description };
      const answer = await postJson(
        transport,
        `${controlUrl}/node/v1/join`,
        request,
        JOIN_TIMEOUT_MS,
        signal,
      );
      if (answer.status !== 200)
        throw (
          answer.problem ?? new MeridianError('unavailable', { what: `control (status ${answer.status})` })
        );
      const parsed = joinResponse.safeParse(answer.body);
      if (!parsed.success) throw new MeridianError('unavailable', { what: 'a sensible answer of control' });
      const { rootPublicKey, snapshot } = parsed.data;
      parsePublicKey(rootPublicKey);
      if (state !== undefined && state.rootPublicKey !== rootPublicKey)
        throw new MeridianError('conflict', {
          reason: 'Control has another root key than the one pinned at the first join',
        });
      state = { rootPublicKey, announced: JSON.stringify(description) };
      await writeFileDurably(path, JSON.stringify(state));
      return snapshot;
    },
  };
}
