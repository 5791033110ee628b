// How incidents are opened and answered, as the configuration says it.

import { z } from 'zod';
import { labelNameSchema } from './labels.ts';

const severity = z.enum(['sev1', 'sev2', 'sev3', 'sev4']);
const milliseconds = z.number().int().min(1_000).max(86_400_000);

const policySchema = z.strictObject({
  name: z.string().min(1).max(64).describe('Shown where it acts'),
  match: z
    .record(labelNameSchema, z.string().max(256))
    .default({})
    .describe('Labels of the incident or of one of its alerts; "*" stands for any value'),
  severityMin: severity.default('sev4').describe('Only incidents at least so bad'),
  runbook: z.string().min(1).max(128).optional().describe('Runbook that starts by itself, within its guards'),
  parameters: z
    .record(z.string().max(64), z.string().max(256))
    .default({})
    .describe('Parameters of the runbook; {region} stands for the value of that label'),
  escalation: z.string().min(1).max(128).optional().describe('Escalation policy that pages people'),
});

/** The section `incidents` of meridian.yaml. */
export const incidentsConfigSchema = z
  .strictObject({
    windowMs: milliseconds.default(600_000).describe('Alerts of one place further apart are two incidents'),
    spreadMs: milliseconds
      .default(120_000)
      .describe('The same alert in another region within this time is the same incident'),
    pageCountMin: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('So many related pages open an incident'),
    alertCountMin: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('So many related alerts open one when too few of them are pages'),
    holdMs: milliseconds.default(300_000).describe('An incident resolves when all is quiet for so long'),
    reopenWithinMs: milliseconds
      .default(1_800_000)
      .describe('An alert that comes back within this time reopens its incident'),
    policies: z
      .array(policySchema)
      .max(100)
      .default([])
      .describe('Who is paged and which runbooks start; the first that matches decides'),
    statusPage: z
      .strictObject({
        title: z.string().min(1).max(64).default('Status').describe('Heading of /status at every edge'),
        automaticFrom: severity
          .optional()
          .describe(
            'Incidents at least so bad are told to the public by a template; absent: by people alone',
          ),
      })
      .prefault({}),
  })
  .prefault({});
