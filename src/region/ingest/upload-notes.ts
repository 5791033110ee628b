// Notes of finished uploads, for control.

import type { AssetRecord } from '#contract/media.ts';
import type { OutboxNotes } from '../shared/outbox.ts';

/** How an upload is told to control. */
export const UPLOAD_NOTES: OutboxNotes<AssetRecord> = {
  pathOf: () => '/node/v1/uploads',
  bodyOf: (record) => ({ record }),
  keyOf: ({ assetId, version }) => `${assetId}-v${version}`,
};
