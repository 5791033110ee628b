// What nodes ask of control, under /node/v1: join, beat, records, work. Signed by the node's key.

import { z } from 'zod';
import { importNodeRoutes } from './api/imports.ts';
import { liveNodeRoutes } from './api/live.ts';
import { telemetryNodeRoutes } from './api/telemetry.ts';
import { chunkNodeRoutes } from './chunk-api.ts';
import {
  assetIdSchema,
  jobIdSchema,
  nodeIdSchema,
  regionIdSchema,
  sha256Schema,
  siteIdSchema,
  timestampMsSchema,
} from './identifiers.ts';
import {
  encoderFactsSchema,
  jobFailureSchema,
  jobProgressSchema,
  jobResultSchema,
  leasedChunkSchema,
  leasedJobSchema,
  workKindSchema,
} from './jobs.ts';
import { acceptedSchema, claimSchema, fence, leaseKeptSchema } from './leases.ts';
import {
  CLAIM_WAIT_MS_MAX,
  FILE_BODY_BYTES_MAX,
  HOT_OBJECTS_MAX,
  PATH_LENGTH_MAX,
  RECORD_PAGE_MAX,
} from './limits.ts';
import { assetRecordSchema } from './media.ts';
import { ORDERS_TOLD_MAX, orderReportSchema } from './orders.ts';
import { defineRoutes } from './route.ts';
import { roleSchema, signedSnapshotSchema } from './snapshot.ts';
import {
  dropSchema,
  holdingsPageSchema,
  leasedRepairSchema,
  repairIdSchema,
  repairOutcomeSchema,
} from './storage.ts';

export const probeResultSchema = z.object({
  siteId: siteIdSchema,
  isReachable: z.boolean(),
  roundTripMs: z.number().nullable(),
});

/** What an edge tells of its traffic that is too varied for counters. */
export const edgeReportSchema = z.object({
  bytesByProject: z
    .record(z.string().max(63), z.number().nonnegative())
    .describe('Body bytes sent since the boot; the empty name: of all projects past the limit'),
  hotObjects: z
    .array(z.object({ path: z.string().max(PATH_LENGTH_MAX), requestsPerSecond: z.number().nonnegative() }))
    .max(HOT_OBJECTS_MAX)
    .describe('Asked for most in about the last minute'),
});
export type EdgeReport = z.infer<typeof edgeReportSchema>;

/** A node's report: cumulative since its boot, so that a lost report costs nothing. */
export const beatSchema = z.object({
  nodeId: nodeIdSchema,
  bootId: z.string().max(64).describe('New at each start; counters begin at 0 with it'),
  sequence: z.number().int().positive().describe('Counts the beats of this boot'),
  version: z.string().max(32),
  sentAtMs: timestampMsSchema,
  clockOffsetMs: z.number().describe('Own clock minus that of control, as measured at earlier beats'),
  isReady: z.boolean(),
  notReadyReason: z.string().max(500).nullable(),
  adopted: z.object({ term: z.number().int(), sequence: z.number().int() }).nullable(),
  refusal: z.string().max(500).nullable().describe('Why the newest snapshot was not adopted'),
  counters: z.record(z.string(), z.number()).describe('Cumulative, e.g. edge_bytes_sent_total'),
  gauges: z.record(z.string(), z.number()).describe('Of now, e.g. disk_free_bytes'),
  probes: z.array(probeResultSchema).max(256),
  edge: edgeReportSchema.optional().describe('Of nodes with an edge'),
  orders: z
    .array(orderReportSchema)
    .max(ORDERS_TOLD_MAX)
    .optional()
    .describe('Orders of the snapshot that are done'),
});
export type Beat = z.infer<typeof beatSchema>;

/** Where a node listens for SRT: a broadcast's port is the first one and its slot. */
export const srtPortsSchema = z.object({
  host: z.string().max(255),
  firstPort: z.number().int().min(1).max(65_535),
  portCount: z.number().int().min(1).max(256),
});
export type SrtPorts = z.infer<typeof srtPortsSchema>;

const joinSchema = z.object({
  joinToken: z.string().max(256),
  nodeId: nodeIdSchema,
  regionId: regionIdSchema,
  siteId: siteIdSchema,
  roles: z.array(roleSchema).min(1),
  publicKey: z.string().max(256),
  nodeUrl: z.string(),
  ingestUrl: z.string(),
  edgeUrl: z.string(),
  rtmpUrl: z.string().optional(),
  srt: srtPortsSchema.optional().describe('Absent: takes no live publishers by SRT'),
  whipUrl: z.string().optional(),
  channelSlots: z.number().int().nonnegative().optional(),
});
export type JoinRequest = z.infer<typeof joinSchema>;

/** The frame of a complete video that somebody wants as its poster. */
const frameRequestSchema = z.object({
  requestId: z.string().max(64),
  record: assetRecordSchema,
  atMs: z.number().int().nonnegative(),
});
export type FrameRequest = z.infer<typeof frameRequestSchema>;
const frameAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('frame'), base64: z.base64().max(FILE_BODY_BYTES_MAX) }),
  z.object({
    kind: z.literal('failed'),
    reason: z.string().max(500),
    isRefused: z.boolean().describe('Trying again would end the same way'),
  }),
]);
export type FrameAnswer = z.infer<typeof frameAnswerSchema>;

