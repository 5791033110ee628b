// Telemetry over the wire: what nodes report, and what people ask.

import { z } from 'zod';
import { regionIdSchema, siteIdSchema, timestampMsSchema } from '../identifiers.ts';
import { TELEMETRY_REPORT_BYTES_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';
import { telemetryReportSchema, viewingSchema, viewingStepSchema } from '../telemetry.ts';

export const telemetryNodeRoutes = defineRoutes({
  'POST /node/v1/telemetry': {
    summary: 'Report increments of series and viewings; a repeated report counts once',
    tag: 'nodes',
    permission: 'node',
    body: telemetryReportSchema,
    bodyBytesMax: TELEMETRY_REPORT_BYTES_MAX,
    response: z.object({
      isRepeated: z.boolean().describe('It had been taken before'),
      refused: z
        .array(z.object({ reason: z.string(), count: z.number().int() }))
        .describe('What was left out: unknown series, slices of an absurd time, label sets past the limit'),
    }),
  },
});

/** Sum of a series in one step. */
const pointSchema = z.object({
  atMs: timestampMsSchema.describe('Start of the step'),
  labels: z.record(z.string(), z.string()),
  count: z.number(),
  sum: z.number().nullable().describe('Of a histogram'),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable().describe('Quantiles of a histogram, off by 2 % at most'),
});

/** A place in the list of viewings: a moment and the viewing at it. */
const viewingCursorSchema = z
  .string()
  .max(90)
  .regex(/^\d{1,15}~.{1,64}$/, 'it is no nextBefore of a page');

export const telemetryRoutes = defineRoutes({
  'GET /v1/telemetry/series': {
    summary: 'Sums of a series by step; with `by`, one line for each value of these labels',
    tag: 'telemetry',
    permission: 'viewer',
    query: z.object({
      name: z.string().max(64).describe('e.g. viewer_requests'),
      labels: z.string().max(500).optional().describe('Only these, e.g. region:dublin,outcome:late'),
      by: z.string().max(200).optional().describe('Labels to tell apart, e.g. site,outcome'),
      fromMs: z.coerce.number().int().nonnegative().optional().describe('Default: an hour ago'),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Default: now'),
      stepMs: z.coerce.number().int().positive().optional().describe('A multiple of 5000; default 60000'),
    }),
    response: z.object({
      name: z.string(),
      stepMs: z.number().int(),
      points: z.array(pointSchema),
    }),
  },
  'GET /v1/telemetry/names': {
    summary: 'The series that there are, with their labels',
    tag: 'telemetry',
    permission: 'viewer',
    response: z.object({
      series: z.array(
        z.object({
          name: z.string(),
          help: z.string(),
          labels: z.array(z.string()),
          isHistogram: z.boolean(),
          labelSets: z.number().int().describe('Seen so far'),
        }),
      ),
    }),
  },
  'GET /v1/viewer-sessions': {
    summary: 'Viewings, newest first',
    tag: 'telemetry',
    permission: 'viewer',
    query: z.object({
      regionId: regionIdSchema.optional(),
      siteId: siteIdSchema.optional(),
      contentId: z
        .string()
        .max(128)
        .optional()
        .describe('project/asset or project/broadcast, or the asset or broadcast alone'),
      kind: z.enum(['vod', 'live']).optional(),
      client: z.string().max(32).optional().describe('How it is watched, as viewings tell it, e.g. hls v2'),
      isTroubled: z
        .enum(['true', 'false'])
        .optional()
        .describe('true: only those with stalls, errors or bad requests'),
      trouble: z
        .enum(['stall', 'error'])
        .optional()
        .describe('stall: it stood still; error: errors or requests that failed or came late'),
      fromMs: z.coerce
        .number()
        .int()
        .nonnegative()
        .optional()
        .describe('Only those that were still watched then, and began less than a day before'),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Only those that began before'),
      order: z
        .enum(['heard', 'started'])
        .default('heard')
        .describe(
          'Newest first by the last word, or by the start, which stays the same while one goes through pages',
        ),
      before: viewingCursorSchema.optional().describe('nextBefore of the page before; of the same order'),
      beforeMs: z.coerce.number().int().nonnegative().optional().describe('Updated before this, for pages'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.object({ sessions: z.array(viewingSchema), nextBefore: viewingCursorSchema.nullable() }),
  },
  'GET /v1/viewer-sessions/history': {
    summary: 'Answer one SELECT (DuckDB) over the table `sessions`: ended viewings of these days',
    tag: 'telemetry',
    permission: 'viewer',
    query: z.object({
      sql: z.string().min(1).max(4_000).describe('e.g. select regionId, count(*) from sessions group by all'),
      fromMs: z.coerce
        .number()
        .int()
        .nonnegative()
        .optional()
        .describe('Its day is the first; default: six days before'),
      toMs: z.coerce.number().int().nonnegative().optional().describe('Its day is the last; default: now'),
    }),
    response: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.unknown())),
      isCut: z.boolean().describe('There are more rows than the 10,000, or 4 MB, that are answered'),
    }),
    errors: ['conflict', 'overloaded'],
  },
  'GET /v1/viewer-sessions/{sid}': {
    summary: 'One viewing, second by second',
    tag: 'telemetry',
    permission: 'viewer',
    params: z.object({ sid: z.string().min(1).max(64) }),
    response: z.object({ session: viewingSchema, steps: z.array(viewingStepSchema) }),
    errors: ['not_found'],
  },
});
