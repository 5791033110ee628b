// What a broadcast's state means in words, and what can be done about it. Pure.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import type { BroadcastState } from '../../../src/contract/live.ts';
import { formatAge, formatBps } from '../ui/format.ts';

export type Channel = BroadcastView['schedule']['channels'][number];

export const STATE_LABELS: Readonly<Record<BroadcastState, string>> = {
  planned: 'Planned',
  ready: 'Ready',
  on_air: 'On air',
  interrupted: 'Interrupted',
  ended: 'Ended',
};

export const STATE_TONES: Readonly<Record<BroadcastState, string>> = {
  planned: '',
  ready: 'good',
  on_air: 'live',
  interrupted: 'warn',
  ended: '',
};

/** Whether it can still be published to, now or later. */
export function isOpen({ state }: Pick<BroadcastView, 'state'>): boolean {
  return state !== 'ended';
}

/** Whether there are viewers to disturb: somebody publishes, or did a moment ago. */
export function isRunning({ state }: Pick<BroadcastView, 'state'>): boolean {
  return state === 'on_air' || state === 'interrupted';
}

/** The moment that matters of a broadcast: when it begins, since when it runs, when it ended. */
export function momentOf(broadcast: BroadcastView): number {
  const { state, createdAtMs, plannedStartMs, startedAtMs, endedAtMs } = broadcast;
  if (state === 'ended') return endedAtMs ?? createdAtMs;
  return (isRunning(broadcast) ? startedAtMs : plannedStartMs) ?? createdAtMs;
}

/** That moment in words: "On air for 12 min", "Begins in 3 h". */
export function momentText(broadcast: BroadcastView, nowMs: number): string {
  const agoMs = nowMs - momentOf(broadcast);
  if (broadcast.state === 'ended') return `Ended ${formatAge(agoMs)} ago`;
  if (broadcast.state === 'on_air') return `On air for ${formatAge(agoMs)}`;
  if (broadcast.state === 'interrupted') return `Began ${formatAge(agoMs)} ago`;
  if (broadcast.plannedStartMs === null) return `Ready for ${formatAge(agoMs)}`;
  return agoMs < 0 ? `Begins in ${formatAge(-agoMs)}` : `Late by ${formatAge(agoMs)}`;
}

/** The channels that the schedule names first and second; null where there is none. */
export function channelsOf({ schedule }: Pick<BroadcastView, 'schedule'>): {
  readonly primary: Channel | null;
  readonly backup: Channel | null;
} {
  const [primary = null, backup = null] = schedule.channels;
  return { primary, backup };
}

/** What a loss would do now, when it would do more than it should; null while all is well. `names`: of regions. */
export function warningOf(
  broadcast: BroadcastView,
  names: ReadonlyMap<string, string>,
): { readonly title: string; readonly text: string } | null {
  const { primary, backup } = channelsOf(broadcast);
  if (!isOpen(broadcast) || broadcast.state === 'planned' || backup !== null) return null;
  if (primary === null)
    return {
      title: 'Nothing makes this broadcast.',
      text: 'It has no channel, so viewers get nothing until a node has room for one.',
    };
  return {
    title: 'It has no backup.',
    text: `Only one channel makes it: viewers would notice the loss of ${names.get(primary.regionId) ?? primary.regionId}.`,
  };
}

/** "2 s behind the moment" is what players keep, and what the settings give them. */
export function latencyText({ holdBackMs }: BroadcastView['settings']): string {
  return `players stay ${seconds(holdBackMs)} behind the newest part`;
}

/** "720p at 2.50 Mbit/s". */
export function rungText({ height, bitrateBps }: BroadcastView['settings']['rungs'][number]): string {
  return `${height}p at ${formatBps(bitrateBps)}`;
}

/** "2 s", "1.05 s". */
export function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(2))} s`;
}

/** "30 min", or seconds of what is shorter. */
export function windowText(ms: number): string {
  return ms < 60_000 ? seconds(ms) : `${Number((ms / 60_000).toFixed(1))} min`;
}

/** Whether the asset of its recording exists: from its first moment on air. */
export function hasRecording({ recordingAssetId, startedAtMs }: BroadcastView): boolean {
  return recordingAssetId !== null && startedAtMs !== null;
}

/** A command that publishes a file to an RTMP ingest. `key`: the stream key, or a word in its place. */
export function publishCommand(url: string, key: string): string {
  return `ffmpeg -re -i video.mp4 -c:v libx264 -g 60 -c:a aac -f flv '${url}/${key}'`;
}

/** The same by SRT, whose address is whole. */
export function publishCommandSrt(url: string): string {
  return `ffmpeg -re -i video.mp4 -c:v libx264 -g 60 -c:a aac -f mpegts '${url}'`;
}

/** The region whose edge serves an address; null when none is known to. */
export function regionOfAddress(
  url: string,
  regions: readonly {
    readonly name: string;
    readonly sites: readonly { readonly edgeUrl: string | null }[];
  }[],
): string | null {
  const region = regions.find(({ sites }) =>
    sites.some(({ edgeUrl }) => edgeUrl !== null && url.startsWith(`${edgeUrl}/`)),
  );
  return region?.name ?? null;
}
