// What the live roles of a node share: the broadcasts that control has told of, and what the node says of them.

import type { BroadcastRecord, LiveReport } from '#contract/live.ts';

/** The newest list of broadcasts. The agent writes it, everyone else reads it; it goes on when control is away. */
export interface Broadcasts {
  current(): readonly BroadcastRecord[];
  find(projectId: string, broadcastId: string): BroadcastRecord | undefined;
  /** Called after each change; returns how to unsubscribe. */
  onChange(listener: () => void): () => void;
}

/** A world without live broadcasts. */
export const NO_BROADCASTS: Broadcasts = {
  current: () => [],
  find: () => undefined,
  onChange: () => () => undefined,
};

/** What this node reports of the broadcasts that it works on. */
export interface LiveReports {
  /** Replaces the report of this broadcast, role and channel; a changed state goes to control at once. */
  put(report: LiveReport): void;
  /** Says no more of it. */
  drop(report: Pick<LiveReport, 'broadcastId' | 'role' | 'channel'>): void;
}
