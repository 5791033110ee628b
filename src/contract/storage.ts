// What is kept where: what regions tell control of their stores, what control asks them to copy or to drop, and the
// names that people see for it. A region reports its whole store again and again, in pages that each speak for a range
// of assets, so that a lost page costs nothing and what is gone is noticed.

import { z } from 'zod';
import {
  assetIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  sha256Schema,
  timestampMsSchema,
} from './identifiers.ts';
import { leaseFields } from './leases.ts';
import { HOLDINGS_PAGE_MAX } from './limits.ts';
import { assetRecordSchema } from './media.ts';
import { reasonSchema } from './snapshot.ts';

export const storageClassSchema = z
  .enum(['source', 'renditions', 'other'])
  .describe('other: captions, chosen posters, damaged objects that were set aside');
export type StorageClass = z.infer<typeof storageClassSchema>;

/** What is replicated by policy. */
export const copyClassSchema = z.enum(['source', 'renditions']);
export type CopyClass = z.infer<typeof copyClassSchema>;

/** One class of one version (and attempt) of an asset in one region. */
export const holdingSchema = z.object({
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  version: z.number().int().nonnegative().describe('0: of no version'),
  attempt: z.number().int().nonnegative().describe('0: of no attempt'),
  class: storageClassSchema,
  bytes: z.number().int().nonnegative(),
  isComplete: z.boolean().describe('Everything that belongs to it is here, by its length'),
  damagedObjects: z.number().int().nonnegative().describe('Found damaged and not yet repaired'),
  documentRevision: z.number().int().nonnegative(),
  verifiedAtMs: timestampMsSchema.nullable().describe('Every byte was read and its checksum was right'),
});
export type Holding = z.infer<typeof holdingSchema>;

/** A deleted asset of which this region has nothing left but the tombstone of this revision. */
const goneSchema = z.object({
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  revision: z.number().int().nonnegative(),
});

/** A media document beside which nothing of its attempt lies. Every region has those of what is served. */
const loneDocumentSchema = z.object({
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  version: z.number().int().positive(),
  attempt: z.number().int().positive(),
});
export type LoneDocument = z.infer<typeof loneDocumentSchema>;

/** What a region found out about an object. */
export const findingSchema = z.object({
  atMs: timestampMsSchema,
  kind: z.enum(['damaged', 'repaired', 'unrepairable', 'dropped']),
  key: z.string().max(900),
  detail: z.string().max(500),
});
export type Finding = z.infer<typeof findingSchema>;

/** Where the scrubber of a region is. */
export const scrubStateSchema = z.object({
  roundStartedAtMs: timestampMsSchema.nullable(),
  lastRoundEndedAtMs: timestampMsSchema.nullable(),
  position: z.string().max(200).describe('project/asset that was read last in this round'),
  bytesRead: z.number().nonnegative().describe('Since the node started'),
  damagedObjects: z.number().int().nonnegative().describe('Found since the node started'),
  repairedObjects: z.number().int().nonnegative(),
  bytesPerSecond: z.number().nonnegative().describe('The rate it may read at'),
});
export type ScrubState = z.infer<typeof scrubStateSchema>;

const placeSchema = z
  .string()
  .max(120)
  .regex(/^[ -~]*$/);

/** A page: every holding of this region whose `project/asset` lies in the range. */
export const holdingsPageSchema = z.object({
  nodeId: nodeIdSchema,
  from: placeSchema.describe('First project/asset that this page speaks for, in byte order'),
  until: placeSchema.describe('Last one, inclusive'),
  listedAtMs: timestampMsSchema.describe('When the listing of the page began, by the clock of the node'),
  holdings: z.array(holdingSchema).max(HOLDINGS_PAGE_MAX),
  gone: z.array(goneSchema).max(HOLDINGS_PAGE_MAX),
  loneDocuments: z
    .array(loneDocumentSchema)
    .max(HOLDINGS_PAGE_MAX)
    .default([])
    .describe('Of earlier versions and attempts: no holding, but they may have to go'),
  findings: z.array(findingSchema).max(100),
  scrub: scrubStateSchema.nullable(),
});
export type HoldingsPage = z.infer<typeof holdingsPageSchema>;

/** What a region may remove: a version that was replaced, or an attempt that another one has outdone. */
export const dropSchema = z.object({
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  version: z.number().int().positive(),
  attempt: z.number().int().positive().nullable().describe('null: the whole version'),
  reason: reasonSchema,
});
export type Drop = z.infer<typeof dropSchema>;

export const repairIdSchema = z
  .string()
  .regex(/^rep_[0-9a-z]{26}$/)
  .describe('Repair');

/** A copy that a node of the target region is to make. */
export const leasedRepairSchema = z.object({
  id: repairIdSchema,
  ...leaseFields,
  class: copyClassSchema,
  version: z.number().int().positive(),
  attempt: z.number().int().nonnegative(),
  fromRegionIds: z.array(regionIdSchema).describe('Regions that hold it, the cheapest and nearest first'),
  source: z.object({ bytes: z.number().int().nonnegative(), sha256: sha256Schema }).nullable(),
  record: assetRecordSchema,
});
export type LeasedRepair = z.infer<typeof leasedRepairSchema>;

/** What a finished copy changes in the media document. */
export const repairOutcomeSchema = z.object({
  holders: z.array(regionIdSchema),
  documentRevision: z.number().int().nonnegative(),
});
export type RepairOutcome = z.infer<typeof repairOutcomeSchema>;
