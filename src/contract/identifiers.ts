// Shapes of the identifiers that travel between processes and in addresses.

import { z } from 'zod';

const slug = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const projectIdSchema = z.string().regex(slug).describe('Project (tenant), e.g. default');
export const regionIdSchema = z.string().regex(slug).describe('Region, e.g. dublin');
export const siteIdSchema = z.string().regex(slug).describe('Site (datacentre), e.g. dublin-1');
export const nodeIdSchema = z.string().regex(slug).describe('Node, e.g. dublin-1-a');
export const pathwayIdSchema = z.string().regex(slug).describe('Pathway: a site or a CDN');
export const assetIdSchema = z
  .string()
  .regex(/^ast_[0-9a-z]{26}$/)
  .describe('Asset, e.g. ast_01jd…');
export const broadcastIdSchema = z
  .string()
  .regex(/^brd_[0-9a-z]{26}$/)
  .describe('Broadcast, e.g. brd_01jd…');
export const jobIdSchema = z
  .string()
  .regex(/^job_[0-9a-z]{26}$/)
  .describe('Job');
export const incidentIdSchema = z
  .string()
  .regex(/^inc_[0-9a-z]{26}$/)
  .describe('Incident, e.g. inc_01jd…');
export const renditionIdSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .describe('Rendition, e.g. v720');
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 in hex');
export const timestampMsSchema = z.number().int().nonnegative().describe('Milliseconds since the epoch');

export const DEFAULT_PROJECT_ID = 'default';
