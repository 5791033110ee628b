// Orders: what operators and runbooks tell the world to do beyond drains. Those that nodes carry out travel in the
// snapshot, bounded, until they are done; what a node has done it tells with its beats. Shares of sites go into the
// steering plan instead.

import { z } from 'zod';
import { assetIdSchema, nodeIdSchema, projectIdSchema, regionIdSchema } from './identifiers.ts';

/** Purges in one snapshot: each is looked at by every edge, and a takedown of more is that of a whole project. */
export const PURGES_MAX = 64;
/** Restarts that are under way at once: more is an upgrade, which a rollout does. */
export const RESTARTS_MAX = 16;
/** Throttles in force: each request is compared with them. */
export const THROTTLES_MAX = 32;
/** Regions whose encoders are scaled: as many as there can be. */
export const SCALES_MAX = 64;
/** Jobs at once in one region: sixty-four nodes with sixty-four cores. */
const ENCODER_COUNT_MAX = 4_096;
/** Orders of which a node tells in one beat. */
export const ORDERS_TOLD_MAX = PURGES_MAX + RESTARTS_MAX;

export const orderIdSchema = z
  .string()
  .regex(/^ord_[0-9a-z]{26}$/)
  .describe('Order, e.g. ord_01jd…');

/** The least that is still served: what is below is turned away. */
export const throttleFloorSchema = z
  .enum(['video', 'live'])
  .describe('video: prefetches are turned away; live: segments of videos too');
export type ThrottleFloor = z.infer<typeof throttleFloorSchema>;

/** Jobs and chunks that the encoders of a region take at once. None at all is a pause. */
export const encoderCountSchema = z.number().int().min(1).max(ENCODER_COUNT_MAX);

const scaleSchema = z.object({ id: orderIdSchema, regionId: regionIdSchema, count: encoderCountSchema });

const purgeSchema = z.object({
  id: orderIdSchema,
  projectId: projectIdSchema,
  assetId: assetIdSchema.nullable().describe('null: all of the project'),
  version: z.number().int().positive().nullable().describe('null: all versions'),
});
export type Purge = z.infer<typeof purgeSchema>;

const throttleSchema = z.object({
  id: orderIdSchema,
  regionId: regionIdSchema.nullable().describe('null: everywhere'),
  projectId: projectIdSchema.nullable().describe('null: every project'),
  floor: throttleFloorSchema,
});
export type Throttle = z.infer<typeof throttleSchema>;

export const snapshotOrdersSchema = z.object({
  purges: z.array(purgeSchema).max(PURGES_MAX),
  restarts: z.array(z.object({ id: orderIdSchema, nodeId: nodeIdSchema })).max(RESTARTS_MAX),
  throttles: z.array(throttleSchema).max(THROTTLES_MAX),
  scales: z.array(scaleSchema).max(SCALES_MAX).optional().describe('Absent: none'),
});
export type SnapshotOrders = z.infer<typeof snapshotOrdersSchema>;

/** An order that a node has carried out since its boot. */
export const orderReportSchema = z.object({
  id: orderIdSchema,
  count: z.number().int().nonnegative().describe('Objects that were dropped'),
  bytes: z.number().nonnegative(),
});
export type OrderReport = z.infer<typeof orderReportSchema>;

/** Where a purge begins in the addresses of media. */
export function purgePrefix({ projectId, assetId, version }: Omit<Purge, 'id'>): string {
  const asset = assetId === null ? '' : `${assetId}/`;
  return `/m/${projectId}/${asset}${assetId === null || version === null ? '' : `v${version}/`}`;
}
