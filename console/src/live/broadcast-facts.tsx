// What a broadcast is: its times, its settings, its recording, and where it is watched.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { href } from '../shell/router.ts';
import { Address } from '../ui/address.tsx';
import { formatCount, formatDateTime, formatLength } from '../ui/format.ts';
import {
  hasRecording,
  isOpen,
  latencyText,
  regionOfAddress,
  rungText,
  seconds,
  windowText,
} from './describe-broadcast.ts';

interface BroadcastFactsProps {
  readonly broadcast: BroadcastView;
}

/** What it is, in rows. */
export function BroadcastFacts({ broadcast }: BroadcastFactsProps) {
  const { settings } = broadcast;
  return (
    <>
      <section className="panel-section">
        <h3>Times</h3>
        <Times broadcast={broadcast} />
      </section>
      <section className="panel-section">
        <h3>Settings</h3>
        <dl className="facts">
          <Fact name="Project">{broadcast.projectId}</Fact>
          <Fact name="Latency">{latencyText(settings)}</Fact>
          <Fact name="Ladder">
            {settings.rungs.map((rung) => (
              <div key={rung.height}>{rungText(rung)}</div>
            ))}
          </Fact>
          <Fact name="Segments">
            {seconds(settings.segmentDurationMs)}, {settings.partsPerSegment} parts each
          </Fact>
          <Fact name="Going back">up to {windowText(settings.dvrWindowMs)}</Fact>
          <Fact name="Grace">a publisher may be away for {seconds(settings.graceMs)}</Fact>
          <Fact name="A second publisher">
            {settings.onSecondPublisher === 'replace' ? 'takes over' : 'is refused'}
          </Fact>
          <Fact name="SRT">{broadcast.takesSrt ? 'taken beside RTMP' : 'not taken'}</Fact>
          <Fact name="Recording">
            <Recording broadcast={broadcast} />
          </Fact>
        </dl>
      </section>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Times({ broadcast }: BroadcastFactsProps) {
  const { plannedStartMs, plannedDurationMs, startedAtMs, endedAtMs, expectedViewers } = broadcast;
  return (
    <dl className="facts">
      <Fact name="Made">{formatDateTime(broadcast.createdAtMs)}</Fact>
      {plannedStartMs !== null && (
        <Fact name="Planned start">
          {formatDateTime(plannedStartMs)}
          {broadcast.timeZone !== null && <span className="faint">, planned in {broadcast.timeZone}</span>}
        </Fact>
      )}
      {plannedDurationMs !== null && <Fact name="Planned for">{formatLength(plannedDurationMs)}</Fact>}
      {expectedViewers !== null && <Fact name="Expected">{formatCount(expectedViewers)} viewers</Fact>}
      {startedAtMs !== null && <Fact name="On air">{formatDateTime(startedAtMs)}</Fact>}
      {endedAtMs !== null && (
        <Fact name="Ended">
          {formatDateTime(endedAtMs)}
          {startedAtMs !== null && (
            <span className="faint">, after {formatLength(endedAtMs - startedAtMs)}</span>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Recording({ broadcast }: BroadcastFactsProps) {
  if (broadcast.recordingAssetId === null) return <>not recorded</>;
  if (!hasRecording(broadcast))
    return <>{isOpen(broadcast) ? 'from its first moment on air' : 'none: it was never on air'}</>;
  return (
    <>
      <a href={href('assets', broadcast.recordingAssetId)}>Open the asset</a>
      {isOpen(broadcast) && <span className="faint">, complete once it ends</span>}
    </>
  );
}

interface WatchSectionProps extends BroadcastFactsProps {
  readonly regions: WorldView['regions'];
}

/** The watch page at each edge; any of them leads viewers to the best one. */
export function WatchSection({ broadcast, regions }: WatchSectionProps) {
  const { visibility, watchUrls } = broadcast;
  if (watchUrls.length === 0) return null;
  return (
    <section className="panel-section">
      <h3>Watch</h3>
      {visibility === 'private' && (
        <p className="small soft">Private: these play only with a playback token.</p>
      )}
      {watchUrls.map((url) => {
        const region = regionOfAddress(url, regions) ?? 'An edge';
        return (
          <div key={url} className="addresses">
            <span className="strong">{region}</span>
            <Address kind="Page" url={url} what={`watch address at ${region}`} />
          </div>
        );
      })}
    </section>
  );
}
