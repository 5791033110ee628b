// Claims of the credentials that work offline (law 5): compact JWS, EdDSA, `kid` names a key of the snapshot.

import { z } from 'zod';
import { assetIdSchema, broadcastIdSchema, projectIdSchema } from './identifiers.ts';
import { jobPrioritySchema } from './priority.ts';

const common = {
  jti: z.string().min(8).max(64).describe('Token id, for revocation'),
  iat: z.number().int(),
  exp: z.number().int().describe('Seconds since the epoch'),
  project: projectIdSchema,
};

export const playbackClaimsSchema = z.object({
  ...common,
  aud: z.literal('playback'),
  asset: z
    .union([assetIdSchema, broadcastIdSchema, z.literal('*')])
    .describe('One asset, one broadcast, or all of the project'),
});
export type PlaybackClaims = z.infer<typeof playbackClaimsSchema>;

export const uploadClaimsSchema = z.object({
  ...common,
  aud: z.literal('upload'),
  bytesMax: z.number().int().positive(),
  visibility: z.enum(['public', 'private']),
  preset: z.string().min(1).max(32).optional().describe('How it is encoded; absent: as the project has it'),
  asset: assetIdSchema.optional().describe('The upload becomes a new version of this asset'),
  version: z.number().int().min(2).optional().describe('Which one; both or none'),
  priority: jobPrioritySchema.optional().describe('Of its processing; absent: normal'),
});
export type UploadClaims = z.infer<typeof uploadClaimsSchema>;

/** A stream key: whoever has it may publish to one broadcast. Signed with a key for uploads. */
export const publishClaimsSchema = z.object({
  ...common,
  aud: z.literal('publish'),
  broadcast: broadcastIdSchema,
});
export type PublishClaims = z.infer<typeof publishClaimsSchema>;