const jobParams = z.object({ jobId: jobIdSchema });
const repairParams = z.object({ repairId: repairIdSchema });

export const nodeRoutes = defineRoutes({
  ...importNodeRoutes,
  ...chunkNodeRoutes,
  ...liveNodeRoutes,
  ...telemetryNodeRoutes,
  'POST /node/v1/join': {
    summary: 'Join the fleet with a one-time token, or announce changed addresses with the same key',
    tag: 'nodes',
    permission: 'anyone',
    body: joinSchema,
    response: z.object({ rootPublicKey: z.string(), snapshot: signedSnapshotSchema }),
    errors: ['join_token_used', 'conflict'],
  },
  'POST /node/v1/beat': {
    summary: 'Report, and receive the snapshot of this node’s wave, changed or not',
    tag: 'nodes',
    permission: 'node',
    body: beatSchema,
    response: z.object({ receivedAtMs: timestampMsSchema, snapshot: signedSnapshotSchema }),
  },
  'GET /node/v1/records': {
    summary: 'Asset records changed since a cursor, oldest first',
    tag: 'nodes',
    permission: 'node',
    query: z.object({
      after: z.coerce.number().int().nonnegative(),
      limit: z.coerce.number().int().min(1).max(RECORD_PAGE_MAX).default(RECORD_PAGE_MAX),
    }),
    response: z.object({ cursor: z.number().int(), records: z.array(assetRecordSchema) }),
  },
  'GET /node/v1/assets/{assetId}/files/{sha256}': {
    summary: 'A small file that a record names: captions, a chosen poster',
    tag: 'nodes',
    permission: 'node',
    params: z.object({ assetId: assetIdSchema, sha256: sha256Schema }),
    response: z.object({ base64: z.string() }),
    errors: ['not_found'],
  },
  'POST /node/v1/frames/claim': {
    summary: 'Take a request for a frame, waiting a while when there is none',
    tag: 'nodes',
    permission: 'node',
    body: z.object({ waitMs: z.number().int().min(0).max(CLAIM_WAIT_MS_MAX) }),
    response: z.object({ request: frameRequestSchema.nullable() }),
  },
  'POST /node/v1/frames/{requestId}': {
    summary: 'Answer a request for a frame',
    tag: 'nodes',
    permission: 'node',
    params: z.object({ requestId: z.string().max(64) }),
    body: z.object({ answer: frameAnswerSchema }),
    bodyBytesMax: FILE_BODY_BYTES_MAX,
    response: acceptedSchema,
  },
  'POST /node/v1/uploads': {
    summary: 'Register a finished upload; repeats are harmless',
    tag: 'nodes',
    permission: 'node',
    body: z.object({ record: assetRecordSchema }),
    response: acceptedSchema,
  },
  'POST /node/v1/jobs/claim': {
    summary: 'Lease work, waiting a while when there is none',
    tag: 'nodes',
    permission: 'node',
    body: claimSchema.extend({
      kinds: z.array(workKindSchema).default(['process']).describe('What it can do'),
      encoder: encoderFactsSchema.optional(),
    }),
    response: z.object({
      jobs: z.array(leasedJobSchema),
      chunks: z
        .array(leasedChunkSchema)
        .optional()
        .describe('Absent: a control of an earlier version, which knows no chunks'),
    }),
  },
  'POST /node/v1/jobs/{jobId}/heartbeat': {
    summary: 'Keep a lease and report progress',
    tag: 'nodes',
    permission: 'node',
    params: jobParams,
    body: z.object({ fence, progress: jobProgressSchema }),
    response: leaseKeptSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/complete': {
    summary: 'Finish a job',
    tag: 'nodes',
    permission: 'node',
    params: jobParams,
    body: z.object({ fence, result: jobResultSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/fail': {
    summary: 'Give a job back, to be tried again or buried',
    tag: 'nodes',
    permission: 'node',
    params: jobParams,
    body: z.object({ fence, failure: jobFailureSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/holdings': {
    summary: 'Report what the region of this node keeps, for a range of assets; learn what may go',
    tag: 'nodes',
    permission: 'node',
    body: holdingsPageSchema,
    response: z.object({ drops: z.array(dropSchema) }),
  },
  'POST /node/v1/repairs/claim': {
    summary: 'Lease copies that the region of this node is to make',
    tag: 'nodes',
    permission: 'node',
    body: z.object({ nodeId: nodeIdSchema, slots: z.number().int().min(1).max(16) }),
    response: z.object({ repairs: z.array(leasedRepairSchema) }),
  },
  'POST /node/v1/repairs/{repairId}/heartbeat': {
    summary: 'Keep the lease of a copy and report progress',
    tag: 'nodes',
    permission: 'node',
    params: repairParams,
    body: z.object({ fence, bytesDone: z.number().nonnegative() }),
    response: leaseKeptSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/repairs/{repairId}/complete': {
    summary: 'Finish a copy',
    tag: 'nodes',
    permission: 'node',
    params: repairParams,
    body: z.object({ fence, bytes: z.number().int().nonnegative() }),
    response: repairOutcomeSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/repairs/{repairId}/fail': {
    summary: 'Give a copy back, to be tried again or planned anew',
    tag: 'nodes',
    permission: 'node',
    params: repairParams,
    body: z.object({ fence, failure: jobFailureSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
});
