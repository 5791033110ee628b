// A broadcast that never was encoded: what the processes of the live edge bench agree on. Parts have the grid and the
// sizes of 720p with sound, since an edge looks at nothing else of them.

import type { BroadcastRecord, BroadcastTimeline, LiveRendition } from '#contract/live.ts';

const PROJECT_ID = 'default';
export const BROADCAST_ID = `brd_${'0'.repeat(26)}`;
export const SEGMENT_MS = 2_000;
export const PARTS_PER_SEGMENT = 6;
/** Where files lie, at the edge and at its peer. */
export const BASE_PATH = `/l/${PROJECT_ID}/${BROADCAST_ID}`;

const PLACE = { channel: 1, regionId: 'bench', nodeId: 'bench-1-a' } as const;

export const TIMELINE: BroadcastTimeline = {
  formatVersion: 1,
  projectId: PROJECT_ID,
  broadcastId: BROADCAST_ID,
  term: 1,
  mintedAtMs: 1_760_000_000_000,
  mintedBy: PLACE.nodeId,
  anchorMs: 1_760_000_000_000,
  segmentDurationMs: SEGMENT_MS,
  partsPerSegment: PARTS_PER_SEGMENT,
  video: {
    codec: 'avc1',
    frameRate: 30,
    renditions: [{ id: 'v720', width: 1_280, height: 720, bitrateBps: 1_500_000 }],
  },
  audio: {
    sampleRate: 48_000,
    channels: 2,
    codecs: 'mp4a.40.2',
    bitrateBps: 96_000,
    config: 'EZA=',
    phaseSamples: 0,
  },
};

/** The renditions, each with the bytes of a part. */
export const RENDITIONS: readonly (LiveRendition & { readonly partBytes: number })[] = [
  {
    id: 'v720',
    kind: 'video',
    codecs: 'avc1.64001f',
    bandwidthBps: 2_000_000,
    averageBandwidthBps: 1_500_000,
    width: 1_280,
    height: 720,
    frameRate: 30,
    timescale: 90_000,
    partTargetTicks: 30_000,
    initSha256: '0'.repeat(64),
    partBytes: 62_500,
  },
  {
    id: 'audio',
    kind: 'audio',
    codecs: 'mp4a.40.2',
    bandwidthBps: 110_000,
    averageBandwidthBps: 96_000,
    channels: 2,
    sampleRate: 48_000,
    timescale: 48_000,
    partTargetTicks: 16_384,
    initSha256: '1'.repeat(64),
    partBytes: 4_000,
  },
];

/** The broadcast as an edge knows it. */
export const RECORD: BroadcastRecord = {
  formatVersion: 1,
  projectId: PROJECT_ID,
  broadcastId: BROADCAST_ID,
  revision: 1,
  name: 'bench',
  visibility: 'public',
  state: 'on_air',
  createdAtMs: 0,
  settings: {
    segmentDurationMs: SEGMENT_MS,
    partsPerSegment: PARTS_PER_SEGMENT,
    holdBackMs: 1_000,
    dvrWindowMs: 30_000,
    graceMs: 60_000,
    onSecondPublisher: 'refuse',
    isRecorded: false,
    rungs: [{ height: 720, bitrateBps: 1_500_000 }],
  },
  schedule: { generation: 1, channels: [PLACE], ingestNodeIds: [], reasons: [] },
  recording: null,
};

/** What the channel says of itself. */
export const CHANNEL = {
  formatVersion: 1,
  projectId: PROJECT_ID,
  broadcastId: BROADCAST_ID,
  ...PLACE,
  state: 'on_air',
  timeline: TIMELINE,
  renditions: RENDITIONS.map(({ partBytes: _, ...rendition }) => rendition),
} as const;

/** Where a part lies. */
export interface PartName {
  readonly segment: number;
  readonly part: number;
}

export function nextPart({ segment, part }: PartName): PartName {
  return part + 1 < PARTS_PER_SEGMENT ? { segment, part: part + 1 } : { segment: segment + 1, part: 0 };
}

/** What a group of viewers is to do. */
export interface ViewersTask {
  readonly port: number;
  readonly viewers: number;
  readonly seconds: number;
  /** The first part that is asked for: one that comes. */
  readonly from: PartName;
  /**
   * held: each playlist is asked for with the part that must be in it, and the part after it, as from a server that
   * holds requests; hinted: the part is asked for at the same time, as preload hints invite; told: both are asked for
   * when a line says that the part is there, as from a server of files.
   */
  readonly mode: 'held' | 'hinted' | 'told';
}

export interface ViewersResult {
  readonly requests: number;
  readonly failures: number;
  readonly firstFailure: string | undefined;
  readonly bytes: number;
}
