// What nodes report of a broadcast: who says what, which figures, with names and units. Figures that this console does
// not know are shown as they came. Pure.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { formatAge, formatBps, formatCount } from '../ui/format.ts';
import { type Channel, isOpen, seconds } from './describe-broadcast.ts';

export type Report = BroadcastView['reports'][number];

export const REPORT_LABELS: Readonly<Record<Report['state'], string>> = {
  waiting: 'Waiting',
  on_air: 'On air',
  interrupted: 'Interrupted',
  ended: 'Ended',
  failed: 'Failed',
};

export const REPORT_TONES: Readonly<Record<Report['state'], string>> = {
  waiting: '',
  on_air: 'good',
  interrupted: 'warn',
  ended: '',
  failed: 'bad',
};

/** Nodes report with every beat of two seconds; four of them missed are no accident. */
const REPORT_AGE_MS_MAX = 8_000;

/** Whether its node has fallen silent. */
export function isStale({ ageMs }: Report): boolean {
  return ageMs > REPORT_AGE_MS_MAX;
}

/** "reported just now", "nothing heard for 24 s". */
export function ageText(report: Report): string {
  if (isStale(report)) return `nothing heard for ${formatAge(report.ageMs)}`;
  return report.ageMs < 3_000 ? 'reported just now' : `reported ${formatAge(report.ageMs)} ago`;
}

export interface Figure {
  /** As nodes call it; undefined when it is put together of several. */
  readonly name?: string;
  readonly label: string;
  readonly value: string;
  /** A count that should be nought. */
  readonly isBad: boolean;
}

interface Kind {
  readonly label: string;
  readonly text: (value: number) => string;
  readonly isFault?: boolean;
}

const perSecond = (value: number): string => `${Math.round(value * 100) / 100} /s`;
const milliseconds = (value: number): string => `${formatCount(value)} ms`;
const signed = (value: number): string => `${value > 0 ? '+' : ''}${milliseconds(value)}`;
const fault = (label: string): Kind => ({ label, text: formatCount, isFault: true });
/** What a channel sees and hears of what it makes. */
const inspected = (label: string): Kind => ({
  label,
  text: (value) => (value > 0 ? `for ${seconds(value)}` : 'no'),
  isFault: true,
});

/** In the order in which they are shown. */
const KINDS: Readonly<Record<Report['role'], Readonly<Record<string, Kind>>>> = {
  ingest: {
    bitrateBps: { label: 'Bit rate', text: formatBps },
    frameRate: { label: 'Frames', text: perSecond },
    keyFrameIntervalMs: { label: 'Key frame every', text: seconds },
    driftMs: { label: 'Sound ahead of picture', text: signed },
    readers: { label: 'Channels that read it', text: formatCount },
    framesDropped: fault('Frames left out'),
    audioFramesDropped: fault('Sound frames left out'),
    audioFramesMissing: fault('Sound frames missing'),
    timestampJumps: fault('Jumps in timestamps'),
  },
  channel: {
    frameRate: { label: 'Frames', text: perSecond },
    bitrateBps: { label: 'Bit rate', text: formatBps },
    encodeDelayMs: { label: 'Encoding takes', text: milliseconds },
    partDelayMs: { label: 'Parts are out after', text: milliseconds },
    partDelayMsMax: { label: 'The slowest after', text: milliseconds },
    lastSegment: { label: 'Newest segment', text: (value) => (value < 0 ? 'none yet' : formatCount(value)) },
    feedCount: { label: 'Feeds taken from it', text: formatCount },
    framesDropped: fault('Frames lost in encoders'),
    damagedParts: fault('Damaged parts'),
    encoderRestarts: fault('Encoder restarts'),
    silentFrames: fault('Silence put in, frames'),
    blackMs: inspected('Picture black'),
    frozenMs: inspected('Picture frozen'),
    silentMs: inspected('Sound silent'),
  },
};

const RENDITION_BIT_RATE = /^bitrateBps\.(.+)$/;

/** The figures of a report, named: how it runs, then what went wrong, then those of no known name as they are. */
export function figuresOf({ role, figures }: Pick<Report, 'role' | 'figures'>): readonly Figure[] {
  const { width, height, ...single } = figures;
  const rates = Object.entries(single).filter(([name]) => RENDITION_BIT_RATE.test(name));
  const bitrateBps = rates.reduce((sum, [, value]) => sum + value, 0);
  const rest: Report['figures'] = rates.length === 0 ? single : { ...single, bitrateBps };
  const kinds = KINDS[role];
  const named = (wantsFaults: boolean): Figure[] =>
    Object.entries(kinds).flatMap(([name, { label, text, isFault = false }]) => {
      const value = rest[name];
      if (value === undefined || isFault !== wantsFaults) return [];
      return [{ name, label, value: text(value), isBad: isFault && value > 0 }];
    });
  const picture = width === undefined || height === undefined ? [] : [`${width} × ${height}`];
  const renditions: Figure[] = [];
  const unknown: Figure[] = [];
  for (const [name, value] of Object.entries(rest)) {
    const rendition = RENDITION_BIT_RATE.exec(name)?.[1];
    if (rendition !== undefined)
      renditions.push({ label: `Bit rate of ${rendition}`, value: formatBps(value), isBad: false });
    else if (!(name in kinds))
      unknown.push({ label: name, value: String(Math.round(value * 100) / 100), isBad: false });
  }
  return [
    ...picture.map((value): Figure => ({ label: 'Picture', value, isBad: false })),
    ...named(false),
    ...renditions,
    ...named(true),
    ...unknown,
  ];
}

/** One who works on a broadcast: who it is, and what it said last; null when it said nothing yet. */
export interface Worker {
  readonly title: string;
  readonly regionId: string;
  readonly nodeId: string;
  readonly channel: number | null;
  readonly report: Report | null;
}

/** Ingests that have or had the publisher, then the channels as scheduled, then those that are no longer. */
export function workersOf(broadcast: BroadcastView): readonly Worker[] {
  const { reports, schedule } = broadcast;
  const ingests = reports.filter(({ role, state }) => role === 'ingest' && state !== 'waiting');
  const channels = schedule.channels.map((channel, index): Worker => {
    const report = reports.find((each) => isOf(each, channel)) ?? null;
    return { ...channel, title: index === 0 ? 'Primary' : 'Backup', report };
  });
  const former = reports.filter(
    (report) => report.role === 'channel' && !schedule.channels.some((channel) => isOf(report, channel)),
  );
  const all = [
    ...ingests.map((report): Worker => ({ ...report, title: 'Ingest', channel: null, report })),
    ...channels,
    ...former.map((report): Worker => ({ ...report, title: 'Former channel', report })),
  ];
  // Of what has ended only what was said of it is of interest.
  return isOpen(broadcast) ? all : all.filter(({ report }) => report !== null);
}

function isOf(report: Report, { channel, nodeId }: Channel): boolean {
  return report.role === 'channel' && report.channel === channel && report.nodeId === nodeId;
}
