// Whose processing comes first when encoders are short. It travels in upload grants and asset records.

import { z } from 'zod';

/** Within one priority, projects share the encoders. */
export const jobPrioritySchema = z.enum(['high', 'normal', 'low']);
export type JobPriority = z.infer<typeof jobPrioritySchema>;
