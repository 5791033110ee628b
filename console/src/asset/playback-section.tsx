// The playback test: the embedded player at the edge of a chosen region, and what a player fetches there, by hand.

import { useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { Filter } from '../ui/filter.tsx';
import { formatBps, formatBytes } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PlayerFrame } from './asset-parts.tsx';
import { edgeBase, embedAt, type Playback } from './playback-address.ts';
import { type ProbeStep, probePlayback } from './probe-playback.ts';
import { usePlayback } from './use-playback.ts';

interface PlaybackSectionProps {
  readonly asset: AssetView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
}

/** The card. */
export function PlaybackSection({ asset, names }: PlaybackSectionProps) {
  const { playback, error } = usePlayback(asset);
  const [chosen, setChosen] = useState<string>();
  const regionIds = playback?.playlists.map(({ regionId }) => regionId) ?? [];
  const regionId = regionIds.find((id) => id === chosen) ?? regionIds[0];
  return (
    <section className="card" aria-label="Playback test">
      <div className="card-head">
        <h2>Playback test</h2>
        {regionId !== undefined && (
          <Filter
            label="Play at the edge of"
            options={regionIds.map((id) => ({ value: id, label: names.get(id) ?? id }))}
            value={regionId}
            onChange={setChosen}
          />
        )}
      </div>
      <div className="card-body stack">
        <PlayerFrame
          key={`${regionId} ${asset.visibility}`}
          asset={asset}
          address={
            playback === undefined || regionId === undefined ? undefined : embedAt(playback, regionId, asset)
          }
          error={error}
        />
        {playback !== undefined && regionId !== undefined && (
          <EdgeProbe key={regionId} asset={asset} playback={playback} regionId={regionId} />
        )}
      </div>
    </section>
  );
}

interface EdgeProbeProps {
  readonly asset: AssetView;
  readonly playback: Playback;
  readonly regionId: string;
}

function EdgeProbe({ asset, playback, regionId }: EdgeProbeProps) {
  const [steps, setSteps] = useState<readonly ProbeStep[]>();
  const [isRunning, setIsRunning] = useState(false);
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const hls = playback.playlists.find((each) => each.regionId === regionId)?.hls;
  const run = async (): Promise<void> => {
    if (hls === undefined || isRunning) return;
    const own = new AbortController();
    controller.current = own;
    setIsRunning(true);
    setSteps([]);
    try {
      await probePlayback(hls, edgeBase(hls, asset), own.signal, (step) =>
        setSteps((known) => [...(known ?? []), step]),
      );
    } catch {
      // The page was left.
      return;
    }
    setIsRunning(false);
  };
  return (
    <div className="probe">
      <div className="spread row wrap">
        <p className="soft small">
          What a player fetches before its first frame, from here to this edge. The player above may be
          steered elsewhere; this is not.
        </p>
        <button type="button" className="button compact" disabled={isRunning} onClick={() => void run()}>
          <Icon name="play" />
          {isRunning ? 'Testing…' : steps === undefined ? 'Test this edge' : 'Test again'}
        </button>
      </div>
      {steps !== undefined && steps.length > 0 && <ProbeTable steps={steps} />}
    </div>
  );
}

function ProbeTable({ steps }: { readonly steps: readonly ProbeStep[] }) {
  return (
    <table className="mini-table" aria-live="polite">
      <thead>
        <tr>
          <th>Step</th>
          <th>Answer</th>
          <th className="number">Time</th>
          <th className="number">Size</th>
          <th className="number">Rate</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr key={step.name}>
            <td>{step.name}</td>
            <td className={step.failure === null ? 'soft' : 'edge-bad'}>
              {step.failure ?? `${step.status} OK`}
            </td>
            <td className="number nowrap">{Math.round(step.timeMs)} ms</td>
            <td className="number nowrap">{formatBytes(step.bytes)}</td>
            <td className="number nowrap soft">
              {step.bytes < 20_000 ? '–' : formatBps((step.bytes * 8_000) / Math.max(1, step.timeMs))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
