// The player's pure parts; they live beside its sources, which have a package of their own.

import '../../player/src/feed/feed-plan.test.ts';
import '../../player/src/guard-parts.test.ts';
import '../../player/src/presentation.test.ts';
import '../../player/src/readiness.test.ts';
import '../../player/src/recommended-settings.test.ts';
import '../../player/src/stall-meter.test.ts';
import '../../player/src/ui/keyboard.test.ts';
import '../../player/src/ui/timeline.test.ts';
