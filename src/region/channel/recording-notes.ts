// Notes of complete recordings, for control, which makes them assets that are ready.

import type { MediaDocument } from '#contract/media.ts';
import type { OutboxNotes } from '../shared/outbox.ts';

export interface RecordingNote {
  readonly broadcastId: string;
  readonly channel: number;
  readonly media: MediaDocument;
}

/** How a recording is told to control. */
export const RECORDING_NOTES: OutboxNotes<RecordingNote> = {
  pathOf: ({ broadcastId }) => `/node/v1/broadcasts/${broadcastId}/recording`,
  bodyOf: ({ channel, media }) => ({ channel, media, copies: media.holders }),
  keyOf: ({ broadcastId, channel }) => `${broadcastId}-${channel}`,
  // The recording was deleted meanwhile, or is none of this broadcast: asking again changes nothing.
  finalStatuses: [400, 404, 410],
};
