// The CMCD events of one viewing: what the player and the virtual viewers of the swarm tell the edges alike.
// Keys with a hyphen are Meridian's own: `meridian-verdict` (late, failed) says what a viewer made of a request that it has no
// answer of, `meridian-waited` how long it waited for it, `meridian-pathway` which pathway it uses.
// Source: CTA-5004-B.

import type { AttemptVerdict } from './attempt-verdict.ts';
import {
  type CmcdItem,
  type CmcdKeys,
  list,
  number,
  tellableUrl,
  text,
  token,
  writeCmcdLine,
} from './cmcd-line.ts';

/** How often a viewer tells how it is: a bitrate or a latency that nobody hears of for longer is history. */
export const INTERVAL_MS = 10_000;

/** Letters of CMCD's player states. */
export type PlayerState = 's' | 'p' | 'k' | 'r' | 'a' | 'e' | 'f' | 'q';

/** What is the same for all events of a viewing. */
export type ViewingIdentity = {
  readonly sessionId: string;
  readonly contentId: string | undefined;
  readonly isLive: boolean;
};

/** How the viewing is at the moment of an event. */
export type ViewingMoment = {
  readonly atMs: number;
  readonly state: PlayerState;
  readonly pathwayId: string;
  readonly bufferedMs: number;
  readonly bitrateBps: number | undefined;
  readonly latencyMs: number | undefined;
};

export type AnsweredRequest = {
  readonly url: string;
  readonly startedAtMs: number;
  readonly firstByteMs: number;
  readonly lastByteMs: number;
  /** When the bytes had to be there; undefined: nobody waited for them. */
  readonly deadlineMs: number | undefined;
};

/** A line but for its number. */
export type LineOf = (sequence: number) => string;

function lineOf(identity: ViewingIdentity, event: string, keys: CmcdKeys): LineOf {
  const common: Record<string, CmcdItem | undefined> = {
    e: token(event),
    sid: text(identity.sessionId),
    cid: identity.contentId === undefined ? undefined : text(identity.contentId),
    sf: token('h'),
    st: token(identity.isLive ? 'll' : 'v'),
    v: number(2),
  };
  return (sequence) => writeCmcdLine({ ...common, ...keys, sn: number(sequence) });
}

function momentKeys({ atMs, state, pathwayId, bufferedMs, bitrateBps, latencyMs }: ViewingMoment): CmcdKeys {
  return {
    ts: number(atMs),
    sta: token(state),
    'meridian-pathway': text(pathwayId),
    bl: list(Math.round(bufferedMs / 100) * 100),
    br: bitrateBps === undefined || bitrateBps <= 0 ? undefined : list(bitrateBps / 1_000),
    ltc: latencyMs === undefined ? undefined : number(Math.max(0, latencyMs)),
  };
}

/** The player's state has changed; `startupMs` with the first picture. */
export function stateEvent(
  identity: ViewingIdentity,
  moment: ViewingMoment,
  startupMs: number | undefined,
): LineOf {
  const msd = startupMs === undefined ? undefined : number(startupMs);
  return lineOf(identity, 'ps', { ...momentKeys(moment), msd });
}

/** How it is, told every INTERVAL_MS. */
export function intervalEvent(identity: ViewingIdentity, moment: ViewingMoment): LineOf {
  return lineOf(identity, 't', momentKeys(moment));
}

/** The bytes come from another pathway now. */
export function pathwayEvent(identity: ViewingIdentity, moment: ViewingMoment): LineOf {
  return lineOf(identity, 'ce', { ...momentKeys(moment), cen: text('meridian-pathway') });
}

/** Something went wrong that the viewer may have seen. */
export function errorEvent(identity: ViewingIdentity, moment: ViewingMoment, code: string): LineOf {
  return lineOf(identity, 'e', { ...momentKeys(moment), ec: list(code) });
}

/** A request was answered as a whole. Its state and pathway come apart: a response says nothing of them. */
export function answeredEvent(identity: ViewingIdentity, request: AnsweredRequest): LineOf {
  const { deadlineMs } = request;
  return lineOf(identity, 'rr', {
    ts: number(request.startedAtMs),
    url: text(tellableUrl(request.url)),
    rc: number(200),
    ttfb: number(request.firstByteMs),
    ttlb: number(request.lastByteMs),
    dl: deadlineMs === undefined || deadlineMs < 100 ? undefined : number(Math.round(deadlineMs / 100) * 100),
  });
}

/** A request failed, or came too late. */
export function verdictEvent(
  identity: ViewingIdentity,
  url: string,
  startedAtMs: number,
  nowMs: number,
  verdict: AttemptVerdict,
): LineOf {
  const waited = number(Math.max(0, nowMs - startedAtMs));
  const keys = { ts: number(startedAtMs), url: text(tellableUrl(url)), 'meridian-waited': waited };
  if (verdict.kind === 'late')
    return lineOf(identity, 'rr', { ...keys, rc: number(0), 'meridian-verdict': token('late') });
  const blamed = verdict.isBlamed ? token('failed') : undefined;
  return lineOf(identity, 'rr', { ...keys, rc: number(verdict.status), 'meridian-verdict': blamed });
}
