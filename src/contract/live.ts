// Live: what control tells every node of its broadcasts, and what ingests, channels and edges tell each other.
//
// All times of a broadcast lie on one timeline, the Unix epoch, in integer ticks. Segment n holds what begins in
// [n·T, (n+1)·T), part p of it what begins in its p-th share; so two channels in two regions that encode the same
// contribution agree on every number without talking to each other.

import { z } from 'zod';
import {
  assetIdSchema,
  broadcastIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  renditionIdSchema,
  sha256Schema,
  timestampMsSchema,
} from './identifiers.ts';
import { visibilitySchema } from './media.ts';
import { reasonSchema } from './snapshot.ts';

/** planned: for later; ready: may be published to; interrupted: the publisher is away, within the grace time. */
export const broadcastStateSchema = z.enum(['planned', 'ready', 'on_air', 'interrupted', 'ended']);
export type BroadcastState = z.infer<typeof broadcastStateSchema>;

/** One rung of a live ladder; rungs above the height of the source are left out. */
export const liveRungSchema = z.object({
  height: z.number().int().min(120).max(2_160),
  bitrateBps: z.number().int().min(100_000).max(40_000_000),
});

/** How far back viewers may go when the caller does not say: as far as the recording reaches … */
export const DVR_WINDOW_MS = 1_800_000;
/** … and without one as far as the channels' memory does: 30 MB at 8 Mbit/s, and as much again for what has just left. */
export const UNRECORDED_DVR_WINDOW_MS = 30_000;

/** What is fixed for a broadcast's life when it is created. */
export const broadcastSettingsSchema = z.object({
  segmentDurationMs: z.number().int().min(1_000).max(6_000).describe('T; the grid of all segments'),
  partsPerSegment: z.number().int().min(1).max(12),
  holdBackMs: z
    .number()
    .int()
    .min(600)
    .max(12_000)
    .describe('How far behind the newest part players stay (PART-HOLD-BACK), three parts at least'),
  dvrWindowMs: z.number().int().min(12_000).max(14_400_000).describe('How far back viewers may go'),
  graceMs: z
    .number()
    .int()
    .min(1_000)
    .max(3_600_000)
    .describe('A publisher may come back for so long; then the broadcast ends'),
  onSecondPublisher: z.enum(['refuse', 'replace']),
  isRecorded: z.boolean(),
  rungs: z.array(liveRungSchema).min(1).max(6),
});
export type BroadcastSettings = z.infer<typeof broadcastSettingsSchema>;

/** A channel: encoder and packager of a broadcast at one node. Its number is new with each assignment. */
export const channelAssignmentSchema = z.object({
  channel: z
    .number()
    .int()
    .positive()
    .describe('Never used twice in a broadcast; the attempt of its recording'),
  regionId: regionIdSchema,
  nodeId: nodeIdSchema,
});
export type ChannelAssignment = z.infer<typeof channelAssignmentSchema>;

/** Where a broadcast is made. A node keeps the plan of the highest generation. */
export const broadcastScheduleSchema = z.object({
  generation: z.number().int().nonnegative(),
  channels: z.array(channelAssignmentSchema).max(4).describe('The primary first'),
  ingestNodeIds: z.array(nodeIdSchema).max(16).describe('Where a publisher is expected, best first'),
  reasons: z.array(reasonSchema).max(64),
});
export type BroadcastSchedule = z.infer<typeof broadcastScheduleSchema>;

/** What every node knows of a broadcast. */
export const broadcastRecordSchema = z.object({
  formatVersion: z.literal(1),
  projectId: projectIdSchema,
  broadcastId: broadcastIdSchema,
  revision: z.number().int().nonnegative(),
  name: z.string().max(255),
  visibility: visibilitySchema,
  state: broadcastStateSchema.describe('As control knew it; nodes go by what they see'),
  createdAtMs: timestampMsSchema,
  settings: broadcastSettingsSchema,
  schedule: broadcastScheduleSchema,
  recording: z
    .object({ assetId: assetIdSchema, version: z.literal(1) })
    .nullable()
    .describe('The asset that the recording becomes'),
  srtInput: z
    .object({
      slot: z.number().int().nonnegative().describe('Counts the SRT ports of each site, from 0'),
      passphrase: z.string().min(10).max(79),
    })
    .optional()
    .describe('Absent: no SRT'),
});
export type BroadcastRecord = z.infer<typeof broadcastRecordSchema>;

