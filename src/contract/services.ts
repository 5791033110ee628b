// `services` in meridian.yaml: what people say of a service that its objectives do not.

import { z } from 'zod';

const slug = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const serviceSchema = z.strictObject({
  owner: z.string().min(1).max(100).optional().describe('Team or person who answers for it'),
  policy: z
    .string()
    .regex(slug)
    .optional()
    .describe('Escalation policy of the rota that pages for it; absent: the default one'),
  runbooks: z.array(z.string().regex(slug)).max(50).default([]).describe('Runbooks for its troubles'),
  dashboards: z
    .array(z.url({ protocol: /^https?$/ }))
    .max(20)
    .default([])
    .describe('Links to its dashboards'),
  backup: z
    .strictObject({
      description: z.string().min(1).max(200).describe('What is backed up, how often and where'),
      restoreTested: z.iso
        .date()
        .optional()
        .describe('Day on which restoring it was last tried, e.g. 2026-11-30'),
    })
    .optional()
    .describe('Its backup, as people declare it'),
});

export const servicesConfigSchema = z
  .record(z.string().regex(slug), serviceSchema)
  .default({})
  .describe('Services by the name that their objectives use; judged by `meridian readiness`');

export type ServiceConfig = z.output<typeof serviceSchema>;
