// Every rule of the checker, in the order of reports.

import { CMAF_RULES } from './cmaf.ts';
import { DASH_MANIFEST_RULES } from './dash-manifest.ts';
import { DASH_SEGMENT_RULES } from './dash-segments.ts';
import { HLS_MEDIA_RULES } from './hls-media.ts';
import { HLS_MULTIVARIANT_RULES } from './hls-multivariant.ts';
import { HLS_PRESENTATION_RULES } from './hls-presentation.ts';
import { HLS_SYNTAX_RULES } from './hls-syntax.ts';
import { HTTP_RULES } from './http.ts';
import { LIVE_DELIVERY_RULES } from './live-delivery.ts';
import { LIVE_PLAYLIST_RULES } from './live-playlist.ts';
import { LIVE_UPDATE_RULES } from './live-updates.ts';
import type { Rule } from './rule.ts';
import { STEERING_RULES } from './steering.ts';

export const RULES: readonly Rule[] = [
  ...HLS_SYNTAX_RULES,
  ...HLS_MULTIVARIANT_RULES,
  ...HLS_MEDIA_RULES,
  ...HLS_PRESENTATION_RULES,
  ...LIVE_PLAYLIST_RULES,
  ...LIVE_UPDATE_RULES,
  ...LIVE_DELIVERY_RULES,
  ...DASH_MANIFEST_RULES,
  ...DASH_SEGMENT_RULES,
  ...CMAF_RULES,
  ...STEERING_RULES,
  ...HTTP_RULES,
];
