// What goes out of this browser, told by the browser itself, once a second.

import { formatBps, formatCount, formatShare } from '../ui/format.ts';
import type { Publishing } from './publishing.ts';
import type { SendingFigures } from './sending-figures.ts';

interface SendingSectionProps {
  readonly state: Publishing | null;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
}

const LIMITS = { cpu: 'this machine is too slow', bandwidth: 'the way is too narrow' } as const;
/** From here on viewers see it. */
const LOST_SHARE_BAD = 0.02;

/** The card. */
export function SendingSection({ state, names }: SendingSectionProps) {
  const region =
    state?.regionId === null || state === null ? null : (names.get(state.regionId) ?? state.regionId);
  return (
    <section className="card worker" aria-label="Sending">
      <h2>
        Sending{' '}
        {region !== null && state?.phase === 'on_air' && (
          <span className="soft worker-region">to {region}</span>
        )}
      </h2>
      <p className="soft" role="status">
        {wordsOf(state, region)}
      </p>
      {state?.phase === 'on_air' && state.figures !== undefined && <Figures figures={state.figures} />}
    </section>
  );
}

function wordsOf(state: Publishing | null, region: string | null): string {
  switch (state?.phase) {
    case 'connecting':
      return region === null ? 'Asking for an ingest…' : `Connecting to ${region}…`;
    case 'on_air':
      return 'Viewers see it a few seconds later. You may look at other pages meanwhile.';
    case 'lost':
      return `The connection was lost. Trying ${region ?? 'the next ingest'}; viewers wait meanwhile.`;
    default:
      return 'Its figures appear here once it is on air.';
  }
}

function Figures({ figures }: { readonly figures: SendingFigures }) {
  const { bitrateBps, framesPerSecond, width, height, roundTripMs, lostShare, limit } = figures;
  const rows: readonly (readonly [label: string, value: string, isBad?: boolean])[] = [
    ['Bit rate', formatBps(bitrateBps)],
    ['Picture', width === null || height === null ? '–' : `${width} × ${height}`],
    ['Frames', `${Math.round(framesPerSecond)} /s`],
    ['Round trip', roundTripMs === null ? '–' : `${formatCount(roundTripMs)} ms`],
    ['Packets lost', formatShare(lostShare), lostShare >= LOST_SHARE_BAD],
    ...(limit === null ? [] : ([['Held back', LIMITS[limit], true]] as const)),
  ];
  return (
    <dl className="worker-figures">
      {rows.map(([label, value, isBad = false]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={isBad ? 'is-bad' : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