/** All broadcasts that have not ended long ago: bounded, so that every node may keep it whole. */
export const broadcastListSchema = z.object({
  term: z.number().int().nonnegative().describe('Of control; with the revision it orders lists'),
  revision: z.number().int().nonnegative(),
  broadcasts: z.array(broadcastRecordSchema).max(1_000),
});
export type BroadcastList = z.infer<typeof broadcastListSchema>;

/**
 * The timeline of a broadcast, minted once by the ingest that the first publisher reaches, and carried with the
 * media: whoever encodes takes everything from here, so that both channels make the same.
 */
export const broadcastTimelineSchema = z.object({
  formatVersion: z.literal(1),
  projectId: projectIdSchema,
  broadcastId: broadcastIdSchema,
  term: z.number().int().positive(),
  mintedAtMs: timestampMsSchema,
  mintedBy: nodeIdSchema,
  anchorMs: timestampMsSchema.describe('Time 0 of contribution records; a multiple of the segment duration'),
  segmentDurationMs: z.number().int().positive(),
  partsPerSegment: z.number().int().positive(),
  video: z
    .object({
      codec: z.enum(['avc1', 'hvc1']).describe('Of the contribution; renditions are avc1'),
      frameRate: z.union([
        z.literal(24),
        z.literal(25),
        z.literal(30),
        z.literal(48),
        z.literal(50),
        z.literal(60),
      ]),
      renditions: z
        .array(
          z.object({
            id: renditionIdSchema,
            width: z.number().int().positive(),
            height: z.number().int().positive(),
            bitrateBps: z.number().int().positive(),
          }),
        )
        .min(1)
        .max(6),
    })
    .nullable(),
  audio: z
    .object({
      sampleRate: z.number().int().positive(),
      channels: z.number().int().min(1).max(8),
      codecs: z.string().max(32).describe('RFC 6381, e.g. mp4a.40.2'),
      bitrateBps: z.number().int().positive().describe('As far as known; for BANDWIDTH'),
      config: z.base64().max(256).describe('AudioSpecificConfig'),
      phaseSamples: z
        .number()
        .int()
        .min(0)
        .max(1_023)
        .describe('Frames begin at anchor·rate + phase + i·1024 samples'),
    })
    .nullable(),
});
export type BroadcastTimeline = z.infer<typeof broadcastTimelineSchema>;

/** First record of a contribution stream. */
export const contributionHeadSchema = z.object({
  session: z.string().min(1).max(64).describe('Whose numbers these are; repeat it with ?after='),
  timeline: broadcastTimelineSchema,
});
export type ContributionHead = z.infer<typeof contributionHeadSchema>;

/** A rendition of a channel. Initialisation segments of all channels of a broadcast are equal, byte for byte. */
export const liveRenditionSchema = z.object({
  id: renditionIdSchema,
  kind: z.enum(['video', 'audio']),
  codecs: z.string(),
  bandwidthBps: z.number().int().positive(),
  averageBandwidthBps: z.number().int().positive(),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  frameRate: z.number().positive().optional(),
  channels: z.number().int().positive().optional(),
  sampleRate: z.number().int().positive().optional(),
  timescale: z.number().int().positive(),
  partTargetTicks: z.number().int().positive().describe('No part is longer'),
  initSha256: sha256Schema,
});
export type LiveRendition = z.infer<typeof liveRenditionSchema>;

/** What a channel sees of its own pictures and hears of its own sound; so for the last second at least. */
export const liveFaultSchema = z.enum(['black', 'frozen', 'silent']);
export type LiveFault = z.infer<typeof liveFaultSchema>;

