// What the list and the page of a broadcast both show.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { hasRecording, isOpen, STATE_LABELS, STATE_TONES } from './describe-broadcast.ts';

interface BroadcastProps {
  readonly broadcast: BroadcastView;
}

/** Its state in one word. */
export function StatePill({ broadcast: { state } }: BroadcastProps) {
  return <span className={`pill ${STATE_TONES[state]}`}>{STATE_LABELS[state]}</span>;
}

/** The watch page at the first edge, from where players go to the best one; nothing once it has ended. */
export function WatchLink({ broadcast }: BroadcastProps) {
  const [url] = broadcast.watchUrls;
  if (url === undefined || !isOpen(broadcast)) return null;
  return (
    <a
      className="button compact"
      href={url}
      target="_blank"
      rel="noreferrer"
      aria-label={`Watch ${broadcast.name} in a new tab`}
    >
      <Icon name="external" />
      Watch
    </a>
  );
}

/** To the page that publishes it from this browser; nothing for who may not, and while somebody else publishes. */
export function GoLiveLink({ broadcast }: BroadcastProps) {
  const isFree = broadcast.state === 'ready' || broadcast.state === 'interrupted';
  if (!isFree || !may('operator')) return null;
  return (
    <a
      className="button compact"
      href={href('studio', broadcast.id)}
      aria-label={`Go live with ${broadcast.name} from this browser`}
    >
      <Icon name="live" />
      Go live
    </a>
  );
}

/** Its recording, once it has ended. */
export function RecordingLink({ broadcast }: BroadcastProps) {
  if (isOpen(broadcast) || !hasRecording(broadcast)) return null;
  return (
    <a
      className="button compact"
      href={href('assets', broadcast.recordingAssetId)}
      aria-label={`Recording of ${broadcast.name}`}
    >
      <Icon name="film" />
      Recording
    </a>
  );
}
