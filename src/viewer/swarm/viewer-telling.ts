// What one virtual viewer tells the edges: its state machine's news as CMCD events.

import { isBadPathway } from '#core/playback/failover.ts';
import { answeredEvent, type PlayerState, verdictEvent } from '#core/playback/viewing-events.ts';
import { bufferedMsOfPlaying } from './playing.ts';
import type { Timers } from './timers.ts';
import {
  type Outcome,
  reportOf,
  type ViewerEdge,
  type ViewerEffect,
  type ViewerOptions,
  type ViewerState,
} from './viewer.ts';
import { createViewingReporter, type ViewingReporter } from './viewing-reporter.ts';

export type ViewerTelling = {
  /** Looks at the machine's newest state. */
  readonly look: () => void;
  readonly effect: (effect: Extract<ViewerEffect, { type: 'told-answer' | 'told-verdict' }>) => void;
  /** A steering question was answered, or nobody answered it. */
  readonly steering: (url: string, startedAtMs: number, isAnswered: boolean) => void;
  readonly close: () => Promise<void>;
};

const ENDS: Readonly<Record<Exclude<Outcome, 'watching'>, PlayerState>> = {
  finished: 'e',
  left: 'q',
  lost: 'f',
};
const CONDITIONS = { starting: 's', playing: 'p', stalled: 'r', ended: 'e' } as const;

function stateOf({ outcome, playback }: ViewerState): PlayerState {
  if (outcome !== 'watching') return ENDS[outcome];
  return playback === undefined ? 's' : CONDITIONS[playback.condition];
}

/** Project and id out of /m/{project}/{asset}/v… or /l/{project}/{broadcast}/…, also behind a token. */
function contentIdOf(path: string): string | undefined {
  return /\/[ml]\/([^/]+\/[^/]+)\//.exec(path)?.[1];
}

/** Starts to tell. `epochMs` is the clock's time when `nowMs` was 0. */
export function tellEdges(
  options: ViewerOptions,
  state: () => ViewerState,
  shell: {
    readonly nowMs: () => number;
    readonly epochMs: number;
    readonly timers: Timers;
    readonly post: (url: string, body: string, onEnd: (isTaken: boolean) => void) => void;
  },
): ViewerTelling {
  const { nowMs, epochMs } = shell;
  const identity = {
    sessionId: options.sessionId,
    contentId: contentIdOf(options.path),
    isLive: options.live !== undefined,
  };
  const reporter: ViewingReporter = createViewingReporter({
    identity,
    ...shell,
    edges: () => {
      const { failover } = state().delivery;
      const rank = ({ pathwayId }: ViewerEdge): number =>
        isBadPathway(failover, pathwayId, nowMs()) ? 2 : Number(pathwayId !== failover.current);
      return [...options.edges].sort((one, other) => rank(one) - rank(other)).map(({ baseUrl }) => baseUrl);
    },
    glance: () => ({ state: stateOf(state()), pathwayId: state().delivery.failover.current }),
    moment: () => {
      const now = state();
      const { live, startupMs } = reportOf(now, nowMs());
      return {
        atMs: epochMs + nowMs(),
        state: stateOf(now),
        pathwayId: now.delivery.failover.current,
        bufferedMs: now.playback === undefined ? 0 : bufferedMsOfPlaying(now.playback, nowMs()),
        bitrateBps: bitrateOf(now),
        latencyMs: live?.latencyMs,
        startupMs,
      };
    },
  });
  return {
    look: reporter.look,
    effect(effect) {
      if (effect.type === 'told-answer') {
        const { request } = effect;
        reporter.tell(
          answeredEvent(identity, { ...request, startedAtMs: epochMs + request.startedAtMs }),
          false,
        );
      } else {
        const { url, startedAtMs, verdict } = effect;
        reporter.tell(verdictEvent(identity, url, epochMs + startedAtMs, epochMs + nowMs(), verdict), true);
      }
    },
    steering(url, startedAtMs, isAnswered) {
      const tookMs = nowMs() - startedAtMs;
      const startMs = epochMs + startedAtMs;
      const line = isAnswered
        ? answeredEvent(identity, {
            url,
            startedAtMs: startMs,
            firstByteMs: tookMs,
            lastByteMs: tookMs,
            deadlineMs: undefined,
          })
        : verdictEvent(identity, url, startMs, epochMs + nowMs(), {
            attempt: 0,
            kind: 'failed',
            status: 0,
            isBlamed: false,
          });
      reporter.tell(line, !isAnswered);
    },
    close: reporter.close,
  };
}

function bitrateOf({ playback }: ViewerState): number | undefined {
  const level = playback?.lastLevel;
  return level === undefined ? undefined : playback?.presentation.levels[level]?.bandwidthBps;
}
