// What nodes report of what they counted, and viewings as their edges saw them. Increments, never totals: a report counts
// once, by node, boot and sequence, however often it arrives.

import { z } from 'zod';
import { BUCKET_INDEX_MAX } from '../base/log-buckets.ts';
import { LABEL_SETS_MAX } from '../core/telemetry/slice-book.ts';
import { nodeIdSchema, timestampMsSchema } from './identifiers.ts';
import { TELEMETRY_SESSIONS_MAX, TELEMETRY_SLICES_MAX, VIEWING_STEPS_MAX } from './limits.ts';

/** Values of labels; longer ones are no region, site or outcome. */
const labelsSchema = z
  .record(z.string().max(32), z.string().max(80))
  .refine((labels) => Object.keys(labels).length <= 8, 'a series has at most 8 labels');

const bucketsSchema = z
  .record(z.string().regex(/^\d{1,3}$/), z.number().int().positive())
  .refine((buckets) => Object.keys(buckets).every((index) => Number(index) <= BUCKET_INDEX_MAX), {
    message: `buckets are numbered 0 to ${BUCKET_INDEX_MAX}`,
  });

const incrementSchema = z.object({
  name: z.string().max(64).describe('e.g. viewer_requests'),
  labels: labelsSchema,
  count: z.number().nonnegative().describe('Increment in the slice; of a histogram, its number of samples'),
  sum: z.number().optional().describe('Of a histogram: sum of its values'),
  buckets: bucketsSchema.optional().describe('Of a histogram: counts by bucket of base/log-buckets.ts'),
});

const sliceSchema = z.object({
  atMs: timestampMsSchema.describe('Start of the slice of 5 s, by the node’s clock'),
  series: z.array(incrementSchema).max(20 * LABEL_SETS_MAX),
});

/** What happened at one moment of a viewing. */
export const viewingStepSchema = z.object({
  atMs: timestampMsSchema,
  kind: z.enum(['state', 'request', 'pathway', 'bitrate', 'error', 'interval']),
  text: z.string().max(120).describe('The state, the object and its outcome, the pathway, the error'),
  siteId: z.string().max(80).nullable().describe('Of the pathway that it concerns'),
  bufferedMs: z.number().nullable(),
  bitrateKbps: z.number().nullable(),
  latencyMs: z.number().nullable().describe('Behind the live origin; of a request, until its last byte'),
});
export type ViewingStep = z.infer<typeof viewingStepSchema>;

/** One viewing, as far as the edge that hears of it knows; later reports of it replace earlier ones. */
export const viewingSchema = z.object({
  sid: z.string().min(1).max(64).describe('The player’s name for it'),
  contentId: z.string().max(128).nullable().describe('project/asset or project/broadcast'),
  kind: z.enum(['vod', 'live']),
  regionId: z.string().max(80).describe('Of the pathway that it uses now'),
  siteId: z.string().max(80),
  client: z.string().max(32).describe('How it is watched: streaming format and CMCD version'),
  state: z.string().max(16).describe('starting, playing, rebuffering, paused, ended, failed, left, …'),
  startedAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable(),
  startupMs: z.number().nullable(),
  playMs: z.number().nonnegative(),
  stallMs: z.number().nonnegative(),
  stalls: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  requests: z.number().int().nonnegative(),
  badRequests: z.number().int().nonnegative().describe('Failed or late'),
  pathwayChanges: z.number().int().nonnegative(),
  bitrateKbps: z.number().nullable().describe('The last one told'),
  latencyMs: z.number().nullable().describe('The last one told, of a live viewing'),
});
export type Viewing = z.infer<typeof viewingSchema>;

const viewingUpdateSchema = viewingSchema.extend({
  steps: z.array(viewingStepSchema).max(VIEWING_STEPS_MAX).describe('New since the last report'),
});
export type ViewingUpdate = z.infer<typeof viewingUpdateSchema>;

const lossesSchema = z.object({
  reports: z.number().int().nonnegative().describe('Reports that had no room while control was away'),
  increments: z.number().int().nonnegative().describe('Increments of too many or too old slices'),
  folded: z.number().int().nonnegative().describe('Increments counted under the labels "other"'),
  viewings: z.number().int().nonnegative().describe('Viewings past the limit of a report'),
  events: z.number().int().nonnegative().describe('CMCD events that could not be read or were too old'),
});
export type TelemetryLosses = z.infer<typeof lossesSchema>;

export const telemetryReportSchema = z.object({
  nodeId: nodeIdSchema,
  bootId: z.string().min(1).max(64).describe('New at each start; sequences begin at 1 with it'),
  sequence: z.number().int().positive(),
  sentAtMs: timestampMsSchema.describe('When it was made, by the node’s clock'),
  clockOffsetMs: z.number().describe('Own clock minus that of control, as last measured'),
  slices: z.array(sliceSchema).max(TELEMETRY_SLICES_MAX),
  viewings: z.array(viewingUpdateSchema).max(TELEMETRY_SESSIONS_MAX),
  losses: lossesSchema.describe('What was dropped since the report before'),
});
export type TelemetryReport = z.infer<typeof telemetryReportSchema>;
export type SeriesReport = z.infer<typeof incrementSchema>;