/** What a channel says of itself. */
export const channelDocumentSchema = z.object({
  formatVersion: z.literal(1),
  projectId: projectIdSchema,
  broadcastId: broadcastIdSchema,
  channel: z.number().int().positive(),
  regionId: regionIdSchema,
  nodeId: nodeIdSchema,
  state: z.enum(['on_air', 'interrupted', 'ended']),
  timeline: broadcastTimelineSchema,
  renditions: z.array(liveRenditionSchema).min(1).max(8),
  firstSegment: z.number().int().nonnegative().describe('Oldest that it can serve'),
  faults: z.array(liveFaultSchema).max(3).optional().describe('Of now; absent: none, or nobody looks'),
  marks: z
    .array(
      z.object({
        segment: z.number().int().nonnegative(),
        renditionId: renditionIdSchema,
        faults: z
          .array(z.enum([...liveFaultSchema.options, 'damaged', 'gap']))
          .min(1)
          .max(5),
      }),
    )
    .max(256)
    .optional()
    .describe('Segments of the window that are not as they should be, oldest first'),
});
export type ChannelDocument = z.infer<typeof channelDocumentSchema>;

/** A part as channels announce it on a feed; its bytes follow. Whole numbers of ticks since the Unix epoch. */
export const livePartSchema = z.object({
  segment: z.number().int().nonnegative(),
  part: z.number().int().nonnegative(),
  startTicks: z.number().int().nonnegative(),
  durationTicks: z.number().int().positive(),
  frameCount: z.number().int().positive(),
  isIndependent: z.boolean(),
  isLast: z.boolean().describe('Of its segment'),
  isDamaged: z.boolean().optional().describe('Frames are missing'),
  faults: z.array(liveFaultSchema).max(3).optional().describe('As the channel saw it when the part was made'),
});
export type LivePart = z.infer<typeof livePartSchema>;

/**
 * Headers of the records on a feed (media/feed). The rendition comes first. A gap says that none of its segments is or
 * becomes whole at this channel; parts of them that were announced before stay what they are. The first
 * heartbeat comes after all that was there already, then two a second, so that silence means a dead channel. After `end` nothing comes: the broadcast has ended (its last segment is
 * whole with the parts that it has), the asker took the parts too slowly, or the channel stops.
 */
export const feedHeaderSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rendition'),
    channel: z.number().int().positive(),
    firstSegment: z.number().int().nonnegative().describe('Oldest that the channel can serve'),
    rendition: liveRenditionSchema,
  }),
  livePartSchema.extend({ kind: z.literal('part') }),
  z.object({
    kind: z.literal('gap'),
    segment: z.number().int().nonnegative(),
    segmentCount: z.number().int().positive(),
  }),
  z.object({ kind: z.literal('heartbeat'), state: z.enum(['on_air', 'interrupted']) }),
  z.object({ kind: z.literal('end'), reason: z.enum(['ended', 'slow', 'stopped']) }),
]);
export type FeedHeader = z.infer<typeof feedHeaderSchema>;

/** What nodes report of the broadcasts they work on: at each beat, and at once when a state changes. */
export const liveReportSchema = z.object({
  broadcastId: broadcastIdSchema,
  role: z.enum(['ingest', 'channel']),
  channel: z.number().int().positive().nullable().describe('null for an ingest'),
  state: z.enum(['waiting', 'on_air', 'interrupted', 'ended', 'failed']),
  sinceMs: timestampMsSchema,
  reason: z.string().max(500).nullable().describe('Of interrupted and failed; for people'),
  protocol: z.enum(['rtmp', 'srt', 'whip']).nullable(),
  figures: z
    .record(z.string().max(48), z.number())
    .describe(
      'Of now, e.g. bitrateBps, frameRate, frameCount, framesDropped, driftMs, lastSegment, encodeDelayMs',
    ),
});
export type LiveReport = z.infer<typeof liveReportSchema>;
