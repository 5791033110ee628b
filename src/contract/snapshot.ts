// The world snapshot (law 3): everything that a region needs to go on alone. Never per-asset state.

import { z } from 'zod';
import {
  nodeIdSchema,
  pathwayIdSchema,
  projectIdSchema,
  regionIdSchema,
  siteIdSchema,
  timestampMsSchema,
} from './identifiers.ts';
import { snapshotOrdersSchema } from './orders.ts';
import { publicStatusSchema } from './status.ts';

export const roleSchema = z.enum(['ingest', 'encoder', 'origin', 'edge']);
export type Role = z.infer<typeof roleSchema>;

export const siteStateSchema = z.enum(['up', 'draining', 'down']);

/** A reason of a decision: a code and the numbers compared (law 2). */
export const reasonSchema = z.object({
  code: z.string(),
  subject: z.string().describe('What it is about: a pathway, a site, a node'),
  values: z.record(z.string(), z.number()).describe('The numbers compared'),
});

const regionSchema = z.object({
  id: regionIdSchema,
  name: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  costPerGb: z.number(),
});

const siteSchema = z.object({
  id: siteIdSchema,
  regionId: regionIdSchema,
  state: siteStateSchema,
  drainStartedAtMs: timestampMsSchema.nullable(),
  capacityBps: z.number(),
});

const nodeSchema = z.object({
  id: nodeIdSchema,
  siteId: siteIdSchema,
  regionId: regionIdSchema,
  roles: z.array(roleSchema),
  publicKey: z.string().describe('Ed25519 public key, SPKI DER in base64url'),
  nodeUrl: z.string(),
  ingestUrl: z.string(),
  edgeUrl: z.string(),
  rtmpUrl: z.string().optional().describe('Absent: takes no live publishers by RTMP'),
  whipUrl: z.string().optional().describe('Absent: takes no live publishers by WHIP'),
  channelSlots: z.number().int().nonnegative().optional().describe('Absent: runs no live channels'),
  isAlive: z.boolean().describe('Beat seen lately by control'),
});

const pathwaySchema = z.object({
  id: pathwayIdSchema,
  regionId: regionIdSchema,
  siteId: siteIdSchema.nullable().describe('null for a CDN'),
  baseUrl: z.string().describe('Public address, without a slash at the end'),
});

export const planGroupSchema = z.object({
  id: regionIdSchema.describe('Viewer group: viewers nearest to this region'),
  order: z.array(pathwayIdSchema).describe('All usable pathways, best first'),
  shares: z
    .array(z.object({ pathwayId: pathwayIdSchema, share: z.number().min(0).max(1) }))
    .describe('Where sessions start; sums to 1'),
  reasons: z.array(reasonSchema),
});

export const steeringPlanSchema = z.object({
  generation: z.number().int().nonnegative(),
  createdAtMs: timestampMsSchema,
  ttlMs: z.number().int().positive(),
  groups: z.array(planGroupSchema),
});

export const keyUseSchema = z.enum(['playback', 'upload']);

const keySchema = z.object({
  id: z.string(),
  use: keyUseSchema,
  projectId: projectIdSchema.nullable().describe('null: may sign for every project'),
  publicKey: z.string().describe('Ed25519 public key, SPKI DER in base64url'),
  notBeforeMs: timestampMsSchema,
  notAfterMs: timestampMsSchema,
});

export const snapshotSchema = z.object({
  formatVersion: z.literal(1),
  term: z.number().int().positive(),
  sequence: z.number().int().positive(),
  publishedAtMs: timestampMsSchema,
  removalIsMeant: z.boolean().describe('An operator meant to take away many pathways'),
  controlUrl: z.string(),
  controlPublicKey: z.string(),
  regions: z.array(regionSchema),
  sites: z.array(siteSchema),
  nodes: z.array(nodeSchema),
  pathways: z.array(pathwaySchema),
  steering: steeringPlanSchema,
  keys: z.array(keySchema),
  revocations: z.array(z.object({ tokenId: z.string(), expiresAtMs: timestampMsSchema })),
  policies: z.object({
    beatMs: z.number().int().positive(),
    uploadBytesMax: z.number().int().positive(),
    sourceCopies: z.number().int().positive(),
    renditionCopies: z.number().int().positive(),
  }),
  orders: snapshotOrdersSchema.optional().describe('Absent: a control of an earlier version'),
  status: publicStatusSchema.optional().describe('Absent: a control of an earlier version'),
});

/** The snapshot as it travels: the exact signed text, so that no two JSON writers must agree. */
export const signedSnapshotSchema = z.object({
  payload: z.string().describe('JSON of the snapshot'),
  signature: z.string().describe('Ed25519 over the UTF-8 bytes of payload, base64url, by the root key'),
});

export type Reason = z.infer<typeof reasonSchema>;
export type WorldSnapshot = z.infer<typeof snapshotSchema>;
export type SignedSnapshot = z.infer<typeof signedSnapshotSchema>;
export type SnapshotNode = WorldSnapshot['nodes'][number];
export type SnapshotSite = WorldSnapshot['sites'][number];
export type SnapshotPathway = WorldSnapshot['pathways'][number];
export type SteeringPlan = z.infer<typeof steeringPlanSchema>;
