// What of the public notices goes onto the status page: current ones first, the newest updates of each, as much as fits
// into the bytes that a snapshot has for it. What does not fit is left out from its old end; the newest word on each
// incident is the last thing to go.

import type { Severity } from './types.ts';

export type NoticeState = 'investigating' | 'identified' | 'monitoring' | 'resolved';
export type NoticeImpact = 'degraded' | 'outage';

export interface Notice {
  readonly title: string;
  readonly impact: NoticeImpact;
  readonly regionIds: readonly string[];
  /** Newest first; at least one. */
  readonly updates: readonly { readonly atMs: number; readonly state: NoticeState; readonly text: string }[];
}

/** Updates of one notice on the page; the first of them says how it began. */
const UPDATES_MAX = 5;

/** Chooses notices whose JSON has at most so many characters of UTF-8, per `bytesOf`. */
export function chooseNotices(
  notices: readonly Notice[],
  bytesMax: number,
  bytesOf: (notices: readonly Notice[]) => number,
): Notice[] {
  const isOver = ({ updates }: Notice): boolean => updates[0]?.state === 'resolved';
  const newestMs = ({ updates }: Notice): number => updates[0]?.atMs ?? 0;
  const ordered = [...notices].sort(
    (one, other) => Number(isOver(one)) - Number(isOver(other)) || newestMs(other) - newestMs(one),
  );
  for (let updatesMax = UPDATES_MAX; updatesMax >= 1; updatesMax -= 1) {
    const chosen = ordered.map((notice) => ({ ...notice, updates: notice.updates.slice(0, updatesMax) }));
    if (bytesOf(chosen) <= bytesMax) return chosen;
    if (updatesMax > 1) continue;
    while (chosen.length > 0 && bytesOf(chosen) > bytesMax) chosen.pop();
    return chosen;
  }
  return [];
}

/** Words for the public when nobody has written any: they promise nothing and tell no cause. */
export function noticeText(state: NoticeState, impact: NoticeImpact): string {
  switch (state) {
    case 'investigating':
      return impact === 'outage'
        ? 'Videos may not play. We are looking into it.'
        : 'Videos may start slowly or stop. We are looking into it.';
    case 'identified':
      return 'We know what is wrong and are repairing it.';
    case 'monitoring':
      return 'Videos play again. We keep watching.';
    case 'resolved':
      return 'This is over. Videos play as they should.';
  }
}

/** Title of a notice that nobody has named. */
export function noticeTitle(impact: NoticeImpact): string {
  return impact === 'outage' ? 'Videos do not play' : 'Problems with playback';
}

/** How bad it looks to the public. */
export function impactOfSeverity(severity: Severity): NoticeImpact {
  return severity === 'sev1' ? 'outage' : 'degraded';
}
