// How uploads are encoded: presets by name, and what a project asks for. What a name means (rungs, bit rates, limits)
// lies in media/ladder; here is what travels.

import { z } from 'zod';

export const presetNameSchema = z.enum(['economy', 'standard', 'quality']);
export type PresetName = z.infer<typeof presetNameSchema>;
export const DEFAULT_PRESET: PresetName = 'standard';

/** A preset in records and jobs: any name, since a later version may know more. */
export const presetTextSchema = z.string().min(1).max(32);

export const videoCodecSchema = z.enum(['h264', 'av1', 'hevc']);
export type VideoCodecName = z.infer<typeof videoCodecSchema>;

export const encodingSettingsSchema = z.strictObject({
  preset: presetNameSchema.describe('For uploads that name none'),
  isPerTitle: z
    .boolean()
    .nullable()
    .describe('A probe of the video decides its rungs and bit rates; null: as the preset has it'),
  codecs: z
    .array(videoCodecSchema)
    .min(1)
    .max(3)
    .refine((codecs) => codecs.includes('h264'), { error: 'h264 is always there: every player takes it' })
    .refine((codecs) => new Set(codecs).size === codecs.length, { error: 'a codec is named twice' })
    .describe('A family of renditions for each; h264 is one of them'),
});
export type EncodingSettings = z.infer<typeof encodingSettingsSchema>;

/** What a job is to make of its source: settings of the project and wishes of the upload, resolved by control. */
export const jobEncodingSchema = z.object({
  preset: presetTextSchema,
  isPerTitle: z.boolean(),
  codecs: z.array(z.string().max(16)).max(8),
});
export type JobEncoding = z.infer<typeof jobEncodingSchema>;

/** How an asset was encoded, and why so. */
export const encodingReportSchema = z.object({
  preset: presetTextSchema,
  isPerTitle: z.boolean().describe('The rungs follow a probe of this video'),
  codecs: z.array(z.string().max(16)).max(8),
  reasons: z
    .array(
      z.object({
        code: z.string().max(64),
        subject: z.string().max(64).describe('A rendition, or what else it is about'),
        values: z.record(z.string(), z.number()).describe('The numbers compared'),
      }),
    )
    .max(64),
});
export type EncodingReport = z.infer<typeof encodingReportSchema>;
