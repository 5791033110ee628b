// Readiness: what each service has for the day on which something goes wrong, and what it lacks.

import { z } from 'zod';
import { defineRoutes } from '../route.ts';

export const readinessCheckSchema = z.enum([
  'slo',
  'owner',
  'oncall',
  'runbook',
  'dashboards',
  'backup',
  'drill',
]);

const serviceSchema = z.object({
  name: z.string(),
  isReady: z.boolean().describe('Nothing that counts is missing'),
  metCount: z.number().int(),
  countedCount: z.number().int().describe('Checks that count: all but those that are unavailable'),
  findings: z.array(
    z.object({
      check: readinessCheckSchema,
      state: z.enum(['met', 'missing', 'unavailable']).describe('unavailable: Meridian cannot tell yet'),
      text: z.string(),
      action: z.string().nullable().describe('How to add it'),
    }),
  ),
});
export type ServiceReadiness = z.infer<typeof serviceSchema>;

export const readinessRoutes = defineRoutes({
  'GET /v1/readiness': {
    summary: 'What each service has and lacks: objective, owner, on-call, runbook, dashboards, backup, drill',
    tag: 'operations',
    permission: 'viewer',
    response: z.object({ services: z.array(serviceSchema) }),
  },
});
