// Orders by hand: purge, restart, throttle, shift, scale, with proof of what nodes have done.

import { z } from 'zod';
import {
  assetIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  siteIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { encoderCountSchema, orderIdSchema, throttleFloorSchema } from '../orders.ts';
import { defineRoutes } from '../route.ts';

const isForcedSchema = z.boolean().default(false).describe('Also when a guard does not hold');

export const newOrderSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('purge'),
    projectId: projectIdSchema,
    assetId: assetIdSchema.nullable().default(null).describe('null: all of the project'),
    version: z.number().int().positive().nullable().default(null).describe('null: all versions'),
  }),
  z.strictObject({ kind: z.literal('restart'), nodeId: nodeIdSchema, isForced: isForcedSchema }),
  z.strictObject({
    kind: z.literal('throttle'),
    regionId: regionIdSchema.nullable().default(null).describe('null: everywhere'),
    projectId: projectIdSchema.nullable().default(null).describe('null: every project'),
    floor: throttleFloorSchema,
  }),
  z.strictObject({
    kind: z.literal('shift'),
    siteId: siteIdSchema,
    share: z.number().min(0).max(1).describe('Part of what steering would send there by itself; 1 ends it'),
    isForced: isForcedSchema,
  }),
  z.strictObject({
    kind: z.literal('scale'),
    regionId: regionIdSchema,
    count: encoderCountSchema.describe(
      'Jobs and chunks that its encoders take at once, all together; at most what their cores allow',
    ),
  }),
]);
export type NewOrder = z.infer<typeof newOrderSchema>;
/** What a caller passes. */
export type OrderInput = z.input<typeof newOrderSchema>;
export type OrderKind = NewOrder['kind'];

export const orderViewSchema = z.object({
  id: orderIdSchema,
  kind: z.enum(['purge', 'restart', 'throttle', 'shift', 'scale']),
  subject: z.string().describe('What it is about: a node, a site, a prefix'),
  text: z.string().describe('What it does, as a sentence without its full stop'),
  projectId: projectIdSchema.nullable(),
  actor: z.string(),
  createdAtMs: timestampMsSchema,
  endedAtMs: timestampMsSchema.nullable().describe('null: in force, or not everybody has done it yet'),
  isDone: z.boolean().describe('Every node that is alive and concerned has told that it did'),
  reports: z.array(
    z.object({ nodeId: nodeIdSchema, atMs: timestampMsSchema, count: z.number(), bytes: z.number() }),
  ),
  missingNodeIds: z.array(nodeIdSchema).describe('Concerned, and have not told yet'),
});
export type OrderView = z.infer<typeof orderViewSchema>;

export const orderPreviewSchema = z.object({
  text: z.string().describe('What it would do, as a sentence without its full stop'),
  isChange: z.boolean().describe('false: that is so already'),
  replaces: orderViewSchema.nullable().describe('The order about the same that would end with it'),
  isRoom: z.boolean().describe('false: as many orders of the kind are in force as there may be'),
  nodes: z.array(z.object({ nodeId: nodeIdSchema, regionId: regionIdSchema, isAlive: z.boolean() })),
  guards: z.array(
    z.object({ isHeld: z.boolean(), text: z.string().describe('A sentence without its full stop') }),
  ),
});
export type OrderPreview = z.infer<typeof orderPreviewSchema>;

const orderParams = z.object({ orderId: orderIdSchema });

export const orderRoutes = defineRoutes({
  'GET /v1/orders': {
    summary: 'Purges, restarts, throttles, shifts and scaled encoders, newest first',
    tag: 'world',
    permission: 'viewer',
    query: z.object({
      isOpen: z.enum(['true', 'false']).optional().describe('Only those in force or not done yet'),
      kind: orderViewSchema.shape.kind.optional(),
      before: orderIdSchema.optional().describe('Only older ones'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ orders: z.array(orderViewSchema), nextBefore: orderIdSchema.nullable() }),
  },
  'POST /v1/orders': {
    summary:
      'Purge edges, restart a node, throttle, shift a part of a site’s traffic, or scale the encoders of a region',
    tag: 'world',
    permission: 'operator',
    body: newOrderSchema,
    response: z.object({
      order: orderViewSchema.nullable().describe('null: nothing had to change'),
      text: z.string(),
    }),
    errors: ['conflict'],
  },
  'POST /v1/orders/preview': {
    summary: 'What an order would hit and what its guards say, without giving it',
    tag: 'world',
    permission: 'operator',
    body: newOrderSchema,
    response: orderPreviewSchema,
  },
  'GET /v1/orders/{orderId}': {
    summary: 'An order, and which nodes have done it',
    tag: 'world',
    permission: 'viewer',
    params: orderParams,
    response: orderViewSchema,
  },
  'DELETE /v1/orders/{orderId}': {
    summary: 'End a throttle, a shift or a scale, or withdraw a restart that has not happened',
    tag: 'world',
    permission: 'operator',
    params: orderParams,
    response: orderViewSchema,
    errors: ['conflict'],
  },
});
