// Claims of the credentials that work offline (law 5): compact JWS, EdDSA, `kid` names a key of the snapshot.

import { z } from 'zod';
import { assetIdSchema, projectIdSchema } from './identifiers.ts';

const common = {
  jti: z.string().min(8).max(64).describe('Token id, for revocation'),
  iat: z.number().int(),
  exp: z.number().int().describe('Seconds since the epoch'),
  project: projectIdSchema,
};

export const playbackClaimsSchema = z.object({
  ...common,
  aud: z.literal('playback'),
  asset: z.union([assetIdSchema, z.literal('*')]).describe('One asset, or all of the project'),
});
export type PlaybackClaims = z.infer<typeof playbackClaimsSchema>;

export const uploadClaimsSchema = z.object({
  ...common,
  aud: z.literal('upload'),
  bytesMax: z.number().int().positive(),
  visibility: z.enum(['public', 'private']),
  asset: assetIdSchema.optional().describe('The upload becomes a new version of this asset'),
  version: z.number().int().min(2).optional().describe('Which one; both or none'),
});
export type UploadClaims = z.infer<typeof uploadClaimsSchema>;
