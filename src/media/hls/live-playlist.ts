// The live media playlist of one rendition: low-latency HLS with parts, blocking reload, preload hints, rendition
// reports and delta updates. Segment numbers are media sequence numbers, the same on every pathway, so a player that
// changes pathway finds the same timeline. The playlist always ends with a preload hint while the broadcast goes on:
// without one hls.js takes the last segment for the open one and shifts its timeline.
//
// A segment of video begins exactly at number · T. One of audio begins with the first frame at or after that, and its
// date is rounded down to a millisecond and one more: a date past the frame makes hls.js wait for the whole next
// segment after a change of pathway in mid-segment.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.3.7 (PART-INF), 4.4.3.8 (SERVER-CONTROL), 4.4.4.9 (PART),
// 4.4.5.2 (SKIP), 4.4.5.3 (PRELOAD-HINT), 4.4.5.4 (RENDITION-REPORT), 6.2.5.1 (delta updates), appendix B.1.

export interface LivePlaylistPart {
  readonly part: number;
  readonly durationTicks: number;
  readonly isIndependent: boolean;
}

export interface LivePlaylistSegment {
  readonly segment: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  /** Nobody has it: players step over it. */
  readonly isGap: boolean;
  /** Parts that are still listed; none for older segments. */
  readonly parts: readonly LivePlaylistPart[];
}

/** The newest of another rendition, so that a player can change to it without a blind reload. */
export interface RenditionReport {
  readonly renditionId: string;
  readonly lastSegment: number;
  readonly lastPart: number;
}

export interface LivePlaylistInput {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  readonly segmentDurationMs: number;
  readonly partTargetTicks: number;
  readonly holdBackMs: number;
  /** Name of the init segment, relative to the playlist. */
  readonly initName: string;
  /** Whole segments, oldest first; the open one follows apart. */
  readonly segments: readonly LivePlaylistSegment[];
  /** The segment that is being made; undefined right after one was completed, and at the end. */
  readonly open: LivePlaylistSegment | undefined;
  readonly isEnded: boolean;
  readonly reports: readonly RenditionReport[];
  /** The player has an older copy and asks only for what is new (EXT-X-SKIP). */
  readonly isDelta: boolean;
}

/** Parts are listed for the last three target durations and the open segment; older ones stay downloadable for a while. */
const SEGMENTS_WITH_PARTS = 3;
/** CAN-SKIP-UNTIL must be at least six target durations. */
const SKIP_TARGET_DURATIONS = 6;

/** How many of the newest whole segments a playlist lists with their parts. */
export function listsParts(indexFromNewest: number): boolean {
  return indexFromNewest < SEGMENTS_WITH_PARTS;
}

/** The target duration: whole seconds that no segment exceeds once rounded; audio ends up to a frame late. */
export function liveTargetSeconds(segmentDurationMs: number): number {
  return Math.max(1, Math.round(segmentDurationMs / 1_000));
}

function seconds(ticks: number, timescale: number): string {
  return (ticks / timescale).toFixed(5);
}

/** ISO 8601 with milliseconds. */
function dateOf(
  startTicks: number,
  { kind, timescale }: Pick<LivePlaylistInput, 'kind' | 'timescale'>,
): string {
  const milliseconds = Math.floor((startTicks / timescale) * 1_000);
  return new Date(kind === 'audio' ? milliseconds - 1 : milliseconds).toISOString();
}

function controlLine(input: LivePlaylistInput): string {
  const target = liveTargetSeconds(input.segmentDurationMs);
  const partHoldBack = Math.max(input.holdBackMs / 1_000, (3 * input.partTargetTicks) / input.timescale);
  return [
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES`,
    `CAN-SKIP-UNTIL=${(target * SKIP_TARGET_DURATIONS).toFixed(3)}`,
    `HOLD-BACK=${(target * 3).toFixed(3)}`,
    `PART-HOLD-BACK=${partHoldBack.toFixed(3)}`,
  ].join(',');
}

/** Segments that a delta leaves out: those older than the skip boundary before the end. */
function skippedCount(input: LivePlaylistInput): number {
  if (!input.isDelta) return 0;
  const boundaryMs = liveTargetSeconds(input.segmentDurationMs) * SKIP_TARGET_DURATIONS * 1_000;
  const openTicks = input.open?.parts.reduce((sum, { durationTicks }) => sum + durationTicks, 0) ?? 0;
  let fromEndMs = (openTicks / input.timescale) * 1_000;
  let kept = 0;
  for (const { durationTicks } of input.segments.toReversed()) {
    if (fromEndMs >= boundaryMs) break;
    fromEndMs += (durationTicks / input.timescale) * 1_000;
    kept += 1;
  }
  return input.segments.length - kept;
}

function partLines(segment: LivePlaylistSegment, timescale: number): string[] {
  return segment.parts.map(
    ({ part, durationTicks, isIndependent }) =>
      `#EXT-X-PART:DURATION=${seconds(durationTicks, timescale)},URI="${segment.segment}.${part}.m4s"${isIndependent ? ',INDEPENDENT=YES' : ''}`,
  );
}

function segmentLines(segment: LivePlaylistSegment, input: LivePlaylistInput, hasParts: boolean): string[] {
  return [
    `#EXT-X-PROGRAM-DATE-TIME:${dateOf(segment.startTicks, input)}`,
    ...(hasParts ? partLines(segment, input.timescale) : []),
    ...(segment.isGap ? ['#EXT-X-GAP'] : []),
    `#EXTINF:${seconds(segment.durationTicks, input.timescale)},`,
    `${segment.segment}.m4s`,
  ];
}

/** What comes next: the part after the newest one. */
function hintLine({ open, segments }: LivePlaylistInput): string {
  const next =
    open === undefined
      ? `${(segments.at(-1)?.segment ?? -1) + 1}.0`
      : `${open.segment}.${(open.parts.at(-1)?.part ?? -1) + 1}`;
  return `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${next}.m4s"`;
}

/** Writes the playlist. */
export function writeLivePlaylist(input: LivePlaylistInput): string {
  const { segments, open, isEnded, timescale } = input;
  const skipped = skippedCount(input);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${liveTargetSeconds(input.segmentDurationMs)}`,
    controlLine(input),
    `#EXT-X-PART-INF:PART-TARGET=${seconds(input.partTargetTicks, timescale)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.segment ?? open?.segment ?? 0}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    // A delta names no init: the player has it.
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : [`#EXT-X-MAP:URI="${input.initName}"`]),
  ];
  for (const [index, segment] of segments.entries())
    if (index >= skipped)
      lines.push(...segmentLines(segment, input, !isEnded && listsParts(segments.length - 1 - index)));
  if (isEnded) lines.push('#EXT-X-ENDLIST');
  else {
    if (open !== undefined)
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateOf(open.startTicks, input)}`, ...partLines(open, timescale));
    lines.push(hintLine(input));
    for (const { renditionId, lastSegment, lastPart } of input.reports)
      lines.push(
        `#EXT-X-RENDITION-REPORT:URI="../${renditionId}/index.m3u8",LAST-MSN=${lastSegment},LAST-PART=${lastPart}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
