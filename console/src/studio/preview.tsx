// The picture as it is sent, with what matters of it on top: on air and for how long, how large.

import { useEffect, useRef } from 'react';
import { formatLength } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useNow } from '../ui/use-now.ts';
import type { Publishing } from './publishing.ts';

interface PreviewProps {
  readonly stream: MediaStream | undefined;
  readonly state: Publishing | null;
  readonly isOpening: boolean;
  readonly onOpen: () => void;
}

/** The picture, or the wish for one. */
export function Preview({ stream, state, isOpening, onOpen }: PreviewProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream ?? null;
  }, [stream]);
  return (
    <div className="studio-picture">
      {/* Nobody wants to hear themselves. */}
      <video
        ref={video}
        className={stream !== undefined && isCamera(stream) ? 'is-mirrored' : undefined}
        muted
        autoPlay
        playsInline
        aria-label="Preview"
        hidden={stream === undefined}
      />
      {stream === undefined && (
        <div className="studio-off">
          <Icon name="live" />
          <p>Nothing is sent before you press “Go live”.</p>
          <button type="button" className="button" disabled={isOpening} onClick={onOpen}>
            {isOpening ? 'Waiting for your consent…' : 'Turn on the picture'}
          </button>
        </div>
      )}
      {state !== null && <Badge state={state} />}
    </div>
  );
}

/** One's own face is wanted as in a mirror; viewers see it as it is. */
function isCamera(stream: MediaStream): boolean {
  return stream.getVideoTracks()[0]?.getSettings().displaySurface === undefined;
}

function Badge({ state: { phase, sinceMs } }: { readonly state: Publishing }) {
  const nowMs = useNow(1_000);
  return (
    <div className="studio-badge">
      {phase === 'on_air' && sinceMs !== null && (
        <span className="pill live">{formatLength(Math.max(0, nowMs - sinceMs))}</span>
      )}
      {phase === 'connecting' && <span className="pill busy">Connecting</span>}
      {phase === 'lost' && <span className="pill warn">Connecting again</span>}
    </div>
  );
}
