// Viewings in words. Pure.

import type { Viewing } from '../../../src/contract/telemetry.ts';
import { durationText } from '../ui/duration-text.ts';

const STATE_TONES: Readonly<Record<string, string>> = {
  starting: 'busy',
  playing: 'good',
  seeking: 'busy',
  rebuffering: 'bad',
  failed: 'bad',
  waiting: 'warn',
};

const STATE_LABELS: Readonly<Record<string, string>> = {
  rebuffering: 'Stalled',
  left: 'Left',
  preloading: 'Preloading',
};

/** Its last state as a word and a colour. */
export function stateOf({ state, endedAtMs }: Viewing): { text: string; tone: string } {
  const text = STATE_LABELS[state] ?? (state === '' ? 'Unknown' : state[0]?.toUpperCase() + state.slice(1));
  if (endedAtMs !== null && state !== 'failed')
    return { text: state === 'playing' ? 'Gone' : text, tone: '' };
  return { text, tone: STATE_TONES[state] ?? '' };
}

/** The asset or broadcast of "project/id". */
export function itemOf(contentId: string | null): { projectId: string; itemId: string } | null {
  if (contentId === null) return null;
  const at = contentId.indexOf('/');
  return at < 0
    ? { projectId: '', itemId: contentId }
    : { projectId: contentId.slice(0, at), itemId: contentId.slice(at + 1) };
}

/** "1 stall, 4.0 s", "2 of 64 requests bad", "1 error"; empty when it went well. */
export function troubleText(session: Viewing): string {
  const parts: string[] = [];
  if (session.stalls > 0)
    parts.push(
      `${session.stalls === 1 ? '1 stall' : `${session.stalls} stalls`}, ${durationText(session.stallMs)}`,
    );
  if (session.badRequests > 0) parts.push(`${session.badRequests} of ${session.requests} requests bad`);
  if (session.errors > 0) parts.push(session.errors === 1 ? '1 error' : `${session.errors} errors`);
  return parts.join('; ');
}

/** How it is watched, as edges tell it: format and version of CMCD. */
export const CLIENTS = ['hls cmcd 2', 'hls cmcd 1', 'dash cmcd 2', 'dash cmcd 1'] as const;

/** "HLS, CMCD 2". */
export function clientText(client: string): string {
  const found = /^(hls|dash) cmcd (\d)$/.exec(client);
  return found === null ? client : `${found[1]?.toUpperCase()}, CMCD ${found[2]}`;
}
