// Encoding: the presets there are, and what a project asks for.

import { z } from 'zod';
import { encodingSettingsSchema, presetNameSchema } from '../encoding.ts';
import { projectIdSchema } from '../identifiers.ts';
import { defineRoutes } from '../route.ts';

const projectParams = z.object({ projectId: projectIdSchema });

export const presetViewSchema = z.object({
  name: presetNameSchema,
  summary: z.string(),
  shortSides: z.array(z.number()).describe('Of the rungs, largest first; none above the source'),
  renditionsMax: z.number().int().describe('Rungs of a source of more than 720 lines'),
  frameRateMax: z.number(),
  bitrateFactor: z.number().describe('Times the usual bit rate of a picture'),
  speed: z.enum(['fast', 'thorough']).describe('How long encoders search for savings'),
  isPerTitle: z.boolean().describe('Unless the project has it otherwise'),
});
export type PresetView = z.infer<typeof presetViewSchema>;

export const encodingRoutes = defineRoutes({
  'GET /v1/presets': {
    summary: 'Presets of encoding',
    tag: 'encoding',
    permission: 'viewer',
    response: z.object({ presets: z.array(presetViewSchema) }),
  },
  'GET /v1/projects/{projectId}/encoding': {
    summary: 'How uploads of a project are encoded',
    tag: 'encoding',
    permission: 'viewer',
    params: projectParams,
    response: encodingSettingsSchema,
  },
  'PUT /v1/projects/{projectId}/encoding': {
    summary: 'Set how future uploads of a project are encoded',
    tag: 'encoding',
    permission: 'admin',
    params: projectParams,
    body: encodingSettingsSchema,
    response: encodingSettingsSchema,
  },
});
