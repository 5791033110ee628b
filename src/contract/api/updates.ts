// Live updates: which topics there are, where they are listened to, and what a notice says. A notice only tells that
// something of a topic changed; whoever hears it asks the ordinary routes again, so that who may see what is decided in
// one place. The answer is a stream (text/event-stream, WHATWG HTML §9.2), which is why it is no route of the table.

import { z } from 'zod';
import { UPDATE_TOPICS } from '../update-topics.ts';

/** Data of one event of the stream. */
export const noticeSchema = z.object({
  topic: z.enum(UPDATE_TOPICS),
  revision: z
    .number()
    .int()
    .nonnegative()
    .describe('Rises with each change; for comparing, not for counting'),
});
export type Notice = z.infer<typeof noticeSchema>;
